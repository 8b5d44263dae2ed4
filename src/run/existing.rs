//! What is there before the first migration: another tool's ledger, tables of the set's own.
//!
//! Where our ledger is missing, or empty without a trace of us, the database may have been migrated
//! by somebody else. Then nothing is run: see [`crate::ledger::foreign`].

use super::request::Request;
use super::state::{MOVED, Phase};
use super::{Goal, Machine, Output};
use crate::finding::list;
use crate::ledger::foreign::{self, Existing, Found, LookAgain, Name, Says, Seen, TABLES};
use crate::ledger::statements::TextRow;
use crate::ledger::tools::Tool;
use crate::ledger::{Ledger, Origin, refusals};
use crate::mention::Mention;
use crate::plan::created::{Created, created};
use crate::plan::{self, Finding, Severity};
use std::sync::Arc;

/// The code of the finding.
pub(super) const CODE: &str = "existing-ignored";

impl Machine {
    /// Asks for the table's columns, and for what else is there. `there`: our ledger is, and has no row.
    pub(super) fn ask_for_shape(&mut self, there: bool) -> Output {
        let creates = Some(self.names());
        self.ask(creates, there)
    }

    /// The same, where a ledger may be there that has every file: which tables they create is not found out before it is
    /// known to matter.
    pub(super) fn ask_whether_there(&mut self) -> Output {
        let creates = if self.may_create() { None } else { Some(Vec::new()) };
        self.ask(creates, false)
    }

    fn ask(&mut self, creates: Option<Vec<Name>>, there: bool) -> Output {
        self.state.there = there;
        self.state.unnamed = creates.is_none();
        self.send(Phase::Shape, Request::Shape { creates, there })
    }

    /// Whether the run may be one that creates tables: whoever only asks, or goes back, creates none.
    fn may_create(&self) -> bool {
        matches!(self.setup.goal, Goal::Up | Goal::Plan)
    }

    /// There is no ledger, and there are tables: are some of them the set's own?
    pub(super) fn ask_for_tables(&mut self, seen: Seen) -> Output {
        let names = self.names();
        if names.is_empty() { self.judge(seen) } else { self.ask(Some(names), false) }
    }

    /// The tables that the set creates, if that matters. They are found out once.
    fn creates(&mut self) -> Arc<Vec<Created>> {
        if let Some(known) = &self.creates {
            return known.clone();
        }
        let mut creates = Vec::new();
        if self.may_create() {
            let (options, cache) = (self.plan_options(), Arc::make_mut(&mut self.cache));
            let plan = plan::plan_with(&self.setup.catalog, &Ledger::default(), &options, cache);
            creates = created(&self.setup.catalog, &plan, cache);
        }
        self.creates.insert(Arc::new(creates)).clone()
    }

    fn names(&mut self) -> Vec<Name> {
        self.creates().iter().map(|created| created.name.clone()).collect()
    }

    /// The table that our ledger was to have is another tool's.
    pub(super) fn taken(&mut self, tool: Tool) -> Output {
        let found = Found { tool, table: self.setup.options.table.clone(), readable: true };
        if tool == Tool::Unknown || self.setup.goal == Goal::Ready {
            return self.foreign(&found, Some(&Says::default()), &[], true);
        }
        let seen = Seen { ledgers: vec![found], ..Seen::default() };
        let request = Request::Says(seen.ledgers.clone());
        self.send(Phase::Says { seen: Box::new(seen), own: true }, request)
    }

    /// There is no row of ours: what has been seen beside it?
    pub(super) fn judge(&mut self, seen: Seen) -> Output {
        if seen.ours || seen.ledgers.is_empty() {
            return self.verdict(seen, &[]);
        }
        let request = Request::Says(seen.ledgers.clone());
        self.send(Phase::Says { seen: Box::new(seen), own: false }, request)
    }

    /// What the other ledgers say is known.
    pub(super) fn heard(&mut self, seen: Seen, own: bool, rows: &[TextRow]) -> Output {
        let says = foreign::read(&seen.ledgers, rows);
        match seen.ledgers.first().filter(|_| own) {
            Some(found) => self.foreign(found, says.first().and_then(Option::as_ref), &[], true),
            None => self.verdict(seen, &says),
        }
    }

    fn verdict(&mut self, seen: Seen, says: &[Option<Says>]) -> Output {
        self.state.ignored.clear();
        self.state.look_again = None;
        if !seen.ours {
            let (mut idle, mut at_work) = (Vec::new(), Vec::new());
            for (found, says) in seen.ledgers.iter().zip(says) {
                match says {
                    Some(says) => at_work.push((found, says)),
                    None => idle.push(found.clone()),
                }
            }
            let existing = &self.setup.options.existing;
            let is_ignored = |found: &Found| found.tool.code().is_some_and(|code| existing.ignores(code));
            let refused: Vec<_> = at_work.iter().copied().filter(|(found, _)| !is_ignored(found)).collect();
            if let Some(((found, says), others)) = refused.split_first() {
                let others: Vec<&Found> = others.iter().map(|(found, _)| *found).collect();
                return self.foreign(found, Some(says), &others, false);
            }
            let mut ignored: Vec<Finding> = Vec::new();
            for (found, _) in at_work {
                let what = format!("the table {} is the ledger of {}", found.table.qualified(), found.tool.name());
                ignored.push(ignored_finding(&what, found.tool.code().unwrap_or_default()));
            }
            if let Some(table) = seen.tables.first() {
                if !existing.ignores(TABLES) {
                    return self.not_empty(&seen);
                }
                let more = seen.tables.len() - 1;
                let what = match more {
                    0 => format!("the table {} is there already", table.qualified()),
                    _ => format!("the table {} and {more} more are there already", table.qualified()),
                };
                ignored.push(ignored_finding(&what, TABLES));
            }
            self.state.ignored = ignored;
            self.state.look_again = Some(Box::new(LookAgain { creates: self.names(), seen, idle }));
        }
        self.state.cleared = true;
        let ledger = Ledger { exists: self.exists(), rows: Vec::new() };
        self.read(ledger, self.state.busy)
    }

    /// Whether it is to be asked: rows were taken over, and who asks wants to know.
    pub(super) fn may_have_moved(&self, ledger: &Ledger) -> bool {
        self.state.moved.is_none()
            && matches!(self.setup.goal, Goal::Plan | Goal::Ready)
            && ledger.rows.iter().any(|row| row.origin == Origin::Imported)
    }

    /// Asks for other tools' ledgers, and then for what they say.
    pub(super) fn ask_for_moves(&mut self, seen: Option<Box<Seen>>) -> Output {
        let request = match &seen {
            None => Request::Shape { creates: Some(Vec::new()), there: false },
            Some(seen) => Request::Says(seen.ledgers.clone()),
        };
        self.send(Phase::Moved(seen), request)
    }

    /// What was asked for is known.
    pub(super) fn heard_of_moves(&mut self, seen: Option<Box<Seen>>, rows: &[TextRow]) -> Output {
        let Some(seen) = seen else {
            let mut seen = foreign::seen(rows);
            let existing = &self.setup.options.existing;
            seen.ledgers.retain(|found| !found.tool.code().is_some_and(|code| existing.ignores(code)));
            if seen.ledgers.is_empty() {
                return self.judged_moves(None);
            }
            return self.ask_for_moves(Some(Box::new(seen)));
        };
        let says = foreign::read(&seen.ledgers, rows);
        let ours = self.state.kept.take().unwrap_or_default();
        let mut first = None;
        for (found, says) in seen.ledgers.iter().zip(&says) {
            let news = says.as_ref().map_or_else(Vec::new, |says| foreign::news(found.tool, says, &ours));
            if news.is_empty() {
                continue;
            }
            first = first.or(Some(found.tool));
            let what = match found.tool {
                Tool::Drizzle => format!("{} more", news.len()),
                _ => list(&news),
            };
            let message = format!(
                "{} has applied {what}, by its ledger {} that was taken over, and ours has no row of it",
                found.tool.name(),
                found.table.qualified()
            );
            let import = Mention::import(None);
            let ignore = Existing::as_option(&[found.tool.code().unwrap_or_default()]);
            let help = format!(
                "if it was taken back here, say that theirs is of no concern: {}; if not, see who still runs that tool, and let \
                 nobody do so; then take over the rest: {}",
                ignore.text, import.text
            );
            let finding = Finding::new(MOVED, Severity::Warning, message).with_help(help);
            let finding = finding.with_option(ignore).with_option(import);
            self.state.ignored.push(finding);
        }
        self.state.kept = Some(ours);
        self.judged_moves(first)
    }

    /// That has been looked at: on with the ledger that was read.
    pub(super) fn judged_moves(&mut self, tool: Option<Tool>) -> Output {
        self.state.moved = Some(tool);
        let ledger = self.state.kept.take().unwrap_or_default();
        self.read(*ledger, self.state.busy)
    }

    /// Whether our ledger is there, as far as is known.
    fn exists(&self) -> bool {
        self.state.columns.as_ref().is_none_or(|columns| !columns.is_empty())
    }

    /// Another tool has migrated the database.
    fn foreign(&mut self, found: &Found, says: Option<&Says>, others: &[&Found], own: bool) -> Output {
        if self.setup.goal == Goal::Ready {
            return self.ready(&Ledger::default(), self.state.busy, Some(found.tool));
        }
        let taken = &self.setup.options.table.name;
        // Its table stays as it is: the tool would begin from nothing without it.
        let beside = if taken == "counterfoil_migrations" { "counterfoil_ledger" } else { "counterfoil_migrations" };
        let beside = own.then(|| self.setup.options.beside(beside));
        let error = refusals::foreign(found, says, others, beside.as_deref(), &self.setup.catalog);
        self.fail(error)
    }

    /// A table that the set creates is there.
    fn not_empty(&mut self, seen: &Seen) -> Output {
        let creates = self.creates();
        let is_there = |created: &&Created| {
            let same_schema = |schema: &str| created.name.schema.as_deref().is_none_or(|written| written == schema);
            seen.tables.iter().any(|table| table.name == created.name.table && same_schema(&table.schema))
        };
        let there: Vec<&Created> = creates.iter().filter(is_there).collect();
        let Some(first) = there.first() else { return self.look() };
        let table = seen.tables.iter().find(|table| table.name == first.name.table).unwrap_or(&seen.tables[0]);
        let mut migrations: Vec<usize> = there.iter().map(|created| created.migration).collect();
        migrations.dedup();
        let catalog = &self.setup.catalog;
        let versions: Vec<&str> = migrations.iter().map(|&m| catalog.migrations[m].version.as_str()).collect();
        let section = &catalog.migrations[first.migration].up;
        let ledger = &self.setup.options.table;
        let more = there.len() - 1;
        let error = refusals::not_empty(table, more, &section.path, ledger, &versions, catalog)
            .with_location(section.location(first.start));
        self.fail(error)
    }
}

fn ignored_finding(what: &str, word: &str) -> Finding {
    let message = format!("{what}, and it is to be ignored");
    let help = format!(
        "once a migration is recorded this is not looked at again: take '{word}' out of the option `existing` then"
    );
    Finding::new(CODE, Severity::Warning, message).with_help(help).with_option(Mention::named("existing"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::statements::COLUMNS;
    use crate::run::{Capabilities, Input, Options};

    const SCRIPT: Capabilities = Capabilities { script: true, batch: false, interactive: true, limit: None };
    const HTTP: Capabilities = Capabilities { script: false, batch: true, interactive: false, limit: None };

    fn row(pairs: &[(&str, &str)]) -> TextRow {
        pairs.iter().map(|(name, value)| (name.to_string(), Some(value.to_string()))).collect()
    }

    /// A run of two migrations, and what comes of it where the answers are these.
    fn run(goal: Goal, capabilities: Capabilities, answer: impl Fn(&Machine, &Request) -> Vec<TextRow>) -> Machine {
        let files = ["1_a.sql", "2_b.sql"].map(|path| (path.to_owned(), "create table t ();".to_owned()));
        let catalog = crate::convention::read(&files, None).expect("a valid set");
        let mut machine = Machine::new(catalog, goal, Options::new("r"), capabilities).expect("good options");
        let mut input = None;
        while let Output::Send(request) = machine.next(input.take(), 0) {
            input = Some(Input::Rows { rows: answer(&machine, &request) });
        }
        machine
    }

    #[test]
    fn what_is_applied_is_not_split() {
        for (goal, capabilities) in [(Goal::Plan, SCRIPT), (Goal::Plan, HTTP), (Goal::Up, SCRIPT), (Goal::Up, HTTP)] {
            let machine = run(goal, capabilities, |machine, request| match request {
                Request::Digest => vec![row(&[("same", "false")])],
                Request::Shape { .. } => {
                    let version = row(&[("name", "version"), ("type", "character varying(128)")]);
                    let others = COLUMNS.iter().map(|(name, ..)| row(&[("name", name), ("type", "text")]));
                    std::iter::once(version).chain(others).collect()
                }
                Request::Rows(_) => {
                    let checksum = &machine.setup().catalog.migrations[0].checksum;
                    vec![row(&[("version", "1"), ("checksum", checksum), ("state", "applied")])]
                }
                _ => Vec::new(),
            });
            let known = machine.known();
            assert!(known.get(0).is_none(), "{capabilities:?}");
            assert!(known.get(1).is_some(), "{capabilities:?}");
        }
    }

    #[test]
    fn the_tables_of_the_set_are_asked_for_where_there_are_tables_and_no_ledger() {
        let asked = |any: &[TextRow]| {
            let seen = std::cell::RefCell::new(Vec::new());
            run(Goal::Plan, SCRIPT, |_, request| {
                let Request::Shape { creates, .. } = request else { return Vec::new() };
                seen.borrow_mut().push(creates.as_ref().map(Vec::len));
                if creates.is_none() { any.to_vec() } else { Vec::new() }
            });
            seen.into_inner()
        };
        assert_eq!(asked(&[]), [None]);
        assert_eq!(asked(&[row(&[("kind", "any")])]), [None, Some(1)]);
    }
}
