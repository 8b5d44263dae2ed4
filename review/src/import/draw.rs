//! What is to be written, from what their ledger says, the files, and what was said besides.

use super::asked::{Assumed, Import};
use super::importer::{Compared, Entry, Importer, Sums, Theirs, Untold, is};
use super::set::{File, Set};
use crate::amend::{Asks, Cells, Change, Draft, Seen, Unchanged};
use crate::evidence::{FileEvidence, Report, Status, Verdict};
use counterfoil::checksum::{canonical, checksum, fingerprint};
use counterfoil::finding::{Finding, Severity, list};
use counterfoil::ledger::{Origin, TextRow, Tool};
use counterfoil::mention::{Mention, quoted};
use counterfoil::migration::Migration;
use counterfoil::plan::ASSUMED;
use counterfoil::run::Setup;
use counterfoil::version::{Identity, Version, leading_digits};
use counterfoil::{Code, Error};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The codes of its findings.
pub const CODES: &[&str] =
    &[EDITED, UNFINISHED, UNTOLD, PARTLY, LOCKED, NO_FILE, BY_HAND, UNCHECKED, UNSEEN, PENDING, AGAIN, NOTHING];

const EDITED: &str = "imported-edited";
const UNFINISHED: &str = "imported-unfinished";
const UNTOLD: &str = "imported-untold";
const LOCKED: &str = "imported-locked";
const NO_FILE: &str = "imported-without-file";
const UNCHECKED: &str = "imported-unchecked";
const NOTHING: &str = "imported-nothing";
const PARTLY: &str = "imported-partly";
const PENDING: &str = "imported-pending";
const UNSEEN: &str = "imported-unseen";
const BY_HAND: &str = "imported-by-hand";
const AGAIN: &str = "imported-changed";

/// How many characters a version may have.
const LONGEST: usize = 128;

struct Drawing<'a> {
    import: &'a Import,
    set: Set<'a>,
    importer: &'a Importer,
    /// The versions that our ledger has.
    there: BTreeSet<Version>,
    /// Those of them that somebody has said are applied, and nobody has seen.
    taken: Vec<(Version, Cells)>,
    draft: Draft,
    /// Versions of what was assumed.
    assumed: Vec<String>,
    unchecked: usize,
    without_file: Vec<String>,
}

pub(super) fn draw(
    import: &Import,
    setup: &Setup,
    seen: &Seen,
    importer: &Importer,
    table: &str,
    rows: &[TextRow],
) -> Result<Draft, Error> {
    let set = Set::new(&import.files, &setup.catalog);
    // There is a row without any of theirs if there is none.
    let rows: Vec<TextRow> = rows.iter().filter(|row| is(row, "there")).cloned().collect();
    let theirs = (importer.read)(&rows);
    let there = seen.ledger.rows.iter().map(|row| set.version(&row.version)).collect();
    let taken = seen.ledger.rows.iter().filter(|row| row.is_assumed() && row.replaced_by.is_none());
    let taken = taken.map(|row| (set.version(&row.version), seen.cells(row))).collect();
    let mut drawing = Drawing {
        import,
        set,
        importer,
        there,
        taken,
        draft: Draft::default(),
        assumed: Vec::new(),
        unchecked: 0,
        without_file: Vec::new(),
    };
    drawing.run(theirs, table)?;
    Ok(drawing.draft)
}

impl<'a> Drawing<'a> {
    fn run(&mut self, theirs: Theirs, table: &str) -> Result<(), Error> {
        let tool = self.importer.tool.name();
        if theirs.applied.is_empty() && theirs.half.is_empty() && theirs.up_to.is_none() {
            self.draft.findings.push(nothing(table, self.importer.tool));
            return Ok(());
        }
        if theirs.locked {
            let message = format!("a run of {tool} holds its lock: it is at work, or was killed");
            let help = format!("wait until it is done; {}; nothing was written", self.importer.half);
            self.draft.findings.push(Finding::new(LOCKED, Severity::Error, message).with_help(help));
        }
        let found = self.found(&theirs);
        let (applied, half) = found.split_at(theirs.applied.len());
        let mut known: BTreeSet<usize> = BTreeSet::new();
        known.extend(found.iter().flatten().copied());
        let untold = self.untold(theirs.up_to.as_deref(), &known);
        self.check(&theirs, applied, half, &untold)?;
        if self.import.inquire {
            self.draft.asks = Some(self.asks(&theirs, applied, half, &untold));
            return Ok(());
        }
        self.confirm();
        // What lies below a counter comes before it.
        let below = self.importer.untold == Untold::UpTo;
        if below {
            self.assume(&untold, theirs.up_to.as_deref());
        }
        let chained = match self.importer.sums {
            Some(Sums::Chained(compare)) => compare(&self.set, &theirs.applied, applied),
            _ => Vec::new(),
        };
        for (at, (entry, file)) in theirs.applied.iter().zip(applied).enumerate() {
            let counts = self.importer.untold == Untold::UpTo && theirs.up_to.as_deref() == Some(&entry.label);
            match file {
                // Of a counter's own version somebody may know better, and so may the schema.
                Some(file) if counts && self.assumes(*file) == Some(Assumed::Pending) => {}
                Some(file) if counts && self.assumes(*file).is_none() && self.contradicts(*file) => {}
                Some(file) => self.applied(entry, *file, chained.get(at)),
                None => self.without_file(entry)?,
            }
        }
        for (entry, file) in theirs.half.iter().zip(half) {
            self.half(entry, *file);
        }
        if !below {
            self.assume(&untold, theirs.up_to.as_deref());
        }
        self.tell_evidence(&untold);
        self.tell(tool);
        let refused = self.draft.findings.iter().any(|finding| finding.severity == Severity::Error);
        if self.draft.changes.is_empty() && self.draft.unchanged.is_empty() && !refused {
            self.draft.findings.push(nothing_left(table, self.importer.tool));
        }
        Ok(())
    }

    /// The file of each entry, what has not come to its end after what is applied: by the surest key first.
    fn found(&self, theirs: &Theirs) -> Vec<Option<usize>> {
        let mut files: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, file) in self.set.files.iter().enumerate() {
            for key in (self.importer.keys)(&self.set, file) {
                files.entry(key).or_default().push(at);
            }
        }
        let entries: Vec<&Entry> = theirs.applied.iter().chain(&theirs.half).collect();
        let mut found = vec![None; entries.len()];
        let mut taken = BTreeSet::new();
        let most = entries.iter().map(|entry| entry.keys.len()).max().unwrap_or_default();
        for rank in 0..most {
            for (entry, found) in entries.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
                let files = entry.keys.get(rank).and_then(|key| files.get(key));
                *found = files.and_then(|files| files.iter().copied().find(|file| !taken.contains(file)));
                taken.extend(*found);
            }
        }
        found
    }

    /// The files of which the ledger cannot tell whether they have run.
    fn untold(&self, up_to: Option<&str>, known: &BTreeSet<usize>) -> Vec<usize> {
        let all = self.importer.untold == Untold::All;
        let up_to = up_to.map(|up_to| self.number(up_to));
        let below = |version: &Version| up_to.as_ref().is_some_and(|up_to| self.number(version.as_str()) <= *up_to);
        let files = self.set.files.iter().enumerate();
        files
            .filter(|(at, file)| {
                let is_told =
                    known.contains(at) || self.there.contains(file.version) || file.repeatable() || !file.runs;
                // What stands for others is adopted once they are there.
                let adopted = file.migration.is_some_and(|migration| {
                    !migration.replaces.is_empty() && migration.replaces.iter().all(|one| below(&one.version))
                });
                !is_told && (all && file.migration.is_some() || below(file.version) && !adopted)
            })
            .map(|(at, _)| at)
            .collect()
    }

    /// A version as the number that a counter counts.
    fn number(&self, version: &str) -> Version {
        match self.set.identity {
            Identity::Dotted => Version::new(version, Identity::Dotted),
            Identity::Dated => {
                let digits = version.split('_').next().unwrap_or_default().replace('-', "");
                Version::new(digits, Identity::Digits)
            }
            _ => Version::new(leading_digits(version), Identity::Digits),
        }
    }

    /// What is said of a file: by its version.
    fn said(&self, version: &Version) -> Option<Assumed> {
        let mut said = self.import.assume.iter().filter(|(key, _)| *key != "all");
        said.find(|(key, _)| self.set.version(key) == *version).map(|(_, said)| *said)
    }

    fn assumes(&self, file: usize) -> Option<Assumed> {
        self.said(self.set.files[file].version)
    }

    /// What is said of files has to be of those that it can be said of.
    fn check(
        &self,
        theirs: &Theirs,
        applied: &[Option<usize>],
        half: &[Option<usize>],
        untold: &[usize],
    ) -> Result<(), Error> {
        let mut open: BTreeSet<&Version> = BTreeSet::new();
        open.extend(untold.iter().chain(half.iter().flatten()).map(|&file| self.set.files[file].version));
        for (entry, file) in theirs.applied.iter().zip(applied) {
            if theirs.up_to.as_deref() == Some(&entry.label) {
                open.extend(file.map(|file| self.set.files[file].version));
            }
        }
        for (key, said) in self.import.assume.iter().filter(|(key, _)| *key != "all") {
            let version = self.set.version(key);
            if self.said(&version) != Some(*said) {
                return Err(invalid(
                    format!("of {key} it is said that it is applied, and that it is pending"),
                    "say one of them",
                    "assume",
                ));
            }
            if open.contains(&version) || self.there.contains(&version) {
                continue;
            }
            let told = applied.iter().flatten().any(|&file| *self.set.files[file].version == version);
            let name = self.importer.tool.name();
            let (what, help) = match self.set.files.iter().any(|file| *file.version == version) {
                true if told => {
                    (format!("{name} says that {key} is applied: there is nothing to assume"), "leave it out")
                }
                true => {
                    (format!("{name} says nothing of {key}: it is pending"), "leave it out, or stamp it afterwards")
                }
                false => {
                    (format!("there is no migration {key} in the set"), "see how the versions are written in `plan`")
                }
            };
            return Err(invalid(what, help, "assume"));
        }
        for key in &self.import.accept_edited {
            let version = self.set.version(key);
            if !self.set.files.iter().any(|file| *file.version == version) {
                let message = format!("there is no migration {key} in the set");
                return Err(invalid(message, "see how the versions are written in `plan`", "acceptEdited"));
            }
        }
        Ok(())
    }

    fn applied(&mut self, entry: &Entry, at: usize, chained: Option<&Compared>) {
        let (name, version, path) = {
            let file = &self.set.files[at];
            (file.name.to_owned(), file.version.clone(), file.path.to_owned())
        };
        let tool = self.importer.tool.name();
        if self.is_there(&version) {
            return;
        }
        let Some(migration) = self.set.files[at].migration else {
            let message = match path.is_empty() {
                true => format!("applied by {tool}; a baseline replaces it"),
                false => format!("applied by {tool}; it is not run here, so it has no checksum"),
            };
            let row = self.row(version.as_str(), Some(&name), Some(entry), Origin::Imported);
            return self.insert(row, &name, &path, message);
        };
        match chained.cloned().unwrap_or_else(|| self.compare(entry, &self.set.files[at])) {
            Compared::Same => {
                let row = self.of_file(migration, Some(entry), Origin::Imported);
                self.insert(row, &name, &path, format!("applied by {tool}, and its checksum is that of the file"));
            }
            // See `plan/pairs.rs`: with a checksum on record nobody would be told what may be missing.
            Compared::Unknown if self.importer.tool == Tool::Dbmate && !migration.up.pieces.is_empty() => {
                let row = self.row(version.as_str(), Some(&name), Some(entry), Origin::Imported);
                let message = format!("applied by {tool}, which may have run its first pair only: it has no checksum");
                self.insert(row, &name, &path, message);
            }
            Compared::Unknown => {
                self.unchecked += 1;
                let row = self.of_file(migration, Some(entry), Origin::Imported);
                self.insert(row, &name, &path, format!("applied by {tool}, and the file counts as it is now"));
            }
            Compared::Differs(..) if migration.repeatable => {
                let message = format!("{path} has changed since {tool} ran it: it is to be run again");
                self.draft
                    .findings
                    .push(Finding::new(AGAIN, Severity::Note, message).with_help("the next run does so"));
            }
            Compared::Differs(..) if self.import.accept_edited.iter().any(|key| self.set.version(key) == version) => {
                let ran = entry.ran.as_deref().map(canonical);
                let mut row = self.row(version.as_str(), Some(&name), Some(entry), Origin::Imported);
                row.insert("checksum".into(), ran.as_deref().map(checksum));
                self.insert(row, &name, &path, format!("applied by {tool}; the file differs, and that is accepted"));
            }
            Compared::Differs(theirs, ours) => {
                let key = version.as_str();
                let accept = Mention::valued("acceptEdited", &[key], format!("acceptEdited: [{}]", quoted(key)));
                let message =
                    format!("{path} is not what {tool} ran: its checksum was {theirs}, and that of the file is {ours}");
                let help = format!(
                    "put the old text back; or, if the database is as it should be, accept the file: {}; nothing was written",
                    accept.text
                );
                self.draft
                    .findings
                    .push(Finding::new(EDITED, Severity::Error, message).with_help(help).with_option(accept));
            }
        }
    }

    /// Compares by the tool's own checksum: with the file byte for byte, and then as git or an editor may have left it.
    fn compare(&self, entry: &Entry, file: &File<'_>) -> Compared {
        let (Some(Sums::Each(sums)), Some(text)) = (self.importer.sums, file.text) else { return Compared::Unknown };
        let Some(theirs) = entry.sums.first() else { return Compared::Unknown };
        let lines = canonical(text);
        let ends = lines.replace('\n', "\r\n");
        let marked = |text: &str| Cow::Owned(format!("\u{feff}{text}"));
        let texts: [Cow<'_, str>; 5] =
            [text.into(), lines.as_ref().into(), ends.as_str().into(), marked(&lines), marked(&ends)];
        let agrees = |text: &Cow<'_, str>| sums(entry, text).iter().any(|sum| entry.sums.contains(sum));
        if texts.iter().any(agrees) {
            return Compared::Same;
        }
        let ours = sums(entry, text).into_iter().next().unwrap_or_default();
        Compared::Differs(theirs.clone(), ours)
    }

    /// A row that has no file here.
    fn without_file(&mut self, entry: &Entry) -> Result<(), Error> {
        let (version, name) = self.unfiled(entry);
        if version.chars().count() > LONGEST {
            let message = format!("{version} is longer than the {LONGEST} characters that a version may have");
            return Err(
                Error::new(Code::VersionTooLong, message).with_help("give its file back, or rename it in its own tool")
            );
        }
        if self.is_there(&self.set.version(&version)) {
            return Ok(());
        }
        let tool = self.importer.tool.name();
        let row = self.row(&version, name.as_deref(), Some(entry), Origin::Imported);
        let message = match self.importer.untold {
            Untold::All => format!("applied by {tool}; no file in SQL stands for it"),
            _ => {
                self.without_file.push(version.clone());
                format!("applied by {tool}; there is no file of it, so it has no checksum")
            }
        };
        self.there.insert(self.set.version(&version));
        self.insert(row, name.as_deref().unwrap_or_default(), "", message);
        Ok(())
    }

    /// Version and name of a row without a file: as a file of this set would have them, unless another one has.
    fn unfiled(&self, entry: &Entry) -> (String, Option<String>) {
        let label = entry.label.as_str();
        let digits = leading_digits(label);
        let taken = |digits: &str| {
            let version = self.set.version(digits);
            self.there.contains(&version) || self.set.files.iter().any(|file| *file.version == version)
        };
        let splits = self.set.identity == Identity::Digits && self.importer.untold != Untold::All;
        if splits && !digits.is_empty() && digits.len() < label.len() && !taken(digits) {
            let rest = label[digits.len()..].trim_start_matches(['_', '-']);
            let rest = rest.rsplit_once('.').map_or(rest, |(stem, _)| stem);
            return (digits.to_owned(), Some(rest.to_owned()).filter(|rest| !rest.is_empty()));
        }
        (label.to_owned(), entry.name.clone())
    }

    /// What the schema is to be asked.
    fn asks(&self, theirs: &Theirs, applied: &[Option<usize>], half: &[Option<usize>], untold: &[usize]) -> Asks {
        let version = |at: usize| self.set.files[at].version.as_str().to_owned();
        let is_taken = |version: &Version| self.taken.iter().any(|(taken, _)| taken == version);
        let mut asks = Asks::default();
        asks.told.extend(self.there.iter().filter(|there| !is_taken(there)).map(|there| there.as_str().to_owned()));
        let all = self.import.assume.get("all").copied();
        for (entry, &at) in theirs.applied.iter().zip(applied).filter_map(|(entry, at)| Some((entry, at.as_ref()?))) {
            let counts = self.importer.untold == Untold::UpTo && theirs.up_to.as_deref() == Some(&entry.label);
            let is_open = counts && all.is_none() && !self.there.contains(self.set.files[at].version);
            match self.assumes(at) {
                Some(Assumed::Pending) => {}
                None if is_open && self.set.files[at].migration.is_some() => asks.open.push(version(at)),
                _ => asks.told.push(version(at)),
            }
        }
        asks.open.extend(self.taken.iter().map(|(taken, _)| taken.as_str().to_owned()));
        for &at in untold.iter().filter(|at| self.set.files[**at].migration.is_some()) {
            match self.assumes(at).or(all) {
                None => asks.open.push(version(at)),
                Some(Assumed::Applied) => asks.told.push(version(at)),
                Some(Assumed::Pending) => {}
            }
        }
        asks.half = half
            .iter()
            .flatten()
            .copied()
            .find(|&at| {
                let file = &self.set.files[at];
                file.migration.is_some() && self.assumes(at).is_none() && !self.there.contains(file.version)
            })
            .map(version);
        asks
    }

    /// What the schema has said, if it could say anything.
    fn evidence(&self) -> Option<&'a Report> {
        self.import.evidence.as_ref().filter(|evidence| evidence.status != Status::NotReplayed)
    }

    /// What it has said of one file; none if it is all there.
    fn evidence_of(&self, version: &Version) -> Option<&'a FileEvidence> {
        self.evidence()?.files.iter().find(|file| self.set.version(&file.version) == *version)
    }

    /// What was assumed before, and the schema has, is assumed no more.
    fn confirm(&mut self) {
        if self.evidence().is_none() {
            return;
        }
        for (version, cells) in std::mem::take(&mut self.taken) {
            let name = cells.get("name").cloned().flatten().unwrap_or_default();
            match self.evidence_of(&version) {
                None
                | Some(FileEvidence { verdict: Verdict::Present | Verdict::Overwritten | Verdict::NoEffect, .. }) => {
                    let columns = [("origin", Some(Origin::Imported.as_str())), ("steps_done", None)];
                    let change = Change::update(cells, &columns);
                    self.draft.changes.push(change.saying(
                        &name,
                        None,
                        "was taken for applied; the schema has what it makes",
                    ));
                }
                Some(FileEvidence { message, .. }) => {
                    let stamp = Mention::stamp("", &[version.as_str()]);
                    let help = format!(
                        "it was taken for applied: mend it, and run this again; or, if you know that it ran, say so: {}; nothing was written",
                        stamp.text
                    );
                    let finding = Finding::new(PARTLY, Severity::Error, message.clone());
                    self.draft.findings.push(finding.with_help(help).with_option(stamp));
                }
            }
        }
    }

    /// Whether the schema says otherwise of the version at which a counter stands; then the import is refused. That one ran
    /// when the counter came to it, so nothing of it that is not there is pending by itself.
    fn contradicts(&mut self, at: usize) -> bool {
        let version = self.set.files[at].version.clone();
        if self.there.contains(&version) {
            return false;
        }
        match self.evidence_of(&version) {
            Some(FileEvidence { verdict: Verdict::Partly, .. }) => self.settled(at),
            Some(FileEvidence { verdict: Verdict::Absent, message, .. }) => {
                let (applied, pending) = (assume(version.as_str(), "applied"), assume(version.as_str(), "pending"));
                let tool = self.importer.tool.name();
                let message = format!("{tool} says {}, and the schema says otherwise: {message}", version.as_str());
                let help = format!(
                    "look at the database; if it was taken back by hand, say so, and the next run applies it: {}; if it ran and is \
                     not to run again, say that: {}; nothing was written",
                    pending.text, applied.text
                );
                let finding = Finding::new(UNTOLD, Severity::Error, message).with_help(help);
                self.draft.findings.push(finding.with_options(vec![pending, applied]));
                true
            }
            _ => false,
        }
    }

    /// What the schema says of a file of which the ledger does not tell; whether that settles it.
    fn settled(&mut self, at: usize) -> bool {
        if self.evidence().is_none() {
            return false;
        }
        let (version, path) = (self.set.files[at].version.clone(), self.set.files[at].path.to_owned());
        let Some(migration) = self.set.files[at].migration else { return false };
        match self.evidence_of(&version) {
            None | Some(FileEvidence { verdict: Verdict::Present | Verdict::Overwritten | Verdict::NoEffect, .. }) => {
                let tool = self.importer.tool.name();
                let unseen = self
                    .evidence()
                    .is_some_and(|evidence| evidence.rows_only.iter().any(|one| one == version.as_str()));
                let message = match unseen {
                    true => format!("applied, as {tool} says: it changes rows only"),
                    false => "applied: the schema has what it makes".to_owned(),
                };
                let row = self.of_file(migration, None, Origin::Imported);
                self.insert(row, &migration.name, &path, message);
                true
            }
            Some(FileEvidence { verdict: Verdict::Absent, message, .. }) => {
                let help = "it is pending: the next run applies it";
                self.draft.findings.push(Finding::new(PENDING, Severity::Note, message.clone()).with_help(help));
                true
            }
            Some(FileEvidence { verdict: Verdict::Partly, message, there, missing, .. }) => {
                let (applied, pending) = (assume(version.as_str(), "applied"), assume(version.as_str(), "pending"));
                let help = format!(
                    "make by hand what is not there ({}), or take back what is ({}), and run this again; or say what it has come \
                     to: {} if it is finished, {} if it is undone; nothing was written",
                    words(missing),
                    words(there),
                    applied.text,
                    pending.text
                );
                let finding = Finding::new(PARTLY, Severity::Error, message.clone()).with_help(help);
                self.draft.findings.push(finding.with_options(vec![applied, pending]));
                true
            }
            Some(FileEvidence { verdict: Verdict::Undecided, .. }) => false,
        }
    }

    /// What the schema says besides.
    fn tell_evidence(&mut self, untold: &[usize]) {
        let Some(evidence) = self.evidence() else { return };
        let tool = self.importer.tool.name();
        let of = |version: &String| untold.iter().any(|&at| self.set.files[at].version.as_str() == version);
        let unseen = evidence.rows_only.iter().filter(|version| of(version)).count();
        if unseen > 0 {
            let files = if unseen == 1 { "1 file changes".into() } else { format!("{unseen} files change") };
            let message = format!("{files} rows only, of which a schema tells nothing; {tool} says that they ran");
            let help = "if one of them did not, it has to be run by hand";
            self.draft.findings.push(Finding::new(UNSEEN, Severity::Note, message).with_help(help));
        }
        if !evidence.by_hand.is_empty() {
            let differences: Vec<&str> = evidence.by_hand.iter().map(String::as_str).collect();
            let message = format!("the schema is not what the files make: {}", list(&differences));
            let help = "somebody has changed it by hand: see `verify`; what is taken over here does not depend on it";
            self.draft.findings.push(Finding::new(BY_HAND, Severity::Warning, message).with_help(help));
        }
    }

    /// How far a file has come, by its statements.
    fn how_far(&self, version: Option<&Version>) -> String {
        let Some(file) = version.and_then(|version| self.evidence_of(version)) else { return String::new() };
        let of = |verdicts: &[Verdict]| {
            let numbers = file.statements.iter().filter(|one| verdicts.contains(&one.verdict));
            numbers.map(|one| one.number.to_string()).collect::<Vec<_>>()
        };
        let mut parts = Vec::new();
        for (numbers, what) in [
            (of(&[Verdict::Present]), "there"),
            (of(&[Verdict::Partly]), "there in part"),
            (of(&[Verdict::Absent]), "not there"),
            (of(&[Verdict::NoEffect, Verdict::Overwritten]), "without a trace in the schema"),
        ] {
            if !numbers.is_empty() {
                let one = if numbers.len() == 1 { ("statement", "is") } else { ("statements", "are") };
                parts.push(format!("{} {} {} {what}", one.0, words(&numbers), one.1));
            }
        }
        // The replay has ended there, as the tool has.
        if let Some((number, why)) = file.statements.iter().find_map(|one| Some((one.number, one.failed.as_ref()?))) {
            parts.push(format!("statement {number} fails when it is replayed ({why})"));
            let behind = file.statements.iter().filter(|one| one.number > number);
            let behind: Vec<String> = behind.map(|one| one.number.to_string()).collect();
            match behind.len() {
                0 => {}
                1 => parts.push(format!("of statement {}, which comes after it, nothing is known", words(&behind))),
                _ => parts.push(format!("of statements {}, which come after it, nothing is known", words(&behind))),
            }
        }
        if parts.is_empty() { String::new() } else { format!(": of {}, {}", file.path, parts.join(", ")) }
    }

    /// What has not come to its end.
    fn half(&mut self, entry: &Entry, file: Option<usize>) {
        let tool = self.importer.tool.name();
        let version = file.map(|file| self.set.files[file].version.clone());
        let shown = version.as_ref().map_or(entry.label.clone(), |version| version.as_str().to_owned());
        if version.as_ref().is_some_and(|version| self.is_there(version)) {
            return;
        }
        let said = version.as_ref().and_then(|version| self.said(version));
        let migration = file.and_then(|file| self.set.files[file].migration);
        match (said, migration) {
            (Some(Assumed::Pending), _) => {}
            (Some(Assumed::Applied), Some(migration)) => self.stamp(migration, "finished by hand, since it was said"),
            _ => {
                let mention = |state: &str| assume(&shown, state);
                let (applied, pending) = (mention("applied"), mention("pending"));
                let message = format!(
                    "{shown} has begun under {tool} and did not come to its end{}",
                    self.how_far(version.as_ref())
                );
                let own = Some(self.importer.half).filter(|half| !half.is_empty());
                let own =
                    own.map_or_else(|| "see how much of it is in the database, and mend that".into(), str::to_owned);
                let help = match migration {
                    Some(_) => format!(
                        "{own}; or say what it has come to: {} if it is finished, {} if it is undone; nothing was written",
                        applied.text, pending.text
                    ),
                    None => format!("{own}; nothing was written"),
                };
                let options = if migration.is_some() { vec![applied, pending] } else { Vec::new() };
                self.draft
                    .findings
                    .push(Finding::new(UNFINISHED, Severity::Error, message).with_help(help).with_options(options));
            }
        }
    }

    /// What the ledger cannot tell is written as it was said, or asked for.
    fn assume(&mut self, untold: &[usize], up_to: Option<&str>) {
        let all = self.import.assume.get("all").copied();
        // Who names what did not run has been through the list.
        let listed = self.import.assume.values().any(|said| *said == Assumed::Pending);
        let asked = self.evidence().is_some();
        let mut open: Vec<&str> = Vec::new();
        for &at in untold {
            let named = self.assumes(at);
            let settled = named.or(all).is_none() && self.settled(at);
            let rest = (listed && !asked).then_some(Assumed::Applied);
            let why = match named.or(all) {
                Some(_) => "taken for applied, since it was said",
                None => "taken for applied, since it is not among those that are named as pending",
            };
            let said = named.or(all).or(rest);
            let file = &self.set.files[at];
            match said {
                _ if settled => {}
                Some(Assumed::Pending) => {}
                Some(Assumed::Applied) => match file.migration {
                    Some(migration) => self.stamp(migration, why),
                    None => {
                        let (version, name, path) =
                            (file.version.as_str().to_owned(), file.name.to_owned(), file.path.to_owned());
                        let mut row = self.row(&version, Some(&name), None, Origin::Stamped);
                        row.insert("steps_done".into(), Some("0".into()));
                        self.assumed.push(version);
                        self.insert(row, &name, &path, why.into());
                    }
                },
                None => open.push(self.set.files[at].version.as_str()),
            }
        }
        let [first, ..] = open[..] else { return };
        let tool = self.importer.tool.name();
        let ways = [assume("all", "applied"), assume(first, "pending")];
        let message = match (self.importer.untold, up_to) {
            (Untold::UpTo, Some(up_to)) => format!(
                "{tool} says {up_to}, and nothing of what lies below: nobody can tell from it whether {} ran",
                every(&open)
            ),
            _ => format!(
                "no file in SQL stands for a migration of {tool}: nobody can tell from it whether {} ran",
                every(&open)
            ),
        };
        let why = match &self.import.evidence {
            None => String::new(),
            Some(Report { failed: Some(failed), .. }) => format!("; the migrations could not be replayed: {failed}"),
            Some(evidence) => {
                let undecided = evidence.files.iter().filter(|file| file.verdict == Verdict::Undecided);
                undecided.map(|file| format!("; {}", file.message)).collect()
            }
        };
        let message = message + &why;
        let others = if asked { "" } else { ", and the others count as applied" };
        let help = format!(
            "look at the database; then say that all of them ran: {}; or name each that did not{others}: {}; nothing was written",
            ways[0].text, ways[1].text
        );
        self.draft
            .findings
            .push(Finding::new(UNTOLD, Severity::Error, message).with_help(help).with_options(ways.to_vec()));
    }

    /// A migration that is taken for applied.
    fn stamp(&mut self, migration: &Migration, why: &str) {
        let mut row = self.of_file(migration, None, Origin::Stamped);
        row.insert("steps_done".into(), Some("0".into()));
        self.assumed.push(migration.version.as_str().to_owned());
        self.insert(row, &migration.name, &migration.path, why.to_owned());
    }

    /// Whether our ledger has a row of that version: then it stays as it is.
    fn is_there(&mut self, version: &Version) -> bool {
        let is = self.there.contains(version);
        if is {
            let message = "the ledger has it already".to_owned();
            self.draft.unchanged.push(Unchanged { version: version.as_str().to_owned(), message });
        }
        is
    }

    fn insert(&mut self, row: Cells, name: &str, path: &str, message: String) {
        let path = (!path.is_empty()).then_some(path);
        self.draft.changes.push(Change::insert(row).saying(name, path, message));
    }

    /// A row with the checksum and fingerprint of a file.
    fn of_file(&self, migration: &Migration, entry: Option<&Entry>, origin: Origin) -> Cells {
        let mut row = self.row(migration.version.as_str(), Some(&migration.name), entry, origin);
        row.insert("checksum".into(), Some(migration.checksum.clone()));
        row.insert("fingerprint".into(), Some(fingerprint(&migration.up.text)));
        row
    }

    fn row(&self, version: &str, name: Option<&str>, entry: Option<&Entry>, origin: Origin) -> Cells {
        let took = entry.and_then(|entry| entry.duration_ms).map(|took| took.min(i32::MAX as u64).to_string());
        let cells = [
            ("version", Some(version.to_owned())),
            ("name", name.map(str::to_owned)),
            ("applied_at", entry.and_then(|entry| entry.applied_at.clone())),
            ("duration_ms", took),
            ("state", Some("applied".to_owned())),
            ("origin", Some(origin.as_str().to_owned())),
        ];
        cells.into_iter().map(|(name, cell)| (name.to_owned(), cell)).collect()
    }

    /// What a person should know besides.
    fn tell(&mut self, tool: &str) {
        let findings = &mut self.draft.findings;
        if self.unchecked > 0 {
            let files =
                if self.unchecked == 1 { "1 file counts".into() } else { format!("{} files count", self.unchecked) };
            let message = format!(
                "nothing is on record of what {tool} ran: {files} as {} now",
                if self.unchecked == 1 { "it is" } else { "they are" }
            );
            let help = match self.unchecked {
                1 => "see that it is the one that ran; what is edited from here on is noticed",
                _ => "see that they are the ones that ran; what is edited from here on is noticed",
            };
            findings.push(Finding::new(UNCHECKED, Severity::Note, message).with_help(help));
        }
        if !self.without_file.is_empty() {
            let versions: Vec<&str> = self.without_file.iter().map(String::as_str).collect();
            let message = format!("{tool} has applied {}, and this set has no file of that", list(&versions));
            let help =
                "see that the folder is the right one, and whole; what has no file is taken over without a checksum";
            findings.push(Finding::new(NO_FILE, Severity::Warning, message).with_help(help));
        }
        if !self.assumed.is_empty() {
            let versions: Vec<&str> = self.assumed.iter().map(String::as_str).collect();
            let message = format!("{} taken for applied, since it was said", is_are(&versions));
            let help = match self.assumed.len() {
                1 => "the plan keeps that in mind until it is stamped",
                _ => "the plan keeps that in mind until they are stamped",
            };
            findings.push(Finding::new(ASSUMED, Severity::Note, message).with_help(help));
        }
    }
}

fn is_are(versions: &[&str]) -> String {
    format!("{} {}", list(versions), if versions.len() == 1 { "is" } else { "are" })
}

fn words(texts: &[String]) -> String {
    list(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}

/// All of them: this list is what a person has to go through.
fn every(versions: &[&str]) -> String {
    match versions {
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
        [] => String::new(),
    }
}

fn assume(version: &str, state: &str) -> Mention {
    let key = if version == "all" { version.to_owned() } else { quoted(version) };
    Mention::valued("assume", &[&format!("{version}={state}")], format!("assume: {{ {key}: '{state}' }}"))
}

fn invalid(message: String, help: &str, option: &'static str) -> Error {
    Error::new(Code::InvalidInput, message)
        .with_help(format!("{help}: see the option `{option}`; nothing was written"))
        .with_option(Mention::named(option))
}

/// A ledger in which nothing is applied.
fn nothing(theirs: &str, tool: Tool) -> Finding {
    let message = format!("the table {theirs} is the ledger of {}, and says that nothing is applied", tool.name());
    Finding::new(NOTHING, Severity::Note, message).with_help("there is nothing to take over")
}

/// A ledger of which nothing was believed: runs would be refused for it still.
fn nothing_left(theirs: &str, tool: Tool) -> Finding {
    let code = tool.code().unwrap_or_default();
    let ignore = Mention::valued("existing", &[code], format!("existing: {{ ignore: ['{code}'] }}"));
    let message = format!("nothing of what {theirs}, the ledger of {}, says is taken over", tool.name());
    Finding::new(NOTHING, Severity::Note, message)
        .with_help(format!("the next run has to be told that it is of no concern: {}", ignore.text))
        .with_option(ignore)
}
