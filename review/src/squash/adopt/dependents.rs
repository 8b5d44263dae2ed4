//! What in the database uses a table or column: what stops it from going, and what only speaks of it.

use super::dropped::Dropped;
use super::fact::{key, lists, of_kind, text};
use super::name::{has_word, last, names, names_relation, parent};
use super::report::Stop;
use crate::schema::Snapshot;
use serde_json::Value;

/// What stops what was named from going.
pub(super) fn stops(chain: &Snapshot, dropped: &Dropped) -> Vec<Stop> {
    let mut found = Vec::new();
    for table in dropped.of_kind("table") {
        of_table(chain, dropped, table, &mut found);
    }
    for (table, columns) in dropped.columns() {
        if dropped.has_table(table) {
            let message = format!("columns of table {table} are named, and the table itself");
            found.push(Stop::new(message, "name the table alone: its columns go with it"));
            continue;
        }
        whole(chain, table, &columns, &mut found);
        for column in columns {
            of_column(chain, dropped, table, column, &mut found);
        }
    }
    found
}

/// Kinds that can be named as well, with what to write for them.
fn unless_named(dropped: &Dropped, kind: &str, name: &str, uses: &str, found: &mut Vec<Stop>) {
    if dropped.has(kind, name) {
        return;
    }
    let help = format!("if it is dead as well, name it: {kind} {name}; else what it uses is not dead");
    found.push(Stop::new(format!("{kind} {name} uses {uses}"), help));
}

fn by_migration(kind: &str, name: &str, uses: &str, found: &mut Vec<Stop>) {
    let help = "take that back in a migration of its own first, or what it uses is not dead";
    found.push(Stop::new(format!("{kind} {name} uses {uses}"), help));
}

fn of_table(chain: &Snapshot, dropped: &Dropped, table: &str, found: &mut Vec<Stop>) {
    let uses = format!("table {table}");
    for kind in ["trigger", "policy"] {
        for (name, _) in of_kind(chain, kind).filter(|(name, _)| parent(name) == table) {
            unless_named(dropped, kind, name, &uses, found);
        }
    }
    for kind in ["view", "materialized view"] {
        for (name, _) in of_kind(chain, kind).filter(|(_, data)| names_relation(text(data, "definition"), table)) {
            unless_named(dropped, kind, name, &uses, found);
        }
    }
    for (name, data) in of_kind(chain, "policy").filter(|(name, _)| parent(name) != table) {
        if ["using", "check"].iter().any(|part| names_relation(text(data, part), table)) {
            unless_named(dropped, "policy", name, &uses, found);
        }
    }
    for (name, data) in of_kind(chain, "rule") {
        if parent(name) == table || names_relation(text(data, "definition"), table) {
            by_migration("rule", name, &uses, found);
        }
    }
    for (kind, name, _) in
        routines(chain).filter(|(_, _, definition)| is_parsed(definition) && names_relation(definition, table))
    {
        by_migration(kind, name, &uses, found);
    }
    for (name, data) in of_kind(chain, "publication") {
        if data.get("tables").and_then(|tables| tables.get(table)).is_some() {
            by_migration("publication", name, &uses, found);
        }
    }
    for (name, data) in of_kind(chain, "table") {
        let partition = if data.contains_key("bound") { "partition" } else { "child" };
        if lists(data, "inherits", table) && !dropped.has_table(name) {
            found.push(Stop::new(
                format!("table {name} is a {partition} of table {table}"),
                format!("name it as well: table {name}"),
            ));
        }
        let parents = data.get("inherits").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        for above in parents.filter(|above| name == table && !dropped.has_table(above)) {
            found.push(Stop::new(
                format!("table {table} is a {partition} of table {above}, which stays"),
                "detach it in a migration of its own first",
            ));
        }
    }
    let sequences: Vec<&str> = of_kind(chain, "sequence")
        .filter(|(_, data)| parent(text(data, "owned by")) == table)
        .map(|(name, _)| name)
        .collect();
    for (name, data) in of_kind(chain, "column").filter(|(_, data)| !dropped.has_table(text(data, "of"))) {
        let default = text(data, "default");
        if sequences.iter().any(|sequence| default.contains(&format!("'{sequence}'::regclass"))) {
            by_migration("the default of column", name, &format!("a sequence of {uses}"), found);
        }
        if text(data, "type").trim_end_matches("[]") == table {
            by_migration("column", name, &format!("the row type of {uses}"), found);
        }
    }
}

/// What makes it impossible for a table to lose columns at all.
fn whole(chain: &Snapshot, table: &str, columns: &[&str], found: &mut Vec<Stop>) {
    if !of_kind(chain, "table").any(|(name, _)| name == table) {
        found.push(Stop::new(format!("{table} is no table"), "name columns of tables only"));
        return;
    }
    if key(chain, table, columns).is_none() {
        found.push(Stop::new(
            format!("table {table} has no primary key without columns that are named: their values could not be brought back to their rows"),
            "give it a primary key, or a unique key of columns that may not be null, in a migration first",
        ));
    }
    if of_kind(chain, "table").any(|(_, data)| lists(data, "inherits", table)) {
        found.push(Stop::new(
            format!("table {table} has partitions or children: columns of it are not put aside"),
            "drop the column in a migration of its own",
        ));
    }
}

fn of_column(chain: &Snapshot, dropped: &Dropped, table: &str, column: &str, found: &mut Vec<Stop>) {
    let full = format!("{table}.{column}");
    let uses = format!("column {full}");
    let both = |definition: &str| names_relation(definition, table) && names(definition, column);
    for (name, data) in of_kind(chain, "trigger").filter(|(name, _)| parent(name) == table) {
        // What stands in front is its name and its table.
        let definition = text(data, "definition");
        let rest = definition.split_once(last(name)).map_or(definition, |(_, rest)| rest);
        if names(rest, column) {
            unless_named(dropped, "trigger", name, &uses, found);
        }
    }
    for (name, data) in of_kind(chain, "policy") {
        let uses_it = |part: &&str| {
            let part = text(data, part);
            if parent(name) == table { names(part, column) } else { both(part) }
        };
        if ["using", "check"].iter().any(uses_it) {
            unless_named(dropped, "policy", name, &uses, found);
        }
    }
    for kind in ["view", "materialized view"] {
        for (name, _) in of_kind(chain, kind).filter(|(_, data)| lists(data, "uses", &full)) {
            unless_named(dropped, kind, name, &uses, found);
        }
    }
    for (name, _) in of_kind(chain, "rule").filter(|(_, data)| both(text(data, "definition"))) {
        by_migration("rule", name, &uses, found);
    }
    for (kind, name, _) in routines(chain).filter(|(_, _, definition)| is_parsed(definition) && both(definition)) {
        by_migration(kind, name, &uses, found);
    }
    for (name, data) in of_kind(chain, "publication") {
        let table = data.get("tables").and_then(|tables| tables.get(table)).and_then(Value::as_object);
        if table.is_some_and(|table| {
            lists(table, "columns", &super::name::plain(column)) || names(text(table, "where"), column)
        }) {
            by_migration("publication", name, &uses, found);
        }
    }
    for (name, data) in of_kind(chain, "column").filter(|(_, data)| text(data, "of") == table) {
        if name != full && names(text(data, "generated"), column) && !dropped.has("column", name) {
            let help = format!("name it as well: column {name}");
            found.push(Stop::new(format!("column {name} is generated from column {full}"), help));
        }
        if name == full && data.contains_key("inherited") {
            found.push(Stop::new(
                format!("{uses} is inherited"),
                "drop it where it comes from, in a migration of its own",
            ));
        }
    }
    let partitioned =
        of_kind(chain, "table").find(|(name, _)| *name == table).map(|(_, data)| text(data, "partitioned by"));
    if partitioned.is_some_and(|by| names(by, column)) {
        found.push(Stop::new(
            format!("table {table} is partitioned by column {column}"),
            "it is not dead: do not name it",
        ));
    }
}

/// Functions and procedures with what they are made of.
fn routines(schema: &Snapshot) -> impl Iterator<Item = (&str, &str, &str)> {
    let all =
        |kind: &'static str| of_kind(schema, kind).map(move |(name, data)| (kind, name, text(data, "definition")));
    all("function").chain(all("procedure"))
}

/// Whether a function's body was read when it was made: then it depends on what it names.
fn is_parsed(definition: &str) -> bool {
    definition.contains("\nBEGIN ATOMIC") || definition.contains("\nRETURN ")
}

/// What speaks of it and does not stop it: functions whose bodies are texts, and foreign keys.
pub(super) fn uses(chain: &Snapshot, dropped: &Dropped) -> Vec<String> {
    let mut found = Vec::new();
    for fact in dropped.all().filter(|fact| matches!(fact.kind.as_str(), "table" | "column")) {
        let thing = format!("{} {}", fact.kind, fact.name);
        for (kind, name, definition) in routines(chain) {
            if has_word(definition, last(&fact.name)) {
                found.push(format!("{thing}: {kind} {name} has its name in its text"));
            }
        }
    }
    for (name, definition) in super::plan::foreign_keys(chain, dropped) {
        found.push(format!("foreign key {name}: {definition}"));
    }
    found
}
