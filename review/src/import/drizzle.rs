//! Drizzle: `drizzle.__drizzle_migrations (id serial primary key, hash text, created_at bigint)`, since 1.0 with `name` and
//! `applied_at`.
//!
//! Source: <https://github.com/drizzle-team/drizzle-orm>, `drizzle-orm/src/pg-core/dialect.ts` (`migrate`),
//! `drizzle-orm/src/migrator.ts`, and of 1.0 `migrator.utils.ts` and `up-migrations/pg.ts`. `hash` is the SHA-256 of the
//! file, byte for byte, and never compared. `created_at` is the `when` of the journal; since 1.0 the moment that the
//! folder's name begins with, and rows of before are found by their second. Drizzle 0.x runs what is newer than the newest
//! row, so that a file that was merged late is skipped; but each that it has run has a row, and one that has none is
//! pending here. `applied_at` is null in rows that 1.0 found.

use super::importer::{Entry, Importer, Sums, Theirs, Untold, hex, names, text};
use super::set::{File, Set};
use super::time::seconds;
use counterfoil::ledger::{TextRow, Tool};
use counterfoil::version::leading_digits;
use sha2::{Digest, Sha256};

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::Drizzle,
    query: "select hash::text as hash, created_at::text as created, pg_catalog.to_jsonb(t) ->> 'name' as name, \
            pg_catalog.to_char((pg_catalog.to_jsonb(t) ->> 'applied_at')::timestamptz at time zone 'UTC', \
            'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as at from {} t order by id",
    read,
    keys,
    sums: Some(Sums::Each(|_, text| vec![sum(text)])),
    untold: Untold::None,
    half: "",
};

fn sum(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn read(rows: &[TextRow]) -> Theirs {
    let entry = |row| {
        let hash = text(row, "hash").unwrap_or_default();
        let name = text(row, "name");
        let mut keys: Vec<String> = name.iter().flat_map(|name| names(name)).collect();
        if let Some(created) = text(row, "created").and_then(|created| created.parse::<i64>().ok()) {
            keys.push(format!("when {created}"));
            keys.push(format!("second {}", created / 1000));
        }
        keys.push(format!("hash {hash}"));
        let label = name.unwrap_or_else(|| hash.clone());
        Entry { keys, label, applied_at: text(row, "at"), sums: vec![hash], ..Entry::default() }
    };
    Theirs { applied: rows.iter().map(entry).collect(), ..Theirs::default() }
}

fn keys(set: &Set<'_>, file: &File<'_>) -> Vec<String> {
    let mut keys = names(file.stem());
    match set.journal.get(file.version.as_str()) {
        Some(when) => keys.push(format!("when {when}")),
        None => keys.extend(second(file.stem()).map(|second| format!("second {second}"))),
    }
    keys.extend(file.text.map(|text| format!("hash {}", sum(text))));
    keys
}

/// The moment that a name begins with, `20260131120000`, in seconds since 1970.
fn second(name: &str) -> Option<i64> {
    let digits = leading_digits(name).get(..14)?;
    let part = |from: usize, to: usize| digits[from..to].parse::<i64>().ok();
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    Some(seconds(year, month, day, part(8, 10)? * 3_600 + part(10, 12)? * 60 + part(12, 14)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_begins_with_a_moment() {
        // date -u -d '2026-01-31 12:00:05' +%s
        assert_eq!(second("20260131120005_a"), Some(1_769_860_805));
        assert_eq!(second("19700101000000_a"), Some(0));
        assert_eq!(second("20240229000000"), Some(1_709_164_800));
        assert_eq!(second("2026_a"), None);
    }
}
