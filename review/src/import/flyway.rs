//! Flyway: `flyway_schema_history`, in order of `installed_rank`: a history, of which the last row of each migration counts.
//!
//! Source: <https://github.com/flyway/flyway>, `flyway-database-postgresql/…/PostgreSQLDatabase.java`
//! (`getRawCreateScript`), `flyway-core/…/internal/resolver/ChecksumCalculator.java`, `…/api/CoreMigrationType.java`,
//! `…/internal/info/MigrationInfoImpl.java`. A row without a version is of a repeatable migration, which its description
//! tells, and runs again when its checksum differs. `UNDO_…` took a version back, `DELETE` is what `repair` leaves of a
//! file that is gone, `SCHEMA` is no migration. `BASELINE`: all up to its version was taken for applied, and nothing of it
//! was run. The checksum is the CRC32 of all lines without their ends and without a byte order mark, as a signed number.
//! `installed_on` is the default `now()` in the time of the tool's session.

use super::importer::{Entry, Importer, Sums, Theirs, Untold, by_number, is, number, text};
use super::set::{File, Set};
use counterfoil::ledger::{TextRow, Tool};
use std::collections::BTreeMap;

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::Flyway,
    query: "select version::text as version, description::text as description, type::text as type, \
            script::text as script, checksum::text as checksum, success::text as success, \
            execution_time::text as took, pg_catalog.to_char(installed_on::timestamptz at time zone 'UTC', \
            'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as at from {} order by installed_rank",
    read,
    keys,
    sums: Some(Sums::Each(|_, text| vec![checksum(text).to_string()])),
    untold: Untold::UpTo,
    half: "see how much of it is in the database, mend that, and run `flyway repair`",
};

fn read(rows: &[TextRow]) -> Theirs {
    let mut theirs = Theirs::default();
    let mut last: BTreeMap<String, &TextRow> = BTreeMap::new();
    let mut order = Vec::new();
    for row in rows {
        let kind = text(row, "type").unwrap_or_default();
        match (kind.as_str(), text(row, "version")) {
            ("SCHEMA", _) => {}
            ("BASELINE" | "SQL_BASELINE", Some(version)) if is(row, "success") => theirs.up_to = Some(version),
            (_, version) => {
                let key = version.map_or_else(
                    || format!("R {}", text(row, "description").unwrap_or_default()),
                    |version| dotted(&version),
                );
                order.retain(|known| *known != key);
                order.push(key.clone());
                last.insert(key, row);
            }
        }
    }
    for key in order {
        let row = last[&key];
        let kind = text(row, "type").unwrap_or_default();
        if kind == "DELETE" || kind.starts_with("UNDO") {
            continue;
        }
        let version = text(row, "version");
        let entry = Entry {
            label: version.clone().or_else(|| text(row, "script")).unwrap_or_default(),
            keys: vec![key],
            name: text(row, "description"),
            applied_at: text(row, "at"),
            duration_ms: text(row, "took").and_then(|took| took.parse().ok()),
            sums: text(row, "checksum").into_iter().collect(),
            ..Entry::default()
        };
        if is(row, "success") { theirs.applied.push(entry) } else { theirs.half.push(entry) }
    }
    theirs
}

fn keys(set: &Set<'_>, file: &File<'_>) -> Vec<String> {
    if file.repeatable() {
        return vec![format!("R {}", file.name.replace('_', " "))];
    }
    let version = file.version.as_str();
    if version.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())) {
        return vec![dotted(version)];
    }
    by_number(set, file)
}

/// A version, its parts without zeros in front; parts that are zero at its end do not count.
fn dotted(version: &str) -> String {
    let mut parts: Vec<&str> = version.split('.').map(|part| part.trim_start_matches('0')).collect();
    while parts.len() > 1 && parts.last().is_some_and(|part| part.is_empty()) {
        parts.pop();
    }
    match parts[..] {
        [one] => number(one),
        _ => parts.join("."),
    }
}

/// The CRC32 of the lines, as Java has it: a signed number.
fn checksum(text: &str) -> i32 {
    let mut hasher = crc32fast::Hasher::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for line in text.split(['\n', '\r']) {
        hasher.update(line.as_bytes());
    }
    hasher.finalize().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_lines() {
        // python3 -c 'import zlib; print(zlib.crc32(b"create table a (id int);"))', less 2^32 where it is from 2^31 on.
        assert_eq!(checksum("create table a (id int);\n"), checksum("\u{feff}create table\r a (id int);\r\n"));
        assert_eq!(checksum("123456789"), 0xcbf4_3926_u32.cast_signed());
        assert_eq!(checksum("12345\n6789\r\n"), 0xcbf4_3926_u32.cast_signed());
    }

    #[test]
    fn versions_are_compared_part_by_part() {
        assert_eq!(dotted("1.0"), dotted("01"));
        assert_eq!(dotted("1.02.0"), dotted("1.2"));
        assert_ne!(dotted("1.1"), dotted("11"));
        assert_eq!(dotted("0"), number("0"));
    }
}
