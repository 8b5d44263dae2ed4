//! Migrations that write to the ledger.

use super::{Found, Level, Rule, Subject};
use counterfoil::mention::Mention;
use counterfoil::sql::Act;

pub(super) const RULE: Rule = Rule {
    code: "ledger-written",
    level: Level::Warning,
    summary: "a migration creates the ledger's own table, or writes rows to it",
    why: "\
A baseline that was made with `pg_dump` holds the ledger's own `CREATE TABLE`, and often its rows. The ledger belongs to
what runs the migrations: rows that a migration writes say that something was applied which never was, and a table that it
creates may not be the one that the runner expects. A plain `CREATE TABLE` of it fails, since the ledger is there before the
first migration.

Leave these statements out: `pg_dump --exclude-table=schema_migrations`. Where the migrations keep a table of that name for
another purpose, name the ledger with the option `table`.",
    bad: &[
        "CREATE TABLE IF NOT EXISTS schema_migrations (version varchar(128) PRIMARY KEY);\n",
        "INSERT INTO public.schema_migrations (version) VALUES ('20260101120000');\n",
        "DELETE FROM schema_migrations WHERE version < '2026';\n",
    ],
    good: &["CREATE TABLE archive.schema_migrations (version text);\n", "SELECT count(*) FROM schema_migrations;\n"],
};

const WRITES: &[&str] = &["insert into", "delete from", "update", "truncate table?", "copy"];

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let table = subject.table;
    let is_ledger =
        |schema: Option<&String>, name: &str| name == table.name && schema.is_none_or(|schema| *schema == table.schema);
    for (statement, code) in subject.statements() {
        let writes = WRITES.iter().any(|pattern| {
            let mut cursor = subject.cursor(code);
            cursor.takes(pattern) && {
                cursor.takes("only");
                cursor.name().is_some_and(|(schema, name)| is_ledger(schema.as_ref(), &name))
            }
        });
        let empties =
            statement.tables.iter().any(|act| act.act == Act::Empty && is_ledger(act.schema.as_ref(), &act.table));
        // What the planner refuses (`ledger-touched`) is not said twice.
        let creates = statement.tables.iter().any(|act| {
            act.act == Act::Create
                && is_ledger(act.schema.as_ref(), &act.table)
                && counterfoil::plan::inspect::tolerates(subject.section, statement, act)
        });
        let what = match (creates, writes && !empties) {
            (true, _) => "creates",
            (_, true) => "writes to",
            _ => continue,
        };
        found.push(Found::new(
            RULE.code,
            statement.span,
            format!("the migration {what} the ledger's own table, {}", table.qualified()),
            "leave the statement out: what runs the migrations keeps it; if it is another table, name the ledger with the option `table`",
        ).with_option(Mention::named("table")));
    }
}
