//! What reviewers of a change to migrations need and a running program does not: guards, lint, and plans in words.
//!
//! It stands on [`counterfoil`], and is a crate of its own so that the core, which every page and Worker loads, stays
//! small. As the core, it does no I/O: it is handed texts, and gives findings.
//!
//! - [`guard`] says whether a change breaks what has shipped, or cannot be merged with what others have written;
//! - [`lint`] says what is wrong with migrations themselves, with the rules of squawk if the feature `squawk` is on;
//! - [`explain`] renders a plan as text, as Mermaid or as a summary in Markdown;
//! - [`losses`] finds what throws data away;
//! - [`amend`] changes the ledger without running a migration: `stamp`;
//! - [`schema`] compares the schema that migrations make with the one that is there;
//! - [`squash`] writes one baseline in place of a chain of migrations, and puts aside what it leaves out;
//! - [`evidence`] says from a schema which migrations have run;
//! - [`import`] draws such changes up from another tool's ledger.
//!
//! [`door`] is how the npm package comes in: JSON text in, JSON text out.
#![forbid(unsafe_code)]

// Lowest first: a module uses only what stands above it.
mod tree;

pub mod guard;

pub mod amend;
pub mod explain;
pub mod lint;
pub mod losses;
pub mod schema;

pub mod evidence;
pub mod import;
pub mod squash;

#[cfg(feature = "squawk")]
pub mod squawk;

pub mod door;
