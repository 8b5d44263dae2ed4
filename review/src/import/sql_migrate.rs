//! sql-migrate: `gorp_migrations (id text primary key, applied_at timestamptz)`, one row for each migration that is applied.
//!
//! Source: <https://github.com/rubenv/sql-migrate>, `migrate.go` (`MigrationRecord`; `MigrationSet.TableName` names the
//! table otherwise). `id` is the file's whole name, with `.sql`. It keeps no checksum.

use super::importer::{Entry, Importer, Theirs, Untold, text};
use super::set::{File, Set};
use counterfoil::ledger::{TextRow, Tool};

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::SqlMigrate,
    query: "select id::text as id, pg_catalog.to_char(applied_at at time zone 'UTC', \
            'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as at from {} order by applied_at, id collate \"C\"",
    read,
    keys,
    sums: None,
    untold: Untold::None,
    half: "",
};

fn read(rows: &[TextRow]) -> Theirs {
    let entry = |row| {
        let label = text(row, "id").unwrap_or_default();
        Entry { keys: vec![label.clone()], label, applied_at: text(row, "at"), ..Entry::default() }
    };
    Theirs { applied: rows.iter().map(entry).collect(), ..Theirs::default() }
}

fn keys(_: &Set<'_>, file: &File<'_>) -> Vec<String> {
    vec![file.file_name().to_owned()]
}
