//! A Mermaid timeline: <https://mermaid.js.org/syntax/timeline.html>.

use super::line::{Line, counted, lines, manner, verdict, visible};
use super::summary;
use counterfoil::plan::{Action, Plan, Reason, Severity};

/// The plan as a Mermaid timeline. Files in a row about which there is nothing to say are counted
/// in one place; a section begins where what is done changes.
pub fn mermaid(plan: &Plan) -> String {
    let mut out = String::from("timeline\n");
    push(&mut out, "    title ", &[&summary(plan)]);
    let mut section = "";
    for line in lines(plan, false) {
        let (first, period, events) = match &line {
            Line::Run { first, last, count } => {
                let range = format!("{} … {}", first.version, last.version);
                (*first, range, vec![format!("{} {}", counted(*count, "migration"), first.code.as_str())])
            }
            Line::One(decision) => {
                let events = [decision.name.clone(), verdict(decision), manner(decision)];
                (*decision, decision.version.clone(), events.into_iter().filter(|text| !text.is_empty()).collect())
            }
        };
        let next = match (first.action, first.severity) {
            (_, Some(Severity::Error)) => "Errors",
            (Action::Apply, _) => "Apply",
            (Action::Adopt, _) => "Adopt",
            (Action::Skip, _) if first.code == Reason::Beyond => "Beyond",
            (Action::Skip, _) => "There",
            _ => "Drift",
        };
        if next != section {
            push(&mut out, "    section ", &[next]);
            section = next;
        }
        let mut parts = vec![period.as_str()];
        parts.extend(events.iter().map(String::as_str));
        push(&mut out, "        ", &parts);
    }
    out
}

/// One line; parts are separated by colons.
fn push(out: &mut String, indent: &str, parts: &[&str]) {
    out.push_str(indent);
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            out.push_str(" : ");
        }
        let part = visible(part);
        if part.is_empty() {
            out.push('-');
        }
        for c in part.chars() {
            match c {
                // These have a meaning of their own in the syntax. A code in `#…;` stands for them.
                ':' | '#' | ';' | '<' | '>' | '&' | '"' | '%' => {
                    out.push('#');
                    out.push_str(&u32::from(c).to_string());
                    out.push(';');
                }
                _ => out.push(c),
            }
        }
    }
    out.push('\n');
}
