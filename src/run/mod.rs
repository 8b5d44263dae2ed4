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
//!   of its progress. A step that cannot, or turns out to refuse a transaction, is sent alone: the row
//!   says so before, and that it is done after. If the runner dies in between, the
//!   database is asked what has become of it where it can tell ([`Judged`](crate::sql::Judged)), and
//!   anything else is `interrupted`. So is what can commit on its way and failed. A run that goes on compares the steps
//!   that are done with the file; the rest of it may have changed.
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

mod callbacks;
mod carry;
mod down;
mod env;
mod exchange;
mod existing;
pub mod failure;
mod fill;
mod judged;
mod judging;
mod machine;
mod message;
mod noticed;
mod options;
pub mod pace;
mod place;
mod prepared;
mod refused;
mod report;
mod request;
mod session;
mod setup;
mod shared;
mod state;
mod stepwise;
mod trial;
mod up;

/// The codes of the findings that only a run has.
pub const CODES: &[&str] = &[existing::CODE, state::MOVED, noticed::APART, noticed::WRITABLE, judging::ASTRAY];

pub use env::Env;
pub use exchange::{Failure, Input, Output};
pub use machine::Machine;
pub use message::{Long, Message};
pub use options::{Capabilities, Goal, Options, When};
pub use report::{Done, Event, EventKind, Failed, Outcome, Report, Status};
pub use request::{Act, Direction, Request};
pub use setup::Setup;
pub use shared::Shared;
