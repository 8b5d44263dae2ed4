//! What is decided: the data of a plan, without its words.

use super::running::Why;
use crate::error::{Location, words};
use crate::finding::Severity;
use crate::mention::{Mention, in_rust};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What is done about a file or a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[non_exhaustive]
pub enum Action {
    /// Nothing: it is there.
    Skip,
    /// It is run.
    Apply,
    /// It is recorded without being run.
    Adopt,
    /// Files and ledger disagree.
    Drift,
}

words!(Action, "action", {
    Skip: "skip",
    Apply: "apply",
    Adopt: "adopt",
    Drift: "drift",
});

/// Why: the stable, public code of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[non_exhaustive]
pub enum Reason {
    /// Skip: the row says applied and the checksum agrees, or it is that of a migration in code.
    Applied,
    /// Skip: the row has no checksum on record.
    Unverified,
    /// Skip: a baseline stands for it.
    Replaced,
    /// Skip: it comes after the version up to which the plan goes, and stays pending.
    Beyond,
    /// Apply: there is no row.
    Pending,
    /// Apply: a repeatable migration whose checksum has changed.
    Changed,
    /// Apply: a statement-wise migration goes on where it stopped.
    Resume,
    /// Adopt: everything that the baseline replaces is there, or is applied first.
    Baseline,
    /// Drift: same version and name, other checksum.
    Edited,
    /// Drift: same version, other name and other content.
    Collision,
    /// Drift: a row without a file, inside the range of the files.
    Missing,
    /// Drift: a row newer than every file, or a baseline of a newer release.
    Ahead,
    /// Drift: the file was given a new version; the row is re-keyed.
    Renumbered,
    /// Drift: same version and checksum, other name.
    Renamed,
    /// Drift: two files with one identity.
    Duplicate,
    /// Drift: a statement-wise migration stopped, and nobody can tell whether a statement happened.
    Interrupted,
    /// Drift: a statement-wise migration is running now.
    InProgress,
    /// Drift: a part of what a baseline replaces is there, and the rest's files are not.
    PartialSquash,
}

words!(Reason, "reason", {
    Applied: "applied",
    Unverified: "unverified",
    Replaced: "replaced",
    Beyond: "beyond",
    Pending: "pending",
    Changed: "changed",
    Resume: "resume",
    Baseline: "baseline",
    Edited: "edited",
    Collision: "collision",
    Missing: "missing",
    Ahead: "ahead",
    Renumbered: "renumbered",
    Renamed: "renamed",
    Duplicate: "duplicate",
    Interrupted: "interrupted",
    InProgress: "in-progress",
    PartialSquash: "partial-squash",
});

/// How an edit is graded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[non_exhaustive]
pub enum Grade {
    /// Only comments, white space, the letter case of words, or `BEGIN` and `COMMIT` around all of it differ.
    Cosmetic,
    /// The statements differ, or nothing on record tells that they do not.
    Semantic,
}

/// An edit of a file that is applied.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[non_exhaustive]
pub struct Edit {
    /// How it is graded.
    pub grade: Grade,
    /// Whether there is a fingerprint on record to grade it by.
    pub graded: bool,
    /// The checksum of what ran.
    pub before: String,
    /// The checksum of the file.
    pub after: String,
    /// Whether what ran is known to have had no statement.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub empty: bool,
}

/// How far a statement-wise migration has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[non_exhaustive]
pub struct Progress {
    /// Steps done.
    pub done: u32,
    /// Steps in all; 0 if the ledger does not say.
    pub total: u32,
}

/// One decision: about a file, about a row, or about a file and the row that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[non_exhaustive]
pub struct Decision {
    /// What is done.
    pub action: Action,
    /// Why.
    pub code: Reason,
    /// The version, as the file (or, without a file, the row) writes it.
    pub version: String,
    /// The name.
    pub name: String,
    /// The file's path; none for a row without a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The row's version as the row writes it; none for a file without a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// How bad it is; none where there is nothing to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// What was found. Empty where there is nothing to say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub message: String,
    /// What to do next. Empty where there is nothing to do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub help: String,
    /// The options and functions that the help speaks of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub options: Vec<Mention>,
    /// Apply: whether a migration that comes later is applied already.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub gap: bool,
    /// Apply with a gap: the version of a later migration that is applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_before: Option<String>,
    /// Apply: whether it runs as one transaction with its row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transactional: Option<bool>,
    /// Apply: how many statements it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statements: Option<u32>,
    /// Apply: how many messages it is sent in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u32>,
    /// Repeatable: it runs again when its checksum changes.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub repeatable: bool,
    /// `edited`, `collision`: what differs from what ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit: Option<Edit>,
    /// `collision`, `edited`, `renumbered`, `renamed`: the row's name, if it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_name: Option<String>,
    /// `duplicate`: the paths of the other files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub others: Vec<String>,
    /// `duplicate`: the path of the file that is applied, if the ledger tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied_path: Option<String>,
    /// `duplicate`: one of the files is applied, and the ledger does not tell which.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub applied_unknown: bool,
    /// `replaced`: the version of the baseline that stands for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// `baseline`, `partial-squash`: how many migrations it replaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<u32>,
    /// `baseline`: how many of those are applied first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<u32>,
    /// `unverified`: it stays so, since another tool ran it and this file is not known to be what ran.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub settled: bool,
    /// `partial-squash`: the versions that are not there and have no file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub missing: Vec<String>,
    /// `partial-squash`: the versions that ran with another content.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub different: Vec<String>,
    /// `resume`, `in-progress`, `interrupted`: how far it has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// `interrupted`: why it cannot go on by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// `interrupted`: the statement that it stopped at, or that comes after as many as were done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Location>,
}

impl Decision {
    /// What to do next, with options and functions as they are called in Rust.
    pub fn help(&self) -> Cow<'_, str> {
        in_rust(&self.help, &self.options)
    }
}

pub(super) fn is_false(value: &bool) -> bool {
    !value
}

/// Where a statement-wise migration that stopped goes on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Resume {
    /// The row's version, as the row writes it.
    pub version: String,
    /// The steps that are done.
    pub done: u32,
    /// Who held the row.
    pub by: Option<String>,
    /// Whether its runner died: its lease is over, and was not given up.
    pub died: bool,
    /// Whether its text is another one than when it began.
    pub edited: bool,
}

/// What a plan has to do to the database, in order. Indices point into
/// [`Catalog::migrations`](crate::Catalog::migrations).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Work {
    /// Somebody is running a migration: wait, read the ledger and plan again. It is the only work
    /// of its plan.
    Wait {
        /// The row's version, as the row writes it.
        row: String,
    },
    /// Give the row of version `from` the version, name, checksum and fingerprint of the migration.
    Rekey {
        /// The row's version, as the row writes it.
        from: String,
        /// The migration.
        migration: usize,
    },
    /// Add name, checksum and fingerprint to the row of version `row`, which has none, or has
    /// another name.
    Stamp {
        /// The row's version, as the row writes it.
        row: String,
        /// The migration.
        migration: usize,
    },
    /// Mark rows that a baseline replaces, which is in the ledger already.
    Supersede {
        /// The baseline.
        migration: usize,
        /// The rows to mark, by version as the rows write it. Never empty.
        rows: Vec<String>,
    },
    /// Run the migration.
    Apply {
        /// The migration.
        migration: usize,
        /// For a repeatable migration that has run before: the row's version and checksum.
        again: Option<(String, Option<String>)>,
        /// For a statement-wise migration that stopped: where it goes on.
        resume: Option<Resume>,
    },
    /// Record the baseline without running it and mark the rows of what it replaces.
    Adopt {
        /// The baseline.
        migration: usize,
        /// The rows to mark, by version as the rows write it. Never empty. Some may be rows that
        /// earlier work of this plan writes.
        rows: Vec<String>,
    },
}
