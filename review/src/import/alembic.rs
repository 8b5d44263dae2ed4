//! Alembic: `alembic_version (version_num varchar(32) primary key)`, one row for each head.
//!
//! Source: <https://github.com/sqlalchemy/alembic>, `alembic/runtime/migration.py`. A revision is in Python, and no file in
//! SQL stands for it: its heads are taken over so that it is noticed when they move, and which files have run has to be
//! said.

use super::importer::{Entry, Importer, Theirs, Untold};
use counterfoil::ledger::{TextRow, Tool};

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::Alembic,
    query: "select version_num::text as version from {} order by version_num collate \"C\"",
    read,
    keys: |_, _| Vec::new(),
    sums: None,
    untold: Untold::All,
    half: "",
};

fn read(rows: &[TextRow]) -> Theirs {
    let entry = |row| Entry { keys: Vec::new(), ..Entry::numbered(row, "version") };
    Theirs { applied: rows.iter().map(entry).collect(), ..Theirs::default() }
}
