//! A name without a schema where `search_path` is not what the reader thinks.

use super::setting::{Change, To, change};
use super::{Found, Level, Rule, Subject};
use counterfoil::finding::Severity;
use counterfoil::span::Span;
use counterfoil::sql::lex::Kind;
use counterfoil::sql::pattern::Cursor;
use std::collections::BTreeSet;

pub(super) const RULE: Rule = Rule {
    code: "unqualified-name",
    level: Level::Warning,
    summary: "an object without its schema, after search_path was changed in the same file",
    why: "\
Where a name without a schema leads depends on `search_path`. Once a file has emptied it, PostgreSQL refuses to create
anything without a schema and finds nothing of what is there: that is an error. Where the file has set it to something
else, a line far above decides where a table ends up, and moving statements to another file changes that: a warning, or a
note if the setting ends with the transaction.

Write the schema in front of the name.",
    bad: &[
        "SET LOCAL search_path TO '';\nCREATE TABLE rooms (id bigint PRIMARY KEY);\n",
        "SET LOCAL search_path TO booking;\nALTER TABLE rooms ADD COLUMN floor integer;\n",
    ],
    good: &[
        "SET LOCAL search_path TO '';\nCREATE TABLE public.rooms (id bigint PRIMARY KEY);\n",
        "SET LOCAL search_path TO '';\nCREATE TEMPORARY TABLE seen (id bigint) ON COMMIT DROP;\nINSERT INTO seen VALUES (1);\n",
        "CREATE TABLE rooms (id bigint PRIMARY KEY);\n",
    ],
};

/// Statements, and which of their names is the object's. Those that make a temporary table come first.
const OBJECTS: &[&str] = &[
    "create unlogged? table",
    "create or? replace? recursive? view",
    "create materialized view",
    "create unlogged? sequence",
    "create or? replace? function|procedure|aggregate",
    "create type|domain|collation|statistics",
    "create foreign table",
    "create or? replace? constraint? trigger <name> ... on",
    "create policy <name> on",
    "alter table|view|sequence|type|domain|function|procedure|index",
    "alter materialized|foreign view|table",
    "drop table|view|sequence|type|domain|function|procedure|index",
    "drop materialized|foreign view|table",
    "insert into",
    "delete from",
    "update",
    "truncate table?",
    "comment on table|view|sequence|type|domain|function",
    "copy",
];

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let mut state: Option<(Change, u32)> = None;
    let mut temporary = BTreeSet::new();
    let mut first: Option<(Found, usize)> = None;
    let mut lines = counterfoil::span::Cursor::new(subject.text());
    for (statement, code) in subject.statements() {
        if let Some(change) = change(subject, statement, code) {
            found.extend(first.take().map(more));
            lines.advance(change.at);
            let line = subject.section.line_in_file(change.at, lines.line());
            state = (change.to != To::Before).then_some((change, line));
            continue;
        }
        let mut cursor = subject.cursor(code);
        if cursor.takes("create local|global? temp|temporary table") {
            cursor.takes("if not? exists");
            temporary.extend(cursor.name().map(|(_, name)| name));
            continue;
        }
        let Some((change, line)) = state else { continue };
        let Some((name, at)) = object(subject.cursor(code)).filter(|(name, _)| !temporary.contains(name)) else {
            continue;
        };
        match &mut first {
            Some((_, more)) => *more += 1,
            None => first = Some((finding(&name, at, change, line), 0)),
        }
    }
    found.extend(first.map(more));
}

fn finding(name: &str, at: Span, change: Change, line: u32) -> Found {
    let (severity, message) = match (change.to, change.local) {
        (To::Empty, _) => (
            Severity::Error,
            format!("{name} has no schema, and search_path is empty since line {line}: PostgreSQL does not find it"),
        ),
        (_, local) => (
            if local { Severity::Note } else { Severity::Warning },
            format!("{name} has no schema: where it is depends on search_path, which line {line} changes"),
        ),
    };
    let help = format!("write the schema in front of it, such as public.{name}");
    Found { severity: Some(severity), ..Found::new(RULE.code, at, message, help) }
}

/// Says how many names there are like it.
fn more((found, more): (Found, usize)) -> Found {
    match more {
        0 => found,
        1 => Found { message: format!("{}; so has one statement more", found.message), ..found },
        _ => Found { message: format!("{}; so have {more} statements more", found.message), ..found },
    }
}

/// The name of the object that a statement is about, if it has no schema, and where it stands.
fn object(cursor: Cursor<'_>) -> Option<(String, Span)> {
    let mut index = cursor;
    if index.takes("create unique? index") {
        index.takes("concurrently");
        index.takes("if not exists");
        if !index.takes("on") && !index.takes("<name> on") {
            return None;
        }
        return named(index);
    }
    OBJECTS.iter().find_map(|pattern| {
        let mut cursor = cursor;
        if !cursor.takes(pattern) {
            return None;
        }
        cursor.takes("concurrently");
        cursor.takes("if not? exists");
        // `COPY (SELECT …)` has no name here.
        named(cursor)
    })
}

fn named(mut cursor: Cursor<'_>) -> Option<(String, Span)> {
    cursor.takes("only");
    let at = cursor.peek()?.span;
    let (schema, name) = cursor.name()?;
    // A dot that is left over belongs to a name that cannot be known here.
    (schema.is_none() && !cursor.kind_is(Kind::Dot)).then_some((name, at))
}
