//! Baselines: what each one replaces, and what that means for the database at hand.

use super::matching::{Fit, Matching};
use crate::ledger::{Lease, State};
use crate::migration::Replaced;
use crate::ordered::Lookup;
use crate::version::Version;

/// What is to be done about a baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has a row of its own.
    Present,
    /// Nothing of what it replaces is there: it is run.
    Fresh,
    /// All of it is there, or will be: it is recorded.
    Adopt {
        /// Rows to mark, by index.
        rows: Vec<usize>,
        /// Replaced migrations whose files are at hand and that come before it: they are run, or
        /// are baselines that are adopted themselves.
        first: Vec<usize>,
    },
    /// A part is there, and the rest has no file.
    Partial {
        /// Versions that are not there and have no file with that checksum.
        missing: Vec<String>,
        /// Versions that ran with another content.
        different: Vec<String>,
    },
    /// Its own version is taken by something else, it is a duplicate, or the plan does not go as far as it or as what has to be
    /// run first: it stands for nothing.
    Blocked,
}

/// All baselines of a catalog.
pub(super) struct Squash<'a> {
    /// By file. Only those with a `replaces` list; empty if there is none.
    standing: Vec<Option<Standing>>,
    /// Baselines in an order in which one that is replaced by another comes first.
    pub(super) order: Vec<usize>,
    /// Replaced version -> the baselines that list it, whatever their standing, in `order`.
    pub(super) listed: Lookup<&'a Version, usize>,
    /// By file: whether it is a baseline to be adopted that need not be, since another one that is
    /// there replaces it.
    covered: Vec<bool>,
}

impl Squash<'_> {
    /// What is to be done about a file, if it is a baseline.
    pub(super) fn standing(&self, file: usize) -> Option<&Standing> {
        self.standing.get(file)?.as_ref()
    }

    /// The baseline that stands for a replaced version: the first that is there, is run or is adopted.
    pub(super) fn stands_for(&self, version: &Version) -> Option<usize> {
        let stands =
            |standing: &Standing| matches!(standing, Standing::Present | Standing::Fresh | Standing::Adopt { .. });
        self.listed.all(&version).copied().find(|&baseline| self.standing(baseline).is_some_and(stands))
    }

    /// The baseline that stands for a version, and whether it is still to be adopted.
    pub(super) fn baseline_of(&self, version: &Version) -> Option<(usize, bool)> {
        let baseline = self.stands_for(version)?;
        let adopts = matches!(self.standing(baseline), Some(Standing::Adopt { .. }));
        Some((baseline, adopts && !self.covered[baseline]))
    }
}

/// What one entry of a `replaces` list finds.
enum Entry {
    /// A row that is applied.
    There(usize),
    /// Nothing has to be there, or it will be without anybody's doing.
    Covered,
    /// Somebody is running it right now.
    Underway,
    /// It is not there; its file is.
    AtHand(usize),
    /// An inner baseline that is adopted first.
    Adopted(usize),
    /// It is there with another content.
    Different,
    /// It is not there, and there is no file of that content.
    Missing,
    /// It is there in part, and cannot be completed.
    Stuck,
}

/// Judges every baseline. `resumes(file)` tells whether the running row of a file can go on. One that comes after the
/// first `end` files is not there yet: what it replaces is migrated as if there were none.
pub(super) fn squash<'a>(matching: &Matching<'a>, end: usize, resumes: &mut dyn FnMut(usize) -> bool) -> Squash<'a> {
    let baselines: Vec<usize> = (0..matching.files.len()).filter(|&file| is_baseline(matching, file)).collect();
    let files = if baselines.is_empty() { 0 } else { matching.files.len() };
    let order = inner_first(matching, &baselines);
    let mut listed = Vec::new();
    for &baseline in &order {
        listed.extend(replaced(matching, baseline).map(|replaced| (&replaced.version, baseline)));
    }
    let mut squash =
        Squash { standing: vec![None; files], order, listed: Lookup::new(listed), covered: vec![false; files] };
    for baseline in squash.order.clone() {
        squash.standing[baseline] = Some(judge(matching, &squash, baseline, end, resumes));
    }
    for baseline in squash.order.clone().into_iter().rev() {
        if let Some((_, false)) = squash.baseline_of(&matching.files[baseline].version) {
            squash.covered[baseline] = true;
        }
    }
    squash
}

fn is_baseline(matching: &Matching<'_>, file: usize) -> bool {
    replaced(matching, file).next().is_some()
}

/// What a baseline replaces. A baseline cannot replace its own version: such an entry is ignored.
fn replaced<'a>(matching: &Matching<'a>, baseline: usize) -> impl Iterator<Item = &'a Replaced> + use<'a> {
    let file = &matching.files[baseline];
    file.replaces.iter().filter(move |replaced| replaced.version != file.version)
}

/// Orders baselines so that one that another replaces comes before it. Circles come last, in
/// catalog order.
fn inner_first(matching: &Matching<'_>, baselines: &[usize]) -> Vec<usize> {
    // By file: the baselines that replace it, and how many it replaces that are not in order yet.
    let mut outer = vec![Vec::new(); matching.files.len()];
    let mut waiting = vec![0; matching.files.len()];
    for &baseline in baselines {
        for replaced in replaced(matching, baseline) {
            if let &[inner] = matching.files_at(&replaced.version)
                && is_baseline(matching, inner)
            {
                outer[inner].push(baseline);
                waiting[baseline] += 1;
            }
        }
    }
    let mut order: Vec<usize> = baselines.iter().copied().filter(|&file| waiting[file] == 0).collect();
    let mut next = 0;
    while next < order.len() {
        for &baseline in &outer[order[next]] {
            waiting[baseline] -= 1;
            if waiting[baseline] == 0 {
                order.push(baseline);
            }
        }
        next += 1;
    }
    order.extend(baselines.iter().filter(|&&file| waiting[file] > 0));
    order
}

fn judge(
    matching: &Matching<'_>,
    squash: &Squash<'_>,
    baseline: usize,
    end: usize,
    resumes: &mut dyn FnMut(usize) -> bool,
) -> Standing {
    match matching.fit[baseline] {
        Fit::None if baseline >= end => return Standing::Blocked,
        Fit::None => {}
        Fit::Collision | Fit::Duplicate => return Standing::Blocked,
        _ => return Standing::Present,
    }
    let (mut rows, mut first, mut missing, mut different) = (vec![], vec![], vec![], vec![]);
    let mut some = false;
    for replaced in replaced(matching, baseline) {
        let text = || replaced.version.as_str().to_owned();
        match entry(matching, squash, replaced, resumes) {
            Entry::There(row) => rows.push(row),
            Entry::Covered => continue,
            Entry::Underway => {}
            Entry::Adopted(file) => first.push(file),
            Entry::AtHand(file) => {
                first.push(file);
                // A stopped migration is there in part.
                some |= matching.row_of[file].is_some();
                continue;
            }
            Entry::Different => different.push(text()),
            Entry::Stuck => missing.push(text()),
            Entry::Missing => {
                missing.push(text());
                continue;
            }
        }
        some = true;
    }
    if !some {
        Standing::Fresh
    } else if missing.is_empty() && different.is_empty() {
        if first.iter().any(|&file| file >= end) {
            return Standing::Blocked;
        }
        Standing::Adopt { rows, first }
    } else {
        Standing::Partial { missing, different }
    }
}

fn entry(
    matching: &Matching<'_>,
    squash: &Squash<'_>,
    replaced: &Replaced,
    resumes: &mut dyn FnMut(usize) -> bool,
) -> Entry {
    let files = matching.files_at(&replaced.version);
    let at_hand = match files {
        [file] if matching.files[*file].checksum == replaced.checksum => Some(*file),
        _ => None,
    };
    if let Some(row) = row(matching, files, replaced) {
        let r = matching.rows[row];
        return match (r.state, r.lease) {
            (State::Applied, _) if r.checksum.as_ref().is_none_or(|checksum| *checksum == replaced.checksum) => {
                Entry::There(row)
            }
            (State::Applied, _) => Entry::Different,
            (_, Lease::Alive) => Entry::Underway,
            _ => at_hand.filter(|&file| resumes(file)).map_or(Entry::Stuck, Entry::AtHand),
        };
    }
    // An inner baseline may already stand for it.
    if squash.stands_for(&replaced.version).is_some() {
        return Entry::Covered;
    }
    match at_hand {
        Some(file) => match squash.standing(file) {
            Some(Standing::Adopt { .. }) => Entry::Adopted(file),
            Some(Standing::Partial { .. }) => Entry::Stuck,
            _ => Entry::AtHand(file),
        },
        None => Entry::Missing,
    }
}

/// The row of a replaced version: what the version's file has, else what the ledger has under it.
fn row(matching: &Matching<'_>, files: &[usize], replaced: &Replaced) -> Option<usize> {
    if let Some(row) = files.iter().find_map(|&file| matching.row_of[file]) {
        return Some(row);
    }
    // A row that is re-keyed to another version is not this one's any more.
    let mut rows = matching.rows_at(&replaced.version).filter(|&row| matching.file_of[row].is_none());
    let first = rows.clone().next();
    rows.find(|&row| matching.rows[row].checksum.as_ref().is_none_or(|checksum| *checksum == replaced.checksum))
        .or(first)
}
