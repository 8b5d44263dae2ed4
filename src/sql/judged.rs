//! Statements that run alone, and of which the database itself tells afterwards what has become of them, or that may be
//! run once more whatever has.

use super::Statement;
use super::lex::{Kind, Token, tokens};
use super::pattern::Cursor;
use crate::span::Span;

/// How it is told what has become of a statement that ran alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Judged {
    /// `CREATE INDEX CONCURRENTLY IF NOT EXISTS`: by the index, also before it is run. PostgreSQL would pass over an
    /// index that is invalid, or another one of this name.
    BuildIfMissing,
    /// `CREATE INDEX CONCURRENTLY`: by the index.
    Build,
    /// `DROP INDEX CONCURRENTLY`: by whether the index is there.
    Drop,
    /// `REINDEX … CONCURRENTLY`: it may be run again, without what it has left behind.
    Reindex,
    /// `ALTER TABLE … DETACH PARTITION … CONCURRENTLY`: by whether the partition is one still, or is being detached.
    Detach,
    /// It may be run again.
    Repeat,
}

/// The kinds, the more special ones first.
const KINDS: &[(&str, Judged)] = &[
    ("create unique? index concurrently if not exists", Judged::BuildIfMissing),
    ("create unique? index concurrently", Judged::Build),
    ("drop index concurrently", Judged::Drop),
    ("reindex (+concurrently)", Judged::Reindex),
    ("reindex ()? index|table|schema|database|system concurrently", Judged::Reindex),
    ("alter table ... detach partition <name> concurrently", Judged::Detach),
    ("vacuum|reindex|cluster|discard", Judged::Repeat),
    ("alter system", Judged::Repeat),
];

pub(super) fn kind(cursor: Cursor<'_>) -> Option<Judged> {
    KINDS.iter().find(|(pattern, _)| cursor.starts(pattern)).map(|(_, kind)| *kind)
}

/// The tokens of a statement, without comments.
pub(crate) fn code(text: &str) -> Vec<Token> {
    tokens(text).filter(|token| !matches!(token.kind, Kind::LineComment | Kind::BlockComment)).collect()
}

/// Where `IF NOT EXISTS` stands in the text that the statement is of. It is not sent: an index that comes in between
/// makes the statement fail then, and is judged.
pub(super) fn if_not_exists(text: &str, statement: &Statement) -> Option<Span> {
    let found = code(statement.span.slice(text));
    let at = found.iter().position(|token| token.span.slice(statement.span.slice(text)).eq_ignore_ascii_case("if"))?;
    let (first, last) = (found.get(at)?, found.get(at + 2)?);
    Some(Span::new(statement.span.start + first.span.start, statement.span.start + last.span.end))
}
