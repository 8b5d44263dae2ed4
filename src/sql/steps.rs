//! What of a text has to be sent together.
//!
//! | the section | how it is run |
//! |---|---|
//! | no transaction control, all statements can run in a transaction | one transaction |
//! | `BEGIN`, …, `COMMIT` around all of it | one transaction; note `transaction-wrapper` |
//! | a statement that cannot run in a transaction, or a marker that says so | statement by statement |
//! | transaction control anywhere else | statement by statement; finding `transaction-control` |
//!
//! Statement by statement, what stands between goose's or sql-migrate's `StatementBegin` and `StatementEnd` is one
//! step, since these tools send it as one message; and what stands between `BEGIN` and `COMMIT` is one step. So is what stands
//! before a `COMMIT` without `BEGIN`: most tools run a file in a transaction of their own, and this
//! ends it. For the same reason a last `BEGIN` without `COMMIT` is committed at the end of the
//! text. Every other statement is a step of its own. If all of this makes a single step, that is a
//! transactional section again.
//!
//! Refused with `transaction-control`, because it cannot be carried out as written: `ROLLBACK`,
//! `PREPARE TRANSACTION`, a statement between `BEGIN` and `COMMIT` that cannot run in a
//! transaction, and a savepoint outside a transaction.

use super::lex::{self, Kind};
use super::{Analysis, Control, Judged, Problem, Statement};
use crate::error::Code;
use crate::finding::{Finding, Severity};
use crate::span::Span;
use std::borrow::Cow;
use std::ops::Range;

/// The codes of the findings.
pub const CODES: &[&str] = &["transaction-control", "transaction-options", "transaction-wrapper"];

/// What a marker in the file says about transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transaction {
    /// Nothing: it is judged by the statements.
    #[default]
    Auto,
    /// The file asks to be run outside a transaction.
    Off,
}

/// How a section is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// As one transaction with its ledger row.
    Transactional,
    /// Step by step, with recorded progress.
    StatementWise,
}

/// A part of a section that is sent in one message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
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
    /// Set if it runs alone, and it can be told afterwards what has become of it.
    pub judged: Option<Judged>,
    /// Whether it may be sent alone if it turns out that it refuses a transaction: a single statement that does not
    /// stand in a `BEGIN` … `COMMIT` of its own.
    pub single: bool,
    /// What it leaves behind if it fails when it is sent alone.
    pub left: Left,
}

/// What a step that was sent alone, outside a transaction, leaves behind if it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Left {
    /// Nothing: PostgreSQL undoes it by itself. If the connection broke, nobody can tell whether it has happened.
    Nothing,
    /// What the database can be asked for: then the next try finds out whether it has happened.
    Judged,
    /// A part of it may be kept, since it can commit on the way.
    Part,
}

/// What a failed lone step leaves.
fn left(inner: &[Statement]) -> Left {
    match inner {
        [only] if only.judged.is_some() => Left::Judged,
        [only] if ["call", "do"].contains(&&*only.verb) => Left::Part,
        _ => Left::Nothing,
    }
}

/// A section as it is run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Steps {
    /// As one transaction, or step by step.
    pub mode: Mode,
    /// The steps: exactly one if transactional.
    pub steps: Vec<Step>,
    /// Parts of the text that are left out of what is sent (`BEGIN` and `COMMIT` with their
    /// semicolons, skipped psql lines, `IF NOT EXISTS` of an index that is built concurrently), in the order of the text.
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
    let mut grouping = Grouping {
        text,
        statements,
        blocks: &analysis.blocks,
        groups: Vec::new(),
        boundaries: Vec::new(),
        omitted: Vec::new(),
        findings: Vec::new(),
    };
    if control {
        grouping.split_at_control(auto)?;
    } else if auto && statements.iter().all(|statement| statement.transactional) {
        grouping.groups.push(Group { range: 0..statements.len(), together: true });
    } else {
        grouping.singles(0..statements.len())?;
    }
    let Grouping { groups, mut omitted, findings, .. } = grouping;
    omitted.extend(&analysis.skipped);
    for statement in statements {
        if let Some(Judged::BuildIfMissing(words)) = statement.judged {
            omitted.push(words);
        }
    }
    crate::ordered::sort(&mut omitted);

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
        judged: match inner {
            [only] => only.judged,
            _ => None,
        },
        single: !together && inner.len() == 1,
        left: left(inner),
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
    /// Statements that their tool sends as one message.
    blocks: &'a [Range<usize>],
    groups: Vec<Group>,
    /// The statements that begin or end a transaction.
    boundaries: Vec<usize>,
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
            self.boundaries.push(at);
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

    /// Each statement as a step of its own, unless it belongs to a block.
    fn singles(&mut self, range: Range<usize>) -> Result<(), Problem> {
        let mut from = range.start;
        while from < range.end {
            let at = from;
            // They come in the order of the text.
            let block = self.blocks.get(self.blocks.partition_point(|block| block.start < at));
            let block = block.filter(|block| block.start == at && block.end <= range.end);
            if let Some(block) = block.filter(|block| self.statements[(*block).clone()].iter().all(|s| s.transactional))
            {
                from = block.end;
                self.push(block.clone(), true);
                continue;
            }
            from += 1;
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

    /// Of the options of a `BEGIN` only the isolation level is kept: `READ ONLY` and `DEFERRABLE` have
    /// no place in a transaction that writes the ledger.
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
                "of the options of this transaction only the isolation level is kept",
                "take READ ONLY, READ WRITE and DEFERRABLE out: the migration's transaction writes the ledger too",
            );
        }
    }

    /// Says what has become of the transaction control.
    fn explain(&mut self, auto: bool) {
        let end = self.statements.len();
        let (Some(first), Some(last)) = (self.statements.first(), self.statements.last()) else { return };
        let wrapped = self.boundaries == [0, end - 1]
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
        // A BEGIN at the very start is not what makes the difference.
        let inside = self.boundaries.iter().find(|at| **at > 0).or(self.boundaries.first());
        let Some(at) = inside.map(|at| &self.statements[*at]) else { return };
        let verb = at.verb.to_ascii_uppercase();
        if self.groups.len() < 2 {
            let message = format!("{verb} makes no difference here and is left out");
            self.control_finding(auto, at, &message, "take it out");
        } else {
            let steps = self.groups.len().to_string();
            let message = format!("{verb} inside the migration: it is applied in {steps} steps, not at once");
            self.control_finding(auto, at, &message, "if it should be applied at once, take BEGIN and COMMIT out");
        }
    }

    fn control_finding(&mut self, auto: bool, statement: &Statement, message: &str, help: &str) {
        let severity = if auto { Severity::Warning } else { Severity::Note };
        self.find("transaction-control", severity, statement, message, help);
    }

    fn find(&mut self, code: &'static str, severity: Severity, at: &Statement, message: &str, help: &str) {
        debug_assert!(CODES.contains(&code), "{code} is not among the codes");
        // Once is enough, and keeps the list short whatever the file.
        if self.findings.iter().any(|(finding, _)| finding.code == code && finding.message == message) {
            return;
        }
        let finding = Finding::new(code, severity, String::from(message)).with_help(String::from(help));
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
pub fn render<'t>(text: &'t str, span: Span, steps: &Steps, analysis: &Analysis) -> Cow<'t, str> {
    // Both lists are in the order of the text.
    let mut omitted = within(&steps.omitted, span).iter().peekable();
    let mut terminators = within(&analysis.terminators, span).iter().peekable();
    if omitted.peek().is_none() && terminators.peek().is_none() {
        return Cow::Borrowed(span.slice(text));
    }
    let mut sent = String::with_capacity(span.slice(text).len());
    let mut at = span.start;
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
    Cow::Owned(sent)
}

/// The spans that lie in `span`, of a list in the order of the text.
fn within(spans: &[Span], span: Span) -> &[Span] {
    let from = spans.partition_point(|part| part.start < span.start);
    let to = spans.partition_point(|part| part.end <= span.end);
    spans.get(from..to).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::super::analyze;
    use super::*;

    /// Runs `text` through and shows what comes out: `one:` or `step:` for the mode, then what is
    /// sent, squeezed, with `!` before what cannot run in a transaction, then the findings.
    #[track_caller]
    fn shown(text: &str, marker: Transaction) -> String {
        let analysis = analyze(text, &[]).expect("statements");
        let steps = steps(text, &analysis, marker).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
        let mut out = String::from(if steps.mode == Mode::Transactional { "one:" } else { "step:" });
        for step in &steps.steps {
            let sent = render(text, step.span, &steps, &analysis);
            assert_eq!(sent.len(), step.span.end - step.span.start, "{text}");
            out.push_str(if step.transactional { " [" } else { " ![" });
            out.push_str(&sent.split_whitespace().collect::<Vec<_>>().join(" "));
            out.push(']');
        }
        for (finding, span) in &steps.findings {
            out.push_str(&format!(" {} at {}", finding.code, span.start));
        }
        out
    }

    #[track_caller]
    fn runs(text: &str, expected: &str) {
        assert_eq!(shown(text, Transaction::Auto), expected, "{text}");
    }

    #[track_caller]
    fn runs_unwrapped(text: &str, expected: &str) {
        assert_eq!(shown(text, Transaction::Off), expected, "{text}");
    }

    #[track_caller]
    fn refuses(text: &str, at: usize, message: &str) {
        let analysis = analyze(text, &[]).expect("statements");
        let problem = steps(text, &analysis, Transaction::Auto).expect_err(text);
        assert_eq!((problem.code, problem.span.start), (Code::TransactionControl, at), "{text}");
        assert_eq!(problem.message, message, "{text}");
        assert!(!problem.help.is_empty(), "{text}");
    }

    #[test]
    fn a_plain_file_is_one_transaction() {
        runs("a; b;", "one: [a; b;]");
        runs("", "one: []");
        runs("-- nothing", "one: [-- nothing]");
        runs("savepoint a; b; release a", "one: [savepoint a; b; release a]");
    }

    #[test]
    fn a_statement_that_cannot_run_in_a_transaction_takes_the_file_apart() {
        runs("a; vacuum; b", "step: [a] ![vacuum] [b]");
        runs("-- only\nvacuum; -- this", "step: ![vacuum]");
    }

    #[test]
    fn a_marker_takes_the_file_apart() {
        runs_unwrapped("a; b;", "step: [a] [b]");
        runs_unwrapped("begin; a; commit; vacuum", "step: [a] ![vacuum] transaction-control at 10");
        runs_unwrapped("begin; a; b; commit", "one: [a; b;] transaction-wrapper at 0");
        runs_unwrapped("a; b; commit; c", "step: [a] [b] [c] transaction-control at 6");
        runs_unwrapped("", "one: []");
    }

    #[test]
    fn the_statements_of_a_block_are_one_step() {
        #[track_caller]
        fn runs_blocks(text: &str, expected: &str) {
            let begin = |at: usize| text[..at].rfind("-- begin").expect("a begin");
            let breaks: Vec<Span> =
                text.match_indices("-- end").map(|(at, end)| Span::new(begin(at), at + end.len())).collect();
            let analysis = analyze(text, &breaks).expect("statements");
            let steps = steps(text, &analysis, Transaction::Off).expect("steps");
            let shown: Vec<_> = steps
                .steps
                .iter()
                .map(|step| {
                    let sent = render(text, step.span, &steps, &analysis);
                    let sent = sent.split_whitespace().collect::<Vec<_>>().join(" ");
                    format!("{}{sent}", if step.single { "" } else { "+" })
                })
                .collect();
            assert_eq!(shown.join(" | "), expected, "{text}");
        }
        runs_blocks("a;\n-- begin\nb; -- x\nc\n-- end\nd; e", "a | +b; -- x c | d | e");
        runs_blocks("-- begin\na;\n-- end\n-- begin\nb; c;\n-- end\n", "a | +b; c");
        // A statement that would be refused in such a message runs by itself.
        runs_blocks("-- begin\na; vacuum;\n-- end\nb", "a | vacuum | b");
        runs_blocks("-- begin\na; begin; b; c; commit; d; e\n-- end\n", "a | +b; c | d | e");
    }

    #[test]
    fn what_a_failed_lone_step_leaves_is_told_by_its_statement() {
        for (text, expected) in [
            ("create index concurrently i on t (a)", Left::Judged),
            ("vacuum t", Left::Judged),
            ("drop subscription s", Left::Nothing),
            ("call p()", Left::Part),
            ("do $$ begin commit; end $$", Left::Part),
            ("alter table t detach partition p concurrently", Left::Judged),
        ] {
            let analysis = analyze(text, &[]).expect("statements");
            let steps = steps(text, &analysis, Transaction::Off).expect("steps").steps;
            assert_eq!((steps[0].single, steps[0].left), (true, expected), "{text}");
        }
    }

    #[test]
    fn a_wrapper_is_left_out() {
        runs("begin; a; b; commit;", "one: [a; b;] transaction-wrapper at 0");
        runs("begin work /* x */ ; a;\nend;", "one: [/* x */ a;] transaction-wrapper at 0");
        runs("start transaction; a; commit", "one: [a;] transaction-wrapper at 0");
        runs(
            "begin; savepoint x; a; rollback to x; commit",
            "one: [savepoint x; a; rollback to x;] transaction-wrapper at 0",
        );
        runs("begin; commit;", "one: [] transaction-wrapper at 0");
    }

    #[test]
    fn options_of_a_wrapper_are_missed_aloud() {
        runs(
            "begin isolation level serializable; a; commit;",
            "one: [a;] transaction-options at 0 transaction-wrapper at 0",
        );
        runs("a; begin read only; b; commit", "step: [a] [b] transaction-options at 3 transaction-control at 3");
    }

    #[test]
    fn what_stands_between_begin_and_commit_is_one_step() {
        runs("a; begin; b; c; commit; d", "step: [a] [b; c] [d] transaction-control at 3");
        runs("begin; a; commit; begin; b; c; commit;", "step: [a] [b; c] transaction-control at 10");
        runs("begin; a; commit and chain; b; commit;", "step: [a] [b] transaction-control at 10");
        runs("begin; a; commit and no chain; b;", "step: [a] [b] transaction-control at 10");
        runs("begin; a; commit; vacuum", "step: [a] ![vacuum] transaction-control at 10");
    }

    #[test]
    fn a_commit_ends_the_transaction_that_the_tool_began() {
        runs("a; b; commit; c; vacuum", "step: [a; b] [c] ![vacuum] transaction-control at 6");
        runs("commit; vacuum; a; b", "step: ![vacuum] [a] [b] transaction-control at 0");
        runs("a; commit; vacuum; begin; b; c;", "step: [a] ![vacuum] [b; c] transaction-control at 3");
        runs("a; vacuum; commit; b", "step: [a] ![vacuum] [b] transaction-control at 11");
    }

    #[test]
    fn control_without_a_counterpart_leaves_one_transaction() {
        runs("begin; a; b;", "one: [a; b;] transaction-control at 0");
        runs("a; b; commit;", "one: [a; b;] transaction-control at 6");
        runs("begin; begin; begin; a; begin", "one: [a;] transaction-control at 7 transaction-control at 0");
        runs("begin; a; begin; b; commit;", "one: [a; b;] transaction-control at 10 transaction-wrapper at 0");
    }

    #[test]
    fn findings_say_what_has_become_of_the_file() {
        #[track_caller]
        fn says(text: &str, marker: Transaction, severity: Severity, message: &str) {
            let analysis = analyze(text, &[]).expect("statements");
            let findings = steps(text, &analysis, marker).expect("steps").findings;
            assert_eq!((findings[0].0.severity, findings[0].0.message.as_str()), (severity, message), "{text}");
        }
        let (auto, off) = (Transaction::Auto, Transaction::Off);
        says("begin; a; commit", auto, Severity::Note, "BEGIN and COMMIT around the migration are left out");
        says(
            "a; commit; b",
            auto,
            Severity::Warning,
            "COMMIT inside the migration: it is applied in 2 steps, not at once",
        );
        says(
            "begin; a; commit; b",
            off,
            Severity::Note,
            "COMMIT inside the migration: it is applied in 2 steps, not at once",
        );
        says("begin; a", auto, Severity::Warning, "BEGIN makes no difference here and is left out");
        says(
            "begin read only; a; commit",
            auto,
            Severity::Warning,
            "of the options of this transaction only the isolation level is kept",
        );
        says("begin; begin; a; commit", auto, Severity::Warning, "BEGIN inside a transaction does nothing");
    }

    #[test]
    fn what_cannot_be_carried_out_is_refused() {
        refuses("a; rollback;", 3, "ROLLBACK cannot be carried out in a migration");
        refuses("begin; a; rollback;", 10, "ROLLBACK cannot be carried out in a migration");
        refuses("begin; a; prepare transaction 'x';", 10, "PREPARE TRANSACTION cannot be carried out in a migration");
        refuses("begin; vacuum; commit;", 7, "VACUUM cannot run in a transaction, but stands after BEGIN");
        refuses(
            "a; commit and chain; create index concurrently i on t (a)",
            21,
            "CREATE INDEX CONCURRENTLY cannot run in a transaction, but stands after COMMIT AND CHAIN",
        );
        refuses("savepoint a; vacuum", 0, "SAVEPOINT stands outside a transaction");
    }

    #[test]
    fn steps_know_what_their_statements_need() {
        let text = "begin; savepoint a; commit; set x.y = 1; create index concurrently i on s.t (a);";
        let analysis = analyze(text, &[]).expect("statements");
        let found = steps(text, &analysis, Transaction::Auto).expect("steps").steps;
        let flags: Vec<_> = found.iter().map(|step| (step.statements.clone(), step.savepoints, step.session)).collect();
        assert_eq!(flags, [(1..2, true, false), (3..4, false, true), (4..5, false, false)]);
        assert_eq!(found.iter().map(|step| step.judged).collect::<Vec<_>>(), [None, None, Some(Judged::Build)]);
    }

    #[test]
    fn an_index_is_built_or_its_name_is_taken() {
        runs(
            "create unique index concurrently if /* x */ not\nexists i on t (a); a",
            "step: ![create unique index concurrently i on t (a)] [a]",
        );
        runs(
            "create index if not exists i on t (a); vacuum",
            "step: [create index if not exists i on t (a)] ![vacuum]",
        );
    }

    #[test]
    fn what_is_sent_keeps_every_position() {
        let text = "\\restrict x\nbegin /* é\n */ ;\r\ncreate table é ()\n-- mark\nselect 'é';\ncommit";
        let at = text.find("-- mark").unwrap();
        let analysis = analyze(text, &[Span::new(at, at + 7)]).expect("statements");
        let steps = steps(text, &analysis, Transaction::Auto).expect("steps");
        assert_eq!(
            render(text, steps.steps[0].span, &steps, &analysis),
            "           \n      /* é\n */  \r\ncreate table é ()\n;      \nselect 'é';\n      "
        );
    }
}
