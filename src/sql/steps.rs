//! What of a text has to be sent together.

use super::{Analysis, ConcurrentIndex, Problem};
use crate::migration::Transaction;
use crate::plan::Finding;
use crate::span::Span;
use std::ops::Range;

/// How a section is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// As one transaction with its ledger row.
    Transactional,
    /// Step by step, with recorded progress.
    StatementWise,
}

/// A part of a section that is sent in one message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// The statements, as indices into [`Analysis::statements`]. Transaction control that stands
    /// around or between steps belongs to none.
    pub statements: Range<usize>,
    /// From the first statement's start to the last one's end; for a transactional section the
    /// whole text.
    pub span: Span,
    /// Whether the step can run in a transaction together with the record of its progress. A step
    /// that cannot is a single statement.
    pub transactional: bool,
    /// Whether it uses savepoints, and so needs an explicit `BEGIN`.
    pub savepoints: bool,
    /// Whether it may change session settings.
    pub session: bool,
    /// Set if it is a `CREATE INDEX CONCURRENTLY` with an index name.
    pub concurrent_index: Option<ConcurrentIndex>,
}

/// A section as it is run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Steps {
    /// As one transaction, or step by step.
    pub mode: Mode,
    /// The steps: exactly one if transactional.
    pub steps: Vec<Step>,
    /// Parts of the text that are left out of what is sent (`BEGIN` and `COMMIT` with their
    /// semicolons, skipped psql lines).
    pub omitted: Vec<Span>,
    /// What a person should know, such as transaction control in the middle of a file. Without
    /// `at`; the second item is the place in the text.
    pub findings: Vec<(Finding, Span)>,
}

/// Groups the statements of a section into steps.
pub fn steps(_text: &str, _analysis: &Analysis, _marker: Transaction) -> Result<Steps, Problem> {
    todo!()
}

/// The text of a span as it is sent: `omitted` parts become spaces and terminators a semicolon.
/// Byte offsets and line breaks stay where they are, so that a position in what was sent is a
/// position in the file.
pub fn render(_text: &str, _span: Span, _steps: &Steps, _analysis: &Analysis) -> String {
    todo!()
}
