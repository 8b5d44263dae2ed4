//! A change of one row, and the statement that makes it only if the row is as it was read.

use counterfoil::ledger::statements::{COLUMNS, Fault, STEPS, TextRow, as_text, failing, first};
use counterfoil::ledger::{Row, Table};
use counterfoil::sql::quote::{identifier, literal, nullable};
use std::collections::BTreeMap;

/// The columns of a row as text, by name; a moment is in UTC, as `2026-01-31T12:00:00.000000Z`. A column that is not
/// there gets its default.
pub type Cells = BTreeMap<String, Option<String>>;

/// A change of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The row as it was read; none: there was no row of that version.
    pub seen: Option<Cells>,
    /// The row as it is to be; none: it goes.
    pub to: Option<Cells>,
    /// The name that people know it by.
    pub name: String,
    /// The path of its file, if there is one.
    pub path: Option<String>,
    /// What is changed, and why: lower-case, no full stop.
    pub message: String,
}

/// Every column that a ledger may have, with its type.
fn columns() -> impl Iterator<Item = (&'static str, &'static str)> {
    let ours = COLUMNS.iter().map(|(name, definition, _)| (*name, *definition));
    std::iter::once(("version", "varchar(128)")).chain(ours).chain([STEPS])
}

/// What of a row that was read is the row, and not what the database says about it.
pub fn cells(row: &TextRow) -> Cells {
    let mut cells = Cells::new();
    let stepped = first(std::slice::from_ref(row), "stepped") == Some("there");
    let there = columns().filter(|(name, _)| *name != STEPS.0 || stepped);
    cells.extend(there.filter_map(|(name, _)| Some((name.to_owned(), row.get(name)?.clone()))));
    cells
}

/// The row that such cells are.
pub(super) fn row(table: &Table, cells: &Cells) -> Row {
    counterfoil::ledger::statements::read(table, vec![cells.clone()])
        .ok()
        .and_then(|ledger| ledger.rows.into_iter().next())
        .unwrap_or_default()
}

fn version(cells: &Cells) -> &str {
    cells.get("version").and_then(Option::as_deref).unwrap_or_default()
}

impl Change {
    /// A row that is to be there.
    pub fn insert(to: Cells) -> Self {
        Change { seen: None, to: Some(to), name: String::new(), path: None, message: String::new() }
    }

    /// A row that is to have these columns.
    pub fn update(seen: Cells, columns: &[(&str, Option<&str>)]) -> Self {
        let mut to = seen.clone();
        for (name, value) in columns {
            to.insert((*name).to_owned(), value.map(str::to_owned));
        }
        Change { seen: Some(seen), to: Some(to), name: String::new(), path: None, message: String::new() }
    }

    /// A row that is to go.
    pub fn delete(seen: Cells) -> Self {
        Change { seen: Some(seen), to: None, name: String::new(), path: None, message: String::new() }
    }

    /// Says what is changed.
    pub fn saying(self, name: &str, path: Option<&str>, message: impl Into<String>) -> Self {
        Change { name: name.to_owned(), path: path.map(str::to_owned), message: message.into(), ..self }
    }

    /// The version of the row.
    pub fn version(&self) -> &str {
        self.seen.as_ref().or(self.to.as_ref()).map_or("", version)
    }

    /// Whether the row is as the change leaves it.
    pub(super) fn holds(&self, rows: &BTreeMap<String, Cells>) -> bool {
        is_so(self.to.as_ref(), rows.get(self.version()))
    }

    /// Whether the row is as it was read.
    pub(super) fn is_open(&self, rows: &BTreeMap<String, Cells>) -> bool {
        is_so(self.seen.as_ref(), rows.get(self.version()))
    }

    /// The statement that makes the change. It fails if the row is not as it was read. `present`: the columns that the
    /// table had then.
    pub(super) fn statement(&self, table: &Table, present: &dyn Fn(&str) -> bool) -> String {
        let qualified = table.qualified();
        let definition = |name: &str| columns().find(|column| column.0 == name).map_or("text", |column| column.1);
        let is = |name: &str, cell: &Option<String>| {
            format!("{} is not distinct from {}", as_text(name, definition(name)), nullable(cell.as_deref()))
        };
        let all = |conditions: Vec<String>| conditions.join(" and ");
        let seen = self.seen.as_ref().map(|seen| {
            let mut conditions = vec![format!("version = {}", literal(version(seen)))];
            for (name, cell) in seen.iter().filter(|(name, _)| *name != "version") {
                conditions.push(match (present(name), &**name) {
                    (true, _) => is(name, cell),
                    // What is added meanwhile has its default.
                    (false, "state" | "origin") => format!("coalesce({name}, 'applied') = 'applied'"),
                    (false, _) => format!("{name} is null"),
                });
            }
            all(conditions)
        });
        let (change, kept) = match (&self.to, &self.seen) {
            (Some(to), None) => {
                let names: Vec<&str> = to.keys().map(String::as_str).collect();
                let values: Vec<String> = to.values().map(|cell| nullable(cell.as_deref())).collect();
                (
                    format!("insert into {qualified} ({}) values ({})", names.join(", "), values.join(", ")),
                    all(to.iter().map(|(name, cell)| is(name, cell)).collect()),
                )
            }
            (Some(to), Some(before)) => {
                let changed: Vec<_> = to.iter().filter(|(name, cell)| before.get(*name) != Some(cell)).collect();
                let set: Vec<String> =
                    changed.iter().map(|(name, cell)| format!("{name} = {}", nullable(cell.as_deref()))).collect();
                (
                    format!("update {qualified} set {} where {}", set.join(", "), seen.unwrap_or_default()),
                    all(changed.iter().map(|(name, cell)| is(name, cell)).collect()),
                )
            }
            (None, _) => (format!("delete from {qualified} where {}", seen.unwrap_or_default()), String::from("true")),
        };
        // A row that comes is not there before, or the key keeps it out: where nothing was done, a trigger or a rule has a
        // say in it. Of others that cannot be told from what somebody else has done to the row.
        let swallowed = if self.seen.is_none() { " or count(*) = 0" } else { "" };
        // The column in the casts keeps the planner from trying them early.
        format!(
            "with done as ({change} returning {kept} as kept) select case when count(*) filter (where kept) = 1 then 1 \
             when count(*) = 1{swallowed} then {} else {} end from done",
            failing(Fault::NotWritten, "count(*)"),
            failing(Fault::Changed, "count(*)")
        )
    }

    /// The statement that puts a row back that goes.
    pub(super) fn restore(&self, table: &Table) -> Option<String> {
        let (Some(seen), None) = (&self.seen, &self.to) else { return None };
        // What is null has a default that is not: when it was applied.
        let given = columns().filter_map(|(name, _)| Some((name, seen.get(name)?.as_deref())));
        let given: Vec<_> = given.filter(|(name, cell)| cell.is_some() || *name == "applied_at").collect();
        let names: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
        let values: Vec<String> = given.iter().map(|(_, cell)| nullable(*cell)).collect();
        Some(format!("insert into {} ({}) values ({})", table.qualified(), names.join(", "), values.join(", ")))
    }
}

/// Whether a row says what these cells do. A column that was not there had its default.
fn is_so(cells: Option<&Cells>, row: Option<&Cells>) -> bool {
    let (Some(cells), Some(row)) = (cells, row) else { return cells.is_none() && row.is_none() };
    cells.iter().all(|(name, cell)| {
        let now = row.get(name).cloned().flatten();
        now == *cell || cell.is_none() && now.as_deref() == Some("applied") && matches!(&**name, "state" | "origin")
    })
}

/// A statement that fails, as a change does, unless the one value of a query, a text, is the expected one. `column` is what
/// the query calls it.
pub fn must(query: &str, column: &str, expected: &str) -> String {
    let column = identifier(column);
    format!(
        "select case when q.{column} is not distinct from {} then 1 else {} end from ({query}) q",
        literal(expected),
        failing(Fault::Changed, &format!("coalesce(q.{column}, '')"))
    )
}
