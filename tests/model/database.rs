//! A small database: rows, uncommitted work, locks on rows, and backends that outlive their client.
//!
//! It carries out requests, not SQL. What it knows of PostgreSQL: a transaction sees what is
//! committed and its own work; an insert waits for another transaction that has inserted the same
//! key; an update waits for another that has changed the row; a concurrent index build leaves an
//! invalid index behind when it is cut short; a procedure that commits refuses a transaction, and when it is cut short
//! keeps a part; a backend does not notice that its client has gone.

use counterfoil::Catalog;
use counterfoil::ledger::{State, TextRow};
use counterfoil::run::{Act, Direction, Failure, Input, Request};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Whether a lease is running. Time passes by choice of the checker, not by a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Lease {
    None,
    Alive,
    Over,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Row {
    pub checksum: String,
    pub name: String,
    pub state: State,
    pub done: u32,
    pub total: u32,
    /// Fingerprints of the steps that are done, if they are kept.
    pub steps: Option<String>,
    /// Runner and claim.
    pub owner: Option<(u8, u32)>,
    /// Whether a step is about to be sent alone.
    pub alone: bool,
    pub lease: Lease,
}

/// A step of a migration: what its effect is known by. Steps of one text have one effect in all editions of a file; those of
/// ways back begin at [`DOWN`].
pub(crate) type Effect = (u8, u8);
pub(crate) const DOWN: u8 = 100;

/// Runners that are there once all others are dead: the first has the first edition.
pub(crate) const FRESH: u8 = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Index {
    Invalid,
    Valid,
}

/// What is committed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Committed {
    pub exists: bool,
    /// Whether the ledger says that it was emptied by going back.
    pub traced: bool,
    /// Whether another tool has migrated the database.
    pub foreign: bool,
    /// Whether our ledger was made, or taken for a new one, when another tool had been there.
    pub deaf: bool,
    pub rows: BTreeMap<String, Row>,
    /// How often each step has taken effect. Concurrent index builds are in `indexes` instead.
    pub effects: BTreeMap<Effect, u8>,
    pub indexes: BTreeMap<Effect, Index>,
    /// Procedures that have committed a part and not come to their end.
    pub parts: BTreeSet<Effect>,
    /// Whether the ledger has the column for fingerprints of steps, and whether the role may not add it.
    pub stepped: bool,
    pub narrow: bool,
    /// A trigger on the ledger swallows what is inserted.
    pub swallows: bool,
    /// The first step of this migration deletes its row.
    pub forgets: Option<u8>,
    /// Whether the callback has run since the last migration was applied.
    pub called: bool,
}

/// One change of an open transaction; `None` deletes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Change {
    Row(String, Option<Row>),
    Effect(Effect, i8),
    DropIndex(Effect),
    /// The ledger gets the column for the fingerprints of steps.
    Widen,
    Called,
}

/// Who holds an applied row that callbacks are still to follow.
pub(crate) const OWED: Option<(u8, u32)> = Some((u8::MAX, 0));

/// Who holds a row that is applied.
fn held(world: &World<'_>) -> Option<(u8, u32)> {
    OWED.filter(|_| !world.editions[0].callbacks.is_empty())
}

/// A backend: one request under way, with or without a client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Backend {
    pub runner: u8,
    pub request: Request,
    at: usize,
    changes: Vec<Change>,
}

impl Backend {
    pub(crate) fn new(runner: u8, request: Request) -> Self {
        Backend { runner, request, at: 0, changes: Vec::new() }
    }

    /// How many acts of its request it has done.
    pub(crate) fn at(&self) -> u32 {
        self.at as u32
    }

    /// The rows that it holds until it ends.
    fn locks(&self) -> impl Iterator<Item = &str> {
        self.changes.iter().filter_map(|change| match change {
            Change::Row(version, _) => Some(version.as_str()),
            _ => None,
        })
    }

    /// The version whose non-transactional step is being executed, as `pg_stat_activity` shows it.
    fn executes(&self) -> Option<u8> {
        match self.request {
            Request::Alone { migration, .. } if self.at > 0 => Some(migration as u8),
            _ => None,
        }
    }

    /// The effect of the step that is being executed alone.
    pub(crate) fn builds(&self, world: &World<'_>) -> Option<Effect> {
        match self.request {
            Request::Alone { migration, direction, step } if self.at > 0 => {
                Some(world.effect(self.runner, direction, migration, step))
            }
            _ => None,
        }
    }
}

/// What one micro-step of a backend came to.
pub(crate) enum Progress {
    /// It goes on.
    More,
    /// It waits for another transaction.
    Blocked,
    /// It is done.
    Reply(Input),
}

/// What the files hold.
pub(crate) struct World<'a> {
    /// The set, as it is for each runner: files may be edited in between. Later runners have the last one.
    pub editions: &'a [Catalog],
    /// The effects of each edition's sections.
    pub effects: &'a [BTreeMap<(usize, Direction), Vec<Effect>>],
    /// Which steps are concurrent index builds.
    pub concurrent: &'a BTreeSet<Effect>,
    /// Which steps call a procedure that commits.
    pub commits: &'a BTreeSet<Effect>,
    /// Which steps always fail.
    pub broken: &'a BTreeSet<Effect>,
    /// Whether who reads is told that others are writing.
    pub cancels: bool,
}

impl World<'_> {
    pub(crate) fn edition(&self, runner: u8) -> usize {
        usize::from(runner.checked_sub(FRESH).unwrap_or(runner)).min(self.editions.len() - 1)
    }

    pub(crate) fn effect(&self, runner: u8, direction: Direction, migration: usize, step: usize) -> Effect {
        self.effects[self.edition(runner)][&(migration, direction)][step]
    }
}

fn failure(sqlstate: &str) -> Input {
    Input::Failed(Failure { sqlstate: sqlstate.into(), message: sqlstate.into(), ..Failure::default() })
}

/// What a statement that makes itself fail says, in the words of its cast.
fn fault(what: &str) -> Input {
    let message = format!("invalid input syntax for type integer: \"counterfoil: {what}: 0\"");
    Input::Failed(Failure { sqlstate: "22P02".into(), message, ..Failure::default() })
}

const GONE: &str = "the row is gone";
const NOT_WRITTEN: &str = "the row is not written";

fn rows(rows: Vec<TextRow>) -> Input {
    Input::Rows { rows }
}

fn one(pairs: &[(&str, &str)]) -> Input {
    rows(vec![pairs.iter().map(|(name, value)| (name.to_string(), Some(value.to_string()))).collect()])
}

const OURS: [&str; 12] = [
    "name",
    "checksum",
    "fingerprint",
    "applied_at",
    "duration_ms",
    "state",
    "steps_done",
    "steps_total",
    "claimed_until",
    "claimed_by",
    "origin",
    "replaced_by",
];

/// Carries out one micro-step of backend `me`.
pub(crate) fn step(world: &World<'_>, db: &mut Arc<Committed>, backends: &mut [Arc<Backend>], me: usize) -> Progress {
    let rest: Vec<Arc<Backend>> =
        backends.iter().enumerate().filter(|(index, _)| *index != me).map(|(_, backend)| Arc::clone(backend)).collect();
    let others: Vec<&str> = rest.iter().flat_map(|backend| backend.locks()).collect();
    let building: Vec<Effect> = rest.iter().filter_map(|backend| backend.builds(world)).collect();
    let active: Vec<u8> = rest.iter().filter_map(|backend| backend.executes()).collect();
    let before = Arc::clone(&backends[me]);
    let (request, runner) = (&before.request, before.runner);
    let catalog = &world.editions[world.edition(runner)];
    let version = |migration: usize| catalog.migrations[migration].version.as_str().to_owned();
    let single = |db: &mut Arc<Committed>, version: &str, when: &dyn Fn(&Row) -> bool, then: &dyn Fn(&mut Row)| {
        if others.contains(&version) {
            return Progress::Blocked;
        }
        match db.rows.get(version) {
            Some(row) if when(row) => {
                Arc::make_mut(db).rows.entry(version.to_owned()).and_modify(then);
                Progress::Reply(one(&[("version", version)]))
            }
            _ => Progress::Reply(rows(vec![])),
        }
    };
    let mine = |row: &Row, claim: u32| row.owner == Some((runner, claim));
    match request {
        Request::Digest if !db.exists => Progress::Reply(one(&[("open", "false")])),
        Request::Rows(Some(columns)) if columns.is_empty() => unreachable!("no columns to read"),
        Request::Rows(_) if !db.exists => Progress::Reply(failure("42P01")),
        Request::Digest => {
            let all = db.rows.values().all(|row| row.state == State::Applied && row.owner != OWED);
            let rows = db.rows.iter().map(|(version, row)| (version.as_str(), row.checksum.as_str()));
            let files = catalog.migrations.iter().map(|file| (file.version.as_str(), file.checksum.as_str()));
            let same = all && rows.collect::<BTreeSet<_>>() == files.collect();
            Progress::Reply(one(&[("same", if same { "true" } else { "false" })]))
        }
        Request::Shape { there: true, .. } if !db.exists => Progress::Reply(failure("42P01")),
        Request::Shape { there, creates } => {
            let text = |pairs: &[(&str, &str)]| -> TextRow {
                pairs.iter().map(|(name, value)| (name.to_string(), Some(value.to_string()))).collect()
            };
            let mut out = Vec::new();
            if db.exists {
                let columns =
                    std::iter::once(("version", "character varying(128)")).chain(OURS.map(|name| (name, "text")));
                out.extend(columns.map(|(name, kind)| text(&[("name", name), ("type", kind)])));
            }
            if db.foreign {
                out.push(text(&[
                    ("kind", "goose"),
                    ("schema", "public"),
                    ("relation", "goose_db_version"),
                    ("readable", "true"),
                ]));
            }
            if db.foreign && creates.is_none() {
                out.push(text(&[("kind", "any")]));
            }
            if db.exists && db.traced {
                out.push(text(&[("kind", "trace")]));
            }
            if *there && !db.rows.is_empty() {
                out.push(text(&[("kind", "rows")]));
            }
            Progress::Reply(rows(out))
        }
        Request::Says(_) => Progress::Reply(one(&[("place", "0"), ("applied", "1\n2")])),
        Request::Trace => {
            Arc::make_mut(db).traced |= db.rows.is_empty();
            Progress::Reply(rows(vec![]))
        }
        Request::Rows(_) => {
            let stepped = if db.stepped { Some("there") } else { (!db.narrow).then_some("may") };
            let text = db.rows.iter().map(|(version, row)| {
                let state = match row.state {
                    State::Applied => "applied",
                    State::Running => "running",
                    State::Reverting => "reverting",
                    state => unreachable!("not part of the model: {state:?}"),
                };
                let migration = catalog.migrations.iter().position(|m| m.version.as_str() == version);
                let at_work = migration.is_some_and(|index| active.contains(&(index as u8)));
                let lease = match row.lease {
                    Lease::Over if at_work => "alive",
                    Lease::None => "none",
                    Lease::Alive => "alive",
                    Lease::Over => "over",
                };
                let mut out = TextRow::new();
                let mut put = |name: &str, value: Option<String>| out.insert(name.to_owned(), value);
                put("version", Some(version.clone()));
                put("name", Some(row.name.clone()));
                put("checksum", Some(row.checksum.clone()));
                put("state", Some(state.to_owned()));
                put("steps_done", Some(row.done.to_string()));
                put("steps_total", Some(row.total.to_string()).filter(|_| row.total > 0));
                put("steps", row.steps.clone());
                put("stepped", stepped.map(str::to_owned));
                put("claimed_until", (row.lease != Lease::None).then(|| "later".to_owned()));
                put("claimed_by", if row.owner == OWED { Some("callbacks".to_owned()) } else { held_by(row) });
                put("lease", Some(lease.to_owned()));
                out
            });
            let mut text: Vec<TextRow> = text.collect();
            // There is a row in any case; one without a version is none of the ledger's.
            if text.is_empty() {
                text.push(TextRow::from([("stepped".to_owned(), stepped.map(str::to_owned))]));
            }
            if world.cancels {
                text[0].insert("busy".to_owned(), Some((!others.is_empty()).to_string()));
            }
            Progress::Reply(rows(text))
        }
        Request::Create { present, look_again, .. } => {
            if db.exists && present.is_empty() {
                return Progress::Reply(failure("42P07"));
            }
            if db.foreign && look_again.is_some() {
                return Progress::Reply(failure("22P02"));
            }
            let db = Arc::make_mut(db);
            db.exists = true;
            db.deaf |= db.foreign && db.rows.is_empty() && !db.traced;
            Progress::Reply(rows(vec![]))
        }
        Request::ClaimRunning { stepped: true, .. } | Request::Take { stepped: true, .. } if !db.stepped => {
            Progress::Reply(failure("42703"))
        }
        Request::ClaimRunning { migration, claim, steps, stepped } => {
            let version = version(*migration);
            if others.contains(&version.as_str()) {
                return Progress::Blocked;
            }
            if db.rows.contains_key(&version) {
                return Progress::Reply(failure("23505"));
            }
            if db.swallows {
                return Progress::Reply(fault(NOT_WRITTEN));
            }
            let file = &catalog.migrations[*migration];
            Arc::make_mut(db).rows.insert(
                version,
                Row {
                    checksum: file.checksum.clone(),
                    name: file.name.clone(),
                    state: State::Running,
                    done: 0,
                    total: *steps as u32,
                    steps: stepped.then(String::new),
                    owner: Some((runner, *claim)),
                    alone: false,
                    lease: Lease::Alive,
                },
            );
            Progress::Reply(rows(vec![]))
        }
        Request::Take { version, migration, direction, done, by, steps, stepped, claim } => single(
            db,
            version,
            &|row| {
                (row.state == State::Running) == (*direction == Direction::Up)
                    && row.state != State::Applied
                    && row.done == *done
                    && held_by(row) == *by
                    && (row.lease != Lease::Alive
                        || row.owner.is_some_and(|(owner, held)| owner == runner && held <= *claim))
            },
            &|row| {
                (row.lease, row.owner, row.alone) = (Lease::Alive, Some((runner, *claim)), false);
                row.total = *steps as u32;
                if *direction == Direction::Up {
                    row.checksum.clone_from(&catalog.migrations[*migration].checksum);
                }
                if *stepped && *done == 0 {
                    row.steps = Some(String::new());
                }
            },
        ),
        Request::TakeBack { version, claim, steps, stepped } => {
            single(db, version, &|row| row.state == State::Applied, &|row| {
                (row.state, row.done, row.lease) = (State::Reverting, 0, Lease::Alive);
                (row.owner, row.alone, row.total) = (Some((runner, *claim)), false, *steps as u32);
                row.steps = stepped.then(String::new);
            })
        }
        Request::Hold { version, from, print, claim } => {
            single(db, version, &|row| mine(row, *claim) && row.done == *from, &|row| {
                (row.lease, row.alone) = (Lease::Alive, true);
                noted(row, *from, print.as_deref());
            })
        }
        Request::Advance { version, from, last, print, claim } => {
            single(db, version, &|row| mine(row, *claim) && row.done == *from, &|row| {
                advanced(world, row, *from, *last, print.as_deref());
            })
        }
        Request::Stop { version, claim } => single(db, version, &|row| mine(row, *claim), &|row| {
            (row.lease, row.owner, row.alone) = (Lease::None, None, false);
        }),
        Request::Abandon { version, claim } => {
            single(db, version, &|row| mine(row, *claim), &|row| row.lease = Lease::Over)
        }
        Request::DeleteReverted { version, claim } => {
            if others.contains(&version.as_str()) {
                return Progress::Blocked;
            }
            if db.rows.get(version).is_some_and(|row| mine(row, *claim)) {
                Arc::make_mut(db).rows.remove(version);
                return Progress::Reply(one(&[("version", version)]));
            }
            Progress::Reply(rows(vec![]))
        }
        Request::Index { migration, direction, step, among } => {
            let key = world.effect(runner, *direction, *migration, *step);
            if !among.is_empty() {
                // There is no other index of this name.
                let said = match db.indexes.get(&key) {
                    None => "counterfoil: ",
                    Some(Index::Invalid) => "counterfoil: drop index if exists i",
                    Some(Index::Valid) => "counterfoil: valid",
                };
                let failure = Failure { sqlstate: "22P02".into(), message: said.into(), ..Failure::default() };
                return Progress::Reply(Input::Failed(failure));
            }
            let state = match db.indexes.get(&key) {
                None => "missing",
                Some(Index::Invalid) => "invalid",
                Some(Index::Valid) => "valid",
            };
            let busy = building.contains(&key);
            Progress::Reply(one(&[
                ("state", state),
                ("name", "drop index i"),
                ("among", "1"),
                ("building", if busy { "true" } else { "false" }),
            ]))
        }
        Request::Alone { migration, direction, step } => {
            let key = world.effect(runner, *direction, *migration, *step);
            if !world.concurrent.contains(&key) {
                // Begin (others can see it now), then take effect; a procedure commits a part before.
                let end = if world.commits.contains(&key) { 2 } else { 1 };
                if before.at < end {
                    if before.at == 1 && !Arc::make_mut(db).parts.insert(key) {
                        unreachable!("a procedure has met its own part");
                    }
                    Arc::make_mut(&mut backends[me]).at += 1;
                    return Progress::More;
                }
                let db = Arc::make_mut(db);
                db.parts.remove(&key);
                *db.effects.entry(key).or_default() += 1;
                return Progress::Reply(rows(vec![]));
            }
            if before.at == 0 {
                if db.indexes.contains_key(&key) {
                    return Progress::Reply(failure("42P07"));
                }
                Arc::make_mut(db).indexes.insert(key, Index::Invalid);
                Arc::make_mut(&mut backends[me]).at = 1;
                return Progress::More;
            }
            Arc::make_mut(db).indexes.insert(key, Index::Valid);
            Progress::Reply(rows(vec![]))
        }
        // It changes nothing; here nothing is to be found either.
        Request::Diagnose(_) => Progress::Reply(failure("P0001")),
        Request::Capture | Request::Replay { .. } | Request::Restore | Request::Rollback => {
            Progress::Reply(rows(vec![]))
        }
        Request::Atomic(acts) => {
            // Uncommitted work is seen by nobody, so two moments are enough: all locks are held,
            // and all is committed.
            if before.at == acts.len() {
                commit(Arc::make_mut(db), &before.changes);
                return Progress::Reply(rows(vec![]));
            }
            let backend = Arc::make_mut(&mut backends[me]);
            while let Some(act) = acts.get(backend.at) {
                match atomic(world, db, &others, &building, backend, act) {
                    Progress::More => {}
                    other => return other,
                }
            }
            Progress::More
        }
        request => unreachable!("not part of the model: {request:?}"),
    }
}

/// What stands in `claimed_by`.
fn held_by(row: &Row) -> Option<String> {
    let alone = if row.alone { "#alone" } else { "" };
    row.owner.map(|(owner, claim)| format!("r{owner}#{claim}{alone}"))
}

/// Step `from` is the last of which the fingerprint is kept.
fn noted(row: &mut Row, from: u32, print: Option<&str>) {
    if let (Some(steps), Some(print)) = (&mut row.steps, print) {
        steps.truncate(from as usize * counterfoil::checksum::STEP);
        steps.push_str(print);
    }
}

/// Step `from` is done.
fn advanced(world: &World<'_>, row: &mut Row, from: u32, last: bool, print: Option<&str>) {
    row.done = from + 1;
    (row.lease, row.alone) = (Lease::Alive, false);
    noted(row, from, print);
    if last {
        (row.state, row.lease, row.owner, row.steps) = (State::Applied, Lease::None, held(world), None);
    }
}

fn commit(db: &mut Committed, changes: &[Change]) {
    for change in changes {
        match change {
            Change::Row(version, Some(row)) => {
                db.called &= row.owner != OWED;
                db.rows.insert(version.clone(), row.clone());
            }
            Change::Row(version, None) => {
                db.rows.remove(version);
            }
            Change::Effect(effect, by) => {
                let count = db.effects.entry(*effect).or_default();
                *count = count.wrapping_add_signed(*by);
            }
            Change::Called => db.called = true,
            Change::DropIndex(effect) => {
                db.indexes.remove(effect);
            }
            Change::Widen => db.stepped = true,
        }
    }
}

fn atomic(
    world: &World<'_>,
    db: &Committed,
    others: &[&str],
    building: &[Effect],
    me: &mut Backend,
    act: &Act,
) -> Progress {
    // A row as this transaction sees it.
    let seen = |me: &Backend, version: &str| {
        me.changes
            .iter()
            .rev()
            .find_map(|change| match change {
                Change::Row(changed, row) if changed == version => Some(row.clone()),
                _ => None,
            })
            .unwrap_or_else(|| db.rows.get(version).cloned())
    };
    let runner = me.runner;
    let catalog = &world.editions[world.edition(runner)];
    match act {
        Act::Widen if db.narrow => return Progress::Reply(failure("42501")),
        Act::Widen => me.changes.push(Change::Widen),
        Act::LockTimeout | Act::Schema | Act::Capture | Act::Replay { .. } | Act::Restore => {}
        Act::Measure { migration } => {
            if seen(me, catalog.migrations[*migration].version.as_str()).is_none() {
                return Progress::Reply(fault(GONE));
            }
        }
        Act::Recorded { version } => {
            if seen(me, version).is_none() {
                return Progress::Reply(fault(GONE));
            }
        }
        Act::Claim { migration, .. } => {
            let file = &catalog.migrations[*migration];
            let version = file.version.as_str().to_owned();
            if others.contains(&version.as_str()) {
                return Progress::Blocked;
            }
            if db.swallows {
                return Progress::Reply(fault(NOT_WRITTEN));
            }
            if seen(me, &version).is_some() {
                return Progress::Reply(failure("23505"));
            }
            let row = Row {
                checksum: file.checksum.clone(),
                name: file.name.clone(),
                state: State::Applied,
                done: 0,
                total: 0,
                steps: None,
                owner: held(world),
                alone: false,
                lease: Lease::None,
            };
            me.changes.push(Change::Row(version, Some(row)));
        }
        Act::Advance { version, .. } | Act::Hold { version, .. } if others.contains(&version.as_str()) => {
            return Progress::Blocked;
        }
        Act::Advance { version, from, claim, .. } | Act::Hold { version, from, claim } => match seen(me, version) {
            None => return Progress::Reply(fault(GONE)),
            Some(row) if row.owner != Some((runner, *claim)) || row.done != *from => {
                return Progress::Reply(fault("the lease is lost"));
            }
            Some(mut row) => {
                row.lease = Lease::Alive;
                if let Act::Advance { last, print, .. } = act {
                    advanced(world, &mut row, *from, *last, print.as_deref());
                }
                me.changes.push(Change::Row(version.clone(), Some(row)));
            }
        },
        Act::Run { direction: Direction::Callback, .. } => me.changes.push(Change::Called),
        Act::Settle(rows) => {
            if rows.iter().any(|row| others.contains(&row.as_str())) {
                return Progress::Blocked;
            }
            for version in rows {
                if let Some(row) = seen(me, version).filter(|row| row.owner == OWED) {
                    me.changes.push(Change::Row(version.clone(), Some(Row { owner: None, ..row })));
                }
            }
        }
        Act::Run { migration, direction, step } => {
            let key = world.effect(runner, *direction, *migration, *step);
            if world.broken.contains(&key) {
                return Progress::Reply(failure("42703"));
            }
            if world.commits.contains(&key) {
                return Progress::Reply(failure("2D000"));
            }
            // What one step does, one step takes back.
            let down = *direction == Direction::Down;
            let single = down && world.effects[world.edition(runner)][&(*migration, *direction)].len() == 1;
            me.changes.push(if single { Change::Effect((key.0, key.1 - DOWN), -1) } else { Change::Effect(key, 1) });
            if db.forgets == Some(*migration as u8) && *step == 0 {
                let version = catalog.migrations[*migration].version.as_str().to_owned();
                me.changes.push(Change::Row(version, None));
            }
        }
        Act::Mend(_) => {
            // Dropping waits for whoever builds.
            if let Some(key) = world.concurrent.iter().find(|key| db.indexes.contains_key(key)) {
                if building.contains(key) {
                    return Progress::Blocked;
                }
                me.changes.push(Change::DropIndex(*key));
            }
        }
        Act::Delete { version } => {
            if others.contains(&version.as_str()) {
                return Progress::Blocked;
            }
            if seen(me, version).is_none() {
                return Progress::Reply(fault(GONE));
            }
            me.changes.push(Change::Row(version.clone(), None));
        }
        Act::Rekey { from, migration } => {
            let file = &catalog.migrations[*migration];
            let to = file.version.as_str().to_owned();
            if others.contains(&from.as_str()) || others.contains(&to.as_str()) {
                return Progress::Blocked;
            }
            if let Some(mut row) = seen(me, from).filter(|row| row.checksum == file.checksum) {
                if seen(me, &to).is_some() {
                    return Progress::Reply(failure("23505"));
                }
                row.name.clone_from(&file.name);
                me.changes.push(Change::Row(from.clone(), None));
                me.changes.push(Change::Row(to, Some(row)));
            }
        }
        act => unreachable!("not part of the model: {act:?}"),
    }
    me.at += 1;
    Progress::More
}
