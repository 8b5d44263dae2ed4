//! A change of the schema that was found in a file.

use counterfoil::ordered;
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
    ordered::sort_by(hits, |a, b| (a.at, &a.what).cmp(&(b.at, &b.what)));
}

/// Leaves out what one migration does to its own temporary tables, and to a table that it makes and drops again. `hits`
/// are in order; `migration` numbers the migration that each is of, and has none where every one is a migration of its own.
pub(super) fn settle(hits: &mut Vec<Hit>, migration: &dyn Fn(usize) -> Option<usize>) {
    // Of each table where the hits are since it was made; none if it is a temporary one.
    let mut made: Vec<Option<Vec<usize>>> = Vec::new();
    let mut tables: BTreeMap<String, usize> = BTreeMap::new();
    let mut gone = vec![false; hits.len()];
    for (at, hit) in hits.iter().enumerate() {
        let Some(migration) = migration(hit.at) else {
            gone[at] = hit.what.is_empty();
            continue;
        };
        let number = *tables.entry(format!("{migration} {}", hit.table)).or_insert(made.len());
        if number == made.len() {
            made.push(Some(Vec::new()));
        }
        let table = &mut made[number];
        if hit.what.is_empty() {
            gone[at] = true;
            *table = None;
            continue;
        }
        match (table, &*hit.what) {
            (None, _) => gone[at] = true,
            (Some(own), "CREATE TABLE") if !hit.table.is_empty() => *own = vec![at],
            // With nothing in it, it is as if it had not been made.
            (Some(own), "RENAME TO") => own.clear(),
            (Some(own), what) if !own.is_empty() => {
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
