//! node-pg-migrate: `pgmigrations (id serial primary key, name varchar(255), run_on timestamp)`, one row for each migration
//! that is applied.
//!
//! Source: <https://github.com/salsita/node-pg-migrate>, `src/runner.ts` (`ensureMigrationsTable`) and `src/migration.ts`
//! (`_getMarkAsRun`); the name is the file's without its ending. `run_on` is `NOW()` in the time of the tool's session. It
//! keeps no checksum.

use super::importer::{Importer, Untold, by_name, named};
use counterfoil::ledger::Tool;

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::NodePgMigrate,
    query: "select name::text as name, pg_catalog.to_char(run_on::timestamptz at time zone 'UTC', \
            'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as at from {} order by run_on, id",
    read: named,
    keys: by_name,
    sums: None,
    untold: Untold::None,
    half: "",
};
