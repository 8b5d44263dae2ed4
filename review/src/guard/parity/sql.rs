//! Where a text of SQL has DDL.
//!
//! `CREATE`, `ALTER` and `DROP` at the start of a statement, of what belongs to a schema; inside an
//! `ALTER` also `ADD COLUMN` and the like, so that a line of a long statement counts by itself. In
//! bodies of functions and `DO`, and in what `EXECUTE` is given, too. Not counted: temporary tables,
//! comments, `COMMENT ON`, rights, and what belongs to the server (roles, databases, extensions).

use super::Hit;
use counterfoil::sql::lex::{Kind, tokens};

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
    "event",
];

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
        hits.sort_by(|a, b| (a.at, &a.what).cmp(&(b.at, &b.what)));
        hits.dedup();
    }
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
        let part = PARTS.iter().find(|(first, _)| *first == word);
        if start && matches!(&*word, "create" | "alter" | "drop") {
            alter = word == "alter";
            if let Some(object) = object(text, token.span.end) {
                hits.push(Hit { at, what: format!("{} {}", word, object).to_ascii_uppercase() });
            }
        } else if let (true, Some((_, after)), Some(next)) = (alter || start && fragment, part, &peeked)
            && after.contains(&&**next)
        {
            alter = true;
            hits.push(Hit { at, what: format!("{word} {next}").to_ascii_uppercase() });
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
                hits.push(Hit { at, what: "SELECT INTO".to_owned() });
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

/// The object that follows a verb; none if it is none that counts.
fn object(text: &str, after: usize) -> Option<String> {
    for token in
        tokens(text.get(after..)?).filter(|token| !matches!(token.kind, Kind::LineComment | Kind::BlockComment))
    {
        if token.kind != Kind::Word {
            return None;
        }
        let word = token.span.slice(&text[after..]).to_ascii_lowercase();
        if OBJECTS.contains(&&*word) {
            return Some(word);
        }
        if !BETWEEN.contains(&&*word) {
            return None;
        }
    }
    None
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
        let found: Vec<(String, usize)> = ddl(text, false).into_iter().map(|hit| (hit.what, lines(hit.at))).collect();
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
