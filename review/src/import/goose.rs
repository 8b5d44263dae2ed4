//! goose: `goose_db_version (id, version_id bigint, is_applied boolean, tstamp timestamp)`.
//!
//! Source: <https://github.com/pressly/goose>, `internal/dialects/postgres.go` (before 3.22
//! `internal/dialect/dialectquery/postgres.go`). Of a version the row with the latest `id` counts; going back deletes the
//! row, and in old releases added one with `is_applied = false`. Version 0 is the row that the table begins with. `tstamp`
//! is the default `now()` in the time of the tool's session. It keeps no checksum.

use super::importer::{Importer, Untold, by_number, numbered};
use counterfoil::ledger::Tool;

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::Goose,
    query: "select version_id::text as version, pg_catalog.to_char(tstamp::timestamptz at time zone 'UTC', \
            'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as at from (select distinct on (version_id) id, version_id, is_applied, \
            tstamp from {} order by version_id, id desc) g where is_applied and version_id > 0 order by id",
    read: numbered,
    keys: by_number,
    sums: None,
    untold: Untold::None,
    half: "",
};
