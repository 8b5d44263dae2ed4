//! The question: one statement, which reads the catalogs of PostgreSQL 15 and later and needs no transaction.

use crate::tree;
use counterfoil::ledger::{Table, Tool};

/// Where the names of ledgers go.
const PLACE: &str = "/*ledgers*/array[]";

/// Where the names go that migration tools give to their tables in whichever schema.
const USUAL: &str = "/*usual*/array[]";

/// What tools keep in a schema of their own under a name that others may use.
const OWN: &[(&str, &str)] =
    &[("graphile_migrate", "current"), ("graphile_migrate", "migrations"), ("supabase_migrations", "seed_files")];

/// What tools keep beside their ledgers: Rails, Knex and Kysely.
const BESIDE: &[&str] = &["ar_internal_metadata", "knex_migrations_lock", "kysely_migration_lock"];

/// The statement. Its rows are three texts: `kind`, `name` and `data`, a JSON object; one row, of kind `server`, tells of the
/// server. `ledgers` are tables of migration tools, which are no part of a schema: they are left out, with what belongs to
/// them, and so are those that tools make by default, and a schema that holds nothing else.
///
/// It sets `search_path` for itself alone.
pub fn query(ledgers: &[Table]) -> String {
    let own = OWN.iter().map(|(schema, name)| literal(schema, name));
    let own = own.chain(ledgers.iter().map(|ledger| literal(&ledger.schema, &ledger.name)));
    let list = format!("array[{}]", own.collect::<Vec<_>>().join(","));
    let usual = tree::set(Tool::tables().chain(BESIDE.iter().copied()));
    let usual = format!("array['{}']", usual.into_iter().collect::<Vec<_>>().join("','"));
    include_str!("query.sql").replacen(PLACE, &list, 1).replacen(USUAL, &usual, 1)
}

/// A JSON array of both names, as a literal of SQL.
fn literal(schema: &str, table: &str) -> String {
    let json = serde_json::json!([schema, table]).to_string();
    format!("'{}'", json.replace('\'', "''"))
}
