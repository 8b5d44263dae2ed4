//! What a schema says of the migrations that are said to have made it: which have run, which have not, and which in part.
//!
//! An [`Inquiry`] does no I/O. It is given the schema that is there and asks for replays of the migrations in an empty
//! database: of all that count as applied first. If that makes the same schema, all is said. Else they are replayed once more
//! and what differs is read after each ([`Scope`](crate::schema::Scope)): a file whose every trace is missing may not have run. It
//! has not, if the others alone make the schema that is there; it has, if a later file fails without it. What no file has
//! written, somebody has changed by hand.

mod history;
mod inquiry;
mod report;
mod rows;
mod scope;
mod words;

pub use history::Effects;
pub use inquiry::{Asked, Came, Failed, Inquiry, Stopped, Turn};
pub use report::{FileEvidence, Report, StatementEvidence, Status, Verdict};

#[cfg(test)]
mod tests;
