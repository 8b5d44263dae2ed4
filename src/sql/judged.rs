//! Statements that run alone, and of which the database itself tells afterwards what has become of them, or that may be
//! run once more whatever has.

use super::lex::{Kind, Token, tokens};
use super::pattern::Cursor;
use crate::span::Span;

/// How it is told what has become of a statement that ran alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Judged {
    /// `CREATE INDEX CONCURRENTLY IF NOT EXISTS`: by the index, also before it is run. PostgreSQL would pass over an
    /// index that is invalid, or another one of this name. So these words, which lie there in the text, are not sent: an
    /// index that comes in between makes the statement fail, and is judged.
    BuildIfMissing(Span),
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
    ("create unique? index concurrently", Judged::Build),
    ("drop index concurrently", Judged::Drop),
    ("reindex (+concurrently)", Judged::Reindex),
    ("reindex ()? index|table|schema|database|system concurrently", Judged::Reindex),
    ("alter table ... detach partition <name> concurrently", Judged::Detach),
    ("vacuum|reindex|cluster|discard", Judged::Repeat),
    ("alter system", Judged::Repeat),
];

pub(super) fn kind(mut cursor: Cursor<'_>) -> Option<Judged> {
    let (_, kind) = *KINDS.iter().find(|(pattern, _)| cursor.takes(pattern))?;
    let from = cursor.at;
    if kind == Judged::Build && cursor.takes("if not exists") {
        let (first, last) = (cursor.tokens[from].span, cursor.tokens[cursor.at - 1].span);
        return Some(Judged::BuildIfMissing(Span::new(first.start, last.end)));
    }
    Some(kind)
}

/// The tokens of a statement, without comments.
pub(crate) fn code(text: &str) -> Vec<Token> {
    tokens(text).filter(|token| !matches!(token.kind, Kind::LineComment | Kind::BlockComment)).collect()
}
