//! What kind a statement is: whether it can run in a transaction, what it changes for good.

use super::inner::Inner;
use super::lex::{Kind, Token};
use super::pattern::Cursor;
use super::{Control, Problem, Statement, judged};
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
    // Gone with the transaction, but the ledger's row is written in it.
    rule("set local role|session"),
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

/// Classifies the statement that the tokens make up.
pub(super) fn statement(text: &str, tokens: &[Token]) -> Result<Statement, Problem> {
    let start = tokens.first().map_or(0, |token| token.span.start);
    let end = tokens.last().map_or(start, |token| token.span.end);
    let span = Span::new(start, end);
    let cursor = Cursor::new(text, tokens);
    // No rule begins with it, and large files have many thousands.
    let is_data = cursor.starts("insert");
    let fits = |rules| !is_data && fits(rules, cursor);
    if !is_data && copies_from_stdin(cursor) {
        return Err(Problem {
            code: Code::CopyFromStdin,
            message: String::from("COPY … FROM stdin needs rows that are not SQL"),
            help: String::from("write the rows as INSERT statements (pg_dump --inserts does)"),
            span,
        });
    }
    let control = CONTROL.iter().find(|(pattern, _)| !is_data && cursor.starts(pattern)).and_then(|found| found.1);
    let mut inner = Inner::default();
    if cursor.starts("do") {
        inner.read_literals(text, tokens, 0, true);
    } else if cursor.starts("select|with|call|execute|prepare|explain") {
        inner.read_literals(text, tokens, 0, false);
    }
    if !is_data {
        inner.read_statement(cursor);
    }
    let transactional = !(inner.ends_transaction || fits(OUTSIDE_TRANSACTION));
    Ok(Statement {
        span,
        verb: verb(cursor),
        transactional,
        control,
        // A statement that begins with a parenthesis is a query.
        session: fits(SESSION)
            || cursor.peek().is_some_and(|token| token.kind == Kind::OpenParen)
            || mentions_set_config(span.slice(text)),
        removes: inner.destructive.is_some() || cursor.starts("do") || tokens.iter().any(|token| removes(text, *token)),
        destructive: inner.destructive,
        judged: if transactional { None } else { judged::kind(cursor) },
        tables: inner.tables,
    })
}

/// Whether data may be thrown away where this word stands.
fn removes(text: &str, token: Token) -> bool {
    let word = token.span.slice(text);
    let is = |known: &&str| word.eq_ignore_ascii_case(known);
    token.kind == Kind::Word && ["drop", "truncate", "delete", "alter"].iter().any(is)
}

fn fits(rules: &[Rule], cursor: Cursor<'_>) -> bool {
    rules.iter().any(|rule| cursor.starts(rule.when) && (rule.unless.is_empty() || !cursor.starts(rule.unless)))
}

/// `COPY … FROM STDIN`. The grammar takes `FROM STDOUT` for the same (`copy_file_name` in gram.y).
fn copies_from_stdin(cursor: Cursor<'_>) -> bool {
    cursor.starts("copy binary? <name> ()? from stdin|stdout")
}

/// Whether the text names `set_config`, in whatever case, be it in a body or a comment.
fn mentions_set_config(text: &str) -> bool {
    text.match_indices('_').any(|(at, _)| {
        at >= 3 && text.as_bytes().get(at - 3..at + 7).is_some_and(|found| found.eq_ignore_ascii_case(b"set_config"))
    })
}

/// Words that belong to a verb after its first word, in order.
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
        let word = cursor.peek().filter(|token| token.kind == Kind::Word);
        let known = word.and_then(|_| VERB.binary_search(&&*cursor.peek_text().to_ascii_lowercase()).ok());
        let Some(known) = known else { break };
        verb.push(' ');
        verb.push_str(VERB[known]);
        cursor.skip();
    }
    verb
}

#[cfg(test)]
mod tests {
    use super::super::{Judged, analyze};
    use super::*;

    #[track_caller]
    fn one(text: &str) -> Statement {
        let mut found = analyze(text, &[]).unwrap_or_else(|problem| panic!("{text}: {problem:?}")).statements;
        assert_eq!(found.len(), 1, "{text}");
        found.remove(0)
    }

    #[track_caller]
    fn verbs(cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            assert_eq!(one(text).verb, *expected, "{text}");
        }
    }

    #[track_caller]
    fn controls(cases: &[(&str, Option<Control>)]) {
        for (text, expected) in cases {
            assert_eq!(one(text).control, *expected, "{text}");
        }
    }

    #[track_caller]
    fn judges(text: &str, expected: Option<Judged>) {
        assert_eq!(one(text).judged, expected, "{text}");
    }

    #[test]
    fn the_words_of_verbs_are_in_order() {
        assert!(VERB.is_sorted());
    }

    #[test]
    fn a_verb_is_the_leading_keywords() {
        verbs(&[
            ("Create Unique /* x */ INDEX concurrently i on t (a)", "create unique index concurrently"),
            ("alter table index_of add x int", "alter table"),
            ("CREATE OR REPLACE FUNCTION f() returns int return 1", "create or replace function"),
            ("vacuum t", "vacuum"),
            ("select 1", "select"),
            ("(select 1)", "("),
            ("create table \"table\" ()", "create table"),
            ("start transaction", "start transaction"),
        ]);
    }

    #[test]
    fn transaction_control_is_told_from_what_looks_like_it() {
        controls(&[
            ("begin", Some(Control::Begin)),
            ("BEGIN ISOLATION LEVEL SERIALIZABLE", Some(Control::Begin)),
            ("start transaction read only", Some(Control::Begin)),
            ("commit", Some(Control::Commit)),
            ("end transaction", Some(Control::Commit)),
            ("commit and chain", Some(Control::Commit)),
            ("commit prepared 'x'", None),
            ("rollback", Some(Control::Rollback)),
            ("abort work", Some(Control::Rollback)),
            ("rollback prepared 'x'", None),
            ("rollback to savepoint a", Some(Control::Savepoint)),
            ("rollback work to a", Some(Control::Savepoint)),
            ("prepare transaction 'x'", Some(Control::Rollback)),
            ("prepare p as select 1", None),
            ("savepoint a", Some(Control::Savepoint)),
            ("release a", Some(Control::Savepoint)),
            ("set transaction read only", None),
        ]);
    }

    #[test]
    fn what_may_throw_data_away_is_told_by_its_words() {
        for text in [
            "drop table a",
            "ALTER TABLE a DROP COLUMN b",
            "truncate a",
            "insert into b with c as (delete from a returning *) select * from c",
            "do $$ begin null; end $$",
            "select run('drop schema a')",
        ] {
            assert!(one(text).removes, "{text}");
        }
        for text in ["insert into a values ('drop table a', 'delete')", "create table a (\"drop\" int)", "select 1"] {
            assert!(!one(text).removes, "{text}");
        }
    }

    #[test]
    fn settings_that_outlive_the_transaction_are_found() {
        for text in [
            "set search_path to app",
            "SET SESSION work_mem = 1",
            "set session characteristics as transaction read only",
            "set role app",
            "set time zone 'UTC'",
            "reset all",
            "discard all",
            "load 'auto_explain'",
            "select pg_catalog.set_config('search_path', '', false)",
            "select f()",
            "(select f())",
            "with x as (select f()) select * from x",
            "call p()",
            "do $$ begin set x.y = 1; end $$",
            "execute p",
            "values (f())",
            "explain analyze execute p",
            "create function f() returns text language sql as $$ select SET_CONFIG('a.b', '', false) $$",
            "insert into t select set_config('a.b', '', false)",
        ] {
            assert!(one(text).session, "{text}");
        }
        for text in [
            "set local search_path to app",
            "set transaction isolation level serializable",
            "set constraints all deferred",
            "create table t (id int)",
            "insert into t values (1)",
            "create function f() returns int language sql set search_path = app as 'select 1'",
            "alter role app set search_path = app",
            "alter database app set work_mem = 1",
            "update t set config = 1",
        ] {
            assert!(!one(text).session, "{text}");
        }
    }

    #[test]
    fn what_can_be_told_afterwards_is_known() {
        let judges = |text, expected| judges(text, Some(expected));
        judges("create index concurrently I on T (a)", Judged::Build);
        judges("create index concurrently on t (a)", Judged::Build);
        judges(
            "CREATE unique index Concurrently if not exists \"I\" on only s.t (a)",
            Judged::BuildIfMissing(Span::new(33, 46)),
        );
        judges("drop index concurrently if exists i", Judged::Drop);
        judges("reindex table concurrently t", Judged::Reindex);
        judges("reindex (verbose, concurrently) database app", Judged::Reindex);
        judges("reindex (concurrently off) schema s", Judged::Repeat);
        judges("alter table if exists s.t detach partition p concurrently", Judged::Detach);
        judges("vacuum (analyze) t", Judged::Repeat);
        judges("cluster", Judged::Repeat);
        judges("alter system set work_mem = '1MB'", Judged::Repeat);
    }

    #[test]
    fn of_the_rest_nobody_knows() {
        for text in [
            "create index i on t (a)",
            "reindex table t",
            "refresh materialized view concurrently m",
            "analyze t",
            "alter table t detach partition p",
            "create database a",
            "drop subscription s",
            "do $$ begin commit; end $$",
        ] {
            judges(text, None);
        }
    }
}
