//! Going back: which migrations, in which order, and one after the other.

use super::prepared::refused;
use super::report::EventKind;
use super::request::{Act, Direction, Request};
use super::state::{Doubt, Phase};
use super::state::{Revert, resume};
use super::{Machine, Output};
use crate::convention::Convention;
use crate::error::{Code, Error};
use crate::ledger::{Lease, Ledger, Row, State};
use crate::mention::{Mention, quoted};
use crate::ordered::{Lookup, sort_by};
use crate::plan::inspect::{self, ledger_touched};
use crate::plan::running::{agree, is_unknown};
use crate::plan::{self, Reason, Resume, Severity};
use crate::sql::Mode;
use crate::version::{Version, without_name};
use std::sync::Arc;

/// What the way back of a baseline says that a squash has made (`squash/place.ts` of the package).
const NO_WAY_BACK: &str = "RAISE EXCEPTION 'there is no way back from a baseline'";

/// The place of the one row whose version begins with this, and goes on with its name: as a plan shows it.
fn only(rows: &[(Option<usize>, Version, &Row)], shown: &str) -> Option<usize> {
    let is_it = |(.., row): &&(Option<usize>, Version, &Row)| {
        without_name(&row.version, row.name.as_deref().unwrap_or_default()) == shown
    };
    (rows.iter().filter(is_it).count() == 1).then(|| rows.iter().position(|row| is_it(&row))).flatten()
}

impl Machine {
    /// The ledger has been read: choose what to take back, or see how far it went.
    pub(super) fn down(&mut self, ledger: &Ledger, steps: Option<u32>, to: Option<&str>, dry: bool) -> Output {
        if !self.state.planned {
            let mut findings = std::mem::take(&mut Arc::make_mut(&mut self.state.report).findings);
            self.add_noticed(&mut findings);
            Arc::make_mut(&mut self.state.report).findings = findings;
            match self.choose(ledger, steps, to) {
                Ok(Some(reverts)) if dry => {
                    for revert in reverts {
                        self.record(revert.migration, EventKind::Reverted);
                    }
                    return self.finish();
                }
                Ok(Some(reverts)) => {
                    self.state.empties = reverts.len() == ledger.rows.len();
                    self.state.reverts = reverts.into();
                }
                Ok(None) => return self.wait("for another runner, which is at work on what is to be taken back"),
                Err(error) => return self.fail(error),
            }
            self.state.planned = true;
            return self.revert();
        }
        let doubt = std::mem::replace(&mut self.state.doubt, Doubt::None);
        let Some(front) = self.state.reverts.front() else { return self.finish() };
        let migration = front.migration;
        let row = ledger.rows.iter().find(|row| row.version == front.version);
        match (row, doubt) {
            // Our own, whose reply was lost.
            (None, Doubt::Lost(..)) => self.reverted(migration),
            (None, _) => {
                self.state.reverts.pop_front();
                self.revert()
            }
            (Some(_), Doubt::Gone(refusal)) if self.is_kept_waiting(&refusal) => {
                self.wait("for another runner to finish with the ledger")
            }
            (Some(_), Doubt::Gone(refusal)) => self.give_up(*refusal),
            (Some(row), _) if row.lease == Lease::Alive => self.wait("for another runner, which is taking it back"),
            (Some(row), _) => {
                if let Some(front) = self.state.reverts.front_mut() {
                    front.resume = resume(row);
                }
                self.revert()
            }
        }
    }

    /// The rows to take back, newest application first, all checked before anything runs. `None`:
    /// somebody is at work on one of them.
    fn choose(&mut self, ledger: &Ledger, steps: Option<u32>, to: Option<&str>) -> Result<Option<Vec<Revert>>, Error> {
        if steps.is_some() && to.is_some() {
            return Err(Error::new(
                Code::InvalidInput,
                "both a number of migrations and a version to go back to are given",
            )
            .with_help("say one of them: the option `steps`, or the option `to`; nothing was run")
            .with_option(Mention::named("steps"))
            .with_option(Mention::named("to")));
        }
        let setup = Arc::clone(&self.setup);
        let identity = setup.catalog.convention.identity();
        let version = |text: &str| Version::new(text, identity);
        let mut places = Vec::new();
        places.extend(setup.catalog.migrations.iter().enumerate().map(|(index, m)| (&m.version, index)));
        let place = Lookup::new(places);
        // Newest first. Rows that another tool wrote may have no time: they are the oldest. Those of
        // one moment were applied in the catalog's order.
        let applied = ledger.rows.iter().filter(|row| row.replaced_by.is_none());
        let mut rows: Vec<(Option<usize>, Version, &Row)> = applied
            .map(|row| {
                let version = version(&row.version);
                (place.all(&&version).last().copied(), version, row)
            })
            // A repeatable migration has no way back; it is not in the way of the others'.
            .filter(|(index, ..)| index.is_none_or(|index| !setup.catalog.migrations[index].repeatable))
            .collect();
        sort_by(&mut rows, |(place_a, version_a, a), (place_b, version_b, b)| {
            (&b.applied_at, place_b, version_b).cmp(&(&a.applied_at, place_a, version_a))
        });
        if rows.is_empty() {
            return Err(Error::new(Code::NothingToRollBack, "the ledger has no applied migration").with_help(
                "there is nothing to take back; see that this is the database, and the table, that was meant",
            ));
        }
        let count = match to {
            Some(to) => rows.iter().position(|(_, found, _)| *found == version(to)).or_else(|| only(&rows, to)).ok_or_else(|| {
                let superseded = ledger.rows.iter().any(|row| version(&row.version) == version(to));
                let what = if superseded { "is replaced by a baseline" } else { "is not in the ledger" };
                Error::new(Code::NothingToRollBack, format!("version {to} {what}"))
                    .with_help("name a version that is applied, or how many to take back with the option `steps`; nothing was run")
                    .with_option(Mention::named("steps"))
            })?,
            None => {
                let steps = steps.map(|steps| steps as usize);
                let named = setup.options.versions.as_ref().map_or(1, Vec::len);
                steps.unwrap_or(named).min(rows.len())
            }
        };
        if let Some(expected) = &setup.options.versions
            && (expected.len() != count
                || rows.iter().zip(expected).any(|((_, found, _), text)| *found != version(text)))
        {
            let list = |versions: Vec<&str>| if versions.is_empty() { "none".to_owned() } else { versions.join(", ") };
            let found = rows[..count].iter().map(|(.., row)| row.version.as_str()).collect();
            let agreed = expected.iter().map(String::as_str).collect();
            return Err(Error::new(
                Code::PlanChanged,
                format!("this would take back {}, and what was agreed to is {}", list(found), list(agreed)),
            )
            .with_help("somebody else has applied or taken back something: look again; nothing was run"));
        }
        if rows[..count].iter().any(|(.., row)| row.lease == Lease::Alive) {
            return Ok(None);
        }
        let plan = plan::plan_with(&setup.catalog, ledger, &self.plan_options(), Arc::make_mut(&mut self.cache));
        let mut reverts = Vec::with_capacity(count);
        for (index, _, row) in &rows[..count] {
            // Only the way back of what ran takes it back.
            let wrong = plan.decisions.iter().find(|decision| {
                decision.row.as_deref() == Some(row.version.as_str())
                    && decision.severity == Some(Severity::Error)
                    && row.state != State::Reverting
            });
            if let Some(wrong) = wrong {
                let error = Error::new(Code::PlanRefused, format!("nothing was run: {}", wrong.message));
                if wrong.code != Reason::Edited {
                    return Err(error.with_help(wrong.help.as_str()).with_options(wrong.options.clone()));
                }
                let is_accepted = |text: &String| version(text) == version(&row.version);
                if !setup.options.accept_edited.iter().any(is_accepted) {
                    let text = format!("acceptEdited: [{}]", quoted(&row.version));
                    let option = Mention::valued("acceptEdited", &[&row.version], text);
                    let help = "put the old text back, so that its way back is that of what ran; or, if the one that the file has \
                                now takes that back, say so:";
                    return Err(error.with_help(format!("{help} {}", option.text)).with_option(option));
                }
            }
            let replaced = ledger.rows.iter().filter(|other| other.replaced_by.as_ref() == Some(&row.version)).count();
            if replaced > 0 {
                return Err(Error::new(
                    Code::Unsupported,
                    format!(
                        "{} is a baseline that stands for {replaced} migrations; it cannot be taken back",
                        row.version
                    ),
                )
                .with_help("roll forward with a new migration; nothing was run"));
            }
            let index = index.ok_or_else(|| {
                Error::new(Code::NoDownSection, format!("version {} has no file, so there is no way back", row.version))
                    .with_help("use the release that has this migration; nothing was run")
            })?;
            self.check_down(index)?;
            if row.state == State::Running {
                return Err(Error::new(
                    Code::Interrupted,
                    format!("version {} stopped half-way up; it cannot be taken back", row.version),
                )
                .with_help("run the migrations first, so that it is applied; nothing was run"));
            }
            let resume = resume(row);
            let from = resume.as_ref().map_or(0, |row| row.steps_done.unwrap_or(0) as usize);
            if let Some(error) = self.cannot_run(index, Direction::Down, &row.version, from, None) {
                return Err(error);
            }
            reverts.push(Revert { migration: index, version: row.version.clone(), resume });
        }
        self.prepared = None;
        Ok(Some(reverts))
    }

    /// A way back must be there, must be runnable, and must not destroy more than was agreed to.
    fn check_down(&mut self, index: usize) -> Result<(), Error> {
        let migration = &self.setup.catalog.migrations[index];
        let (version, path) = (migration.version.as_str().to_owned(), migration.path.clone());
        if migration.down.is_none() {
            let one_way = match self.setup.catalog.convention {
                Convention::Atlas => Some("Atlas"),
                Convention::Drizzle => Some("Drizzle"),
                Convention::GraphileMigrate => Some("graphile-migrate"),
                Convention::Prisma => Some("Prisma"),
                Convention::Refinery => Some("refinery"),
                _ => None,
            };
            let (message, help) = if let Some(tool) = one_way {
                (format!("{path} has no down section: the files of {tool} have no way back"), "")
            } else {
                (format!("{path} has no down section"), "write one, or ")
            };
            return Err(Error::new(Code::NoDownSection, message)
                .with_help(format!("{help}roll forward with a new migration; nothing was run")));
        }
        self.prepare(index, Direction::Down)?;
        let Some(prepared) = &self.prepared else { return Ok(()) };
        let down = prepared.section(&self.setup, index, Direction::Down);
        if down.text.contains(NO_WAY_BACK) {
            let message = format!("{path} is a baseline that a squash has made; it cannot be taken back");
            let help = "roll forward with a new migration; or, if it has not shipped, take the squash itself back:                         `counterfoil squash --undo`; nothing was run";
            return Err(Error::new(Code::Unsupported, message).with_help(help));
        }
        let empty = inspect::empty(down, &prepared.analysis, Severity::Note);
        Arc::make_mut(&mut self.state.report).findings.extend(empty);
        let touched = ledger_touched(down, &prepared.analysis, &self.setup.options.table);
        if let Some(mut touched) = touched.into_iter().next() {
            touched.help.push_str("; nothing was run");
            return Err(refused(touched));
        }
        let allowed = self.setup.options.allow_destructive.contains(&version);
        if let Some(statement) = prepared.analysis.statements.iter().find(|statement| statement.destructive.is_some())
            && !allowed
        {
            let text = format!("allowDestructive: [{}]", quoted(&version));
            let option = Mention::valued("allowDestructive", &[&version], text);
            return Err(Error::new(
                Code::DestructiveDown,
                format!(
                    "the down section of {path} is destructive: {}",
                    statement.destructive.as_deref().unwrap_or("")
                ),
            )
            .with_help(format!("if that is what you want, name it: {}; nothing was run", option.text))
            .with_option(option)
            .with_location(down.location(statement.span.start))
            .with_statement(down.as_written(statement.span)));
        }
        Ok(())
    }

    /// Takes back the next one, or ends.
    pub(super) fn revert(&mut self) -> Output {
        self.prepared = None;
        let Some(next) = self.state.reverts.front().cloned() else {
            if self.state.empties {
                return self.send(Phase::Trace, Request::Trace);
            }
            return self.finish();
        };
        if let Some(error) = self.aborted() {
            return self.fail(error);
        }
        if let Err(error) = self.prepare(next.migration, Direction::Down) {
            return self.fail(error);
        }
        if self.shape_of_section().0 == Mode::StatementWise || next.resume.is_some() {
            if let Some(error) = self.cannot_resume(&next) {
                return self.fail(error);
            }
            let resume = next.resume.map(|row| Resume {
                version: row.version,
                done: row.steps_done.unwrap_or(0),
                by: row.claimed_by,
                died: row.lease == Lease::Over,
                edited: false,
            });
            return self.stepwise(next.migration, Direction::Down, resume, None);
        }
        if self.has_to_remember() {
            return self.send(Phase::Remember(Direction::Down), Request::Capture);
        }
        self.take_back()
    }

    /// Why a way back that was stopped cannot go on by itself, if it cannot.
    fn cannot_resume(&self, next: &Revert) -> Option<Error> {
        let row = next.resume.as_ref()?;
        let prepared = self.prepared.as_ref()?;
        let section = prepared.section(&self.setup, next.migration, Direction::Down);
        let (steps, done) = (&prepared.steps.steps, row.steps_done.unwrap_or(0) as usize);
        let step = steps.get(done);
        // Where the ledger does not keep the steps that are done, nothing but their number can be compared.
        let regrouped = match &row.steps {
            Some(_) => !agree(section, &prepared.steps, row.steps.as_deref(), done),
            None => {
                done > 0 && (row.steps_total.is_some_and(|total| total as usize != steps.len()) || done > steps.len())
            }
        };
        if !regrouped && !is_unknown(section, &prepared.steps, row, true) {
            return None;
        }
        let at = section.location(step.map_or(0, |step| step.span.start));
        let stamp = |mark: &str| Mention::stamp(mark, &[&next.version]);
        let (message, help, mentions) = if regrouped {
            let (undone, kept) = (stamp(":not-applied"), stamp(""));
            (
                format!(
                    "the way back of {} has other steps than the ones that were done before it stopped",
                    next.version
                ),
                format!(
                    "put the old text back, and roll back again; or undo the rest by hand, then {}; or take back by hand what it \
                     did, then {}",
                    undone.text, kept.text
                ),
                vec![undone, kept],
            )
        } else {
            let (yes, no) = (stamp(":step-done"), stamp(":step-not-done"));
            // The last step takes its row with it: to roll back again would take back another one.
            let then = if done + 1 < steps.len() { ", and roll back again" } else { ", and it is taken back" };
            (
                format!(
                    "the way back of {} stopped at step {} of {}: nobody can tell whether it has happened",
                    next.version,
                    done + 1,
                    steps.len()
                ),
                format!(
                    "look at the database; if the step has happened: {}{then}; if not: {}, and roll back again",
                    yes.text, no.text
                ),
                vec![yes, no],
            )
        };
        Some(Error::new(Code::Interrupted, message).with_help(help).with_options(mentions).with_location(at))
    }

    /// Takes back the next one in one transaction.
    pub(super) fn take_back(&mut self) -> Output {
        let Some(next) = self.state.reverts.front().cloned() else { return self.look() };
        self.event(EventKind::Step, next.migration, 1, self.shape_of_section().2);
        let acts = self.acts_down(next.migration, next.version);
        self.send(Phase::Revert(next.migration), Request::Atomic(acts))
    }

    /// What takes the migration at hand back in one transaction.
    pub(super) fn acts_down(&self, migration: usize, version: String) -> Vec<Act> {
        let session = self.shape_of_section().1;
        let mut acts = Vec::with_capacity(5);
        if session {
            acts.push(Act::Capture);
        }
        acts.push(Act::LockTimeout);
        acts.push(Act::Delete { version });
        self.push_schema(&mut acts);
        acts.push(Act::Run { migration, direction: Direction::Down, step: 0 });
        if session {
            acts.push(Act::Restore);
        }
        acts
    }

    pub(super) fn reverted(&mut self, migration: usize) -> Output {
        self.record(migration, EventKind::Reverted);
        self.state.reverts.pop_front();
        self.revert()
    }
}
