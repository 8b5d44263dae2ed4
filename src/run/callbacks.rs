//! Flyway's callbacks: what is run before, between and after the migrations of a run, and in their transactions.
//!
//! A run has callbacks if it has something to do. They have no row of their own: a migration's row that callbacks are to
//! follow has a `claimed_by` until they have run, and a database with such a row is not current. So what a run did not
//! come to, since it was killed or a callback failed, the next one does, also if nothing is pending. What a callback does
//! can be done again: Flyway does it with every `migrate`.

use super::fill::{between, filled};
use super::prepared::Prepared;
use super::report::EventKind;
use super::request::{Act, Direction, Request};
use super::state::Phase;
use super::{Goal, Machine, Output};
use crate::error::{Code, Error};
use crate::migration::{Event, Section, With};
use crate::plan::inspect::{cannot_join, ledger_touched};
use crate::plan::{Work, inspect};
use crate::sql::Mode;

impl Machine {
    /// Runs the callback whose turn it is, or notes that all have run. None: something else comes next.
    pub(super) fn call(&mut self) -> Option<Output> {
        if !self.state.calls || self.setup.goal != Goal::Up {
            return None;
        }
        let last = match self.state.work.front() {
            Some(Work::Apply { migration, .. }) if self.setup.catalog.migrations[*migration].repeatable => {
                Event::BeforeRepeatables
            }
            Some(_) => Event::BeforeMigrate,
            None if self.state.owed.is_empty() => return None,
            None => Event::AfterMigrateOperationFinish,
        };
        while let Some(callback) = self.setup.catalog.callbacks.get(self.state.called)
            && callback.event <= last
        {
            if callback.event == Event::BeforeRepeatables && self.state.work.is_empty() {
                self.state.called += 1;
                continue;
            }
            let at = self.state.called;
            let error = self.aborted().or_else(|| self.prepare(at, Direction::Callback).err());
            return Some(match error {
                Some(error) => self.fail(error),
                None => self.call_step(at, 0),
            });
        }
        if !self.state.work.is_empty() {
            return None;
        }
        let rows = std::mem::take(&mut self.state.owed);
        Some(self.send(Phase::Bookkeeping, Request::Atomic(vec![Act::LockTimeout, Act::Settle(rows)])))
    }

    /// Runs a step of a callback, or goes on after the last.
    pub(super) fn call_step(&mut self, at: usize, step: usize) -> Output {
        if step >= self.shape_of_section().2 {
            self.state.called = at + 1;
            return self.work();
        }
        let path = self.setup.section(at, Direction::Callback).path.clone();
        let steps = self.shape_of_section().2;
        self.tell(EventKind::Step, ("", &path, &path), step + 1, steps);
        let request = self.request_of_call(at, step);
        self.send(Phase::Callback { at, step }, request)
    }

    fn request_of_call(&self, migration: usize, step: usize) -> Request {
        let direction = Direction::Callback;
        let prepared = self.prepared.as_deref();
        let known = prepared.and_then(|prepared| prepared.steps.steps.get(step));
        if known.is_some_and(|known| !known.transactional) {
            return Request::Alone { migration, direction, step };
        }
        let text = prepared.map_or("", |prepared| &prepared.section(&self.setup, migration, direction).text);
        let replays = prepared.is_some_and(|prepared| prepared.set_before(text, step, false).next().is_some());
        let session = replays || known.is_some_and(|known| known.session);
        let mut acts = Vec::with_capacity(6);
        if session {
            acts.push(Act::Capture);
        }
        acts.push(Act::LockTimeout);
        self.push_schema(&mut acts);
        if replays {
            acts.push(Act::Replay { migration, direction, step });
        }
        acts.push(Act::Run { migration, direction, step });
        if session {
            acts.push(Act::Restore);
        }
        Request::Atomic(acts)
    }

    /// Why a callback cannot be run here, before anything is.
    pub(super) fn cannot_call(&mut self) -> Option<Error> {
        for at in 0..self.setup.catalog.callbacks.len() {
            if self.setup.catalog.callbacks[at].event >= Event::BeforeEachMigrate {
                break;
            }
            if let Err(error) = self.prepare(at, Direction::Callback) {
                return Some(error);
            }
            for step in 0..self.shape_of_section().2 {
                let request = self.request_of_call(at, step);
                let section = &self.setup.catalog.callbacks[at].section;
                if matches!(request, Request::Alone { .. }) && !self.setup.options.schema.is_empty() {
                    let message = "a statement of this callback runs outside a transaction, where the schema of the run does not reach it";
                    let help = "write what runs in a transaction in its place; nothing was run";
                    return Some(
                        Error::new(Code::Unsupported, message).with_help(help).with_location(section.location(0)),
                    );
                }
                if let Some(error) = self.too_large(&request, at, Direction::Callback, 0) {
                    return Some(error);
                }
            }
        }
        self.prepared = None;
        None
    }

    /// Whether what the database says of itself is asked for before the first section is filled in.
    pub(super) fn has_to_ask(&self) -> bool {
        if self.said.is_some() || !matches!(self.setup.goal, Goal::Up | Goal::Down { .. }) {
            return false;
        }
        let catalog = &self.setup.catalog;
        catalog.callbacks.iter().any(|callback| asks(&callback.section))
            || catalog.migrations.iter().any(|file| asks(&file.up) || file.down.as_ref().is_some_and(asks))
    }

    /// Whether a section is not run as it is written.
    pub(super) fn is_made(&self, migration: usize, direction: Direction) -> bool {
        !self.setup.section(migration, direction).fills.is_empty()
            || direction == Direction::Up && self.setup.catalog.calls(Event::BeforeEachMigrate, Event::AfterEachMigrate)
    }

    /// A section as it is run, where that is not as it is written.
    pub(super) fn made(&self, migration: usize, direction: Direction) -> Result<Section, Error> {
        let said = self.said.as_ref().map_or(&[][..], |said| said);
        let fill = |section: &Section| filled(section, &self.setup.options, said);
        let section = fill(self.setup.section(migration, direction))?;
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for callback in self.setup.catalog.callbacks.iter().filter(|_| direction == Direction::Up) {
            match callback.event {
                Event::BeforeEachMigrate => before.push(fill(&callback.section)?),
                Event::AfterEachMigrate => after.push(fill(&callback.section)?),
                _ => {}
            }
        }
        Ok(between(before, section, after))
    }

    /// Why a section that was made cannot be run. `written`: as it is in the file.
    pub(super) fn cannot_make(&self, written: &Section, section: &Section, prepared: &Prepared) -> Option<Error> {
        if let Some(touched) = ledger_touched(section, &prepared.analysis, &self.setup.options.table).into_iter().next()
        {
            return Some(super::prepared::refused(touched));
        }
        if prepared.steps.mode == Mode::StatementWise
            && let Some(error) = other_steps(written, prepared)
        {
            return Some(error);
        }
        let is_joined = section.fills.iter().any(|fill| matches!(fill.with, With::Other(_)));
        (is_joined && prepared.steps.mode == Mode::StatementWise).then(|| cannot_join(written))
    }
}

/// The error of a section with other steps than the file has: what is recorded of them is told by the file.
fn other_steps(written: &Section, prepared: &Prepared) -> Option<Error> {
    let fill = written.fills.iter().find(|fill| fill.with == With::Environment)?;
    let steps = inspect(written).ok()?.steps.steps.len();
    (steps != prepared.steps.steps.len()).then(|| {
        let message = "what is filled in from the environment makes other steps of this migration, which runs step by step";
        let help = "put StatementBegin and StatementEnd around what it stands in, which makes it one step, or write its \
                    statements into the file; nothing was run";
        Error::new(Code::Unsupported, message).with_help(help).with_location(written.location(fill.span.start))
    })
}

/// Whether what the database says of itself is filled in.
#[inline(never)]
fn asks(section: &Section) -> bool {
    section.fills.iter().any(|fill| matches!(fill.with, With::Builtin(name) if name != "table"))
}
