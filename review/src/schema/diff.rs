//! What differs between the schema that is expected and the one that is there.

use super::canon;
use super::difference::{Change, Difference, Differences, Property};
use super::name::{Undated, named_after};
use super::privileges::comparable;
use super::snapshot::{Fact, Snapshot};
use super::text;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Kinds of facts that the caller does not want compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ignore {
    /// Who may do what.
    Privileges,
    /// Who owns what.
    Owners,
}

/// Properties that are notes.
const NOTES: &[&str] = &[
    "owner",
    "version",
    "storage",
    "compression",
    "tablespace",
    "statistics target",
    "not null constraint",
    "multirange",
    "without data",
];

/// Properties that are options, each with its value.
const OPTIONS: &[&str] = &["options", "toast options", "index"];

/// The property that says that others may not be seen by the role that has asked.
const HIDDEN: &str = "hidden";

/// Properties that PostgreSQL spells out from what it has parsed.
const SPELLED: &[&str] = &["definition", "default", "generated", "using", "check", "bound", "partitioned by"];

/// Compares what is expected with what is there.
/// Neither is empty: such a snapshot cannot be made.
pub fn diff(expected: &Snapshot, actual: &Snapshot, ignore: &[Ignore]) -> Differences {
    let mut out = Differences::default();
    let mut left_out = BTreeSet::new();
    let (dated_expected, dated_actual) = dated(expected, actual);
    for (fact, data) in &expected.facts {
        if ignored(fact, ignore) {
            continue;
        }
        let Some(there) = actual.facts.get(fact) else {
            if fact.is_privileges() && left(data, expected, actual, &mut left_out).is_empty() && !fact.is_of_relation()
            {
                continue;
            }
            out.add(fact, Change::Missing, Vec::new(), is_note(fact) || dated_expected.contains(fact));
            continue;
        };
        let (data, there) = if fact.is_privileges() {
            (left(data, expected, actual, &mut left_out), left(there, actual, expected, &mut left_out))
        } else {
            (data.clone(), there.clone())
        };
        if [&data, &there].iter().any(|side| side.contains_key(HIDDEN)) {
            out.not_compared.push(format!("options of the {} {}, which this role may not see", fact.kind, fact.name));
        }
        let compared = compare(fact, &data, &there, expected, actual, ignore);
        let acts = acts_as_owner(fact, &data) && owner_is_told(&data, &there, expected, actual);
        let (notes, changed): (Vec<Property>, Vec<Property>) = compared.into_iter().partition(|property| {
            is_note(fact)
                || match property.property.as_str() {
                    "owner" => !acts,
                    "version" => fact.kind == "extension",
                    name => NOTES.contains(&name),
                }
        });
        for (properties, note) in [(changed, false), (notes, true)] {
            if !properties.is_empty() {
                out.add(fact, Change::Changed, properties, note);
            }
        }
    }
    for (fact, data) in &actual.facts {
        if ignored(fact, ignore) || expected.facts.contains_key(fact) {
            continue;
        }
        if fact.is_privileges() && left(data, actual, expected, &mut left_out).is_empty() && !fact.is_of_relation() {
            continue;
        }
        if fact.kind == "extension" && expected.server.lacks(&fact.name) {
            out.not_compared.push(format!("the extension {}, which one of the servers does not offer", fact.name));
            continue;
        }
        out.add(fact, Change::Extra, Vec::new(), is_note(fact) || dated_actual.contains(fact));
    }
    out.order(expected, actual);
    out.not_compared
        .extend(left_out.into_iter().map(|role| format!("privileges of the role {role}, which is on one server only")));
    out
}

fn left(data: &Map<String, Value>, own: &Snapshot, other: &Snapshot, out: &mut BTreeSet<String>) -> Map<String, Value> {
    let (left, absent) = comparable(data, &own.server, &other.server);
    out.extend(absent);
    left
}

impl Fact {
    fn is_privileges(&self) -> bool {
        matches!(self.kind.as_str(), "privileges" | "default privileges")
    }

    /// Whether it is said of something else, by whose kind and name it goes.
    pub(crate) fn is_said(&self) -> bool {
        matches!(self.kind.as_str(), "comment" | "security label")
    }

    /// Whether these are the privileges of a relation, which has some in any case.
    fn is_of_relation(&self) -> bool {
        let kinds = ["table ", "view ", "materialized view ", "foreign table "];
        kinds.iter().any(|kind| self.name.starts_with(kind))
    }
}

fn ignored(fact: &Fact, ignore: &[Ignore]) -> bool {
    fact.is_privileges() && ignore.contains(&Ignore::Privileges)
}

/// Whether what it does is done with the rights of its owner.
fn acts_as_owner(fact: &Fact, data: &Map<String, Value>) -> bool {
    let text = |name: &str| data.get(name).map(Value::to_string).unwrap_or_default();
    match fact.kind.as_str() {
        "function" | "procedure" => {
            let definition = data.get("definition").and_then(Value::as_str).unwrap_or_default();
            let head = definition.lines().take_while(|line| !line.starts_with("AS ") && !line.starts_with("BEGIN"));
            head.into_iter().any(|line| line.contains(" SECURITY DEFINER"))
        }
        "view" => {
            !text("options").contains("security_invoker=true") && !text("options").contains("security_invoker=on")
        }
        "materialized view" => true,
        _ => false,
    }
}

/// Whether the migrations say who owns it, and it is somebody else. Who ran them is another role everywhere.
fn owner_is_told(
    data: &Map<String, Value>,
    there: &Map<String, Value>,
    expected: &Snapshot,
    actual: &Snapshot,
) -> bool {
    let (Some(told), Some(found)) = (text_of(data, "owner"), text_of(there, "owner")) else { return false };
    let runner = expected.server.runner.as_deref();
    let found = if found == OWNER { actual.server.owner.as_deref() } else { Some(found) };
    told != OWNER && runner.is_some_and(|runner| runner != told) && found != Some(told)
}

/// Whoever owns most.
const OWNER: &str = "<owner>";

fn text_of<'d>(data: &'d Map<String, Value>, name: &str) -> Option<&'d str> {
    data.get(name).and_then(Value::as_str)
}

/// What belongs to the whole server, or says nothing about a schema.
fn is_note(fact: &Fact) -> bool {
    match fact.kind.as_str() {
        "parameter" | "large objects" | "user mapping" | "system privileges" => true,
        "setting" => fact.name.ends_with("everywhere"),
        // Each version of an extension may bring another.
        "comment" => fact.name.starts_with("extension "),
        _ => false,
    }
}

fn compare(
    fact: &Fact,
    expected: &Map<String, Value>,
    actual: &Map<String, Value>,
    from: &Snapshot,
    to: &Snapshot,
    ignore: &[Ignore],
) -> Vec<Property> {
    let versions = (from.server.version, to.server.version);
    let is_view = matches!(fact.kind.as_str(), "view" | "materialized view");
    let names: BTreeSet<&String> = expected.keys().chain(actual.keys()).fold(BTreeSet::new(), |mut names, name| {
        names.insert(name);
        names
    });
    let mut out = Vec::new();
    for name in names {
        let [a, b] = [(expected, from), (actual, to)]
            .map(|(side, of)| side.get(name).filter(|value| !is_default(fact, name, value, (side, of))));
        let same = match (a, b) {
            (Some(Value::String(a)), Some(Value::String(b))) if SPELLED.contains(&name.as_str()) => {
                match (versions.0 < QUALIFIED, versions.1 < QUALIFIED) {
                    (true, false) if is_view => canon::same_view(a, b),
                    (false, true) if is_view => canon::same_view(b, a),
                    _ if fact.kind == "statistics" => canon::same_statistics(a, b),
                    _ => canon::same(a, b),
                }
            }
            (Some(a), Some(b)) if OPTIONS.contains(&name.as_str()) => canon::options(a) == canon::options(b),
            _ => a == b,
        };
        // The order of columns is judged as a whole. Constraints NOT NULL have names since 18.
        let is_out = match name.as_str() {
            "position" | "dated" => true,
            "owner" => ignore.contains(&Ignore::Owners),
            "not null constraint" => versions.0.min(versions.1) < 180_000,
            // Partitions have that of their table since 17.
            "identity" => {
                versions.0.min(versions.1) < 170_000 && [(expected, from), (actual, to)].iter().any(is_in_partition)
            }
            HIDDEN => true,
            "options digest" => [expected, actual].iter().any(|side| side.contains_key(HIDDEN)),
            _ => false,
        };
        if !same && !is_out {
            out.push(Property { property: name.clone(), expected: a.cloned(), actual: b.cloned() });
        }
    }
    out
}

/// Before this version columns of a view are written with their relation, if it is the only one.
const QUALIFIED: u32 = 160_000;

/// Whether the table of a column is a partition.
fn is_in_partition((column, of): &(&Map<String, Value>, &Snapshot)) -> bool {
    let Some(Value::String(name)) = column.get("of") else { return false };
    let table = Fact { kind: "table".to_owned(), name: name.clone() };
    of.facts.get(&table).is_some_and(|table| table.contains_key("bound"))
}

/// Whether a property says what goes without saying: a default of NULL, unless the type has another.
fn is_default(fact: &Fact, name: &str, value: &Value, (column, of): (&Map<String, Value>, &Snapshot)) -> bool {
    let is_null = || value.as_str().is_some_and(|text| text == "NULL" || text.starts_with("NULL::"));
    let type_has_one = || {
        let types = ["domain", "type"]
            .map(|kind| Fact { kind: kind.to_owned(), name: text_of(column, "type").unwrap_or_default().to_owned() });
        types.iter().any(|it| of.facts.get(it).is_some_and(|it| it.contains_key("default")))
    };
    fact.kind == "column" && name == "default" && is_null() && !type_has_one()
}

/// Partitions, and what belongs to them, that the other side has under another date and is otherwise the same: first of what
/// is expected, then of what is there.
///
/// A migration makes them for the day on which it runs. So what is expected is of about the day on which the snapshot was
/// taken, what is there is not of a day far ahead, and one stands for one.
fn dated(expected: &Snapshot, actual: &Snapshot) -> (BTreeSet<Fact>, BTreeSet<Fact>) {
    let undated = Undated::new();
    let partitions = |of: &Snapshot, other: &Snapshot, when: &[&str]| -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (fact, data) in of.facts.iter().filter(|(fact, _)| fact.kind == "table" && !other.facts.contains_key(*fact))
        {
            let is_of_then = text_of(data, "dated").is_some_and(|dated| when.contains(&dated));
            let fits = text_of(data, "bound").is_some_and(|bound| named_after(&fact.name, bound));
            if let Some(name) = undated.of(&fact.name).filter(|_| is_of_then && fits) {
                let parents = data.get("inherits").map(Value::to_string).unwrap_or_default();
                found.entry(format!("{parents} {name}")).or_default().push(fact.name.clone());
            }
        }
        found
    };
    let ours = partitions(expected, actual, &["near"]);
    let mut theirs = partitions(actual, expected, &["near", "past"]);
    let (mut left, mut right) = (BTreeSet::new(), BTreeSet::new());
    for (key, tables) in ours {
        for (table, other) in tables.into_iter().zip(theirs.remove(&key).unwrap_or_default()) {
            left.insert(table);
            right.insert(other);
        }
    }
    if left.is_empty() {
        return Default::default();
    }
    // Each fact of these tables, with all that is known of it but dates and bounds.
    let told = |of: &Snapshot, tables: &BTreeSet<String>| -> Vec<(Fact, String)> {
        let theirs = of.facts.iter().filter(|(fact, data)| is_of(fact, data, tables));
        theirs
            .map(|(fact, data)| {
                let mut data = data.clone();
                data.remove("bound");
                data.remove("dated");
                let text = format!("{} {} {}", fact.kind, fact.name, Value::Object(data));
                (fact.clone(), undated.of(&text).unwrap_or(text))
            })
            .collect()
    };
    let mut there = told(actual, &right);
    let (mut of_expected, mut of_actual) = (BTreeSet::new(), BTreeSet::new());
    for (fact, text) in told(expected, &left) {
        if let Some(at) = there.iter().position(|(_, other)| *other == text) {
            of_expected.insert(fact);
            of_actual.insert(there.swap_remove(at).0);
        }
    }
    (of_expected, of_actual)
}

/// Whether it is one of these tables, is named after one (`table.column`), or is of one.
fn is_of(fact: &Fact, data: &Map<String, Value>, tables: &BTreeSet<String>) -> bool {
    let name = fact.name.split_once(' ').filter(|_| fact.is_privileges() || fact.is_said());
    let name = name.map_or(fact.name.as_str(), |(_, name)| name);
    let of = data.get("of").and_then(Value::as_str);
    let mut named = name.match_indices('.').map(|(dot, _)| &name[..dot]).chain([name]).chain(of);
    named.any(|table| tables.contains(table))
}

impl Differences {
    fn add(&mut self, fact: &Fact, change: Change, properties: Vec<Property>, note: bool) {
        let message = text::message(fact, change, &properties);
        let difference = Difference { kind: fact.kind.clone(), name: fact.name.clone(), change, properties, message };
        if note { &mut self.notes } else { &mut self.differences }.push(difference);
    }

    /// Tells of relations whose common columns stand in another order.
    fn order(&mut self, expected: &Snapshot, actual: &Snapshot) {
        let from = &expected.facts;
        let columns = |of: &Snapshot, other: &Snapshot| -> BTreeMap<String, Vec<(u64, String)>> {
            let mut found: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
            for (fact, data) in
                of.facts.iter().filter(|(fact, _)| fact.kind == "column" && other.facts.contains_key(*fact))
            {
                let place = data.get("position").and_then(Value::as_u64);
                let (Some(place), Some(Value::String(table))) = (place, data.get("of")) else { continue };
                found.entry(table.clone()).or_default().push((place, fact.name.clone()));
            }
            for columns in found.values_mut() {
                counterfoil::ordered::sort_by(columns, |a, b| a.0.cmp(&b.0));
            }
            found
        };
        let there = columns(actual, expected);
        for (table, columns) in columns(expected, actual) {
            let names = |columns: &[(u64, String)]| columns.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
            let (expected, actual) =
                (names(&columns), there.get(&table).map(|columns| names(columns)).unwrap_or_default());
            if expected != actual {
                // Values of a composite type are written by the order of its attributes.
                let a_type = Fact { kind: "type".to_owned(), name: table.clone() };
                let is_type = from.contains_key(&a_type);
                let property = Property {
                    property: "order of columns".to_owned(),
                    expected: Some(expected.into()),
                    actual: Some(actual.into()),
                };
                let fact = if is_type { a_type } else { Fact { kind: "table".to_owned(), name: table } };
                self.add(&fact, Change::Changed, vec![property], !is_type);
            }
        }
    }
}
