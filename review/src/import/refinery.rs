//! refinery: `refinery_schema_history (version int4 or int8 primary key, name, applied_on, checksum varchar(255))`.
//!
//! Source: <https://github.com/rust-db/refinery>, `refinery_core/src/traits/mod.rs` (`ASSERT_MIGRATIONS_TABLE_QUERY`; int8 by
//! the feature `int8-versions`) and `refinery_core/src/runner.rs` (`Migration::checksum`). The checksum is SipHash-1-3
//! with a key of zeros over what Rust's `Hash` feeds it: name, version, text; a `str` is its bytes and 0xff, the version four
//! or eight bytes, little-endian. It is written as a decimal number. `applied_on` is RFC 3339.

use super::importer::{Entry, Importer, Sums, Theirs, Untold, by_number, text};
use super::time::utc;
use counterfoil::ledger::{TextRow, Tool};
use siphasher::sip::SipHasher13;
use std::hash::Hasher;

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::Refinery,
    query: "select version::text as version, name::text as name, applied_on::text as at, checksum::text as checksum \
            from {} t order by t.version",
    read,
    keys: by_number,
    sums: Some(Sums::Each(sums)),
    untold: Untold::None,
    half: "",
};

fn read(rows: &[TextRow]) -> Theirs {
    let entry = |row| Entry {
        name: text(row, "name"),
        applied_at: text(row, "at").and_then(|at| utc(&at)),
        sums: text(row, "checksum").into_iter().collect(),
        ..Entry::numbered(row, "version")
    };
    Theirs { applied: rows.iter().map(entry).collect(), ..Theirs::default() }
}

fn sums(entry: &Entry, text: &str) -> Vec<String> {
    let (Ok(version), Some(name)) = (entry.label.parse::<i64>(), &entry.name) else { return Vec::new() };
    let short = i32::try_from(version).ok().map(|version| sum(name, &version.to_le_bytes(), text));
    let sums = [short, Some(sum(name, &version.to_le_bytes(), text))];
    sums.into_iter().flatten().map(|sum| sum.to_string()).collect()
}

fn sum(name: &str, version: &[u8], text: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    for part in [name.as_bytes(), &[0xff], version, text.as_bytes(), &[0xff]] {
        hasher.write(part);
    }
    hasher.finish()
}
