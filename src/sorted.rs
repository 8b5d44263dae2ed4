//! Order and lookup with one piece of machine code for every type.
//!
//! Each sort and each ordered map of another type costs several kilobytes of WebAssembly. These
//! work on positions and ask the caller to compare, so there is one of each.

use std::cmp::Ordering;

/// The positions `0..count` in the order that `compare` gives them; equal ones by position.
pub(crate) fn order(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| compare(a, b));
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
