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
//! What it is not: a schema differ that writes migrations, an ORM, or a database driver.
#![forbid(unsafe_code)]

// Lowest first: a module uses only what stands above it.
#[cfg(any(feature = "panics", test))]
#[doc(hidden)]
#[macro_use]
pub mod declared;
pub mod error;
pub mod finding;
mod ordered;
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
