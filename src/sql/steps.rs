//! What of a text has to be sent together.
//!
//! | the section | how it is run |
//! |---|---|
//! | no transaction control, all statements can run in a transaction | one transaction |
//! | `BEGIN`, …, `COMMIT` around all of it | one transaction; note `transaction-wrapper` |
//! | a statement that cannot run in a transaction, or a marker that says so | statement by statement |
//! | transaction control anywhere else | statement by statement; finding `transaction-control` |
//!
//! Statement by statement, what stands between `BEGIN` and `COMMIT` is one step. So is what stands
//! before a `COMMIT` without `BEGIN`: most tools run a file in a transaction of their own, and this
//! ends it. For the same reason a last `BEGIN` without `COMMIT` is committed at the end of the
//! text. Every other statement is a step of its own. If all of this makes a single step, that is a
//! transactional section again.
//!
//! Refused with `transaction-control`, because it cannot be carried out as written: `ROLLBACK`,
//! `PREPARE TRANSACTION`, a statement between `BEGIN` and `COMMIT` that cannot run in a
//! transaction, and a savepoint outside a transaction.

use super::lex::{self, Kind};
use super::{Analysis, ConcurrentIndex, Control, Problem, Statement};
use crate::error::Code;
use crate::migration::Transaction;
use crate::plan::{Finding, Severity};
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
    /// around or between steps belongs to none. A `BEGIN` inside a transaction, which does nothing,
    /// may be among them; it is one of [`Steps::omitted`].
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
    /// semicolons, skipped psql lines), in the order of the text.
    pub omitted: Vec<Span>,
    /// What a person should know, such as transaction control in the middle of a file. Without
    /// `at`; the second item is the place in the text.
    pub findings: Vec<(Finding, Span)>,
}

/// Groups the statements of a section into steps.
///
/// Fails with `transaction-control` as the head of this module says. Findings have the codes
/// `transaction-wrapper` (note), `transaction-control` (warning; a note if a marker asks for no
/// transaction) and `transaction-options` (warning: options of a `BEGIN` are left out).
///
/// ```
/// use counterfoil::{migration::Transaction, sql};
/// let text = "begin; create table a (); commit;";
/// let analysis = sql::analyze(text, &[]).unwrap();
/// let steps = sql::steps(text, &analysis, Transaction::Auto).unwrap();
/// assert_eq!(steps.mode, sql::Mode::Transactional);
/// let sent = sql::steps::render(text, steps.steps[0].span, &steps, &analysis);
/// assert_eq!(sent, "       create table a ();        ");
/// ```
pub fn steps(text: &str, analysis: &Analysis, marker: Transaction) -> Result<Steps, Problem> {
    let statements = &analysis.statements;
    let auto = marker == Transaction::Auto;
    let control = statements.iter().any(|statement| boundary(statement).is_some());
    let mut grouping = Grouping { text, statements, groups: Vec::new(), omitted: Vec::new(), findings: Vec::new() };
    if control {
        grouping.split_at_control(auto)?;
    } else if auto && statements.iter().all(|statement| statement.transactional) {
        grouping.groups.push(Group { range: 0..statements.len(), together: true });
    } else {
        grouping.singles(0..statements.len())?;
    }
    let Grouping { groups, mut omitted, findings, .. } = grouping;
    omitted.extend(&analysis.skipped);
    omitted.sort_unstable();

    let whole = match groups.as_slice() {
        [] => Some(0..0),
        [only] if only.together => Some(only.range.clone()),
        _ => None,
    };
    let (mode, steps) = match whole {
        Some(range) => {
            let step = Step { span: Span::new(0, text.len()), ..step(statements, range, true) };
            (Mode::Transactional, vec![step])
        }
        None => {
            let steps = groups.into_iter().map(|group| step(statements, group.range, group.together)).collect();
            (Mode::StatementWise, steps)
        }
    };
    Ok(Steps { mode, steps, omitted, findings })
}

fn step(statements: &[Statement], range: Range<usize>, together: bool) -> Step {
    let inner = &statements[range.clone()];
    let (start, end) = match (inner.first(), inner.last()) {
        (Some(first), Some(last)) => (first.span.start, last.span.end),
        _ => (0, 0),
    };
    Step {
        span: Span::new(start, end),
        transactional: together || inner.iter().all(|statement| statement.transactional),
        savepoints: inner.iter().any(|statement| statement.control == Some(Control::Savepoint)),
        session: inner.iter().any(|statement| statement.session),
        concurrent_index: match inner {
            [only] => only.concurrent_index.clone(),
            _ => None,
        },
        statements: range,
    }
}

/// Transaction control that begins or ends a transaction.
fn boundary(statement: &Statement) -> Option<Control> {
    statement.control.filter(|control| *control != Control::Savepoint)
}

/// Statements that make up one step.
struct Group {
    range: Range<usize>,
    /// Whether they stand in one transaction.
    together: bool,
}

struct Grouping<'a> {
    text: &'a str,
    statements: &'a [Statement],
    groups: Vec<Group>,
    omitted: Vec<Span>,
    findings: Vec<(Finding, Span)>,
}

impl Grouping<'_> {
    fn split_at_control(&mut self, auto: bool) -> Result<(), Problem> {
        let statements = self.statements;
        // Where the statements since the last boundary begin, and what began the transaction.
        let mut from = 0;
        let mut open: Option<usize> = None;
        for (at, statement) in statements.iter().enumerate() {
            let Some(control) = boundary(statement) else { continue };
            self.omit(statement.span);
            match (control, open) {
                (Control::Begin, Some(_)) => {
                    self.control_finding(auto, statement, "BEGIN inside a transaction does nothing", "take it out");
                    continue;
                }
                (Control::Begin, None) => {
                    self.singles(from..at)?;
                    self.options(statement);
                    open = Some(at);
                }
                (Control::Commit, _) => {
                    // A tool's own transaction is what the first boundary ends, unless it is a BEGIN.
                    let own = auto && from == 0 && statements[..at].iter().all(|statement| statement.transactional);
                    match open {
                        Some(begin) => self.together(begin, from..at)?,
                        None if own => self.push(from..at, true),
                        None => self.singles(from..at)?,
                    }
                    open = chains(self.text, statement).then_some(at);
                }
                _ => return Err(rollback(statement)),
            }
            from = at + 1;
        }
        let rest = from..statements.len();
        match open {
            Some(begin) => self.together(begin, rest)?,
            None => self.singles(rest)?,
        }
        self.explain(auto);
        Ok(())
    }

    fn push(&mut self, range: Range<usize>, together: bool) {
        if !range.is_empty() {
            self.groups.push(Group { range, together });
        }
    }

    /// Each statement as a step of its own.
    fn singles(&mut self, range: Range<usize>) -> Result<(), Problem> {
        for at in range {
            let statement = &self.statements[at];
            if statement.control == Some(Control::Savepoint) {
                return Err(problem(
                    statement,
                    &[&statement.verb.to_ascii_uppercase(), " stands outside a transaction"],
                    "put BEGIN before and COMMIT after the statements that belong together, or take it out",
                ));
            }
            self.push(at..at + 1, false);
        }
        Ok(())
    }

    /// The statements of the transaction that the statement `begin` began.
    fn together(&mut self, begin: usize, range: Range<usize>) -> Result<(), Problem> {
        if let Some(statement) = self.statements[range.clone()].iter().find(|statement| !statement.transactional) {
            let begin = self.statements[begin].verb.to_ascii_uppercase();
            return Err(problem(
                statement,
                &[&statement.verb.to_ascii_uppercase(), " cannot run in a transaction, but stands after ", &begin],
                "move it out of BEGIN … COMMIT, or take BEGIN and COMMIT out",
            ));
        }
        self.push(range, true);
        Ok(())
    }

    /// Leaves out a statement and its semicolon.
    fn omit(&mut self, span: Span) {
        self.omitted.push(span);
        let rest = self.text.get(span.end..).unwrap_or("");
        let next = lex::tokens(rest).find(|token| !matches!(token.kind, Kind::LineComment | Kind::BlockComment));
        if let Some(semicolon) = next.filter(|token| token.kind == Kind::Semicolon) {
            self.omitted.push(Span::new(span.end + semicolon.span.start, span.end + semicolon.span.end));
        }
    }

    /// Options of a `BEGIN` (isolation level, `READ ONLY`, `DEFERRABLE`) have no place to go.
    fn options(&mut self, begin: &Statement) {
        let words = ["begin", "start", "work", "transaction"];
        let source = begin.span.slice(self.text);
        let plain = lex::tokens(source)
            .filter(|token| token.kind == Kind::Word)
            .all(|token| words.iter().any(|word| token.span.slice(source).eq_ignore_ascii_case(word)));
        if !plain {
            self.find(
                "transaction-options",
                Severity::Warning,
                begin,
                "the options of this transaction are left out",
                "the migration runs with the defaults of the database; take the options out",
            );
        }
    }

    /// Says what has become of the transaction control.
    fn explain(&mut self, auto: bool) {
        let boundaries = || self.statements.iter().filter(|statement| boundary(statement).is_some());
        let [first, .., last] = self.statements else {
            return;
        };
        let wrapped = boundaries().count() == 2
            && first.control == Some(Control::Begin)
            && last.control == Some(Control::Commit)
            && !chains(self.text, last);
        if wrapped {
            self.find(
                "transaction-wrapper",
                Severity::Note,
                first,
                "BEGIN and COMMIT around the migration are left out",
                "",
            );
            return;
        }
        let Some(at) = boundaries().find(|statement| !std::ptr::eq(*statement, first)).or(boundaries().next()) else {
            return;
        };
        let verb = at.verb.to_ascii_uppercase();
        if self.groups.len() < 2 {
            let message = [&verb, " has no counterpart; the migration is applied as one transaction"].concat();
            self.control_finding(auto, at, &message, "take it out");
        } else {
            let steps = self.groups.len().to_string();
            let message = [&verb, " inside the migration: it is applied in ", &steps, " steps, not at once"].concat();
            self.control_finding(auto, at, &message, "if it should be applied at once, take BEGIN and COMMIT out");
        }
    }

    fn control_finding(&mut self, auto: bool, statement: &Statement, message: &str, help: &str) {
        let severity = if auto { Severity::Warning } else { Severity::Note };
        self.find("transaction-control", severity, statement, message, help);
    }

    fn find(&mut self, code: &'static str, severity: Severity, at: &Statement, message: &str, help: &str) {
        let finding = Finding { code, severity, message: String::from(message), help: String::from(help), at: None };
        self.findings.push((finding, at.span));
    }
}

fn rollback(statement: &Statement) -> Problem {
    problem(
        statement,
        &[&statement.verb.to_ascii_uppercase(), " cannot be carried out in a migration"],
        "take it out together with what it undoes",
    )
}

fn problem(statement: &Statement, message: &[&str], help: &str) -> Problem {
    Problem {
        code: Code::TransactionControl,
        message: message.concat(),
        help: String::from(help),
        span: statement.span,
    }
}

/// Whether a `COMMIT` begins the next transaction at once: `AND CHAIN`, not `AND NO CHAIN`.
fn chains(text: &str, commit: &Statement) -> bool {
    let source = commit.span.slice(text);
    let mut words = lex::tokens(source).filter(|token| token.kind == Kind::Word).map(|token| token.span.slice(source));
    words.any(|word| word.eq_ignore_ascii_case("and")) && words.next().is_some_and(|w| w.eq_ignore_ascii_case("chain"))
}

/// The text of a span as it is sent: `omitted` parts become spaces and terminators a semicolon.
///
/// Byte offsets and line breaks stay where they are, so that a position in what was sent is a
/// position in the file. The text may end in a comment without a line break: what is put after it
/// should begin with one.
pub fn render(text: &str, span: Span, steps: &Steps, analysis: &Analysis) -> String {
    let mut sent = String::with_capacity(span.slice(text).len());
    let mut at = span.start;
    // Both lists are in the order of the text.
    let mut omitted = within(&steps.omitted, span).iter().peekable();
    let mut terminators = within(&analysis.terminators, span).iter().peekable();
    loop {
        let terminator = match (omitted.peek(), terminators.peek()) {
            (Some(omitted), Some(terminator)) => terminator.start < omitted.start,
            (None, Some(_)) => true,
            (Some(_), None) => false,
            (None, None) => break,
        };
        let Some(part) = (if terminator { terminators.next() } else { omitted.next() }) else { break };
        // A skipped psql line may lie inside a statement that is left out.
        let part = Span::new(part.start.max(at), part.end.max(at));
        sent.push_str(Span::new(at, part.start).slice(text));
        let mut bytes = part.slice(text).bytes();
        if terminator && bytes.next().is_some() {
            sent.push(';');
        }
        sent.extend(bytes.map(|byte| if matches!(byte, b'\n' | b'\r') { byte as char } else { ' ' }));
        at = part.end;
    }
    sent.push_str(Span::new(at, span.end).slice(text));
    sent
}

/// The spans that lie in `span`, of a list in the order of the text.
fn within(spans: &[Span], span: Span) -> &[Span] {
    let from = spans.partition_point(|part| part.start < span.start);
    let to = spans.partition_point(|part| part.end <= span.end);
    spans.get(from..to).unwrap_or(&[])
}
