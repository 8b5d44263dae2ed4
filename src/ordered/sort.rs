//! Sorting, and looking up what is sorted.

use std::cmp::Ordering;

/// The positions `0..count` in the order that `compare` gives them; equal ones by position.
///
/// Merges runs of twice the length each time. The sort of `std` is faster on long lists, and ten
/// times as large.
pub(crate) fn order(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut run = 1;
    while run < count {
        let mut merged = Vec::with_capacity(count);
        for pair in order.chunks(2 * run) {
            let (mut left, mut right) = pair.split_at(run.min(pair.len()));
            // What is in order already, as most lists are, is compared once.
            if let (Some(&last), Some(&first)) = (left.last(), right.first())
                && compare(last, first) != Ordering::Greater
            {
                merged.extend_from_slice(pair);
                continue;
            }
            while let (&[a, ref after_a @ ..], &[b, ref after_b @ ..]) = (left, right) {
                if compare(a, b) == Ordering::Greater {
                    merged.push(b);
                    right = after_b;
                } else {
                    merged.push(a);
                    left = after_a;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        order = merged;
        run *= 2;
    }
    order
}

/// Puts the items into that order.
pub(crate) fn permute<T>(items: &mut [T], order: &[usize]) {
    permuted(order, &mut |a, b| items.swap(a, b));
}

/// The first position in `order` whose item `compare` finds equal.
pub(crate) fn find(order: &[usize], compare: &mut dyn FnMut(usize) -> Ordering) -> Option<usize> {
    let first = order.partition_point(|&at| compare(at) == Ordering::Less);
    order.get(first).copied().filter(|&at| compare(at) == Ordering::Equal)
}

/// Sorts, and leaves equal items in the order that they had.
///
/// ```
/// let mut items = vec![(2, 'a'), (1, 'b'), (2, 'c'), (1, 'd')];
/// counterfoil::ordered::sort_by(&mut items, |a, b| a.0.cmp(&b.0));
/// assert_eq!(items, [(1, 'b'), (1, 'd'), (2, 'a'), (2, 'c')]);
/// ```
pub fn sort_by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let order = order(items.len(), &mut |a, b| compare(&items[a], &items[b]));
    permute(items, &order);
}

/// Puts items into this order of their indices, by swapping two at a time.
pub(super) fn permuted(order: &[usize], swap: &mut dyn FnMut(usize, usize)) {
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
    use super::super::scattered;
    use super::*;

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
