//! What things are called once they are put aside.

use super::dropped::{Keep, Request};
use super::name::{LONGEST, last, parent, plain, quoted};
use std::collections::BTreeSet;

/// Gives names, and knows which are taken.
pub(super) struct Names<'r> {
    request: &'r Request,
    /// Relations and types share their names.
    taken: BTreeSet<String>,
    /// Names that two things would have.
    pub(super) clashes: Vec<String>,
}

impl<'r> Names<'r> {
    pub(super) fn new(request: &'r Request) -> Self {
        let mut taken = BTreeSet::new();
        if request.keep == Keep::Suffix {
            for fact in request.chain.facts.keys().chain(request.wanted.facts.keys()) {
                match fact.kind.as_str() {
                    "table" | "view" | "materialized view" | "foreign table" | "sequence" | "index" | "type"
                    | "domain" => {
                        taken.insert(fact.name.clone());
                    }
                    "constraint" => {
                        taken.insert(format!("{}.{}", parent(parent(&fact.name)), last(&fact.name)));
                    }
                    _ => {}
                }
            }
        }
        Names { request, taken, clashes: Vec::new() }
    }

    /// The schema of what is put aside.
    pub(super) fn schema(&self) -> String {
        quoted(&self.request.kept)
    }

    /// Where a relation goes, with its schema. With a suffix its name is cut to what PostgreSQL keeps, and two that would be the
    /// same are numbered.
    pub(super) fn of(&mut self, name: &str) -> String {
        if self.request.keep == Keep::Schema {
            let kept = format!("{}.{}", self.schema(), last(name));
            if !self.taken.insert(kept.clone()) {
                self.clashes.push(kept.clone());
            }
            return kept;
        }
        let suffix = format!("_{}", self.request.kept);
        let mut suffixes = std::iter::once(suffix.clone()).chain((2..100).map(|number| format!("_{number}{suffix}")));
        let found = suffixes.find_map(|suffix| {
            let kept = format!("{}.{}", parent(name), suffixed(last(name), &suffix));
            self.taken.insert(kept.clone()).then_some(kept)
        });
        found.unwrap_or_else(|| {
            self.clashes.push(name.to_owned());
            name.to_owned()
        })
    }
}

/// A part with a suffix, cut so that all of it stays.
pub(super) fn suffixed(part: &str, suffix: &str) -> String {
    let mut base = plain(part);
    while base.len() + suffix.len() > LONGEST && base.pop().is_some() {}
    quoted(&format!("{base}{suffix}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_leaves_63_bytes_and_whole_letters() {
        assert_eq!(suffixed("link", "_kept_1"), "link_kept_1");
        assert_eq!(suffixed("\"Link\"", "_kept_1"), "\"Link_kept_1\"");
        let long = suffixed(&"ä".repeat(31), "_kept_20261127");
        assert_eq!(plain(&long), format!("{}_kept_20261127", "ä".repeat(24)));
    }
}
