//! A table for a terminal.

use super::line::{Line, counted, lines, manner, verdict, visible};
use super::{Look, summary};
use crate::tree;
use counterfoil::ledger::{Origin, Row};
use counterfoil::plan::{Action, Decision, Finding, Plan, Reason, Severity};
use counterfoil::version::without_name;
use std::collections::BTreeMap;

/// Which cell has the mark.
const MARK: usize = 0;
/// Which cell has the name.
const NAME: usize = 2;
/// Which cell has what is done.
const VERDICT: usize = 3;
/// Where wrapped text begins.
const INDENT: usize = 7;

/// The cells of a line: mark, version, name, what is done, and how. With the ledger's rows, when and
/// how long come before the last.
type Cells = Vec<String>;

/// The plan as a table: a mark, version, name, what is done, and how; under it, what a person
/// should know and do. With the rows of the ledger it is a list of what is there: when each was
/// applied, how long it took, and how its row came to be if it was not run.
///
/// Marks: `=` there, `+` is applied, `~` is adopted, `>` comes after the version up to which it goes, `!` error, `?` warning, `-` note.
pub fn text(plan: &Plan, look: &Look<'_>) -> String {
    let mut out = paint(look, "1", &summary(plan));
    out.push('\n');
    if !plan.decisions.is_empty() {
        out.push('\n');
    }
    let known: Option<BTreeMap<&str, &Row>> =
        look.rows.map(|rows| tree::map(rows.iter().map(|row| (row.version.as_str(), row))));
    let lines = lines(plan, look.all);
    let mut rows: Vec<Cells> = lines.iter().map(|line| cells(line, known.as_ref())).collect();
    if known.is_some() && !rows.is_empty() {
        rows.push(["", "version", "name", "state", "applied (UTC)", "took", ""].map(str::to_owned).into());
    }
    let taken: usize = widths(&rows).iter().enumerate().filter(|(at, _)| *at != NAME).map(|(_, width)| width + 2).sum();
    for row in &mut rows {
        row[NAME] = shorten(&row[NAME], look.width.saturating_sub(taken + 2).max(12));
    }
    let widths = widths(&rows);
    if known.is_some()
        && let Some(titles) = rows.pop()
    {
        out.push_str(&paint(look, "2", aligned(&titles, &widths, |_, text| text).trim_end()));
        out.push('\n');
    }
    for (line, row) in lines.iter().zip(&rows) {
        let colour = match line {
            Line::Run { .. } => "2",
            Line::One(decision) => colour(decision.action, decision.severity),
        };
        let text = aligned(row, &widths, |at, text| match at {
            MARK | VERDICT => paint(look, colour, &text),
            _ => text,
        });
        out.push_str(text.trim_end());
        out.push('\n');
        if let Line::One(decision) = line {
            // What is merely there says so in its own line.
            if decision.action != Action::Skip {
                say(&mut out, look, &decision.message, &decision.help(), None);
            }
        }
    }
    if !plan.findings.is_empty() {
        out.push('\n');
    }
    for finding in &plan.findings {
        finding_text(&mut out, look, finding);
    }
    out
}

/// The cells, each as wide as its column.
fn aligned(row: &Cells, widths: &[usize], style: impl Fn(usize, String) -> String) -> String {
    let mut text = String::from(" ");
    for (at, (cell, width)) in row.iter().zip(widths).enumerate() {
        if *width > 0 {
            text.push_str(if text.len() == 1 { " " } else { "  " });
            let rest = width.saturating_sub(cell.chars().count());
            text.push_str(&style(at, cell.clone()));
            text.push_str(&" ".repeat(rest));
        }
    }
    text
}

/// The text between the escape sequences of a colour or weight, and of its end.
fn paint(look: &Look<'_>, code: &str, text: &str) -> String {
    if !look.colours || text.is_empty() || code.is_empty() {
        return text.to_owned();
    }
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

fn colour(action: Action, severity: Option<Severity>) -> &'static str {
    match (action, severity) {
        (_, Some(Severity::Error)) => "31",
        (_, Some(Severity::Warning)) => "33",
        (_, Some(Severity::Note)) => "34",
        (Action::Skip, None) => "2",
        (_, None) => "32",
    }
}

fn cells(line: &Line<'_>, known: Option<&BTreeMap<&str, &Row>>) -> Cells {
    let (mut cells, row): (Cells, _) = match line {
        Line::Run { first, last, count } => (
            vec![
                mark(first).into(),
                shorten(&visible(number(first)), 24),
                visible(&format!("… {}", number(last))),
                first.code.as_str().to_owned(),
                counted(*count, "migration"),
            ],
            None,
        ),
        Line::One(decision) => {
            let row = decision.row.as_deref().or(Some(&decision.version));
            let row = known.and_then(|known| row.and_then(|version| known.get(version)));
            let verdict = if known.is_some() { state(decision) } else { verdict(decision) };
            let mut how = match row {
                Some(row) if row.origin != Origin::Applied => row.origin.to_string(),
                _ => manner(decision),
            };
            // The ledger writes it in its own way.
            if let Some(row) = row.filter(|row| row.version != decision.version) {
                how.push_str(if how.is_empty() { "" } else { ", " });
                how.push_str(&format!("recorded as {}", visible(&row.version)));
            }
            let mark = mark(decision);
            (vec![mark.into(), shorten(&visible(number(decision)), 24), visible(&decision.name), verdict, how], row)
        }
    };
    if known.is_some() {
        let when = row.and_then(|row| row.applied_at.as_deref()).map_or(String::new(), moment);
        let took = row.and_then(|row| row.duration_ms).map_or(String::new(), duration);
        cells.splice(VERDICT + 1..VERDICT + 1, [when, took]);
    }
    cells
}

/// What is so now, where [`verdict`] says what will be done about it.
fn state(decision: &Decision) -> String {
    let mut out = String::from(decision.code.as_str());
    if decision.gap {
        out.push_str(" (gap)");
    }
    out
}

/// A moment as the ledger's query gives it, up to the second.
fn moment(text: &str) -> String {
    visible(&text.chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect::<String>())
}

/// Milliseconds, in the two largest units.
fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1_000),
        _ => format!("{} h {} min", milliseconds / 3_600_000, milliseconds % 3_600_000 / 60_000),
    }
}

/// The version as it is shown.
fn number(decision: &Decision) -> &str {
    without_name(&decision.version, &decision.name)
}

fn mark(decision: &Decision) -> &'static str {
    match (decision.action, decision.severity) {
        (_, Some(severity)) => weight(severity),
        (Action::Apply, None) => "+",
        (Action::Adopt, None) => "~",
        (_, None) if decision.code == Reason::Beyond => ">",
        (_, None) => "=",
    }
}

fn weight(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "!",
        Severity::Warning => "?",
        Severity::Note => "-",
    }
}

fn finding_text(out: &mut String, look: &Look<'_>, finding: &Finding) {
    let severity = Some(finding.severity);
    let head = format!("{}  {}", weight(finding.severity), finding.code);
    out.push_str("  ");
    out.push_str(&paint(look, colour(Action::Drift, severity), &head));
    out.push('\n');
    let at = finding.at.as_ref().map(ToString::to_string);
    // From the package a help comes with its options called as the command line does: those stay.
    say(out, look, &finding.message, &finding.help(), at.as_deref());
}

/// Message and help, wrapped and indented.
fn say(out: &mut String, look: &Look<'_>, message: &str, help: &str, at: Option<&str>) {
    if let Some(at) = at {
        wrap(out, look.width, &format!("{at}: {message}"));
    } else if !message.is_empty() {
        wrap(out, look.width, message);
    }
    if !help.is_empty() {
        wrap(out, look.width, &format!("help: {help}"));
    }
}

fn wrap(out: &mut String, widest: usize, text: &str) {
    let text = visible(text);
    let mut column = 0;
    for word in text.split(' ') {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > widest {
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

fn widths(rows: &[Cells]) -> Vec<usize> {
    let mut widths = vec![0; rows.first().map_or(0, Vec::len)];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    widths
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
