//! Maps and sets of what is at hand.
//!
//! `collect` sorts first, with a sort that is compiled anew for every type. Here one is put in after the other: with the
//! sorts of lists, which are [`counterfoil::ordered`]'s, that takes the module 25 KB after gzip less.

use std::collections::{BTreeMap, BTreeSet};

/// A map of these; of two with one key the later one stays.
pub(crate) fn map<K: Ord, V>(items: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(items);
    map
}

/// A set of these.
pub(crate) fn set<K: Ord>(items: impl IntoIterator<Item = K>) -> BTreeSet<K> {
    let mut set = BTreeSet::new();
    set.extend(items);
    set
}
