//! The lines of a plan, in words, before they get a form.

use counterfoil::plan::{Action, Decision, Plan, Reason};

/// Decisions in order; three or more of the same kind in a row that say nothing stand together.
pub(super) enum Line<'p> {
    One(&'p Decision),
    Run { first: &'p Decision, last: &'p Decision, count: usize },
}

pub(super) fn lines(plan: &Plan, all: bool) -> Vec<Line<'_>> {
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
pub(super) fn verdict(decision: &Decision) -> String {
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
pub(super) fn manner(decision: &Decision) -> String {
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

pub(super) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Text on one line: what could move a terminal's cursor, end the line or turn it around is shown as `\u{202e}`. The same
/// characters as in `shared/printed.ts` of the package: a test holds both equal.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}' => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out
}
