//! `stamp`: migrations are marked as applied, or not applied, without being run.
//!
//! - *Applied*: a file without a row gets one, with its present checksum. A row with another checksum takes the file's; a
//!   migration that stopped half-way is taken as finished. Rows that a baseline replaces are marked as it is stamped.
//!   A migration in code, which is not run here, gets a row without a checksum.
//! - *Not applied*: the row goes. Rows that it stood for as a baseline stand for themselves again.
//! - *Step done* or *not done*: what nobody but a person can tell of the step at which a migration stopped; or how many steps of
//!   its file as it is now have happened.
//!
//! A migration that somebody is running is refused.

use super::change::{Cells, Change};
use super::errand::{Draft, Errand, Seen, Unchanged};
use counterfoil::checksum::{self, STEP, fingerprint};
use counterfoil::finding::Finding;
use counterfoil::ledger::statements::{STEPS, TextRow};
use counterfoil::ledger::{Lease, Origin, Row, State, Tool};
use counterfoil::mention::Mention;
use counterfoil::migration::{Catalog, Migration, NotRun, NotRunKind};
use counterfoil::plan::{foreign_markers, inspect};
use counterfoil::run::Setup;
use counterfoil::sql;
use counterfoil::sql::quote::literal;
use counterfoil::version::{Identity, Version};
use counterfoil::{Code, Error};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What to mark, and as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Which migrations.
    pub which: Which,
    /// As what.
    pub mark: Mark,
}

impl Stamp {
    /// These versions are in the database.
    pub fn applied<V: Into<String>>(versions: impl IntoIterator<Item = V>) -> Self {
        Self::marking(versions, Mark::Applied)
    }

    /// These versions are not in the database.
    pub fn not_applied<V: Into<String>>(versions: impl IntoIterator<Item = V>) -> Self {
        Self::marking(versions, Mark::NotApplied)
    }

    /// The step at which these versions stopped has happened.
    pub fn step_done<V: Into<String>>(versions: impl IntoIterator<Item = V>) -> Self {
        Self::marking(versions, Mark::StepDone)
    }

    /// The step at which these versions stopped has not happened.
    pub fn step_not_done<V: Into<String>>(versions: impl IntoIterator<Item = V>) -> Self {
        Self::marking(versions, Mark::StepNotDone)
    }

    /// Of the steps of these versions' files the first `steps` have happened, and no other.
    pub fn steps<V: Into<String>>(versions: impl IntoIterator<Item = V>, steps: u32) -> Self {
        Self::marking(versions, Mark::Steps(steps))
    }

    fn marking<V: Into<String>>(versions: impl IntoIterator<Item = V>, mark: Mark) -> Self {
        Stamp { which: Which::Versions(versions.into_iter().map(Into::into).collect()), mark }
    }
}

/// Which migrations are marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// These versions.
    Versions(Vec<String>),
    /// All of the set.
    All,
}

/// What they are marked as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// In the database.
    #[default]
    Applied,
    /// Not in the database.
    NotApplied,
    /// The step at which they stopped has happened.
    StepDone,
    /// The step at which they stopped has not happened.
    StepNotDone,
    /// Of the steps of their files so many have happened, the first ones.
    #[serde(skip)]
    Steps(u32),
}

/// A version, and all that is known of it.
struct Subject<'a> {
    version: Version,
    migration: Option<&'a Migration>,
    in_code: Option<&'a NotRun>,
    /// The checksum that a baseline lists, where there is no file.
    listed: Option<&'a str>,
    rows: Vec<&'a Row>,
}

impl Subject<'_> {
    fn name(&self) -> &str {
        let row = || self.rows.first().and_then(|row| row.name.as_deref());
        let file = self.migration.map(|migration| migration.name.as_str());
        file.or_else(|| self.in_code.map(|file| file.name.as_str())).or_else(row).unwrap_or_default()
    }

    fn path(&self) -> Option<&str> {
        self.migration.map(|m| m.path.as_str()).or_else(|| self.in_code.map(|file| file.path.as_str()))
    }

    /// Whether the set knows of it.
    fn is_known(&self) -> bool {
        self.migration.is_some() || self.in_code.is_some() || self.listed.is_some()
    }

    fn checksum(&self) -> Option<&str> {
        self.migration.map(|migration| migration.checksum.as_str()).or(self.listed)
    }
}

impl Errand for Stamp {
    fn question(&self, setup: &Setup, _: &Seen, heard: &[Vec<TextRow>]) -> Result<Option<String>, Error> {
        if self.which != Which::All || self.mark != Mark::Applied || !heard.is_empty() {
            return Ok(None);
        }
        let table = &setup.options.table;
        // What lies beside the set says nothing of it.
        let within: Vec<String> = setup.options.schema.iter().map(|schema| literal(schema)).collect();
        let within =
            if within.is_empty() { String::new() } else { format!(" and n.nspname in ({})", within.join(", ")) };
        // What an extension has made says nothing of migrations.
        Ok(Some(format!(
            "select exists (select 1 from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
             where c.relkind in ('r', 'p', 'f', 'v', 'm'){within} and pg_catalog.left(n.nspname, 3) <> 'pg_' \
             and n.nspname <> 'information_schema' and not (n.nspname = {} and c.relname = {}) \
             and not exists (select 1 from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass \
             and d.objid = c.oid and d.deptype = 'e'))::text as tables",
            literal(&table.schema),
            literal(&table.name)
        )))
    }

    fn draft(&self, setup: &Setup, seen: &Seen, heard: &[Vec<TextRow>]) -> Result<Draft, Error> {
        let is_empty =
            |rows: &Vec<TextRow>| rows.first().and_then(|row| row.get("tables")) == Some(&Some("false".into()));
        if heard.first().is_some_and(is_empty) {
            return Err(refused("the database has no table, so these migrations have not all run".into()).with_help(
                "run them (`up`, or `migrate` in a program); or name each version that is there. Nothing was written",
            ));
        }
        let mut stand_for: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in &seen.ledger.rows {
            if let Some(baseline) = row.replaced_by.as_deref() {
                stand_for.entry(baseline).or_default().push(row);
            }
        }
        let mut out =
            Drawing { catalog: &setup.catalog, seen, draft: Draft::default(), places: BTreeMap::new(), stand_for };
        let subjects = self.subjects(&setup.catalog, seen)?;
        for subject in &subjects {
            if let Some(row) = subject.rows.iter().find(|row| row.lease == Lease::Alive) {
                return Err(at_work(subject, row));
            }
        }
        for subject in subjects {
            match self.mark {
                Mark::Applied => {
                    out.draft.findings.extend(marked(setup, &subject));
                    out.applied(&subject);
                }
                Mark::NotApplied => out.not_applied(&subject),
                Mark::StepDone => out.step(&subject, StepMark::Done)?,
                Mark::StepNotDone => out.step(&subject, StepMark::NotDone)?,
                Mark::Steps(up_to) => out.step(&subject, StepMark::UpTo(up_to))?,
            }
        }
        Ok(out.draft)
    }

    fn taken(&self, setup: &Setup, tool: Tool) -> Error {
        let theirs = setup.options.table.qualified();
        let message = match tool {
            Tool::Unknown => {
                format!("the table {theirs} is not a ledger that counterfoil knows: it may be another tool's")
            }
            tool => format!("the table {theirs} is the ledger of {}", tool.name()),
        };
        Error::new(Code::ForeignLedger, message)
            .with_help("nothing was written; keep the ledger elsewhere with the option `table`")
            .with_option(Mention::named("table"))
    }
}

impl Stamp {
    /// What is to be marked, in the order of the set or as it was asked for.
    fn subjects<'a>(&self, catalog: &'a Catalog, seen: &'a Seen) -> Result<Vec<Subject<'a>>, Error> {
        let known = Known::new(catalog, seen);
        let mut subjects: Vec<Subject<'a>> = Vec::new();
        let mut named = BTreeSet::new();
        match &self.which {
            Which::All => {
                for version in known.all(self.mark) {
                    subjects.push(known.subject(version)?);
                }
            }
            Which::Versions(versions) => {
                for text in versions {
                    let version = Version::new(text.as_str(), known.identity);
                    if !named.insert(version.clone()) {
                        continue;
                    }
                    let subject = known.subject(version)?;
                    if !subject.is_known() && subject.rows.is_empty() {
                        return Err(known.unknown(text));
                    }
                    subjects.push(subject);
                }
            }
        }
        Ok(subjects)
    }
}

/// All that is known of a version.
#[derive(Default)]
struct Entry<'a> {
    files: Vec<&'a Migration>,
    in_code: Option<&'a NotRun>,
    listed: Option<&'a str>,
    rows: Vec<&'a Row>,
}

/// The set and the ledger, by version.
struct Known<'a> {
    catalog: &'a Catalog,
    identity: Identity,
    entries: BTreeMap<Version, Entry<'a>>,
}

impl<'a> Known<'a> {
    fn new(catalog: &'a Catalog, seen: &'a Seen) -> Self {
        let mut known = Known { catalog, identity: catalog.convention.identity(), entries: BTreeMap::new() };
        for migration in &catalog.migrations {
            known.at(migration.version.clone()).files.push(migration);
            for replaced in migration.replaces.iter().filter(|replaced| replaced.version != migration.version) {
                known.at(replaced.version.clone()).listed.get_or_insert(&replaced.checksum);
            }
        }
        for file in &catalog.not_run {
            if let (Some(version), NotRunKind::Code | NotRunKind::Ending) = (file.turn.version(), file.kind) {
                known.at(version.clone()).in_code = Some(file);
            }
        }
        for row in &seen.ledger.rows {
            known.at(Version::new(row.version.as_str(), known.identity)).rows.push(row);
        }
        known
    }

    fn at(&mut self, version: Version) -> &mut Entry<'a> {
        self.entries.entry(version).or_default()
    }

    /// All versions of the set. What a baseline of the set replaces is not applied beside it, unless it is there.
    fn all(&self, mark: Mark) -> Vec<Version> {
        let is_meant = |entry: &Entry<'_>| {
            !entry.rows.is_empty() || mark == Mark::Applied && (entry.listed.is_none() || entry.in_code.is_some())
        };
        let files = self.catalog.migrations.iter().map(|migration| &migration.version);
        let mut all: Vec<Version> =
            files.filter(|version| self.entries.get(version).is_some_and(is_meant)).cloned().collect();
        for (version, entry) in &self.entries {
            let is_other = entry.files.is_empty() && (entry.in_code.is_some() || entry.listed.is_some());
            // Without a file, what a baseline replaces is for that to say.
            if is_other && is_meant(entry) && (entry.in_code.is_some() || mark != Mark::Applied) {
                all.push(version.clone());
            }
        }
        all
    }

    fn subject(&self, version: Version) -> Result<Subject<'a>, Error> {
        let none = Entry::default();
        let entry = self.entries.get(&version).unwrap_or(&none);
        if let [one, other, ..] = &entry.files[..] {
            let message = format!("{} and {} have one version, {}", one.path, other.path, version.as_str());
            return Err(refused(message)
                .with_help("give all but one of them a version of their own, then stamp it; nothing was written"));
        }
        let migration = entry.files.first().copied();
        let mut rows = entry.rows.clone();
        // A row that writes the version as it was asked for is meant before one that writes it otherwise.
        let written = migration.map_or(version.as_str(), |migration| migration.version.as_str());
        if let Some(at) = rows.iter().position(|row| row.version == written) {
            rows.swap(0, at);
        }
        Ok(Subject { migration, in_code: entry.in_code, listed: entry.listed, rows, version })
    }

    /// Neither the set nor the ledger has it.
    fn unknown(&self, text: &str) -> Error {
        let mut known: Vec<(&str, &str, &str)> = Vec::new();
        known.extend(self.catalog.migrations.iter().map(|m| (m.version.as_str(), m.name.as_str(), m.path.as_str())));
        for (version, Entry { in_code, rows, .. }) in &self.entries {
            known.extend(in_code.map(|file| (version.as_str(), file.name.as_str(), file.path.as_str())));
            known.extend(rows.iter().map(|row| (row.version.as_str(), row.name.as_deref().unwrap_or(""), "")));
        }
        let far = |(version, name, path): &(&str, &str, &str)| {
            let file = path.rsplit('/').next().unwrap_or_default();
            [*version, *name, *path, file].iter().map(|known| strsim::levenshtein(known, text)).min()
        };
        let nearest = known.into_iter().min_by_key(far);
        let help = match nearest {
            Some((version, name, _)) if name.is_empty() || name == version => {
                format!("is it {version}? nothing was written")
            }
            Some((version, name, _)) => format!("is it {version} ({name})? nothing was written"),
            None => String::from("there is none in the set, and none in the ledger; nothing was written"),
        };
        Error::new(Code::InvalidInput, format!("there is no migration of version {text}, and no row of it"))
            .with_help(help)
    }
}

/// The changes, as they are drawn up: one for each row.
struct Drawing<'a> {
    catalog: &'a Catalog,
    seen: &'a Seen,
    draft: Draft,
    /// Where in it the change of each row stands.
    places: BTreeMap<String, usize>,
    /// The rows for which each baseline stands.
    stand_for: BTreeMap<&'a str, Vec<&'a Row>>,
}

impl Drawing<'_> {
    /// What is drawn up for a row already.
    fn drawn(&self, version: &str) -> Option<usize> {
        self.places.get(version).copied()
    }

    /// The row of a version as it is by now.
    fn cells(&self, row: &Row) -> Cells {
        let drawn = self.drawn(&row.version).and_then(|at| self.draft.changes[at].to.clone());
        drawn.unwrap_or_else(|| self.seen.cells(row))
    }

    /// Puts a change in place of what was drawn up for its row, or behind all.
    fn put(&mut self, change: Change) {
        match self.drawn(change.version()) {
            Some(at) => self.draft.changes[at] = change,
            None => {
                self.places.insert(change.version().to_owned(), self.draft.changes.len());
                self.draft.changes.push(change);
            }
        }
    }

    /// Changes columns of a row; what was said of it already stays.
    fn update(&mut self, row: &Row, subject: &Subject<'_>, columns: &[(&str, Option<&str>)], message: String) {
        let to = Change::update(self.cells(row), columns).to;
        let message = match self.drawn(&row.version) {
            Some(at) => format!("{}; {message}", self.draft.changes[at].message),
            None => message,
        };
        let change = Change { to, ..Change::update(self.seen.cells(row), &[]) };
        self.put(change.saying(subject.name(), subject.path(), message));
    }

    /// How far a migration has come that is not applied.
    fn stopped(&self, row: &Row) -> String {
        let state = self.seen.cells(row).remove("state").flatten().unwrap_or_default();
        if !State::ALL.iter().any(|(_, known)| *known == state) {
            return format!("in the unknown state {}", literal(&state));
        }
        let way = if row.state == State::Reverting { " on its way back" } else { "" };
        let done = row.steps_done.unwrap_or(0);
        match row.steps_total {
            Some(total) => format!("stopped{way} after {done} of {total} steps"),
            None => format!("stopped{way} after {done} steps"),
        }
    }

    fn leave(&mut self, version: &str, message: impl Into<String>) {
        self.draft.unchanged.push(Unchanged { version: version.to_owned(), message: message.into() });
    }

    fn applied(&mut self, subject: &Subject<'_>) {
        let print = subject.migration.map(|migration| fingerprint(&migration.up.text));
        let replaced_by = self.baseline_of(subject);
        let Some(row) = subject.rows.first() else {
            let version = subject.migration.map_or(subject.version.as_str(), |m| m.version.as_str());
            let cell = |name: &str, value: Option<&str>| (name.to_owned(), value.map(str::to_owned));
            let name = Some(subject.name()).filter(|name| subject.migration.is_some() || !name.is_empty());
            let mut to = Cells::new();
            to.extend([
                cell("version", Some(version)),
                cell("name", name),
                cell("checksum", subject.checksum()),
                cell("fingerprint", print.as_deref()),
                cell("state", Some(State::Applied.as_str())),
                cell("origin", Some(Origin::Stamped.as_str())),
                cell("replaced_by", replaced_by.as_deref()),
            ]);
            let message = match (subject.migration, subject.in_code) {
                (None, Some(_)) => "recorded as applied: it is in code, and is not run here",
                _ => "recorded as applied, without being run",
            };
            self.draft.changes.push(Change::insert(to).saying(subject.name(), subject.path(), message));
            self.supersede(subject);
            return;
        };
        let before = self.draft.changes.len();
        let stopped = row.state != State::Applied;
        let other = subject.checksum().filter(|checksum| row.checksum.as_deref() != Some(checksum));
        let mut columns: Vec<(&str, Option<&str>)> = Vec::new();
        if stopped || other.is_some() {
            columns.push(("origin", Some(Origin::Stamped.as_str())));
        }
        if stopped {
            columns.extend([("state", Some(State::Applied.as_str())), ("claimed_until", None), ("claimed_by", None)]);
            columns.extend([("steps_done", None), ("steps_total", None)]);
            columns.extend(self.cells(row).contains_key(STEPS.0).then_some((STEPS.0, None)));
            columns.extend(replaced_by.as_deref().map(|by| ("replaced_by", Some(by))));
        }
        let assumed = !stopped && row.is_assumed();
        if assumed {
            columns.push(("steps_done", None));
        }
        if let Some(checksum) = other {
            columns.push(("checksum", Some(checksum)));
            columns.push(("fingerprint", print.as_deref()));
            columns.extend(subject.migration.map(|migration| ("name", Some(migration.name.as_str()))));
        }
        let message = match (stopped, other, &row.checksum) {
            (true, ..) => format!("{}: recorded as applied", self.stopped(row)),
            (_, Some(_), Some(was)) => {
                format!("applied with another content ({was}): the row takes the checksum that the file has now")
            }
            (_, Some(_), None) => String::from("applied without a checksum on record: the row takes the file's"),
            _ if assumed => String::from("assumed when it was taken over: recorded as applied"),
            _ => String::new(),
        };
        if !columns.is_empty() {
            self.update(row, subject, &columns, message);
        }
        self.supersede(subject);
        if self.draft.changes.len() == before && columns.is_empty() {
            let message = match (&row.replaced_by, subject.is_known()) {
                (Some(by), _) => format!("applied already, and baseline {by} stands for it"),
                (None, true) => String::from("applied already"),
                (None, false) => String::from("applied already; there is no file of that version"),
            };
            self.leave(&row.version, message);
        }
    }

    /// The baseline that is in the ledger and stands for a version.
    fn baseline_of(&self, subject: &Subject<'_>) -> Option<String> {
        let identity = self.catalog.convention.identity();
        let lists =
            |migration: &&Migration| migration.replaces.iter().any(|replaced| replaced.version == subject.version);
        let baselines = self.catalog.migrations.iter().filter(lists).filter(|m| m.version != subject.version);
        let mut there = baselines.filter_map(|baseline| {
            let is_its = |row: &&Row| Version::new(row.version.as_str(), identity) == baseline.version;
            self.seen.ledger.rows.iter().find(is_its)
        });
        there.find(|row| row.state == State::Applied).map(|row| row.version.clone())
    }

    /// Marks the rows of what a baseline replaces.
    fn supersede(&mut self, subject: &Subject<'_>) {
        let Some(baseline) = subject.migration.filter(|migration| !migration.replaces.is_empty()) else { return };
        let identity = self.catalog.convention.identity();
        let by = subject.rows.first().map_or(baseline.version.as_str(), |row| row.version.as_str());
        let seen = self.seen;
        for row in seen.ledger.rows.iter().filter(|row| row.state == State::Applied && row.replaced_by.is_none()) {
            let version = Version::new(row.version.as_str(), identity);
            if version == baseline.version || !baseline.replaces.iter().any(|replaced| replaced.version == version) {
                continue;
            }
            let replaced = Subject { version, migration: None, in_code: None, listed: None, rows: vec![row] };
            self.update(row, &replaced, &[("replaced_by", Some(by))], format!("marked as replaced by baseline {by}"));
        }
    }

    fn not_applied(&mut self, subject: &Subject<'_>) {
        if subject.rows.is_empty() {
            return self.leave(subject.version.as_str(), "not in the ledger");
        }
        for row in &subject.rows {
            let message = match (row.state, subject.migration) {
                (State::Applied, Some(_)) => String::from("its row goes: it is pending then"),
                (State::Applied, None) => String::from("its row goes"),
                _ => format!("{}: its row goes", self.stopped(row)),
            };
            self.put(Change::delete(self.seen.cells(row)).saying(subject.name(), subject.path(), message));
            for other in self.stand_for.get(row.version.as_str()).cloned().unwrap_or_default() {
                // Its own row may go, too.
                if self.drawn(&other.version).is_some_and(|at| self.draft.changes[at].to.is_none()) {
                    continue;
                }
                let version = Version::new(other.version.as_str(), self.catalog.convention.identity());
                let stands = Subject { version, migration: None, in_code: None, listed: None, rows: vec![other] };
                let message = format!("stands for itself again: baseline {} does not", row.version);
                self.update(other, &stands, &[("replaced_by", None)], message);
            }
        }
    }

    fn step(&mut self, subject: &Subject<'_>, way: StepMark) -> Result<(), Error> {
        let Some(row) = subject.rows.first().filter(|row| row.state != State::Applied) else {
            let what = if subject.rows.is_empty() { "has no row" } else { "is applied" };
            return Err(refused(format!(
                "version {} {what}: there is no step at which it stopped",
                subject.version.as_str()
            ))
            .with_help("mark the migration itself, without a step; nothing was written"));
        };
        let was = row.steps_done.unwrap_or(0);
        let migration = subject.migration;
        let section = match row.state {
            State::Reverting => migration.and_then(|migration| migration.down.as_ref()),
            _ => migration.map(|migration| &migration.up),
        };
        // What cannot be split has no steps.
        let prints: Option<Vec<String>> = section.and_then(|section| {
            let steps = inspect(section).ok()?.steps.steps;
            Some(steps.iter().map(|step| checksum::step(step.span.slice(&section.text))).collect())
        });
        let (at, total) = match (way, &prints) {
            (StepMark::UpTo(at), Some(prints)) if at as usize <= prints.len() => (at, u32::try_from(prints.len()).ok()),
            (StepMark::UpTo(at), prints) => return Err(no_such_step(subject, at, prints.as_ref().map(Vec::len))),
            _ => (was.saturating_add(1), row.steps_total),
        };
        let of = total.map_or_else(String::new, |total| format!(" of {total}"));
        let free = [("claimed_until", None), ("claimed_by", None)];
        if way == StepMark::NotDone {
            if row.lease == Lease::None {
                self.leave(&row.version, format!("goes on at step {at}{of} as it is"));
            } else {
                self.update(
                    row,
                    subject,
                    &free,
                    format!("step {at}{of} is recorded as not done: it goes on with that"),
                );
            }
            return Ok(());
        }
        let (next, all) = (at.to_string(), total.map(|total| total.to_string()));
        let last = total.is_some_and(|total| at >= total);
        let mut columns = vec![("steps_done", Some(next.as_str()))];
        columns.extend(free);
        // What is said to be done is a step of the file as it is now.
        let kept = self.cells(row).get(STEPS.0).cloned().map(|steps| match &prints {
            Some(prints) if way == StepMark::Done => {
                let done = steps.and_then(|steps| Some(steps.get(..was as usize * STEP)?.to_owned()));
                let tried = prints.get(was as usize).map_or("", String::as_str);
                done.map(|done| done + tried)
            }
            Some(prints) => Some(prints[..at as usize].concat()),
            None => steps,
        });
        let print = migration.map(|migration| checksum::fingerprint(&migration.up.text));
        if let StepMark::UpTo(_) = way {
            columns.push(("steps_total", all.as_deref()));
        }
        if let (StepMark::UpTo(_), State::Running, Some(migration)) = (way, row.state, migration) {
            columns.extend([("checksum", Some(&*migration.checksum)), ("fingerprint", print.as_deref())]);
        }
        let back = if row.state == State::Reverting { " of its way back" } else { "" };
        let what = match way {
            StepMark::UpTo(0) => format!("no step{back} is recorded as done"),
            StepMark::UpTo(_) => format!("all up to step {at}{of}{back} is recorded as done"),
            _ => format!("step {at}{of}{back} is recorded as done"),
        };
        match row.state {
            State::Reverting if last => {
                let message = what + ", which was the last: its row goes";
                self.put(Change::delete(self.seen.cells(row)).saying(subject.name(), subject.path(), message));
                return Ok(());
            }
            _ if last => {
                columns.push(("state", Some(State::Applied.as_str())));
                columns.extend(kept.map(|_| (STEPS.0, None)));
                self.update(row, subject, &columns, what + ", which was the last: it is applied");
            }
            _ => {
                columns.extend(kept.as_ref().map(|kept| (STEPS.0, kept.as_deref())));
                let then = if at == 0 { ": it begins afresh" } else { ": it goes on after that" };
                self.update(row, subject, &columns, what + then);
            }
        }
        Ok(())
    }
}

/// What is said of the steps of a migration that has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StepMark {
    /// The one at which it stopped has happened.
    Done,
    /// It has not.
    NotDone,
    /// All up to this one have, and no other.
    UpTo(u32),
}

/// The file has not so many steps, or there is none.
fn no_such_step(subject: &Subject<'_>, at: u32, total: Option<usize>) -> Error {
    let version = subject.version.as_str();
    let message = match total {
        Some(total) => format!("{} has {total} steps, and not {at}", subject.path().unwrap_or(version)),
        None => format!("version {version} has no file here whose steps could be counted"),
    };
    refused(message).with_help("say done or not-done of the step at which it stopped; nothing was written")
}

fn refused(message: String) -> Error {
    Error::new(Code::PlanRefused, message)
}

/// What of a file's text belongs to a way back, by the marker of another tool: its checksum would have to be another one.
fn marked(setup: &Setup, subject: &Subject<'_>) -> Option<Finding> {
    let up = &subject.migration?.up;
    let options = setup.options.planning();
    let analysis = sql::analyze(&up.without_values(), &up.breaks).ok()?;
    foreign_markers::finding(up, &analysis, setup.catalog.convention, options.severity(foreign_markers::CODE))
}

/// Somebody is running it.
fn at_work(subject: &Subject<'_>, row: &Row) -> Error {
    let name = subject.name();
    let name = if name.is_empty() { String::new() } else { format!(" ({name})") };
    let by =
        row.claimed_by.as_deref().map_or_else(String::new, |by| format!(" by {}", by.split('#').next().unwrap_or(by)));
    let until =
        row.claimed_until.as_deref().map_or_else(String::new, |until| format!(", whose claim lasts until {until}"));
    refused(format!("version {}{name} is being run{by}{until}", row.version))
        .with_help("wait until it is done, or until its runner is gone and the claim is over; nothing was written")
}
