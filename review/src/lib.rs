//! What reviewers of a change need and a running program does not: guards, lint, and plans in words.
//!
//! It is a module of its own so that the core, which every page and Worker loads, stays small. Each
//! function takes one JSON text and returns one; an [`Error`](counterfoil::Error) is thrown as in the
//! core's bindings. The types of both texts are those of the package's TypeScript.
#![forbid(unsafe_code)]

mod bindings;
pub mod check;
pub mod explain;
pub mod lint;
pub mod losses;
pub mod message;
pub mod squawk;
