//! Comments, privileges and defaults: what makes one schema say what another says of the same things.

use super::fact::{Data, borne, get, text};
use super::name::{last, parent};
use crate::schema::{Change, Difference, Snapshot};
use counterfoil::sql::quote::{identifier, literal};
use serde_json::Value;

/// Whether a difference is one that [`statements`] does away with.
pub(super) fn is_told(difference: &Difference, from: &Snapshot, to: &Snapshot) -> bool {
    match difference.kind.as_str() {
        "comment" => borne(from, &difference.name).is_some() && borne(to, &difference.name).is_some(),
        "privileges" => {
            let both = borne(from, &difference.name).is_some() && borne(to, &difference.name).is_some();
            let owners = [from, to]
                .iter()
                .any(|side| get(side, "privileges", &difference.name).is_some_and(|data| data.contains_key("<owner>")));
            both && !owners && on(&difference.name, from).is_some()
        }
        "column" => {
            difference.change == Change::Changed && difference.properties.iter().all(|one| one.property == "default")
        }
        _ => false,
    }
}

/// The statements that take what is told of things from one schema to the other. `skip` names things that bear it themselves.
pub(super) fn statements(from: &Snapshot, to: &Snapshot, skip: &dyn Fn(&str, &str) -> bool) -> Vec<String> {
    let mut out = Vec::new();
    let both = from.facts.keys().chain(to.facts.keys().filter(|fact| !from.facts.contains_key(*fact)));
    for fact in both {
        let (before, after) = (from.facts.get(fact), to.facts.get(fact));
        if before == after {
            continue;
        }
        match fact.kind.as_str() {
            "comment" | "privileges" => {
                let Some((kind, name)) = borne(to, &fact.name) else { continue };
                if skip(kind, name) {
                    continue;
                }
                if fact.kind == "comment" {
                    out.push(comment(kind, name, after.map(|data| text(data, "text"))));
                } else if let Some((on, columns)) = on(&fact.name, to) {
                    let empty = Data::new();
                    privileges(&on, &columns, before.unwrap_or(&empty), after.unwrap_or(&empty), &mut out);
                }
            }
            "column" => {
                let (Some(before), Some(after)) = (before, after) else { continue };
                if text(before, "default") != text(after, "default") && !skip("column", &fact.name) {
                    let alter = format!("ALTER TABLE {} ALTER COLUMN {}", parent(&fact.name), last(&fact.name));
                    out.push(match text(after, "default") {
                        "" => format!("{alter} DROP DEFAULT;"),
                        default => format!("{alter} SET DEFAULT {default};"),
                    });
                }
            }
            _ => {}
        }
    }
    out
}

fn comment(kind: &str, name: &str, to: Option<&str>) -> String {
    let on = match kind {
        "constraint" | "trigger" | "policy" | "rule" => format!("{} ON {}", last(name), parent(name)),
        "cast" => format!("({name})"),
        "transform" => {
            name.rsplit_once(" for ").map_or_else(String::new, |(of, language)| format!("FOR {of} LANGUAGE {language}"))
        }
        _ => name.to_owned(),
    };
    let to = to.map_or_else(|| "NULL".to_owned(), literal);
    format!("COMMENT ON {} {on} IS {to};", kind.to_uppercase().replace('-', " "))
}

/// What a grant is on, and the columns in parentheses.
fn on(bearer: &str, schema: &Snapshot) -> Option<(String, String)> {
    let (kind, name) = borne(schema, bearer)?;
    let word = match kind {
        "column" => return Some((format!("TABLE {}", parent(name)), format!(" ({})", last(name)))),
        "table" | "view" | "materialized view" | "foreign table" => "TABLE",
        "function" | "aggregate" => "FUNCTION",
        "type" | "domain" => "TYPE",
        "sequence" => "SEQUENCE",
        "schema" => "SCHEMA",
        "procedure" => "PROCEDURE",
        "foreign-data wrapper" => "FOREIGN DATA WRAPPER",
        "server" => "FOREIGN SERVER",
        "language" => "LANGUAGE",
        _ => return None,
    };
    Some((format!("{word} {name}"), String::new()))
}

/// What may be done with a grant option, behind it.
const OPTION: &str = " with grant option";

/// A role has what it has by default, with `more` and without `less`. What goes is taken first: a grant option that goes takes
/// its privilege along.
fn privileges(on: &str, columns: &str, before: &Data, after: &Data, out: &mut Vec<String>) {
    let listed = |data: &Data, role: &str, what: &str| -> Vec<String> {
        let all = data.get(role).and_then(|role| role.get(what)).and_then(Value::as_array);
        all.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut roles: Vec<&String> = before.keys().collect();
    roles.extend(after.keys().filter(|role| !before.contains_key(*role)));
    for role in roles.into_iter().filter(|role| *role != "<owner>") {
        let name = if role == "public" { "PUBLIC".to_owned() } else { identifier(role) };
        let only = |here: Vec<String>, there: Vec<String>| here.into_iter().filter(move |one| !there.contains(one));
        let gone = only(listed(before, role, "more"), listed(after, role, "more"))
            .chain(only(listed(after, role, "less"), listed(before, role, "less")));
        for privilege in gone {
            let privilege = privilege.trim_end_matches(OPTION);
            out.push(format!("REVOKE {privilege}{columns} ON {on} FROM {name};"));
        }
        let come = only(listed(after, role, "more"), listed(before, role, "more"))
            .chain(only(listed(before, role, "less"), listed(after, role, "less")));
        for privilege in come {
            let option = if privilege.ends_with(OPTION) { " WITH GRANT OPTION" } else { "" };
            let privilege = privilege.trim_end_matches(OPTION);
            out.push(format!("GRANT {privilege}{columns} ON {on} TO {name}{option};"));
        }
    }
}
