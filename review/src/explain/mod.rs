//! Renders plans for people: as text, as JSON and as a Mermaid timeline.
//!
//! ```
//! use counterfoil::{convention, explain, ledger::Ledger, plan::{Options, plan}};
//! let files = [("db/001_users.sql".to_owned(), "create table users ();".to_owned())];
//! let catalog = convention::read(&files, None).unwrap();
//! let plan = plan(&catalog, &Ledger::default(), &Options::default());
//! assert_eq!(
//!     explain::text(&plan, &explain::Look::default()),
//!     "1 to apply\n\n  +  001  users  apply  1 statement, one transaction\n"
//! );
//! ```

mod mermaid;
mod text;

use counterfoil::ledger::Row;
use counterfoil::plan::{Action, Decision, Plan, Reason, Severity};

pub use mermaid::mermaid;
pub use text::text;

/// How a plan is shown as text.
#[derive(Clone, Debug)]
pub struct Look<'r> {
    /// Whether every decision has a line; else those in a row about which there is nothing to say
    /// are counted on one.
    pub all: bool,
    /// The widest line, in characters. A word that is longer stays whole.
    pub width: usize,
    /// Whether there are colours: the escape sequences of a terminal.
    pub colours: bool,
    /// The rows of the ledger. With them it is shown what is there, and since when.
    pub rows: Option<&'r [Row]>,
}

impl Default for Look<'_> {
    fn default() -> Self {
        Look { all: false, width: 100, colours: false, rows: None }
    }
}

/// The plan as canonical JSON: [`Plan::to_json`].
pub fn json(plan: &Plan) -> String {
    plan.to_json()
}

/// One line: what a plan does and what is wrong, such as
/// `nothing is run: 1 error; 2 to apply, 1 warning, 82 there`.
pub fn summary(plan: &Plan) -> String {
    let count = |is: &dyn Fn(&Decision) -> bool| plan.decisions.iter().filter(|decision| is(decision)).count();
    let of = |severity: Severity| {
        count(&|decision| decision.severity == Some(severity))
            + plan.findings.iter().filter(|finding| finding.severity == severity).count()
    };
    let mut out = String::new();
    let errors = of(Severity::Error);
    if errors > 0 {
        out.push_str("nothing is run: ");
        out.push_str(&counted(errors, "error"));
        out.push_str("; ");
    }
    let parts = [
        (count(&|decision| decision.action == Action::Apply), "to apply"),
        (count(&|decision| decision.action == Action::Adopt), "to adopt"),
        (count(&|decision| decision.code == Reason::InProgress), "in progress"),
        (count(&|decision| decision.code == Reason::Renumbered), "to re-key"),
    ];
    let mut words: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    for (severity, what) in [(Severity::Warning, "warning"), (Severity::Note, "note")] {
        if of(severity) > 0 {
            words.push(counted(of(severity), what));
        }
    }
    let there = count(&|decision| decision.action == Action::Skip);
    if there > 0 {
        words.push(format!("{there} there"));
    }
    if words.is_empty() {
        words.push("nothing to do".into());
    }
    out.push_str(&words.join(", "));
    out
}

/// Decisions in order; three or more of the same kind in a row that say nothing stand together.
enum Line<'p> {
    One(&'p Decision),
    Run { first: &'p Decision, last: &'p Decision, count: usize },
}

fn lines(plan: &Plan, all: bool) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut rest = plan.decisions.as_slice();
    while let Some(first) = rest.first() {
        let same = |decision: &&Decision| decision.action == Action::Skip && decision.code == first.code;
        let run = if all { 0 } else { rest.iter().take_while(same).count() };
        if run >= 3 {
            lines.push(Line::Run { first, last: &rest[run - 1], count: run });
            rest = &rest[run..];
        } else {
            lines.push(Line::One(first));
            rest = &rest[1..];
        }
    }
    lines
}

/// What is done, in a word or two.
fn verdict(decision: &Decision) -> String {
    let mut out = String::from(match (decision.action, decision.code) {
        (Action::Apply, Reason::Changed) => "apply again",
        (Action::Apply, Reason::Resume) => "resume",
        (Action::Apply, _) => "apply",
        (Action::Adopt, _) => "adopt",
        (_, code) => code.as_str(),
    });
    if decision.gap {
        out.push_str(" (gap)");
    }
    out
}

/// How an apply is sent: statements, and in what transactions.
fn manner(decision: &Decision) -> String {
    let Some(statements) = decision.statements else { return String::new() };
    let mut out = counted(statements as usize, "statement");
    match (decision.transactional, decision.steps) {
        (Some(true), _) => out.push_str(", one transaction"),
        (_, Some(steps)) => {
            out.push_str(", ");
            out.push_str(&counted(steps as usize, "step"));
        }
        _ => {}
    }
    out
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Text on one line: a control character, which could move a terminal's cursor, becomes `?`.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests;
