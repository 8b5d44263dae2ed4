//! `snapshotQuery`, `snapshot` and `diffSchemas`.

use super::message::{Answer, given, text};
use crate::schema::{self, Ignore, Snapshot};
use counterfoil::ledger::Table;
use serde::Deserialize;

/// Schema and name of each ledger that is no part of the schema.
#[derive(Deserialize)]
struct Ledgers(Vec<(String, String)>);

/// `[[schema, table], …]` in, the text of the query out.
///
/// # Errors
///
/// `invalid-input` for another form.
pub fn query(json: &str) -> Answer {
    let Ledgers(ledgers) = given(json, "the list of ledgers")?;
    let ledgers: Vec<Table> = ledgers.into_iter().map(|(schema, name)| Table { schema, name }).collect();
    text(&schema::query(&ledgers))
}

/// The rows of the query in, a snapshot out.
///
/// # Errors
///
/// `invalid-input` if they are not those of the query, and for a schema in which there is nothing.
pub fn snapshot(json: &str) -> Answer {
    let rows: Vec<(String, String, String)> = given(json, "the rows of the schema")?;
    text(&Snapshot::of_rows(rows)?)
}

/// Two snapshots, and what is not to be compared.
#[derive(Deserialize)]
struct Pair {
    expected: Snapshot,
    actual: Snapshot,
    #[serde(default)]
    ignore: Vec<Ignore>,
}

/// `{ expected, actual, ignore? }` in, `{ differences, notes, notCompared }` out.
///
/// # Errors
///
/// `invalid-input` for another form, or if one of them is no snapshot.
pub fn diff(json: &str) -> Answer {
    let Pair { expected, actual, ignore } = given(json, "the two schemas")?;
    text(&schema::diff(&expected, &actual, &ignore))
}
