//! What a rule looks at: a section of a migration, split and lexed.

use counterfoil::finding::{Finding, Severity};
use counterfoil::ledger::Table;
use counterfoil::mention::Mention;
use counterfoil::migration::{Convention, Section};
use counterfoil::plan::Inspected;
use counterfoil::span::Span;
use counterfoil::sql::lex::{Kind, Token};
use counterfoil::sql::pattern::Cursor;
use counterfoil::sql::{Mode, Statement};
use std::collections::BTreeSet;

/// Which way a section leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Direction {
    /// It applies the migration.
    Up,
    /// It takes the migration back.
    Down,
}

/// A section of a migration.
#[non_exhaustive]
pub struct Subject<'a> {
    /// How the files are named and marked.
    pub convention: Convention,
    /// The ledger's table.
    pub table: &'a Table,
    /// The section.
    pub section: &'a Section,
    /// Which way it leads.
    pub direction: Direction,
    /// How it is run; or why it cannot be run here.
    pub inspected: Result<&'a Inspected, &'a Finding>,
    /// Its tokens without comments.
    pub code: &'a [Token],
    /// Its tokens with comments.
    pub tokens: &'a [Token],
    /// Partitioned tables that the migrations have made so far, without their schemas.
    pub partitioned: &'a BTreeSet<String>,
}

impl<'a> Subject<'a> {
    /// The text.
    pub fn text(&self) -> &'a str {
        &self.section.text
    }

    /// Whether it is run as one transaction.
    pub fn in_transaction(&self) -> bool {
        self.inspected.is_ok_and(|inspected| inspected.steps.mode == Mode::Transactional)
    }

    /// Its statements. None, if it cannot be run here.
    pub fn statements(&self) -> impl Iterator<Item = (&'a Statement, &'a [Token])> {
        let statements = self.inspected.map_or(&[][..], |inspected| &inspected.analysis.statements);
        let code = self.code;
        let mut at = 0;
        statements.iter().map(move |statement| {
            at += code[at..].partition_point(|token| token.span.start < statement.span.start);
            let length = code[at..].partition_point(|token| token.span.end <= statement.span.end);
            (statement, &code[at..at + length])
        })
    }

    /// The table or other object that a statement changes, without its schema.
    pub fn about(&self, tokens: &'a [Token]) -> Option<String> {
        let mut cursor = self.cursor(tokens);
        if cursor.takes("create unique? index") {
            cursor.takes("concurrently");
            cursor.takes("if not exists");
            if !cursor.takes("on") && !cursor.takes("<name> on") {
                return None;
            }
        } else if !ABOUT.iter().any(|pattern| cursor.takes(pattern)) {
            return None;
        }
        cursor.takes("concurrently");
        cursor.takes("if exists");
        cursor.takes("only");
        cursor.name().map(|(_, name)| name)
    }

    /// The name that a statement gives a table, if it renames one.
    pub fn renamed(&self, tokens: &'a [Token]) -> Option<String> {
        let mut cursor = self.cursor(tokens);
        cursor.takes("alter table");
        cursor.takes("if exists");
        cursor.takes("only");
        cursor.name()?;
        if !cursor.takes("rename to") {
            return None;
        }
        cursor.name().map(|(_, name)| name)
    }

    /// The table that a statement creates, without its schema.
    pub fn created(&self, tokens: &'a [Token]) -> Option<String> {
        let mut cursor = self.cursor(tokens);
        if !cursor.takes("create local|global? temp|temporary|unlogged? table") {
            return None;
        }
        cursor.takes("if not exists");
        cursor.name().map(|(_, name)| name)
    }

    /// A cursor at the start of a statement.
    pub(crate) fn cursor(&self, tokens: &'a [Token]) -> Cursor<'a> {
        Cursor::new(self.text(), tokens)
    }
}

/// What comes before the name of what a statement changes.
const ABOUT: &[&str] =
    &["alter table|domain", "drop table|index|schema|database", "truncate table?", "reindex ()? index|table", "update"];

/// What a rule has found.
#[derive(Clone, Debug, PartialEq, Eq)]
// Exhaustive: callers build it.
pub struct Found {
    /// The rule.
    pub code: &'static str,
    /// How bad, if that is not the rule's own level.
    pub severity: Option<Severity>,
    /// Where, in the section's text.
    pub at: usize,
    /// What was found: lower-case, no full stop.
    pub message: String,
    /// What to do instead, with options as they are called in JavaScript and JSON.
    pub help: String,
    /// The options that the help speaks of.
    pub options: Vec<Mention>,
}

impl Found {
    /// A finding of a rule at the start of a span.
    pub fn new(code: &'static str, at: Span, message: impl Into<String>, help: impl Into<String>) -> Found {
        Found { code, severity: None, at: at.start, message: message.into(), help: help.into(), options: Vec::new() }
    }

    /// Adds an option that the help speaks of.
    pub fn with_option(mut self, option: Mention) -> Found {
        self.options.push(option);
        self
    }
}

/// Whether it is a comment.
pub(super) fn is_comment(token: &Token) -> bool {
    matches!(token.kind, Kind::LineComment | Kind::BlockComment)
}
