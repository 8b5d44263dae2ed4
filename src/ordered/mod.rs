//! Ordered maps, sets and sorting that are compiled once.
//!
//! What `std` has for this is compiled anew for every type that it is used with, and was a third
//! of the WebAssembly module. Here the part that knows about order works on positions and asks a
//! closure; only a thin layer knows about types. Everything takes `O(log n)` per entry, as there.

mod map;
mod sort;

pub use map::{Entry, OrderedMap, OrderedSet};
pub(crate) use sort::{find, order, permute};
pub use sort::{sort, sort_by};

#[cfg(test)]
/// A fixed sequence without visible order.
fn scattered(count: u32) -> impl Iterator<Item = u32> {
    (0..count).map(|n| n.wrapping_mul(2_654_435_761) >> 20)
}
