//! What kind a statement is: whether it can run in a transaction, what it changes for good.

use super::lex::{Kind, Token, tokens};
use super::pattern::Cursor;
use super::{Act, ConcurrentIndex, Control, Problem, Statement, TableAct};
use crate::error::Code;
use crate::span::Span;

/// A pattern that counts unless another one fits as well (empty: there is none).
struct Rule {
    when: &'static str,
    unless: &'static str,
}

const fn rule(when: &'static str) -> Rule {
    Rule { when, unless: "" }
}

const fn rule_unless(when: &'static str, unless: &'static str) -> Rule {
    Rule { when, unless }
}

/// Statements that PostgreSQL 18 refuses inside a transaction block: the callers of
/// `PreventInTransactionBlock` in its source.
///
/// Two depend on what the database holds and count as possible here: `REINDEX TABLE|INDEX` and
/// `CLUSTER` of something partitioned. So does `CALL` of a procedure that commits.
const OUTSIDE_TRANSACTION: &[Rule] = &[
    // commands/indexcmds.c: DefineIndex, ExecReindex; commands/tablecmds.c: RemoveRelations
    rule("create unique? index concurrently"),
    rule("drop index concurrently"),
    rule("reindex (+concurrently)"),
    rule("reindex ()? index|table concurrently"),
    rule("reindex ()? schema|database|system"),
    // tcop/utility.c: ALTER TABLE ... DETACH CONCURRENTLY
    rule("alter table ... detach partition <name> concurrently"),
    // commands/vacuum.c; commands/cluster.c without a table
    rule("vacuum"),
    rule("cluster ()? verbose? $"),
    // commands/dbcommands.c, commands/tablespace.c, tcop/utility.c
    rule("create|drop database"),
    rule("alter database <name> set tablespace"),
    rule("create|drop tablespace"),
    rule("alter system"),
    rule("discard all"),
    rule("commit|rollback prepared"),
    // commands/subscriptioncmds.c
    rule_unless("create subscription", "create subscription ... with (-create_slot,connect)"),
    rule("drop subscription"),
    rule("alter subscription <name> refresh"),
    rule_unless(
        "alter subscription <name> set|add|drop publication",
        "alter subscription <name> set|add|drop publication ... with (-refresh)",
    ),
    rule("alter subscription <name> set (?failover,two_phase)"),
];

/// Statements that may leave a session setting behind. A statement that mentions `set_config` does
/// as well. The ones that run code count, since that code may do so.
const SESSION: &[Rule] = &[
    rule_unless("set", "set local|transaction|constraints"),
    rule("reset|discard|load"),
    rule("select|with|values|table|call|do|execute|explain"),
];

/// Transaction control, the more special ones first.
const CONTROL: &[(&str, Option<Control>)] = &[
    ("commit|rollback prepared", None),
    ("rollback|abort work|transaction? to", Some(Control::Savepoint)),
    ("begin", Some(Control::Begin)),
    ("start transaction", Some(Control::Begin)),
    ("commit|end", Some(Control::Commit)),
    ("rollback|abort", Some(Control::Rollback)),
    ("prepare transaction", Some(Control::Rollback)),
    ("savepoint|release", Some(Control::Savepoint)),
];

/// Statements that throw away more than one table.
const DESTRUCTIVE: &[&str] = &["drop schema", "drop database", "drop owned"];

/// Statements that do something to whole tables. The names follow after `IF [NOT] EXISTS`.
const TABLES: &[(&str, Act)] = &[
    ("create unlogged? table", Act::Create),
    ("drop table", Act::Drop),
    // `foreign table` cannot be a ledger, but shares the name space.
    ("drop foreign table", Act::Drop),
    ("alter table", Act::Rename),
];

/// Classifies the statement that the tokens make up.
pub(super) fn statement(text: &str, tokens: &[Token]) -> Result<Statement, Problem> {
    let start = tokens.first().map_or(0, |token| token.span.start);
    let end = tokens.last().map_or(start, |token| token.span.end);
    let span = Span::new(start, end);
    let cursor = Cursor::new(text, tokens);
    if copies_from_stdin(cursor) {
        return Err(Problem {
            code: Code::CopyFromStdin,
            message: String::from("COPY … FROM stdin needs rows that are not SQL"),
            help: String::from("write the rows as INSERT statements (pg_dump --inserts does)"),
            span,
        });
    }
    let control = CONTROL.iter().find(|(pattern, _)| starts(cursor, pattern)).and_then(|found| found.1);
    let mut inner = Inner::default();
    if starts(cursor, "do") {
        inner.read_literals(text, tokens, 0, true);
    } else if starts(cursor, "select|with|call|execute|prepare|explain") {
        inner.read_literals(text, tokens, 0, false);
    }
    inner.read_statement(cursor);
    Ok(Statement {
        span,
        verb: verb(cursor),
        transactional: !(inner.ends_transaction || fits(OUTSIDE_TRANSACTION, cursor)),
        control,
        // A statement that begins with a parenthesis is a query.
        session: fits(SESSION, cursor)
            || cursor.peek().is_some_and(|token| token.kind == Kind::OpenParen)
            || mentions_set_config(span.slice(text)),
        destructive: inner.destructive,
        concurrent_index: concurrent_index(cursor),
        tables: inner.tables,
    })
}

fn fits(rules: &[Rule], cursor: Cursor<'_>) -> bool {
    rules.iter().any(|rule| starts(cursor, rule.when) && (rule.unless.is_empty() || !starts(cursor, rule.unless)))
}

fn starts(mut cursor: Cursor<'_>, pattern: &str) -> bool {
    cursor.takes(pattern)
}

/// `COPY … FROM STDIN`. The grammar takes `FROM STDOUT` for the same (`copy_file_name` in gram.y).
fn copies_from_stdin(cursor: Cursor<'_>) -> bool {
    starts(cursor, "copy binary? <name> ()? from stdin|stdout")
}

/// Whether the text names `set_config`, in whatever case, be it in a body or a comment.
fn mentions_set_config(text: &str) -> bool {
    text.match_indices('_').any(|(at, _)| {
        at >= 3 && text.as_bytes().get(at - 3..at + 7).is_some_and(|found| found.eq_ignore_ascii_case(b"set_config"))
    })
}

/// Words that belong to a verb after its first word.
const VERB: &[&str] = &[
    "access",
    "aggregate",
    "all",
    "and",
    "as",
    "authorization",
    "by",
    "cast",
    "chain",
    "collation",
    "column",
    "concurrently",
    "configuration",
    "constraint",
    "conversion",
    "data",
    "database",
    "default",
    "dictionary",
    "domain",
    "event",
    "extension",
    "foreign",
    "function",
    "group",
    "index",
    "into",
    "language",
    "large",
    "local",
    "mapping",
    "materialized",
    "method",
    "object",
    "on",
    "operator",
    "or",
    "owned",
    "parser",
    "policy",
    "prepared",
    "privileges",
    "procedure",
    "publication",
    "recursive",
    "replace",
    "role",
    "routine",
    "rule",
    "schema",
    "search",
    "security",
    "sequence",
    "server",
    "session",
    "statistics",
    "subscription",
    "system",
    "table",
    "tablespace",
    "temp",
    "template",
    "temporary",
    "text",
    "to",
    "transaction",
    "transform",
    "trigger",
    "trusted",
    "type",
    "unique",
    "unlogged",
    "user",
    "view",
    "work",
    "wrapper",
];

/// The leading keywords: the first word and up to four that belong to it.
fn verb(mut cursor: Cursor<'_>) -> String {
    let mut verb = cursor.peek_text().to_ascii_lowercase();
    if !cursor.kind_is(Kind::Word) {
        // A query in parentheses, or nothing that PostgreSQL would take.
        verb.truncate(verb.char_indices().nth(1).map_or(verb.len(), |(at, _)| at));
        return verb;
    }
    for _ in 0..4 {
        let Some(word) = VERB.iter().find(|word| cursor.keyword(word)) else { break };
        verb.push(' ');
        verb.push_str(word);
    }
    verb
}

fn concurrent_index(mut cursor: Cursor<'_>) -> Option<ConcurrentIndex> {
    if !cursor.takes("create unique? index concurrently") {
        return None;
    }
    cursor.takes("if not exists");
    if starts(cursor, "on") {
        return None;
    }
    let (_, name) = cursor.name()?;
    if !cursor.takes("on only?") {
        return None;
    }
    let (schema, table) = cursor.name()?;
    Some(ConcurrentIndex { name, schema, table })
}

/// What a statement does to tables and schemas, itself or in the code that it runs.
#[derive(Default)]
struct Inner {
    destructive: Option<String>,
    tables: Vec<TableAct>,
    /// Whether a `DO` body commits or rolls back, which PostgreSQL refuses inside a transaction.
    ends_transaction: bool,
}

/// Words of PL/pgSQL after which a statement begins.
const STATEMENT_FOLLOWS: &[&str] = &["begin", "then", "else", "loop", "execute"];

/// How deep strings in strings are read.
const DEEPEST: usize = 3;

impl Inner {
    /// Reads the statement at the cursor.
    fn read_statement(&mut self, cursor: Cursor<'_>) {
        if self.destructive.is_none() {
            self.destructive = DESTRUCTIVE.iter().find_map(|pattern| destroys(cursor, pattern));
        }
        for (pattern, act) in TABLES {
            let mut cursor = cursor;
            if !cursor.takes(pattern) {
                continue;
            }
            cursor.takes("if not? exists");
            cursor.takes("only");
            loop {
                let name = cursor.name();
                if *act == Act::Rename && !(cursor.takes("rename to") || cursor.takes("set schema")) {
                    break;
                }
                if let Some((schema, table)) = name {
                    self.tables.push(TableAct { schema, table, act: *act });
                }
                if *act != Act::Drop || !cursor.kind_is(Kind::Comma) {
                    break;
                }
            }
        }
    }

    /// Reads the code in the string literals among the tokens. `body`: it is the body of a `DO`.
    fn read_literals(&mut self, text: &str, found: &[Token], depth: usize, body: bool) {
        if depth == DEEPEST {
            return;
        }
        for token in found {
            let Some(code) = content(token.kind, token.span.slice(text)) else { continue };
            let inner: Vec<Token> =
                tokens(code).filter(|token| !matches!(token.kind, Kind::LineComment | Kind::BlockComment)).collect();
            for statement in inner.split(|token| token.kind == Kind::Semicolon) {
                let mut follows = true;
                for (at, token) in statement.iter().enumerate() {
                    let is =
                        |words: &[&str]| words.iter().any(|word| token.span.slice(code).eq_ignore_ascii_case(word));
                    if follows {
                        let cursor = Cursor { text: code, tokens: statement, at };
                        self.read_statement(cursor);
                        self.read_computed_drop(cursor);
                        self.ends_transaction |=
                            body && (starts(cursor, "commit|rollback $") || starts(cursor, "commit|rollback and"));
                    }
                    follows = token.kind == Kind::Word && is(STATEMENT_FOLLOWS);
                }
            }
            self.read_literals(code, &inner, depth + 1, false);
        }
    }

    /// `'DROP TABLE ' || name` or `format('DROP TABLE %I', name)`: which tables cannot be told.
    fn read_computed_drop(&mut self, mut cursor: Cursor<'_>) {
        if self.destructive.is_none() && cursor.takes("drop table") {
            cursor.takes("if exists");
            let computed = cursor.name().is_none()
                && cursor.peek().is_none_or(|token| matches!(token.kind, Kind::Operator | Kind::Unterminated(_)));
            if computed {
                self.destructive = Some(String::from("drop table with a computed name"));
            }
        }
    }
}

/// The pattern and the names that follow it, if the statement matches.
fn destroys(mut cursor: Cursor<'_>, pattern: &str) -> Option<String> {
    if !cursor.takes(pattern) {
        return None;
    }
    cursor.takes("if exists");
    let mut found = String::from(pattern);
    if cursor.takes("by") {
        found.push_str(" by");
    }
    let mut separator = " ";
    loop {
        let start = cursor.at;
        if !cursor.takes("<name>") {
            break;
        }
        found.push_str(separator);
        for token in &cursor.tokens[start..cursor.at] {
            found.push_str(token.span.slice(cursor.text));
        }
        separator = ", ";
        if !cursor.kind_is(Kind::Comma) {
            break;
        }
    }
    Some(found)
}

/// What is between the quotes of a literal, escapes as they are written.
fn content(kind: Kind, literal: &str) -> Option<&str> {
    match kind {
        Kind::DollarStr => {
            let tag = literal.get(1..)?.find('$')? + 2;
            literal.get(tag..literal.len().checked_sub(tag)?)
        }
        Kind::Str | Kind::EscapeStr | Kind::UnicodeStr | Kind::NationalStr => {
            literal.get(literal.find('\'')? + 1..literal.len().checked_sub(1)?)
        }
        _ => None,
    }
}
