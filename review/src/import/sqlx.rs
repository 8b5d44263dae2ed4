//! sqlx: `_sqlx_migrations (version bigint primary key, description, installed_on timestamptz, success boolean, checksum
//! bytea, execution_time bigint)`.
//!
//! Source: <https://github.com/launchbadge/sqlx>, `sqlx-postgres/src/migrate.rs` and `sqlx-core/src/migrate/migration.rs`.
//! The checksum is the SHA-384 of the file of the way up, byte for byte. `success = false`: it has begun, outside a
//! transaction, and not ended. `execution_time` counts nanoseconds; -1 is not known. `description` is the rest of the name
//! with blanks for underscores.

use super::importer::{Entry, Importer, Sums, Theirs, Untold, by_number, hex, is, text};
use counterfoil::ledger::{TextRow, Tool};
use sha2::{Digest, Sha384};

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::Sqlx,
    query: "select version::text as version, description::text as description, success::text as success, \
            pg_catalog.encode(checksum, 'hex') as checksum, (pg_catalog.to_jsonb(t) ->> 'execution_time') as took, \
            pg_catalog.to_char(installed_on at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as at \
            from {} t order by t.version",
    read,
    keys: by_number,
    sums: Some(Sums::Each(|_, text| vec![hex(&Sha384::digest(text.as_bytes()))])),
    untold: Untold::None,
    half: "see how much of it is in the database, and mend that",
};

fn read(rows: &[TextRow]) -> Theirs {
    let mut theirs = Theirs::default();
    for row in rows {
        let entry = Entry {
            name: text(row, "description").map(|description| description.replace(' ', "_")),
            applied_at: text(row, "at"),
            duration_ms: text(row, "took").and_then(|took| Some(took.parse::<u64>().ok()? / 1_000_000)),
            sums: text(row, "checksum").into_iter().collect(),
            ..Entry::numbered(row, "version")
        };
        if is(row, "success") { theirs.applied.push(entry) } else { theirs.half.push(entry) }
    }
    theirs
}
