//! What is wrong with migrations themselves, before they meet a database.
//!
//! A rule has a file of its own, with its documentation and its tests. What the planner notices in
//! files is among the findings, said by the planner itself. Rules of others, such as squawk's, come
//! in through [`Others`].
//!
//! ```
//! use counterfoil_review::lint;
//! let files = [("1_a.sql".to_owned(), "set search_path to app;\n".to_owned())];
//! let report = lint::lint(&files, None, &lint::Options::default(), &()).unwrap();
//! assert_eq!(report.findings[0].code, "session-search-path");
//! ```

mod destructive_down;
mod identifier_too_long;
mod ignore;
mod ledger_written;
mod looks;
mod marker_in_literal;
mod planned;
mod report;
mod rule;
mod session_search_path;
mod setting;
mod subject;
#[cfg(test)]
mod tests;
mod unqualified_name;

pub use crate::guard::Level;
pub use looks::rules;
pub use report::{Counts, Report, lint};
pub use rule::{Options, Others, Rule};
pub use subject::{Direction, Found, Subject};
#[cfg(feature = "wasm")]
pub(crate) use {ignore::RULE as IGNORE, looks::LOOKS, planned::RULES as PLANNED};
