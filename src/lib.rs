//! A pure migration planner. From a list of SQL files and the rows of a ledger it decides, for
//! every file and every row, **apply**, **skip**, **adopt** or **drift**, and says why.
//!
//! The crate does no I/O: it reads no files, opens no connection, has no clock and no randomness.
//! [`run`] is a state machine that says what to send to the database next; the caller sends it
//! and hands the answer back.
//!
//! The one invariant: **a row of the ledger says `applied` exactly when the migration's effect is
//! in the database.**
//!
//! ```
//! use counterfoil::ledger::{Ledger, Row, TextRow};
//! use counterfoil::plan::{self, Action};
//! use counterfoil::run::{Capabilities, Failure, Goal, Input, Machine, Message, Options, Outcome, Output};
//! use std::time::{Duration, Instant};
//!
//! /// In place of a driver: an empty database that does whatever it is sent.
//! #[derive(Default)]
//! struct Toy(Vec<String>);
//!
//! impl Toy {
//!     fn carry_out(&mut self, message: Message) -> Result<Vec<TextRow>, Failure> {
//!         match message {
//!             // A driver gives the rows, every value as text; where there is no ledger they are none.
//!             Message::Query { sql } | Message::Statement { sql } | Message::Script { sql, .. } => self.0.push(sql),
//!             message => unreachable!("needs a driver that can do more: {message:?}"),
//!         }
//!         Ok(vec![])
//!     }
//! }
//!
//! # fn main() -> Result<(), counterfoil::Error> {
//! // 1. Files become a catalog. Which convention they follow is told from the whole set.
//! let file = |path: &str, sql: &str| (path.to_owned(), sql.to_owned());
//! let files = [
//!     file("db/001_guests.sql", "create table guests (name text);\n"),
//!     file("db/002_rooms.sql", "create table rooms (number integer);\n"),
//! ];
//! let catalog = counterfoil::convention::read(&files, None)?;
//!
//! // 2. With the rows of a ledger it becomes a plan. This database has the second and not the first.
//! let checksum = Some(catalog.migrations[1].checksum.clone());
//! let row = Row { version: "002".into(), name: Some("rooms".into()), checksum, ..Row::default() };
//! let ledger = Ledger { exists: true, rows: vec![row] };
//! let plan = plan::plan(&catalog, &ledger, &plan::Options::default());
//! let [guests, rooms] = &plan.decisions[..] else { panic!("a decision for every file") };
//! assert_eq!((guests.action, guests.gap), (Action::Apply, true));
//! assert_eq!(rooms.action, Action::Skip);
//!
//! // 3. Or a machine reads the ledger, plans and applies: it says what to send, and is told what came of it.
//! let can = Capabilities { script: true, batch: false, interactive: true, limit: None };
//! let mut machine = Machine::new(catalog, Goal::Up, Options::new("a random text"), can)?;
//! let (mut database, began, mut input) = (Toy::default(), Instant::now(), None);
//! let outcome = loop {
//!     input = Some(match machine.next(input, began.elapsed().as_millis() as u64) {
//!         Output::Send(request) => match database.carry_out(machine.message(&request)) {
//!             Ok(rows) => Input::Rows { rows },
//!             Err(failure) => Input::Failed(failure),
//!         },
//!         Output::Wait { milliseconds } => {
//!             std::thread::sleep(Duration::from_millis(milliseconds.into()));
//!             Input::Waited
//!         }
//!         Output::Done(outcome) => break *outcome,
//!         Output::Failed(failed) => return Err(failed.error),
//!         output => unreachable!("of a newer release: {output:?}"),
//!     });
//! };
//! let Outcome::Report(report) = outcome else { panic!("of going up") };
//! assert_eq!(report.applied.len(), 2);
//! assert!(database.0.iter().any(|sql| sql.contains("create table guests")));
//! # Ok(())
//! # }
//! ```
//!
//! What it is not: a schema differ that writes migrations, an ORM, or a database driver.
#![forbid(unsafe_code)]

// Lowest first: a module uses only what stands above it.
#[cfg(any(feature = "panics", test))]
#[doc(hidden)]
#[macro_use]
pub mod declared;
pub mod mention;

pub mod error;
pub mod finding;
// For the review crate, which is compiled to a module of its own.
#[doc(hidden)]
pub mod ordered;
pub mod span;
pub mod version;

pub mod sql;

pub mod checksum;
pub mod migration;

pub mod convention;

pub mod ledger;

pub mod plan;
pub mod readiness;

pub mod run;

#[cfg(feature = "panics")]
pub mod panics;

#[cfg(feature = "wasm")]
pub mod wasm;

pub use error::{Code, Error, Location};
pub use migration::{Catalog, Migration};
pub use plan::{Plan, plan};
