//! Sorting that is compiled once.
//!
//! The sort of `std` is compiled anew for every type that it is used with. Here it works on positions
//! and asks a closure, so that there is one of it: 10 KB less after gzip.

mod lookup;
mod sort;

pub use lookup::Lookup;
pub use sort::{find, order, permute, sort, sort_by};
