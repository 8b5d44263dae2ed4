//! Checks the state machine against a model of a database: up to three runners, three migrations
//! (one of them statement-wise, up or down, and edited in between), a fault (a crash, a lost reply, a statement that fails
//! half-way) possible at every step, leases that run out at any moment. Every reachable state is visited; the number is
//! printed.

mod database;

use counterfoil::ledger::State as RowState;
use counterfoil::migration::{Callback, Catalog, Event, Migration};
use counterfoil::plan::inspect;
use counterfoil::run::{Capabilities, Direction, Failure, Goal, Input, Machine, Options, Output, Request, When};
use counterfoil::{checksum, sql};
use database::{Backend, Committed, DOWN, Effect, FRESH, Index, Lease, OWED, Progress, Row, World};
use stateright::{Checker, Model, Property};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

/// A runner of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Runner {
    /// It waits for its backend.
    Asking(Arc<Machine>),
    /// It sleeps.
    Waiting(Arc<Machine>),
    /// It is over: `None` if all went well, else the error's code.
    Ended(Option<&'static str>),
    /// It was killed.
    Dead,
}

/// A state of the model. Most of it is that of the state before: what is behind an `Arc` is copied when it changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    db: Arc<Committed>,
    runners: Vec<Runner>,
    /// The first ones belong to runners that wait for them (see `attached`).
    backends: Vec<Arc<Backend>>,
    /// Whether the client of the backend with the same index is still there.
    attached: Vec<bool>,
    /// Crashes and lost replies that may still happen.
    faults: u8,
    expiries: u8,
    /// Whether another tool may still come and migrate the database.
    intruders: u8,
}

/// What a runner does next.
#[derive(Clone)]
enum Turn {
    Send(Request),
    Wait,
    /// As in [`Runner::Ended`].
    End(Option<&'static str>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Action {
    /// A backend does its next micro-step.
    Step(usize),
    /// A backend that is blocked gives up.
    LockTimeout(usize),
    /// A backend without a client notices it and rolls back.
    Abort(usize),
    /// A runner wakes up.
    Wake(usize),
    /// A runner is killed.
    Crash(usize),
    /// A runner's connection breaks; its backend may go on.
    Lose(usize),
    /// A runner's answer is cut short, and nothing more can be asked; its backend may go on.
    Cut(usize),
    /// A procedure that a backend executes fails.
    Break(usize),
    /// A lease runs out.
    Expire(String),
    /// Another tool migrates the database.
    Intrude,
}

struct Checked {
    /// The set as it is for each runner; the last is that of all others.
    editions: Vec<Catalog>,
    effects: Vec<BTreeMap<(usize, Direction), Vec<Effect>>>,
    /// Steps that build an index, that call a procedure which commits, and other ones that run alone.
    concurrent: BTreeSet<Effect>,
    commits: BTreeSet<Effect>,
    lone: BTreeSet<Effect>,
    /// Steps that always fail.
    broken: BTreeSet<Effect>,
    goal: Goal,
    capabilities: Capabilities,
    /// What each runner does if something is pending.
    runners: Vec<When>,
    /// The version up to which each goes, if not to the end.
    to: Vec<&'static str>,
    db: Committed,
    /// Crashes and lost replies that may still happen.
    faults: u8,
    expiries: u8,
    /// Whether another tool may come and migrate the database.
    intruders: u8,
    /// Whether the plan holds an error.
    refused: bool,
    /// Whether a fault may cut an answer short.
    cuts: bool,
    /// Whether who is blocked is stopped by its `statement_timeout` (57014), and not by the lock timeout.
    cancels: bool,
    /// The code with which every run ends, whatever it tries.
    stuck: Option<&'static str>,
    /// Databases from which one new runner is known to come to the end.
    good: Mutex<BTreeSet<u64>>,
    /// What machines have made of their inputs.
    turns: Mutex<BTreeMap<u64, (Arc<Machine>, Turn)>>,
}

/// One implicit transaction per message, as PGlite and node-postgres send it.
const SCRIPT: Capabilities = Capabilities { script: true, batch: true, interactive: true, limit: None };

/// One transaction per request, and no session between two: Neon over HTTP.
const HTTP: Capabilities = Capabilities { script: false, batch: true, interactive: false, limit: None };

impl Checked {
    fn world(&self) -> World<'_> {
        World {
            editions: &self.editions,
            effects: &self.effects,
            concurrent: &self.concurrent,
            commits: &self.commits,
            broken: &self.broken,
            cancels: self.cancels,
        }
    }

    /// Whether there is a step of which nobody can tell whether it happened.
    fn is_ambiguous(&self) -> bool {
        !self.lone.is_empty() || !self.commits.is_empty()
    }

    /// Whether nobody can tell if the step happened that a row says to be sent alone.
    fn is_alone(&self, effect: Effect) -> bool {
        [&self.concurrent, &self.commits, &self.lone].iter().any(|set| set.contains(&effect))
    }

    fn machine(&self, runner: u8) -> Machine {
        let when = self.runners.get(usize::from(runner)).copied().unwrap_or_default();
        let to = self.to.get(usize::from(runner)).map(|to| (*to).to_owned());
        let options = Options { when, to, ..Options::new(format!("r{runner}")) };
        let catalog = self.editions[self.world().edition(runner)].clone();
        Machine::new(catalog, self.goal.clone(), options, self.capabilities).expect("good options")
    }

    /// Hands an input to a runner and puts what it wants into the state.
    fn advance(&self, state: &mut State, runner: usize, machine: Arc<Machine>, input: Option<Input>) {
        let (machine, turn) = self.turn(runner, machine, input);
        state.runners[runner] = match turn {
            Turn::Send(request) => {
                state.backends.push(Arc::new(Backend::new(runner as u8, request)));
                state.attached.push(true);
                Runner::Asking(machine)
            }
            Turn::Wait => Runner::Waiting(machine),
            Turn::End(code) => Runner::Ended(code),
        };
    }

    /// What the machine makes of an input. It has no clock and no chance, and the same one gets the same input in many
    /// states of the model, so it is asked once.
    fn turn(&self, runner: usize, machine: Arc<Machine>, input: Option<Input>) -> (Arc<Machine>, Turn) {
        let mut hasher = DefaultHasher::new();
        (runner, &machine, &input).hash(&mut hasher);
        let key = hasher.finish();
        if let Some(known) = self.turns.lock().ok().and_then(|turns| turns.get(&key).cloned()) {
            return known;
        }
        let mut machine = Arc::unwrap_or_clone(machine);
        machine.take_events();
        let turn = match machine.next(input, 0) {
            Output::Send(request) => Turn::Send(request),
            Output::Wait { .. } => Turn::Wait,
            Output::Done(_) => Turn::End(None),
            Output::Failed(failed) => Turn::End(Some(failed.error.code().as_str())),
            output => unreachable!("{output:?} is not known here"),
        };
        let found = (Arc::new(machine), turn);
        if let Ok(mut turns) = self.turns.lock() {
            turns.insert(key, found.clone());
        }
        found
    }

    /// Hands the reply to the backend's client, if it is still there.
    fn reply(&self, state: &mut State, backend: usize, input: Input) {
        let done = state.backends.remove(backend);
        if !state.attached.remove(backend) {
            return;
        }
        let runner = usize::from(done.runner);
        if let Runner::Asking(machine) = std::mem::replace(&mut state.runners[runner], Runner::Dead) {
            self.advance(state, runner, machine, Some(input));
        }
    }

    fn backend_of(&self, state: &State, runner: usize) -> Option<usize> {
        (0..state.backends.len())
            .find(|&index| state.attached[index] && usize::from(state.backends[index].runner) == runner)
    }

    /// Whether a row is of a version after the one up to which a runner goes.
    fn is_beyond(&self, runner: usize, version: &str) -> bool {
        self.to.get(runner).is_some_and(|to| version > *to)
    }

    /// Whether every migration of a runner's edition, as far as it goes, is in the ledger and its effect in the database.
    fn complete(&self, db: &Committed, runner: usize) -> bool {
        let edition = self.world().edition(runner as u8);
        let migrations = self.editions[edition].migrations.iter().enumerate();
        migrations.filter(|(_, migration)| !self.is_beyond(runner, migration.version.as_str())).all(
            |(index, migration)| {
                db.rows.get(migration.version.as_str()).is_some_and(|row| row.state == RowState::Applied)
                    && self.effects[edition][&(index, Direction::Up)]
                        .iter()
                        .all(|effect| self.happened(db, *effect) == 1)
            },
        )
    }

    fn happened(&self, db: &Committed, effect: Effect) -> u8 {
        if self.concurrent.contains(&effect) {
            return u8::from(db.indexes.get(&effect) == Some(&Index::Valid));
        }
        db.effects.get(&effect).copied().unwrap_or(0)
    }

    /// Rows and effects agree.
    fn consistent(&self, db: &Committed) -> bool {
        (0..self.editions[0].migrations.len()).all(|migration| {
            let row = db.rows.get(self.editions[0].migrations[migration].version.as_str());
            let of = |edition: &usize| {
                row.map(|row| &row.checksum) == Some(&self.editions[*edition].migrations[migration].checksum)
            };
            // A text that no edition has is none that was run here.
            let edition = (0..self.editions.len()).find(of).unwrap_or(0);
            let up = &self.effects[edition][&(migration, Direction::Up)];
            // A way back of several steps does not take the effects away: it has its own.
            let steps_back = self.steps_back(migration);
            let ups = match row {
                None if steps_back && self.goal != Goal::Up => (up.len(), false),
                None => (0, false),
                Some(row) if row.state == RowState::Running => (row.done as usize, true),
                Some(_) => (up.len(), false),
            };
            if !self.is_so_far(db, migration, Direction::Up, edition, ups) {
                return false;
            }
            !steps_back
                || (0..self.editions.len()).any(|edition| {
                    let all = self.effects[edition][&(migration, Direction::Down)].len();
                    let downs = match row {
                        None if self.goal != Goal::Up => (all, false),
                        Some(row) if row.state == RowState::Reverting => (row.done as usize, true),
                        _ => (0, false),
                    };
                    self.is_so_far(db, migration, Direction::Down, edition, downs)
                })
        })
    }

    /// Whether the way back of a migration has several steps.
    fn steps_back(&self, migration: usize) -> bool {
        self.effects[0].get(&(migration, Direction::Down)).is_some_and(|steps| steps.len() > 1)
    }

    /// Whether the first `done` steps of an edition's section have happened and no other of any edition. `underway`: the next
    /// one may have, if it is sent alone.
    fn is_so_far(
        &self,
        db: &Committed,
        migration: usize,
        direction: Direction,
        edition: usize,
        (done, underway): (usize, bool),
    ) -> bool {
        let steps = &self.effects[edition][&(migration, direction)];
        self.effects.iter().flat_map(|edition| &edition[&(migration, direction)]).all(|effect| {
            let happened = self.happened(db, *effect);
            match steps.iter().position(|step| step == effect) {
                Some(at) if at < done => happened == 1 && !db.parts.contains(effect),
                // If its record comes after it, it may have happened or not, or in part.
                Some(at) if at == done && underway && self.is_alone(*effect) => happened <= 1,
                _ => happened == 0 && !db.parts.contains(effect),
            }
        })
    }

    /// Everybody is killed, what the database has begun runs to its end, leases run out: can new
    /// runners bring it to its end, and a person who does what the help says?
    fn can_go_on(&self, state: &State) -> bool {
        // It depends on the database alone: many states share one.
        let mut hasher = DefaultHasher::new();
        (&state.db, &state.backends).hash(&mut hasher);
        let key = hasher.finish();
        if self.good.lock().is_ok_and(|good| good.contains(&key)) {
            return true;
        }
        let good = self.more_runners(state);
        if good && let Ok(mut known) = self.good.lock() {
            known.insert(key);
        }
        good
    }

    fn more_runners(&self, state: &State) -> bool {
        let mut state = state.clone();
        for attached in &mut state.attached {
            *attached = false;
        }
        for _ in 0..200 {
            let Some(next) = (0..state.backends.len()).find(|&index| {
                let mut trial = state.clone();
                !matches!(database::step(&self.world(), &mut trial.db, &mut trial.backends, index), Progress::Blocked)
            }) else {
                break;
            };
            if let Progress::Reply(_) = database::step(&self.world(), &mut state.db, &mut state.backends, next) {
                state.backends.remove(next);
                state.attached.remove(next);
            }
        }
        if !state.backends.is_empty() {
            return false;
        }
        for row in Arc::make_mut(&mut state.db).rows.values_mut() {
            if row.lease == Lease::Alive {
                row.lease = Lease::Over;
            }
        }
        // Two steps of which nobody can tell, and a text that was changed.
        for _ in 0..4 {
            for edition in (0..self.editions.len()).rev() {
                match self.one_more_runner(&mut state, edition) {
                    Some(true) => return true,
                    Some(false) => return false,
                    None => {}
                }
            }
            if !self.person(Arc::make_mut(&mut state.db)) {
                return false;
            }
        }
        false
    }

    /// Whether a new runner with this edition comes to an end that is good. None: a person has to say what has happened, or the
    /// edition is not the one that goes on.
    fn one_more_runner(&self, state: &mut State, edition: usize) -> Option<bool> {
        let fresh = usize::from(FRESH) + edition;
        state.runners = vec![Runner::Dead; fresh + 1];
        self.advance(state, fresh, Arc::new(self.machine(fresh as u8)), None);
        for _ in 0..200 {
            match state.runners[fresh].clone() {
                Runner::Asking(_) => match database::step(&self.world(), &mut state.db, &mut state.backends, 0) {
                    Progress::More => {}
                    Progress::Blocked => return Some(false),
                    Progress::Reply(input) => self.reply(state, 0, input),
                },
                Runner::Waiting(machine) => self.advance(state, fresh, machine, Some(Input::Waited)),
                Runner::Ended(None) => return Some(self.goal != Goal::Up || self.complete(&state.db, fresh)),
                Runner::Ended(Some(code)) => {
                    if self.stuck.is_some() {
                        return Some(self.stuck == Some(code));
                    }
                    let is_foreign = code == "foreign-ledger" && state.db.foreign && state.db.rows.is_empty();
                    if is_foreign || self.refused && code == "plan-refused" || code == "nothing-to-roll-back" {
                        return Some(true);
                    }
                    // For it a person has a command, or a text is to be mended.
                    let known = match code {
                        "plan-refused" | "interrupted" => self.is_ambiguous() || self.editions.len() > 1,
                        "statement-failed" => !self.broken.is_empty(),
                        _ => false,
                    };
                    return if known { None } else { Some(false) };
                }
                Runner::Dead => return Some(false),
            }
        }
        Some(false)
    }

    /// Does what the help says, `stamp`, for a migration that has stopped: looks at the database, takes a part back, and says how
    /// many steps of the last edition's file have happened, or that it is undone. False: there is nothing to be said.
    fn person(&self, db: &mut Committed) -> bool {
        let edition = self.editions.len() - 1;
        for (index, migration) in self.editions[edition].migrations.iter().enumerate() {
            let version = migration.version.as_str();
            let Some(row) = db.rows.get(version).filter(|row| row.state != RowState::Applied).cloned() else {
                continue;
            };
            let up = row.state == RowState::Running;
            let direction = if up { Direction::Up } else { Direction::Down };
            db.parts.clear();
            let steps = &self.effects[edition][&(index, direction)];
            let done = steps.iter().take_while(|effect| self.happened(db, **effect) == 1).count();
            let section = if up { &migration.up } else { migration.down.as_ref().expect("a way back") };
            let known = inspect(section).expect("steps").steps.steps;
            let prints = |step: &sql::Step| checksum::step(step.span.slice(&section.text));
            if done == steps.len() && !up {
                db.rows.remove(version);
                return true;
            }
            // What another edition has done is undone by hand, all of it.
            let others = self.effects.iter().flat_map(|edition| &edition[&(index, direction)]);
            let (others, _): (Vec<Effect>, Vec<Effect>) =
                others.partition(|effect| self.happened(db, **effect) == 1 && !steps[..done].contains(effect));
            if up && !others.is_empty() {
                db.effects.retain(|effect, _| usize::from(effect.0) != index);
                db.indexes.retain(|effect, _| usize::from(effect.0) != index);
                db.rows.remove(version);
                return true;
            }
            let last = done == steps.len();
            let row = Row {
                state: if last { RowState::Applied } else { row.state },
                checksum: if up { migration.checksum.clone() } else { row.checksum },
                done: done as u32,
                total: steps.len() as u32,
                steps: row.steps.filter(|_| !last).map(|_| known.iter().take(done).map(prints).collect()),
                owner: None,
                alone: false,
                lease: Lease::None,
                ..row
            };
            db.rows.insert(version.to_owned(), row);
            return true;
        }
        false
    }
}

impl Model for Checked {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut state = State {
            db: Arc::new(self.db.clone()),
            runners: vec![Runner::Dead; self.runners.len()],
            backends: Vec::new(),
            attached: Vec::new(),
            faults: self.faults,
            expiries: self.expiries,
            intruders: self.intruders,
        };
        for runner in 0..self.runners.len() {
            self.advance(&mut state, runner, Arc::new(self.machine(runner as u8)), None);
        }
        vec![state]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for index in 0..state.backends.len() {
            actions.push(Action::Step(index));
            actions.push(Action::LockTimeout(index));
            if !state.attached[index] {
                actions.push(Action::Abort(index));
            }
            let effect = state.backends[index].builds(&self.world());
            if state.faults > 0 && effect.is_some_and(|effect| self.commits.contains(&effect)) {
                actions.push(Action::Break(index));
            }
        }
        for (index, runner) in state.runners.iter().enumerate() {
            match runner {
                Runner::Waiting(_) => actions.push(Action::Wake(index)),
                Runner::Asking(_) if state.faults > 0 => {
                    actions.push(if self.cuts { Action::Cut(index) } else { Action::Lose(index) });
                }
                _ => {}
            }
            if matches!(runner, Runner::Waiting(_) | Runner::Asking(_)) && state.faults > 0 {
                actions.push(Action::Crash(index));
            }
        }
        if state.intruders > 0 {
            actions.push(Action::Intrude);
        }
        if state.expiries > 0 {
            for (version, row) in &state.db.rows {
                if row.lease == Lease::Alive {
                    actions.push(Action::Expire(version.clone()));
                }
            }
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Step(index) => match database::step(&self.world(), &mut state.db, &mut state.backends, index) {
                Progress::Blocked => return None,
                Progress::More => {}
                Progress::Reply(input) => self.reply(&mut state, index, input),
            },
            Action::LockTimeout(index) => {
                let waits = matches!(
                    state.backends[index].request,
                    Request::Atomic(_) | Request::ClaimRunning { .. } | Request::Take { .. } | Request::TakeBack { .. }
                );
                let mut trial = state.clone();
                if !waits
                    || !matches!(
                        database::step(&self.world(), &mut trial.db, &mut trial.backends, index),
                        Progress::Blocked
                    )
                {
                    return None;
                }
                // The step of the trial has come to what it is blocked at.
                let backend = &trial.backends[index];
                // Which statement of a script it was, a driver may tell.
                let tells = self.cancels && self.capabilities.script && matches!(backend.request, Request::Atomic(_));
                let failure = Failure {
                    sqlstate: if self.cancels { "57014" } else { "55P03" }.into(),
                    message: "timeout".into(),
                    completed: tells.then(|| backend.at()),
                    ..Failure::default()
                };
                self.reply(&mut state, index, Input::Failed(failure));
            }
            Action::Abort(index) => {
                state.attached.remove(index);
                state.backends.remove(index);
            }
            Action::Wake(index) => {
                if let Runner::Waiting(machine) = std::mem::replace(&mut state.runners[index], Runner::Dead) {
                    self.advance(&mut state, index, machine, Some(Input::Waited));
                }
            }
            Action::Crash(index) => {
                state.faults -= 1;
                if let Some(backend) = self.backend_of(&state, index) {
                    state.attached[backend] = false;
                }
                state.runners[index] = Runner::Dead;
            }
            Action::Lose(index) | Action::Cut(index) => {
                state.faults -= 1;
                if let Some(backend) = self.backend_of(&state, index) {
                    state.attached[backend] = false;
                }
                if let Runner::Asking(machine) = std::mem::replace(&mut state.runners[index], Runner::Dead) {
                    let failure = Failure {
                        message: "connection reset".into(),
                        lost: true,
                        unusable: self.cuts,
                        ..Failure::default()
                    };
                    self.advance(&mut state, index, machine, Some(Input::Failed(failure)));
                }
            }
            Action::Break(index) => {
                state.faults -= 1;
                let failure = Failure { sqlstate: "P0001".into(), message: "broken".into(), ..Failure::default() };
                self.reply(&mut state, index, Input::Failed(failure));
            }
            Action::Expire(version) => {
                state.expiries -= 1;
                Arc::make_mut(&mut state.db).rows.get_mut(&version)?.lease = Lease::Over;
            }
            Action::Intrude => {
                state.intruders -= 1;
                Arc::make_mut(&mut state.db).foreign = true;
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no effect happens twice", |_: &Checked, state: &State| {
                state.db.effects.values().all(|happened| *happened <= 1)
            }),
            Property::always("a row is there exactly when the effect is", |model: &Checked, state: &State| {
                model.consistent(&state.db)
            }),
            Property::always("success leaves nothing pending", |model: &Checked, state: &State| {
                let is_done = |runner: usize| model.complete(&state.db, runner);
                let ended = |runner: &usize| state.runners[*runner] == Runner::Ended(None);
                model.goal != Goal::Up || (0..state.runners.len()).filter(ended).all(is_done)
            }),
            Property::always("nothing is run beyond what everybody goes up to", |model: &Checked, state: &State| {
                let runners = || 0..model.runners.len();
                state.db.rows.keys().all(|row| !runners().all(|runner| model.is_beyond(runner, row)))
            }),
            Property::always("after the last migration the callback has run", |model: &Checked, state: &State| {
                model.editions[0].callbacks.is_empty()
                    || !state.runners.contains(&Runner::Ended(None))
                    || state.db.called && state.db.rows.values().all(|row| row.owner != OWED)
            }),
            Property::always("nobody fails without a cause", |model: &Checked, state: &State| {
                state.runners.iter().enumerate().all(|(index, runner)| match runner {
                    Runner::Ended(Some(code)) if model.stuck == Some(code) => true,
                    Runner::Ended(Some("connection-lost")) => model.cuts && state.faults < model.faults,
                    Runner::Ended(Some("plan-refused")) => {
                        model.is_ambiguous() || model.refused || model.editions.len() > 1
                    }
                    Runner::Ended(Some("interrupted")) => {
                        model.goal != Goal::Up && (model.is_ambiguous() || model.editions.len() > 1)
                    }
                    Runner::Ended(Some("statement-failed")) if !model.broken.is_empty() => true,
                    // A procedure that fails.
                    Runner::Ended(Some("statement-failed"))
                        if state.faults < model.faults && !model.commits.is_empty() =>
                    {
                        true
                    }
                    // Only a runner that has lost its lease while it was at work.
                    // Or over a driver that does not tell what was stopped, if whoever was in the way is dead and gone
                    // when the ledger is looked at.
                    Runner::Ended(Some("statement-failed")) => {
                        state.expiries < model.expiries
                            || model.cancels && !model.capabilities.script && state.faults < model.faults
                    }
                    Runner::Ended(Some("foreign-ledger")) => state.db.foreign,
                    Runner::Ended(Some("pending")) => model.runners[index] == When::Refuse,
                    Runner::Ended(Some("nothing-to-roll-back")) => model.goal != Goal::Up,
                    Runner::Ended(Some(_)) => false,
                    _ => true,
                })
            }),
            Property::always("a refused plan changes nothing", |model: &Checked, state: &State| {
                !model.refused || (*state.db == model.db && !state.runners.contains(&Runner::Ended(None)))
            }),
            Property::always("no ledger is begun where another tool has been", |_: &Checked, state: &State| {
                !state.db.deaf
            }),
            Property::always("somebody can always go on", |model: &Checked, state: &State| model.can_go_on(state)),
        ]
    }
}

const FIRST: &str = "-- migrate:up\ncreate table a (x int);\n-- migrate:down\ndrop table a;\n";
const PLAIN: &str = "-- migrate:up\ninsert into a values (1);\n-- migrate:down\ndelete from a where x = 1;\n";
const LAST: &str = "-- migrate:up\ninsert into a values (3);\n-- migrate:down\ndelete from a where x = 3;\n";
/// Three steps; the one in the middle is a concurrent index build.
const INDEX: &str =
    "-- migrate:up\ninsert into a values (1);\ncreate index concurrently i on a (x);\ninsert into a values (2);\n";
/// Three steps; of the one in the middle nobody can tell whether it has happened.
const AMBIGUOUS: &str =
    "-- migrate:up\ninsert into a values (1);\ncreate tablespace b location '/b';\ninsert into a values (2);\n";
/// As [`INDEX`]; the index may be there, and may be of no use.
const MISSING: &str = "-- migrate:up\ninsert into a values (1);\ncreate index concurrently if not exists i on a (x);\n\
                       insert into a values (2);\n";

/// Three steps; the one in the middle calls a procedure that commits a part of it.
const PROCEDURE: &str =
    "-- migrate:up transaction:false\ninsert into a values (1);\ncall p();\ninsert into a values (2);\n";
/// Three steps back; of the one in the middle nobody can tell whether it has happened.
const STEPS_BACK: &str = "-- migrate:up\ninsert into a values (1);\n-- migrate:down transaction:false\ndelete from a where x = 1;\ncreate tablespace b location '/b';\ndelete from a where x = 2;\n";

/// Three migrations, `second` in the middle; one runner, and nothing goes wrong.
fn model(second: &str) -> Checked {
    edited(&[second])
}

/// The same with editions of the one in the middle: a runner for each, and the last for all others.
fn edited(seconds: &[&str]) -> Checked {
    let mut editions = Vec::new();
    for second in seconds {
        let files = [("1_first.sql", FIRST), ("2_second.sql", second), ("3_last.sql", LAST)];
        let files: Vec<_> = files.iter().map(|(path, sql)| (path.to_string(), sql.to_string())).collect();
        editions.push(counterfoil::convention::read(&files, None).expect("the model's files are good"));
    }
    let mut checked = Checked {
        editions,
        effects: Vec::new(),
        concurrent: BTreeSet::new(),
        commits: BTreeSet::new(),
        lone: BTreeSet::new(),
        broken: BTreeSet::new(),
        goal: Goal::Up,
        capabilities: SCRIPT,
        runners: vec![When::Apply; seconds.len()],
        to: Vec::new(),
        db: Committed { exists: true, traced: true, stepped: true, ..Committed::default() },
        faults: 0,
        expiries: 0,
        intruders: 0,
        refused: false,
        cuts: false,
        cancels: false,
        stuck: None,
        good: Mutex::default(),
        turns: Mutex::default(),
    };
    checked.fill();
    checked
}

impl Checked {
    /// Gives every step its effect, by its text.
    fn fill(&mut self) {
        let mut known: BTreeMap<(usize, Direction, String), Effect> = BTreeMap::new();
        for catalog in &self.editions {
            let mut effects = BTreeMap::new();
            for (index, migration) in catalog.migrations.iter().enumerate() {
                for (direction, section) in
                    [(Direction::Up, Some(&migration.up)), (Direction::Down, migration.down.as_ref())]
                {
                    let Some(section) = section else { continue };
                    let found = inspect(section).expect("steps");
                    let mut steps = Vec::new();
                    for step in &found.steps.steps {
                        let text = step.span.slice(&section.text);
                        let first = if direction == Direction::Up { 0 } else { DOWN };
                        let new = known.keys().filter(|key| (key.0, key.1) == (index, direction)).count() as u8;
                        let key = (index, direction, checksum::step(text));
                        let effect = *known.entry(key).or_insert((index as u8, first + new));
                        steps.push(effect);
                        let kinds = [
                            ("concurrently", &mut self.concurrent),
                            ("call", &mut self.commits),
                            ("tablespace", &mut self.lone),
                            ("missing", &mut self.broken),
                        ];
                        for (word, set) in kinds {
                            if found.steps.steps.len() > 1 && text.contains(word) {
                                set.insert(effect);
                            }
                        }
                    }
                    effects.insert((index, direction), steps);
                }
            }
            self.effects.push(effects);
        }
    }
}

/// The ledger and the effects after all of a set of single-step migrations.
fn all_applied(catalog: &Catalog) -> Committed {
    let row = |migration: &Migration| Row {
        checksum: migration.checksum.clone(),
        name: migration.name.clone(),
        state: RowState::Applied,
        done: 0,
        total: 0,
        steps: None,
        owner: None,
        alone: false,
        lease: Lease::None,
    };
    Committed {
        exists: true,
        stepped: true,
        rows: catalog.migrations.iter().map(|m| (m.version.as_str().to_owned(), row(m))).collect(),
        effects: (0..catalog.migrations.len()).map(|index| ((index as u8, 0), 1)).collect(),
        ..Committed::default()
    }
}

#[track_caller]
fn check(name: &str, model: Checked) {
    let checker = model.checker().threads(2).spawn_bfs().join();
    println!(
        "model: {name}: {} states visited, {} transitions, depth {}",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth()
    );
    if let Some((property, path)) = checker.discoveries().into_iter().next() {
        let mut story = String::new();
        for (state, action) in path.into_vec() {
            story.push_str(&format!(
                "  rows {:?} effects {:?} indexes {:?}\n",
                state
                    .db
                    .rows
                    .values()
                    .map(|row| (&row.name, row.state, row.done, row.owner, row.lease))
                    .collect::<Vec<_>>(),
                state.db.effects,
                state.db.indexes
            ));
            for (index, backend) in state.backends.iter().enumerate() {
                story.push_str(&format!(
                    "    backend {index} of {}{}: {:?}\n",
                    backend.runner,
                    if state.attached[index] { "" } else { " (alone)" },
                    backend.request
                ));
            }
            story.push_str(&format!("  => {action:?}\n"));
        }
        panic!("{name}: not so: {property}\n{story}");
    }
}

const TWO: [When; 2] = [When::Apply; 2];
const THREE: [When; 3] = [When::Apply; 3];

#[test]
fn two_runners_with_a_fault_and_a_lease_that_runs_out() {
    let model = Checked { runners: TWO.into(), faults: 1, expiries: 1, ..model(INDEX) };
    check("2 runners, an index build; one fault, lease over", model);
}

#[test]
#[ignore = "minutes: millions of states"]
fn two_runners_with_two_faults_and_a_lease_that_runs_out() {
    let model = Checked { runners: TWO.into(), faults: 2, expiries: 1, ..model(INDEX) };
    check("2 runners, an index build; two faults, lease over", model);
}

#[test]
fn an_index_that_somebody_else_has_left_invalid() {
    let mut model = Checked { runners: TWO.into(), faults: 1, expiries: 1, ..model(MISSING) };
    model.db.indexes.insert((1, 1), Index::Invalid);
    check("2 runners, an index that is there and invalid; a fault, lease over", model);
}

#[test]
#[ignore = "minutes: millions of states"]
fn three_runners_with_a_statement_wise_migration_and_a_fault() {
    let model = Checked { runners: THREE.into(), faults: 1, ..model(INDEX) };
    check("3 runners, an index build; one fault", model);
}

#[test]
fn three_runners_and_a_lease_that_runs_out() {
    let model = Checked { runners: THREE.into(), expiries: 1, ..model(INDEX) };
    check("3 runners, an index build; lease over", model);
}

#[test]
fn three_runners_with_transactional_migrations() {
    let model = Checked { runners: THREE.into(), ..model(PLAIN) };
    check("3 runners, transactional", model);
}

#[test]
fn two_runners_with_transactional_migrations_and_two_faults() {
    let model = Checked { runners: TWO.into(), faults: 2, ..model(PLAIN) };
    check("2 runners, transactional; two faults", model);
}

#[test]
#[ignore = "minutes: millions of states"]
fn three_runners_with_transactional_migrations_and_a_fault() {
    let model = Checked { runners: THREE.into(), faults: 1, ..model(PLAIN) };
    check("3 runners, transactional; one fault", model);
}

#[test]
fn one_runner_whose_connection_breaks_again_and_again() {
    let model = Checked { faults: 3, expiries: 1, ..model(INDEX) };
    check("1 runner, an index build; three faults, lease over", model);
}

#[test]
fn a_step_that_nobody_can_judge_is_never_run_twice() {
    let model = Checked { runners: TWO.into(), faults: 1, expiries: 1, ..model(AMBIGUOUS) };
    check("2 runners, a step that cannot be judged; one fault, lease over", model);
}

/// The same with a callback that follows the migrations.
fn followed(model: Checked) -> Checked {
    let section = model.editions[0].migrations[0].up.clone();
    let callback = Callback { event: Event::AfterMigrate, description: String::new(), section };
    Checked { editions: vec![Catalog { callbacks: vec![callback], ..model.editions[0].clone() }], ..model }
}

#[test]
fn a_callback_follows_the_last_migration_whoever_dies() {
    let plain = Checked { runners: TWO.into(), faults: 1, ..model(PLAIN) };
    check("2 runners, a callback; one fault", followed(plain));
    let again = Checked { faults: 3, expiries: 1, ..model(INDEX) };
    check("1 runner, an index build and a callback; three faults, lease over", followed(again));
}

#[test]
fn a_run_up_to_a_version_stops_there_and_others_go_on() {
    // One waits for what the other does not bring: for as much as both go up to.
    for (to, runners) in [(vec!["2"], TWO), (vec!["2", "1"], TWO), (vec!["2", "2"], [When::Apply, When::Wait])] {
        let model = Checked { runners: runners.into(), to, faults: 1, expiries: 1, ..model(INDEX) };
        check("2 runners, up to a version; one fault, lease over", model);
    }
}

#[test]
fn racers_create_the_ledger_together() {
    let model = Checked { runners: TWO.into(), faults: 1, db: Committed::default(), ..model(PLAIN) };
    check("2 runners, no ledger yet; one fault", model);
}

#[test]
fn where_another_tool_comes_before_the_ledger_is_made_nothing_is_run() {
    let mut model = Checked { runners: TWO.into(), faults: 1, intruders: 1, ..model(PLAIN) };
    model.db = Committed::default();
    check("2 runners, no ledger yet; another tool, one fault", model);
}

#[test]
fn where_another_tool_comes_before_an_empty_ledger_is_used_nothing_is_run() {
    let mut model = Checked { runners: TWO.into(), intruders: 1, ..model(INDEX) };
    model.db.traced = false;
    check("2 runners, an empty ledger; another tool", model);
}

#[test]
fn where_another_tool_came_before_the_plan_nothing_is_run() {
    for db in [Committed::default(), Committed { exists: true, ..Committed::default() }] {
        let db = Committed { foreign: true, ..db };
        check(
            "2 runners; another tool has been there",
            Checked { runners: TWO.into(), db, refused: true, ..model(PLAIN) },
        );
    }
}

#[test]
fn a_ledger_that_was_emptied_by_going_back_is_ours() {
    let db = Committed { foreign: true, exists: true, traced: true, ..Committed::default() };
    check("2 runners, emptied by going back; another tool", Checked { runners: TWO.into(), db, ..model(PLAIN) });
}

#[test]
fn those_who_wait_and_those_who_refuse_write_nothing_and_say_the_truth() {
    let runners = vec![When::Apply, When::Wait, When::Refuse];
    check("apply, wait and refuse; an index build", Checked { runners, ..model(INDEX) });
}

#[test]
fn a_refused_plan_changes_nothing() {
    let mut model = Checked { runners: THREE.into(), faults: 2, refused: true, ..model(PLAIN) };
    model.db = all_applied(&model.editions[0]);
    model.db.rows.remove("3");
    model.db.effects.remove(&(2, 0));
    if let Some(row) = model.db.rows.get_mut("1") {
        row.checksum = "sha256:what ran was another text".into();
    }
    check("3 runners, an edited file", model);
}

#[test]
fn an_answer_that_is_cut_short_is_no_success() {
    let model = Checked { runners: TWO.into(), faults: 2, cuts: true, ..model(PLAIN) };
    check("2 runners, transactional; two answers cut short", model);
}

#[test]
fn a_step_whose_answer_is_cut_short_is_judged_by_the_next_runner() {
    let model = Checked { runners: TWO.into(), faults: 1, expiries: 1, cuts: true, ..model(INDEX) };
    check("2 runners, an index build; an answer cut short, lease over", model);
}

#[test]
fn without_its_row_nothing_is_applied() {
    for second in [PLAIN, INDEX] {
        let mut model = Checked { runners: TWO.into(), faults: 1, stuck: Some("database-failed"), ..model(second) };
        model.db.swallows = true;
        check("2 runners, a ledger that swallows claims; one fault", model);
    }
}

#[test]
fn a_migration_that_deletes_its_row_is_not_applied() {
    for second in [PLAIN, INDEX] {
        let mut model = Checked { runners: TWO.into(), faults: 1, stuck: Some("ledger-touched"), ..model(second) };
        model.db.forgets = Some(1);
        check("2 runners, a migration that deletes its row; one fault", model);
    }
}

#[test]
fn a_claim_that_a_statement_timeout_stops_is_tried_again() {
    for second in [PLAIN, INDEX] {
        let model = Checked { runners: TWO.into(), faults: 1, cancels: true, ..model(second) };
        check("2 runners under a statement_timeout; one fault", model);
    }
    let model = Checked { capabilities: HTTP, runners: TWO.into(), faults: 1, cancels: true, ..model(PLAIN) };
    check("2 runners over HTTP under a statement_timeout; one fault", model);
}

#[test]
fn under_a_statement_timeout_going_back_keeps_rows_and_effects_together() {
    for capabilities in [SCRIPT, HTTP] {
        let mut model = Checked { capabilities, runners: TWO.into(), faults: 1, cancels: true, ..model(PLAIN) };
        model.goal = Goal::Down { steps: Some(2), to: None, dry: false };
        model.db = all_applied(&model.editions[0]);
        check("2 runners go back by two under a statement_timeout; one fault", model);
    }
}

#[test]
fn going_back_keeps_rows_and_effects_together() {
    let mut model = Checked { runners: TWO.into(), faults: 2, ..model(PLAIN) };
    model.goal = Goal::Down { steps: Some(2), to: None, dry: false };
    model.db = all_applied(&model.editions[0]);
    check("2 runners go back by two; two faults", model);
}

#[test]
fn over_http_transactional_migrations_with_two_faults() {
    let model = Checked { capabilities: HTTP, runners: TWO.into(), faults: 2, ..model(PLAIN) };
    check("2 runners over HTTP, transactional; two faults", model);
}

#[test]
fn over_http_a_statement_wise_migration_with_a_fault_and_a_lease_that_runs_out() {
    let model = Checked { capabilities: HTTP, runners: TWO.into(), faults: 1, expiries: 1, ..model(INDEX) };
    check("2 runners over HTTP, an index build; one fault, lease over", model);
}

#[test]
fn over_http_going_back_keeps_rows_and_effects_together() {
    let mut model = Checked { capabilities: HTTP, runners: TWO.into(), faults: 1, ..model(PLAIN) };
    model.goal = Goal::Down { steps: Some(2), to: None, dry: false };
    model.db = all_applied(&model.editions[0]);
    check("2 runners go back by two over HTTP; one fault", model);
}

/// The second edition of a file whose last step can never work, and one that has changed a step before it.
const TYPO: &str = "-- migrate:up transaction:false\ninsert into a values (1);\ncreate tablespace b location '/b';\ninsert into missing values (2);\n";
const MENDED: &str = "-- migrate:up transaction:false\ninsert into a values (1);\ncreate tablespace b location '/b';\ninsert into a values (2);\n";
const REWRITTEN: &str = "-- migrate:up transaction:false\ninsert into a values (7);\ncreate tablespace b location '/b';\ninsert into a values (2);\n";

#[test]
fn a_procedure_that_commits_runs_alone_and_is_never_begun_again_by_itself() {
    for expiries in [0, 1] {
        let model = Checked { runners: TWO.into(), faults: 2 - expiries, expiries, ..model(PROCEDURE) };
        check("2 runners, a procedure that commits; faults", model);
    }
}

#[test]
fn over_http_a_procedure_that_commits_runs_alone() {
    let model = Checked { capabilities: HTTP, runners: TWO.into(), faults: 1, expiries: 1, ..model(PROCEDURE) };
    check("2 runners over HTTP, a procedure that commits; one fault, lease over", model);
}

#[test]
fn a_mended_file_goes_on_beside_a_runner_that_has_the_old_one() {
    for (second, narrow) in [(MENDED, false), (MENDED, true), (REWRITTEN, false)] {
        let mut model = Checked { runners: TWO.into(), faults: 1, expiries: 1, ..edited(&[TYPO, second]) };
        model.db.narrow = narrow;
        model.db.stepped = false;
        check("2 runners, one with a mended file; one fault, lease over", model);
    }
}

#[test]
fn an_edited_procedure_goes_on_only_where_somebody_has_looked() {
    let other = PROCEDURE.replace("call p()", "call q()").replace("(2)", "(3)");
    let model = Checked { runners: TWO.into(), faults: 1, expiries: 1, ..edited(&[PROCEDURE, &other]) };
    check("2 runners, one with another procedure; one fault, lease over", model);
}

#[test]
fn an_edited_file_with_an_index_goes_on_with_what_the_database_tells() {
    let other = INDEX.replace("values (2)", "values (3)");
    let model = Checked { runners: TWO.into(), faults: 1, expiries: 1, ..edited(&[INDEX, &other]) };
    check("2 runners, an index build, one with an edited file; one fault, lease over", model);
}

#[test]
fn going_back_step_by_step_keeps_rows_and_effects_together() {
    let other = STEPS_BACK.replace("x = 2", "x = 3");
    for seconds in [&[STEPS_BACK][..], &[STEPS_BACK, &other]] {
        for capabilities in [SCRIPT, HTTP] {
            let mut model = Checked { capabilities, runners: TWO.into(), faults: 1, expiries: 1, ..edited(seconds) };
            model.goal = Goal::Down { steps: Some(2), to: None, dry: false };
            model.db = all_applied(&model.editions[0]);
            check("2 runners go back step by step; one fault, lease over", model);
        }
    }
}
