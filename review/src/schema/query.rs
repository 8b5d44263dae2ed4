//! The question: one statement, which reads the catalogs of PostgreSQL 15 and later and needs no transaction.

use counterfoil::ledger::Table;

/// Where the names of ledgers go.
const PLACE: &str = "/*ledgers*/array[]";

/// Where the names go that migration tools give to their tables in whichever schema.
const USUAL: &str = "/*usual*/array[]";

/// What other tools keep in a schema of their own.
const OWN: &[(&str, &str)] = &[
    ("drizzle", "__drizzle_migrations"),
    ("graphile_migrate", "current"),
    ("graphile_migrate", "migrations"),
    ("supabase_migrations", "schema_migrations"),
    ("supabase_migrations", "seed_files"),
];

/// What other tools call their tables. The core's `ledger/tools.rs` has the sources.
const NAMES: &[&str] = &[
    "__diesel_schema_migrations",
    "__drizzle_migrations",
    "_prisma_migrations",
    "_sqlx_migrations",
    "alembic_version",
    "ar_internal_metadata",
    "django_migrations",
    "flyway_schema_history",
    "goose_db_version",
    "gorp_migrations",
    "knex_migrations",
    "knex_migrations_lock",
    "kysely_migration",
    "kysely_migration_lock",
    "pgmigrations",
    "refinery_schema_history",
    "schema_migrations",
];

/// The statement. Its rows are three texts: `kind`, `name` and `data`, a JSON object; one row, of kind `server`, tells of the
/// server. `ledgers` are tables of migration tools, which are no part of a schema: they are left out, with what belongs to
/// them, and so are those that tools make by default, and a schema that holds nothing else.
///
/// It sets `search_path` for itself alone.
pub fn query(ledgers: &[Table]) -> String {
    let own = OWN.iter().map(|(schema, name)| literal(schema, name));
    let own = own.chain(ledgers.iter().map(|ledger| literal(&ledger.schema, &ledger.name)));
    let list = format!("array[{}]", own.collect::<Vec<_>>().join(","));
    let usual = format!("array['{}']", NAMES.join("','"));
    include_str!("query.sql").replacen(PLACE, &list, 1).replacen(USUAL, &usual, 1)
}

/// A JSON array of both names, as a literal of SQL.
fn literal(schema: &str, table: &str) -> String {
    let json = serde_json::json!([schema, table]).to_string();
    format!("'{}'", json.replace('\'', "''"))
}
