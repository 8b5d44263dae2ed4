//! dbmate: `schema_migrations (version varchar(128) primary key)`, one row for each migration that is applied.
//!
//! Source: <https://github.com/amacneil/dbmate>, `pkg/driver/postgres/postgres.go` (`CreateMigrationsTable`,
//! `InsertMigration`); the version is the digits of the file's name, `pkg/dbmate/migration.go`. It keeps no checksum and no
//! time. Where its table has the name of ours it is ours, and nothing is taken over.

use super::importer::{Entry, Importer, Theirs, Untold, by_number};
use counterfoil::ledger::{TextRow, Tool};

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::Dbmate,
    query: "select version::text as version from {} order by version",
    read: rows,
    keys: by_number,
    sums: None,
    untold: Untold::None,
    half: "",
};

/// A row for each version that is applied.
pub(super) fn rows(rows: &[TextRow]) -> Theirs {
    Theirs { applied: rows.iter().map(|row| Entry::numbered(row, "version")).collect(), ..Theirs::default() }
}
