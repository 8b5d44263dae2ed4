//! Order and lookup with one piece of machine code for every type.
//!
//! Each sort and each ordered map of another type costs several kilobytes of WebAssembly. These
//! work on positions and ask the caller to compare, so there is one of each.

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

/// The items in that order.
pub(crate) fn permute<T>(items: Vec<T>, order: &[usize]) -> Vec<T> {
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    order.iter().filter_map(|&at| items[at].take()).collect()
}

/// The texts, sorted: for `binary_search`.
pub(crate) fn texts(list: Vec<&str>) -> Vec<&str> {
    let order = order(list.len(), &mut |a, b| list[a].cmp(list[b]));
    permute(list, &order)
}

/// The first position in `order` whose item `compare` finds equal.
pub(crate) fn find(order: &[usize], compare: &mut dyn FnMut(usize) -> Ordering) -> Option<usize> {
    let first = order.partition_point(|&at| compare(at) == Ordering::Less);
    order.get(first).copied().filter(|&at| compare(at) == Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_ordered_and_found() {
        let words = ["pear", "fig", "apple", "fig"];
        let order = order(words.len(), &mut |a, b| words[a].cmp(words[b]));
        assert_eq!(order, [2, 1, 3, 0]);
        let at = |word: &str| find(&order, &mut |at| words[at].cmp(word));
        assert_eq!([at("fig"), at("pear"), at("date"), at("zucchini")], [Some(1), Some(0), None, None]);
        assert_eq!(permute(words.to_vec(), &order), ["apple", "fig", "fig", "pear"]);
        assert_eq!(texts(words.to_vec()), ["apple", "fig", "fig", "pear"]);
    }
}
