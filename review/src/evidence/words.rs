//! Facts in words.

use crate::schema::{Fact, Snapshot};
use counterfoil::finding::list;
use serde_json::Value;

/// What the facts are called: without what comes with a table that is among them.
pub(super) fn named<'a>(facts: &[Fact], schemas: impl IntoIterator<Item = &'a Snapshot> + Clone) -> Vec<String> {
    let is_whole = |fact: &Fact| matches!(fact.kind.as_str(), "table" | "view" | "materialized view" | "foreign table");
    let wholes: Vec<&str> = facts.iter().filter(|fact| is_whole(fact)).map(|fact| fact.name.as_str()).collect();
    let comes_along = |fact: &&Fact| {
        let name = fact.name.split_once(' ').filter(|_| fact.kind == "privileges" || fact.is_said());
        let name = name.map_or(fact.name.as_str(), |(_, name)| name);
        !is_whole(fact)
            && wholes
                .iter()
                .any(|whole| name == *whole || name.strip_prefix(whole).is_some_and(|rest| rest.starts_with('.')))
    };
    let kept = facts.iter().filter(|fact| !comes_along(fact));
    kept.map(|fact| {
        let definition = schemas
            .clone()
            .into_iter()
            .find_map(|schema| schema.facts.get(fact)?.get("definition").and_then(Value::as_str));
        let kind = match definition {
            Some(text) if fact.kind == "constraint" => words_of(text),
            _ => &fact.kind,
        };
        format!("{kind} {}", fact.name)
    })
    .collect()
}

/// What a constraint is, by the capitals that its definition begins with.
fn words_of(definition: &str) -> &str {
    let end = definition.find(|sign: char| !sign.is_ascii_uppercase() && sign != ' ').unwrap_or(definition.len());
    match definition[..end].trim() {
        "" => "constraint",
        words => words,
    }
}

/// `column t.a, column t.b and CHECK t.c`.
pub(super) fn listed(names: &[String]) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    list(&names)
}
