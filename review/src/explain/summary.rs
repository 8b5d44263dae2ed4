//! A plan in one line.

use super::line::counted;
use counterfoil::plan::{Action, Decision, Plan, Reason, Severity};

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
    let there = count(&|decision| decision.action == Action::Skip && decision.code != Reason::Beyond);
    if there > 0 {
        words.push(format!("{there} there"));
    }
    let beyond = count(&|decision| decision.code == Reason::Beyond);
    if beyond > 0 {
        words.push(format!("{beyond} beyond"));
    }
    if words.is_empty() {
        words.push("nothing to do".into());
    }
    out.push_str(&words.join(", "));
    out
}
