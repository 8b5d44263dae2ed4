//! Where a text of SQL has DDL.
//!
//! `CREATE`, `ALTER` and `DROP` at the start of a statement, of what belongs to a schema; inside an
//! `ALTER` also `ADD COLUMN` and the like, so that a line of a long statement counts by itself. In
//! bodies of functions and `DO`, and in what `EXECUTE` is given, too. Not counted: comments, `COMMENT ON`,
//! rights, and what belongs to the server (roles, databases, extensions). Temporary tables are told apart by
//! [`settle`], as what they are called matters to what follows.

use super::Hit;
use super::hit::{settle, sort};
use counterfoil::sql::lex::{Kind, Token, tokens};

/// What is created, altered or dropped.
const OBJECTS: &[&str] = &[
    "table",
    "index",
    "view",
    "type",
    "domain",
    "sequence",
    "schema",
    "trigger",
    "function",
    "procedure",
    "routine",
    "aggregate",
    "policy",
    "rule",
    "collation",
    "operator",
    "cast",
    "statistics",
];

/// Words that may stand between the verb and the object.
const BETWEEN: &[&str] = &[
    "or",
    "replace",
    "unique",
    "unlogged",
    "recursive",
    "materialized",
    "foreign",
    "constraint",
    "virtual",
    "global",
    "local",
    "event",
    "temp",
    "temporary",
];

/// Words that may stand between an object and its name.
const BEFORE_NAME: &[&str] = &["if", "not", "exists", "concurrently", "only", "column", "constraint"];

/// Parts of an `ALTER`: the first word and what may follow it.
const PARTS: &[(&str, &[&str])] = &[
    ("add", &["column", "constraint", "primary", "foreign", "unique", "check"]),
    ("drop", &["column", "constraint"]),
    ("alter", &["column"]),
    ("rename", &["to", "column", "constraint"]),
];

/// Words after which the body of a function has another statement.
const OPENERS: &[&str] = &["begin", "then", "else", "loop"];

/// How deep bodies inside bodies are read.
const DEPTH: usize = 3;

/// All DDL of the text, in order. `fragment`: the text may be a part of a statement, as a string that
/// a program puts together.
pub(super) fn ddl(text: &str, fragment: bool) -> Vec<Hit> {
    let mut hits = Vec::new();
    read(text, 0, fragment, DEPTH, &mut hits);
    hits
}

/// All DDL of a file. MySQL's `\'` ends no literal, while in PostgreSQL it may: what is found in either way
/// of reading counts.
pub(super) fn file(text: &str) -> Vec<Hit> {
    let mut hits = ddl(text, false);
    if text.contains("\\'") {
        hits.extend(ddl(&text.replace("\\'", "  "), false));
        sort(&mut hits);
        hits.dedup();
    }
    settle(&mut hits, &|_| Some(0));
    hits
}

/// Where the text has its first statement that is not a comment and not in a down section.
pub(super) fn has_up(text: &str) -> bool {
    let mut down = false;
    tokens(text).any(|token| match token.kind {
        Kind::LineComment => {
            down = direction(token.span.slice(text)).unwrap_or(down);
            false
        }
        Kind::BlockComment | Kind::Semicolon => false,
        _ => !down,
    })
}

fn read(text: &str, offset: usize, fragment: bool, depth: usize, hits: &mut Vec<Hit>) {
    let (mut start, mut alter, mut down) = (true, false, false);
    // The words before, for `EXECUTE 'x'` and `EXECUTE format('x'`.
    let mut executes = false;
    // How many brackets are open in a `SELECT` that may have an `INTO`. In bodies that sets a variable.
    let mut select: Option<usize> = None;
    // What is altered.
    let mut altered = String::new();
    let mut all = tokens(text).peekable();
    while let Some(token) = all.next() {
        let source = token.span.slice(text);
        let at = offset + token.span.start;
        let word = if token.kind == Kind::Word { source.to_ascii_lowercase() } else { String::new() };
        match token.kind {
            Kind::LineComment => {
                if let Some(to) = direction(source) {
                    (down, start, alter) = (to, true, false);
                }
                continue;
            }
            Kind::BlockComment => continue,
            Kind::Semicolon => {
                (start, alter, executes, select) = (true, false, false, None);
                continue;
            }
            _ if down => continue,
            Kind::OpenParen => select = select.map(|open| open + 1),
            Kind::CloseParen => select = select.and_then(|open| open.checked_sub(1)),
            Kind::DollarStr if depth > 0 => {
                let tag = source.bytes().skip(1).position(|byte| byte == b'$').map_or(0, |end| end + 2);
                let body = source.get(tag..source.len().saturating_sub(tag)).unwrap_or("");
                read(body, at + tag, false, depth - 1, hits);
            }
            Kind::Str | Kind::EscapeStr if executes && depth > 0 => {
                let open = source.find('\'').map_or(0, |quote| quote + 1);
                read(source.get(open..).unwrap_or(""), at + open, true, depth - 1, hits);
            }
            _ => {}
        }
        let peeked = all.peek().map(|next| next.span.slice(text).to_ascii_lowercase());
        let next_end = all.peek().map_or(token.span.end, |next| next.span.end);
        let part = PARTS.iter().find(|(first, _)| *first == word);
        if start && matches!(&*word, "create" | "alter" | "drop") {
            alter = word == "alter";
            if let Some(object) = object(text, token.span.end) {
                let what = format!("{word} {}", object.kind);
                let table = match &*object.kind {
                    "table" => object.name.clone(),
                    "index" => object.on,
                    _ => String::new(),
                };
                if alter {
                    altered = table.clone();
                }
                // The parts of an ALTER TABLE say what it does.
                let says = !object.name.is_empty() && what != "alter table";
                let key = if says { format!("{what} {}", object.name) } else { String::new() };
                let what = if object.temporary { String::new() } else { what.to_ascii_uppercase() };
                let table = if object.temporary { object.name } else { table };
                hits.push(Hit { at, what, key, table });
            }
        } else if let (true, Some((_, after)), Some(next)) = (alter || start && fragment, part, &peeked)
            && after.contains(&&**next)
        {
            alter = true;
            let what = format!("{word} {next}");
            let name = name(text, next_end).0;
            let says = !name.is_empty() && !altered.is_empty();
            let key = if says { format!("{what} {altered}.{name}") } else { String::new() };
            hits.push(Hit { at, what: what.to_ascii_uppercase(), key, table: altered.clone() });
        }
        if start && word == "select" && depth == DEPTH {
            select = Some(0);
        } else if select == Some(0) && word == "from" {
            select = None;
        } else if select == Some(0) && word == "into" {
            let is_table = |next: &String| {
                let is_name = next.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '"' | '`'));
                is_name && !["temp", "temporary", "outfile", "dumpfile"].contains(&&**next)
            };
            if peeked.as_ref().is_some_and(is_table) {
                hits.push(Hit { table: name(text, token.span.end).0, ..Hit::new(at, "SELECT INTO") });
            } else if let Some("temp" | "temporary") = peeked.as_deref() {
                hits.push(Hit { table: name(text, next_end).0, ..Hit::new(at, "") });
            }
            select = None;
        }
        executes = word == "execute" || executes && (word == "format" || token.kind == Kind::OpenParen);
        start = OPENERS.contains(&&*word);
        if start {
            alter = false;
        }
    }
}

/// What follows a verb.
struct Object {
    kind: String,
    name: String,
    /// Of an index, the table.
    on: String,
    temporary: bool,
}

/// The object that follows a verb; none if it is none that counts.
fn object(text: &str, after: usize) -> Option<Object> {
    let mut temporary = false;
    for token in significant(text, after) {
        if token.kind != Kind::Word {
            return None;
        }
        let end = after + token.span.end;
        let kind = token.span.slice(&text[after..]).to_ascii_lowercase();
        if OBJECTS.contains(&&*kind) {
            let (called, end, schema) = name(text, end);
            let on = if kind == "index" && is_word(text, end, "on") { name(text, end).0 } else { String::new() };
            temporary |= matches!(&*schema, "pg_temp" | "temp");
            return Some(Object { kind, name: called, on, temporary });
        }
        if !BETWEEN.contains(&&*kind) {
            return None;
        }
        temporary |= matches!(&*kind, "temp" | "temporary");
    }
    None
}

fn significant(text: &str, after: usize) -> impl Iterator<Item = Token> {
    let is_comment = |token: &Token| matches!(token.kind, Kind::LineComment | Kind::BlockComment);
    tokens(text.get(after..).unwrap_or("")).filter(move |token| !is_comment(token))
}

fn is_word(text: &str, after: usize, word: &str) -> bool {
    significant(text, after)
        .next()
        .is_some_and(|token| token.kind == Kind::Word && token.span.slice(&text[after..]).eq_ignore_ascii_case(word))
}

/// The name that follows, without its schema and quotes, in lower case; where it ends, and its schema. Empty where there is
/// none, or a list of them.
fn name(text: &str, after: usize) -> (String, usize, String) {
    let (mut found, mut schema, mut end) = (String::new(), String::new(), after);
    let mut dot = true;
    for token in significant(text, after) {
        let source = token.span.slice(&text[after..]);
        let lower = source.trim_matches(['"', '`', '[', ']']).to_ascii_lowercase();
        match token.kind {
            Kind::Dot => (schema, dot) = (std::mem::take(&mut found), true),
            Kind::Word if found.is_empty() && BEFORE_NAME.contains(&&*lower) || lower == "on" && dot => {}
            Kind::Word | Kind::QuotedIdent if dot => (found, dot) = (lower, false),
            Kind::Other | Kind::Operator if matches!(source, "`" | "[" | "]") => {}
            Kind::Comma => return (String::new(), end, String::new()),
            _ => break,
        }
        end = after + token.span.end;
    }
    (found, end, schema)
}

/// Whether a comment begins a down section (true) or an up section (false).
fn direction(comment: &str) -> Option<bool> {
    let word = comment.trim_start_matches('-').trim();
    let starts = |marker: &str| {
        let head = word.get(..marker.len()).is_some_and(|head| head.eq_ignore_ascii_case(marker));
        head && word[marker.len()..].bytes().next().is_none_or(|byte| byte.is_ascii_whitespace())
    };
    let any = |end: &str| ["migrate:", "+goose ", "+migrate "].iter().any(|tool| starts(&format!("{tool}{end}")));
    match (any("down"), any("up")) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn finds(text: &str, expected: &[(&str, usize)]) {
        let lines = |at: usize| text[..at].matches('\n').count() + 1;
        let found: Vec<(String, usize)> = file(text).into_iter().map(|hit| (hit.what, lines(hit.at))).collect();
        let expected: Vec<(String, usize)> = expected.iter().map(|(what, line)| ((*what).to_owned(), *line)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn statements_of_the_schema_are_found() {
        finds(
            "create table t ();\nALTER TABLE t\n  ADD COLUMN a int,\n  drop column b;",
            &[("CREATE TABLE", 1), ("ALTER TABLE", 2), ("ADD COLUMN", 3), ("DROP COLUMN", 4)],
        );
        finds("create unique /* x */ index i on t (a)", &[("CREATE INDEX", 1)]);
        finds(
            "create or replace view v as select 1; drop materialized view m",
            &[("CREATE VIEW", 1), ("DROP VIEW", 1)],
        );
        finds("alter table t rename to u", &[("ALTER TABLE", 1), ("RENAME TO", 1)]);
    }

    #[test]
    fn a_table_that_is_selected_into_is_found() {
        finds("select a, (select 1 from t)\ninto newt from t", &[("SELECT INTO", 2)]);
        finds("select into temp x from t; select 1 into @v; insert into t select 1", &[]);
        finds("do $$ begin select 1 into v from t; end $$; select 1 from into_t", &[]);
        finds("create event trigger e on ddl_command_start execute function f()", &[("CREATE TRIGGER", 1)]);
    }

    #[test]
    fn a_file_of_mysql_may_have_a_quote_behind_a_backslash() {
        let text = r"insert into t values ('it\'s'); alter table t add column c int;";
        let found: Vec<String> = file(text).into_iter().map(|hit| hit.what).collect();
        assert_eq!(found, ["ALTER TABLE", "ADD COLUMN"]);
        assert_eq!(file(r"select 'C:\'; create table t ()").len(), 1);
    }

    #[test]
    fn data_comments_and_what_is_the_servers_are_not() {
        finds("insert into t values ('create table x'); update t set a = 1; delete from t", &[]);
        finds("-- create table x\n/* drop table y; */", &[]);
        finds("create temp table x as select 1; create temporary table y ()", &[]);
        finds(
            "create role r; create extension e; drop database d; grant all on t to r; comment on table t is 'x'",
            &[],
        );
        finds("alter role r; add column c", &[]);
        finds("select \"create\" from \"alter\"", &[]);
    }

    #[test]
    fn what_is_done_to_temporary_tables_is_no_change_of_the_schema() {
        finds("create temp table x (); alter table x add column a int; create index i on x (a); drop table x", &[]);
        finds("create local temporary table if not exists \"X\" ();\nalter table only x add column a int;", &[]);
        finds("select 1 into temp x; drop table if exists x", &[]);
        finds("create table pg_temp.x (); drop table pg_temp.x; drop table y", &[("DROP TABLE", 1)]);
        // Made, used and dropped again.
        finds("create table s.x as select 1;\ncreate index i on s.x (a);\ndrop table s.x;", &[]);
        finds("drop table if exists x;\ncreate table x ();", &[("DROP TABLE", 1), ("CREATE TABLE", 2)]);
        // A table that is built again under another name stays.
        finds(
            "create table n ();\ndrop table t;\nalter table n rename to t;",
            &[("CREATE TABLE", 1), ("DROP TABLE", 2), ("ALTER TABLE", 3), ("RENAME TO", 3)],
        );
    }

    #[test]
    fn what_is_changed_has_a_name() {
        let keys = |text: &str| file(text).into_iter().map(|hit| hit.key).collect::<Vec<_>>();
        assert_eq!(
            keys(
                "create table if not exists public.\"T\" (); alter table only t add column if not exists C int, drop column d"
            ),
            ["create table t", "", "add column t.c", "drop column t.d"]
        );
        assert_eq!(
            keys("create unique index concurrently i on t (a); drop table a, b; drop view v"),
            ["create index i", "", "drop view v"]
        );
        assert_eq!(keys("create table `t` (); create table [u] ()"), ["create table t", "create table u"]);
    }

    #[test]
    fn bodies_and_built_statements_are_read() {
        finds(
            "do $$ begin\n if x then\n alter table t add column a int;\n end if; end $$",
            &[("ALTER TABLE", 3), ("ADD COLUMN", 3)],
        );
        finds(
            "do $$ begin execute 'drop table t'; execute format('create index %I on t', x); end $$",
            &[("DROP TABLE", 1), ("CREATE INDEX", 1)],
        );
        finds("do $$ begin raise notice 'drop table t'; end $$", &[]);
    }

    #[test]
    fn down_sections_are_passed_over() {
        finds("-- migrate:up\ncreate table t ();\n-- migrate:down\ndrop table t;", &[("CREATE TABLE", 2)]);
        finds("-- +goose Up\nselect 1;\n-- +goose Down\ndrop table t;", &[]);
        finds("-- +migrate Down\ndrop table t;\n-- +migrate Up\ncreate table t ();", &[("CREATE TABLE", 4)]);
    }

    #[test]
    fn a_file_without_statements_has_nothing_to_run() {
        assert!(has_up("-- x\nselect 1"));
        assert!(!has_up("-- migrate:up\n;\n-- migrate:down\ndrop table t;"));
        assert!(!has_up(""));
    }
}
