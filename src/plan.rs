//! The plan: one decision for every file and every ledger row.

use crate::error::{Error, Location};
use crate::ledger::Ledger;
use crate::migration::Catalog;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How bad a finding is. One error refuses the whole plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Worth a look; does not stop anything.
    Warning,
    /// Refuses the plan: nothing runs.
    Error,
}

/// Something a person should know, that is not a decision about one migration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Stable code, kebab-case.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// What was found.
    pub message: String,
    /// What to do next.
    pub help: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Location>,
}

/// What is done about a file or a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
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

/// Why: the stable, public code of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Skip: the row says applied and the checksum agrees.
    Applied,
    /// Skip: the row has no checksum on record.
    Unverified,
    /// Skip: a baseline stands for it.
    Replaced,
    /// Apply: there is no row.
    Pending,
    /// Apply: a repeatable migration whose checksum has changed.
    Changed,
    /// Apply: a statement-wise migration goes on where it stopped.
    Resume,
    /// Adopt: everything that the baseline replaces is there.
    Baseline,
    /// Drift: same version and name, other checksum.
    Edited,
    /// Drift: same version, other name and other content.
    Collision,
    /// Drift: a row without a file, inside the range of the files.
    Missing,
    /// Drift: a row newer than every file.
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

/// Options of [`plan`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Options {
    /// Severity per drift code (`edited-cosmetic` and `edited-semantic` apart), where it differs
    /// from the default.
    pub policy: BTreeMap<String, Severity>,
    /// The ledger's table: no migration may drop or rename it.
    pub table: crate::ledger::Table,
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
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
    /// How bad it is; none where there is nothing to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// What was found. Empty where there is nothing to say.
    pub message: String,
    /// What to do next. Empty where there is nothing to do.
    pub help: String,
}

/// What a plan has to do to the database, in order. Indices point into [`Catalog::migrations`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Work {
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
    /// Run the migration.
    Apply {
        /// The migration.
        migration: usize,
        /// For a repeatable migration that has run before: the row's version and checksum.
        again: Option<(String, Option<String>)>,
        /// For a statement-wise migration that stopped: the row's version and the steps done.
        resume: Option<(String, u32)>,
    },
    /// Record the baseline without running it and mark the rows of what it replaces.
    Adopt {
        /// The baseline.
        migration: usize,
        /// The rows to mark, by version as the rows write it.
        rows: Vec<String>,
    },
    /// Mark rows that a baseline replaces, which is in the ledger already.
    Supersede {
        /// The baseline.
        migration: usize,
        /// The rows to mark, by version as the rows write it.
        rows: Vec<String>,
    },
}

/// The plan.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// One decision for every file and every row: files in order, then rows without a file.
    pub decisions: Vec<Decision>,
    /// What else a person should know.
    pub findings: Vec<Finding>,
    /// What there is to do, in order. Empty if nothing is.
    #[serde(skip)]
    pub work: Vec<Work>,
}

impl Plan {
    /// The error that refuses this plan, if one does.
    pub fn refusal(&self) -> Option<Error> {
        todo!()
    }

    /// The SHA-256 of the plan's canonical JSON: what a reviewer approves.
    pub fn digest(&self) -> String {
        todo!()
    }
}

/// Decides what to do about every file and every row.
pub fn plan(_catalog: &Catalog, _ledger: &Ledger, _options: &Options) -> Plan {
    todo!()
}
