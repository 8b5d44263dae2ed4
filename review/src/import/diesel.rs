//! Diesel: `__diesel_schema_migrations (version varchar(50) primary key, run_on timestamp)`, one row for each migration
//! that is applied.
//!
//! Source: <https://github.com/diesel-rs/diesel>, `diesel/src/migration/setup_migration_table.sql`; the version is the
//! folder's name up to its first underscore, without dashes (`migrations_internals/src/lib.rs`,
//! `version_from_string`). `run_on` has the time of the tool's session. It keeps no checksum.

use super::importer::{Importer, Untold, number, numbered};
use super::set::{File, Set};
use counterfoil::ledger::Tool;

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::Diesel,
    query: "select version::text as version, pg_catalog.to_char(run_on::timestamptz at time zone 'UTC', \
            'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as at from {} t order by t.version collate \"C\"",
    read: numbered,
    keys,
    sums: None,
    untold: Untold::None,
    half: "",
};

fn keys(_: &Set<'_>, file: &File<'_>) -> Vec<String> {
    let version = file.version.as_str().split('_').next().unwrap_or_default().replace('-', "");
    vec![number(&version)]
}
