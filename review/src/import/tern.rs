//! tern: `schema_version (version int4)` without a primary key, one row: a counter.
//!
//! Source: <https://github.com/jackc/tern>, `migrate/migrate.go` (`ensureSchemaVersionTableExists`, `MigrateTo`). The table's
//! name is `public.schema_version` unless `tern.conf` gives another. The row is the number of the last migration that was
//! run, and 0 where none was. tern refuses a set in which a number is missing, but what lay below the number when it
//! was written nobody can tell from it. No checksum, no time.

use super::importer::{Entry, Importer, Theirs, Untold, by_number};
use counterfoil::ledger::{TextRow, Tool};

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::Tern,
    query: "select version::text as version from {} t order by t.version",
    read,
    keys: by_number,
    sums: None,
    untold: Untold::UpTo,
    half: "",
};

fn read(rows: &[TextRow]) -> Theirs {
    let mut theirs = Theirs::default();
    for entry in rows.iter().map(|row| Entry::numbered(row, "version")).filter(|entry| entry.label != "0") {
        theirs.up_to = Some(entry.label.clone());
        theirs.applied.push(entry);
    }
    theirs
}
