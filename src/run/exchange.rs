//! What goes to the driver, and what comes back.

use super::report::{Failed, Outcome};
use super::request::Request;
use crate::ledger::TextRow;
use serde::Serialize;

/// What the driver has to do next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Output {
    /// Send this ([`Machine::message`](super::Machine::message) writes it as SQL) and hand back what came of it.
    Send(Request),
    /// Wait, then hand back [`Input::Waited`].
    Wait {
        /// How long.
        milliseconds: u32,
    },
    /// The run is over and all is well.
    Done(Box<Outcome>),
    /// The run has failed.
    Failed(Box<Failed>),
}

/// What came of an [`Output`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Input {
    /// It was done; the rows, if it was a query.
    Rows {
        /// Column name to text.
        rows: Vec<TextRow>,
    },
    /// The database refused it, or the connection broke.
    Failed(Failure),
    /// The time is over.
    Waited,
}

/// What the database said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify), tsify(rename = "DatabaseFailure"))]
#[serde(rename_all = "camelCase", default)]
// Exhaustive: callers build it.
pub struct Failure {
    /// SQLSTATE, five characters; empty if there is none.
    pub sqlstate: String,
    /// The message.
    pub message: String,
    /// The detail.
    pub detail: Option<String>,
    /// The hint.
    pub hint: Option<String>,
    /// The position in what was sent (in the statement, if it was a batch), 1-based, in code points.
    pub position: Option<u32>,
    /// How many statements of a script or batch had finished before, if the driver can tell.
    pub completed: Option<u32>,
    /// Where in a function it happened: PostgreSQL's `where`, also called the context.
    pub context: Option<String>,
    /// Whether the connection broke, so that nobody knows whether it was done. An SQLSTATE does not tell: a migration
    /// may raise 08006 or 57P01 itself. PostgreSQL ends a session with the severity FATAL or PANIC.
    pub lost: bool,
    /// Whether it was the connection that was refused: user, password, database.
    pub refused: bool,
    /// Whether nothing can be asked of this database object any more.
    pub unusable: bool,
}
