//! A table for a terminal, at most 100 columns wide.

use super::{Line, clean, counted, lines, manner, summary, verdict};
use crate::plan::{Action, Decision, Finding, Plan, Severity};

/// The widest line.
const WIDTH: usize = 100;
/// Which cell has the name.
const NAME: usize = 2;
/// Where wrapped text begins.
const INDENT: usize = 7;

/// The plan as a table: a mark, version, name, what is done, and how; under it, what a person
/// should know and do. Unless `all`, files in a row about which there is nothing to say are
/// counted on one line.
///
/// Marks: `=` there, `+` is applied, `~` is adopted, `!` error, `?` warning, `-` note.
pub fn text(plan: &Plan, all: bool) -> String {
    let mut out = summary(plan);
    out.push('\n');
    if !plan.decisions.is_empty() {
        out.push('\n');
    }
    let lines = lines(plan, all);
    let mut rows: Vec<[String; 5]> = lines.iter().map(row).collect();
    let taken: usize = widths(&rows).iter().enumerate().filter(|(at, _)| *at != NAME).map(|(_, width)| width + 2).sum();
    for row in &mut rows {
        row[NAME] = shorten(&row[NAME], WIDTH.saturating_sub(taken + 2).max(12));
    }
    let widths = widths(&rows);
    for (line, row) in lines.iter().zip(&rows) {
        let mut text = String::from(" ");
        for (cell, width) in row.iter().zip(widths) {
            if width > 0 {
                text.push_str(if text.len() == 1 { " " } else { "  " });
                pad(&mut text, cell, width);
            }
        }
        out.push_str(text.trim_end());
        out.push('\n');
        if let Line::One(decision) = line {
            // What is merely there says so in its own line.
            if decision.action != Action::Skip {
                say(&mut out, &decision.message, &decision.help, None);
            }
        }
    }
    if !plan.findings.is_empty() {
        out.push('\n');
    }
    for finding in &plan.findings {
        finding_text(&mut out, finding);
    }
    out
}

fn row(line: &Line<'_>) -> [String; 5] {
    match line {
        Line::Run { first, last, count } => [
            "=".into(),
            shorten(&clean(number(first)), 24),
            clean(&format!("… {}", number(last))),
            first.code.as_str().to_owned(),
            counted(*count, "migration"),
        ],
        Line::One(decision) => [
            mark(decision.action, decision.severity).into(),
            shorten(&clean(number(decision)), 24),
            clean(&decision.name),
            verdict(decision),
            manner(decision),
        ],
    }
}

/// The version, without the name where a convention has it in the version.
fn number(decision: &Decision) -> &str {
    let (version, name) = (&*decision.version, &*decision.name);
    match version.find(name).filter(|at| *at > 0 && !name.is_empty()) {
        Some(at) => version[..at].trim_end_matches(['_', '-']),
        None => version,
    }
}

fn mark(action: Action, severity: Option<Severity>) -> &'static str {
    match (action, severity) {
        (_, Some(Severity::Error)) => "!",
        (_, Some(Severity::Warning)) => "?",
        (_, Some(Severity::Note)) => "-",
        (Action::Apply, None) => "+",
        (Action::Adopt, None) => "~",
        (_, None) => "=",
    }
}

fn finding_text(out: &mut String, finding: &Finding) {
    out.push_str("  ");
    out.push_str(mark(Action::Drift, Some(finding.severity)));
    out.push_str("  ");
    out.push_str(&finding.code);
    out.push('\n');
    let at = finding.at.as_ref().map(ToString::to_string);
    say(out, &finding.message, &finding.help, at.as_deref());
}

/// Message and help, wrapped and indented.
fn say(out: &mut String, message: &str, help: &str, at: Option<&str>) {
    if let Some(at) = at {
        wrap(out, &format!("{at}: {message}"));
    } else if !message.is_empty() {
        wrap(out, message);
    }
    if !help.is_empty() {
        wrap(out, &format!("help: {help}"));
    }
}

fn wrap(out: &mut String, text: &str) {
    let text = clean(text);
    let mut column = 0;
    for word in text.split(' ') {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > WIDTH {
            out.push('\n');
            column = 0;
        }
        if column == 0 {
            out.push_str(&" ".repeat(INDENT));
            column = INDENT;
        } else {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
    }
    out.push('\n');
}

fn widths(rows: &[[String; 5]]) -> [usize; 5] {
    let mut widths = [0; 5];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    widths
}

fn pad(out: &mut String, cell: &str, width: usize) {
    out.push_str(cell);
    out.push_str(&" ".repeat(width.saturating_sub(cell.chars().count())));
}

/// At most `width` characters; what is too long ends in `…`.
fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width - 1).collect();
    short.push('…');
    short
}
