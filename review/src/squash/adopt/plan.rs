//! What the scripts have to do: what is moved, what is copied, and what goes with it.

use super::dropped::{Dropped, Keep, Request};
use super::fact::{self, Data, constraints, foreign, get, of_columns, of_kind, statistics_of, text};
use super::kept::Names;
use super::name::{last, names_relation, parent, quoted};
use crate::schema::{ASIDE, Snapshot};
use std::collections::{BTreeMap, BTreeSet};

/// The table that says what was put aside and when, with the rows of the ledger at that moment.
const RECORD: &str = ASIDE.0;

/// A thing that gets another schema or another name.
pub(super) struct Move {
    /// As `ALTER` calls it: `TABLE`, `INDEX`, `SEQUENCE`, `STATISTICS`, `CONSTRAINT`.
    pub(super) what: &'static str,
    pub(super) from: String,
    pub(super) to: String,
}

/// A table that goes as a whole.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) kept: String,
    /// What does not follow by itself.
    pub(super) moves: Vec<Move>,
}

/// A thing that goes with a column and is made anew: its name and what makes it.
pub(super) struct Made {
    pub(super) name: String,
    pub(super) definition: String,
}

/// A table that loses columns: they are copied, with its key.
pub(super) struct Copy {
    pub(super) table: String,
    pub(super) kept: String,
    pub(super) key: Vec<String>,
    /// Generated ones first: those that they are made of cannot go before them.
    pub(super) columns: Vec<String>,
    pub(super) constraints: Vec<Made>,
    pub(super) indexes: Vec<Made>,
    pub(super) statistics: Vec<Made>,
    /// Sequences of `serial` columns, by column.
    pub(super) sequences: Vec<(String, Move)>,
}

impl Copy {
    /// `column a of table t`, `columns a, b of table t`.
    pub(super) fn thing(&self) -> String {
        let columns = if self.columns.len() == 1 { "column" } else { "columns" };
        format!("{columns} {} of table {}", self.columns.join(", "), self.table)
    }
}

/// A view, trigger or policy that hangs on something else and was named as well.
pub(super) struct Hanging {
    pub(super) kind: String,
    pub(super) name: String,
}

/// All of it.
pub(super) struct Plan<'r> {
    pub(super) request: &'r Request,
    pub(super) dropped: Dropped,
    /// Foreign keys of and to what goes, by the names of the facts.
    pub(super) foreign: BTreeMap<String, String>,
    pub(super) hanging: Vec<Hanging>,
    pub(super) tables: Vec<Table>,
    pub(super) copies: Vec<Copy>,
    /// The table that says what was done.
    pub(super) record: String,
    /// The schema of what is put aside.
    pub(super) schema: String,
    /// Names that two things would have.
    pub(super) clashes: Vec<String>,
}

/// The foreign keys that stop what is named from going.
pub(super) fn foreign_keys(chain: &Snapshot, dropped: &Dropped) -> BTreeMap<String, String> {
    let columns = dropped.columns();
    let mut found = BTreeMap::new();
    for (name, data) in of_kind(chain, "constraint") {
        let Some(key) = foreign(data).filter(|_| text(data, "inherited") != "only") else { continue };
        let table = parent(name);
        let goes = |table: &str, of: &[&str]| {
            dropped.has_table(table)
                || columns.get(table).is_some_and(|columns| columns.iter().any(|column| of.contains(column)))
        };
        if goes(table, &key.columns) || goes(key.table, &key.referred) {
            found.insert(name.to_owned(), text(data, "definition").to_owned());
        }
    }
    found
}

/// Views, triggers and policies that were named, without those that go with their table. Views that others are made of come
/// later.
pub(super) fn hanging(chain: &Snapshot, dropped: &Dropped) -> Vec<Hanging> {
    let mut views: Vec<(&str, &str, &Data)> = Vec::new();
    let mut found = Vec::new();
    for fact in dropped.all() {
        match fact.kind.as_str() {
            "view" | "materialized view" => {
                views.extend(
                    get(chain, &fact.kind, &fact.name).map(|data| (fact.kind.as_str(), fact.name.as_str(), data)),
                );
            }
            "trigger" | "policy" if !dropped.has_table(parent(&fact.name)) && !dropped.has_view(parent(&fact.name)) => {
                found.push(Hanging { kind: fact.kind.clone(), name: fact.name.clone() });
            }
            _ => {}
        }
    }
    while !views.is_empty() {
        let waits = |definition: &str, own: &str| {
            views.iter().any(|(_, other, _)| *other != own && names_relation(definition, other))
        };
        let at = views.iter().position(|(_, name, data)| !waits(text(data, "definition"), name)).unwrap_or_default();
        let (kind, name, _) = views.remove(at);
        found.push(Hanging { kind: kind.to_owned(), name: name.to_owned() });
    }
    found
}

/// The columns of a table that go, generated ones first.
pub(super) fn in_order<'d>(chain: &Snapshot, table: &str, columns: &[&'d str]) -> Vec<&'d str> {
    let generated = |column: &&&str| {
        get(chain, "column", &format!("{table}.{column}")).is_some_and(|data| data.contains_key("generated"))
    };
    columns
        .iter()
        .filter(|column| generated(column))
        .chain(columns.iter().filter(|column| !generated(column)))
        .copied()
        .collect()
}

impl<'r> Plan<'r> {
    pub(super) fn new(request: &'r Request, dropped: Dropped) -> Self {
        let chain = &request.chain;
        let mut names = Names::new(request);
        let record = names.of(&format!("{}.{RECORD}", quoted(&request.ledger.0)));
        let mut plan = Plan {
            foreign: foreign_keys(chain, &dropped),
            hanging: hanging(chain, &dropped),
            tables: Vec::new(),
            copies: Vec::new(),
            schema: names.schema(),
            clashes: Vec::new(),
            record,
            dropped,
            request,
        };
        plan.tables = plan.dropped.of_kind("table").map(|name| plan.table(name, &mut names)).collect();
        let columns = plan.dropped.columns();
        plan.copies = columns.into_iter().map(|(table, columns)| plan.copy(table, &columns, &mut names)).collect();
        plan.clashes = names.clashes;
        plan
    }

    fn table(&self, name: &str, names: &mut Names<'_>) -> Table {
        let chain = &self.request.chain;
        let kept = names.of(name);
        let mut moves = Vec::new();
        for (what, from) in relations_of(chain, name) {
            let to = names.of(&from);
            // The others follow their table into its schema.
            if self.request.keep == Keep::Suffix {
                moves.push(Move { what, from, to });
            }
        }
        for (from, _) in of_kind(chain, "statistics").filter(|(_, data)| statistics_of(data) == name) {
            moves.push(Move { what: "STATISTICS", from: from.to_owned(), to: names.of(from) });
        }
        Table { name: name.to_owned(), kept, moves }
    }

    fn copy(&self, table: &str, columns: &[&str], names: &mut Names<'_>) -> Copy {
        let kept = names.of(table);
        let (chain, wanted) = (&self.request.chain, &self.request.wanted);
        let made = |kind: &'static str, of: &dyn Fn(&str, &Data) -> bool| -> Vec<Made> {
            let goes = of_kind(chain, kind).filter(|(name, data)| {
                of(name, data) && get(wanted, kind, name).is_none() && of_columns(text(data, "definition"), columns)
            });
            goes.map(|(name, data)| Made { name: name.to_owned(), definition: text(data, "definition").to_owned() })
                .collect()
        };
        let columns_of = in_order(chain, table, columns);
        let mut sequences = Vec::new();
        for column in &columns_of {
            let name = format!("{table}.{column}");
            let serial = get(chain, "column", &name).is_some_and(|data| !data.contains_key("identity"));
            if let Some((sequence, _)) = fact::sequence(chain, &name).filter(|_| serial) {
                sequences.push((
                    (*column).to_owned(),
                    Move { what: "SEQUENCE", from: sequence.to_owned(), to: names.of(sequence) },
                ));
            }
        }
        let owned = |all: Vec<&str>| all.into_iter().map(str::to_owned).collect::<Vec<_>>();
        Copy {
            table: table.to_owned(),
            kept,
            key: owned(fact::key(chain, table, columns).unwrap_or_default()),
            columns: owned(columns_of),
            constraints: made("constraint", &|name, data| {
                parent(name) == table && foreign(data).is_none() && text(data, "inherited") != "only"
            }),
            indexes: made("index", &|_, data| text(data, "of") == table),
            statistics: made("statistics", &|_, data| statistics_of(data) == table),
            sequences,
        }
    }

    /// Every relation that is locked: what goes, and what is at the other end of a foreign key.
    pub(super) fn locked(&self) -> Vec<String> {
        let mut all = BTreeSet::new();
        all.extend(self.tables.iter().map(|table| table.name.clone()));
        all.extend(self.copies.iter().map(|copy| copy.table.clone()));
        for name in self.foreign.keys() {
            all.insert(parent(name).to_owned());
            let data = get(&self.request.chain, "constraint", name);
            all.extend(data.and_then(foreign).map(|key| key.table.to_owned()));
        }
        let tables = self.hanging.iter().filter(|hanging| matches!(hanging.kind.as_str(), "trigger" | "policy"));
        all.extend(tables.map(|hanging| parent(&hanging.name).to_owned()));
        all.into_iter().collect()
    }
}

/// The relations of a table that have names in its schema: indexes, with those behind constraints, and sequences.
fn relations_of(chain: &Snapshot, table: &str) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for (name, data) in constraints(chain, table) {
        let definition = text(data, "definition");
        if ["PRIMARY KEY", "UNIQUE", "EXCLUDE"].iter().any(|begins| definition.starts_with(begins)) {
            found.push(("CONSTRAINT", format!("{}.{}", parent(table), last(name))));
        }
    }
    found.extend(
        of_kind(chain, "index")
            .filter(|(_, data)| text(data, "of") == table)
            .map(|(name, _)| ("INDEX", name.to_owned())),
    );
    let sequences = of_kind(chain, "sequence").filter(|(_, data)| parent(text(data, "owned by")) == table);
    found.extend(sequences.map(|(name, _)| ("SEQUENCE", name.to_owned())));
    found
}
