//! A section that the database refused: what is done about it.

use super::failure::{self, Kind};
use super::machine::{Doubt, Phase, Refusal};
use super::message;
use super::report::EventKind;
use super::request::{Direction, Request};
use super::{Failure, Machine, Output};

impl Machine {
    /// A transactional section failed. An explicit transaction has to be ended first.
    pub(super) fn section_refused(&mut self, migration: usize, direction: Direction, failure: Failure) -> Output {
        let prepared = self.prepared.as_deref();
        let place = self.sent.as_ref().and_then(|sent| message::place(&self.setup, prepared, sent, &failure));
        let explicit = self.setup.capabilities.script
            && failure.kind() != Kind::Lost
            && matches!(&self.sent, Some(Request::Atomic(acts)) if message::is_explicit(prepared, acts));
        let refusal = Refusal { migration, direction, failure, place };
        if explicit {
            return self.send(Phase::Cleanup(Box::new(refusal)), Request::Rollback);
        }
        self.section_failed(&refusal)
    }

    pub(super) fn section_failed(&mut self, refusal: &Refusal) -> Output {
        let migration = refusal.migration;
        let kind = refusal.failure.kind();
        match (kind, refusal.direction) {
            (Kind::Lost, Direction::Up) => {
                self.state.doubt = Doubt::Lost(migration, EventKind::Applied);
                self.look()
            }
            (Kind::Lost, Direction::Down) => {
                self.state.doubt = Doubt::Lost(migration, EventKind::Reverted);
                self.look()
            }
            (Kind::Busy, _) => {
                let path = &self.setup.catalog.migrations[migration].path;
                let what = format!("for a lock that {path} needs: {}", refusal.failure.message);
                self.pace.place = refusal.place.clone();
                self.wait(&what)
            }
            (_, Direction::Down) => self.revert_failed(refusal),
            (_, Direction::Up) => {
                let (failure, place) = (&refusal.failure, refusal.place.clone());
                let error = failure::statement(
                    &self.setup,
                    failure,
                    (migration, Direction::Up),
                    place,
                    None,
                    &self.state.report,
                );
                if kind != Kind::Unique {
                    return self.fail(error);
                }
                self.state.doubt = Doubt::Unique(migration, Box::new(error));
                self.wait_quietly("for another runner, which was faster")
            }
        }
    }
}
