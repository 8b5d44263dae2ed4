//! A schema at one moment.

use counterfoil::{Code, Error};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Where a snapshot was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
// Exhaustive: callers build it.
pub struct Server {
    /// `server_version_num`, such as 180004.
    pub version: u32,
    /// The roles that the server has, without those of PostgreSQL itself (`pg_…`).
    #[serde(default)]
    pub roles: Vec<String>,
    /// The extensions that it offers, as PostgreSQL quotes their names; none in a snapshot that does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<Vec<String>>,
    /// Who owns most of the schema: `<owner>` in its facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Who runs the migrations: the owner of their ledger, or whoever has asked where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner: Option<String>,
}

impl Server {
    /// Whether it is known not to offer this extension.
    pub(super) fn lacks(&self, extension: &str) -> bool {
        self.extensions.as_ref().is_some_and(|offered| offered.iter().all(|name| name != extension))
    }
}

/// One thing in a schema.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
// Exhaustive: callers build it.
pub struct Fact {
    /// `table`, `column`, `constraint`, …
    pub kind: String,
    /// Its name as PostgreSQL quotes it, with the schema: `app.users.email`.
    pub name: String,
}

/// The facts of a schema. Its JSON is that of a snapshot's file: `{ counterfoil: "snapshot", server, facts }`, where a fact is
/// `[kind, name, data]`. Reading it is `invalid-input` if it is no snapshot, or an empty one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "File", try_from = "File")]
// Exhaustive: callers build it.
pub struct Snapshot {
    /// Where it was taken.
    pub server: Server,
    /// What is known of each thing.
    pub facts: BTreeMap<Fact, Map<String, Value>>,
}

/// A row of the query.
pub type Row = (String, String, String);

impl Snapshot {
    /// What the rows of the query tell.
    ///
    /// # Errors
    ///
    /// `invalid-input` if they are not those of the query, and for a schema in which there is nothing: two of those would be
    /// the same, and nobody would have looked at anything.
    pub fn of_rows(rows: impl IntoIterator<Item = Row>) -> Result<Snapshot, Error> {
        Snapshot::of_any_rows(rows)?.not_empty()
    }

    /// The same, of a schema in which there may be nothing.
    pub(crate) fn of_any_rows(rows: impl IntoIterator<Item = Row>) -> Result<Snapshot, Error> {
        let mut server = None;
        let mut facts = BTreeMap::new();
        for (kind, name, data) in rows {
            if kind == "server" && name.is_empty() {
                server = Some(read::<Server>(&data, "the server")?);
                continue;
            }
            let data = read(&data, &name)?;
            facts.insert(Fact { kind, name }, data);
        }
        let server = server.ok_or_else(|| wrong("the row about the server is not there"))?;
        Ok(Snapshot { server, facts })
    }

    pub(crate) fn not_empty(self) -> Result<Snapshot, Error> {
        // A new database has these.
        let is_there =
            |fact: &Fact| !matches!(fact.kind.as_str(), "schema" | "privileges" | "comment" | "security label");
        if self.facts.keys().any(is_there) {
            return Ok(self);
        }
        Err(Error::new(Code::InvalidInput, "there is nothing in this schema: no table, no type, no function")
            .with_help(
                "nothing was compared: see that it is the right database, and that this role may read its catalogs",
            ))
    }
}

impl TryFrom<File> for Snapshot {
    type Error = Error;

    fn try_from(file: File) -> Result<Snapshot, Error> {
        if file.counterfoil != NAME {
            return Err(wrong("it does not say that it is one"));
        }
        let mut facts = BTreeMap::new();
        for (kind, name, data) in file.facts {
            facts.insert(Fact { kind, name }, data);
        }
        Snapshot { server: file.server, facts }.not_empty()
    }
}

impl From<Snapshot> for File {
    fn from(snapshot: Snapshot) -> File {
        let facts = snapshot.facts.into_iter().map(|(fact, data)| (fact.kind, fact.name, data));
        File { counterfoil: NAME.to_owned(), server: snapshot.server, facts: facts.collect() }
    }
}

/// What a snapshot says that it is.
const NAME: &str = "snapshot";

#[derive(Serialize, Deserialize)]
struct File {
    counterfoil: String,
    server: Server,
    facts: Vec<(String, String, Map<String, Value>)>,
}

pub(crate) fn read<T: serde::de::DeserializeOwned>(json: &str, what: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|error| wrong(&format!("{what}: {error}")))
}

fn wrong(why: &str) -> Error {
    Error::new(Code::InvalidInput, format!("this is no snapshot of a schema: {why}"))
        .with_help("take one anew: `snapshot(db)` makes it")
}
