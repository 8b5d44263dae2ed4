//! What came of it.

use super::change::{Change, row};
use super::errand::{Asks, Draft, Unchanged};
use counterfoil::checksum;
use counterfoil::finding::Finding;
use counterfoil::ledger::{Row, Table};
use serde::Serialize;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// In a word.
    pub status: Status,
    /// What was changed, or would be.
    pub changes: Vec<Told>,
    /// What was asked for and is so already.
    pub unchanged: Vec<Unchanged>,
    /// What a person should know.
    pub findings: Vec<Finding>,
    /// SHA-256 of what was read and is written: a dry run's can be required.
    pub digest: String,
    /// What is a question still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asks: Option<Asks>,
}

/// What came of it, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Status {
    /// The ledger was changed.
    Changed,
    /// There was nothing to change.
    Unchanged,
    /// There is something to change, and it was only asked what.
    Planned,
}

/// What is done to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// It comes.
    Insert,
    /// It changes.
    Update,
    /// It goes.
    Delete,
}

/// A change, as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Told {
    /// What is done to the row.
    pub kind: Kind,
    /// The row's version, as the row writes it.
    pub version: String,
    /// The name; may be empty.
    pub name: String,
    /// The file's path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What is changed, and why.
    pub message: String,
    /// The row as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Row>,
    /// The row as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Row>,
    /// Of a row that goes, the SQL that puts it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore: Option<String>,
}

impl Report {
    pub(super) fn new(draft: &Draft, digest: &str, table: &Table) -> Self {
        Report {
            status: if draft.changes.is_empty() { Status::Unchanged } else { Status::Planned },
            changes: draft.changes.iter().map(|change| told(change, table)).collect(),
            unchanged: draft.unchanged.clone(),
            findings: draft.findings.clone(),
            digest: digest.to_owned(),
            asks: draft.asks.clone(),
        }
    }
}

fn told(change: &Change, table: &Table) -> Told {
    Told {
        kind: match (&change.seen, &change.to) {
            (None, _) => Kind::Insert,
            (_, Some(_)) => Kind::Update,
            (_, None) => Kind::Delete,
        },
        version: change.version().to_owned(),
        name: change.name.clone(),
        path: change.path.clone(),
        message: change.message.clone(),
        before: change.seen.as_ref().map(|cells| row(table, cells)),
        after: change.to.as_ref().map(|cells| row(table, cells)),
        restore: change.restore(table),
    }
}

/// SHA-256 of what was read and is written, as canonical JSON: the rows of each change before and after, and what else the
/// errand has read.
pub(super) fn digest(draft: &Draft) -> String {
    let rows: Vec<_> = draft.changes.iter().map(|change| (&change.seen, &change.to)).collect();
    checksum::checksum(&serde_json::to_string(&(rows, &draft.basis)).unwrap_or_default())
}
