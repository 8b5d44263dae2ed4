//! Changes to the ledger without a migration being run: `stamp`, and whatever takes over another tool's ledger.
//!
//! An [`Errand`] says what is to be changed, from the ledger as it was read. The [`Machine`] does all the rest, without any
//! I/O: it reads the ledger, has the errand draw up its changes, and writes them in one transaction in which each row is
//! compared with what was read. What has changed since is `plan-changed`, and nothing is half-done.

mod change;
mod errand;
mod machine;
mod report;
pub mod stamp;
#[cfg(test)]
mod tests;

pub use change::{Cells, Change, cells, must};
pub use errand::{Asks, Draft, Errand, Seen, Unchanged};
pub use machine::{Ask, Input, Machine, Output};
pub use report::{Kind, Report, Status, Told};
