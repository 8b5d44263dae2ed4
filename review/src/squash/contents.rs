//! What is in a database besides its schema: rows, where sequences stand, and which materialised views are filled.

use crate::schema::cut;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A row: the text of each value.
pub type Row = Vec<Option<String>>;

/// A column, other than a generated one.
#[derive(Clone, Debug, Deserialize)]
// Exhaustive: callers build it.
pub struct Column {
    /// Its name, quoted where it must be.
    pub name: String,
    /// What its default gave when it was asked for, if there is one.
    #[serde(default)]
    pub default: Option<String>,
}

/// A table with its rows.
#[derive(Clone, Debug, Deserialize)]
// Exhaustive: callers build it.
pub struct Table {
    /// Its name, with the schema, quoted where it must be.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Which of them make its key.
    #[serde(default)]
    pub key: Vec<usize>,
    /// Whether one of them is an identity.
    #[serde(default)]
    pub identity: bool,
    /// Its rows, in the order in which they lie.
    #[serde(default)]
    pub rows: Vec<Row>,
}

/// A sequence.
#[derive(Clone, Debug, Deserialize)]
// Exhaustive: callers build it.
pub struct Sequence {
    /// Its name, with the schema, quoted where it must be.
    pub name: String,
    /// `last_value`.
    pub last: String,
    /// `is_called`.
    pub called: bool,
    /// Whether it stands elsewhere than a new one.
    pub moved: bool,
}

/// What is in a database.
#[derive(Clone, Debug, Default, Deserialize)]
// Exhaustive: callers build it.
pub struct Contents {
    /// Its tables.
    pub tables: Vec<Table>,
    /// Its sequences.
    pub sequences: Vec<Sequence>,
    /// The materialised views that can be read.
    #[serde(default)]
    pub filled: Vec<String>,
}

impl Contents {
    /// The table of that name.
    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// The column of that name.
    pub(super) fn column(&self, table: &str, name: &str) -> Option<&Column> {
        self.table(table)?.columns.iter().find(|column| column.name == name)
    }
}

impl Table {
    /// Each row with the one that the other replay has in its place: by their key, or where keys differ from replay to replay
    /// by the order in which they were written. None if there are not as many.
    pub(super) fn paired<'a>(&'a self, other: &'a Table) -> Option<Vec<(&'a Row, &'a Row)>> {
        if self.rows.len() != other.rows.len() || self.columns.len() != other.columns.len() {
            return None;
        }
        let by_key: BTreeMap<Vec<&Option<String>>, &Row> = other.by_key();
        let keyed = || {
            let pairs = self.rows.iter().map(|row| Some((row, *by_key.get(&self.key_of(row))?)));
            pairs.collect::<Option<Vec<_>>>()
        };
        let keyed = if self.key.is_empty() { None } else { keyed() };
        Some(keyed.unwrap_or_else(|| self.rows.iter().zip(&other.rows).collect()))
    }

    fn by_key(&self) -> BTreeMap<Vec<&Option<String>>, &Row> {
        let mut out = BTreeMap::new();
        for row in &self.rows {
            out.insert(self.key_of(row), row);
        }
        out
    }

    fn key_of<'a>(&self, row: &'a Row) -> Vec<&'a Option<String>> {
        self.key.iter().filter_map(|&at| row.get(at)).collect()
    }

    /// Whether each column has one and the same value after every replay.
    fn repeatable(&self, again: &Table) -> Vec<bool> {
        let pairs = self.paired(again).unwrap_or_default();
        let same = |at: usize| pairs.iter().all(|(row, other)| row.get(at) == other.get(at));
        (0..self.columns.len()).map(same).collect()
    }
}

/// What the baseline has otherwise than the chain, of which there are two replays. What differs between those is not compared.
pub fn differences(chain: &Contents, again: &Contents, baseline: &Contents) -> Vec<String> {
    let mut out = Vec::new();
    for table in &chain.tables {
        let Some(other) = baseline.table(&table.name) else { continue };
        let Some(again) = again.table(&table.name).filter(|again| again.rows.len() == table.rows.len()) else {
            out.push(format!("{}: two replays of the chain leave different rows in it", table.name));
            continue;
        };
        compare(table, &table.repeatable(again), other, &mut out);
    }
    for sequence in &chain.sequences {
        let find = |contents: &Contents| contents.sequences.iter().find(|other| other.name == sequence.name).cloned();
        let (Some(again), Some(other)) = (find(again), find(baseline)) else { continue };
        let stands = |sequence: &Sequence| (sequence.last.clone(), sequence.called);
        if stands(sequence) == stands(&again) && stands(sequence) != stands(&other) {
            let said = |sequence: &Sequence| {
                format!("{}{}", sequence.last, if sequence.called { "" } else { ", not yet given out" })
            };
            out.push(format!("{}: it stands at {}, expected {}", sequence.name, said(&other), said(sequence)));
        }
    }
    for view in &chain.filled {
        if !baseline.filled.contains(view) {
            out.push(format!("{view}: it is not filled"));
        }
    }
    out
}

/// Compares rows as a collection: their order is nobody's.
fn compare(table: &Table, repeatable: &[bool], other: &Table, out: &mut Vec<String>) {
    if table.rows.len() != other.rows.len() {
        out.push(format!("{}: {} rows, expected {}", table.name, other.rows.len(), table.rows.len()));
        return;
    }
    // By name: a column may stand in another place.
    let columns: Vec<(usize, usize, &str)> = table
        .columns
        .iter()
        .enumerate()
        .filter(|(at, _)| repeatable.get(*at).copied().unwrap_or(true))
        .filter_map(|(at, column)| {
            let there = other.columns.iter().position(|other| other.name == column.name)?;
            Some((at, there, column.name.as_str()))
        })
        .collect();
    let mut counts: BTreeMap<Vec<Option<&str>>, isize> = BTreeMap::new();
    for row in &table.rows {
        let values = columns.iter().map(|&(at, ..)| row.get(at).and_then(Option::as_deref)).collect();
        *counts.entry(values).or_default() += 1;
    }
    for row in &other.rows {
        let values = columns.iter().map(|&(_, at, _)| row.get(at).and_then(Option::as_deref)).collect();
        *counts.entry(values).or_default() -= 1;
    }
    for (values, count) in counts.into_iter().filter(|(_, count)| *count != 0) {
        let pairs = columns.iter().zip(values).take(4);
        let text: Vec<String> = pairs.map(|((.., name), value)| format!("{name} = {}", short(value))).collect();
        let what = if count > 0 { "is not there" } else { "is not expected" };
        out.push(format!("{}: the row with {} {what}", table.name, text.join(", ")));
    }
}

/// How much of a value a message has.
const MOST: usize = 40;

fn short(value: Option<&str>) -> String {
    value.map_or_else(|| String::from("null"), |value| cut(value, MOST))
}
