//! A section that the database refused: what is done about it.

use super::failure::{self, Kind};
use super::message::{self, Owner};
use super::pace::MOST_RACES;
use super::place::place;
use super::report::EventKind;
use super::request::{Direction, Request};
use super::state::{Doubt, Phase, Refusal};
use super::{Failure, Machine, Output};

/// How often in a row a callback may run into what is there, or is not: what another run makes or drops at the same moment.
const MOST_TRIES: u32 = 5;
/// SQLSTATE of "tuple concurrently updated", which nothing but another session brings about.
const TUPLE_UPDATED: &str = "XX000";

impl Machine {
    /// A transactional section failed. An explicit transaction has to be ended first.
    pub(super) fn section_refused(&mut self, migration: usize, direction: Direction, failure: Failure) -> Output {
        let refusal = self.refusal(migration, direction, failure);
        let explicit = self.setup.capabilities.script
            && refusal.failure.kind() != Kind::Lost
            && matches!(&self.sent, Some(Request::Atomic(acts)) if message::is_explicit(self.prepared.as_deref(), acts));
        if explicit {
            return self.send(Phase::Cleanup(Box::new(refusal)), Request::Rollback);
        }
        self.section_failed(refusal)
    }

    /// What came of the request that was sent last.
    pub(super) fn refusal(&self, migration: usize, direction: Direction, failure: Failure) -> Refusal {
        let prepared = self.prepared.as_deref();
        let place = self.sent.as_ref().and_then(|sent| place(&self.setup, prepared, sent, &failure));
        // A driver that counts what had finished has no place either if it was not the section's.
        let counts = self.setup.capabilities.script && failure.completed.is_some();
        let acts = match &self.sent {
            Some(Request::Atomic(acts)) if place.is_none() && !counts => acts.clone(),
            _ => Vec::new(),
        };
        let owner = |sent: &Request| message::owner(&self.setup, prepared, sent, &failure);
        let owner = self.sent.as_ref().map_or(Owner::Section, owner);
        Refusal { migration, direction, failure, place, owner, acts }
    }

    pub(super) fn section_failed(&mut self, refusal: Refusal) -> Output {
        let migration = refusal.migration;
        match (refusal.failure.kind(), refusal.direction) {
            (Kind::Lost, Direction::Up) => {
                self.state.doubt = Doubt::Lost(migration, EventKind::Applied);
                self.look_after_loss()
            }
            (Kind::Lost, Direction::Callback) => self.look_after_loss(),
            // Another run may be at the same callback, and be through with it by the next try. What is the callback's own
            // fault fails alike every time.
            (Kind::Race | Kind::Unique, Direction::Callback) if self.may_be_raced(&refusal) => {
                self.state.races += 1;
                self.wait_quietly("for another runner, which runs the same callback")
            }
            (Kind::Lost, Direction::Down) => {
                self.state.doubt = Doubt::Lost(migration, EventKind::Reverted);
                self.look_after_loss()
            }
            _ if refusal.is_busy() => {
                let path = &self.setup.section(migration, refusal.direction).path;
                let what = format!("for a lock that {path} needs: {}", refusal.failure.message);
                self.pace.place = refusal.place;
                self.wait(&what)
            }
            // If the row is gone, somebody else took it back.
            (_, Direction::Down) => {
                self.state.doubt = Doubt::Gone(Box::new(refusal));
                self.look()
            }
            // A driver that does not tell which statement was stopped: the claim, while it waited, or the section. The
            // ledger knows whether somebody is at work, if it is asked at once.
            (Kind::Cancelled, Direction::Up) if refusal.failure.completed.is_none() => {
                self.state.doubt = Doubt::Unique(Box::new(refusal));
                self.look()
            }
            (Kind::Unique, Direction::Up) => {
                self.state.doubt = Doubt::Unique(Box::new(refusal));
                self.wait_quietly("for another runner, which was faster")
            }
            _ => self.give_up(refusal),
        }
    }

    /// Whether a callback that has failed is tried once more, since somebody else may have run it at the same moment.
    fn may_be_raced(&self, refusal: &Refusal) -> bool {
        let most = if refusal.failure.sqlstate == TUPLE_UPDATED { MOST_RACES } else { MOST_TRIES };
        let is_over = self
            .pace
            .since
            .is_some_and(|since| self.pace.now.saturating_sub(since) >= u64::from(self.setup.options.wait_timeout));
        self.state.races < most && !is_over && self.setup.options.wait_timeout > 0
    }

    /// Whether it was stopped while somebody else was at work: it may be the claim that was stopped, while it waited.
    pub(super) fn is_kept_waiting(&self, refusal: &Refusal) -> bool {
        let failure = &refusal.failure;
        self.state.busy && failure.completed.is_none() && failure.kind() == Kind::Cancelled
    }

    /// The section itself is at fault. Which of its statements, is asked first if need be.
    pub(super) fn give_up(&mut self, refusal: Refusal) -> Output {
        // Reading the ledger in between has forgotten the section.
        if self.prepared.is_none() && self.prepare(refusal.migration, refusal.direction).is_err() {
            return self.section_error(&refusal);
        }
        match self.trial(&refusal) {
            Some(request) => self.send(Phase::Diagnose(Box::new(refusal)), request),
            None => self.section_error(&refusal),
        }
    }

    /// Whether it is the first migration of a ledger that had no row.
    pub(super) fn is_first(&self, refusal: &Refusal) -> bool {
        let report = &self.state.report;
        let nothing_before = report.applied.is_empty() && report.adopted.is_empty();
        self.state.blank && nothing_before && refusal.direction == Direction::Up
    }

    pub(super) fn section_error(&mut self, refusal: &Refusal) -> Output {
        let error = failure::section(&self.setup, refusal, None, self.is_first(refusal), &self.state.report);
        self.fail(error)
    }
}
