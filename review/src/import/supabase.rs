//! The Supabase CLI: `supabase_migrations.schema_migrations (version text primary key, statements text[], name text)`, one
//! row for each migration that is applied.
//!
//! Source: <https://github.com/supabase/cli>, `pkg/migration/history.go` and `pkg/migration/file.go`. `statements` is the
//! text that ran, split into statements: what ran is known, and compared by its fingerprint. `supabase migration repair`
//! writes rows with the text of the file as it is then, and old releases wrote none. No time.

use super::importer::{Entry, Importer, Sums, Theirs, Untold, by_number, text};
use counterfoil::checksum::fingerprint;
use counterfoil::ledger::{TextRow, Tool};

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::Supabase,
    query: "select version::text as version, pg_catalog.to_jsonb(t) ->> 'name' as name, \
            pg_catalog.to_json(statements)::text as statements from {} t order by version collate \"C\"",
    read,
    keys: by_number,
    sums: Some(Sums::Each(|_, text| vec![fingerprint(&counterfoil::checksum::canonical(text))])),
    untold: Untold::None,
    half: "",
};

fn read(rows: &[TextRow]) -> Theirs {
    let entry = |row| {
        let statements: Vec<String> =
            text(row, "statements").and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
        // One may end in a comment, or have its semicolon: one more does not count.
        let ran = statements.iter().map(|one| format!("{one}\n;\n")).collect::<String>();
        let ran = Some(ran).filter(|ran| !ran.is_empty());
        let sums = ran.iter().map(|ran| fingerprint(ran)).collect();
        Entry { name: text(row, "name"), sums, ran, ..Entry::numbered(row, "version") }
    };
    Theirs { applied: rows.iter().map(entry).collect(), ..Theirs::default() }
}
