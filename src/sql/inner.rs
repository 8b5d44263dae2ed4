//! What a statement does to whole tables and schemas, itself or in the code that it runs: the body
//! of a `DO`, and the strings in it or in a query that may be run as SQL.
//!
//! Code is read by its tokens, not understood: what it puts together at run time stays unknown.

use super::judged::code as without_comments;
use super::lex::{Kind, Token};
use super::pattern::Cursor;
use super::{Act, TableAct};
use std::borrow::Cow;

/// Statements that throw away more than one table.
const DESTRUCTIVE: &[&str] = &["drop schema", "drop database", "drop owned"];

/// Statements that do something to whole tables. The names follow after `IF [NOT] EXISTS`.
const TABLES: &[(&str, Act)] = &[
    ("create unlogged|foreign? table", Act::Create),
    ("create materialized view", Act::Create),
    ("drop table", Act::Drop),
    // `foreign table` cannot be a ledger, but shares the name space.
    ("drop foreign table", Act::Drop),
    ("alter table", Act::Rename),
    ("truncate table?", Act::Empty),
    ("delete from", Act::Empty),
];

/// What was found in a statement.
#[derive(Default)]
pub(super) struct Inner {
    /// The first statement that throws away more than one table.
    pub destructive: Option<String>,
    /// What is done to whole tables.
    pub tables: Vec<TableAct>,
    /// Whether a `DO` body commits or rolls back, which PostgreSQL refuses inside a transaction.
    pub ends_transaction: bool,
}

/// Words of PL/pgSQL after which a statement begins.
const STATEMENT_FOLLOWS: &[&str] = &["begin", "then", "else", "loop", "execute"];

/// How deep strings in strings are read.
const DEEPEST: usize = 3;

impl Inner {
    /// Reads the statement at the cursor.
    pub(super) fn read_statement(&mut self, cursor: Cursor<'_>) {
        if self.destructive.is_none() {
            self.destructive = DESTRUCTIVE.iter().find_map(|pattern| destroys(cursor, pattern));
        }
        for (pattern, act) in TABLES {
            let mut cursor = cursor;
            if !cursor.takes(pattern) {
                continue;
            }
            // A `DELETE` with a condition may still empty the table; that shows when it is run.
            if *pattern == "delete from" && cursor.has_keyword("where") {
                break;
            }
            cursor.takes("if not? exists");
            loop {
                cursor.takes("only");
                let name = cursor.name();
                if cursor.peek_text() == "*" {
                    cursor.skip();
                }
                if *act == Act::Rename && !(cursor.takes("rename to") || cursor.takes("set schema")) {
                    break;
                }
                if let Some((schema, table)) = name {
                    self.tables.push(TableAct { schema, table, act: *act });
                }
                if !matches!(act, Act::Drop | Act::Empty) || !cursor.kind_is(Kind::Comma) {
                    break;
                }
            }
        }
    }

    /// Reads the code in the string literals among the tokens. `body`: it is the body of a `DO`.
    pub(super) fn read_literals(&mut self, text: &str, found: &[Token], depth: usize, body: bool) {
        if depth == DEEPEST {
            return;
        }
        for token in found {
            let Some(code) = content(token.kind, token.span.slice(text)) else { continue };
            let code = code.as_ref();
            let mut inner = without_comments(code);
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
                            body && (cursor.starts("commit|rollback $") || cursor.starts("commit|rollback and"));
                    }
                    follows = token.kind == Kind::Word && is(STATEMENT_FOLLOWS);
                }
            }
            // What `raise notice` says is not run.
            let is_raise =
                |at: usize| inner.get(at).is_some_and(|it| it.span.slice(code).eq_ignore_ascii_case("raise"));
            let said: Vec<bool> =
                (0..inner.len()).map(|at| at > 0 && is_raise(at - 1) || at > 1 && is_raise(at - 2)).collect();
            let mut said = said.into_iter();
            inner.retain(|_| said.next() != Some(true));
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

/// What is between the quotes of a literal; none if the token is another. Doubled quotes are undone, other escapes are left.
pub fn content(kind: Kind, literal: &str) -> Option<Cow<'_, str>> {
    match kind {
        Kind::DollarStr => {
            let tag = literal.get(1..)?.find('$')? + 2;
            literal.get(tag..literal.len().checked_sub(tag)?).map(Cow::Borrowed)
        }
        Kind::Str | Kind::EscapeStr | Kind::UnicodeStr | Kind::NationalStr => {
            let inner = literal.get(literal.find('\'')? + 1..literal.len().checked_sub(1)?)?;
            Some(if inner.contains("''") { Cow::Owned(inner.replace("''", "'")) } else { Cow::Borrowed(inner) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Statement, analyze};
    use super::*;

    #[track_caller]
    fn one(text: &str) -> Statement {
        let mut found = analyze(text, &[]).unwrap_or_else(|problem| panic!("{text}: {problem:?}")).statements;
        assert_eq!(found.len(), 1, "{text}");
        found.remove(0)
    }

    #[track_caller]
    fn destroys(cases: &[(&str, Option<&str>)]) {
        for (text, expected) in cases {
            assert_eq!(one(text).destructive.as_deref(), *expected, "{text}");
        }
    }

    #[track_caller]
    fn acts(text: &str, expected: &[(Option<&str>, &str, Act)]) {
        let statement = one(text);
        let found: Vec<_> =
            statement.tables.iter().map(|act| (act.schema.as_deref(), act.table.as_str(), act.act)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_destructive_statement_is_named() {
        destroys(&[
            ("drop schema public cascade", Some("drop schema public")),
            ("DROP SCHEMA IF EXISTS a, \"B c\" RESTRICT", Some("drop schema a, \"B c\"")),
            ("drop database if exists app with (force)", Some("drop database app")),
            ("drop owned by app, current_user cascade", Some("drop owned by app, current_user")),
            ("drop table schema, owned", None),
            ("alter schema a rename to b", None),
            ("comment on schema a is 'drop schema a'", None),
            ("insert into t values ('drop schema a')", None),
            ("create function f() returns void language plpgsql as $$ begin drop schema a; end $$", None),
        ]);
    }

    #[test]
    fn a_destructive_statement_in_code_that_runs_is_found() {
        destroys(&[
            ("do $$ begin drop schema a cascade; end $$", Some("drop schema a")),
            ("do 'begin if true then drop owned by a; end if; end'", Some("drop owned by a")),
            ("do $$ begin execute 'drop schema ' || quote_ident(s); end $$", Some("drop schema")),
            ("do $$ begin execute format('DROP SCHEMA IF EXISTS %I CASCADE', s); end $$", Some("drop schema")),
            ("do $$ begin execute $q$select 1; drop database x$q$; end $$", Some("drop database x")),
            ("do 'begin execute ''drop schema x''; end'", Some("drop schema x")),
            ("select dblink_exec('host=x', 'drop schema x')", Some("drop schema x")),
            (
                "do $$ begin for r in select 1 loop execute 'DROP TABLE IF EXISTS ' || r.x || ' CASCADE'; end loop; end $$",
                Some("drop table with a computed name"),
            ),
            ("do $$ begin execute format('drop table %I.%I', a, b); end $$", Some("drop table with a computed name")),
            ("do $$ begin execute 'drop table public.' || a; end $$", Some("drop table with a computed name")),
            ("do $$ begin execute 'drop table \"' || a || '\"'; end $$", Some("drop table with a computed name")),
            ("do $$ begin execute 'drop table a'; drop table b; end $$", None),
            ("do $$ begin -- drop schema a;\n perform 1; end $$", None),
            ("do $$ begin raise notice 'we do not drop schema a'; end $$", None),
        ]);
    }

    #[test]
    fn acts_on_whole_tables_are_found() {
        let (create, drop, rename) = (Act::Create, Act::Drop, Act::Rename);
        acts("create table if not exists App.\"T\" (id int)", &[(Some("app"), "T", create)]);
        acts("create unlogged table T as select 1", &[(None, "t", create)]);
        acts("create temp table t (id int)", &[]);
        acts("drop table if exists a, b.c, d cascade", &[(None, "a", drop), (Some("b"), "c", drop), (None, "d", drop)]);
        acts("drop table U&\"\\0061\", b", &[(None, "a", drop), (None, "b", drop)]);
        acts("create foreign table if not exists a () server s", &[(None, "a", create)]);
        acts("create materialized view if not exists a as select 1", &[(None, "a", create)]);
        acts(
            "do $$ begin raise notice 'create table a ()'; raise 'drop table b'; execute 'drop table c'; end $$",
            &[(None, "c", drop)],
        );
        acts("drop view a", &[]);
        acts("alter table if exists only a.b rename to c", &[(Some("a"), "b", rename)]);
        acts("alter table a * rename to c", &[(None, "a", rename)]);
        acts("alter table a set schema b", &[(None, "a", rename)]);
        acts("alter table a rename column b to c", &[]);
        acts("alter table a rename b to c", &[]);
        acts("alter table a rename constraint b to c", &[]);
        acts("alter table a set (fillfactor = 70)", &[]);
        acts(
            "do $$ begin if x then drop table a; else alter table b rename to c; end if; end $$",
            &[(None, "a", drop), (None, "b", rename)],
        );
        acts("do $$ begin execute 'drop table a'; end $$", &[(None, "a", drop)]);
        acts("create function f() returns void language sql as 'drop table a'", &[]);
    }

    #[test]
    fn a_table_that_is_emptied_is_found() {
        let empty = Act::Empty;
        acts("truncate t", &[(None, "t", empty)]);
        acts(
            "TRUNCATE TABLE ONLY a.\"T\", b *, only c RESTART IDENTITY CASCADE",
            &[(Some("a"), "T", empty), (None, "b", empty), (None, "c", empty)],
        );
        acts("delete from only a.b *", &[(Some("a"), "b", empty)]);
        acts("delete from t as x using y returning *", &[(None, "t", empty)]);
        acts("delete /* where */ from t -- where", &[(None, "t", empty)]);
        acts("delete from t where true", &[]);
        acts("delete from t using y where t.id = y.id", &[]);
        acts(
            "do $$ begin delete from t; delete from u where a; execute 'truncate v'; end $$",
            &[(None, "t", empty), (None, "v", empty)],
        );
        acts("create function f() returns void language sql as 'delete from t'", &[]);
    }
}
