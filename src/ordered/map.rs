//! An ordered map and an ordered set.

use super::sort::permuted;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// No node.
const NONE: u32 = u32::MAX;

/// A balanced search tree (an AA tree, Andersson 1993) over the indices of somebody else's list.
#[derive(Clone, Default)]
struct Tree {
    root: u32,
    nodes: Vec<Node>,
}

#[derive(Clone, Copy)]
struct Node {
    left: u32,
    right: u32,
    level: u32,
}

impl Tree {
    /// The index that the closure calls equal. The closure says how what is sought compares with
    /// the entry of an index.
    fn find(&self, compare: &mut dyn FnMut(usize) -> Ordering) -> Option<usize> {
        let mut at = if self.nodes.is_empty() { NONE } else { self.root };
        while at != NONE {
            at = match compare(at as usize) {
                Ordering::Less => self.nodes[at as usize].left,
                Ordering::Greater => self.nodes[at as usize].right,
                Ordering::Equal => return Some(at as usize),
            };
        }
        None
    }

    /// Adds the next index. No entry may be equal to it.
    fn push(&mut self, compare: &mut dyn FnMut(usize) -> Ordering) {
        let root = if self.nodes.is_empty() { NONE } else { self.root };
        self.nodes.push(Node { left: NONE, right: NONE, level: 1 });
        self.root = self.hang(root, compare);
    }

    fn hang(&mut self, at: u32, compare: &mut dyn FnMut(usize) -> Ordering) -> u32 {
        if at == NONE {
            return self.nodes.len() as u32 - 1;
        }
        if compare(at as usize) == Ordering::Less {
            self.nodes[at as usize].left = self.hang(self.nodes[at as usize].left, compare);
        } else {
            self.nodes[at as usize].right = self.hang(self.nodes[at as usize].right, compare);
        }
        let at = self.skew(at);
        self.split(at)
    }

    fn level(&self, at: u32) -> u32 {
        self.nodes.get(at as usize).map_or(0, |node| node.level)
    }

    fn skew(&mut self, at: u32) -> u32 {
        let node = self.nodes[at as usize];
        if self.level(node.left) != node.level {
            return at;
        }
        let left = node.left;
        self.nodes[at as usize].left = self.nodes[left as usize].right;
        self.nodes[left as usize].right = at;
        left
    }

    fn split(&mut self, at: u32) -> u32 {
        let node = self.nodes[at as usize];
        let right = node.right;
        if right == NONE || self.level(self.nodes[right as usize].right) != node.level {
            return at;
        }
        self.nodes[at as usize].right = self.nodes[right as usize].left;
        self.nodes[right as usize].left = at;
        self.nodes[right as usize].level += 1;
        right
    }

    /// All indices in order.
    fn order(&self) -> Vec<usize> {
        let mut out = Vec::with_capacity(self.nodes.len());
        let mut above = Vec::new();
        let mut at = if self.nodes.is_empty() { NONE } else { self.root };
        while at != NONE || !above.is_empty() {
            while at != NONE {
                above.push(at);
                at = self.nodes[at as usize].left;
            }
            let Some(next) = above.pop() else { break };
            out.push(next as usize);
            at = self.nodes[next as usize].right;
        }
        out
    }
}

/// An ordered map. A key that is removed still takes up room.
///
/// ```
/// let mut map = counterfoil::ordered::OrderedMap::new();
/// map.insert("b", 1);
/// *map.entry("a").or_default() += 2;
/// assert_eq!(map.get("b"), Some(&1));
/// assert_eq!(map.iter().collect::<Vec<_>>(), [(&"a", &2), (&"b", &1)]);
/// ```
#[derive(Clone)]
pub struct OrderedMap<K, V> {
    /// In the order in which the keys were first inserted; without a value if it was removed.
    entries: Vec<(K, Option<V>)>,
    tree: Tree,
    length: usize,
}

impl<K, V> OrderedMap<K, V> {
    /// An empty map.
    pub fn new() -> Self {
        OrderedMap { entries: Vec::new(), tree: Tree { root: NONE, nodes: Vec::new() }, length: 0 }
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether it has no entries.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The entries, in the order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.tree.order().into_iter().filter_map(|at| {
            let (key, value) = &self.entries[at];
            value.as_ref().map(|value| (key, value))
        })
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// The values, in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }
}

impl<K: Ord, V> OrderedMap<K, V> {
    /// The values, in the order of their keys.
    pub fn into_values(self) -> impl Iterator<Item = V> {
        self.into_iter().map(|(_, value)| value)
    }

    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        self.tree.find(&mut |at| key.cmp(self.entries[at].0.borrow()))
    }

    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// The key as it is in the map, and its value.
    pub fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        let (key, value) = &self.entries[self.find(key)?];
        value.as_ref().map(|value| (key, value))
    }

    /// The value of a key, to be changed.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.find(key).and_then(|at| self.entries[at].1.as_mut())
    }

    /// Whether there is an entry with this key.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// The place of a key, made if there is none.
    fn place(&mut self, key: K) -> usize {
        if let Some(at) = self.find(&key) {
            return at;
        }
        let OrderedMap { entries, tree, .. } = self;
        tree.push(&mut |at| key.cmp(&entries[at].0));
        entries.push((key, None));
        entries.len() - 1
    }

    /// Sets the value of a key, and gives the one that it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let at = self.place(key);
        let before = self.entries[at].1.replace(value);
        self.length += usize::from(before.is_none());
        before
    }

    /// Removes a key, and gives its value.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let before = self.find(key).and_then(|at| self.entries[at].1.take());
        self.length -= usize::from(before.is_some());
        before
    }

    /// The place of a key, to be filled.
    pub fn entry(&mut self, key: K) -> Entry<'_, V> {
        let at = self.place(key);
        Entry { value: &mut self.entries[at].1, length: &mut self.length }
    }
}

/// The place of a key in an [`OrderedMap`].
pub struct Entry<'m, V> {
    value: &'m mut Option<V>,
    length: &'m mut usize,
}

impl<'m, V> Entry<'m, V> {
    /// The value, which is set first if there is none.
    pub fn or_insert_with(self, value: impl FnOnce() -> V) -> &'m mut V {
        *self.length += usize::from(self.value.is_none());
        self.value.get_or_insert_with(value)
    }

    /// [`Entry::or_insert_with`] this value.
    pub fn or_insert(self, value: V) -> &'m mut V {
        self.or_insert_with(|| value)
    }

    /// [`Entry::or_insert_with`] the default value.
    pub fn or_default(self) -> &'m mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }
}

impl<K, V> Default for OrderedMap<K, V> {
    fn default() -> Self {
        OrderedMap::new()
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for OrderedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = OrderedMap::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

impl<K: Ord, V> Extend<(K, V)> for OrderedMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

/// Panics if the key is not there, as the map of `std` does.
impl<K: Ord + Borrow<Q>, V, Q: Ord + ?Sized> std::ops::Index<&Q> for OrderedMap<K, V> {
    type Output = V;

    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("a key of the map")
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for OrderedMap<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K, V> IntoIterator for OrderedMap<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(mut self) -> Self::IntoIter {
        let OrderedMap { entries, tree, .. } = &mut self;
        permuted(&tree.order(), &mut |a, b| entries.swap(a, b));
        let present: Vec<(K, V)> = self.entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        present.into_iter()
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for OrderedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for OrderedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<K: Eq, V: Eq> Eq for OrderedMap<K, V> {}

impl<K: Hash, V: Hash> Hash for OrderedMap<K, V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.len().hash(state);
        self.iter().for_each(|entry| entry.hash(state));
    }
}

impl<K: Serialize, V: Serialize> Serialize for OrderedMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (key, value) in self.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// An ordered set.
///
/// ```
/// let set: counterfoil::ordered::OrderedSet<&str> = ["b", "a", "b"].into_iter().collect();
/// assert!(set.contains("a"));
/// assert_eq!(set.iter().collect::<Vec<_>>(), [&"a", &"b"]);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OrderedSet<T>(OrderedMap<T, ()>);

impl<T: Ord> OrderedSet<T> {
    /// An empty set.
    pub fn new() -> Self {
        OrderedSet(OrderedMap::new())
    }

    /// Adds an item; false if it was there.
    pub fn insert(&mut self, item: T) -> bool {
        self.0.insert(item, ()).is_none()
    }

    /// Whether the item is there.
    pub fn contains<Q: Ord + ?Sized>(&self, item: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.contains_key(item)
    }

    /// How many items it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has no items.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The items, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.0.keys()
    }
}

impl<T: Ord> Default for OrderedSet<T> {
    fn default() -> Self {
        OrderedSet::new()
    }
}

impl<T: Ord> FromIterator<T> for OrderedSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        OrderedSet(items.into_iter().map(|item| (item, ())).collect())
    }
}

impl<T> IntoIterator for OrderedSet<T> {
    type Item = T;
    type IntoIter = std::iter::Map<std::vec::IntoIter<(T, ())>, fn((T, ())) -> T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().map(|(item, ())| item)
    }
}

impl<T: Ord> Extend<T> for OrderedSet<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        for item in items {
            self.insert(item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scattered;
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_map_does_what_the_one_of_std_does() {
        for keys in [scattered(5_000).collect::<Vec<_>>(), (0..5_000).collect(), (0..5_000).rev().collect()] {
            let (mut ours, mut theirs) = (OrderedMap::new(), BTreeMap::new());
            for (n, &key) in keys.iter().enumerate() {
                match n % 5 {
                    0 => assert_eq!(ours.remove(&(key / 2)), theirs.remove(&(key / 2))),
                    1 => *ours.entry(key).or_default() += n,
                    _ => assert_eq!(ours.insert(key, n), theirs.insert(key, n)),
                }
                if n % 5 == 1 {
                    *theirs.entry(key).or_default() += n;
                }
                assert_eq!(ours.get(&(key + 1)), theirs.get(&(key + 1)));
                assert_eq!(ours.len(), theirs.len());
            }
            assert!(ours.iter().eq(theirs.iter()));
            assert!(ours.into_iter().eq(theirs));
        }
    }

    #[test]
    fn a_map_stays_shallow_whatever_the_order_of_its_keys() {
        let height = |keys: &mut dyn Iterator<Item = u32>| {
            let map: OrderedMap<u32, ()> = keys.map(|key| (key, ())).collect();
            let mut asked = 0;
            map.tree.find(&mut |at| {
                asked += 1;
                1_000_000.cmp(&map.entries[at].0)
            });
            asked
        };
        // An AA tree of n entries has at most 2 log2(n + 1) levels.
        assert!(height(&mut (0..100_000)) <= 34);
        assert!(height(&mut (0..100_000).rev()) <= 34);
        assert!(height(&mut scattered(100_000)) <= 34);
    }
}
