//! The planner against a brute-force oracle: the same rules, written down a second time as plain
//! loops over small worlds, with no regard for speed. And a model ledger on which plans are
//! carried out.

use counterfoil::checksum::{checksum, fingerprint};
use counterfoil::convention::Convention;
use counterfoil::ledger::{Lease, Ledger, Row, State};
use counterfoil::migration::{Catalog, Migration, Replaced, Section, Transaction};
use counterfoil::plan::{Action, Decision, Options, Plan, Reason, Resume, Work, plan};
use counterfoil::version::Version;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

/// What files hold. The first two differ in white space alone; the last makes three steps, of which
/// nobody can tell of the middle one whether it has happened.
const CONTENTS: [&str; 4] = [
    "create table a ()",
    "create  table a ()",
    "create table b ()",
    "create index concurrently i on t (a); drop subscription s; select 1",
];
const STEPS: usize = 3;
const NAMES: [&str; 3] = ["x", "y", "z"];
const REPEATABLE: &str = "R__views";

// --- worlds

#[derive(Clone, Debug)]
struct File {
    text: String,
    name: &'static str,
    content: usize,
    /// Key and content.
    replaces: Vec<(u32, usize)>,
}

impl File {
    fn key(&self) -> Option<u32> {
        self.text.parse().ok()
    }

    fn is_repeatable(&self) -> bool {
        self.text == REPEATABLE
    }
}

fn version(text: &str) -> Version {
    Version::new(text, Convention::Flyway.identity())
}

fn migration(file: &File) -> Migration {
    let path = format!("{}__{}.sql", file.text, file.name);
    let text = CONTENTS[file.content];
    Migration {
        version: version(&file.text),
        name: file.name.into(),
        up: Section {
            path: path.clone(),
            text: text.into(),
            line: 1,
            pieces: Vec::new(),
            transaction: Transaction::Auto,
            breaks: vec![],
            refused: None,
            fills: vec![],
        },
        path,
        down: None,
        checksum: checksum(text),
        repeatable: file.is_repeatable(),
        replaces: file
            .replaces
            .iter()
            .map(|(key, content)| Replaced {
                version: version(&key.to_string()),
                checksum: checksum(CONTENTS[*content]),
            })
            .collect(),
    }
}

fn catalog(files: &[File]) -> Catalog {
    let mut migrations: Vec<Migration> = files.iter().map(migration).collect();
    migrations.sort_by(|a, b| (&a.version, &a.path).cmp(&(&b.version, &b.path)));
    Catalog { convention: Convention::Flyway, migrations, findings: vec![], not_run: vec![], callbacks: vec![] }
}

fn text_of(key: u32, padded: bool) -> String {
    if padded { format!("0{key}") } else { key.to_string() }
}

fn any_file() -> impl Strategy<Value = File> {
    let lists = prop::collection::vec((1..5u32, 0..4usize), 1..4);
    (0..6u32, prop::bool::weighted(0.1), 0..3usize, 0..4usize, prop::option::weighted(0.3, lists)).prop_map(
        |(key, padded, name, content, list)| {
            let mut replaces = list.unwrap_or_default();
            // Circles are refused where lists are read: 0 may replace all, others what is older.
            replaces.retain(|(other, _)| key == 0 || *other < key);
            replaces.sort_unstable();
            replaces.dedup_by_key(|(other, _)| *other);
            File { text: text_of(key, padded), name: NAMES[name], content, replaces }
        },
    )
}

fn any_files() -> impl Strategy<Value = Vec<File>> {
    let repeatable = prop::option::weighted(0.2, 0..3usize);
    (prop::collection::vec(any_file(), 0..5), repeatable).prop_map(|(mut files, repeatable)| {
        // One path, one file.
        files.sort_by_key(|file| (file.text.clone(), file.name));
        files.dedup_by_key(|file| (file.text.clone(), file.name));
        // A list says mostly what the files hold.
        let held: Vec<(Option<u32>, usize)> = files.iter().map(|file| (file.key(), file.content)).collect();
        for (key, content) in files.iter_mut().flat_map(|file| &mut file.replaces) {
            let file = held.iter().find(|(other, _)| *other == Some(*key));
            *content = file.filter(|_| *content != 0).map_or(*content, |(_, held)| *held);
        }
        files.extend(repeatable.map(|content| File {
            text: REPEATABLE.into(),
            name: "views",
            content,
            replaces: vec![],
        }));
        files
    })
}

/// A row that is often what one of the files would have left, and sometimes anything.
fn any_row(files: Vec<File>) -> impl Strategy<Value = Row> {
    let mut likely = files.clone();
    for (key, content) in files.iter().flat_map(|file| &file.replaces) {
        likely.push(File { text: key.to_string(), name: NAMES[0], content: *content, replaces: vec![] });
    }
    let files = likely;
    let of_file = prop::option::weighted(0.7, 0..files.len().max(1));
    let anything = (
        prop_oneof![8 => (0..7u32).prop_map(|key| key.to_string()), 1 => Just("01".to_owned()), 1 => Just("junk".to_owned()), 1 => Just(REPEATABLE.to_owned())],
        0..3usize,
        0..4usize,
    );
    let holes = (prop::bool::weighted(0.25), prop::bool::weighted(0.25), prop::bool::weighted(0.25));
    let twist = (prop::bool::weighted(0.2), prop::bool::weighted(0.2), prop::bool::weighted(0.2));
    let running = prop::option::weighted(0.15, (0..4u32, 0..3usize, prop::bool::weighted(0.1)));
    let replaced_by = prop::option::weighted(0.15, 0..6u32);
    (of_file, anything, holes, twist, running, replaced_by).prop_map(
        move |(of_file, (other_text, other_name, other_content), holes, twist, running, replaced_by)| {
            let file = of_file.and_then(|index| files.get(index));
            let pick = |twisted: bool| file.filter(|_| !twisted);
            let text = pick(twist.0).map_or(other_text, |file| file.text.clone());
            let name = pick(twist.1).map_or(NAMES[other_name], |file| file.name);
            let content = CONTENTS[pick(twist.2).map_or(other_content, |file| file.content)];
            let mut row = Row {
                version: text,
                name: (!holes.0).then(|| name.to_owned()),
                checksum: (!holes.1).then(|| checksum(content)),
                fingerprint: (!holes.1 && !holes.2).then(|| fingerprint(content)),
                replaced_by: replaced_by.map(|key| key.to_string()),
                ..Row::default()
            };
            if let Some((done, lease, back)) = running {
                row.state = if back { State::Reverting } else { State::Running };
                row.steps_done = Some(done);
                row.steps_total = Some(STEPS as u32);
                row.lease = [Lease::None, Lease::Alive, Lease::Over][lease];
                row.replaced_by = None;
            }
            row
        },
    )
}

/// Files and rows, shown so that a counterexample can be read.
#[derive(Clone)]
struct World {
    files: Vec<File>,
    rows: Vec<Row>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for file in &self.files {
            writeln!(f, "file {} {} content {} replaces {:?}", file.text, file.name, file.content, file.replaces)?;
        }
        for row in &self.rows {
            let content = (0..CONTENTS.len()).find(|content| row.checksum == Some(checksum(CONTENTS[*content])));
            writeln!(
                f,
                "row {} {:?} content {content:?} fingerprint {} {:?} {:?} {:?} replaced by {:?}",
                row.version,
                row.name,
                row.fingerprint.is_some(),
                row.state,
                row.lease,
                row.steps_done,
                row.replaced_by
            )?;
        }
        Ok(())
    }
}

fn any_world() -> impl Strategy<Value = World> {
    any_files().prop_flat_map(|files| {
        let rows = prop::collection::vec(any_row(files.clone()), 0..7).prop_map(|mut rows| {
            // The primary key.
            rows.sort_by(|a, b| a.version.cmp(&b.version));
            rows.dedup_by(|a, b| a.version == b.version);
            rows
        });
        (Just(files), rows).prop_map(|(files, rows)| World { files, rows })
    })
}

// --- the oracle

/// `row` is an index into the rows sorted by version, then text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Verdict {
    code: Reason,
    row: Option<usize>,
}

struct Oracle {
    files: Vec<File>,
    rows: Vec<Row>,
    /// File of each row, as it is decided.
    file_of: Vec<Option<usize>>,
    moved: Vec<(usize, usize)>,
    /// How many of the files the plan goes through.
    end: usize,
}

fn key_of(row: &Row) -> Option<u32> {
    row.version.parse().ok()
}

impl Oracle {
    fn new(catalog: &Catalog, files: &[File], rows: &[Row]) -> Oracle {
        let mut sorted: Vec<File> = Vec::new();
        for migration in &catalog.migrations {
            let same = |file: &&File| file.text == migration.version.as_str() && file.name == migration.name;
            sorted.push(files.iter().find(same).unwrap().clone());
        }
        let mut rows = rows.to_vec();
        rows.sort_by_key(|row| (key_of(row).is_none(), key_of(row), row.version.clone()));
        let end = sorted.len();
        let mut oracle = Oracle { file_of: vec![None; rows.len()], files: sorted, rows, moved: vec![], end };
        oracle.assign();
        oracle.renumber();
        oracle
    }

    fn sum(&self, file: usize) -> String {
        checksum(CONTENTS[self.files[file].content])
    }

    fn same_version(&self, row: usize, file: usize) -> bool {
        match self.files[file].key() {
            Some(key) => key_of(&self.rows[row]) == Some(key),
            None => self.rows[row].version == self.files[file].text,
        }
    }

    fn is_duplicate(&self, file: usize) -> bool {
        let key = self.files[file].key();
        key.is_some() && self.files.iter().filter(|other| other.key() == key).count() > 1
    }

    fn row_of(&self, file: usize) -> Option<usize> {
        (0..self.rows.len()).find(|row| self.file_of[*row] == Some(file))
    }

    /// Each file takes, of the rows of its version, the one that is most like it.
    fn assign(&mut self) {
        loop {
            let mut best: Option<((bool, bool, bool), usize, usize)> = None;
            for row in 0..self.rows.len() {
                for file in 0..self.files.len() {
                    // Of duplicates only one gets a row, and only one.
                    let taken = (0..self.files.len()).any(|other| {
                        self.files[other].key() == self.files[file].key()
                            && self.files[other].is_repeatable() == self.files[file].is_repeatable()
                            && self.row_of(other).is_some()
                    });
                    if taken || self.file_of[row].is_some() || !self.same_version(row, file) {
                        continue;
                    }
                    let like = (
                        self.rows[row].checksum == Some(self.sum(file)),
                        self.rows[row].name.as_deref() == Some(self.files[file].name),
                        self.rows[row].version == self.files[file].text,
                    );
                    if best.is_none_or(|(other, ..)| like > other) {
                        best = Some((like, row, file));
                    }
                }
            }
            let Some((_, row, file)) = best else { return };
            self.file_of[row] = Some(file);
        }
    }

    /// Whether the ledger leaves open that the row is another file's.
    fn is_open(&self, row: usize) -> bool {
        let r = &self.rows[row];
        let listed = self.files.iter().any(|file| file.replaces.iter().any(|(key, _)| Some(*key) == key_of(r)));
        if r.state != State::Applied || r.checksum.is_none() || r.replaced_by.is_some() || listed {
            return false;
        }
        match self.file_of[row] {
            None => true,
            Some(file) if self.is_duplicate(file) || self.files[file].is_repeatable() => false,
            Some(file) => r.checksum != Some(self.sum(file)) && r.name.as_deref() != Some(self.files[file].name),
        }
    }

    fn renumber(&mut self) {
        let open: Vec<usize> = (0..self.rows.len()).filter(|row| self.is_open(*row)).collect();
        let free: Vec<usize> = (0..self.files.len())
            .filter(|file| !self.is_duplicate(*file) && !self.files[*file].is_repeatable())
            .filter(|file| self.row_of(*file).is_none_or(|row| open.contains(&row)))
            .collect();
        let mut pairs: Vec<(usize, usize)> = vec![];
        for &row in &open {
            for &file in &free {
                let taken = pairs.iter().any(|(r, f)| *r == row || *f == file);
                let same = self.rows[row].checksum == Some(self.sum(file))
                    && self.rows[row].name.as_deref() == Some(self.files[file].name);
                if same && !taken {
                    pairs.push((row, file));
                }
            }
        }
        for &row in &open {
            let sum = self.rows[row].checksum.clone().unwrap();
            // Repeatable migrations are a world of their own.
            let rows = (0..self.rows.len())
                .filter(|other| self.rows[*other].checksum.as_ref() == Some(&sum))
                .filter(|other| !self.file_of[*other].is_some_and(|file| self.files[file].is_repeatable()))
                .count();
            let files: Vec<usize> = (0..self.files.len())
                .filter(|file| self.sum(*file) == sum && !self.files[*file].is_repeatable())
                .collect();
            if let ([file], 1) = (&files[..], rows)
                && free.contains(file)
                && !pairs.iter().any(|pair| pair.0 == row)
            {
                pairs.push((row, *file));
            }
        }
        // Move while something can move: the target's own row must be gone.
        loop {
            let next = pairs.iter().position(|&(_, file)| self.row_of(file).is_none());
            let Some(at) = next else { break };
            let (row, file) = pairs.remove(at);
            // Keep the place free for whoever wants it: nobody else is paired with it.
            self.file_of[row] = Some(file);
            self.moved.push((row, file));
        }
        self.assign();
    }

    fn resumes(&self, file: usize) -> bool {
        let Some(row) = self.row_of(file) else { return false };
        let r = &self.rows[row];
        let done = r.steps_done.unwrap_or(0) as usize;
        let f = &self.files[file];
        let same = r.checksum == Some(self.sum(file));
        let as_it_was = same && f.content == 3 && done <= STEPS;
        // With no step done there is nothing to compare, but another name and another text are another migration.
        let afresh = done == 0 && (same || r.name.as_ref().is_none_or(|name| name == f.name));
        // An index tells whether it is there, if it is the one that was tried.
        let untold = f.content == 3 && (done == 1 || done == 0 && !same);
        r.state == State::Running
            && r.lease != Lease::Alive
            && (as_it_was || afresh)
            && (r.lease == Lease::None || !untold)
    }

    fn at(&self, key: u32) -> Vec<usize> {
        (0..self.files.len()).filter(|file| self.files[*file].key() == Some(key)).collect()
    }

    /// What a baseline replaces, without itself.
    fn list(&self, file: usize) -> Vec<(u32, usize)> {
        let own = self.files[file].key();
        self.files[file].replaces.iter().copied().filter(|(key, _)| Some(*key) != own).collect()
    }

    fn is_baseline(&self, file: usize) -> bool {
        !self.list(file).is_empty()
    }

    /// Baselines that are replaced come before those that replace them; else catalog order.
    fn inner_baselines(&self, file: usize) -> Vec<usize> {
        let mut out = vec![];
        for (key, _) in self.list(file) {
            match self.at(key)[..] {
                [inner] if self.is_baseline(inner) => out.push(inner),
                _ => {}
            }
        }
        out
    }

    /// `present`, `fresh`, `adopt`, `partial` or `blocked`.
    fn standing(&self, baseline: usize) -> &'static str {
        if self.is_duplicate(baseline) {
            return "blocked";
        }
        if let Some(row) = self.row_of(baseline) {
            let r = &self.rows[row];
            let other_name = r.name.as_ref().is_some_and(|name| *name != self.files[baseline].name);
            let collides = r.checksum != Some(self.sum(baseline)) && other_name;
            return if collides { "blocked" } else { "present" };
        }
        // It is not there yet where the plan ends before it, or before what would have to run first.
        if baseline >= self.end {
            return "blocked";
        }
        let (mut there, mut gone, mut later) = (false, false, false);
        for (key, content) in self.list(baseline) {
            let entry = self.entry(baseline, key, content);
            later |= matches!(entry, "stopped" | "at hand") && self.at(key)[0] >= self.end;
            match entry {
                "there" => there = true,
                "different" | "stuck" => (there, gone) = (true, true),
                "stopped" => there = true,
                "missing" => gone = true,
                _ => {}
            }
        }
        match (there, gone) {
            (false, _) => "fresh",
            (true, false) if later => "blocked",
            (true, false) => "adopt",
            (true, true) => "partial",
        }
    }

    fn entry(&self, baseline: usize, key: u32, content: usize) -> &'static str {
        let sum = checksum(CONTENTS[content]);
        let files = self.at(key);
        let own = files.iter().find_map(|file| self.row_of(*file));
        let loose = || {
            let rows: Vec<usize> = (0..self.rows.len())
                .filter(|row| self.file_of[*row].is_none() && key_of(&self.rows[*row]) == Some(key))
                .collect();
            let fits = |row: &&usize| self.rows[**row].checksum.as_ref().is_none_or(|other| *other == sum);
            rows.iter().find(fits).or(rows.first()).copied()
        };
        let at_hand = files.len() == 1 && self.files[files[0]].content == content;
        if let Some(row) = own.or_else(loose) {
            let r = &self.rows[row];
            return match r.state {
                State::Applied if r.checksum.as_ref().is_none_or(|other| *other == sum) => "there",
                State::Applied => "different",
                _ if r.lease == Lease::Alive => "there",
                _ if at_hand && self.resumes(files[0]) => "stopped",
                _ => "stuck",
            };
        }
        // Another baseline, which this one stands on, already answers for it.
        if self.below(baseline).iter().any(|inner| {
            self.list(*inner).iter().any(|(other, _)| *other == key)
                && matches!(self.standing(*inner), "present" | "fresh" | "adopt")
        }) {
            return "covered";
        }
        if !at_hand {
            return "missing";
        }
        if self.is_baseline(files[0]) {
            return match self.standing(files[0]) {
                "adopt" => "there",
                "partial" => "stuck",
                _ => "at hand",
            };
        }
        "at hand"
    }

    /// Baselines that are judged before this one.
    fn below(&self, baseline: usize) -> Vec<usize> {
        let order = self.order();
        let at = order.iter().position(|other| *other == baseline).unwrap();
        order[..at].to_vec()
    }

    /// Round by round: those whose inner ones have all had their turn, in the order in which the
    /// last of those had it.
    fn order(&self) -> Vec<usize> {
        let all: Vec<usize> = (0..self.files.len()).filter(|file| self.is_baseline(*file)).collect();
        let mut order: Vec<usize> = all.iter().copied().filter(|file| self.inner_baselines(*file).is_empty()).collect();
        let mut at = 0;
        while at < order.len() {
            for &file in &all {
                let inner = self.inner_baselines(file);
                if !order.contains(&file)
                    && inner.contains(&order[at])
                    && inner.iter().all(|inner| order[..=at].contains(inner))
                {
                    order.push(file);
                }
            }
            at += 1;
        }
        order
    }

    /// The baseline that answers for a version.
    fn answers(&self, key: Option<u32>) -> Option<usize> {
        self.order().into_iter().find(|baseline| {
            self.list(*baseline).iter().any(|(other, _)| Some(*other) == key)
                && matches!(self.standing(*baseline), "present" | "fresh" | "adopt")
        })
    }

    /// Whether a baseline is still to be adopted: nobody who is there answers for it.
    fn is_to_adopt(&self, baseline: usize) -> bool {
        self.standing(baseline) == "adopt"
            && self.answers(self.files[baseline].key()).is_none_or(|outer| self.is_to_adopt(outer))
    }

    fn about_file(&self, file: usize) -> Verdict {
        let row = self.row_of(file);
        let say = |code| Verdict { code, row };
        let f = &self.files[file];
        if self.is_duplicate(file) {
            return say(Reason::Duplicate);
        }
        let answers = self.answers(f.key());
        let to_adopt = answers.is_some_and(|baseline| self.is_to_adopt(baseline));
        let Some(index) = row else {
            if answers.is_some() && !to_adopt {
                return say(Reason::Replaced);
            }
            return say(match self.is_baseline(file).then(|| self.standing(file)) {
                Some("adopt") => Reason::Baseline,
                Some("partial") => Reason::PartialSquash,
                Some("blocked") => Reason::Beyond,
                _ => self.unless_beyond(file, Reason::Pending),
            });
        };
        let r = &self.rows[index];
        if r.state != State::Applied {
            return say(if r.lease == Lease::Alive {
                Reason::InProgress
            } else if self.resumes(file) && (answers.is_none() || to_adopt) {
                self.unless_beyond(file, Reason::Resume)
            } else {
                Reason::Interrupted
            });
        }
        let marked_by = r.replaced_by.as_ref().and_then(|by| by.parse().ok());
        if answers.is_some() || marked_by.is_some_and(|by: u32| !self.at(by).is_empty()) {
            return say(Reason::Replaced);
        }
        if self.moved.contains(&(index, file)) {
            return say(Reason::Renumbered);
        }
        let same_content = r.checksum == Some(self.sum(file));
        let same_name = f.is_repeatable() || r.name.as_ref().is_none_or(|name| name == f.name);
        let same_tokens = r.fingerprint == Some(fingerprint(CONTENTS[f.content]));
        say(match (same_content, same_name) {
            (true, true) => Reason::Applied,
            (true, false) => Reason::Renamed,
            (false, true) if r.checksum.is_none() => Reason::Unverified,
            (false, true) if f.is_repeatable() => Reason::Changed,
            (false, true) => Reason::Edited,
            (false, false) if same_tokens => Reason::Edited,
            (false, false) => Reason::Collision,
        })
    }

    /// What would be run, if the plan goes as far.
    fn unless_beyond(&self, file: usize, code: Reason) -> Reason {
        if file >= self.end && !self.files[file].is_repeatable() { Reason::Beyond } else { code }
    }

    fn about_row(&self, row: usize) -> Reason {
        let r = &self.rows[row];
        let key = key_of(r);
        let listed = |file: usize| self.list(file).iter().any(|(other, _)| Some(*other) == key);
        let newest = self.files.iter().filter_map(File::key).max();
        let newer = key.is_some() && newest.is_none_or(|newest| key > Some(newest));
        if r.state != State::Applied {
            let rest_is_here =
                (0..self.files.len()).any(|file| self.row_of(file).is_none() && r.checksum == Some(self.sum(file)));
            return match r.lease {
                Lease::Alive => Reason::InProgress,
                _ if newer && !rest_is_here && !(0..self.files.len()).any(listed) => Reason::Ahead,
                _ => Reason::Interrupted,
            };
        }
        let has_file =
            key.is_some_and(|key| !self.at(key).is_empty()) || self.files.iter().any(|f| f.text == r.version);
        if r.replaced_by.is_some() || (!has_file && (0..self.files.len()).any(listed)) {
            return Reason::Replaced;
        }
        let marks = (0..self.rows.len())
            .any(|other| self.file_of[other].is_some() && self.rows[other].replaced_by.as_ref() == Some(&r.version));
        if marks || newer { Reason::Ahead } else { Reason::Missing }
    }

    fn is_gap(&self, file: usize) -> bool {
        if self.files[file].is_repeatable() {
            return false;
        }
        let later_file = (file + 1..self.files.len())
            .any(|later| !self.files[later].is_repeatable() && self.row_of(later).is_some());
        let later_row = (0..self.rows.len())
            .any(|row| self.file_of[row].is_none() && key_of(&self.rows[row]) > self.files[file].key());
        later_file || later_row
    }
}

// --- carrying out

/// Carries out the work of a plan on a ledger. Panics where a database would have failed.
fn carry_out(catalog: &Catalog, rows: &mut Vec<Row>, plan: &Plan) {
    let fresh = |migration: usize| {
        let m = &catalog.migrations[migration];
        Row {
            version: m.version.as_str().into(),
            name: Some(m.name.clone()),
            checksum: Some(m.checksum.clone()),
            fingerprint: Some(fingerprint(&m.up.text)),
            ..Row::default()
        }
    };
    for work in &plan.work {
        let insert = |rows: &mut Vec<Row>, row: Row| {
            assert!(rows.iter().all(|other| other.version != row.version), "the primary key: {work:?}");
            rows.push(row);
        };
        let take = |rows: &mut Vec<Row>, version: &str| {
            let at = rows.iter().position(|row| row.version == version).unwrap_or_else(|| panic!("no row: {work:?}"));
            rows.remove(at)
        };
        let mark = |rows: &mut Vec<Row>, marked: &[String], by: usize| {
            assert!(!marked.is_empty(), "{work:?}");
            for version in marked {
                let row = take(rows, version);
                assert_eq!(row.state, State::Applied, "{work:?}");
                let by = catalog.migrations[by].version.as_str().to_owned();
                insert(rows, Row { replaced_by: Some(by), ..row });
            }
        };
        match work {
            Work::Wait { .. } => unreachable!("nobody is at work"),
            Work::Rekey { from, migration } => {
                let row = take(rows, from);
                assert_eq!(row.checksum, fresh(*migration).checksum, "{work:?}");
                insert(rows, fresh(*migration));
            }
            Work::Stamp { row, migration } => {
                let old = take(rows, row);
                let Row { name, checksum, fingerprint, .. } = fresh(*migration);
                assert!(old.checksum.is_none() || old.checksum == checksum, "{work:?}");
                insert(rows, Row { name, checksum, fingerprint, ..old });
            }
            Work::Supersede { migration, rows: marked } => mark(rows, marked, *migration),
            Work::Adopt { migration, rows: marked } => {
                insert(rows, fresh(*migration));
                mark(rows, marked, *migration);
            }
            Work::Apply { again: Some((version, checksum)), migration, .. } => {
                let old = take(rows, version);
                assert_eq!(old.checksum, *checksum);
                insert(rows, fresh(*migration));
            }
            Work::Apply { resume: Some(Resume { version, done, .. }), migration, .. } => {
                let old = take(rows, version);
                assert_eq!((old.state, old.steps_done), (State::Running, Some(*done)));
                let state = State::Applied;
                // The text that ends it is the file's.
                let Row { checksum, fingerprint, .. } = fresh(*migration);
                let (steps_done, steps_total, lease) = (None, None, Lease::None);
                insert(rows, Row { state, checksum, fingerprint, steps_done, steps_total, lease, ..old });
            }
            Work::Apply { migration, .. } => insert(rows, fresh(*migration)),
            _ => unreachable!("{work:?} is not known here"),
        }
    }
}

// --- properties

fn decide(catalog: &Catalog, rows: &[Row]) -> Plan {
    decide_to(catalog, rows, None)
}

fn decide_to(catalog: &Catalog, rows: &[Row], to: Option<u32>) -> Plan {
    let options = Options { to: to.map(|to| to.to_string()), ..Options::default() };
    plan(catalog, &Ledger { exists: true, rows: rows.to_vec() }, &options)
}

/// Mostly a version that there is.
fn any_version() -> impl Strategy<Value = Option<u32>> {
    prop::option::weighted(0.5, 0..6u32)
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 4_000, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(20_000))]

    #[test]
    fn the_planner_agrees_with_the_oracle(World { files, rows } in any_world(), to in any_version()) {
        let catalog = catalog(&files);
        let mut oracle = Oracle::new(&catalog, &files, &rows);
        if let Some(to) = to {
            oracle.end = oracle.files.iter().rposition(|file| file.key() == Some(to)).map_or(0, |at| at + 1);
        }
        // Which of two rows of one version duplicates take does not matter: the plan is refused.
        let is_twice = |row: &Row| {
            key_of(row).is_some() && rows.iter().filter(|other| key_of(other) == key_of(row)).count() > 1
        };
        if rows.iter().any(is_twice) && (0..files.len()).any(|file| oracle.is_duplicate(file)) {
            return Ok(());
        }
        let plan = decide_to(&catalog, &rows, to);
        let (of_files, of_rows) = plan.decisions.split_at(files.len());
        for (file, decision) in of_files.iter().enumerate() {
            let expected = oracle.about_file(file);
            prop_assert_eq!(decision.code, expected.code, "{:?}", decision);
            // Which of several duplicates has the row is told by a test of its own.
            if expected.code != Reason::Duplicate {
                let row = expected.row.map(|row| oracle.rows[row].version.clone());
                prop_assert_eq!(&decision.row, &row, "{:?}", decision);
            }
            if decision.action == Action::Apply {
                prop_assert_eq!(decision.gap, oracle.is_gap(file), "{:?}", decision);
            }
        }
        let expected: Vec<(String, Reason)> = (0..oracle.rows.len())
            .filter(|row| oracle.file_of[*row].is_none())
            .map(|row| (oracle.rows[row].version.clone(), oracle.about_row(row)))
            .collect();
        let found: Vec<(String, Reason)> =
            of_rows.iter().map(|decision| (decision.version.clone(), decision.code)).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn every_file_and_every_row_gets_exactly_one_decision(World { files, rows } in any_world()) {
        let catalog = catalog(&files);
        let plan = decide(&catalog, &rows);
        let paths: Vec<&str> = plan.decisions.iter().filter_map(|decision| decision.path.as_deref()).collect();
        let expected: Vec<&str> = catalog.migrations.iter().map(|migration| migration.path.as_str()).collect();
        prop_assert_eq!(paths, expected);
        let mut seen: Vec<&str> = plan.decisions.iter().filter_map(|decision| decision.row.as_deref()).collect();
        seen.sort_unstable();
        let mut expected: Vec<&str> = rows.iter().map(|row| row.version.as_str()).collect();
        expected.sort_unstable();
        prop_assert_eq!(seen, expected);
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter(World { files, rows } in any_world(), turn in 0..6usize) {
        let catalog = catalog(&files);
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len().max(1));
        let plan = decide(&catalog, &rows);
        prop_assert_eq!(&decide(&catalog, &turned), &plan);
        turned.reverse();
        prop_assert_eq!(&decide(&catalog, &turned), &plan);
    }

    #[test]
    fn a_plan_that_was_carried_out_leaves_nothing_to_do(World { files, rows } in any_world()) {
        let catalog = catalog(&files);
        let plan = decide(&catalog, &rows);
        let waits = plan.work.iter().any(|work| matches!(work, Work::Wait { .. }));
        if plan.refusal().is_some() {
            prop_assert!(plan.work.is_empty());
        } else if !waits {
            let mut after = rows;
            carry_out(&catalog, &mut after, &plan);
            let again = decide(&catalog, &after);
            prop_assert_eq!(again.refusal(), None);
            prop_assert_eq!(&again.work, &vec![], "{:?}", World { files, rows: after });
            let is_done = |decision: &Decision| !matches!(decision.action, Action::Apply | Action::Adopt);
            prop_assert!(again.decisions.iter().all(is_done));
        }
    }

    #[test]
    fn a_plan_up_to_a_version_is_a_part_of_the_whole_way(World { files, rows } in any_world(), to in 0..6u32) {
        let catalog = catalog(&files);
        let part = decide_to(&catalog, &rows, Some(to));
        let waits = part.work.iter().any(|work| matches!(work, Work::Wait { .. }));
        if part.refusal().is_some() || waits {
            return Ok(());
        }
        let newest = |migration: &usize| {
            let migration = &catalog.migrations[*migration];
            migration.repeatable || migration.version <= version(&to.to_string())
        };
        for work in &part.work {
            if let Work::Apply { migration, .. } | Work::Adopt { migration, .. } = work {
                prop_assert!(newest(migration), "{:?}", work);
            }
        }
        let mut after = rows;
        carry_out(&catalog, &mut after, &part);
        prop_assert_eq!(&decide_to(&catalog, &after, Some(to)).work, &vec![]);
        // And from there to the end.
        let rest = decide(&catalog, &after);
        let waits = rest.work.iter().any(|work| matches!(work, Work::Wait { .. }));
        if rest.refusal().is_none() && !waits {
            carry_out(&catalog, &mut after, &rest);
            prop_assert_eq!(&decide(&catalog, &after).work, &vec![]);
        }
    }

    #[test]
    fn nothing_whose_row_is_there_is_run_from_the_start(World { files, rows } in any_world()) {
        let catalog = catalog(&files);
        let plan = decide(&catalog, &rows);
        for work in &plan.work {
            let Work::Apply { migration, again: None, resume: None } = work else { continue };
            let m = &catalog.migrations[*migration];
            for row in &rows {
                let same = row.checksum.as_ref() == Some(&m.checksum) && row.name.as_ref() == Some(&m.name);
                let is_free = row.state == State::Applied && row.replaced_by.is_none() && !m.repeatable;
                // Unless it is something else's, or something else holds the same.
                let is_another = catalog.migrations.iter().any(|other| {
                    let holds_the_same = other.path != m.path && other.checksum == m.checksum;
                    let has_row = other.version == version(&row.version) && row.name.as_ref() == Some(&other.name);
                    let lists = other.replaces.iter().any(|replaced| replaced.version == version(&row.version));
                    holds_the_same || has_row || lists
                });
                prop_assert!(!(same && is_free) || is_another || row.version == REPEATABLE, "{:?} {}", work, row.version);
            }
        }
    }
}

#[test]
fn the_worlds_are_rich_enough_to_say_something() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = any_world();
    let mut seen: std::collections::BTreeMap<Reason, usize> = std::collections::BTreeMap::new();
    let (mut chains, mut works) = (0, 0);
    for _ in 0..20_000 {
        let World { files, rows } = strategy.new_tree(&mut runner).unwrap().current();
        let catalog = catalog(&files);
        let plan = decide(&catalog, &rows);
        let part = decide_to(&catalog, &rows, Some(2));
        for decision in plan.decisions.iter().chain(part.decisions.iter().filter(|it| it.code == Reason::Beyond)) {
            *seen.entry(decision.code).or_default() += 1;
        }
        let adopted = plan.work.iter().filter(|work| matches!(work, Work::Adopt { .. })).count();
        chains += usize::from(adopted > 1);
        works += usize::from(plan.work.len() > 2);
    }
    println!("{seen:?}; more than one baseline adopted: {chains}; more than two pieces of work: {works}");
    for (reason, text) in Reason::ALL {
        assert!(seen.get(reason).is_some_and(|count| *count >= 100), "{text} is too rare: {seen:?}");
    }
    assert!(chains >= 10 && works >= 1_000);
}
