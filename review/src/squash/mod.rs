//! One baseline in place of a chain of migrations: [`baseline()`] writes its statements from what `pg_dump` has written,
//! [`contents`] says which rows go with it and whether two databases hold the same, and [`adopt`] puts aside, without losing
//! a row, what it leaves out.

pub mod adopt;
pub mod baseline;
pub mod contents;
mod dollar;
mod head;

pub use baseline::{Baseline, Chain, baseline};
pub use contents::{Contents, differences};

#[cfg(test)]
mod tests;
