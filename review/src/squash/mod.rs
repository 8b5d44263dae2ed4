//! A chain of migrations becomes one baseline: here is what happens to the tables and columns that it leaves out.

pub mod adopt;
