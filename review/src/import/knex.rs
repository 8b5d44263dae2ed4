//! Knex: `knex_migrations (id serial primary key, name varchar(255), batch integer, migration_time timestamptz)`, one row
//! for each migration that is applied, and `knex_migrations_lock`.
//!
//! Source: <https://github.com/knex/knex>, `lib/migrations/migrate/table-creator.js` and `Migrator.js`. The name is the
//! file's, with its ending. `is_locked = 1` while a run is at work. It keeps no checksum.

use super::importer::{Importer, Untold, by_name, named};
use counterfoil::ledger::Tool;

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::Knex,
    query: "select t.name::text as name, pg_catalog.to_char(t.migration_time at time zone 'UTC', \
            'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as at, {lock} as locked from {} t order by t.id",
    read: named,
    keys: by_name,
    sums: None,
    untold: Untold::None,
    half: "if no run is at work, `knex migrate:unlock` takes its lock away",
};
