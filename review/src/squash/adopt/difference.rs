//! Which differences between the chain and the baseline come of what was named.

use super::dropped::Dropped;
use super::fact::{belongs, borne, foreign, get, is_identity, of_columns, statistics_of, text};
use super::name::{last, parent};
use crate::schema::Snapshot;

/// Whether a thing that the chain has and the baseline has not goes with what was named.
pub(super) fn explained(chain: &Snapshot, dropped: &Dropped, kind: &str, name: &str) -> bool {
    if matches!(kind, "comment" | "security label" | "privileges") {
        return borne(chain, name).is_some_and(|(kind, name)| explained(chain, dropped, kind, name));
    }
    let Some(data) = get(chain, kind, name) else { return false };
    if dropped.has(kind, name) || with_relation(chain, dropped, kind, name) {
        return true;
    }
    let columns = dropped.columns();
    let definition = text(data, "definition");
    let of = |table: &str| columns.get(table).is_some_and(|columns| of_columns(definition, columns));
    match kind {
        "constraint" => {
            of(parent(name))
                || foreign(data).is_some_and(|key| {
                    let gone = |columns: &Vec<&str>| columns.iter().any(|column| key.referred.contains(column));
                    dropped.has_table(key.table) || columns.get(key.table).is_some_and(gone)
                })
        }
        "index" => of(text(data, "of")),
        "statistics" => of(statistics_of(data)),
        "sequence" => dropped.has("column", text(data, "owned by")),
        _ => false,
    }
}

/// Whether a thing is a table or a view that was named, or belongs to one.
pub(super) fn with_relation(chain: &Snapshot, dropped: &Dropped, kind: &str, name: &str) -> bool {
    let Some(data) = get(chain, kind, name) else { return false };
    let mut relations =
        dropped.of_kind("table").chain(dropped.of_kind("view")).chain(dropped.of_kind("materialized view"));
    relations.any(|relation| belongs(kind, name, data, relation))
}

/// Whether a thing goes with a table, as it is: with its comments and privileges.
pub(super) fn moves(chain: &Snapshot, dropped: &Dropped, kind: &str, name: &str) -> bool {
    let Some(data) = get(chain, kind, name) else { return false };
    dropped.of_kind("table").any(|table| belongs(kind, name, data, table))
        // The sequence of a `serial` column is put aside, that of an identity goes with it.
        || (kind == "sequence" && dropped.has("column", text(data, "owned by")) && !of_identity(chain, text(data, "owned by")))
}

fn of_identity(chain: &Snapshot, column: &str) -> bool {
    is_identity(chain, parent(column), last(column))
}
