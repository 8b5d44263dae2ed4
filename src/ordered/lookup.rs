//! Looking up by key what is known beforehand.

use super::sort_by;

/// Keys, each with a value, sorted once. Equal keys keep the order in which they were given.
///
/// Where a map of `std` would be filled once and then asked: every type of a tree is a kilobyte of code.
pub struct Lookup<K, V = ()> {
    entries: Vec<(K, V)>,
}

impl<K: Ord, V> Lookup<K, V> {
    /// Sorts the entries.
    pub fn new(mut entries: Vec<(K, V)>) -> Self {
        sort_by(&mut entries, |a, b| a.0.cmp(&b.0));
        Lookup { entries }
    }

    /// The values of a key, in the order in which they were given.
    pub fn all(&self, key: &K) -> impl Iterator<Item = &V> {
        let first = self.entries.partition_point(|entry| entry.0 < *key);
        self.entries[first..].iter().take_while(move |entry| entry.0 == *key).map(|entry| &entry.1)
    }

    /// The first value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.all(key).next()
    }

    /// Whether the key is there.
    pub fn contains(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<K: Ord> Lookup<K> {
    /// Keys alone.
    pub fn of(keys: impl Iterator<Item = K>) -> Self {
        let mut entries = Vec::new();
        keys.for_each(|key| entries.push((key, ())));
        Lookup::new(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_keep_their_order() {
        let lookup = Lookup::new(vec![("b", 1), ("a", 2), ("b", 3), ("c", 4)]);
        assert_eq!(lookup.all(&"b").collect::<Vec<_>>(), [&1, &3]);
        assert_eq!([lookup.get(&"c"), lookup.get(&"a"), lookup.get(&"d")], [Some(&4), Some(&2), None]);
        assert!(Lookup::of(["y", "x"].into_iter()).contains(&"x"));
        assert!(Lookup::<&str>::new(Vec::new()).is_empty());
    }
}
