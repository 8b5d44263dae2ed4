//! Going back: which migrations, in which order, and one after the other.

use super::failure;
use super::machine::{Doubt, Phase};
use super::report::EventKind;
use super::request::{Act, Direction, Request};
use super::{Machine, Output};
use crate::error::{Code, Error};
use crate::ledger::{Lease, Ledger, Row, State};
use crate::ordered::{OrderedMap, sort_by};
use crate::sql::Mode;
use crate::version::Version;
use std::sync::Arc;

/// A migration to take back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Revert {
    pub(super) migration: usize,
    /// As the row writes it.
    pub(super) version: String,
    /// Steps done of a way back that was stopped.
    pub(super) resume: Option<u32>,
}

impl Machine {
    /// The ledger has been read: choose what to take back, or see how far it went.
    pub(super) fn down(&mut self, ledger: &Ledger, steps: Option<u32>, to: Option<&str>) -> Output {
        if !self.state.planned {
            self.state.planned = true;
            match self.choose(ledger, steps, to) {
                Ok(reverts) => self.state.reverts = reverts.into(),
                Err(error) => return self.fail(error),
            }
            return self.revert();
        }
        let doubt = std::mem::replace(&mut self.state.doubt, Doubt::None);
        let Some(front) = self.state.reverts.front_mut() else { return self.finish() };
        let migration = front.migration;
        let row = ledger.rows.iter().find(|row| row.version == front.version);
        match (row, doubt) {
            // Our own, whose reply was lost.
            (None, Doubt::Lost(..)) => self.reverted(migration),
            (None, _) => {
                self.state.reverts.pop_front();
                self.revert()
            }
            (Some(_), Doubt::Gone(error)) => self.fail(*error),
            (Some(row), _) if row.lease == Lease::Alive => self.wait("for another runner, which is taking it back"),
            (Some(row), _) => {
                front.resume = (row.state == State::Reverting).then(|| row.steps_done.unwrap_or(0));
                self.revert()
            }
        }
    }

    /// The rows to take back, newest application first, all checked before anything runs.
    fn choose(&mut self, ledger: &Ledger, steps: Option<u32>, to: Option<&str>) -> Result<Vec<Revert>, Error> {
        let setup = Arc::clone(&self.setup);
        let identity = setup.catalog.convention.identity();
        let version = |text: &str| Version::new(text, identity);
        let place: OrderedMap<&Version, usize> =
            setup.catalog.migrations.iter().enumerate().map(|(index, m)| (&m.version, index)).collect();
        // Newest first. Rows that another tool wrote may have no time: they are the oldest. Those of
        // one moment were applied in the catalog's order.
        let applied = ledger.rows.iter().filter(|row| row.replaced_by.is_none());
        let mut rows: Vec<(Option<usize>, Version, &Row)> = applied
            .map(|row| {
                let version = version(&row.version);
                (place.get(&version).copied(), version, row)
            })
            .collect();
        sort_by(&mut rows, |(place_a, version_a, a), (place_b, version_b, b)| {
            (&b.applied_at, place_b, version_b).cmp(&(&a.applied_at, place_a, version_a))
        });
        if rows.is_empty() {
            return Err(
                Error::new(Code::NothingToRollBack, "the ledger has no applied migration").help("nothing was run")
            );
        }
        let count = match to {
            Some(to) => rows.iter().position(|(_, found, _)| *found == version(to)).ok_or_else(|| {
                Error::new(Code::NothingToRollBack, format!("version {to} is not in the ledger"))
                    .help("name a version that is applied, or use steps; nothing was run")
            })?,
            None => (steps.unwrap_or(1) as usize).min(rows.len()),
        };
        let mut reverts = Vec::with_capacity(count);
        for (index, _, row) in &rows[..count] {
            let index = index.ok_or_else(|| {
                Error::new(Code::NoDownSection, format!("version {} has no file, so there is no way back", row.version))
                    .help("use the release that has this migration; nothing was run")
            })?;
            self.check_down(index)?;
            if row.state == State::Running {
                return Err(Error::new(
                    Code::Interrupted,
                    format!("version {} stopped half-way up; it cannot be taken back", row.version),
                )
                .help("run the migrations first, so that it is applied; nothing was run"));
            }
            let resume = (row.state == State::Reverting).then(|| row.steps_done.unwrap_or(0));
            reverts.push(Revert { migration: index, version: row.version.clone(), resume });
        }
        self.prepared = None;
        Ok(reverts)
    }

    /// A way back must be there, must be runnable, and must not destroy more than was agreed to.
    fn check_down(&mut self, index: usize) -> Result<(), Error> {
        let migration = &self.setup.catalog.migrations[index];
        let (version, path) = (migration.version.as_str().to_owned(), migration.path.clone());
        let Some(down) = &migration.down else {
            return Err(Error::new(Code::NoDownSection, format!("{path} has no down section"))
                .help("write one, or roll forward with a new migration; nothing was run"));
        };
        let location = down.location(0);
        self.prepare(index, Direction::Down)?;
        let Some(prepared) = &self.prepared else { return Ok(()) };
        if prepared.analysis.statements.iter().all(|statement| statement.control.is_some()) {
            return Err(Error::new(Code::NoDownSection, format!("the down section of {path} has no statement"))
                .help("write one, or roll forward with a new migration; nothing was run")
                .at(location));
        }
        let down = self.setup.section(index, Direction::Down);
        let allowed = self.setup.options.allow_destructive.contains(&version);
        if let Some(statement) = prepared.analysis.statements.iter().find(|statement| statement.destructive.is_some())
            && !allowed
        {
            return Err(Error::new(
                Code::DestructiveDown,
                format!(
                    "the down section of {path} is destructive: {}",
                    statement.destructive.as_deref().unwrap_or("")
                ),
            )
            .help(format!("if that is what you want, name it: allowDestructive: ['{version}']; nothing was run"))
            .at(down.location(statement.span.start))
            .statement(statement.span.slice(&down.text)));
        }
        Ok(())
    }

    /// Takes back the next one, or ends.
    fn revert(&mut self) -> Output {
        self.prepared = None;
        let Some(next) = self.state.reverts.front().cloned() else { return self.finish() };
        if let Err(error) = self.prepare(next.migration, Direction::Down) {
            return self.fail(error);
        }
        if self.shape_of_section().0 == Mode::StatementWise {
            let resume = next.resume.map(|done| (next.version.clone(), done));
            return self.stepwise(next.migration, Direction::Down, resume, None);
        }
        if self.has_to_remember() {
            return self.send(Phase::Remember(Direction::Down), Request::Capture);
        }
        self.take_back()
    }

    /// Takes back the next one in one transaction.
    pub(super) fn take_back(&mut self) -> Output {
        let Some(next) = self.state.reverts.front().cloned() else { return self.look() };
        let (_, session, total) = self.shape_of_section();
        self.event(EventKind::Step, next.migration, 1, total);
        let mut acts = Vec::with_capacity(5);
        if session {
            acts.push(Act::Capture);
        }
        acts.push(Act::LockTimeout);
        acts.push(Act::Delete { version: next.version });
        acts.push(Act::Run { migration: next.migration, direction: Direction::Down, step: 0 });
        if session {
            acts.push(Act::Restore);
        }
        self.send(Phase::Revert(next.migration), Request::Atomic(acts))
    }

    pub(super) fn reverted(&mut self, migration: usize) -> Output {
        self.record(migration, EventKind::Reverted);
        self.state.reverts.pop_front();
        self.revert()
    }

    /// A way back failed: if the row is gone, somebody else took it back.
    pub(super) fn revert_failed(&mut self, refusal: &super::machine::Refusal) -> Output {
        let error = failure::statement(
            &self.setup,
            &refusal.failure,
            refusal.migration,
            refusal.place.clone(),
            None,
            &self.state.report,
        );
        self.state.doubt = Doubt::Gone(Box::new(error));
        self.look()
    }
}
