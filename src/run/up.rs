//! The way up: the plan that was made is worked off, piece after piece.

use super::failure;
use super::prepared::Prepared;
use super::report::EventKind;
use super::request::{Act, Direction, Request};
use super::state::{Doubt, Phase, claim_of};
use super::{Machine, Output, When};
use crate::error::{Code, Error};
use crate::ledger::statements::{self, TextRow, taken};
use crate::ledger::{Lease, Ledger, State};
use crate::mention::Mention;
use crate::plan::{self, Action, Plan, Work};
use crate::sql::Mode;
use crate::version::Version;
use std::sync::Arc;

/// How many rows are re-keyed or stamped in one request, so that no ledger makes one too large.
const MOST_AT_ONCE: usize = 5_000;

impl Machine {
    /// The ledger has been read: settle what was in doubt, plan, and begin.
    pub(super) fn up(&mut self, ledger: &Ledger) -> Output {
        let row_of = |migration: usize| {
            let version = &self.setup.catalog.migrations[migration].version;
            let identity = self.setup.catalog.convention.identity();
            ledger.rows.iter().find(|row| Version::new(row.version.as_str(), identity) == *version)
        };
        match std::mem::replace(&mut self.state.doubt, Doubt::None) {
            Doubt::None | Doubt::Gone(_) => {}
            Doubt::Unrecorded(migration) if row_of(migration).is_none() => {
                let help = format!(
                    "{}; what it has done is kept, and the next run would do it again: take it back by hand first",
                    failure::LEAVE_THE_ROW
                );
                let file = &self.setup.catalog.migrations[migration];
                let error = failure::row_gone(&self.setup, file, &file.up).with_help(help);
                return self.fail(error.with_option(Mention::named("table")));
            }
            Doubt::Unrecorded(_) => {}
            Doubt::Unique(refusal) => {
                let migration = refusal.migration;
                let migration_is_there = row_of(migration).is_some_and(|row| {
                    let own = self.setup.catalog.migrations[migration].checksum.as_str();
                    !self.setup.catalog.migrations[migration].repeatable || row.checksum.as_deref() == Some(own)
                });
                if !migration_is_there {
                    if self.is_kept_waiting(&refusal) {
                        return self.wait("for another runner to finish with the ledger");
                    }
                    return self.give_up(*refusal);
                }
            }
            Doubt::Lost(migration, kind) => {
                let own = self.setup.catalog.migrations[migration].checksum.as_str();
                let there = row_of(migration)
                    .is_some_and(|row| row.state == State::Applied && row.checksum.as_deref() == Some(own));
                if there {
                    self.record(migration, kind);
                }
            }
        }
        self.state.owed = ledger.rows.iter().filter(|row| row.owes()).map(|row| row.version.clone()).collect();
        if !self.state.planned {
            self.state.blank = ledger.rows.is_empty();
        }
        let plan = plan::plan_with(&self.setup.catalog, ledger, &self.plan_options(), Arc::make_mut(&mut self.cache));
        if let Some(error) = plan.refusal() {
            self.note(&plan);
            let own = ledger.rows.iter().find_map(|row| {
                let claim = claim_of(row, &self.setup.options.runner)?;
                (row.lease == Lease::Over && row.state != State::Applied).then_some((row, claim))
            });
            // Nobody can tell whether our own step happened: say so to whoever comes next, too.
            return match own {
                Some((row, claim)) if self.state.planned => {
                    self.send(Phase::Abandon(Box::new(error)), Request::Abandon { version: row.version.clone(), claim })
                }
                _ => self.fail(error),
            };
        }
        let waits = plan.work.iter().find_map(|work| match work {
            Work::Wait { row } => Some(format!("for another runner, which is at work on {row}")),
            _ => None,
        });
        self.note(&plan);
        // While somebody else is at work the plan is to wait: not the one that was reviewed.
        if !self.state.planned && waits.is_none() {
            if let Some(expected) = &self.setup.options.expect
                && let Err(error) = plan.expect(expected)
            {
                return self.fail(error);
            }
            self.state.planned = true;
        }
        let is_pending = |decision: &&plan::Decision| matches!(decision.action, Action::Apply | Action::Adopt);
        let pending = plan.decisions.iter().filter(is_pending).count();
        match self.setup.options.when {
            When::Apply => {}
            When::Refuse if pending > 0 || waits.is_some() => {
                return self.fail(
                    Error::new(
                        Code::Pending,
                        format!("{} pending, and this run may not apply any", count(pending.max(1), "migration")),
                    )
                    .with_help("apply them first, or run with when: 'apply'")
                    .with_option(Mention::valued("when", &["apply"], "when: 'apply'".into())),
                );
            }
            When::Wait if pending > 0 || waits.is_some() => {
                return self.wait(&format!("for somebody else to apply {}", count(pending.max(1), "migration")));
            }
            When::Refuse | When::Wait => return self.finish(),
        }
        if let Some(waits) = waits {
            return self.wait(&waits);
        }
        if pending > 0 || !self.state.owed.is_empty() {
            self.state.calls = true;
        }
        if let Some(error) = self.cannot_carry(&plan.work) {
            return self.fail(error);
        }
        if self.state.calls
            && let Some(error) = self.cannot_call()
        {
            return self.fail(error);
        }
        let report = &self.state.report;
        self.pace.total = (pending + report.applied.len() + report.adopted.len()) as u32;
        self.state.work = plan.work.into();
        let look_again = self.state.look_again.clone();
        if !self.state.work.is_empty() && (self.state.incomplete || look_again.is_some()) {
            // A ledger that lacks nothing is not made, but what was seen beside it has to be so still.
            let all = || statements::COLUMNS.iter().map(|(name, ..)| (*name).to_owned()).collect();
            let present = self.state.columns.clone().unwrap_or_else(all);
            let around = self.state.around.clone();
            return self.send(Phase::Create, Request::Create { present, around, look_again });
        }
        self.work()
    }

    /// Keeps the decisions and findings of the first plan for the report.
    fn note(&mut self, plan: &Plan) {
        if self.state.planned {
            return;
        }
        let mut findings = plan.findings.clone();
        self.add_noticed(&mut findings);
        let report = Arc::make_mut(&mut self.state.report);
        let is_there =
            |decision: &&plan::Decision| decision.action == Action::Skip && decision.code != plan::Reason::Beyond;
        report.skipped = plan.decisions.iter().filter(is_there).count() as u32;
        report.findings = findings;
        report.decisions.clone_from(&plan.decisions);
    }

    /// Does the next piece of work, or ends.
    pub(super) fn work(&mut self) -> Output {
        self.prepared = None;
        if let Some(output) = self.call() {
            return output;
        }
        let Some(next) = self.state.work.front().cloned() else { return self.finish() };
        if let Some(error) = self.aborted() {
            return self.fail(error);
        }
        match next {
            Work::Wait { row } => self.wait(&row),
            Work::Rekey { .. } | Work::Stamp { .. } => self.bookkeeping(),
            Work::Adopt { migration, rows } => {
                let acts = self.acts_of_adopting(migration, rows);
                self.send(Phase::Adopt(migration), Request::Atomic(acts))
            }
            Work::Supersede { migration, rows } => {
                self.state.work.pop_front();
                let baseline = self.setup.catalog.migrations[migration].version.as_str().to_owned();
                let acts = vec![Act::LockTimeout, Act::Supersede { baseline, rows }];
                self.send(Phase::Bookkeeping, Request::Atomic(acts))
            }
            Work::Apply { migration, again, resume } => {
                if let Err(error) = self.prepare(migration, Direction::Up) {
                    return self.fail(error);
                }
                // What has stopped goes on as it began, even if its file would run at once by now.
                if self.shape_of_section().0 == Mode::StatementWise || resume.is_some() {
                    return self.stepwise(migration, Direction::Up, resume, again);
                }
                if self.has_to_remember() {
                    return self.send(Phase::Remember(Direction::Up), Request::Capture);
                }
                self.apply()
            }
        }
    }

    /// What records a baseline that is not run.
    pub(super) fn acts_of_adopting(&self, migration: usize, rows: Vec<String>) -> Vec<Act> {
        let baseline = self.setup.catalog.migrations[migration].version.as_str().to_owned();
        vec![Act::LockTimeout, Act::Claim { migration, adopted: true }, Act::Supersede { baseline, rows }]
    }

    /// Runs the migration at the head of the work in one transaction.
    pub(super) fn apply(&mut self) -> Output {
        let Some(Work::Apply { migration, again, .. }) = self.state.work.front().cloned() else { return self.look() };
        self.event(EventKind::Step, migration, 1, self.shape_of_section().2);
        let acts = self.acts_up(migration, again);
        self.send(Phase::Apply(migration), Request::Atomic(acts))
    }

    /// What applies the migration at hand in one transaction.
    pub(super) fn acts_up(&self, migration: usize, again: Option<(String, Option<String>)>) -> Vec<Act> {
        let session = self.shape_of_section().1;
        let mut acts = Vec::with_capacity(7);
        if session {
            acts.push(Act::Capture);
        }
        acts.push(Act::LockTimeout);
        if let Some((version, checksum)) = again {
            acts.push(Act::Forget { version, checksum });
        }
        acts.push(Act::Claim { migration, adopted: false });
        self.push_schema(&mut acts);
        acts.push(Act::Run { migration, direction: Direction::Up, step: 0 });
        if session {
            acts.push(Act::Restore);
        }
        acts.push(Act::Measure { migration });
        acts
    }

    /// What comes before a section, or a step, so that its names without a schema mean those of the run's.
    pub(super) fn push_schema(&self, acts: &mut Vec<Act>) {
        if !self.setup.options.schema.is_empty() {
            acts.push(Act::Schema);
        }
    }

    /// Whether the section at hand takes away what would be kept in the session. Where a request has
    /// a session of its own there is nothing to ask for.
    pub(super) fn has_to_remember(&self) -> bool {
        self.setup.capabilities.interactive && self.prepared.as_ref().is_some_and(|prepared| prepared.resets())
    }

    /// Keeps the caller's settings while the section at hand is run.
    pub(super) fn remember(&mut self, rows: Vec<TextRow>) {
        if let Some(prepared) = &mut self.prepared {
            Arc::make_mut(prepared).kept = rows.into_iter().next().and_then(|mut row| taken(&mut row, "kept"));
        }
    }

    /// Re-keying and stamping at the head of the work, in one transaction.
    fn bookkeeping(&mut self) -> Output {
        let mut acts = vec![Act::LockTimeout];
        let mut stamps = Vec::new();
        while acts.len() + stamps.len() < MOST_AT_ONCE
            && let Some(Work::Rekey { .. } | Work::Stamp { .. }) = self.state.work.front()
        {
            match self.state.work.pop_front() {
                Some(Work::Rekey { from, migration }) => acts.push(Act::Rekey { from, migration }),
                Some(Work::Stamp { row, migration }) => stamps.push((row, migration)),
                _ => {}
            }
        }
        if !stamps.is_empty() {
            acts.push(Act::Stamp(stamps));
        }
        self.send(Phase::Bookkeeping, Request::Atomic(acts))
    }

    pub(super) fn prepare(&mut self, migration: usize, direction: Direction) -> Result<(), Error> {
        let is_made = self.is_made(migration, direction);
        let made = if is_made { Some(self.made(migration, direction)?) } else { None };
        let section = made.as_ref().unwrap_or_else(|| self.setup.section(migration, direction));
        let known = match self.cache.get(migration) {
            Some(Ok(known)) if direction == Direction::Up && !is_made => Some(known.clone()),
            _ => None,
        };
        let mut prepared = Prepared::new(section, known, self.setup.catalog.convention)?;
        if let Some(error) =
            made.as_ref().and_then(|made| self.cannot_make(self.setup.section(migration, direction), made, &prepared))
        {
            return Err(error);
        }
        prepared.filled = made;
        self.prepared = Some(Arc::new(prepared));
        Ok(())
    }

    /// Mode, whether any step may change session settings, number of steps.
    pub(super) fn shape_of_section(&self) -> (Mode, bool, usize) {
        self.prepared.as_ref().map_or((Mode::Transactional, false, 0), |prepared| {
            let steps = &prepared.steps;
            (steps.mode, prepared.session(), steps.steps.len())
        })
    }

    pub(super) fn applied(&mut self, migration: usize) -> Output {
        self.record(migration, EventKind::Applied);
        self.state.work.pop_front();
        self.work()
    }
}

fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}
