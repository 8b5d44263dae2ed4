//! golang-migrate: `schema_migrations (version bigint primary key, dirty boolean)`, one row: a counter.
//!
//! Source: <https://github.com/golang-migrate/migrate>, `database/postgres/postgres.go` (`SetVersion`, `Version`) and
//! `database/driver.go` (`NilVersion`, -1: nothing is applied). The row says which version was run last, and nothing of
//! what lies below: a file that was merged later is skipped in silence. `dirty`: it has begun and not ended. No checksum,
//! no time.

use super::importer::{Entry, Importer, Theirs, Untold, by_number, is};
use counterfoil::ledger::{TextRow, Tool};

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::GolangMigrate,
    query: "select version::text as version, dirty::text as dirty from {} t order by t.version",
    read,
    keys: by_number,
    sums: None,
    untold: Untold::UpTo,
    half: "see how much of it is in the database, mend that, and say so with `migrate force`",
};

fn read(rows: &[TextRow]) -> Theirs {
    let mut theirs = Theirs::default();
    for row in rows {
        let entry = Entry::numbered(row, "version");
        if entry.label.starts_with('-') {
            continue;
        }
        theirs.up_to = Some(entry.label.clone());
        if is(row, "dirty") { theirs.half.push(entry) } else { theirs.applied.push(entry) }
    }
    theirs
}
