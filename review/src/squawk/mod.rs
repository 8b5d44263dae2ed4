//! squawk's rules: <https://squawkhq.com/docs/rules>.
//!
//! They are looked for in up sections only: a way back is expected to drop what the migration made.
//! What the planner or a rule of our own says already is left out here, and so is what cannot be so
//! where Counterfoil runs the migrations (`rules` says which).

mod depth;
mod rules;

use crate::lint::{Direction, Found, Level, Others, Rule, Subject};
use counterfoil::ordered;
use counterfoil::span::Span;
use counterfoil::sql::lex::{Kind, Token};
use squawk_linter::{Linter, LinterSettings, Version, Violation};
use squawk_syntax::SourceFile;
use std::collections::{BTreeMap, BTreeSet};

pub use rules::{ABOUT, UNREAD, url};

/// squawk's rules, as the options want them.
pub struct Squawk {
    rules: Vec<(&'static str, squawk_linter::Rule)>,
    version: Version,
}

impl Squawk {
    /// With the rules that are not off. `version`: the oldest PostgreSQL.
    pub fn new(levels: &BTreeMap<String, Level>, version: Version) -> Squawk {
        let on = |rule: &&Rule| levels.get(rule.code).unwrap_or(&rule.level) != &Level::Off;
        let known = |rule: &Rule| squawk_linter::Rule::try_from(rule.code).ok().map(|known| (rule.code, known));
        Squawk { rules: ABOUT.iter().filter(on).filter_map(known).collect(), version }
    }
}

impl Squawk {
    /// None of its rules.
    pub fn none() -> Squawk {
        Squawk { rules: Vec::new(), version: Version::default() }
    }
}

impl Others for Squawk {
    fn levels(&self) -> Vec<(&'static str, Level)> {
        ABOUT.iter().chain([&UNREAD]).map(|rule| (rule.code, rule.level)).collect()
    }

    fn look(&self, subject: &Subject<'_>, found: &mut Vec<Found>) {
        if subject.direction == Direction::Up && !self.rules.is_empty() && subject.inspected.is_ok() {
            self.up(subject, found);
        }
    }
}

impl Squawk {
    fn up(&self, subject: &Subject<'_>, found: &mut Vec<Found>) {
        let Some(text) = readable(subject, found) else { return };
        let parse = SourceFile::parse(&text);
        let chosen = self.rules.iter().map(|(_, rule)| *rule);
        let mut linter = Linter::from(chosen.chain(rules::CONSTRAINTS));
        linter.settings = LinterSettings { pg_version: self.version, assume_in_transaction: subject.in_transaction() };
        let violations = linter.lint(&parse, &text);
        let statements = statements(subject);
        // What has a rule of its own. A key cannot even be NOT VALID.
        let named = |violation: &Violation| rules::CONSTRAINTS.contains(&violation.code);
        let named: Vec<_> = violations.iter().filter(|one| named(one)).map(|one| one.text_range).collect();
        for violation in violations {
            let general = violation.code == squawk_linter::Rule::ConstraintMissingNotValid;
            if general && named.iter().any(|range| range.intersect(violation.text_range).is_some()) {
                continue;
            }
            let Some((code, _)) = self.rules.iter().find(|(_, rule)| *rule == violation.code) else { continue };
            let at = usize::from(violation.text_range.start());
            let after = statements.partition_point(|about| about.start <= at);
            let about = after.checked_sub(1).and_then(|index| statements.get(index));
            if !about.is_some_and(|about| excused(code, at, about, subject.text())) {
                found.push(said(code, at, &violation, about));
            }
        }
    }
}

/// Ours for rules that are on by default, since squawk's do not name the table; else squawk's.
fn said(code: &'static str, at: usize, violation: &Violation, statement: Option<&About<'_>>) -> Found {
    let table = statement.and_then(|about| about.name.as_deref()).unwrap_or("the table");
    if let Some((_, message, help)) = rules::WORDS.iter().find(|(of, ..)| *of == code) {
        let validated = code == "constraint-missing-not-valid" && violation.message.contains("VALIDATE CONSTRAINT");
        let (message, help) = if validated { rules::VALIDATED } else { (*message, *help) };
        return Found::new(code, Span::new(at, at), message.replace("{}", table), help);
    }
    let message = violation.message.trim().trim_end_matches('.');
    let mut chars = message.chars();
    let message = match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => {
            first.to_lowercase().chain(message.chars().skip(1)).collect()
        }
        _ => message.to_owned(),
    };
    let help = violation.help.clone().unwrap_or_else(|| format!("see {}", url(code)));
    Found::new(code, Span::new(at, at), message, help.trim().trim_end_matches('.'))
}

/// What a statement is about.
struct About<'a> {
    start: usize,
    code: &'a [Token],
    /// Its table or other object.
    name: Option<String>,
    /// Whether the section has made that itself, so that it is empty and nobody uses it yet.
    new: bool,
    /// Whether it is a partitioned table.
    partitioned: bool,
}

fn statements<'a>(subject: &Subject<'a>) -> Vec<About<'a>> {
    let mut made = BTreeSet::new();
    let mut own = BTreeSet::new();
    let mut all = Vec::new();
    for (statement, code) in subject.statements() {
        let name = subject.about(code);
        let is = |set: &BTreeSet<String>| name.as_ref().is_some_and(|name| set.contains(name));
        let (new, partitioned) = (is(&made), is(subject.partitioned) || is(&own));
        made.extend(subject.renamed(code).filter(|_| new));
        all.push(About { start: statement.span.start, code, name, new, partitioned });
        if let Some(table) = subject.created(code) {
            if statement.span.slice(subject.text()).to_ascii_lowercase().contains("partition") {
                own.insert(table.clone());
            }
            made.insert(table);
        }
    }
    all
}

/// Whether a finding does not hold for what the statement is about.
fn excused(code: &str, at: usize, about: &About<'_>, text: &str) -> bool {
    match code {
        _ if rules::OF_ROWS.contains(&code) && about.new => true,
        // An index of a partitioned table cannot be built concurrently.
        "require-concurrent-index-creation" => about.partitioned,
        // PostgreSQL checks no row then: every value is null (transformAlterTableStmt in parse_utilcmd.c).
        "adding-foreign-key-constraint" | "constraint-missing-not-valid" => empty_column(action(about.code, at), text),
        // Such a column has a default.
        "adding-required-field" => action(about.code, at).iter().any(|token| is_serial(token.span.slice(text))),
        _ => false,
    }
}

fn is_serial(word: &str) -> bool {
    const SERIAL: [&str; 6] = ["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"];
    SERIAL.iter().any(|serial| word.eq_ignore_ascii_case(serial))
}

/// The tokens of the action of an `ALTER TABLE` that holds the place.
fn action(code: &[Token], at: usize) -> &[Token] {
    let mut depth = 0_usize;
    let (mut from, mut to) = (0, code.len());
    for (index, token) in code.iter().enumerate() {
        match token.kind {
            Kind::OpenParen => depth += 1,
            Kind::CloseParen => depth = depth.saturating_sub(1),
            Kind::Comma if depth == 0 && token.span.start < at => from = index + 1,
            Kind::Comma if depth == 0 => {
                to = index;
                break;
            }
            _ => {}
        }
    }
    code.get(from..to).unwrap_or(&[])
}

/// Whether it adds a column without a default.
fn empty_column(action: &[Token], text: &str) -> bool {
    let words: Vec<String> = action.iter().map(|token| token.span.slice(text).to_ascii_lowercase()).collect();
    let Some(add) = words.iter().position(|word| word == "add") else { return false };
    let constraint = ["constraint", "foreign", "primary", "unique", "check", "exclude"];
    let column = words.get(add + 1).is_some_and(|word| !constraint.contains(&word.as_str()));
    column && !words.iter().any(|word| matches!(word.as_str(), "default" | "generated"))
}

/// The text as squawk can read it, of the same length: psql's lines blanked, a semicolon where a marker
/// ends a statement. Statements that it cannot read are blanked, and a finding says so.
fn readable(subject: &Subject<'_>, found: &mut Vec<Found>) -> Option<String> {
    let analysis = &subject.inspected.ok()?.analysis;
    let mut bytes = subject.text().as_bytes().to_vec();
    for span in analysis.skipped.iter().chain(&analysis.terminators) {
        blank(&mut bytes, *span);
    }
    for span in &analysis.terminators {
        bytes[span.start] = b';';
    }
    let mut unread: Vec<Span> = Vec::new();
    for (statement, code) in subject.statements() {
        if depth::too_deep(subject.text(), code) {
            unread.push(statement.span);
            blank(&mut bytes, statement.span);
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    let parse = SourceFile::parse(&text);
    let errors = parse.errors();
    if errors.is_empty() && unread.is_empty() {
        return Some(text);
    }
    let mut bytes = text.into_bytes();
    let spans: Vec<Span> = subject.statements().map(|(statement, _)| statement.span).collect();
    for error in errors {
        let at = usize::from(error.range().start());
        let after = spans.partition_point(|span| span.start <= at);
        // An error after the last token of a statement is that statement's.
        let Some(span) = after.checked_sub(1).and_then(|index| spans.get(index)) else { continue };
        if !unread.contains(span) {
            unread.push(*span);
            blank(&mut bytes, *span);
        }
    }
    ordered::sort(&mut unread);
    if let Some(first) = unread.first() {
        let message = match unread.len() {
            1 => "squawk cannot read this statement: its rules were not looked for in it".to_owned(),
            more => format!(
                "squawk cannot read this statement and {} more: its rules were not looked for in them",
                more - 1
            ),
        };
        found.push(Found::new(
            UNREAD.code,
            *first,
            message,
            "nothing has to be done; PostgreSQL decides what is valid SQL",
        ));
    }
    String::from_utf8(bytes).ok()
}

/// Spaces in place of everything but line breaks.
fn blank(bytes: &mut [u8], span: Span) {
    for byte in bytes.get_mut(span.start..span.end).unwrap_or_default() {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}
