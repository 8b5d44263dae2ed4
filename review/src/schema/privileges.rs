//! Privileges that one side cannot have.

use super::snapshot::Server;
use serde_json::{Map, Value};

/// `MAINTAIN` is there since 17.
const MAINTAIN: (&str, u32) = ("MAINTAIN", 170_000);

/// What is left to compare of privileges of both sides, and who was left out because the other server has no such role.
pub(super) fn comparable(data: &Map<String, Value>, own: &Server, other: &Server) -> (Map<String, Value>, Vec<String>) {
    let mut left = Map::new();
    let mut out = Vec::new();
    let old = own.version.min(other.version) < MAINTAIN.1;
    for (who, what) in data {
        let everywhere = matches!(who.as_str(), "public" | "<owner>") || other.roles.contains(who);
        if !everywhere {
            out.push(who.clone());
            continue;
        }
        let what = if old { without_new(what) } else { what.clone() };
        if !is_nothing(&what) {
            left.insert(who.clone(), what);
        }
    }
    (left, out)
}

fn without_new(what: &Value) -> Value {
    match what {
        Value::Array(all) => {
            // `MAINTAIN`, `MAINTAIN with grant option`, and `reader: MAINTAIN` of default privileges.
            let is_new = |value: &Value| {
                let text = value.as_str().unwrap_or_default();
                text.rsplit(": ").next().is_some_and(|privilege| privilege.starts_with(MAINTAIN.0))
            };
            Value::Array(all.iter().filter(|value| !is_new(value)).cloned().collect())
        }
        Value::Object(parts) => {
            let mut left = Map::new();
            for (name, value) in parts {
                let value = without_new(value);
                if !is_nothing(&value) {
                    left.insert(name.clone(), value);
                }
            }
            Value::Object(left)
        }
        other => other.clone(),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Array(all) => all.is_empty(),
        Value::Object(parts) => parts.is_empty(),
        _ => false,
    }
}
