//! Rails (Active Record): `schema_migrations (version varchar primary key)`, one row for each migration that is applied.
//!
//! Source: <https://github.com/rails/rails>, `activerecord/lib/active_record/schema_migration.rb` and `migration.rb`; the
//! version is the digits of the file's name. It keeps no checksum and no time.

use super::importer::{Importer, Untold, by_number};
use counterfoil::ledger::Tool;

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::Rails,
    query: "select version::text as version from {} order by version",
    read: super::dbmate::rows,
    keys: by_number,
    sums: None,
    untold: Untold::None,
    half: "",
};
