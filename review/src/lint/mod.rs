//! What is wrong with migrations themselves, before they meet a database.
//!
//! A rule has a file of its own, with its documentation and its tests. What the planner notices in
//! files is among the findings, said by the planner itself. Rules of others, such as squawk's, come
//! in through [`Others`].
//!
//! ```
//! use counterfoil_review::lint;
//! let files = [("1_a.sql".to_owned(), "set search_path to app;\n".to_owned())];
//! let report = lint::lint(&files, None, &lint::Options::default(), &()).unwrap();
//! assert_eq!(report.findings[0].code, "session-search-path");
//! ```

mod destructive_down;
mod identifier_too_long;
mod ignore;
mod ledger_written;
mod marker_in_literal;
mod planned;
mod report;
mod session_search_path;
mod setting;
mod subject;
#[cfg(test)]
mod tests;
mod unqualified_name;

use counterfoil::ledger::Table;
use std::collections::BTreeMap;

pub use crate::guard::Level;
pub use report::{Counts, Report, lint};
pub use subject::{Direction, Found, Subject};

/// A rule: what it finds, and why that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// What a rule does: it looks at a section and says what it finds.
type Look = fn(&Subject<'_>, &mut Vec<Found>);

/// Every rule that is looked for here, and how.
const LOOKS: &[(Rule, Look)] = &[
    (session_search_path::RULE, session_search_path::look),
    (unqualified_name::RULE, unqualified_name::look),
    (ledger_written::RULE, ledger_written::look),
    (identifier_too_long::RULE, identifier_too_long::look),
    (marker_in_literal::RULE, marker_in_literal::look),
    (destructive_down::RULE, destructive_down::look),
];

/// Every rule of this crate, in the order of the documentation.
pub fn rules() -> impl Iterator<Item = Rule> {
    LOOKS.iter().map(|(rule, _)| *rule).chain(planned::RULES.iter().copied()).chain([ignore::RULE])
}

/// What can be said about how to lint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
