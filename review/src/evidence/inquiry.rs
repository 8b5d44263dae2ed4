//! The inquiry: which replay comes next, and what follows from it.

use super::history::{Effects, Found, History};
use super::report::{FileEvidence, Report, StatementEvidence, Status, Verdict};
use super::rows::{rows_only, statements};
use super::scope::scope;
use super::words::{listed, named};
use crate::schema::snapshot::Row;
use crate::schema::{Difference, Fact, Scope, Snapshot, diff, query_of};
use counterfoil::Error;
use counterfoil::ledger::Table;
use counterfoil::migration::Catalog;
use counterfoil::version::{Identity, Version};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How many replays there may be.
const MOST: u32 = 16;

/// What is asked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
// Exhaustive: callers build it.
pub struct Asked {
    /// The schema that is there: rows of the query.
    pub live: Vec<Row>,
    /// Versions that count as applied, and are no question.
    pub told: Vec<String>,
    /// Versions that count as applied unless the schema says otherwise.
    pub open: Vec<String>,
    /// A version that has begun and did not end.
    pub half: Option<String>,
    /// Ledgers, which are no part of a schema.
    pub ledgers: Vec<(String, String)>,
}

/// What there is to do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Turn {
    /// Replay the migrations in an empty database.
    Replay {
        /// Versions that are left out.
        without: Vec<String>,
        /// Versions that are run after all others.
        late: Vec<String>,
        /// A query of the schema, whose rows are wanted before the first migration and after each. None: only those of the whole
        /// schema at the end.
        trace: Option<String>,
        /// Statements that are run after that, one by one; then the query is that of the whole schema, around each of them.
        then: Vec<String>,
    },
    /// That is all.
    Done {
        /// What comes of it.
        report: Report,
    },
}

/// What came of a replay.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
// Exhaustive: callers build it.
pub struct Came {
    /// The whole schema at the end.
    pub rows: Vec<Row>,
    /// What the trace gave before the first.
    pub start: Vec<Row>,
    /// What each has changed of it.
    pub effects: Vec<Effects>,
    /// It failed.
    pub failed: Option<Failed>,
    /// The statement at which it ended, of those that were to be run after it. What is told of the schema was so before that one.
    pub stopped: Option<Stopped>,
}

/// A statement that failed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
// Exhaustive: callers build it.
pub struct Stopped {
    /// Which, from 1.
    pub number: usize,
    /// Why.
    pub message: String,
}

/// A replay that failed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
// Exhaustive: callers build it.
pub struct Failed {
    /// The file at which it did, if it was one.
    pub path: Option<String>,
    /// Why.
    pub message: String,
}

struct File {
    version: Version,
    path: String,
    rows_only: bool,
    statements: Option<Vec<String>>,
}

enum Phase {
    Fresh,
    /// All that count as applied.
    Whole,
    /// The same without those that are left out, read after each.
    Traced,
    /// Those that are left out have not run, if the others make what is there.
    Proof,
    /// A later file fails without one of these: at which, and those that were tried already.
    Needed {
        at: usize,
        tried: BTreeSet<usize>,
        trying: usize,
    },
    /// The same schema comes of another order: of which file to run late, and whether that one would take the place of one
    /// that is left out.
    Late {
        late: usize,
        in_place_of: Option<usize>,
    },
    /// What did not come to its end.
    Half,
    Over,
}

/// An inquiry.
pub struct Inquiry {
    identity: Identity,
    files: Vec<File>,
    live: Snapshot,
    ledgers: Vec<Table>,
    open: BTreeSet<usize>,
    applied: BTreeSet<usize>,
    half: Option<usize>,
    phase: Phase,
    replays: u32,
    scope: Scope,
    /// The schema that all make who count as applied.
    whole: Option<Snapshot>,
    /// Those that are left out.
    left: BTreeSet<usize>,
    found: BTreeMap<usize, Found>,
    by_hand: BTreeSet<Fact>,
    /// Without which a later file fails, and at which.
    needed: BTreeMap<usize, usize>,
    /// That ran later than in their turn.
    late: BTreeSet<usize>,
    undecided: BTreeMap<usize, String>,
    /// Other orders that are still to be tried.
    orders: Vec<(usize, Option<usize>)>,
    statements: Vec<StatementEvidence>,
    failed: Option<String>,
}

impl Inquiry {
    /// One that has not begun.
    ///
    /// # Errors
    ///
    /// `invalid-input` if `live` is no schema, or an empty one.
    pub fn new(catalog: &Catalog, asked: Asked) -> Result<Self, Error> {
        let identity = catalog.convention.identity();
        let files: Vec<File> = catalog
            .migrations
            .iter()
            .map(|migration| File {
                version: migration.version.clone(),
                path: migration.path.clone(),
                rows_only: rows_only(&migration.up),
                statements: statements(&migration.up),
            })
            .collect();
        let live = Snapshot::of_rows(asked.live)?;
        let place = |version: &String| {
            let version = Version::new(version, identity);
            files.iter().position(|file| file.version == version)
        };
        let mut open = BTreeSet::new();
        open.extend(asked.open.iter().filter_map(place));
        let mut applied = BTreeSet::new();
        applied.extend(asked.told.iter().filter_map(place));
        applied.extend(open.iter().copied());
        let half = asked.half.as_ref().and_then(place);
        if let Some(half) = half {
            applied.remove(&half);
            open.remove(&half);
        }
        let ledgers = asked.ledgers.into_iter().map(|(schema, name)| Table { schema, name }).collect();
        Ok(Inquiry {
            identity,
            files,
            live,
            ledgers,
            open,
            applied,
            half,
            phase: Phase::Fresh,
            replays: 0,
            scope: Scope::default(),
            whole: None,
            left: BTreeSet::new(),
            found: BTreeMap::new(),
            by_hand: BTreeSet::new(),
            needed: BTreeMap::new(),
            late: BTreeSet::new(),
            undecided: BTreeMap::new(),
            orders: Vec::new(),
            statements: Vec::new(),
            failed: None,
        })
    }

    /// What there is to do next, after what came of the last.
    ///
    /// # Errors
    ///
    /// `invalid-input` if rows are not those of the query.
    pub fn next(&mut self, came: Came) -> Result<Turn, Error> {
        let phase = std::mem::replace(&mut self.phase, Phase::Over);
        if let Phase::Fresh = phase {
            return Ok(self.replay(Phase::Whole, false, None));
        }
        if let Phase::Half = phase {
            self.read_half(came)?;
            return Ok(self.done());
        }
        let Came { rows, start, effects, failed, .. } = came;
        if let Some(failed) = failed {
            return Ok(self.fell(phase, failed));
        }
        let made = Snapshot::of_any_rows(rows)?;
        let differences = diff(&made, &self.live, &[]).differences;
        Ok(match phase {
            Phase::Fresh | Phase::Half | Phase::Over => self.done(),
            Phase::Whole => {
                self.whole = Some(made);
                if differences.is_empty() {
                    return Ok(self.over());
                }
                self.widen(&differences);
                self.replay(Phase::Traced, true, None)
            }
            Phase::Traced => {
                let start = Snapshot::of_any_rows(start)?;
                let history = History::new(&made.server, &start, effects, |version| self.place(version))?;
                self.read(&history, &differences)
            }
            Phase::Proof => self.proven(&differences),
            Phase::Needed { trying, .. } => {
                // With this one nothing fails any more.
                self.is_needed(trying);
                self.proven(&differences)
            }
            Phase::Late { late, in_place_of } => {
                if self.unexplained(&differences).is_empty() {
                    match in_place_of {
                        // Both explain what is there.
                        Some(other) => {
                            let why = format!(
                                "either {} did not run, or {} ran after it",
                                self.version(other),
                                self.version(late)
                            );
                            self.undecided.insert(other, why);
                        }
                        None => {
                            self.late.insert(late);
                        }
                    }
                }
                self.order()
            }
        })
    }

    fn place(&self, version: &str) -> Option<usize> {
        let version = Version::new(version, self.identity);
        self.files.iter().position(|file| file.version == version)
    }

    fn version(&self, file: usize) -> &str {
        self.files[file].version.as_str()
    }

    fn versions(&self, files: impl IntoIterator<Item = usize>) -> Vec<String> {
        files.into_iter().map(|file| self.version(file).to_owned()).collect()
    }

    /// Asks for a replay without what is left out. `late`: one that comes after all others.
    fn replay(&mut self, phase: Phase, traced: bool, late: Option<usize>) -> Turn {
        let kept = match phase {
            Phase::Needed { trying, .. } => Some(trying),
            Phase::Late { in_place_of, .. } => in_place_of,
            _ => None,
        };
        let out = |file: &usize| !self.applied.contains(file) || self.left.contains(file) && Some(*file) != kept;
        let without = self.versions((0..self.files.len()).filter(out));
        let trace = traced.then(|| query_of(&self.ledgers, &self.scope));
        self.phase = phase;
        self.replays += 1;
        Turn::Replay { without, late: self.versions(late), trace, then: Vec::new() }
    }

    /// Takes into the scope what these are about; whether it has grown.
    fn widen(&mut self, differences: &[Difference]) -> bool {
        let Some(whole) = &self.whole else { return false };
        let more = scope(differences, [whole, &self.live]);
        let before = (self.scope.relations.len(), self.scope.rest);
        self.scope.relations.extend(more.relations);
        self.scope.rest |= more.rest;
        before != (self.scope.relations.len(), self.scope.rest)
    }

    /// Reads what each file has left.
    fn read(&mut self, history: &History, differences: &[Difference]) -> Turn {
        let differing = facts(differences);
        let reading = history.read(&differing, &self.live);
        if self.left.is_empty() {
            self.found.clear();
            self.by_hand.clear();
            self.undecided.clear();
        }
        self.by_hand.extend(reading.by_hand);
        let mut grown = false;
        for (file, found) in reading.files {
            if self.left.contains(&file) {
                continue;
            }
            let absent = !found.missing.is_empty() && found.there.is_empty();
            if absent && self.open.contains(&file) && !self.needed.contains_key(&file) {
                self.left.insert(file);
                grown = true;
            }
            self.found.insert(file, found);
        }
        match (grown, self.left.is_empty()) {
            (true, _) => self.replay(Phase::Proof, false, None),
            (false, true) => self.ordered(),
            (false, false) => self.unproven(),
        }
    }

    /// What no file and nobody's hand explains.
    fn unexplained(&self, differences: &[Difference]) -> BTreeSet<Fact> {
        let mut open = facts(differences);
        for fact in &self.by_hand {
            open.remove(fact);
        }
        open
    }

    /// The same, but for what is known to be missing of files that are not left out.
    fn unproven_facts(&self, differences: &[Difference]) -> BTreeSet<Fact> {
        let mut open = self.unexplained(differences);
        for (file, found) in &self.found {
            if !self.left.contains(file) {
                for fact in &found.missing {
                    open.remove(fact);
                }
            }
        }
        open
    }

    /// The others have been replayed: is it what is there?
    fn proven(&mut self, differences: &[Difference]) -> Turn {
        if self.unproven_facts(differences).is_empty() {
            return self.ordered();
        }
        if self.replays + 1 >= MOST {
            return self.unproven();
        }
        if self.widen(differences) {
            // What was not looked at before may speak for some of them.
            self.left.clear();
        }
        self.replay(Phase::Traced, true, None)
    }

    fn unproven(&mut self) -> Turn {
        for file in self.left.clone() {
            self.undecided.entry(file).or_insert_with(|| "the schema is not what the others alone make, either".into());
        }
        self.over()
    }

    /// A replay failed.
    fn fell(&mut self, phase: Phase, failed: Failed) -> Turn {
        let at = failed.path.as_ref().and_then(|path| self.files.iter().position(|file| file.path == *path));
        let (at, mut tried) = match (phase, at) {
            (Phase::Late { .. }, _) => return self.order(),
            (Phase::Proof, Some(at)) => (at, BTreeSet::new()),
            (Phase::Needed { at: before, tried, trying }, Some(at)) if at <= before => {
                let mut tried = tried;
                tried.insert(trying);
                (before, tried)
            }
            // It got further: that one was needed, and so is another.
            (Phase::Needed { trying, .. }, Some(at)) => {
                self.is_needed(trying);
                (at, BTreeSet::new())
            }
            (Phase::Whole | Phase::Traced, _) if self.left.is_empty() => {
                self.failed = Some(failed.message);
                return self.over();
            }
            _ => return self.unproven(),
        };
        let next = self.left.iter().rev().copied().find(|file| *file < at && !tried.contains(file));
        match next {
            Some(trying) if self.replays + 1 < MOST => {
                tried.remove(&trying);
                if self.left.len() == 1 {
                    self.needed.insert(trying, at);
                    self.left.clear();
                    return self.ordered();
                }
                self.replay(Phase::Needed { at, tried, trying }, false, None)
            }
            _ => self.unproven(),
        }
    }

    fn is_needed(&mut self, file: usize) {
        self.left.remove(&file);
        self.needed.insert(file, file);
    }

    /// Looks whether another order explains it as well.
    fn ordered(&mut self) -> Turn {
        self.orders.clear();
        for (&file, found) in &self.found {
            let partly = !found.there.is_empty() && !found.missing.is_empty();
            let in_place_of = self.left.contains(&file).then_some(file);
            if !partly && in_place_of.is_none() || found.missing.is_empty() {
                continue;
            }
            // What is there instead has to be one file's.
            let [Some(before)] = found.before.iter().copied().collect::<Vec<_>>()[..] else { continue };
            let may = self.open.contains(&before) && !self.left.contains(&before);
            if may && !self.orders.contains(&(before, in_place_of)) {
                self.orders.push((before, in_place_of));
            }
        }
        self.order()
    }

    fn order(&mut self) -> Turn {
        match self.orders.pop() {
            Some((late, in_place_of)) if self.replays + 1 < MOST => {
                self.replay(Phase::Late { late, in_place_of }, false, Some(late))
            }
            _ => self.over(),
        }
    }

    /// All is said but for what did not come to its end.
    fn over(&mut self) -> Turn {
        let statements = self.half.and_then(|half| self.files[half].statements.clone()).unwrap_or_default();
        if self.failed.is_some() || statements.is_empty() {
            return self.done();
        }
        match self.replay(Phase::Half, false, None) {
            Turn::Replay { without, late, .. } => {
                let trace = Some(crate::schema::query(&self.ledgers));
                Turn::Replay { without, late, trace, then: statements }
            }
            done @ Turn::Done { .. } => done,
        }
    }

    /// Reads how far a file has come that did not come to its end.
    fn read_half(&mut self, came: Came) -> Result<(), Error> {
        let (Some(half), None) = (self.half, &came.failed) else { return Ok(()) };
        let count = self.files[half].statements.as_ref().map_or(0, Vec::len);
        let made = Snapshot::of_any_rows(came.rows)?;
        let start = Snapshot::of_any_rows(came.start)?;
        let history = History::new(&made.server, &start, came.effects, |number| number.parse().ok())?;
        let reading = history.read(&facts(&diff(&made, &self.live, &[]).differences), &self.live);
        let mut whole = Found::default();
        for number in 1..=count {
            let found = reading.files.get(&number).cloned().unwrap_or_default();
            let verdict = match (found.there.is_empty(), found.missing.is_empty()) {
                _ if came.stopped.as_ref().is_some_and(|stopped| number >= stopped.number) => Verdict::Undecided,
                (true, true) => Verdict::NoEffect,
                (false, true) => Verdict::Present,
                (true, false) => Verdict::Absent,
                (false, false) => Verdict::Partly,
            };
            whole.there.extend(found.there);
            whole.missing.extend(found.missing);
            let failed = came.stopped.as_ref().filter(|stopped| stopped.number == number);
            let failed = failed.map(|stopped| stopped.message.clone());
            self.statements.push(StatementEvidence {
                number: u32::try_from(number).unwrap_or(u32::MAX),
                verdict,
                failed,
            });
        }
        for fact in &whole.there {
            self.by_hand.remove(fact);
        }
        self.whole = Some(made);
        self.found.insert(half, whole);
        Ok(())
    }

    fn done(&mut self) -> Turn {
        self.phase = Phase::Over;
        let mut files = Vec::new();
        // A file that ran late has what it wrote in place of what others should have.
        let is_late = |found: &Found| {
            let [Some(before)] = found.before.iter().copied().collect::<Vec<_>>()[..] else { return false };
            self.late.contains(&before)
        };
        let schemas = self.whole.iter().chain([&self.live]);
        let mut by_hand = self.by_hand.clone();
        for (&file, found) in &self.found {
            let told = self.applied.contains(&file) && !self.open.contains(&file);
            let late = is_late(found);
            let verdict = match (found.there.is_empty(), found.missing.is_empty()) {
                _ if self.undecided.contains_key(&file) => Verdict::Undecided,
                _ if self.left.contains(&file) => Verdict::Absent,
                _ if self.needed.contains_key(&file) || late => Verdict::Present,
                // The ledger knows better: it is gone again.
                (_, false) if told => Verdict::Present,
                (true, true) if self.half != Some(file) => Verdict::Overwritten,
                (true, true) => Verdict::NoEffect,
                (false, true) => Verdict::Present,
                (true, false) => Verdict::Absent,
                (false, false) => Verdict::Partly,
            };
            if verdict == Verdict::Present && !late {
                by_hand.extend(found.missing.iter().cloned());
            }
            let (there, missing) = (named(&found.there, schemas.clone()), named(&found.missing, schemas.clone()));
            let message = self.message(file, verdict, &there, &missing);
            let statements = if self.half == Some(file) { self.statements.clone() } else { Vec::new() };
            let File { version, path, .. } = &self.files[file];
            let (version, path) = (version.as_str().to_owned(), path.clone());
            files.push(FileEvidence { version, path, verdict, there, missing, message, statements });
        }
        let explained = self.whole.as_ref().map_or_else(Vec::new, |whole| diff(whole, &self.live, &[]).differences);
        let by_hand = explained.iter().filter(|difference| by_hand.contains(&fact(difference)));
        let by_hand: Vec<String> = by_hand.map(|difference| difference.message.clone()).collect();
        let open = files.iter().any(|file| matches!(file.verdict, Verdict::Undecided));
        let status = match () {
            () if self.failed.is_some() => Status::NotReplayed,
            () if open => Status::Undecided,
            () if files.is_empty() && by_hand.is_empty() => Status::Same,
            () => Status::Explained,
        };
        let rows_only = self.versions(self.applied.iter().copied().filter(|file| self.files[*file].rows_only));
        let (replays, failed) = (self.replays, self.failed.clone());
        Turn::Done { report: Report { status, files, by_hand, rows_only, replays, failed } }
    }

    fn message(&self, file: usize, verdict: Verdict, there: &[String], missing: &[String]) -> String {
        let version = self.version(file);
        match verdict {
            Verdict::Absent => {
                format!("{version} has not run: {} {} not there as it makes it", listed(missing), is(missing))
            }
            Verdict::Partly => format!(
                "{version} is there in part: {} {} there, {} {} not",
                listed(there),
                is(there),
                listed(missing),
                is(missing)
            ),
            Verdict::Undecided => {
                let why = self.undecided.get(&file).map(String::as_str).unwrap_or_default();
                format!("nobody can tell from the schema whether {version} ran: {why}")
            }
            Verdict::Present => match self.needed.get(&file) {
                Some(&at) if at != file => {
                    format!(
                        "{version} has run: {} fails without it; {} {} gone since",
                        self.version(at),
                        listed(missing),
                        is(missing)
                    )
                }
                Some(_) => format!(
                    "{version} has run: a later one fails without it; {} {} gone since",
                    listed(missing),
                    is(missing)
                ),
                None if missing.is_empty() => format!("{version} has run: {} {} there", listed(there), is(there)),
                None => format!("{version} has run, and {} {} not as it makes it", listed(missing), is(missing)),
            },
            Verdict::Overwritten => format!("{version} has left nothing that later ones have not written anew"),
            Verdict::NoEffect => format!("{version} leaves no trace in a schema"),
        }
    }
}

fn is(things: &[String]) -> &'static str {
    if things.len() == 1 { "is" } else { "are" }
}

fn fact(difference: &Difference) -> Fact {
    Fact { kind: difference.kind.clone(), name: difference.name.clone() }
}

fn facts(differences: &[Difference]) -> BTreeSet<Fact> {
    let mut out = BTreeSet::new();
    out.extend(differences.iter().map(fact));
    out
}
