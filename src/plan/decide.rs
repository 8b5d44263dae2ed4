//! One decision for every file and every row.

use super::inspect::Cache;
use super::matching::{Fit, Matching};
use super::running::{Verdict, Why, judge, judge_orphan};
use super::squash::{Squash, Standing, squash};
use super::{Action, Decision, Edit, Grade, Options, Progress, Reason, Work, pairs, words};
use crate::ledger::{Ledger, Origin, Row, State};
use crate::migration::{Catalog, Convention, Migration, Transaction};
use crate::ordered::Lookup;
use crate::version::{Version, next};

/// Decides; `cache` is filled for stopped statement-wise migrations only.
pub(super) fn decide(
    catalog: &Catalog,
    ledger: &Ledger,
    options: &Options,
    cache: &mut Cache,
) -> (Vec<Decision>, Vec<Work>) {
    let matching = Matching::new(catalog, &ledger.rows);
    let mut verdicts = vec![None; catalog.migrations.len()];
    for (file, migration) in catalog.migrations.iter().enumerate() {
        let Some(row) = matching.row_of[file].map(|row| matching.rows[row]) else { continue };
        if row.state != State::Applied {
            let inspected = cache.inspected(file, &migration.up);
            verdicts[file] = Some(judge(migration, row, inspected.as_deref().ok()));
        }
    }
    let end = match options.target(catalog) {
        Ok(target) => target.map_or(catalog.migrations.len(), |target| target + 1),
        Err(_) => 0,
    };
    let squash = squash(&matching, end, &mut |file| verdicts[file] == Some(Verdict::Resume));
    let in_code = Lookup::of(catalog.not_run.iter().filter_map(|file| file.turn.version()));
    let decider = Decider {
        later: Later::new(&matching),
        newest: matching.files.iter().filter(|file| !file.repeatable).map(|file| &file.version).max(),
        without_row: without_row(&matching),
        in_code,
        matching,
        end,
        squash,
        verdicts,
        options,
        convention: catalog.convention,
    };
    decider.run(cache)
}

pub(super) struct Decider<'a> {
    pub(super) matching: Matching<'a>,
    /// How many files the plan goes through; of the others only repeatable ones are run.
    end: usize,
    pub(super) squash: Squash<'a>,
    /// By file: what is to be done about its running row.
    verdicts: Vec<Option<Verdict>>,
    later: Later,
    newest: Option<&'a Version>,
    /// Checksums of files that have no row, if there are running rows without a file.
    without_row: Lookup<&'a str>,
    /// Versions of migrations that are not run here: a row of one is no row without a file.
    in_code: Lookup<&'a Version>,
    options: &'a Options,
    convention: Convention,
}

/// What is applied that comes late: by it a pending migration is a gap.
struct Later {
    /// The last versioned file in catalog order that has a row.
    file: Option<usize>,
    /// The newest row without a file.
    row: Option<usize>,
}

impl Later {
    fn new(matching: &Matching<'_>) -> Self {
        let is_versioned = |file: &usize| !matching.files[*file].repeatable && matching.row_of[*file].is_some();
        let is_orphan = |row: &usize| matching.file_of[*row].is_none() && matching.is_version(*row);
        Later {
            file: (0..matching.files.len()).rev().find(is_versioned),
            row: (0..matching.rows.len()).rev().find(is_orphan),
        }
    }

    /// The version of an applied migration that comes after `file`.
    fn after(&self, matching: &Matching<'_>, file: usize) -> Option<String> {
        let migration = &matching.files[file];
        if migration.repeatable {
            return None;
        }
        if let Some(later) = self.file.filter(|later| *later > file) {
            return Some(matching.files[later].version.as_str().to_owned());
        }
        let row = self.row.filter(|row| matching.versions[*row] > migration.version)?;
        Some(matching.rows[row].version.clone())
    }
}

impl<'a> Decider<'a> {
    fn run(self, cache: &Cache) -> (Vec<Decision>, Vec<Work>) {
        let mut decisions: Vec<Decision> =
            (0..self.matching.files.len()).map(|file| self.within(file, self.about_file(file, cache))).collect();
        let referenced = self.referenced();
        for row in 0..self.matching.rows.len() {
            if self.matching.file_of[row].is_none() {
                decisions.push(self.about_row(row, &referenced));
            }
        }
        self.fill_duplicates(&mut decisions);
        let next = self.next_version();
        for decision in &mut decisions {
            words::fill(decision, next.as_deref());
        }
        let work = self.work(&decisions);
        (decisions, work)
    }

    fn blank(&self, action: Action, code: Reason, file: Option<usize>, row: Option<usize>) -> Decision {
        let migration = file.map(|file| &self.matching.files[file]);
        let row = row.map(|row| self.matching.rows[row]);
        Decision {
            action,
            code,
            version: migration
                .map(|migration| migration.version.as_str().to_owned())
                .or_else(|| row.map(|row| row.version.clone()))
                .unwrap_or_default(),
            name: migration
                .map(|migration| migration.name.clone())
                .or_else(|| row.and_then(|row| row.name.clone()))
                .unwrap_or_default(),
            path: migration.map(|migration| migration.path.clone()),
            row: row.map(|row| row.version.clone()),
            severity: None,
            message: String::new(),
            help: String::new(),
            options: Vec::new(),
            gap: false,
            gap_before: None,
            transactional: None,
            statements: None,
            steps: None,
            repeatable: migration.is_some_and(|migration| migration.repeatable),
            edit: None,
            row_name: None,
            others: Vec::new(),
            applied_path: None,
            applied_unknown: false,
            baseline: None,
            replaces: None,
            first: None,
            settled: false,
            missing: Vec::new(),
            different: Vec::new(),
            progress: None,
            why: None,
            at: None,
        }
    }

    fn drift(&self, code: Reason, file: Option<usize>, row: Option<usize>) -> Decision {
        let mut decision = self.blank(Action::Drift, code, file, row);
        decision.severity = Some(self.options.severity(code.as_str()));
        decision
    }

    fn skip(&self, code: Reason, file: Option<usize>, row: Option<usize>) -> Decision {
        self.blank(Action::Skip, code, file, row)
    }

    fn apply(&self, code: Reason, file: usize) -> Decision {
        let mut decision = self.blank(Action::Apply, code, Some(file), self.matching.row_of[file]);
        decision.gap_before = self.later.after(&self.matching, file);
        decision.gap = decision.gap_before.is_some();
        if decision.gap && code == Reason::Pending {
            decision.severity = self.options.policy.get("gap").copied();
        }
        decision
    }

    /// The decision, unless the plan does not go as far: what is pending stays so then.
    fn within(&self, file: usize, mut decision: Decision) -> Decision {
        if file >= self.end && decision.action == Action::Apply && !decision.repeatable {
            decision.action = Action::Skip;
            decision.code = Reason::Beyond;
            decision.severity = None;
            decision.gap = false;
            decision.gap_before = None;
        }
        decision
    }

    fn replaced(&self, by: &str, file: Option<usize>, row: Option<usize>) -> Decision {
        let mut decision = self.skip(Reason::Replaced, file, row);
        decision.baseline = Some(by.to_owned());
        decision
    }

    fn about_file(&self, file: usize, cache: &Cache) -> Decision {
        let matching = &self.matching;
        let migration = &matching.files[file];
        let (fit, index) = (matching.fit[file], matching.row_of[file]);
        let row = index.map(|row| matching.rows[row]);
        if fit == Fit::Duplicate {
            return self.drift(Reason::Duplicate, Some(file), index);
        }
        if let (Some(verdict), Some(row)) = (&self.verdicts[file], row) {
            return self.running(file, row, verdict, cache);
        }
        if let Some(by) = self.stands_for(file) {
            return self.replaced(by, Some(file), index);
        }
        if row.is_none() {
            return match self.squash.standing(file) {
                Some(standing) => self.about_baseline(file, standing),
                None => self.apply(Reason::Pending, file),
            };
        }
        if let Some(by) = row.and_then(|row| row.replaced_by.as_deref()) {
            // With no file for the baseline, this is an older release that still needs the history.
            if !matching.files_at(&Version::new(by, matching.identity)).is_empty() {
                return self.replaced(by, Some(file), index);
            }
        }
        match fit {
            Fit::None | Fit::Duplicate | Fit::Same => self.skip(Reason::Applied, Some(file), index),
            Fit::Unverified => {
                let mut decision = self.skip(Reason::Unverified, Some(file), index);
                decision.settled = row.is_some_and(Row::is_settled) || pairs::may_lack(self.convention, migration);
                decision
            }
            Fit::Edited if migration.repeatable => self.apply(Reason::Changed, file),
            Fit::Edited => self.edited(file, index),
            // Another name, and nothing but comments differs: it is the same migration.
            Fit::Collision if self.is_cosmetic(file, row) => self.edited(file, index),
            Fit::Collision | Fit::Renamed | Fit::Renumbered => {
                let code = match fit {
                    Fit::Collision => Reason::Collision,
                    Fit::Renamed => Reason::Renamed,
                    _ => Reason::Renumbered,
                };
                let mut decision = self.drift(code, Some(file), index);
                decision.row_name = row.and_then(|row| row.name.clone()).filter(|name| *name != migration.name);
                decision.edit = (fit == Fit::Collision).then(|| self.edit(file, row)).flatten();
                decision
            }
        }
    }

    /// The version of the baseline by which a file is skipped.
    fn stands_for(&self, file: usize) -> Option<&'a str> {
        let (baseline, adopts) = self.squash.baseline_of(&self.matching.files[file].version)?;
        // What is not there yet is applied before the baseline is adopted.
        (!adopts || self.matching.row_of[file].is_some()).then(|| self.matching.files[baseline].version.as_str())
    }

    fn about_baseline(&self, file: usize, standing: &Standing) -> Decision {
        let replaces = u32::try_from(self.matching.files[file].replaces.len()).ok();
        match standing {
            Standing::Adopt { first, .. } => {
                let mut decision = self.blank(Action::Adopt, Reason::Baseline, Some(file), None);
                decision.replaces = replaces;
                decision.first = u32::try_from(first.len()).ok();
                decision
            }
            Standing::Partial { missing, different } => {
                let mut decision = self.drift(Reason::PartialSquash, Some(file), None);
                decision.replaces = replaces;
                decision.missing = missing.clone();
                decision.different = different.clone();
                decision
            }
            Standing::Blocked => self.skip(Reason::Beyond, Some(file), None),
            _ => self.apply(Reason::Pending, file),
        }
    }

    fn edited(&self, file: usize, index: Option<usize>) -> Decision {
        let row = index.map(|row| self.matching.rows[row]);
        let mut decision = self.drift(Reason::Edited, Some(file), index);
        decision.edit = self.edit(file, row);
        let cosmetic = decision.edit.as_ref().is_some_and(|edit| edit.grade == Grade::Cosmetic);
        decision.severity = Some(self.options.severity(if cosmetic { "edited-cosmetic" } else { "edited-semantic" }));
        let name = row.and_then(|row| row.name.clone());
        decision.row_name = name.filter(|name| *name != self.matching.files[file].name);
        decision
    }

    /// How a file differs from what ran. None if no checksum is on record.
    fn edit(&self, file: usize, row: Option<&Row>) -> Option<Edit> {
        let before = row?.checksum.clone()?;
        let cosmetic = self.is_cosmetic(file, row);
        Some(Edit {
            grade: if cosmetic { Grade::Cosmetic } else { Grade::Semantic },
            graded: row?.fingerprint.is_some(),
            before,
            after: self.matching.files[file].checksum.clone(),
            empty: row?.fingerprint.as_deref() == Some(&*crate::checksum::fingerprint("")),
        })
    }

    /// Whether what ran had the statements of the file.
    fn is_cosmetic(&self, file: usize, row: Option<&Row>) -> bool {
        let Some(Row { fingerprint: Some(before), .. }) = row else { return false };
        let up = &self.matching.files[file].up;
        // Where a file asks for no transaction, `BEGIN` and `COMMIT` say which statements belong together.
        match up.transaction {
            Transaction::Auto => crate::checksum::is_alike(&up.text, before),
            _ => *before == crate::checksum::fingerprint(&up.text),
        }
    }

    fn running(&self, file: usize, row: &Row, verdict: &Verdict, cache: &Cache) -> Decision {
        let index = self.matching.row_of[file];
        // A baseline that is applied, or is about to be, leaves no place for what it replaces.
        let replaced = matches!(self.squash.baseline_of(&self.matching.files[file].version), Some((_, false)));
        let mut decision = match verdict {
            Verdict::Underway => self.drift(Reason::InProgress, Some(file), index),
            Verdict::Resume if !replaced => self.apply(Reason::Resume, file),
            Verdict::Stopped(why) if !replaced => self.interrupted(*why, Some(file), index),
            _ => self.interrupted(Why::Replaced, Some(file), index),
        };
        decision.progress = Some(progress(row));
        let told = matches!(decision.why, Some(Why::Unknown | Why::Edited | Why::Regrouped));
        if let (true, Some(Ok(inspected))) = (told, cache.get(file)) {
            let (steps, done) = (&inspected.steps.steps, row.steps_done.unwrap_or(0));
            let step = steps.get(done as usize);
            decision.at = step.map(|step| self.matching.files[file].up.location(step.span.start));
            if decision.why == Some(Why::Unknown) {
                decision.progress = Some(Progress { done, total: u32::try_from(steps.len()).unwrap_or(u32::MAX) });
            }
        }
        decision
    }

    fn interrupted(&self, why: Why, file: Option<usize>, row: Option<usize>) -> Decision {
        let mut decision = self.drift(Reason::Interrupted, file, row);
        decision.why = Some(why);
        decision
    }

    /// Baselines that mark rows whose files are at hand: those of a newer release.
    fn referenced(&self) -> Lookup<&'a str> {
        let matching = &self.matching;
        let with_file = (0..matching.rows.len()).filter(|row| matching.file_of[*row].is_some());
        Lookup::of(with_file.filter_map(|row| matching.rows[row].replaced_by.as_deref()))
    }

    fn about_row(&self, index: usize, referenced: &Lookup<&'a str>) -> Decision {
        let row = self.matching.rows[index];
        let version = &self.matching.versions[index];
        let newer = self.matching.is_version(index) && self.newest.is_none_or(|newest| version > newest);
        if row.state != State::Applied {
            let is_ours = self.may_be_pending(row) || self.squash.listed.contains(&version);
            let mut decision = match judge_orphan(row) {
                Verdict::Stopped(_) if newer && !is_ours => self.drift(Reason::Ahead, None, Some(index)),
                Verdict::Stopped(why) => self.interrupted(why, None, Some(index)),
                _ => self.drift(Reason::InProgress, None, Some(index)),
            };
            decision.progress = Some(progress(row));
            return decision;
        }
        if let Some(by) = &row.replaced_by {
            return self.replaced(by, None, Some(index));
        }
        // A second row of a version whose file has a row is nobody's.
        let listed = self.squash.listed.get(&version).filter(|_| self.matching.files_at(version).is_empty());
        if let Some(baseline) = listed {
            return self.replaced(self.matching.files[*baseline].version.as_str(), None, Some(index));
        }
        // What another tool has run without a file in SQL is written otherwise.
        if self.in_code.contains(&version) || row.origin == Origin::Imported && !self.matching.is_version(index) {
            return self.skip(Reason::Applied, None, Some(index));
        }
        let code = if newer || referenced.contains(&row.version.as_str()) { Reason::Ahead } else { Reason::Missing };
        self.drift(code, None, Some(index))
    }

    /// Whether a file without a row has the content that a row ran a part of: it must not be run
    /// from the start.
    fn may_be_pending(&self, row: &Row) -> bool {
        row.checksum.as_deref().is_some_and(|checksum| self.without_row.contains(&checksum))
    }

    /// Tells files of one version about each other.
    fn fill_duplicates(&self, decisions: &mut [Decision]) {
        let matching = &self.matching;
        let path = |file: &usize| matching.files[*file].path.clone();
        for group in matching.groups().filter(|group| group.len() > 1) {
            let applied = group.iter().find_map(|&file| matching.row_of[file].map(|row| (file, matching.rows[row])));
            let (surely, unknown) = match applied {
                Some((file, row)) if is_surely(&matching.files[file], row) => (Some(path(&file)), false),
                other => (None, other.is_some()),
            };
            for file in group {
                let decision = &mut decisions[*file];
                // Each names all others, but no more than a person reads.
                decision.others = group.iter().filter(|other| *other != file).take(MAX_OTHERS).map(path).collect();
                decision.applied_path.clone_from(&surely);
                decision.applied_unknown = unknown;
            }
        }
    }

    /// A version after all others, in the form of the newest file's.
    fn next_version(&self) -> Option<String> {
        let newest = self.newest?;
        let row = (0..self.matching.rows.len()).rev().find(|row| self.matching.is_version(*row));
        let newest = match row {
            Some(row) if self.matching.versions[row] > *newest => &self.matching.versions[row],
            _ => newest,
        };
        next::next(next::counted(newest.as_str()), None)
    }
}

fn without_row<'a>(matching: &Matching<'a>) -> Lookup<&'a str> {
    let is_stray = |row: &usize| matching.file_of[*row].is_none() && matching.rows[*row].state != State::Applied;
    if !(0..matching.rows.len()).any(|row| is_stray(&row)) {
        return Lookup::new(Vec::new());
    }
    let files = matching.files.iter().enumerate();
    Lookup::of(files.filter(|(file, _)| matching.row_of[*file].is_none()).map(|(_, file)| file.checksum.as_str()))
}

/// How many of the files of one version a decision names besides its own.
const MAX_OTHERS: usize = 20;

/// Whether the ledger tells that a row of a version that several files have is this file's.
fn is_surely(file: &Migration, row: &Row) -> bool {
    match (&row.checksum, &row.name) {
        (Some(checksum), _) => *checksum == file.checksum,
        (None, Some(name)) => *name == file.name,
        (None, None) => false,
    }
}

fn progress(row: &Row) -> Progress {
    Progress { done: row.steps_done.unwrap_or(0), total: row.steps_total.unwrap_or(0) }
}
