//! Splits a text into statements.
//!
//! A semicolon ends a statement except in the two places where PostgreSQL's grammar
//! (`src/backend/parser/gram.y`) has one inside a statement:
//! - `CREATE [OR REPLACE] RULE … DO (a; b)` (`RuleActionMulti`),
//! - `CREATE [OR REPLACE] FUNCTION|PROCEDURE … BEGIN ATOMIC a; b; END` (`routine_body_stmt_list`).
//!
//! psql (`src/fe_utils/psqlscan.l`) knows the same two by rules of thumb: it takes every semicolon
//! in parentheses for an inner one, and counts `BEGIN`, `CASE` and `END` in every `CREATE FUNCTION`.
//! Here the grammar is followed more closely, so that an argument named `begin` or a missing `)`
//! does not swallow the rest of the file: a body begins with the two words `BEGIN ATOMIC`, and
//! since each of its statements ends in a semicolon, its `END` is the one after a semicolon.

use super::lex::{Kind, Token, Unclosed, tokens};
use super::{Analysis, Problem, classify};
use crate::error::Code;
use crate::span::Span;

/// PostgreSQL allocates at most this many bytes for a message (`MaxAllocSize`).
const LONGEST: usize = 0x3fff_ffff;

/// Splits a text and classifies its statements.
///
/// `breaks` end in line comments of the text that end a statement (see
/// [`crate::migration::Section`]). A break that does not end in a line comment, such as one inside
/// a string, counts for nothing. The statements of one that begins earlier are a block.
///
/// Fails with the first of these in the text: a NUL byte or more than 1 GiB (`invalid-text`),
/// `unterminated-string`, `unterminated-identifier`, `unterminated-dollar-quote`,
/// `unterminated-comment`, `copy-from-stdin`, `psql-command`.
///
/// ```
/// let sql = counterfoil::sql::analyze("select 1;; select ';' -- ;", &[]).unwrap();
/// let spans: Vec<_> = sql.statements.iter().map(|statement| (statement.span.start, statement.span.end)).collect();
/// assert_eq!(spans, [(0, 8), (11, 21)]);
/// ```
pub fn analyze(text: &str, breaks: &[Span]) -> Result<Analysis, Problem> {
    if text.len() > LONGEST {
        return Err(Problem {
            code: Code::InvalidText,
            message: String::from("the file is longer than 1 GiB"),
            help: String::from("split it; PostgreSQL cannot take a message of this size"),
            span: Span::default(),
        });
    }
    let nul = text.find('\0');
    let mut breaks = Breaks::new(breaks);
    let mut analysis = Analysis::default();
    let mut nesting = Nesting::default();
    let mut statement: Vec<Token> = Vec::new();
    for token in tokens(text) {
        if let Some(nul) = nul.filter(|&nul| nul < token.span.end) {
            return Err(nul_byte(nul));
        }
        match token.kind {
            Kind::BlockComment => {}
            Kind::LineComment => {
                let Some(start) = breaks.end(token.span) else { continue };
                if !statement.is_empty() {
                    analysis.terminators.push(token.span);
                    finish(text, &mut statement, &mut analysis)?;
                }
                let block =
                    analysis.statements.partition_point(|one| one.span.start < start)..analysis.statements.len();
                if block.len() > 1 {
                    analysis.blocks.push(block);
                }
                nesting = Nesting::default();
            }
            Kind::PsqlCommand => analysis.skipped.push(psql_command(text, token.span)?),
            Kind::Unterminated(what) => return Err(unterminated(text, what, token.span)),
            Kind::Semicolon if nesting.ends_at_semicolon() => {
                finish(text, &mut statement, &mut analysis)?;
                nesting = Nesting::default();
            }
            _ => {
                nesting.push(text, token);
                statement.push(token);
            }
        }
    }
    if let Some(nul) = nul {
        return Err(nul_byte(nul));
    }
    finish(text, &mut statement, &mut analysis)?;
    Ok(analysis)
}

fn finish(text: &str, statement: &mut Vec<Token>, analysis: &mut Analysis) -> Result<(), Problem> {
    if !statement.is_empty() {
        analysis.statements.push(classify::statement(text, statement)?);
        statement.clear();
    }
    Ok(())
}

fn nul_byte(at: usize) -> Problem {
    Problem {
        code: Code::InvalidText,
        message: String::from("the file has a NUL byte"),
        help: String::from("save the file as UTF-8 text without NUL bytes; PostgreSQL cannot store them in text"),
        span: Span::new(at, at + 1),
    }
}

/// Whether a psql command is one that is skipped: `\restrict` and `\unrestrict` of pg_dump.
pub(crate) fn is_skipped(command: &str) -> bool {
    matches!(psql_word(command), "\\restrict" | "\\unrestrict")
}

fn psql_word(command: &str) -> &str {
    command.split([' ', '\t']).next().unwrap_or("")
}

fn psql_command(text: &str, span: Span) -> Result<Span, Problem> {
    let command = span.slice(text);
    if is_skipped(command) {
        return Ok(span);
    }
    let word = psql_word(command);
    let help = match word {
        "\\." => {
            "this ends the data of COPY … FROM stdin; write the rows as INSERT statements (pg_dump --inserts does)"
        }
        "\\copy" => "load the rows with INSERT statements",
        "\\i" | "\\ir" | "\\include" | "\\include_relative" => "put the text of the included file here",
        "\\c" | "\\connect" => "take the line out; a migration runs on the database that it is given",
        _ => "take the line out or write it as SQL; only psql itself understands it",
    };
    let mut message = String::from("the psql command ");
    message.push_str(word);
    message.push_str(" cannot run here");
    Err(Problem { code: Code::PsqlCommand, message, help: String::from(help), span })
}

fn unterminated(text: &str, what: Unclosed, span: Span) -> Problem {
    let (code, message, help) = match what {
        Unclosed::String => (
            Code::UnterminatedString,
            String::from("a string literal is not closed"),
            String::from("close it with '; a quote inside a string is written ''"),
        ),
        Unclosed::Identifier => (
            Code::UnterminatedIdentifier,
            String::from("a quoted identifier is not closed"),
            String::from("close it with \""),
        ),
        Unclosed::DollarQuote => {
            let rest = span.slice(text);
            let tag = rest.get(1..).and_then(|rest| rest.find('$')).map_or("$$", |end| &rest[..end + 2]);
            let mut message = String::from("the dollar-quoted string ");
            message.push_str(tag);
            message.push_str(" is not closed");
            let mut help = String::from("close it with ");
            help.push_str(tag);
            (Code::UnterminatedDollarQuote, message, help)
        }
        Unclosed::Comment => (
            Code::UnterminatedComment,
            String::from("a block comment is not closed"),
            String::from("close it with */; every /* inside a comment needs one of its own"),
        ),
    };
    Problem { code, message, help, span }
}

/// The breaks, matched with comments in the order of the text.
struct Breaks {
    spans: Vec<Span>,
    next: usize,
}

impl Breaks {
    fn new(breaks: &[Span]) -> Self {
        let mut spans = breaks.to_vec();
        crate::ordered::sort(&mut spans);
        Breaks { spans, next: 0 }
    }

    /// Where the break begins that ends in this comment, which must come after those asked about before.
    fn end(&mut self, comment: Span) -> Option<usize> {
        while self.spans.get(self.next).is_some_and(|span| span.end <= comment.start) {
            self.next += 1;
        }
        self.spans.get(self.next).filter(|span| span.end <= comment.end).map(|span| span.start)
    }
}

/// What the first words of a statement have said so far.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Head {
    #[default]
    Start,
    Create,
    CreateOr,
    CreateOrReplace,
    Routine,
    Rule,
    Other,
}

impl Head {
    fn next(self, word: &str) -> Head {
        const STEPS: &[(Head, &str, Head)] = &[
            (Head::Start, "create", Head::Create),
            (Head::Create, "or", Head::CreateOr),
            (Head::CreateOr, "replace", Head::CreateOrReplace),
            (Head::Create, "function", Head::Routine),
            (Head::Create, "procedure", Head::Routine),
            (Head::Create, "rule", Head::Rule),
            (Head::CreateOrReplace, "function", Head::Routine),
            (Head::CreateOrReplace, "procedure", Head::Routine),
            (Head::CreateOrReplace, "rule", Head::Rule),
        ];
        if matches!(self, Head::Routine | Head::Rule | Head::Other) {
            return self;
        }
        STEPS
            .iter()
            .find(|(from, text, _)| *from == self && word.eq_ignore_ascii_case(text))
            .map_or(Head::Other, |step| step.2)
    }
}

/// A statement that is being read: the outermost one, or one in a `BEGIN ATOMIC` body.
#[derive(Clone, Copy, Default)]
struct Frame {
    head: Head,
    parentheses: usize,
    /// Whether the last token was the word `BEGIN` in a place where a body may begin.
    begin: bool,
}

/// Where in nested statements the reader is.
#[derive(Default)]
struct Nesting {
    /// The statements around: each is a routine whose body is being read.
    outer: Vec<Frame>,
    frame: Frame,
}

impl Nesting {
    fn ends_at_semicolon(&self) -> bool {
        self.outer.is_empty() && !(self.frame.head == Head::Rule && self.frame.parentheses > 0)
    }

    fn push(&mut self, text: &str, token: Token) {
        let begin = std::mem::take(&mut self.frame.begin);
        match token.kind {
            Kind::OpenParen => self.frame.parentheses += 1,
            Kind::CloseParen => self.frame.parentheses = self.frame.parentheses.saturating_sub(1),
            Kind::Semicolon if self.frame.head == Head::Rule && self.frame.parentheses > 0 => return,
            Kind::Semicolon => {
                self.frame = Frame::default();
                return;
            }
            Kind::Word => {
                let word = token.span.slice(text);
                if self.frame.head == Head::Routine && self.frame.parentheses == 0 {
                    if begin && word.eq_ignore_ascii_case("atomic") {
                        self.outer.push(std::mem::take(&mut self.frame));
                        return;
                    }
                    self.frame.begin = word.eq_ignore_ascii_case("begin");
                }
                if self.frame.head == Head::Start
                    && word.eq_ignore_ascii_case("end")
                    && let Some(routine) = self.outer.pop()
                {
                    self.frame = routine;
                    return;
                }
                self.frame.head = self.frame.head.next(word);
                return;
            }
            _ => {}
        }
        if !matches!(self.frame.head, Head::Routine | Head::Rule) {
            self.frame.head = Head::Other;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn splits(text: &str, breaks: &[&str], expected: &[&str]) -> Analysis {
        let breaks: Vec<Span> = breaks
            .iter()
            .flat_map(|mark| text.match_indices(mark).map(|(at, found)| Span::new(at, at + found.len())))
            .collect();
        let found = analyze(text, &breaks).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
        let statements: Vec<&str> = found.statements.iter().map(|statement| statement.span.slice(text)).collect();
        assert_eq!(statements, expected, "{text}");
        found
    }

    #[track_caller]
    fn refuses(text: &str, code: Code, at: usize, message: &str, help: &str) {
        let problem = analyze(text, &[]).expect_err(text);
        assert_eq!(
            (problem.code, problem.span.start, problem.message.as_str(), problem.help.as_str()),
            (code, at, message, help),
            "{text}"
        );
    }

    #[test]
    fn a_break_ends_a_statement_without_a_semicolon() {
        let bp = "--> statement-breakpoint";
        let text = "create table a ()\n--> statement-breakpoint\ncreate table b ();--> statement-breakpoint\nselect 1";
        let found = splits(text, &[bp], &["create table a ()", "create table b ()", "select 1"]);
        assert_eq!(found.terminators, [Span::new(18, 42)]);
    }

    #[test]
    fn a_break_counts_only_as_a_comment() {
        let bp = "--> statement-breakpoint";
        let text =
            "select '\n--> statement-breakpoint\n', $$\n--> statement-breakpoint\n$$ /*\n--> statement-breakpoint\n*/";
        let found = splits(text, &[bp], &[text[..text.find(" /*").unwrap()].trim_end()]);
        assert_eq!(found.terminators, []);
    }

    #[test]
    fn a_break_ends_what_swallows_semicolons() {
        splits(
            "create function f() begin atomic select 1;\n-- end\nselect 2; select 3",
            &["-- end"],
            &["create function f() begin atomic select 1;", "select 2", "select 3"],
        );
    }

    #[test]
    fn a_missing_parenthesis_swallows_nothing() {
        splits("create table a (id int; drop table b;", &[], &["create table a (id int", "drop table b"]);
        splits("create table b id int); select 1", &[], &["create table b id int)", "select 1"]);
    }

    #[test]
    fn a_byte_order_mark_belongs_to_no_statement() {
        splits("\u{feff}select 1;", &[], &["select 1"]);
    }

    #[test]
    fn parts_of_a_string_may_have_comments_between_them() {
        // PGlite and PostgreSQL 18 agree; libpg-query's scanner does not know it.
        splits(
            "select E'a' -- ;\n  -- ;\n 'b\\';'; select 2",
            &[],
            &["select E'a' -- ;\n  -- ;\n 'b\\';'", "select 2"],
        );
    }

    #[test]
    fn lines_of_pg_dump_for_psql_are_skipped() {
        let text = "\\restrict a'b\nselect 1;\n\\unrestrict a'b\n";
        let found = splits(text, &[], &["select 1"]);
        assert_eq!(found.skipped, [Span::new(0, 13), Span::new(24, 39)]);
    }

    #[test]
    fn what_cannot_run_here_is_refused() {
        refuses(
            "select 1;\nselect 'a;",
            Code::UnterminatedString,
            17,
            "a string literal is not closed",
            "close it with '; a quote inside a string is written ''",
        );
        refuses("select \"a", Code::UnterminatedIdentifier, 7, "a quoted identifier is not closed", "close it with \"");
        refuses(
            "do $body$ begin $$",
            Code::UnterminatedDollarQuote,
            3,
            "the dollar-quoted string $body$ is not closed",
            "close it with $body$",
        );
        refuses(
            "/* /* */",
            Code::UnterminatedComment,
            0,
            "a block comment is not closed",
            "close it with */; every /* inside a comment needs one of its own",
        );
        refuses(
            "select 1 \\gexec",
            Code::PsqlCommand,
            9,
            "the psql command \\gexec cannot run here",
            "take the line out or write it as SQL; only psql itself understands it",
        );
        refuses(
            "\\i other.sql\n",
            Code::PsqlCommand,
            0,
            "the psql command \\i cannot run here",
            "put the text of the included file here",
        );
        refuses(
            "select 'a\0b'",
            Code::InvalidText,
            9,
            "the file has a NUL byte",
            "save the file as UTF-8 text without NUL bytes; PostgreSQL cannot store them in text",
        );
        refuses(
            "select 1;\n\0",
            Code::InvalidText,
            10,
            "the file has a NUL byte",
            "save the file as UTF-8 text without NUL bytes; PostgreSQL cannot store them in text",
        );
    }

    #[test]
    fn rows_for_copy_are_refused_before_they_are_read_as_sql() {
        let message = "COPY … FROM stdin needs rows that are not SQL";
        let help = "write the rows as INSERT statements (pg_dump --inserts does)";
        refuses("copy t from stdin;\n1\tit's\n\\.\n", Code::CopyFromStdin, 0, message, help);
        refuses("select 1; COPY public.t (a, b) FROM STDIN with (format csv)", Code::CopyFromStdin, 10, message, help);
        refuses("copy t from stdout", Code::CopyFromStdin, 0, message, help);
        splits("copy t from '/tmp/x'; copy t to stdout", &[], &["copy t from '/tmp/x'", "copy t to stdout"]);
    }
}
