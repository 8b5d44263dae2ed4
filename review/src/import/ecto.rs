//! Ecto: `schema_migrations (version bigint primary key, inserted_at timestamp(0))`, one row for each migration that is
//! applied.
//!
//! Source: <https://github.com/elixir-ecto/ecto_sql>, `lib/ecto/migration/schema_migration.ex`. `inserted_at` is
//! `NaiveDateTime.utc_now()`. It keeps no checksum.

use super::importer::{Importer, Untold, by_number, numbered};
use counterfoil::ledger::Tool;

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::Ecto,
    query: "select version::text as version, \
            pg_catalog.to_char(inserted_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as at from {} t order by t.version",
    read: numbered,
    keys: by_number,
    sums: None,
    untold: Untold::None,
    half: "",
};
