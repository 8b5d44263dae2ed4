//! graphile-migrate: `graphile_migrate.migrations (hash text primary key, previous_hash, filename, date timestamptz)`, one
//! row for each migration that was committed and is applied.
//!
//! Source: <https://github.com/graphile/migrate>, `src/migration.ts` (`_migrateMigrationSchema`, `parseMigrationText`,
//! `runCommittedMigration`) and `src/hash.ts`. `filename` is the number with `.sql`, whatever message the file's name has.
//! The hash is `sha1:` and the SHA-1 of the hash before, a line end and the body, trimmed and with a line end; the body is
//! what stands below the header's lines, `--! Name: value`. With `--! AllowInvalidHash` it is what the header says, and
//! proves nothing.

use super::importer::{Entry, Importer, Sums, Theirs, Untold, by_number, hex, number, text};
use counterfoil::ledger::{TextRow, Tool};
use counterfoil::version::leading_digits;
use sha1::{Digest, Sha1};

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::GraphileMigrate,
    query: "select filename::text as name, hash::text as hash, previous_hash::text as before, \
            pg_catalog.to_char(date at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as at from {} \
            order by filename collate \"C\"",
    read,
    keys: by_number,
    sums: Some(Sums::Each(sums)),
    untold: Untold::None,
    half: "",
};

fn read(rows: &[TextRow]) -> Theirs {
    let entry = |row| {
        let label = text(row, "name").unwrap_or_default();
        Entry {
            keys: vec![number(leading_digits(&label))],
            label,
            applied_at: text(row, "at"),
            sums: text(row, "hash").into_iter().collect(),
            before: text(row, "before"),
            ..Entry::default()
        }
    };
    Theirs { applied: rows.iter().map(entry).collect(), ..Theirs::default() }
}

/// A line of the header: its name, and what it says.
fn header(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("--! ")?;
    let (name, value) = rest.split_once(':').unwrap_or((rest, ""));
    let is_name = name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_name && !value.contains('\r')).then_some((name, value.trim()))
}

fn headers(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('\n').map_while(header)
}

/// Where the header says that the hash may be another, its own tool takes the header's word for it.
fn sums(entry: &Entry, text: &str) -> Vec<String> {
    let exempt = headers(text).any(|(name, _)| name == "AllowInvalidHash");
    let said = headers(text).find(|(name, _)| exempt && *name == "Hash").map(|(_, value)| value.to_owned());
    [chained(entry.before.as_deref(), text)].into_iter().chain(said).collect()
}

fn chained(before: Option<&str>, text: &str) -> String {
    let length: usize = text.split('\n').map_while(|line| header(line).map(|_| line.len() + 1)).sum();
    let body = trim(text.get(length..).unwrap_or_default());
    let all = format!("{}\n{body}", before.unwrap_or_default());
    format!("sha1:{}", hex(&Sha1::digest(format!("{}\n", trim(&all)))))
}

/// `trim` of JavaScript, to which a byte order mark is white space and U+0085 is none.
fn trim(text: &str) -> &str {
    text.trim_matches(|letter: char| letter == '\u{feff}' || (letter.is_whitespace() && letter != '\u{85}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_chained_as_graphile_migrate_chains_it() {
        // What graphile-migrate 1.4.1 wrote.
        let first = "--! Previous: -\n--! Hash: sha1:b19b\n\ncreate table if not exists a(id int);\n";
        let hash = chained(None, first);
        assert!(hash.starts_with("sha1:b19b7f9b") && hash.ends_with("086dea"), "{hash}");
        let second = chained(Some(&hash), "--! Previous: x\n--! Hash: y\n\ncreate table if not exists b(id int);\n");
        assert!(second.starts_with("sha1:1282e916") && second.ends_with("b884e2"), "{second}");
    }
}
