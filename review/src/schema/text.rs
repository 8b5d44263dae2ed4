//! A difference in words.

use super::difference::{Change, Property};
use super::snapshot::Fact;
use serde_json::Value;

/// How much of a value a message has; the difference itself has all of it.
const MOST: usize = 120;

/// `column app.t.a is not there`, `column app.t.q: type is text, expected integer`.
pub(super) fn message(fact: &Fact, change: Change, properties: &[Property]) -> String {
    let thing = format!("{} {}", fact.kind, fact.name);
    match change {
        Change::Missing => format!("{thing} is not there"),
        Change::Extra => format!("{thing} is not expected"),
        Change::Changed => {
            let parts: Vec<String> = properties.iter().map(property).collect();
            format!("{thing}: {}", parts.join("; "))
        }
    }
}

fn property(property: &Property) -> String {
    let name = &property.property;
    match (&property.expected, &property.actual) {
        (Some(_), None) if name == "not null" => String::from("may be null"),
        (None, Some(_)) if name == "not null" => String::from("may not be null"),
        (Some(Value::Bool(true)), None) => format!("is not {name}"),
        (None, Some(Value::Bool(true))) => format!("is {name}"),
        (Some(expected), Some(actual)) => format!("{name} is {}, expected {}", short(actual), short(expected)),
        (Some(expected), None) => format!("has no {name}, expected {}", short(expected)),
        (None, Some(actual)) => format!("has {name} {}", short(actual)),
        (None, None) => name.clone(),
    }
}

fn short(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    };
    cut(&text, MOST)
}

/// A text of which a message has so many letters at most.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
