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

/// How many bytes are hashed on trial at most. Each file that was added below others, or run later than others above it, may
/// take one pass; behind an edited file none agrees.
const MOST: usize = 256 << 20;

/// The sums of some of the files, one for each way in which they may have lain there.
#[derive(Clone)]
struct Chain {
    sums: [(Lying, Sha256); LYING.len()],
    /// How many files have been passed, and which of them are left out.
    passed: usize,
    left_out: Vec<usize>,
}

impl Chain {
    fn new() -> Self {
        Chain { sums: LYING.map(|lying| (lying, Sha256::new())), passed: 0, left_out: Vec::new() }
    }

    fn add(&mut self, file: &File<'_>) {
        for (lying, hash) in &mut self.sums {
            *hash = with(std::mem::take(hash), file, *lying);
        }
    }

    fn agrees(&self, theirs: &str) -> bool {
        self.sums.iter().any(|(_, hash)| shown(hash.clone()) == theirs)
    }

    /// Goes on up to the last of these files, without those that are `left_out`, places in their order; from the first one
    /// again where others were left out before. How many bytes that has taken.
    fn go(&mut self, files: &[&File<'_>], left_out: Vec<usize>) -> usize {
        if left_out[..left_out.partition_point(|place| *place < self.passed)] != *self.left_out {
            *self = Chain::new();
        }
        let mut out = left_out.partition_point(|place| *place < self.passed);
        let mut bytes = 0;
        for (place, file) in files.iter().enumerate().skip(self.passed) {
            if left_out.get(out) == Some(&place) {
                out += 1;
            } else {
                self.add(file);
                bytes += file.text.map_or(0, str::len);
            }
        }
        (self.passed, self.left_out) = (files.len(), left_out);
        bytes
    }
}

/// What has become of each file since it was run.
fn compare(set: &Set<'_>, entries: &[Entry], found: &[Option<usize>]) -> Vec<Compared> {
    let mut entry_of = BTreeMap::new();
    entry_of.extend(entries.iter().zip(found).filter_map(|(entry, file)| Some(((*file)?, entry))));
    let mut order: Vec<usize> = (0..set.files.len()).filter(|&at| set.files[at].text.is_some()).collect();
    order.sort_by_key(|&at| set.files[at].file_name());
    let files: Vec<&File<'_>> = order.iter().map(|&at| &set.files[at]).collect();
    let mut times: Vec<_> = entries.iter().map(|entry| &entry.applied_at).collect();
    times.sort();
    let time = |entry: &Entry| times.partition_point(|time| **time < entry.applied_at);
    // When each of them was run. None: nobody knows that it was.
    let run: Vec<Option<usize>> = order.iter().map(|at| entry_of.get(at).map(|entry| time(entry))).collect();
    // Whether all that is known to have lain below agrees.
    let mut is_known = entries.iter().zip(found).all(|(_, file)| file.is_some_and(|at| set.files[at].text.is_some()));
    let mut compared = BTreeMap::new();
    let mut all = Chain::new();
    let mut trials = [Chain::new(), Chain::new()];
    let mut hashed = 0;
    for (place, at) in order.iter().enumerate() {
        all.go(&files[..=place], Vec::new());
        let Some((entry, theirs)) = entry_of.get(at).and_then(|entry| Some((entry, entry.sums.first()?))) else {
            continue;
        };
        let mut agrees = all.agrees(theirs);
        let own = time(entry);
        for (trial, without_unknown) in trials.iter_mut().zip([false, true]) {
            let is_out = |place: &usize| run[*place].map_or(without_unknown, |time| time > own);
            let left_out: Vec<usize> =
                if agrees || hashed > MOST { Vec::new() } else { (0..=place).filter(is_out).collect() };
            // Without any it is what was compared already.
            if !left_out.is_empty() {
                hashed += trial.go(&files[..=place], left_out);
                agrees = trial.agrees(theirs);
            }
        }
        let now = match agrees {
            true => Compared::Same,
            false if is_known => Compared::Differs(theirs.clone(), shown(all.sums[0].1.clone())),
            false => Compared::Unknown,
        };
        is_known &= agrees;
        compared.insert(*at, now);
    }
    found.iter().map(|file| file.and_then(|at| compared.remove(&at)).unwrap_or(Compared::Unknown)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil::version::{Identity, Version};

    /// What Atlas would have written of files that were run in this order, `at` being the second at which each was; then one
    /// of them is edited, or not.
    fn verdicts(count: usize, at: impl Fn(usize) -> usize, edited: Option<usize>) -> String {
        let names: Vec<String> = (0..count).map(|n| format!("{n:05}_m.sql")).collect();
        let versions: Vec<Version> = names.iter().map(|name| Version::new(&name[..5], Identity::Text)).collect();
        let text = |n: usize| format!("-- {}\nselect {n};\n", "x".repeat(1_000));
        let texts: Vec<String> = (0..count).map(text).collect();
        let mut entries = Vec::new();
        for own in 0..count {
            let mut hash = Sha256::new();
            // Where the first one was edited it makes no difference what the others say.
            for below in (0..=own).filter(|&below| edited != Some(0) && at(below) <= at(own)) {
                hash.update(&names[below]);
                hash.update(&texts[below]);
            }
            let sums = vec![Base64::encode_string(&hash.finalize())];
            entries.push(Entry { applied_at: Some(format!("{:08}", at(own))), sums, ..Entry::default() });
        }
        let now: Vec<String> =
            (0..count).map(|n| if edited == Some(n) { "edited".to_owned() } else { text(n) }).collect();
        let file = |n: usize| File {
            version: &versions[n],
            name: "m",
            path: &names[n],
            text: Some(&now[n]),
            migration: None,
            runs: true,
        };
        let set = Set { identity: Identity::Text, files: (0..count).map(file).collect(), journal: BTreeMap::default() };
        let found: Vec<Option<usize>> = (0..count).map(Some).collect();
        let word = |compared: &Compared| match compared {
            Compared::Same => 's',
            Compared::Unknown => '?',
            Compared::Differs(..) => 'd',
        };
        compare(&set, &entries, &found).iter().map(word).collect()
    }

    #[test]
    fn files_that_ran_later_than_others_above_them_agree() {
        assert_eq!(verdicts(9, |n| n, None), "s".repeat(9));
        // The second and the fifth were added last, one after the other; then in the other order.
        assert_eq!(verdicts(9, |n| if n == 1 || n == 4 { 100 + n } else { n }, None), "s".repeat(9));
        assert_eq!(verdicts(9, |n| if n == 1 || n == 4 { 100 - n } else { n }, None), "s".repeat(9));
        assert_eq!(verdicts(9, |n| 9 - n, None), "s".repeat(9));
        assert_eq!(verdicts(9, |n| if n == 1 { 100 } else { n }, Some(3)), "sssd?????");
    }

    /// With a pass over all files for each one it would never end.
    #[test]
    fn behind_an_edited_file_each_is_hashed_but_a_few_times() {
        assert_eq!(verdicts(4_000, |n| if n == 5 { 9_999 } else { n }, Some(0)), "d".to_owned() + &"?".repeat(3_999));
    }
}
