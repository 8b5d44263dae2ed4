//! The machine: reads the ledger, plans, and works the plan off.

use super::failure::{self, Kind};
use super::message::Message;
use super::pace::{self, MOST_LOSSES, MOST_RACES, TOO_MANY_CONNECTIONS};
use super::prepared::Prepared;
use super::report::{Done, Event, EventKind, Failed, Outcome, Status};
use super::request::{Direction, Request};
use super::state::{Doubt, MOVED, Pace, Phase, RunState, claim_of};
use super::{Capabilities, Failure, Goal, Input, Options, Output, Setup, Shared, message};
use crate::error::{Code, Error};
use crate::ledger::foreign;
use crate::ledger::statements::{self, TextRow, taken};
use crate::ledger::tools::Tool;
use crate::ledger::{Around, Lease, Ledger, Row, State, shape};
use crate::plan;
use crate::plan::Cache;
use crate::plan::created::Created;
use crate::readiness;
use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A health check has to be told now. It asks once more, since a pool may have lent it a connection
/// that had been lost before.
const MOST_LOSSES_OF_READY: u32 = 1;

/// SQLSTATE `insufficient_privilege`.
const INSUFFICIENT_PRIVILEGE: &str = "42501";
/// SQLSTATE `in_failed_sql_transaction`.
const FAILED_TRANSACTION: &str = "25P02";

/// A run. See the [module docs](super).
#[derive(Clone, Debug)]
pub struct Machine {
    pub(super) setup: Arc<Setup>,
    pub(super) state: RunState,
    /// The section at hand. Follows from `state`.
    pub(super) prepared: Option<Arc<Prepared>>,
    /// What was sent last. Follows from `state`.
    pub(super) sent: Option<Request>,
    /// What is known of up sections. Follows from the catalog.
    pub(super) cache: Arc<Cache>,
    /// The tables that the set creates, once that has been asked. Follows from the catalog.
    pub(super) creates: Option<Arc<Vec<Created>>>,
    pub(super) pace: Pace,
    /// What the database has said of itself. Follows from `state`.
    pub(super) said: Option<Arc<Vec<TextRow>>>,
    events: Vec<Event>,
}

impl PartialEq for Machine {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.setup, &other.setup) && self.state == other.state
    }
}

impl Eq for Machine {}

impl Hash for Machine {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.state.hash(hasher);
    }
}

impl Machine {
    /// A run that has not begun. Several runs may share a catalog.
    ///
    /// # Errors
    ///
    /// Those of [`Options::validate`].
    pub fn new(
        catalog: impl Into<Arc<Shared>>,
        goal: Goal,
        options: Options,
        capabilities: Capabilities,
    ) -> Result<Self, Error> {
        options.validate()?;
        let seed = options
            .runner
            .bytes()
            .fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
        Ok(Machine {
            setup: Arc::new(Setup { catalog: catalog.into(), goal, options, capabilities }),
            state: RunState {
                phase: Phase::Fresh,
                work: VecDeque::new(),
                reverts: VecDeque::new(),
                report: Arc::default(),
                doubt: Doubt::None,
                planned: false,
                columns: None,
                incomplete: false,
                losses: 0,
                cleared: false,
                there: false,
                unnamed: false,
                look_again: None,
                ignored: Vec::new(),
                noticed: Vec::new(),
                around: Around::default(),
                busy: false,
                moved: None,
                kept: None,
                blank: false,
                empties: false,
                races: 0,
                aborting: false,
                stepped: None,
                unsent: None,
                calls: false,
                called: 0,
                owed: Vec::new(),
                claim: 0,
            },
            prepared: None,
            sent: None,
            cache: Arc::new(Cache::new()),
            creates: None,
            pace: Pace {
                seed,
                attempts: 0,
                since: None,
                seen: 0,
                now: 0,
                sent: 0,
                total: 0,
                reached: false,
                place: None,
            },
            said: None,
            events: Vec::new(),
        })
    }

    /// With what an earlier run has learned of the same catalog: see [`Machine::known`].
    pub fn with_known(mut self, known: Arc<Cache>) -> Self {
        self.cache = known;
        self
    }

    /// What the run has learned of its catalog, for the next one.
    pub fn known(&self) -> Arc<Cache> {
        self.cache.clone()
    }

    /// What the run was set up with.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The SQL of the request that [`Machine::next`] has just given out.
    pub fn message(&self, request: &Request) -> Message {
        message::message(&self.setup, self.prepared.as_deref(), request)
    }

    /// The same of a script with the text of a long section (1 MiB), for a driver that sends it part by part; none if it
    /// is no such request, or if the section is not sent as it is written.
    pub fn long(&self, request: &Request) -> Option<message::Long> {
        message::long(&self.setup, self.prepared.as_deref(), request)
    }

    /// Tells the run to stop as soon as nothing is half-done: no new migration or step is begun, the
    /// lease is given up and the session's settings are put back. It then fails with `aborted`.
    ///
    /// To be called before [`Machine::next`], or after it and before its output is carried out. An
    /// output that comes back takes the place of that one.
    pub fn abort(&mut self) -> Option<Output> {
        if self.state.aborting {
            return None;
        }
        self.state.aborting = true;
        let error = self.aborted()?;
        let output = match &self.state.phase {
            // The ledger is looked at because of a doubt: that comes first.
            Phase::Rows if !matches!(self.state.doubt, Doubt::None) => return None,
            Phase::Digest
            | Phase::Shape
            | Phase::Rows
            | Phase::Says { .. }
            | Phase::Moved(_)
            | Phase::Create
            | Phase::Values
            | Phase::Bookkeeping
            | Phase::Callback { .. }
            | Phase::Remember(_)
            | Phase::Widen(_)
            | Phase::Apply(_)
            | Phase::Adopt(_)
            | Phase::Revert(_) => self.fail(error),
            Phase::Stepwise(stepwise) => {
                let stepwise = stepwise.clone();
                self.withdraw(stepwise, error)?
            }
            Phase::Fresh
            | Phase::Cleanup(_)
            | Phase::Diagnose(_)
            | Phase::Abandon(_)
            | Phase::Trace
            | Phase::Waiting
            | Phase::Over => return None,
        };
        Some(self.given(output))
    }

    /// The error of a run that was told to stop, once it has been.
    pub(super) fn aborted(&self) -> Option<Error> {
        self.state.aborting.then(|| {
            Error::new(Code::Aborted, "the run was told to stop").with_help("run it again: it goes on from here")
        })
    }

    /// What has happened since the last call.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// How many requests have been given out.
    pub fn round_trips(&self) -> u32 {
        self.pace.sent
    }

    /// The next thing to do. `input` is what came of the last one; the first call has none.
    /// `now` counts milliseconds from any moment and never goes back.
    ///
    /// An input that was not asked for ends the run with `out-of-turn`.
    pub fn next(&mut self, input: Option<Input>, now: u64) -> Output {
        self.pace.now = now;
        let output = match input {
            None if matches!(self.state.phase, Phase::Fresh) => self.begin(),
            Some(Input::Waited) if matches!(self.state.phase, Phase::Waiting) => self.look(),
            Some(Input::Rows { rows }) if self.sent.is_some() => {
                self.pace.reached = true;
                self.done(rows)
            }
            Some(Input::Failed(failure)) if self.sent.is_some() => self.failed(failure),
            _ => self.fail(
                Error::new(Code::OutOfTurn, "the run was handed an input that it did not ask for")
                    .with_help("hand back exactly one input for every output, and nothing after the end"),
            ),
        };
        self.given(output)
    }

    /// Notes what is given out.
    fn given(&mut self, output: Output) -> Output {
        match &output {
            Output::Send(request) => {
                self.pace.sent += 1;
                self.sent = Some(request.clone());
            }
            Output::Wait { .. } => self.sent = None,
            Output::Done(_) | Output::Failed(_) => {
                self.sent = None;
                self.state.phase = Phase::Over;
            }
        }
        output
    }

    fn begin(&mut self) -> Output {
        if let Some(error) = self.aborted() {
            return self.fail(error);
        }
        if matches!(self.setup.goal, Goal::Up | Goal::Plan)
            && let Err(error) = self.plan_options().target(&self.setup.catalog)
        {
            return self.fail(error);
        }
        Arc::make_mut(&mut self.state.report).findings.clone_from(&self.setup.catalog.findings);
        match self.setup.goal {
            Goal::Up | Goal::Ready if self.setup.catalog.digest().is_some() => {
                self.send(Phase::Digest, Request::Digest)
            }
            // A caller's transaction would be over if the ledger were not there.
            _ if self.setup.capabilities.script => self.ask_whether_there(),
            _ => self.look(),
        }
    }

    pub(super) fn send(&mut self, phase: Phase, request: Request) -> Output {
        self.state.phase = phase;
        Output::Send(request)
    }

    /// Reads the ledger and plans again.
    pub(super) fn look(&mut self) -> Output {
        if matches!(self.state.doubt, Doubt::None)
            && let Some(error) = self.aborted()
        {
            return self.fail(error);
        }
        self.prepared = None;
        // A ledger that was not there when it was last looked for may have all columns by now.
        let columns = self.state.columns.clone().filter(|columns| !columns.is_empty());
        self.send(Phase::Rows, Request::Rows(columns))
    }

    pub(super) fn fail(&mut self, error: Error) -> Output {
        let error = error.told(&|text| self.setup.options.env.masked(text));
        Output::Failed(Box::new(Failed { error, report: (*self.state.report).clone() }))
    }

    pub(super) fn event(&mut self, kind: EventKind, migration: usize, step: usize, steps: usize) {
        let setup = self.setup.clone();
        let migration = &setup.catalog.migrations[migration];
        self.tell(kind, (migration.version.as_str(), &migration.name, &migration.path), step, steps);
    }

    /// `of`: version, name and path.
    pub(super) fn tell(&mut self, kind: EventKind, of: (&str, &str, &str), step: usize, steps: usize) {
        let report = &self.state.report;
        self.events.push(Event {
            kind,
            version: of.0.to_owned(),
            name: of.1.to_owned(),
            path: of.2.to_owned(),
            done: (report.applied.len() + report.adopted.len() + report.reverted.len()) as u32,
            total: self.pace.total,
            step: step as u32,
            steps: steps as u32,
        });
    }

    /// The phase that is over. Whatever comes next sets another.
    fn left(&mut self) -> Phase {
        std::mem::replace(&mut self.state.phase, Phase::Over)
    }

    /// The last request was carried out.
    fn done(&mut self, rows: Vec<TextRow>) -> Output {
        match self.left() {
            Phase::Digest | Phase::Shape | Phase::Rows if self.is_intruding(&rows) => {
                self.fail(failure::open_transaction(false))
            }
            Phase::Digest => {
                let same = rows.into_iter().next().and_then(|mut row| taken(&mut row, "same"));
                match same.as_deref() {
                    Some("true") => self.current(),
                    Some(_) => self.look(),
                    None => self.ask_for_shape(false),
                }
            }
            Phase::Shape => self.shape(rows),
            Phase::Rows => {
                // A health check writes nothing: what a missing key would harm is the next run.
                if let Some(kind) = statements::lacks_key(&rows).filter(|_| self.setup.goal != Goal::Ready) {
                    return self.fail(shape::without_key(&self.setup.options.table, kind));
                }
                if let Err(error) = self.notice(&rows) {
                    return self.fail(error);
                }
                self.state.busy = statements::is_busy(&rows);
                self.state.stepped = match statements::first(&rows, "stepped") {
                    Some("may") => None,
                    stepped => Some(stepped == Some("there")),
                };
                match statements::read(&self.setup.options.table, rows) {
                    Err(error) => self.fail(error),
                    Ok(ledger) if ledger.rows.is_empty() && !self.state.cleared => self.ask_for_shape(true),
                    Ok(ledger) => self.read(ledger, self.state.busy),
                }
            }
            Phase::Says { seen, own } => self.heard(*seen, own, &rows),
            Phase::Moved(seen) => self.heard_of_moves(seen, &rows),
            Phase::Trace => self.finish(),
            Phase::Create => {
                self.state.look_again = None;
                self.state.columns = None;
                self.state.incomplete = false;
                self.state.races = 0;
                self.state.losses = 0;
                self.work()
            }
            Phase::Bookkeeping => {
                self.state.losses = 0;
                Arc::make_mut(&mut self.state.report).status = Status::Migrated;
                self.work()
            }
            Phase::Values => {
                self.said = Some(Arc::new(rows));
                match self.state.kept.take() {
                    Some(ledger) => self.read(*ledger, self.state.busy),
                    None => self.look(),
                }
            }
            Phase::Callback { at, step } => {
                self.state.losses = 0;
                self.state.races = 0;
                self.call_step(at, step + 1)
            }
            Phase::Apply(migration) => self.applied(migration),
            Phase::Adopt(migration) => {
                self.record(migration, EventKind::Adopted);
                self.state.work.pop_front();
                self.work()
            }
            Phase::Revert(migration) => self.reverted(migration),
            Phase::Stepwise(stepwise) => self.stepwise_done(stepwise, rows),
            Phase::Widen(direction) => self.widened(direction, true),
            Phase::Remember(direction) => {
                self.remember(rows);
                match direction {
                    Direction::Down => self.take_back(),
                    _ => self.apply(),
                }
            }
            Phase::Cleanup(refusal) => self.section_failed(*refusal),
            // A trial that does not fail tells nothing.
            Phase::Diagnose(refusal) => self.section_error(&refusal),
            Phase::Abandon(error) => self.fail(*error),
            Phase::Fresh | Phase::Waiting | Phase::Over => self.look(),
        }
    }

    /// Whether the run would write into a transaction of the caller's. Only scripts go to a session
    /// that a caller may have.
    fn is_intruding(&self, rows: &[TextRow]) -> bool {
        let writes = !self.state.planned && matches!(self.setup.goal, Goal::Up | Goal::Down { dry: false, .. });
        writes && self.setup.capabilities.script && statements::is_open(rows)
    }

    /// The digests agree: there is nothing to do.
    fn current(&mut self) -> Output {
        if self.setup.goal == Goal::Ready {
            let rows = self.setup.catalog.migrations.iter().map(|migration| Row {
                version: migration.version.as_str().to_owned(),
                name: Some(migration.name.clone()),
                checksum: Some(migration.checksum.clone()),
                ..Row::default()
            });
            let ledger = Ledger { exists: true, rows: rows.collect() };
            return self.ready(&ledger, false, None);
        }
        Arc::make_mut(&mut self.state.report).skipped = self.setup.catalog.migrations.len() as u32;
        Output::Done(Box::new(Outcome::Report((*self.state.report).clone())))
    }

    pub(super) fn ready(&self, ledger: &Ledger, busy: bool, foreign: Option<Tool>) -> Output {
        let mut answer = readiness::judge(&self.setup.catalog, ledger, busy, foreign, &self.plan_options());
        answer.findings.extend_from_slice(&self.state.noticed);
        if let Some(Some(tool)) = self.state.moved {
            answer.message.push_str(&format!(" {}={}", MOVED, tool.code().unwrap_or_default()));
        }
        Output::Done(Box::new(Outcome::Readiness(answer)))
    }

    pub(super) fn plan_options(&self) -> plan::Options {
        let mut options = self.setup.options.planning();
        if matches!(self.setup.goal, Goal::Down { .. }) {
            options.to = None;
        }
        options
    }

    /// The columns of the table are known, and what else is there.
    fn shape(&mut self, rows: Vec<TextRow>) -> Output {
        let seen = foreign::seen(&rows);
        self.state.around = statements::around(&rows);
        self.state.noticed.clear();
        self.notice_place(&rows);
        let rails = rows.iter().any(|row| row.get("rails").is_some_and(Option::is_some));
        let columns: Vec<(String, String)> = rows
            .into_iter()
            .filter_map(|mut row| Some((taken(&mut row, "name")?, taken(&mut row, "type").unwrap_or_default())))
            .collect();
        match shape::shape(&columns, rails) {
            shape::Shape::Foreign(tool) => self.taken(tool),
            shape::Shape::Missing => {
                self.state.columns = Some(Vec::new());
                self.state.incomplete = true;
                if self.state.unnamed && seen.any { self.ask_for_tables(seen) } else { self.judge(seen) }
            }
            found => {
                self.state.incomplete = found != shape::Shape::Counterfoil;
                let names = columns.into_iter().map(|(name, _)| name).collect();
                self.state.columns = self.state.incomplete.then_some(names);
                if self.state.there && !seen.rows { self.judge(seen) } else { self.look() }
            }
        }
    }

    /// The ledger has been read. `busy`: another session is writing to it.
    pub(super) fn read(&mut self, mut ledger: Ledger, busy: bool) -> Output {
        let options = &self.setup.options;
        for row in &mut ledger.rows {
            // A lease of our own does not keep us out, and with a lock of the caller's there is
            // nobody else.
            let own = claim_of(row, &options.runner);
            if row.lease == Lease::Alive && (own.is_some() || options.exclusive) {
                row.lease = Lease::Over;
            }
            // Nothing was sent after the row had said so: as if it had been stopped between two steps.
            if own.is_some() && own == self.state.unsent {
                row.lease = Lease::None;
            }
        }
        let seen = ledger.rows.len()
            + ledger.rows.iter().filter(|row| row.state == State::Applied).count()
            + ledger.rows.iter().map(|row| row.steps_done.unwrap_or(0) as usize).sum::<usize>();
        if seen != self.pace.seen {
            self.pace.seen = seen;
            self.pace.since = None;
        }
        if self.may_have_moved(&ledger) {
            self.state.kept = Some(Box::new(ledger));
            return self.ask_for_moves(None);
        }
        if self.has_to_ask() {
            self.state.kept = Some(Box::new(ledger));
            return self.send(Phase::Values, Request::Values);
        }
        match self.setup.goal.clone() {
            Goal::Ready => self.ready(&ledger, busy, None),
            Goal::Plan => {
                let (options, cache) = (self.plan_options(), Arc::make_mut(&mut self.cache));
                let mut plan = plan::plan_with(&self.setup.catalog, &ledger, &options, cache);
                self.add_noticed(&mut plan.findings);
                Output::Done(Box::new(Outcome::Plan(plan)))
            }
            Goal::Up => self.up(&ledger),
            Goal::Down { steps, to, dry } => self.down(&ledger, steps, to.as_deref(), dry),
        }
    }

    /// Adds what was noticed of the ledger, and of what is beside it.
    pub(super) fn add_noticed(&self, findings: &mut Vec<plan::Finding>) {
        findings.extend_from_slice(&self.state.ignored);
        findings.extend_from_slice(&self.state.noticed);
    }

    /// Notes in the report that a migration was applied, adopted or taken back.
    pub(super) fn record(&mut self, migration: usize, kind: EventKind) {
        let file = &self.setup.catalog.migrations[migration];
        let done = Done { version: file.version.as_str().to_owned(), name: file.name.clone(), path: file.path.clone() };
        self.state.losses = 0;
        self.pace.attempts = 0;
        self.pace.since = None;
        self.pace.place = None;
        if kind != EventKind::Reverted && self.setup.catalog.owes() {
            self.state.owed.push(done.version.clone());
        }
        let report = Arc::make_mut(&mut self.state.report);
        report.status = Status::Migrated;
        match kind {
            EventKind::Adopted => report.adopted.push(done),
            EventKind::Reverted => {
                report.status = Status::RolledBack;
                report.reverted.push(done);
            }
            _ => report.applied.push(done),
        }
        self.event(kind, migration, 1, 1);
    }

    pub(super) fn finish(&mut self) -> Output {
        if self.state.report.decisions.iter().any(|decision| decision.code == plan::Reason::Beyond) {
            Arc::make_mut(&mut self.state.report).status = Status::Partial;
        }
        Output::Done(Box::new(Outcome::Report((*self.state.report).clone())))
    }

    /// Waits a little, then looks again. The time grows, and no two runners wait alike.
    pub(super) fn wait(&mut self, what: &str) -> Output {
        let output = self.wait_quietly(what);
        self.events.push(Event {
            kind: EventKind::Waiting,
            version: String::new(),
            name: what.to_owned(),
            path: String::new(),
            done: (self.state.report.applied.len() + self.state.report.adopted.len()) as u32,
            total: self.pace.total,
            step: 0,
            steps: 0,
        });
        output
    }

    /// [`Machine::wait`] without telling anybody: the ledger may say that there was no need to.
    pub(super) fn wait_quietly(&mut self, what: &str) -> Output {
        let since = *self.pace.since.get_or_insert(self.pace.now);
        if self.pace.now.saturating_sub(since) >= u64::from(self.setup.options.wait_timeout) {
            let error = failure::waited(&self.setup, what);
            let error = match self.pace.place.take() {
                Some((at, statement)) => error.with_location(at).with_statement(statement),
                None => error,
            };
            return self.fail(error);
        }
        let milliseconds = pace::about(&mut self.pace.seed, pace::for_others(self.pace.attempts));
        self.pace.attempts += 1;
        self.state.phase = Phase::Waiting;
        Output::Wait { milliseconds }
    }

    /// Looks at the ledger once the connection has had time to come back.
    pub(super) fn look_after_loss(&mut self) -> Output {
        self.prepared = None;
        self.state.phase = Phase::Waiting;
        let milliseconds = pace::about(&mut self.pace.seed, pace::after_loss(self.state.losses));
        Output::Wait { milliseconds: milliseconds.min(self.setup.options.wait_timeout) }
    }

    /// The last request failed.
    fn failed(&mut self, failure: Failure) -> Output {
        let failure = failure.told(&|text| self.setup.options.env.masked(text));
        let kind = failure.kind();
        if failure.unusable {
            return self.fail(failure::unusable(&failure));
        }
        if kind == Kind::Lost {
            self.state.losses += 1;
            self.state.claim += 1;
            let most = if self.setup.goal == Goal::Ready { MOST_LOSSES_OF_READY } else { MOST_LOSSES };
            if self.state.losses > most {
                let error = if self.pace.reached { failure::lost(&failure) } else { failure::unreached(&failure) };
                return self.fail(error);
            }
        } else {
            self.pace.reached = true;
            self.state.losses = 0;
        }
        let phase = self.left();
        match phase {
            Phase::Digest | Phase::Shape if failure.sqlstate == FAILED_TRANSACTION => {
                self.fail(failure::open_transaction(true))
            }
            // A role need not be allowed to execute what computes it.
            Phase::Digest if kind == Kind::NoLedger || failure.sqlstate == INSUFFICIENT_PRIVILEGE => {
                self.ask_for_shape(false)
            }
            Phase::Rows | Phase::Shape | Phase::Says { .. } if kind == Kind::NoLedger => {
                self.state.races += 1;
                if self.state.races > MOST_RACES {
                    return self.fail(failure::database(&self.setup, &failure, "the ledger could not be read"));
                }
                // What was there a moment ago is gone.
                if matches!(phase, Phase::Rows) { self.ask_for_shape(false) } else { self.look() }
            }
            Phase::Digest | Phase::Rows | Phase::Shape | Phase::Says { .. } | Phase::Moved(_) if kind == Kind::Lost => {
                self.look_after_loss()
            }
            // Whoever only asks wants an answer now.
            Phase::Digest | Phase::Rows | Phase::Shape | Phase::Says { .. }
                if matches!(kind, Kind::Busy | Kind::Cancelled)
                    && !matches!(self.setup.goal, Goal::Plan | Goal::Ready) =>
            {
                let what = if failure.sqlstate == TOO_MANY_CONNECTIONS {
                    "for the database to take another connection"
                } else {
                    "for a lock on the ledger"
                };
                self.wait(what)
            }
            Phase::Digest | Phase::Rows | Phase::Shape | Phase::Says { .. } if failure.refused => {
                self.fail(failure::unreached(&failure))
            }
            Phase::Digest | Phase::Rows | Phase::Shape | Phase::Says { .. } => {
                self.fail(failure::database(&self.setup, &failure, "the ledger could not be read"))
            }
            // What was there a moment ago is gone, or may not be read: then nobody can tell.
            Phase::Moved(_) => self.judged_moves(None),
            Phase::Create => match kind {
                // The second look fails where something else is there by now, or a table that it reads is gone.
                Kind::Unique
                | Kind::Race
                | Kind::Busy
                | Kind::Cancelled
                | Kind::Lost
                | Kind::Changed
                | Kind::NoLedger
                    if self.state.races < MOST_RACES =>
                {
                    self.state.races += 1;
                    self.state.cleared = false;
                    self.state.look_again = None;
                    self.state.columns = None;
                    self.state.incomplete = false;
                    if kind == Kind::Lost { self.look_after_loss() } else { self.look() }
                }
                _ => self.fail(failure::database(&self.setup, &failure, "the ledger could not be created")),
            },
            Phase::Bookkeeping | Phase::Adopt(_) => match kind {
                Kind::Unique => self.wait("for another runner to finish with the ledger"),
                Kind::Busy | Kind::Cancelled => self.wait("for a lock on the ledger"),
                Kind::Lost => {
                    if let Phase::Adopt(migration) = phase {
                        self.state.doubt = Doubt::Lost(migration, EventKind::Adopted);
                    }
                    self.look_after_loss()
                }
                _ => self.fail(failure::database(&self.setup, &failure, "the ledger could not be written")),
            },
            Phase::Apply(migration) => self.section_refused(migration, Direction::Up, failure),
            Phase::Callback { at, .. } => self.section_refused(at, Direction::Callback, failure),
            Phase::Revert(migration) => self.section_refused(migration, Direction::Down, failure),
            // The rollback itself failed: a lost connection has rolled back too.
            Phase::Cleanup(refusal) => self.section_failed(*refusal),
            // It changes nothing: once more, where its reply was lost for the first time.
            Phase::Diagnose(refusal) if kind == Kind::Lost && self.state.losses == 1 => {
                let request = Request::Diagnose(refusal.acts.clone());
                self.send(Phase::Diagnose(refusal), request)
            }
            Phase::Diagnose(mut refusal) => {
                self.tried(&mut refusal, &failure);
                self.section_error(&refusal)
            }
            Phase::Stepwise(stepwise) => self.stepwise_failed(stepwise, failure),
            Phase::Widen(_) if kind == Kind::Lost => self.look_after_loss(),
            // It does without.
            Phase::Widen(direction) => self.widened(direction, false),
            Phase::Remember(_) | Phase::Values if kind == Kind::Lost => self.look_after_loss(),
            Phase::Remember(_) | Phase::Values => {
                self.fail(failure::database(&self.setup, &failure, "the session could not be read"))
            }
            Phase::Abandon(error) => self.fail(*error),
            // Everything is taken back; a role that may not write a comment leaves no trace.
            Phase::Trace => self.finish(),
            Phase::Fresh | Phase::Waiting | Phase::Over => self.fail(failure::lost(&failure)),
        }
    }
}
