//! Which row belongs to which file: by version, and where a file was renumbered, by content.

use crate::ledger::{Row, State};
use crate::migration::{Catalog, Migration};
use crate::ordered::{self, Lookup};
use crate::version::{Identity, Version};

/// How the row at a file's version fits the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// There is no row.
    None,
    /// Same checksum, and no other name.
    Same,
    /// Same checksum, other name.
    Renamed,
    /// No checksum on record, and no other name.
    Unverified,
    /// Other checksum, and no other name.
    Edited,
    /// Other name, and the content is not the same as far as the ledger tells.
    Collision,
    /// The row was written under another version; it is re-keyed.
    Renumbered,
    /// Other files have the same version.
    Duplicate,
}

/// Files and rows, joined.
pub(super) struct Matching<'a> {
    pub(super) files: &'a [Migration],
    /// The rows by version, then by what they hold: the order does not depend on the input's.
    pub(super) rows: Vec<&'a Row>,
    /// The version of each of `rows`.
    pub(super) versions: Vec<Version>,
    pub(super) identity: Identity,
    /// Files by version, then by their place in the catalog.
    by_version: Vec<usize>,
    /// For each file, how the row in `row_of` fits.
    pub(super) fit: Vec<Fit>,
    /// For each file, its row.
    pub(super) row_of: Vec<Option<usize>>,
    /// For each row, its file.
    pub(super) file_of: Vec<Option<usize>>,
    /// Rows and the files that they are re-keyed to, in an order in which no two rows ever have
    /// one version.
    pub(super) renumbered: Vec<(usize, usize)>,
}

/// Rows and files of one content.
struct Group {
    /// Rows that are not surely their file's.
    rows: Vec<usize>,
    /// Files that are free to take one of them.
    files: Vec<usize>,
    /// How many rows and files have that content in all.
    all: usize,
}

impl<'a> Matching<'a> {
    /// Joins files and rows in `O(n log n)`.
    pub(super) fn new(catalog: &'a Catalog, ledger_rows: &'a [Row]) -> Self {
        let files = &catalog.migrations;
        let identity = catalog.convention.identity();
        let mut sorted: Vec<(Version, &Row)> =
            ledger_rows.iter().map(|row| (Version::new(row.version.as_str(), identity), row)).collect();
        crate::ordered::sort_by(&mut sorted, |(a, x), (b, y)| a.cmp(b).then_with(|| order(x).cmp(&order(y))));
        let (versions, rows): (Vec<Version>, Vec<&Row>) = sorted.into_iter().unzip();
        let mut by_version: Vec<usize> = (0..files.len()).collect();
        crate::ordered::sort_by(&mut by_version, |&a, &b| files[a].version.cmp(&files[b].version).then(a.cmp(&b)));
        let mut matching = Matching {
            files,
            identity,
            by_version,
            fit: vec![Fit::None; files.len()],
            row_of: vec![None; files.len()],
            file_of: vec![None; rows.len()],
            rows,
            versions,
            renumbered: Vec::new(),
        };
        matching.join();
        matching.find_renumbered();
        matching
    }

    /// The files of one version, in catalog order.
    pub(super) fn files_at(&self, version: &Version) -> &[usize] {
        let start = self.by_version.partition_point(|&file| self.files[file].version < *version);
        let len = self.by_version[start..].partition_point(|&file| self.files[file].version == *version);
        &self.by_version[start..start + len]
    }

    /// The files of each version, in catalog order.
    pub(super) fn groups(&self) -> impl Iterator<Item = &[usize]> {
        self.by_version.chunk_by(|&a, &b| self.files[a].version == self.files[b].version)
    }

    /// The rows of one version.
    pub(super) fn rows_at(&self, version: &Version) -> std::ops::Range<usize> {
        let start = self.versions.partition_point(|row| row < version);
        let len = self.versions[start..].partition_point(|row| row == version);
        start..start + len
    }

    /// Whether a row's version has the form that the convention gives to versions.
    pub(super) fn is_version(&self, row: usize) -> bool {
        !matches!(self.identity, Identity::Digits | Identity::Dotted) || !self.versions[row].is_name()
    }

    fn join(&mut self) {
        let mut from = 0;
        while from < self.by_version.len() {
            let group = self.files_at(&self.files[self.by_version[from]].version).to_vec();
            from += group.len();
            let rows = self.rows_at(&self.files[group[0]].version);
            let Some((row, file)) = self.best(rows, &group) else {
                if group.len() > 1 {
                    group.iter().for_each(|&file| self.fit[file] = Fit::Duplicate);
                }
                continue;
            };
            self.row_of[file] = Some(row);
            self.file_of[row] = Some(file);
            if group.len() > 1 {
                group.iter().for_each(|&file| self.fit[file] = Fit::Duplicate);
            } else {
                self.fit[file] = fit(&self.files[file], self.rows[row]);
            }
        }
    }

    /// The row and the file of one version that belong together most. The primary key allows two
    /// rows of one version only if they write it differently (`001` and `1`).
    fn best(&self, rows: impl Iterator<Item = usize>, group: &[usize]) -> Option<(usize, usize)> {
        // By what a row may have in common with a file; best first. A file that is alone at its
        // version needs no looking up.
        let alike = |checksum, name, text| {
            [7, 6, 5, 4, 3, 2, 1].map(|has: u8| {
                let part = |bit: u8, value: Option<&'a str>| value.filter(|_| has & bit != 0);
                [part(4, checksum), part(2, name), part(1, text)]
            })
        };
        let mut known: Vec<([Option<&str>; 3], usize)> = Vec::new();
        for &file in if group.len() > 1 { group } else { &[] } {
            let f = &self.files[file];
            let keys = alike(Some(&f.checksum), Some(&f.name), Some(f.version.as_str()));
            known.extend(keys.map(|key| (key, file)));
        }
        let order = ordered::order(known.len(), &mut |a, b| known[a].0.cmp(&known[b].0));
        let mut best: Option<((bool, bool, bool), usize, usize)> = None;
        for row in rows {
            let r = self.rows[row];
            let (checksum, name) = (r.checksum.as_deref(), r.name.as_deref());
            let keys = alike(checksum, name, Some(r.version.as_str()));
            let found = keys.iter().find_map(|key| ordered::find(&order, &mut |at| known[at].0.cmp(key)));
            let Some(file) = found.map(|at| known[at].1).or(group.first().copied()) else { continue };
            let f = &self.files[file];
            let score = (checksum == Some(&f.checksum), name == Some(&f.name), r.version == f.version.as_str());
            if best.is_none_or(|(other, ..)| score > other) {
                best = Some((score, row, file));
            }
        }
        best.map(|(_, row, file)| (row, file))
    }

    /// Whether the row is not surely its file's, so that it may be another file's.
    fn is_loose(&self, row: usize, listed: &Lookup<&Version>) -> bool {
        let r = self.rows[row];
        r.state == State::Applied
            && r.replaced_by.is_none()
            && r.checksum.is_some()
            && !listed.contains(&&self.versions[row])
            && match self.file_of[row].map(|file| (self.fit[file], self.files[file].repeatable)) {
                None | Some((Fit::Collision, _)) => true,
                // What a repeatable migration holds is expected to change.
                Some((Fit::Edited, false)) => r.name.is_none(),
                Some(_) => false,
            }
    }

    /// Pairs rows that are not surely their file's with pending files of the same checksum.
    ///
    /// The same name decides. Without it a pair is made only if no other row and no other file has
    /// that content: otherwise nobody can tell which is which.
    fn find_renumbered(&mut self) {
        let mut target = vec![None; self.rows.len()];
        for group in self.same_content() {
            // Of one name the first row takes the first file.
            let (files, rows) = (&group.files, &group.rows);
            let name_of = |row: usize| self.rows[row].name.as_deref();
            let by_name =
                ordered::order(files.len(), &mut |a, b| self.files[files[a]].name.cmp(&self.files[files[b]].name));
            let rows_by_name = ordered::order(rows.len(), &mut |a, b| name_of(rows[a]).cmp(&name_of(rows[b])));
            let mut free = by_name.into_iter().map(|at| files[at]).peekable();
            for row in rows_by_name.into_iter().map(|at| rows[at]) {
                let Some(name) = name_of(row) else { continue };
                while free.next_if(|&file| *self.files[file].name < *name).is_some() {}
                target[row] = free.next_if(|&file| self.files[file].name == name);
            }
            if let (&[row], &[file], 2) = (&group.rows[..], &group.files[..], group.all) {
                target[row] = Some(file);
            }
        }
        self.renumbered = self.in_order(&target);
        let mut freed = Vec::new();
        for &(row, _) in &self.renumbered {
            if let Some(file) = self.file_of[row].take() {
                self.row_of[file] = None;
                self.fit[file] = Fit::None;
                freed.push(file);
            }
        }
        for &(row, file) in &self.renumbered {
            self.file_of[row] = Some(file);
            self.row_of[file] = Some(row);
            self.fit[file] = Fit::Renumbered;
        }
        for file in freed {
            self.join_again(file);
        }
    }

    /// Gives a file whose row has moved away another row of its version, if there is one.
    fn join_again(&mut self, file: usize) {
        if self.row_of[file].is_some() {
            return;
        }
        let rows = self.rows_at(&self.files[file].version).filter(|&row| self.file_of[row].is_none());
        if let Some((row, _)) = self.best(rows, &[file]) {
            self.row_of[file] = Some(row);
            self.file_of[row] = Some(file);
            self.fit[file] = fit(&self.files[file], self.rows[row]);
        }
    }

    /// By checksum: rows that are not surely their file's, and files that are free to take one.
    fn same_content(&self) -> Vec<Group> {
        let listed = Lookup::of(self.files.iter().flat_map(|file| &file.replaces).map(|replaced| &replaced.version));
        // Files first: there may be a million rows, but few files are pending.
        let is_free = |&file: &usize| match self.fit[file] {
            Fit::None => true,
            Fit::Collision | Fit::Edited => self.row_of[file].is_some_and(|row| self.is_loose(row, &listed)),
            _ => false,
        };
        let checksum = |file: usize| self.files[file].checksum.as_str();
        let versioned = || (0..self.files.len()).filter(|&file| !self.files[file].repeatable);
        let mut free: Vec<usize> = versioned().filter(is_free).collect();
        ordered::sort_by(&mut free, |&a, &b| checksum(a).cmp(checksum(b)));
        let chunks = free.chunk_by(|&a, &b| checksum(a) == checksum(b));
        let mut groups: Vec<Group> =
            chunks.map(|files| Group { rows: Vec::new(), files: files.to_vec(), all: 0 }).collect();
        if groups.is_empty() {
            return groups;
        }
        let place = |groups: &[Group], of: &str| {
            let at = groups.partition_point(|group| checksum(group.files[0]) < of);
            groups.get(at).is_some_and(|group| checksum(group.files[0]) == of).then_some(at)
        };
        for file in versioned() {
            if let Some(at) = place(&groups, checksum(file)) {
                groups[at].all += 1;
            }
        }
        for (index, row) in self.rows.iter().enumerate() {
            // A repeatable migration is never confused with another, and its content changes.
            if self.file_of[index].is_some_and(|file| self.files[file].repeatable) {
                continue;
            }
            if let Some(at) = row.checksum.as_deref().and_then(|checksum| place(&groups, checksum)) {
                groups[at].all += 1;
                if self.is_loose(index, &listed) {
                    groups[at].rows.push(index);
                }
            }
        }
        groups
    }

    /// The pairs in an order in which a row moves only to a version that no row has. Pairs for
    /// which there is no such order (the version's row stays, or rows change places) are left out.
    fn in_order(&self, target: &[Option<usize>]) -> Vec<(usize, usize)> {
        let mut out = Vec::new();
        let mut movable = vec![None; target.len()];
        for start in (0..target.len()).filter(|&row| target[row].is_some()) {
            let mut path = vec![];
            let mut row = start;
            let ok = loop {
                if let Some(known) = movable[row] {
                    break known;
                }
                // Until the end of the path is known, meeting it again means a circle.
                movable[row] = Some(false);
                let Some(file) = target[row] else { break false };
                path.push((row, file));
                match self.row_of[file] {
                    None => break true,
                    Some(occupant) => row = occupant,
                }
            };
            for &(row, file) in path.iter().rev() {
                movable[row] = Some(ok);
                if ok {
                    out.push((row, file));
                }
            }
        }
        out
    }
}

/// How a row at a file's own version fits the file.
fn fit(file: &Migration, row: &Row) -> Fit {
    let other_name = !file.repeatable && row.name.as_ref().is_some_and(|name| *name != file.name);
    match &row.checksum {
        Some(checksum) if *checksum == file.checksum => {
            if other_name {
                Fit::Renamed
            } else {
                Fit::Same
            }
        }
        _ if other_name => Fit::Collision,
        // It is not what ran, and that was accepted.
        Some(_) if row.is_settled() => Fit::Unverified,
        Some(_) => Fit::Edited,
        None => Fit::Unverified,
    }
}

/// An order of rows that depends on nothing but what they hold.
fn order(row: &Row) -> impl Ord + '_ {
    (
        (&row.version, &row.name, &row.checksum, &row.fingerprint),
        (row.state, row.lease, row.steps_done, row.steps_total),
        (&row.replaced_by, row.origin, &row.claimed_until),
    )
}
