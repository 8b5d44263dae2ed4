//! Sorting, and looking up what is sorted.

use std::cmp::Ordering;

/// The positions `0..count` in the order that `compare` gives them; equal ones by position.
pub fn order(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| compare(a, b));
    order
}

/// Puts the items into that order.
pub fn permute<T>(items: &mut [T], order: &[usize]) {
    permuted(order, &mut |a, b| items.swap(a, b));
}

/// The first position in `order` whose item `compare` finds equal.
pub fn find(order: &[usize], compare: &mut dyn FnMut(usize) -> Ordering) -> Option<usize> {
    let first = order.partition_point(|&at| compare(at) == Ordering::Less);
    order.get(first).copied().filter(|&at| compare(at) == Ordering::Equal)
}

/// Sorts, and leaves equal items in the order that they had.
pub fn sort_by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let order = order(items.len(), &mut |a, b| compare(&items[a], &items[b]));
    permute(items, &order);
}

/// Puts items into this order of their indices, by swapping two at a time.
fn permuted(order: &[usize], swap: &mut dyn FnMut(usize, usize)) {
    let mut goes_to = vec![0; order.len()];
    for (place, &item) in order.iter().enumerate() {
        goes_to[item] = place;
    }
    for at in 0..goes_to.len() {
        while goes_to[at] != at {
            let place = goes_to[at];
            swap(at, place);
            goes_to.swap(at, place);
        }
    }
}

/// [`sort_by`] the natural order.
pub fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, T::cmp);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fixed sequence without visible order.
    fn scattered(count: u32) -> impl Iterator<Item = u32> {
        (0..count).map(|n| n.wrapping_mul(2_654_435_761) >> 20)
    }

    #[test]
    fn positions_are_ordered_and_found() {
        let words = ["pear", "fig", "apple", "fig"];
        let order = order(words.len(), &mut |a, b| words[a].cmp(words[b]));
        assert_eq!(order, [2, 1, 3, 0]);
        let at = |word: &str| find(&order, &mut |at| words[at].cmp(word));
        assert_eq!([at("fig"), at("pear"), at("date"), at("zucchini")], [Some(1), Some(0), None, None]);
        let mut sorted = words;
        permute(&mut sorted, &order);
        assert_eq!(sorted, ["apple", "fig", "fig", "pear"]);
    }

    #[test]
    fn sorting_is_what_std_does_and_stable() {
        let mut ours: Vec<(u32, usize)> = scattered(10_000).map(|key| key % 100).zip(0..).collect();
        let mut theirs = ours.clone();
        sort_by(&mut ours, |a, b| a.0.cmp(&b.0));
        theirs.sort_by_key(|item| item.0);
        assert_eq!(ours, theirs);
    }
}
