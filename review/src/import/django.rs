//! Django: `django_migrations (id, app, name, applied timestamptz)`, one row for each migration of each app.
//!
//! Source: <https://github.com/django/django>, `django/db/migrations/recorder.py`. A migration is in Python, and no file in
//! SQL stands for it: its rows are taken over so that it is noticed when there are more, and which files have run has to be
//! said. Rows of what a squash replaced may remain.

use super::importer::{Entry, Importer, Theirs, Untold, text};
use counterfoil::ledger::{TextRow, Tool};

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::Django,
    query: "select app::text || '.' || name::text as version, pg_catalog.to_char(applied at time zone 'UTC', \
            'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as at from {} order by id",
    read,
    keys: |_, _| Vec::new(),
    sums: None,
    untold: Untold::All,
    half: "",
};

fn read(rows: &[TextRow]) -> Theirs {
    let mut theirs = Theirs::default();
    for row in rows {
        let entry = Entry { keys: Vec::new(), applied_at: text(row, "at"), ..Entry::numbered(row, "version") };
        if !theirs.applied.iter().any(|known: &Entry| known.label == entry.label) {
            theirs.applied.push(entry);
        }
    }
    theirs
}
