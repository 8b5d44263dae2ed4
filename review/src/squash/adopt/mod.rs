//! Dead tables and columns: the scripts that put them aside without losing a row, and bring them back.
//!
//! [`scripts()`] is handed the schema that the chain makes, the one that the baseline makes, and what the user has named as
//! dead. It writes `adopt.sql` and `restore.sql`, or says what stops it: a difference that nothing named explains, or something
//! that uses what was named. [`drops()`] are the statements that take the named things out of a replay, from which a baseline
//! is then written.
//!
//! Both scripts are plain SQL for psql or any driver: one transaction, which takes every lock in one statement before it looks,
//! refuses another database than the one that it was made for, and passes over what has been done already.

mod block;
mod dependents;
mod difference;
mod dropped;
mod fact;
mod head;
mod kept;
mod name;
mod plan;
mod report;
mod restore;
mod script;
mod scripts;
mod told;

pub use dropped::{Keep, Request};
pub use report::{Drops, Scripts, Stop};
pub use scripts::{drops, scripts};

#[cfg(test)]
mod tests;
