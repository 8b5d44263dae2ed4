//! Prisma: `_prisma_migrations (id, checksum varchar(64), finished_at, migration_name, logs, rolled_back_at, started_at,
//! applied_steps_count)`, one row for each attempt.
//!
//! Source: <https://github.com/prisma/prisma-engines>, `schema-engine/connectors/sql-schema-connector/src/flavour/postgres.rs`
//! (`create_migrations_table`), `schema-engine/connectors/schema-connector/src/checksum.rs`, and
//! `schema-engine/commands/src/commands/diagnose_migration_history.rs`. A migration is applied if a row of its name has
//! finished and was not rolled back; one that has done neither has failed, and Prisma goes no further. The checksum is the
//! SHA-256 of `migration.sql`, in hex, in old releases without the zeros in front of each byte; Prisma tries both kinds of
//! line ends.

use super::importer::{Entry, Importer, Sums, Theirs, Untold, hex, is, names, text};
use super::set::{File, Set};
use counterfoil::ledger::{TextRow, Tool};
use sha2::{Digest, Sha256};

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::Prisma,
    query: "select migration_name::text as name, checksum::text as checksum, (finished_at is not null)::text as finished, \
            (rolled_back_at is not null)::text as rolled_back, pg_catalog.to_char(finished_at at time zone 'UTC', \
            'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as at from {} order by started_at, migration_name collate \"C\", \
            id collate \"C\"",
    read,
    keys,
    sums: Some(Sums::Each(|_, text| {
        let sum = Sha256::digest(text.as_bytes());
        vec![hex(&sum), sum.iter().map(|byte| format!("{byte:x}")).collect()]
    })),
    untold: Untold::None,
    half: "see how much of it is in the database, mend that, and say so with `prisma migrate resolve`",
};

fn read(rows: &[TextRow]) -> Theirs {
    let mut theirs = Theirs::default();
    for row in rows.iter().filter(|row| !is(row, "rolled_back")) {
        let label = text(row, "name").unwrap_or_default();
        let sum = text(row, "checksum");
        let list = if is(row, "finished") { &mut theirs.applied } else { &mut theirs.half };
        match list.iter_mut().find(|entry| entry.label == label) {
            Some(entry) => {
                entry.sums.extend(sum);
                entry.applied_at = text(row, "at");
            }
            None => list.push(Entry {
                keys: names(&label),
                label,
                applied_at: text(row, "at"),
                sums: sum.into_iter().collect(),
                ..Entry::default()
            }),
        }
    }
    theirs
}

fn keys(_: &Set<'_>, file: &File<'_>) -> Vec<String> {
    names(file.stem())
}
