//! What follows from the answer of the database about a step that was sent alone ([`judged`](super::judged) asks).

use super::failure::Kind;
use super::judged::{SAYS, is_named};
use super::request::Request;
use super::state::{Next, Stepwise};
use super::{Failure, Machine, Output};
use crate::error::{Code, Error};
use crate::finding::{Finding, Severity};
use crate::mention::Mention;
use crate::migration::Section;
use std::sync::Arc;

/// The code of the finding that an index is invalid which an edited file does not name any more.
pub(super) const ASTRAY: &str = "invalid-index";

impl Machine {
    /// Whether indexes were to be compared.
    pub(super) fn is_compared(&self) -> bool {
        matches!(&self.sent, Some(Request::Index { among, .. }) if !among.is_empty())
    }

    /// The index that is there was compared with the one that the step builds.
    pub(super) fn compared(&mut self, mut now: Stepwise, failure: &Failure) -> Output {
        let found = failure.message.split_once(SAYS).map(|(_, found)| found.trim_end_matches('"'));
        let next = match found {
            Some("valid") => Next::Advance,
            Some(sql) if sql.starts_with("drop") => Next::Mend(sql.to_owned(), false),
            // It is gone by now, or it is no try of this step's: that has no name.
            Some("") => self.run_or_stop(&mut now),
            Some(_) if !self.is_named(&now) => Next::Run,
            None if matches!(failure.kind(), Kind::Busy | Kind::Cancelled) => Next::Stop(None),
            other => Next::Stop(Some(Box::new(self.another(&now, other, failure)))),
        };
        self.then(now, next)
    }

    /// What to do about an index that is not there: its name may belong to something else.
    pub(super) fn run_or_stop(&self, now: &mut Stepwise) -> Next {
        now.taken.take().map_or(Next::Run, |error| Next::Stop(Some(error)))
    }

    fn is_named(&self, now: &Stepwise) -> bool {
        is_named(self.step_text(now))
    }

    /// The error of an index that is another one than the step's, or of which that cannot be told.
    fn another(&self, now: &Stepwise, found: Option<&str>, failure: &Failure) -> Error {
        let message = match found {
            Some(found) => "the index is there, but another one than this step builds: ".to_owned() + found,
            None => {
                "nobody can tell whether the index that is there is the one that this step builds: ".to_owned()
                    + &failure.said()
            }
        };
        let stamp = Mention::stamp(":step-done", &[&now.version]);
        let help = format!(
            "drop it, or give the new one another name, and run again; or, if it will do, {}, and run again",
            stamp.text
        );
        let section = self.section_at_hand(now);
        let at = self.step_at_hand(now).map_or(0, |step| step.span.start);
        Error::new(Code::StatementFailed, message)
            .with_help(help)
            .with_option(stamp)
            .with_location(section.location(at))
            .with_statement(
                self.step_at_hand(now).map_or_else(String::new, |step| section.as_written(step.span).into_owned()),
            )
    }

    /// Tells which indexes are invalid that the text at hand does not put right.
    pub(super) fn tell_astray(&mut self, indexes: &str) {
        for index in indexes.split('\n').filter(|index| !index.is_empty()) {
            let message = ["the index ", index, " is invalid: a build of it was cut short, or its removal"].concat();
            let help = ["unless somebody is at work on it, drop it: drop index concurrently ", index].concat();
            let findings = &mut Arc::make_mut(&mut self.state.report).findings;
            if findings.iter().all(|known| known.message != message) {
                findings.push(Finding::new(ASTRAY, Severity::Warning, message).with_help(help));
            }
        }
    }

    pub(super) fn section_at_hand(&self, now: &Stepwise) -> &Section {
        let own = || self.setup.section(now.migration, now.direction);
        self.prepared.as_ref().map_or_else(own, |prepared| prepared.section(&self.setup, now.migration, now.direction))
    }

    fn step_text(&self, now: &Stepwise) -> &str {
        let text = &self.section_at_hand(now).text;
        self.step_at_hand(now).map_or("", |step| step.span.slice(text))
    }
}
