//! The part of a schema that differences are about.

use crate::schema::{Difference, Fact, Scope, Snapshot};
use serde_json::Value;
use std::collections::BTreeSet;

/// Kinds of things that a comment, a label or privileges are of.
const BEARERS: &[&str] = &[
    "materialized view",
    "foreign table",
    "table",
    "view",
    "sequence",
    "index",
    "column",
    "constraint",
    "trigger",
    "policy",
    "rule",
    "type",
];

/// What has to be read to see these again, in either schema.
pub(super) fn scope(differences: &[Difference], schemas: [&Snapshot; 2]) -> Scope {
    let mut relations: BTreeSet<&str> = BTreeSet::new();
    for fact in schemas.iter().flat_map(|schema| schema.facts.keys()) {
        if matches!(fact.kind.as_str(), "table" | "view" | "materialized view" | "foreign table" | "sequence" | "type")
        {
            relations.insert(&fact.name);
        }
    }
    let mut scope = Scope::default();
    for difference in differences {
        match relation(difference, &relations, schemas) {
            Some(relation) => {
                scope.relations.insert(relation);
            }
            None => scope.rest = true,
        }
        // What is no relation may have the name of one: an enum.
        scope.rest |= !matches!(
            difference.kind.as_str(),
            "table"
                | "view"
                | "materialized view"
                | "foreign table"
                | "sequence"
                | "column"
                | "constraint"
                | "index"
                | "trigger"
                | "rule"
                | "policy"
                | "comment"
                | "security label"
                | "privileges"
        );
    }
    scope
}

/// The relation that a thing is, or belongs to.
fn relation(difference: &Difference, relations: &BTreeSet<&str>, schemas: [&Snapshot; 2]) -> Option<String> {
    let mut fact = Fact { kind: difference.kind.clone(), name: difference.name.clone() };
    if fact.kind == "privileges" || fact.is_said() {
        let bearer = BEARERS.iter().find_map(|kind| Some((kind, fact.name.strip_prefix(kind)?.strip_prefix(' ')?)));
        let (kind, name) = bearer?;
        fact = Fact { kind: (*kind).to_owned(), name: name.to_owned() };
    }
    let of = schemas.iter().find_map(|schema| schema.facts.get(&fact)?.get("of").and_then(Value::as_str));
    if let Some(of) = of {
        return Some(of.to_owned());
    }
    if relations.contains(fact.name.as_str()) {
        return Some(fact.name);
    }
    let mut dots = fact.name.rmatch_indices('.').map(|(at, _)| &fact.name[..at]);
    dots.find(|name| relations.contains(name)).map(str::to_owned)
}
