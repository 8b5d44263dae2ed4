//! `SET LOCAL` in a migration that runs step by step: what is set is gone with its step, and with its transaction.
//!
//! A tool that sends a migration as one message has made a transaction of it, whatever its marker says: `SET LOCAL`
//! reaches to the end, or to the next `COMMIT`. So it does here. A tool that sends one statement after another has every
//! one in a transaction of its own, where `SET LOCAL` has no effect but PostgreSQL's warning (25P01).

use super::{Finding, Inspected, Severity};
use crate::migration::{Convention, Section};
use crate::sql::{Control, Mode, Statement};

/// The code of the finding.
pub const CODE: &str = "set-local";

/// Whether the convention's own tool sends a migration without a transaction as one message.
///
/// | tool | where it sends it |
/// |---|---|
/// | dbmate | pkg/dbmate/db.go, `execMigration` |
/// | golang-migrate | database/postgres/postgres.go, `runStatement` |
/// | Prisma | schema-engine/connectors/sql-schema-connector, `apply_script` |
/// | sqlx | sqlx-postgres/src/migrate.rs, `execute_migration` |
/// | Supabase | pkg/migration/file.go, `ExecBatch`: one message after the other, and one transaction |
/// | Drizzle | drizzle-orm/src/pg-core/dialect.ts, `migrate`: one transaction around all |
/// | Diesel | diesel_migrations/src/file_based_migrations.rs, `batch_execute` |
/// | refinery | refinery_core/src/drivers/tokio_postgres.rs, `batch_execute` |
/// | node-pg-migrate | src/sqlMigration.ts: `pgm.sql` of all of it |
/// | graphile-migrate | src/migration.ts, `runStringMigration` |
///
/// goose (provider_run.go, `runSQL`), sql-migrate (migrate.go, `applyMigrations`), Flyway (`DefaultSqlScriptExecutor`), tern
/// (migrate/migrate.go) and Atlas (sql/migrate/migrate.go, `Execute`) send statement by statement; `plain` has no tool.
pub fn holds(convention: Convention) -> bool {
    !matches!(
        convention,
        Convention::Goose
            | Convention::SqlMigrate
            | Convention::Flyway
            | Convention::Tern
            | Convention::Atlas
            | Convention::Plain
    )
}

/// Whether a statement sets something until its transaction ends, and does nothing else.
pub fn is_local(statement: &Statement, text: &str) -> bool {
    let sql = statement.span.slice(text);
    statement.verb.starts_with("set local")
        || statement.verb == "select" && calls_set_config(sql) && lasts(sql).is_some()
}

/// Where the last argument of a call begins, if it is `true`.
fn lasts(sql: &str) -> Option<usize> {
    let at = sql.trim_end_matches([')', ' ']).len().checked_sub("true".len())?;
    sql.get(at..at + "true".len())?.eq_ignore_ascii_case("true").then_some(at)
}

/// `select set_config(…)`, qualified or not.
pub(crate) fn calls_set_config(sql: &str) -> bool {
    let rest = sql.get("select".len()..).unwrap_or("").trim_start().to_ascii_lowercase();
    rest.strip_prefix("pg_catalog.").unwrap_or(&rest).starts_with("set_config")
}

/// The statements of a section that are a step of their own and set something until their transaction ends; each with the
/// statement that would end it, if all were one message.
pub(crate) fn alone<'a>(section: &'a Section, inspected: &'a Inspected) -> impl Iterator<Item = (usize, usize)> + 'a {
    let all = &inspected.analysis.statements;
    let steps = if inspected.steps.mode == Mode::StatementWise { &inspected.steps.steps[..] } else { &[] };
    let single = steps.iter().filter(|step| step.statements.len() == 1).map(|step| step.statements.start);
    single.filter(|&at| is_local(&all[at], &section.text)).map(|at| {
        let end = all[at..].iter().position(|statement| statement.control == Some(Control::Commit));
        (at, end.map_or(all.len(), |end| at + end))
    })
}

/// Such a statement as one that lasts as long as the session.
pub(crate) fn for_session(statement: &Statement, text: &str) -> String {
    let sql = statement.span.slice(text);
    let lower = sql.to_ascii_lowercase();
    let (word, instead) = if statement.verb == "select" { ("true", "false") } else { ("local", "") };
    let at = if instead.is_empty() { lower.find(word) } else { lasts(sql) };
    at.map_or_else(|| sql.to_owned(), |at| [&sql[..at], instead, &sql[at + word.len()..]].concat())
}

/// The finding about the first of them, if there is one.
pub fn finding(section: &Section, inspected: &Inspected, convention: Convention) -> Option<Finding> {
    let (at, _) = alone(section, inspected).next()?;
    let at = section.location(inspected.analysis.statements[at].span.start);
    let finding = if holds(convention) {
        let message = "SET LOCAL holds for the steps after it: its own tool sends the migration as one message";
        Finding::new(CODE, Severity::Note, message)
    } else {
        let message = "SET LOCAL has no effect here: each statement is a transaction of its own";
        Finding::new(CODE, Severity::Warning, message)
            .with_help("write SET, or put it between BEGIN and COMMIT with what it is for")
    };
    Some(finding.with_location(at))
}
