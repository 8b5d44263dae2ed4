//! The question: one statement, which reads the catalogs of PostgreSQL 15 and later and needs no transaction.

use crate::tree;
use counterfoil::ledger::{Table, Tool, statements};
use counterfoil::sql::quote;
use std::collections::BTreeSet;

/// Where the names of ledgers go.
const PLACE: &str = "/*ledgers*/array[]";

/// Where the names go that migration tools give to their tables in whichever schema.
const USUAL: &str = "/*usual*/array[]";

/// Where the names of our ledger's columns go.
const OURS: &str = "/*ours*/array[]";

/// Where the choice of relations goes.
const CHOICE: &str = "/*relations*/true";

/// What may be a secret leaves the database as a digest alone: around what is digested in the text of the query, and what is put
/// in its place. The text has the name of the thing in front, so that two things with one secret do not look alike. Not MD5,
/// which a server refuses where FIPS rules.
const DIGEST: [(&str, &str); 2] = [
    ("/*digest*/(", "pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to("),
    (")/*digested*/", ", 'UTF8')), 'hex'), 32)"),
];

/// Before and after the parts that make facts, and between them.
const PARTS: [&str; 3] = ["fact (kind, name, owner, data) as (\n\n", "\n)\nselect kind, name,", "\n\nunion all\n"];

/// How the parts begin that make facts of relations and of what belongs to one.
const OF_RELATIONS: &[&str] = &[
    "r.kind",
    "'column'",
    "'constraint'",
    "'index'",
    "'sequence'",
    "'trigger'",
    "'rule'",
    "'policy'",
    "'privileges'",
    "'comment'",
    "'security label'",
];

/// A part of a schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
// Exhaustive: callers build it.
pub struct Scope {
    /// Relations, as PostgreSQL quotes their names, with the schema: `app.users`. What belongs to one comes with it.
    pub relations: BTreeSet<String>,
    /// Whether that is there, too, which belongs to no relation.
    pub rest: bool,
}

/// What tools keep in a schema of their own under a name that others may use.
const OWN: &[(&str, &str)] =
    &[("graphile_migrate", "current"), ("graphile_migrate", "migrations"), ("supabase_migrations", "seed_files")];

/// The table that says of a schema that things were put aside in it, and its comment. Such a schema is no part of what the
/// migrations make.
pub const ASIDE: (&str, &str) =
    ("counterfoil_adoption", "what counterfoil squash has put aside, and the rows of the ledger at that moment");

/// What tools keep beside their ledgers: Rails, Knex and Kysely.
const BESIDE: &[&str] = &["ar_internal_metadata", "knex_migrations_lock", "kysely_migration_lock"];

/// The statement. Its rows are three texts: `kind`, `name` and `data`, a JSON object; one row, of kind `server`, tells of the
/// server. `ledgers` are tables of migration tools, which are no part of a schema: they are left out, with what belongs to
/// them, and so are those that tools make by default, those that have our columns, and a schema that holds nothing else.
///
/// It sets `search_path` for itself alone, and what else says how a value is written: `TimeZone`, `DateStyle` and the like.
pub fn query(ledgers: &[Table]) -> String {
    let own = OWN.iter().map(|(schema, name)| literal(schema, name));
    let own = own.chain(ledgers.iter().map(|ledger| literal(&ledger.schema, &ledger.name)));
    let list = format!("array[{}]", own.collect::<Vec<_>>().join(","));
    let usual = tree::set(Tool::tables().chain(BESIDE.iter().copied()));
    let usual = format!("array['{}']", usual.into_iter().collect::<Vec<_>>().join("','"));
    let ours = statements::COLUMNS.iter().map(|(name, ..)| *name);
    let ours = format!("array['{}']", ours.collect::<Vec<_>>().join("','"));
    let (record, comment) = ASIDE;
    let quoted = |text: &str| format!("'{text}'");
    include_str!("query.sql")
        .replace(DIGEST[0].0, DIGEST[0].1)
        .replace(DIGEST[1].0, DIGEST[1].1)
        .replacen(PLACE, &list, 1)
        .replacen(USUAL, &usual, 1)
        .replacen(OURS, &ours, 1)
        .replacen("/*record*/''", &quoted(record), 1)
        .replacen("/*its comment*/''", &quoted(comment), 1)
}

/// The same of a part of the schema. A relation that is not there, or not yet, has no facts.
pub fn query_of(ledgers: &[Table], scope: &Scope) -> String {
    let whole = query(ledgers);
    let names: Vec<String> =
        scope.relations.iter().map(|name| format!("pg_catalog.to_regclass({})", quote::literal(name))).collect();
    let these = format!("any (array[{}]::pg_catalog.oid[])", names.join(","));
    let choice = format!(
        "(c.oid = {these} or c.oid in (select i.indexrelid from pg_catalog.pg_index i where i.indrelid = {these}))"
    );
    let chosen = whole.replacen(CHOICE, &choice, 1);
    if scope.rest {
        return chosen;
    }
    let [before, after, between] = PARTS;
    let parts = chosen.split_once(before).and_then(|(head, rest)| Some((head, rest.split_once(after)?)));
    let Some((head, (facts, tail))) = parts else { return chosen };
    let is_of_relation = |part: &&str| {
        let begins = |begin: &&str| part.strip_prefix("select ").is_some_and(|rest| rest.starts_with(begin));
        OF_RELATIONS.iter().any(begins)
    };
    let facts: Vec<&str> = facts.split(between).filter(is_of_relation).collect();
    format!("{head}{before}{}{after}{tail}", facts.join(between))
}

/// A JSON array of both names, as a literal of SQL.
fn literal(schema: &str, table: &str) -> String {
    let json = serde_json::json!([schema, table]).to_string();
    format!("'{}'", json.replace('\'', "''"))
}
