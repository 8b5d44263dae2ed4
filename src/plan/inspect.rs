//! The SQL of pending migrations: how each is run, and what refuses it before anything runs.

use super::{Finding, Severity};
use crate::convention::envsub::names;
use crate::error::{Code, Error};
use crate::ledger::Table;
use crate::mention::Mention;
use crate::migration::{Section, With};
use crate::span::Span;
use crate::sql::lex::{Kind, tokens};
use crate::sql::{Act, Analysis, Problem, Statement, Steps, TableAct, analyze, steps};
use std::sync::Arc;

/// An up section, split and grouped into steps.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inspected {
    /// The statements.
    pub analysis: Analysis,
    /// How they are run.
    pub steps: Steps,
}

/// What is known of up sections, by their index in the catalog. Planning again with one catalog
/// splits nothing twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cache(Vec<Option<Known>>);

/// An up section, or why it cannot run here. What is known of a large one is large.
type Known = Result<Arc<Inspected>, Box<Finding>>;

impl Cache {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is known of a migration.
    pub fn get(&self, migration: usize) -> Option<&Known> {
        self.0.get(migration)?.as_ref()
    }

    /// The same; it is looked at now if it has not been.
    pub(super) fn inspected(&mut self, migration: usize, section: &Section) -> &Known {
        if self.0.len() <= migration {
            self.0.resize(migration + 1, None);
        }
        self.0[migration].get_or_insert_with(|| inspect(section).map(Arc::new))
    }
}

/// Splits a section and groups it into steps. What cannot run here comes back as a finding.
pub fn inspect(section: &Section) -> Result<Inspected, Box<Finding>> {
    if let Some(error) = &section.refused {
        return Err(Box::new(Finding::of(error)));
    }
    let to_finding = |problem: Problem| {
        let at = section.location(problem.span.start);
        let finding = Finding::new(problem.code.as_str(), Severity::Error, problem.message);
        Box::new(finding.with_help(problem.help).with_location(at))
    };
    if let Some(problem) = lone_carriage_return(&section.text) {
        return Err(to_finding(problem));
    }
    let text = section.without_values();
    let analysis = analyze(&text, &section.breaks).map_err(to_finding)?;
    let steps = steps(&text, &analysis, section.transaction).map_err(to_finding)?;
    Ok(Inspected { analysis, steps })
}

/// The error for the first variable of the environment in a section that the run has not been given.
pub fn unnamed(section: &Section, named: &[String]) -> Option<Error> {
    for fill in section.fills.iter().filter(|fill| matches!(fill.with, With::Environment)) {
        let names = names(fill.span.slice(&section.text));
        if let Some(name) = names.into_iter().find(|name| !named.contains(name)) {
            let mention = Mention::valued("env", &[&name], ["env: { ", &name, ": '…' }"].concat());
            let help = ["give it a value with ", &mention.text, "; none but these are ever read"].concat();
            let message =
                ["goose would fill in the environment variable ", &name, ", which this run has not been given"];
            return Some(
                Error::new(Code::Unsupported, message.concat())
                    .with_help(help)
                    .with_option(mention)
                    .with_location(section.location(fill.span.start)),
            );
        }
    }
    None
}

/// A carriage return that ends a line by itself. PostgreSQL ends a comment there; psql and other tools
/// that go by lines do not, nor do they see a marker behind it. So what such a file does depends on who
/// reads it. Between quotes it is a character like others.
fn lone_carriage_return(text: &str) -> Option<Problem> {
    if !text.contains('\r') {
        return None;
    }
    let is_quoted = |kind| match kind {
        Kind::QuotedIdent | Kind::UnicodeIdent | Kind::DollarStr => true,
        Kind::Str | Kind::EscapeStr | Kind::UnicodeStr | Kind::NationalStr | Kind::BitStr | Kind::HexStr => true,
        // Where it should end is another problem, and the first to solve.
        Kind::Unterminated(_) => true,
        _ => false,
    };
    let bytes = text.as_bytes();
    let lone = |from: usize, to: usize| {
        let mut at = from;
        while let Some(found) = bytes[at..to].iter().position(|&byte| byte == b'\r') {
            let start = at + found;
            // Several before one line feed are one end of a line.
            at = start + bytes[start..].iter().take_while(|&&byte| byte == b'\r').count();
            if bytes.get(at) != Some(&b'\n') {
                return Some(start);
            }
        }
        None
    };
    let mut from = 0;
    let quoted = tokens(text).filter(|token| is_quoted(token.kind)).map(|token| token.span);
    let at = quoted
        .chain(std::iter::once(Span::new(text.len(), text.len())))
        .find_map(|span| lone(std::mem::replace(&mut from, span.end), span.start))?;
    Some(Problem {
        code: Code::InvalidText,
        message: String::from(
            "a carriage return without a line feed ends a line here, and tools differ in what they make of it",
        ),
        help: String::from("write a line feed in its place: save the file with line ends of LF or CRLF"),
        span: Span::new(at, at + 1),
    })
}

/// What a person should know about a section that is going to run.
pub fn findings(section: &Section, inspected: &Inspected, table: &Table, out: &mut Vec<Finding>) {
    for (finding, span) in &inspected.steps.findings {
        out.push(Finding { at: Some(section.location(span.start)), ..finding.clone() });
    }
    out.extend(ledger_touched(section, &inspected.analysis, table));
}

/// The error of a migration that runs step by step where callbacks are to run in its transaction.
pub(crate) fn cannot_join(section: &Section) -> Error {
    let message = "this migration runs step by step, and beforeEachMigrate and afterEachMigrate are run in a migration's transaction";
    let help = "write what runs in a transaction in its place, or do without those callbacks";
    Error::new(Code::Unsupported, message).with_help(help).with_location(section.location(0))
}

/// The code of the finding that a section does nothing.
pub const EMPTY: &str = "empty-migration";

/// The finding that a section does nothing, if it does nothing: a warning of a way up, a note of a way back.
pub fn empty(section: &Section, analysis: &Analysis, severity: Severity) -> Option<Finding> {
    let (what, help) = match severity {
        Severity::Note => ("the way back has no statement: only the row is taken away", ""),
        _ => (
            "the migration has no statement: only its row is written",
            "write it before it is applied, or leave the file out: once its row is written, what is written later is an edit",
        ),
    };
    let empty = analysis.statements.iter().all(|statement| statement.control.is_some());
    empty.then(|| Finding::new(EMPTY, severity, what).with_help(help).with_location(section.location(0)))
}

/// What the statements of a section do to the ledger's own table that may not be done.
pub fn ledger_touched(section: &Section, analysis: &Analysis, table: &Table) -> Vec<Finding> {
    let mut found = Vec::new();
    for statement in &analysis.statements {
        for act in &statement.tables {
            let same = act.table == table.name && act.schema.as_ref().is_none_or(|schema| *schema == table.schema);
            if same {
                found.extend(touched(section, statement, act, table));
            }
        }
        if statement.destructive.as_deref().is_some_and(|what| drops_schema(what, &table.schema)) {
            found.push(touches(section, statement, "drops the schema of", REMOVE, table));
        }
    }
    found
}

/// Whether `drop schema a, "B"` names the schema.
fn drops_schema(what: &str, schema: &str) -> bool {
    let is_it = |name: &str| match name.strip_prefix('"') {
        Some(quoted) => quoted.trim_end_matches('"') == schema,
        None => name.eq_ignore_ascii_case(schema),
    };
    what.strip_prefix("drop schema ").is_some_and(|names| names.split(", ").any(is_it))
}

const REMOVE: &str = "leave the statement out, or keep the ledger elsewhere with the option `table`";

/// A statement that touches the ledger's own table. A name without a schema counts: nobody can
/// tell where `search_path` leads.
fn touched(section: &Section, statement: &Statement, act: &TableAct, table: &Table) -> Option<Finding> {
    let what = match act.act {
        Act::Drop => "drops",
        Act::Rename => "renames or moves",
        Act::Empty => "empties",
        // The ledger is created before any migration runs, so that a plain `CREATE TABLE` of it
        // fails. One without a schema may mean another table.
        Act::Create if tolerates(section, statement, act) => return None,
        Act::Create => "creates",
    };
    let help = match act.act {
        Act::Create => {
            "leave the statement out, write IF NOT EXISTS, or keep the ledger elsewhere with the option `table`"
        }
        _ => REMOVE,
    };
    Some(touches(section, statement, what, help, table))
}

fn touches(section: &Section, statement: &Statement, what: &str, help: &'static str, table: &Table) -> Finding {
    let mut message = String::from("the migration ");
    message.push_str(what);
    message.push_str(" the ledger's own table, ");
    message.push_str(&table.qualified());
    let finding = Finding::new(Code::LedgerTouched.as_str(), Severity::Error, message).with_help(help);
    finding.with_location(section.location(statement.span.start)).with_option(Mention::named("table"))
}

/// Whether creating the ledger's table is let pass.
pub fn tolerates(section: &Section, statement: &Statement, act: &TableAct) -> bool {
    act.schema.is_none() || tolerates_existing(statement, &section.text)
}

/// Whether a `CREATE TABLE` says `IF NOT EXISTS` before its first parenthesis.
fn tolerates_existing(statement: &Statement, text: &str) -> bool {
    let head = statement.span.slice(text).split('(').next().unwrap_or_default().to_ascii_lowercase();
    let words: Vec<&str> = head.split_ascii_whitespace().collect();
    words.windows(3).any(|three| three == ["if", "not", "exists"])
}
