//! A change of the schema that was found in a file.

use std::collections::BTreeMap;

/// A piece of DDL: where in the text, and in short words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) at: usize,
    /// Such as `CREATE TABLE`; empty where a temporary table is made, which is no change of the schema.
    pub(super) what: String,
    /// What it does in words that every track has for it, such as `add column t.c`; empty if it cannot be told.
    pub(super) key: String,
    /// The table that it is about, if it can be told.
    pub(super) table: String,
}

impl Hit {
    /// One of which no more is known than that.
    pub(super) fn new(at: usize, what: impl Into<String>) -> Hit {
        Hit { at, what: what.into(), ..Hit::default() }
    }
}

/// Puts hits in order.
pub(super) fn sort(hits: &mut [Hit]) {
    hits.sort_by(|a, b| (a.at, &a.what).cmp(&(b.at, &b.what)));
}

/// Leaves out what one migration does to its own temporary tables, and to a table that it makes and drops again. `hits`
/// are in order; `migration` numbers the migration that each is of, and has none where every one is a migration of its own.
pub(super) fn settle(hits: &mut Vec<Hit>, migration: &dyn Fn(usize) -> Option<usize>) {
    // Where the hits are of a table that has been made, if one is; none if it is a temporary one.
    let mut made: BTreeMap<(usize, &str), Option<Vec<usize>>> = BTreeMap::new();
    let mut gone = vec![false; hits.len()];
    for (at, hit) in hits.iter().enumerate() {
        let Some(migration) = migration(hit.at) else {
            gone[at] = hit.what.is_empty();
            continue;
        };
        let table = (migration, &*hit.table);
        if hit.what.is_empty() {
            gone[at] = true;
            made.insert(table, None);
            continue;
        }
        match (made.get_mut(&table), &*hit.what) {
            (Some(None), _) => gone[at] = true,
            (_, "CREATE TABLE") if !hit.table.is_empty() => drop(made.insert(table, Some(vec![at]))),
            // With nothing in it, it is as if it had not been made.
            (Some(Some(own)), "RENAME TO") => own.clear(),
            (Some(Some(own)), what) if !own.is_empty() => {
                own.push(at);
                if what == "DROP TABLE" {
                    own.drain(..).for_each(|at| gone[at] = true);
                }
            }
            _ => {}
        }
    }
    let mut gone = gone.into_iter();
    hits.retain(|_| !gone.next().unwrap_or_default());
}
