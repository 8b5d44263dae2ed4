//! Statement-wise sections: claim under a lease, one step after the other, progress recorded.
//!
//! Every step begins with the caller's session settings and those that the section has set before
//! it, and leaves the caller's behind: the ledger is written with the caller's role and settings,
//! and a run that goes on in the middle finds what an earlier one has set.

use super::failure::{self, Kind};
use super::report::EventKind;
use super::request::{Act, Direction, Request};
use super::state::{At, Next, Stepwise};
use super::state::{Doubt, Phase, Refusal};
use super::{Failure, Machine, Output, message};
use crate::checksum;
use crate::error::Error;
use crate::ledger::statements::{TextRow, taken};
use crate::plan::Resume;
use crate::sql::{Judged, Left, Step};

/// SQLSTATE `duplicate_table`: what a second `CREATE INDEX` of one name fails with.
const DUPLICATE_TABLE: &str = "42P07";

impl Machine {
    /// Begins a statement-wise section, or goes on with one: `resume` is the row, its steps done and who held it.
    pub(super) fn stepwise(
        &mut self,
        migration: usize,
        direction: Direction,
        resume: Option<Resume>,
        again: Option<(String, Option<String>)>,
    ) -> Output {
        let Some(stepped) = self.state.stepped else {
            return self.send(Phase::Widen(direction), Request::Atomic(vec![Act::LockTimeout, Act::Widen]));
        };
        let (steps, claim) = (self.shape_of_section().2, self.state.claim);
        let own = self.setup.catalog.migrations[migration].version.as_str().to_owned();
        let mut now = Stepwise::new(migration, direction, own, steps);
        let request = match (resume, again, direction) {
            (Some(Resume { version, done, by, died }), ..) => {
                now.version.clone_from(&version);
                now.step = done as usize;
                now.tried = true;
                now.died = died;
                Request::Take { version, migration, direction, done, by, steps, stepped, claim }
            }
            (None, Some((version, checksum)), _) => {
                now.at = At::Forget;
                Request::Atomic(vec![Act::LockTimeout, Act::Forget { version, checksum }])
            }
            (None, None, Direction::Up | Direction::Callback) => {
                Request::ClaimRunning { migration, steps, stepped, claim }
            }
            (None, None, Direction::Down) => {
                // The row may write its version in another way than the file does.
                if let Some(revert) = self.state.reverts.front() {
                    now.version.clone_from(&revert.version);
                }
                Request::TakeBack { version: now.version.clone(), steps, stepped, claim }
            }
        };
        self.send(Phase::Stepwise(now), request)
    }

    /// The column for the fingerprints of steps is there, or it cannot be: then a text that has changed does not go on.
    pub(super) fn widened(&mut self, direction: Direction, stepped: bool) -> Output {
        self.state.stepped = Some(stepped);
        if direction == Direction::Up { self.work() } else { self.revert() }
    }

    fn go(&mut self, mut now: Stepwise, at: At, request: Request) -> Output {
        now.at = at;
        self.send(Phase::Stepwise(now), request)
    }

    /// The request of a step was carried out.
    pub(super) fn stepwise_done(&mut self, mut now: Stepwise, rows: Vec<TextRow>) -> Output {
        match now.at.clone() {
            At::Forget => {
                let request = Request::ClaimRunning {
                    migration: now.migration,
                    steps: now.total,
                    stepped: self.state.stepped == Some(true),
                    claim: self.state.claim,
                };
                self.go(now, At::Claim, request)
            }
            At::Claim => {
                // Claiming a new row gives back nothing; taking one over gives back the row.
                if !matches!(self.sent, Some(Request::ClaimRunning { .. })) && rows.is_empty() {
                    return self.wait_quietly("for another runner, which was faster");
                }
                // Any step may turn out to run alone, where the schema of the run has to be set in the session.
                let sets = self.shape_of_section().1 || !self.setup.options.schema.is_empty();
                if sets && self.setup.capabilities.interactive {
                    return self.go(now, At::Capture, Request::Capture);
                }
                self.next_step(now)
            }
            At::Capture => {
                self.remember(rows);
                now.captured = true;
                self.next_step(now)
            }
            At::Replay(next) => {
                now.changed = true;
                self.then(now, next)
            }
            At::Restore(next) => {
                now.changed = false;
                self.then(now, next)
            }
            At::Index => {
                let mut row = rows.into_iter().next().unwrap_or_default();
                let mut text = |name: &str| taken(&mut row, name).unwrap_or_default();
                let next = match (text("building").as_str(), text("state").as_str()) {
                    ("true", _) => Next::Wait,
                    (_, "gone") if now.died => Next::Advance,
                    (_, "pending") => Next::Mend(text("name"), true),
                    // The text may have been edited since; nobody is at it.
                    (_, "invalid") if now.tried => Next::Mend(text("name"), false),
                    (_, "invalid" | "valid") => Next::Index(text("among")),
                    _ => self.run_or_stop(&mut now),
                };
                self.then(now, next)
            }
            At::Mend(true) => self.then(now, Next::Advance),
            At::Mend(false) => self.then(now, Next::Run),
            At::Hold | At::Advance if rows.is_empty() => {
                // The lease was lost: somebody else has gone on. Or the step has deleted the row.
                self.state.doubt = Doubt::Unrecorded(now.migration);
                self.wait_quietly("for another runner, which has taken over")
            }
            At::Hold => {
                now.held = true;
                self.then(now, Next::Run)
            }
            At::Run => {
                if matches!(self.sent, Some(Request::Atomic(_))) {
                    return self.stepped(now);
                }
                self.then(now, Next::Advance)
            }
            At::Advance => self.stepped(now),
            At::Delete if rows.is_empty() => self.wait_quietly("for another runner, which has taken over"),
            At::Delete => self.over(&now),
            // A trial that does not fail tells nothing.
            At::Diagnose(refusal) => self.step_refused(now, *refusal),
            At::Rollback(error) => self.then(now, Next::Stop(error)),
            At::Stop(error) => {
                if rows.is_empty() {
                    self.state.doubt = Doubt::Unrecorded(now.migration);
                    return self.wait_quietly("for another runner, which has taken over");
                }
                match error {
                    Some(error) => self.fail(*error),
                    None => self.wait("for a lock that a step needs"),
                }
            }
        }
    }

    /// Goes on, once the session has the settings that this needs.
    pub(super) fn then(&mut self, mut now: Stepwise, next: Next) -> Output {
        let (migration, direction, step) = (now.migration, now.direction, now.step);
        // Others must see that it is sent, and it must not be sent once the lease is over.
        let holds = matches!(next, Next::Run) && !self.is_transactional(&now) && !now.held;
        let in_section = match next {
            _ if holds => false,
            // A step in a transaction brings its settings along.
            Next::Run => !self.is_transactional(&now),
            Next::Index(_) => true,
            _ => false,
        };
        let sets = !self.setup.options.schema.is_empty() || self.has_set_before(&now);
        if in_section && now.captured && !now.changed && sets {
            return self.go(now, At::Replay(next), Request::Replay { migration, direction, step });
        }
        if !in_section && now.changed {
            return self.go(now, At::Restore(next), Request::Restore);
        }
        let (version, from, claim) = (now.version.clone(), now.step as u32, self.state.claim);
        let last = direction == Direction::Up && now.step + 1 >= now.total;
        match next {
            Next::Run if holds => {
                let print = self.print(&now);
                self.go(now, At::Hold, Request::Hold { version, from, print, claim })
            }
            Next::Run => {
                now.changed |= in_section && now.captured && self.changes_settings(&now);
                let request = self.request_of_step(&now);
                self.go(now, At::Run, request)
            }
            Next::Index(among) => self.go(now, At::Index, Request::Index { migration, direction, step, among }),
            // In one transaction with the lease, so that a runner which has lost it cannot drop
            // what another has built.
            Next::Mend(sql, done) => {
                let acts = vec![Act::LockTimeout, Act::Hold { version, from, claim }, Act::Mend(sql)];
                self.go(now, At::Mend(done), Request::Atomic(acts))
            }
            Next::Advance => {
                let print = self.print(&now);
                self.go(now, At::Advance, Request::Advance { version, from, last, print, claim })
            }
            Next::Wait => self.wait("for a step that is still under way"),
            Next::Stop(then) if now.part => self.go(now, At::Stop(then), Request::Abandon { version, claim }),
            Next::Stop(then) => self.go(now, At::Stop(then), Request::Stop { version, claim }),
        }
    }

    /// What runs the step at hand.
    pub(super) fn request_of_step(&self, now: &Stepwise) -> Request {
        let (migration, direction, step) = (now.migration, now.direction, now.step);
        if !self.is_transactional(now) {
            return Request::Alone { migration, direction, step };
        }
        let (from, claim) = (step as u32, self.state.claim);
        let last = direction == Direction::Up && step + 1 >= now.total;
        let replays = self.has_set_before(now);
        let own_session = !self.setup.capabilities.interactive;
        let restores = (now.captured || own_session) && (replays || self.changes_settings(now));
        let mut acts = Vec::with_capacity(6);
        // Where every request has a session of its own, others may get that session afterwards.
        if restores && own_session {
            acts.push(Act::Capture);
        }
        acts.push(Act::LockTimeout);
        acts.push(Act::Advance { version: now.version.clone(), from, last, print: self.print(now), claim });
        self.push_schema(&mut acts);
        if replays {
            acts.push(Act::Replay { migration, direction, step });
        }
        acts.push(Act::Run { migration, direction, step });
        if restores {
            acts.push(Act::Restore);
        }
        acts.push(Act::Recorded { version: now.version.clone() });
        Request::Atomic(acts)
    }

    /// What to do instead of a request that has not been sent, if it need not be.
    pub(super) fn withdraw(&mut self, now: Stepwise, error: Error) -> Option<Output> {
        match now.at.clone() {
            At::Forget | At::Claim => Some(self.fail(error)),
            At::Capture | At::Replay(_) | At::Index | At::Mend(_) | At::Hold | At::Run => {
                Some(self.then(now, Next::Stop(Some(Box::new(error)))))
            }
            At::Advance | At::Delete | At::Restore(_) | At::Diagnose(_) | At::Rollback(_) | At::Stop(_) => None,
        }
    }

    pub(super) fn step_at_hand(&self, now: &Stepwise) -> Option<&Step> {
        self.prepared.as_ref().and_then(|prepared| prepared.steps.steps.get(now.step))
    }

    fn is_transactional(&self, now: &Stepwise) -> bool {
        !now.alone && self.step_at_hand(now).is_some_and(|step| step.transactional)
    }

    /// Whether the step at hand has refused to run in a transaction, so that nothing of it is kept, and can be sent alone.
    fn wants_alone(&self, now: &Stepwise, failure: &Failure) -> bool {
        // Over a driver without sessions, what was set before would not reach it.
        let reaches =
            self.setup.capabilities.interactive || self.setup.options.schema.is_empty() && !self.has_set_before(now);
        failure::refuses_transaction(failure)
            && self.is_transactional(now)
            && reaches
            && self.step_at_hand(now).is_some_and(|step| step.single)
    }

    /// The fingerprint of the step at hand, if the ledger keeps those.
    fn print(&self, now: &Stepwise) -> Option<String> {
        let prepared = self.prepared.as_deref().filter(|_| self.state.stepped == Some(true))?;
        // As the file has it: values that were filled in are nobody's business.
        let section = prepared.section(&self.setup, now.migration, now.direction);
        let step = prepared.steps.steps.get(now.step)?;
        Some(checksum::step(&section.as_written(step.span)))
    }

    fn changes_settings(&self, now: &Stepwise) -> bool {
        self.step_at_hand(now).is_some_and(|step| step.session)
    }

    /// Whether the section has set anything before the step at hand.
    fn has_set_before(&self, now: &Stepwise) -> bool {
        self.prepared.as_ref().is_some_and(|prepared| {
            let text = &prepared.section(&self.setup, now.migration, now.direction).text;
            prepared.set_before(text, now.step, false).next().is_some()
        })
    }

    fn stepped(&mut self, mut now: Stepwise) -> Output {
        self.state.losses = 0;
        now.recorded = now.step + 1 >= now.total;
        now.step += 1;
        (now.tried, now.died, now.alone, now.held) = (false, false, false, false);
        now.taken = None;
        self.next_step(now)
    }

    fn next_step(&mut self, now: Stepwise) -> Output {
        if now.step >= now.total {
            if now.direction == Direction::Down {
                let version = now.version.clone();
                return self.go(now, At::Delete, Request::DeleteReverted { version, claim: self.state.claim });
            }
            // There was no step to run: nothing but the row is left to do.
            if !now.recorded {
                return self.then(now, Next::Advance);
            }
            return self.over(&now);
        }
        if let Some(error) = self.aborted() {
            return self.then(now, Next::Stop(Some(Box::new(error))));
        }
        self.event(EventKind::Step, now.migration, now.step + 1, now.total);
        // The database itself can tell whether such a step has happened.
        let next = if self.is_judged(&now) { Next::Index(String::new()) } else { Next::Run };
        self.then(now, next)
    }

    /// Whether the database is asked about the step at hand.
    fn is_judged(&self, now: &Stepwise) -> bool {
        let judged = self.step_at_hand(now).and_then(|step| step.judged);
        judged.is_some_and(|judged| now.tried || matches!(judged, Judged::BuildIfMissing(_)))
    }

    fn over(&mut self, now: &Stepwise) -> Output {
        match now.direction {
            Direction::Down => self.reverted(now.migration),
            _ => self.applied(now.migration),
        }
    }

    /// The request of a step failed.
    pub(super) fn stepwise_failed(&mut self, mut now: Stepwise, failure: Failure) -> Output {
        let kind = failure.kind();
        match now.at.clone() {
            // Nobody knows yet whether the lease was still ours: the step may be tried again.
            At::Stop(_) | At::Rollback(_) if kind == Kind::Lost => {}
            At::Stop(Some(error)) | At::Rollback(Some(error)) => return self.fail(*error),
            _ => {}
        }
        if let (Kind::Lost, At::Diagnose(refusal), 1) = (kind, &now.at, self.state.losses) {
            // It changes nothing: once more.
            let request = Request::Diagnose(refusal.acts.clone());
            let at = now.at.clone();
            return self.go(now, at, request);
        }
        if kind == Kind::Lost {
            self.state.doubt = Doubt::Lost(now.migration, EventKind::Applied);
            // This claim has sent nothing alone, whatever its row says by now.
            if matches!(now.at, At::Hold) {
                self.state.unsent = self.state.claim.checked_sub(1);
            }
            return self.look_after_loss();
        }
        match now.at.clone() {
            At::Run if self.wants_alone(&now, &failure) => {
                now.alone = true;
                self.then(now, Next::Run)
            }
            // Whoever still builds the index is in the way.
            At::Mend(_) if kind == Kind::Cancelled => self.then(now, Next::Stop(None)),
            At::Index if self.is_compared() => self.compared(now, &failure),
            At::Run | At::Mend(_) | At::Replay(_) => {
                let refusal = self.refusal(now.migration, now.direction, failure);
                match self.trial(&refusal).filter(|_| kind != Kind::Busy) {
                    Some(request) => self.go(now, At::Diagnose(Box::new(refusal)), request),
                    None => self.step_refused(now, refusal),
                }
            }
            At::Diagnose(mut refusal) => {
                self.tried(&mut refusal, &failure);
                self.step_refused(now, *refusal)
            }
            At::Claim | At::Forget if kind == Kind::Unique => self.wait_quietly("for another runner, which was faster"),
            _ if matches!(kind, Kind::Busy | Kind::Cancelled) => self.wait("for a lock on the ledger"),
            _ => {
                let error = failure::database(&self.setup, &failure, "the ledger could not be written");
                self.fail(error)
            }
        }
    }

    /// A step failed, and all that can be known of it is known.
    fn step_refused(&mut self, mut now: Stepwise, refusal: Refusal) -> Output {
        // A statement that no procedure is and that is refused as before has done nothing.
        let left = match self.step_at_hand(&now) {
            Some(_) if self.is_transactional(&now) => Left::Nothing,
            Some(step)
                if now.alone && step.left == Left::Nothing && !failure::refuses_transaction(&refusal.failure) =>
            {
                Left::Part
            }
            step => step.map_or(Left::Nothing, |step| step.left),
        };
        now.part = left == Left::Part;
        let kept = Some((now.step as u32, now.total as u32, now.part));
        let error = failure::section(&self.setup, &refusal, kept, self.is_first(&refusal), &self.state.report);
        if refusal.failure.sqlstate == DUPLICATE_TABLE && self.is_judged(&now) {
            // The index is there after all: an earlier try was still at it.
            now.taken = Some(Box::new(error));
            return self.then(now, Next::Index(String::new()));
        }
        let explicit = matches!(&self.sent, Some(Request::Atomic(acts))
            if self.setup.capabilities.script && message::is_explicit(self.prepared.as_deref(), acts));
        let then = (now.part || !refusal.is_busy()).then(|| Box::new(error));
        if explicit {
            return self.go(now, At::Rollback(then), Request::Rollback);
        }
        self.then(now, Next::Stop(then))
    }
}
