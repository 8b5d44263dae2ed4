//! What a run tells when it is over, and while it is under way.

use crate::error::Error;
use crate::plan::{Decision, Finding, Plan};
use crate::readiness::Readiness;
use serde::Serialize;
use std::hash::{Hash, Hasher};

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify), tsify(rename = "RunStatus"))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Status {
    /// There was nothing to do.
    #[default]
    Current,
    /// Something was applied, adopted or re-keyed.
    Migrated,
    /// Something was taken back.
    RolledBack,
    /// All that was asked for is there, and what comes after it is still pending.
    Partial,
}

/// A migration that the run applied, adopted or took back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Done {
    /// The version, as the file writes it.
    pub version: String,
    /// The name.
    pub name: String,
    /// The file.
    pub path: String,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    /// How it ended.
    #[cfg_attr(feature = "wasm", tsify(type = "RunStatus"))]
    pub status: Status,
    /// What this run applied, in order.
    pub applied: Vec<Done>,
    /// What it recorded without running it.
    pub adopted: Vec<Done>,
    /// What it took back, in order.
    pub reverted: Vec<Done>,
    /// How many migrations were there already.
    pub skipped: u32,
    /// What a person should know: drift and what was noticed in the files.
    pub findings: Vec<Finding>,
    /// The decisions of the first plan. Empty if the digests agreed: then every file is
    /// `skip: applied` and there are no other rows.
    pub decisions: Vec<Decision>,
}

/// Leaves out what no later decision of a run depends on, which is most of it: the model checker
/// hashes millions of reports.
impl Hash for Report {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.status as u8, self.applied.len(), self.adopted.len(), self.reverted.len()).hash(hasher);
    }
}

/// What comes of a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(untagged)]
#[non_exhaustive]
pub enum Outcome {
    /// Of `up` and `down`.
    Report(Report),
    /// Of `plan`.
    Plan(Plan),
    /// Of `ready`.
    Readiness(Readiness),
}

/// How a run failed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Failed {
    /// What is wrong, where, and what to do next.
    pub error: Error,
    /// What the run had done before: it stays done.
    pub report: Report,
}

/// What happens in a run, for a progress bar.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Event {
    /// What happens.
    pub kind: EventKind,
    /// The migration's version; empty while waiting, and for a callback.
    pub version: String,
    /// Its name.
    pub name: String,
    /// Its file.
    pub path: String,
    /// How many migrations of this run are done.
    pub done: u32,
    /// How many there are to do.
    pub total: u32,
    /// The step that begins, 1-based.
    pub step: u32,
    /// How many steps the migration has: 1 if it runs in one transaction.
    pub steps: u32,
}

/// What happens in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EventKind {
    /// A step begins.
    Step,
    /// A migration is applied.
    Applied,
    /// A baseline is adopted.
    Adopted,
    /// A migration is taken back.
    Reverted,
    /// Somebody else is at work; the run waits.
    Waiting,
}
