//! Hasura: `cli_state` of `hdb_catalog.hdb_version`, one row: `{"migrations": {"<database>": {"<version>": <dirty>}}}`.
//!
//! Source: <https://github.com/hasura/graphql-engine>, `cli/internal/statestore/statestore.go` (`CLIState`),
//! `cli/internal/statestore/migrations/catalogstate.go` and `server/src-rsr/initialise.sql`. The table is that of the
//! server's metadata, which may lie in another database than those that are migrated; each of them has its versions there
//! under its name. Of several all are read: a version is a moment in milliseconds, so that a file has one of them. `true`: it
//! has begun and not ended. No checksum, no time. Before `config: v2` the rows lay in `hdb_catalog.schema_migrations`,
//! a table of golang-migrate's form.

use super::importer::{Entry, Importer, Theirs, Untold, by_number, is};
use counterfoil::ledger::{TextRow, Tool};

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::Hasura,
    query: "select distinct m.key as version, m.value as dirty from {} t, \
            pg_catalog.jsonb_each(t.cli_state -> 'migrations') d, pg_catalog.jsonb_each_text(d.value) m order by m.key, m.value",
    read,
    keys: by_number,
    sums: None,
    untold: Untold::None,
    half: "see how much of it is in the database, mend that, and say so with `hasura migrate apply --skip-execution`",
};

fn read(rows: &[TextRow]) -> Theirs {
    let mut theirs = Theirs::default();
    for row in rows {
        let entry = Entry::numbered(row, "version");
        if is(row, "dirty") { theirs.half.push(entry) } else { theirs.applied.push(entry) }
    }
    theirs
}
