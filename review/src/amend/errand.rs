//! What is to be changed, from what was read.

use super::change::{Cells, Change};
use counterfoil::Error;
use counterfoil::finding::Finding;
use counterfoil::ledger::statements::TextRow;
use counterfoil::ledger::{Ledger, Row, Tool};
use counterfoil::run::Setup;
use serde::Serialize;
use std::collections::BTreeMap;

/// The ledger as it was read.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Seen {
    /// Its rows. With a lock of the caller's, nobody holds a lease; a state that is not known counts as running.
    pub ledger: Ledger,
    /// The same as the database wrote them, by version.
    pub rows: BTreeMap<String, Cells>,
}

impl Seen {
    /// A row as the database wrote it.
    pub fn cells(&self, row: &Row) -> Cells {
        self.rows.get(&row.version).cloned().unwrap_or_default()
    }
}

/// What an errand comes to.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// What is to be changed, in order.
    pub changes: Vec<Change>,
    /// What was asked for and is so already.
    pub unchanged: Vec<Unchanged>,
    /// What a person should know. One error refuses it all.
    pub findings: Vec<Finding>,
    /// Statements that come before the changes, in the same transaction: locks, and comparisons such as [`must`](super::must).
    pub first: Vec<String>,
    /// What else was read and has a part in the digest.
    pub basis: Vec<String>,
    /// What is a question still; then there are no changes.
    pub asks: Option<Asks>,
}

/// What the schema is to be asked, since the ledgers do not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Asks {
    /// Versions that count as applied, and are no question.
    pub told: Vec<String>,
    /// Versions that may have been applied.
    pub open: Vec<String>,
    /// A version that has begun and did not end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half: Option<String>,
}

/// What was asked for and is so already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unchanged {
    /// The version.
    pub version: String,
    /// Why there is nothing to change.
    pub message: String,
}

/// What is to be done to the ledger.
pub trait Errand {
    /// A question beyond the ledger, as one SELECT whose columns are texts; `heard` has the answers to the earlier ones.
    /// None: all is known.
    ///
    /// # Errors
    ///
    /// Why it cannot be done.
    fn question(&self, setup: &Setup, seen: &Seen, heard: &[Vec<TextRow>]) -> Result<Option<String>, Error> {
        let _ = (setup, seen, heard);
        Ok(None)
    }

    /// The changes.
    ///
    /// # Errors
    ///
    /// Why it cannot be done.
    fn draft(&self, setup: &Setup, seen: &Seen, heard: &[Vec<TextRow>]) -> Result<Draft, Error>;

    /// The table that our ledger was to have is another tool's.
    fn taken(&self, setup: &Setup, tool: Tool) -> Error;
}

impl<E: Errand + ?Sized> Errand for Box<E> {
    fn question(&self, setup: &Setup, seen: &Seen, heard: &[Vec<TextRow>]) -> Result<Option<String>, Error> {
        (**self).question(setup, seen, heard)
    }

    fn draft(&self, setup: &Setup, seen: &Seen, heard: &[Vec<TextRow>]) -> Result<Draft, Error> {
        (**self).draft(setup, seen, heard)
    }

    fn taken(&self, setup: &Setup, tool: Tool) -> Error {
        (**self).taken(setup, tool)
    }
}
