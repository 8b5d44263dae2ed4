//! What a rule is, and how to lint.

use super::subject::{Found, Subject};
use crate::guard::Level;
use counterfoil::ledger::Table;
use std::collections::BTreeMap;

/// A rule: what it finds, and why that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// Its stable name, kebab-case: the code of its findings.
    pub code: &'static str,
    /// How bad a finding is, where the finding itself does not say.
    pub level: Level,
    /// What it finds, in one line.
    pub summary: &'static str,
    /// Why that is bad and what to do instead, in Markdown.
    pub why: &'static str,
    /// Files that it has a finding for. Those with markers are in dbmate's convention.
    pub bad: &'static [&'static str],
    /// Files that no rule has a finding for.
    pub good: &'static [&'static str],
}

/// What can be said about how to lint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
// Exhaustive: callers build it.
pub struct Options {
    /// The level per code, where it differs from the rule's own.
    pub levels: BTreeMap<String, Level>,
    /// Paths of the files to report on. Without it, all.
    pub only: Option<Vec<String>>,
    /// The ledger's table.
    pub table: Table,
}

/// Rules of others. `()` has none.
pub trait Others {
    /// Their codes and levels.
    fn levels(&self) -> Vec<(&'static str, Level)>;

    /// What they find in a section.
    fn look(&self, subject: &Subject<'_>, found: &mut Vec<Found>);
}

impl Others for () {
    fn levels(&self) -> Vec<(&'static str, Level)> {
        Vec::new()
    }

    fn look(&self, _: &Subject<'_>, _: &mut Vec<Found>) {}
}
