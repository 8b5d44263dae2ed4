//! What is known of a statement, and of a text that is split into statements.

use super::Judged;
use crate::error::Code;
use crate::span::Span;
use std::ops::Range;

/// One statement of a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Statement {
    /// From its first token up to its last, without the semicolon.
    pub span: Span,
    /// Its leading keywords in lower case, such as `create index concurrently`: for messages.
    pub verb: String,
    /// Whether it can run inside a transaction block.
    pub transactional: bool,
    /// Set if the statement is transaction control.
    pub control: Option<Control>,
    /// Whether it may change a session setting that outlives the transaction.
    pub session: bool,
    /// Set if the statement throws away a whole schema, database or all that somebody owns.
    pub destructive: Option<String>,
    /// Set if it runs alone, and it can be told afterwards what has become of it.
    pub judged: Option<Judged>,
    /// Whether it may throw data away, as far as its words tell: `DROP`, `TRUNCATE`, `DELETE` or `ALTER` stands in it, in
    /// whatever place, or it runs code.
    pub removes: bool,
    /// Tables that it drops, renames, moves to another schema or creates.
    pub tables: Vec<TableAct>,
}

/// Transaction control statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Control {
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `COMMIT`, `END`.
    Commit,
    /// `ROLLBACK`, `ABORT` (not `ROLLBACK TO`), `PREPARE TRANSACTION` and the like.
    Rollback,
    /// `SAVEPOINT`, `RELEASE`, `ROLLBACK TO`.
    Savepoint,
}

impl Control {
    /// Whether it only works inside a transaction, and does not end it.
    pub fn is_savepoint(self) -> bool {
        self == Control::Savepoint
    }
}

/// What a statement does to a table as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TableAct {
    /// The table's schema, if written. Folded.
    pub schema: Option<String>,
    /// The table. Folded.
    pub table: String,
    /// What is done.
    pub act: Act,
}

/// What is done to a table as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Act {
    /// `CREATE TABLE`.
    Create,
    /// `DROP TABLE`.
    Drop,
    /// `ALTER TABLE … RENAME TO` or `… SET SCHEMA`.
    Rename,
    /// `TRUNCATE`, or `DELETE` without `WHERE`.
    Empty,
}

/// A text split into statements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Analysis {
    /// The statements, in order. Empty ones are left out.
    pub statements: Vec<Statement>,
    /// Lines that are skipped: `\restrict` and `\unrestrict` of pg_dump.
    pub skipped: Vec<Span>,
    /// Marker comments that end a statement which has no semicolon of its own; when the text is
    /// sent as a whole a semicolon must stand there.
    pub terminators: Vec<Span>,
    /// Several statements that their tool sends as one message, as indices into `statements`.
    pub blocks: Vec<Range<usize>>,
}

/// Why a text cannot be run here. The caller knows the file and makes an [`crate::Error`] of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Problem {
    /// The code.
    pub code: Code,
    /// What was found: lower-case, no full stop.
    pub message: String,
    /// What to do next.
    pub help: String,
    /// Where, in the text that was given.
    pub span: Span,
}
