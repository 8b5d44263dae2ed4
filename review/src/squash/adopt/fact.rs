//! Questions about the facts of a schema.

use super::name::{behind, group, names, parent};
use crate::schema::{Fact, Snapshot};
use serde_json::{Map, Value};

/// What is known of a thing.
pub(super) type Data = Map<String, Value>;

/// A text that is known of a thing; empty if it is not.
pub(super) fn text<'d>(data: &'d Data, property: &str) -> &'d str {
    data.get(property).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a list that is known of a thing has this.
pub(super) fn lists(data: &Data, property: &str, item: &str) -> bool {
    data.get(property).and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| one.as_str() == Some(item)))
}

/// The facts of a kind.
pub(super) fn of_kind<'s>(schema: &'s Snapshot, kind: &'s str) -> impl Iterator<Item = (&'s str, &'s Data)> {
    schema.facts.iter().filter(move |(fact, _)| fact.kind == kind).map(|(fact, data)| (fact.name.as_str(), data))
}

/// What is known of one thing.
pub(super) fn get<'s>(schema: &'s Snapshot, kind: &str, name: &str) -> Option<&'s Data> {
    schema.facts.get(&Fact { kind: kind.to_owned(), name: name.to_owned() })
}

/// The constraints of a table.
pub(super) fn constraints<'s>(schema: &'s Snapshot, table: &'s str) -> impl Iterator<Item = (&'s str, &'s Data)> {
    of_kind(schema, "constraint").filter(move |(name, _)| parent(name) == table)
}

/// A foreign key: its columns, and what they refer to.
pub(super) struct Foreign<'s> {
    pub(super) columns: Vec<&'s str>,
    pub(super) table: &'s str,
    pub(super) referred: Vec<&'s str>,
}

/// A constraint, if it is a foreign key.
pub(super) fn foreign(data: &Data) -> Option<Foreign<'_>> {
    let definition = text(data, "definition");
    if !definition.starts_with("FOREIGN KEY") {
        return None;
    }
    let (table, end) = behind(definition, "REFERENCES")?;
    Some(Foreign { columns: group(definition, 0), table, referred: group(definition, end) })
}

/// The table that extended statistics are of.
pub(super) fn statistics_of(data: &Data) -> &str {
    behind(text(data, "definition"), "FROM").map_or("", |(table, _)| table)
}

/// The columns that tell the rows of a table apart, none of which is in `without`: its primary key, or a unique key of columns
/// that may not be null.
pub(super) fn key<'s>(schema: &'s Snapshot, table: &'s str, without: &[&str]) -> Option<Vec<&'s str>> {
    let of = |begins: &'static str| {
        constraints(schema, table)
            .map(|(_, data)| text(data, "definition"))
            .filter(move |definition| definition.starts_with(begins) && !definition.contains(" DEFERRABLE"))
            .map(|definition| group(definition, 0))
    };
    let is_set = |column: &&str| {
        get(schema, "column", &format!("{table}.{column}")).is_some_and(|data| data.contains_key("not null"))
    };
    of("PRIMARY KEY")
        .chain(of("UNIQUE (").filter(|columns| columns.iter().all(is_set)))
        .find(|columns| !columns.iter().any(|column| without.contains(column)))
}

/// Whether a constraint, an index or statistics of this table go with one of these columns.
pub(super) fn of_columns(definition: &str, columns: &[&str]) -> bool {
    // Behind REFERENCES are the columns of another table.
    let own = definition.split(" REFERENCES ").next().unwrap_or_default();
    columns.iter().any(|column| names(own, column))
}

/// The sequence that a column owns.
pub(super) fn sequence<'s>(schema: &'s Snapshot, column: &'s str) -> Option<(&'s str, &'s Data)> {
    of_kind(schema, "sequence").find(|(_, data)| text(data, "owned by") == column)
}

/// Whether a column is an identity.
pub(super) fn is_identity(schema: &Snapshot, table: &str, column: &str) -> bool {
    get(schema, "column", &format!("{table}.{column}")).is_some_and(|data| data.contains_key("identity"))
}

/// Whether a fact is the table, belongs to it, or goes where it goes.
pub(super) fn belongs(kind: &str, name: &str, data: &Data, relation: &str) -> bool {
    match kind {
        "table" | "view" | "materialized view" => name == relation,
        "column" | "index" => text(data, "of") == relation,
        "constraint" | "trigger" | "policy" | "rule" => parent(name) == relation,
        "sequence" => parent(text(data, "owned by")) == relation,
        "statistics" => statistics_of(data) == relation,
        _ => false,
    }
}

/// What a comment or privileges are of: `column app.t.c` is a kind and a name.
pub(super) fn borne<'s>(schema: &Snapshot, name: &'s str) -> Option<(&'s str, &'s str)> {
    name.match_indices(' ')
        .map(|(at, _)| (&name[..at], &name[at + 1..]))
        .find(|(kind, of)| get(schema, kind, of).is_some())
}
