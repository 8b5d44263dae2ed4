//! Atlas: `atlas_schema_revisions`, one row for each version.
//!
//! Source: <https://github.com/ariga/atlas>, `cmd/atlas/internal/migrate/ent/schema/revision.go`, `sql/migrate/migrate.go`
//! (`Execute`, `Pending`, `RevisionType`), `sql/migrate/dir.go` (`NewHashFile`) and `cmd/atlas/internal/cmdapi/migrate.go`
//! (`migrateSetRun`). `type` is a set of bits: 1, a baseline, up to which all was taken for applied and nothing run; 2, run; 4,
//! declared applied by `atlas migrate set`. Of a row that was run and not declared, fewer `applied` than `total` statements or
//! an `error` mean that it has not come to its end. A version that begins with a dot is the table's own. `execution_time`
//! counts nanoseconds.
//!
//! `hash` is that of `atlas.sum` at the time: SHA-256 over name and text of each file of the folder, up to this one. So a
//! file that was added below it later, or is gone, changes it too: what was executed later, and what never was, is left out on
//! trial. Where it still differs, the file is to blame if those before it agree, and if not nobody can tell.

use super::importer::{Compared, Entry, Importer, Sums, Theirs, Untold, is, number, text};
use super::set::{File, Set};
use base64ct::{Base64, Encoding};
use counterfoil::checksum::canonical;
use counterfoil::ledger::{TextRow, Tool};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeMap;

pub(super) const IMPORTER: Importer = Importer {
    tool: Tool::Atlas,
    query: "select version::text as version, description::text as description, \
            (type = 1)::text as baseline, hash::text as hash, execution_time::text as took, \
            (type & 4 = 0 and (applied < total or coalesce(error, '') <> ''))::text as half, \
            pg_catalog.to_char(executed_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as at from {} \
            where version not like '.%' order by version collate \"C\"",
    read,
    keys: |_, file| keys(file.version.as_str()),
    sums: Some(Sums::Chained(compare)),
    untold: Untold::UpTo,
    half: "see how much of it is in the database, mend that, and say so with `atlas migrate set`",
};

fn read(rows: &[TextRow]) -> Theirs {
    let mut theirs = Theirs::default();
    for row in rows {
        let label = text(row, "version").unwrap_or_default();
        if is(row, "baseline") {
            theirs.up_to = Some(label);
            continue;
        }
        let hash = text(row, "hash").filter(|hash| !hash.is_empty());
        let entry = Entry {
            keys: keys(&label),
            label,
            name: text(row, "description").filter(|name| !name.is_empty()),
            applied_at: text(row, "at"),
            duration_ms: text(row, "took").and_then(|took| Some(took.parse::<u64>().ok()? / 1_000_000)),
            sums: hash.map(|hash| hash.trim_start_matches("h1:").to_owned()).into_iter().collect(),
            ..Entry::default()
        };
        if is(row, "half") { theirs.half.push(entry) } else { theirs.applied.push(entry) }
    }
    theirs
}

/// A version is text to Atlas; where it is a number the file may write it with other zeros.
fn keys(version: &str) -> Vec<String> {
    let is_number = version.bytes().all(|byte| byte.is_ascii_digit());
    vec![if is_number { number(version) } else { format!("version {version}") }]
}

/// The text of a file as it may have lain there.
type Lying = fn(&str) -> Cow<'_, str>;

/// As it is handed in, and with either end of lines.
const LYING: [Lying; 3] = [|text| text.into(), canonical, |text| canonical(text).replace('\n', "\r\n").into()];

/// A hash that goes on with this file.
fn with(hash: Sha256, file: &File<'_>, lying: Lying) -> Sha256 {
    hash.chain_update(file.file_name()).chain_update(lying(file.text.unwrap_or_default()).as_bytes())
}

fn shown(hash: Sha256) -> String {
    Base64::encode_string(&hash.finalize())
}

/// What has become of each file since it was run.
fn compare(set: &Set<'_>, entries: &[Entry], found: &[Option<usize>]) -> Vec<Compared> {
    let mut entry_of = BTreeMap::new();
    entry_of.extend(entries.iter().zip(found).filter_map(|(entry, file)| Some(((*file)?, entry))));
    let mut files: Vec<usize> = (0..set.files.len()).filter(|&at| set.files[at].text.is_some()).collect();
    files.sort_by_key(|&at| set.files[at].file_name());
    // Whether all that is known to have lain below agrees.
    let mut is_known = entries.iter().zip(found).all(|(_, file)| file.is_some_and(|at| set.files[at].text.is_some()));
    let mut compared = BTreeMap::new();
    let mut so_far = LYING.map(|lying| (lying, Sha256::new()));
    for (place, at) in files.iter().enumerate() {
        so_far = so_far.map(|(lying, hash)| (lying, with(hash, &set.files[*at], lying)));
        let Some((entry, theirs)) = entry_of.get(at).and_then(|entry| Some((entry, entry.sums.first()?))) else {
            continue;
        };
        let is_later = |at: &usize| entry_of.get(at).is_some_and(|other| other.applied_at > entry.applied_at);
        let agrees_without = |left_out: &dyn Fn(&usize) -> bool| {
            let lay = || files[..=place].iter().filter(|at| !left_out(at)).map(|&at| &set.files[at]);
            LYING.iter().any(|&lying| shown(lay().fold(Sha256::new(), |hash, file| with(hash, file, lying))) == *theirs)
        };
        let agrees = so_far.iter().any(|(_, hash)| shown(hash.clone()) == *theirs)
            || agrees_without(&is_later)
            || agrees_without(&|at| is_later(at) || !entry_of.contains_key(at));
        let now = match agrees {
            true => Compared::Same,
            false if is_known => Compared::Differs(theirs.clone(), shown(so_far[0].1.clone())),
            false => Compared::Unknown,
        };
        is_known &= agrees;
        compared.insert(*at, now);
    }
    found.iter().map(|file| file.and_then(|at| compared.remove(&at)).unwrap_or(Compared::Unknown)).collect()
}
