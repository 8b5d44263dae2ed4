//! Kysely: `kysely_migration (name varchar(255) primary key, timestamp varchar(255))`, one row for each migration that is
//! applied, and `kysely_migration_lock`.
//!
//! Source: <https://github.com/kysely-org/kysely>, `src/migration/migrator.ts`. The name is what the provider calls the
//! migration: with `FileMigrationProvider` the file's without its ending. `timestamp` is `new Date().toISOString()`.
//! `is_locked = 1` while a run is at work. It keeps no checksum.

use super::importer::{Entry, Importer, Theirs, Untold, by_name, is, text};
use super::time::utc;
use counterfoil::ledger::{TextRow, Tool};

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::Kysely,
    query: "select t.name::text as name, t.timestamp::text as at, {lock} as locked from {} t order by t.name collate \"C\"",
    read,
    keys: by_name,
    sums: None,
    untold: Untold::None,
    half: "if no run is at work, set is_locked of its lock's table back to 0, as its documentation says",
};

fn read(rows: &[TextRow]) -> Theirs {
    let entry = |row| Entry { applied_at: text(row, "at").and_then(|at| utc(&at)), ..Entry::named(row, "name") };
    let locked = rows.iter().any(|row| is(row, "locked"));
    Theirs { applied: rows.iter().map(entry).collect(), locked, ..Theirs::default() }
}
