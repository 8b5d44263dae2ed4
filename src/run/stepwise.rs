//! Statement-wise sections: claim under a lease, one step after the other, progress recorded.

use super::failure::{self, Kind};
use super::machine::{Doubt, Phase};
use super::report::EventKind;
use super::request::{Act, Direction, Request};
use super::{Failure, Machine, Output, message};
use crate::error::Error;
use crate::ledger::State;
use crate::ledger::statements::TextRow;

/// SQLSTATE `duplicate_table`: what a second `CREATE INDEX` of one name fails with.
const DUPLICATE_TABLE: &str = "42P07";

/// A statement-wise section under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Stepwise {
    migration: usize,
    direction: Direction,
    /// As the row writes it.
    version: String,
    /// The step at hand, 0-based.
    step: usize,
    total: usize,
    /// The step at hand may have been tried before.
    tried: bool,
    /// Why the index could not be built: its name was taken.
    taken: Option<Box<Error>>,
    /// The session's settings were remembered.
    captured: bool,
    at: At,
}

/// Which request of a step is under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum At {
    Forget,
    Claim,
    Capture,
    Index,
    Drop,
    Run,
    Advance,
    Delete,
    Restore,
    /// A failed explicit transaction is being ended; then as [`At::Stop`].
    Rollback(Option<Box<Error>>),
    /// The step has failed; the lease is given up. Then: fail with this, or try again later.
    Stop(Option<Box<Error>>),
    /// The settings are put back after a failure.
    RestoreAfter(Option<Box<Error>>),
}

impl Machine {
    /// Begins a statement-wise section, or goes on with one: `resume` is the row and its steps done.
    pub(super) fn stepwise(
        &mut self,
        migration: usize,
        direction: Direction,
        resume: Option<(String, u32)>,
        again: Option<(String, Option<String>)>,
    ) -> Output {
        let total = self.shape_of_section().2;
        let claim = self.state.claim;
        let own = self.setup.catalog.migrations[migration].version.as_str().to_owned();
        let mut now = Stepwise {
            migration,
            direction,
            version: own,
            step: 0,
            total,
            tried: false,
            taken: None,
            captured: false,
            at: At::Claim,
        };
        let request = match (resume, again, direction) {
            (Some((version, done)), ..) => {
                now.version.clone_from(&version);
                now.step = done as usize;
                now.tried = true;
                let state = if direction == Direction::Up { State::Running } else { State::Reverting };
                Request::Take { version, state, done, claim }
            }
            (None, Some((version, checksum)), _) => {
                now.at = At::Forget;
                Request::Atomic(vec![Act::LockTimeout, Act::Forget { version, checksum }])
            }
            (None, None, Direction::Up) => Request::ClaimRunning { migration, steps: total, claim },
            (None, None, Direction::Down) => {
                // The row may write its version in another way than the file does.
                if let Some(revert) = self.state.reverts.front() {
                    now.version.clone_from(&revert.version);
                }
                Request::TakeBack { version: now.version.clone(), steps: total, claim }
            }
        };
        self.send(Phase::Stepwise(now), request)
    }

    fn go(&mut self, mut now: Stepwise, at: At, request: Request) -> Output {
        now.at = at;
        self.send(Phase::Stepwise(now), request)
    }

    /// The request of a step was carried out.
    pub(super) fn stepwise_done(&mut self, mut now: Stepwise, rows: Vec<TextRow>) -> Output {
        match now.at.clone() {
            At::Forget => {
                let request =
                    Request::ClaimRunning { migration: now.migration, steps: now.total, claim: self.state.claim };
                self.go(now, At::Claim, request)
            }
            At::Claim => {
                // Claiming a new row gives back nothing; taking one over gives back the row.
                if !matches!(self.sent, Some(Request::ClaimRunning { .. })) && rows.is_empty() {
                    return self.wait_quietly("for another runner, which was faster");
                }
                if self.shape_of_section().1 && self.setup.capabilities.interactive {
                    return self.go(now, At::Capture, Request::Capture);
                }
                self.next_step(now)
            }
            At::Capture => {
                now.captured = true;
                self.next_step(now)
            }
            At::Index => {
                let mut row = rows.into_iter().next().unwrap_or_default();
                let mut text = |name: &str| row.remove(name).flatten().unwrap_or_default();
                if text("building") == "true" {
                    return self.wait("for an index that is still being built");
                }
                match text("state").as_str() {
                    "valid" => self.advance(now),
                    "invalid" => {
                        // In one transaction with the lease, so that a runner which has lost it
                        // cannot drop what another has built.
                        let hold =
                            Act::Hold { version: now.version.clone(), from: now.step as u32, claim: self.state.claim };
                        let acts = vec![Act::LockTimeout, hold, Act::DropIndex(text("name"))];
                        self.go(now, At::Drop, Request::Atomic(acts))
                    }
                    // The name belongs to something else.
                    _ => match now.taken.take() {
                        Some(error) => self.give_up(now, Some(error)),
                        None => self.run_step(now),
                    },
                }
            }
            At::Drop => self.run_step(now),
            At::Run => {
                if matches!(self.sent, Some(Request::Atomic(_))) {
                    return self.stepped(now);
                }
                self.advance(now)
            }
            At::Advance => {
                if rows.is_empty() {
                    // The lease was lost: somebody else has gone on.
                    return self.wait_quietly("for another runner, which has taken over");
                }
                self.stepped(now)
            }
            At::Delete => self.restore_or(now),
            At::Restore => self.over(&now),
            At::Rollback(error) => self.give_up(now, error),
            At::Stop(error) => {
                if rows.is_empty() {
                    return self.wait_quietly("for another runner, which has taken over");
                }
                if now.captured {
                    return self.go(now, At::RestoreAfter(error), Request::Restore);
                }
                self.stopped(error)
            }
            At::RestoreAfter(error) => self.stopped(error),
        }
    }

    /// Gives up the lease, and then fails with the error, or tries again later.
    fn give_up(&mut self, now: Stepwise, then: Option<Box<Error>>) -> Output {
        let request = Request::Stop { version: now.version.clone(), claim: self.state.claim };
        self.go(now, At::Stop(then), request)
    }

    fn stopped(&mut self, error: Option<Box<Error>>) -> Output {
        match error {
            Some(error) => self.fail(*error),
            None => self.wait("for a lock that a step needs"),
        }
    }

    fn stepped(&mut self, mut now: Stepwise) -> Output {
        now.step += 1;
        now.tried = false;
        now.taken = None;
        self.next_step(now)
    }

    fn next_step(&mut self, now: Stepwise) -> Output {
        if now.step >= now.total {
            if now.direction == Direction::Down {
                let version = now.version.clone();
                return self.go(now, At::Delete, Request::DeleteReverted { version, claim: self.state.claim });
            }
            return self.restore_or(now);
        }
        self.event(EventKind::Step, now.migration, now.step + 1, now.total);
        if now.tried && self.is_judged(&now) {
            return self.judge(now);
        }
        self.run_step(now)
    }

    /// Whether the database itself can tell if the step has happened.
    fn is_judged(&self, now: &Stepwise) -> bool {
        let step = self.prepared.as_ref().and_then(|prepared| prepared.steps.steps.get(now.step));
        step.is_some_and(|step| step.concurrent_index.is_some())
    }

    fn judge(&mut self, now: Stepwise) -> Output {
        let request = Request::Index { migration: now.migration, direction: now.direction, step: now.step };
        self.go(now, At::Index, request)
    }

    fn run_step(&mut self, now: Stepwise) -> Output {
        let (migration, direction, step) = (now.migration, now.direction, now.step);
        let transactional = self
            .prepared
            .as_ref()
            .and_then(|prepared| prepared.steps.steps.get(step))
            .is_some_and(|step| step.transactional);
        let request = if transactional {
            Request::Atomic(vec![
                Act::LockTimeout,
                Act::Advance {
                    version: now.version.clone(),
                    from: step as u32,
                    last: is_last(&now),
                    claim: self.state.claim,
                },
                Act::Run { migration, direction, step },
            ])
        } else {
            Request::Alone { migration, direction, step }
        };
        self.go(now, At::Run, request)
    }

    fn advance(&mut self, now: Stepwise) -> Output {
        let request = Request::Advance {
            version: now.version.clone(),
            from: now.step as u32,
            last: is_last(&now),
            claim: self.state.claim,
        };
        self.go(now, At::Advance, request)
    }

    fn restore_or(&mut self, now: Stepwise) -> Output {
        if now.captured {
            return self.go(now, At::Restore, Request::Restore);
        }
        self.over(&now)
    }

    fn over(&mut self, now: &Stepwise) -> Output {
        match now.direction {
            Direction::Up => self.applied(now.migration),
            Direction::Down => self.reverted(now.migration),
        }
    }

    /// The request of a step failed.
    pub(super) fn stepwise_failed(&mut self, now: Stepwise, failure: Failure) -> Output {
        let kind = failure.kind();
        match now.at.clone() {
            At::RestoreAfter(error) => return self.stopped(error),
            // The migration is done; only the session was lost.
            At::Restore => return self.over(&now),
            // Nobody knows yet whether the lease was still ours: the step may be tried again.
            At::Stop(_) | At::Rollback(_) if kind == Kind::Lost => {}
            At::Stop(Some(error)) | At::Rollback(Some(error)) => return self.fail(*error),
            _ => {}
        }
        if kind == Kind::Lost {
            self.state.doubt = Doubt::Lost(now.migration, EventKind::Applied);
            return self.look();
        }
        match now.at {
            At::Run | At::Drop => {
                let place = self
                    .sent
                    .as_ref()
                    .and_then(|sent| message::place(&self.setup, self.prepared.as_deref(), sent, &failure));
                let explicit = matches!(&self.sent, Some(Request::Atomic(acts))
                    if self.setup.capabilities.script && message::is_explicit(self.prepared.as_deref(), acts));
                let kept = Some((now.step as u32, now.total as u32));
                let error = failure::statement(&self.setup, &failure, now.migration, place, kept, &self.state.report);
                if failure.sqlstate == DUPLICATE_TABLE && now.tried && self.is_judged(&now) {
                    // The index is there after all: an earlier try was still at it.
                    let mut now = now;
                    now.taken = Some(Box::new(error));
                    return self.judge(now);
                }
                let then = (kind != Kind::Busy).then(|| Box::new(error));
                if explicit {
                    return self.go(now, At::Rollback(then), Request::Rollback);
                }
                self.give_up(now, then)
            }
            At::Claim | At::Forget if kind == Kind::Unique => self.wait_quietly("for another runner, which was faster"),
            _ if kind == Kind::Busy => self.wait("for a lock on the ledger"),
            _ => {
                let error = failure::database(&self.setup, &failure, "the ledger could not be written");
                self.fail(error)
            }
        }
    }
}

fn is_last(now: &Stepwise) -> bool {
    now.direction == Direction::Up && now.step + 1 == now.total
}
