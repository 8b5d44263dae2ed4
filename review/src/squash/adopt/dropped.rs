//! What the user has named as dead.

use super::name::{last, parent};
use crate::schema::{Fact, Snapshot};
use counterfoil::{Code, Error};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Where what is put aside goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Keep {
    /// To a schema of its own, with its indexes, constraints and sequences.
    #[default]
    Schema,
    /// It stays where it is under another name, for those who may not create a schema.
    Suffix,
}

/// What [`scripts()`](super::scripts()) is handed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
// Exhaustive: callers build it.
pub struct Request {
    /// The schema that the chain makes.
    pub chain: Snapshot,
    /// The schema that the baseline makes.
    pub wanted: Snapshot,
    /// What is dead: `table app.t`, `column app.t.c`, and what hangs on it and goes as well: `view`, `materialized view`,
    /// `trigger app.t.x`, `policy app.t.x`.
    pub drop: Vec<String>,
    /// `kept_<date>`: the schema that all of it goes to, or the suffix that it gets.
    pub kept: String,
    /// Which of the two.
    #[serde(default)]
    pub keep: Keep,
    /// The version of the baseline.
    pub baseline: String,
    /// The name of the files, without `.adopt.sql` and `.restore.sql`.
    pub file: String,
    /// Schema and name of the ledger.
    pub ledger: (String, String),
    /// Whether dbmate is to find the baseline applied: `adopt.sql` writes its row.
    #[serde(default)]
    pub dbmate: bool,
    /// How many rows each table named has, and how many values each column that is not null: the script refuses other numbers.
    /// By the names of the facts: `app.t`, `app.t.c`.
    #[serde(default)]
    pub rows: BTreeMap<String, u64>,
}

/// Kinds of facts that may be named.
const KINDS: &[&str] = &["table", "column", "view", "materialized view", "trigger", "policy"];

/// The facts that were named.
#[derive(Clone, Debug, Default)]
pub(super) struct Dropped(BTreeSet<Fact>);

impl Dropped {
    /// Finds what was named in the schema that the chain makes. A name without a schema is one of `public`.
    pub(super) fn of(named: &[String], chain: &Snapshot) -> Result<Self, Error> {
        let mut found = BTreeSet::new();
        for text in named {
            found.insert(one(text, chain)?);
        }
        if found.is_empty() {
            return Err(Error::new(Code::InvalidInput, "nothing is named that is to be put aside")
                .with_help("name it: table app.t, column app.t.c"));
        }
        Ok(Dropped(found))
    }

    pub(super) fn has(&self, kind: &str, name: &str) -> bool {
        self.0.iter().any(|fact| fact.kind == kind && fact.name == name)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Fact> {
        self.0.iter()
    }

    /// The names of one kind.
    pub(super) fn of_kind<'d>(&'d self, kind: &'d str) -> impl Iterator<Item = &'d str> {
        self.0.iter().filter(move |fact| fact.kind == kind).map(|fact| fact.name.as_str())
    }

    pub(super) fn has_table(&self, name: &str) -> bool {
        self.has("table", name)
    }

    pub(super) fn has_view(&self, name: &str) -> bool {
        self.has("view", name) || self.has("materialized view", name)
    }

    /// Tables that lose columns, with the columns' own names.
    pub(super) fn columns(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for name in self.of_kind("column") {
            found.entry(parent(name)).or_default().push(last(name));
        }
        found
    }
}

fn one(text: &str, chain: &Snapshot) -> Result<Fact, Error> {
    let text = text.trim();
    let kind = KINDS.iter().find(|kind| text.strip_prefix(**kind).is_some_and(|rest| rest.starts_with(' ')));
    let Some(kind) = kind else {
        return Err(Error::new(Code::InvalidInput, format!("{text:?} does not say what it is"))
            .with_help(format!("write the kind in front of the name: {}", KINDS.join(", "))));
    };
    let name = text[kind.len()..].trim();
    for name in [name.to_owned(), format!("public.{name}")] {
        let fact = Fact { kind: (*kind).to_owned(), name };
        if chain.facts.contains_key(&fact) {
            return Ok(fact);
        }
    }
    Err(Error::new(Code::InvalidInput, format!("there is no {kind} {name} in the schema that the migrations make"))
        .with_help("write it as PostgreSQL quotes it, with its schema: table app.t, column app.t.\"userId\""))
}
