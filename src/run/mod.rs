//! The state machine that brings a database current, without doing any I/O.
//!
//! The caller asks for the next [`Output`], does it, and hands the result back as an [`Input`].
//! Every rule about claiming, applying, recording, resuming and backing off is here; a driver only
//! carries messages. So every interleaving and every crash can be tried against a model of a
//! database (see `tests/model/`).
//!
//! How a migration is applied:
//!
//! - **In one transaction**: its ledger row is inserted first (the *claim*: a racer blocks on the
//!   primary key), then its section runs, then the transaction commits. Row and effect are there
//!   together or not at all.
//! - **Step by step**, if a statement cannot run in a transaction: the row is inserted as `running`
//!   under a *lease*. A step that can run in a transaction is committed together with the record
//!   of its progress. A step that cannot is recorded after it; if the runner dies in between, a
//!   `CREATE INDEX CONCURRENTLY` is judged by `pg_index.indisvalid`, and anything else is
//!   `interrupted`.
//!
//! After a failure that leaves doubt (a unique violation, a lost reply) the ledger is read again:
//! nothing is guessed. Where a driver cannot tell which statement of a batch failed, the batch is
//! tried once more in a transaction that never commits.
//!
//! What a driver cannot carry (a request over its limit, steps that need one session where it
//! keeps none) is refused before anything is written.
//!
//! It is not a driver: it knows neither sockets nor promises. What it asks for takes as long as it
//! takes, and time comes in with every call.

mod carry;
mod down;
mod existing;
mod failure;
mod machine;
mod message;
mod options;
mod prepared;
mod refused;
mod report;
mod request;
mod session;
mod shared;
mod stepwise;
mod trial;
mod up;

use crate::ledger::statements::TextRow;
use crate::migration::Section;
use serde::Serialize;
use std::sync::Arc;

pub use machine::Machine;
pub use message::Message;
pub use options::{Capabilities, Goal, Options, When};
pub use report::{Done, Event, EventKind, Failed, Outcome, Report, Status};
pub use request::{Act, Direction, Request};
pub use shared::Shared;

/// What a run knows from the start.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The migrations.
    pub catalog: Arc<Shared>,
    /// What the run is for.
    pub goal: Goal,
    /// How it is to behave.
    pub options: Options,
    /// What the driver can do.
    pub capabilities: Capabilities,
}

impl Setup {
    /// The section of a migration that is run in a direction. A migration without a down section
    /// never gets that far; its up section stands in.
    pub(crate) fn section(&self, migration: usize, direction: Direction) -> &Section {
        let migration = &self.catalog.migrations[migration];
        match direction {
            Direction::Up => &migration.up,
            Direction::Down => migration.down.as_ref().unwrap_or(&migration.up),
        }
    }
}

/// What the driver has to do next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// Send this ([`Machine::message`] writes it as SQL) and hand back what came of it.
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
    /// Whether the connection broke, so that nobody knows whether it was done.
    pub lost: bool,
    /// Whether nothing can be asked of this database object any more.
    pub unusable: bool,
}
