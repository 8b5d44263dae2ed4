//! The schema of a database as facts: what [`query()`] reads, [`Snapshot`] holds, and [`diff()`] compares.
//!
//! A fact is one thing with an identity (`column app.users.email`) and what is known of it. PostgreSQL itself spells every
//! definition out, under an empty `search_path`: two schemas are compared in one spelling, never as the texts that made them.
//! Where that spelling changes from one version to the next, or with how a thing came to be, [`canon`] has the rule.

pub mod canon;
pub mod diff;
pub mod difference;
mod name;
mod privileges;
pub mod query;
pub mod snapshot;
mod text;

pub use diff::{Ignore, diff};
pub use difference::{Change, Difference, Differences, Property};
pub use query::{ASIDE, Scope, query, query_of};
pub use snapshot::{Fact, Server, Snapshot};
pub(crate) use text::cut;

#[cfg(test)]
mod tests;
