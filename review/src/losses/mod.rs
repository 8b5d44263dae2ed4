//! The statements of some migrations that throw data away, for somebody who has to say yes to them.

use crate::tree;
use counterfoil::sql::lex::{self, Kind, Token};
use counterfoil::sql::{self, Statement};
use counterfoil::{Catalog, Location};
use serde::Serialize;
use std::collections::BTreeSet;

/// A statement that throws data away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Loss {
    /// The migration, by the path of its up section.
    pub path: String,
    /// Where the statement is.
    pub at: Location,
    /// What it does, such as `drop table orders`.
    pub what: String,
    /// Whether it takes a whole schema or database, or all that somebody owns.
    pub whole: bool,
}

/// What migrations throw away, by the paths of their up sections; `down`: where they are taken back. A section that cannot
/// be split is passed over: running it is refused anyway.
pub fn found(catalog: &Catalog, paths: &[String], down: bool) -> Vec<Loss> {
    let wanted: BTreeSet<&str> = tree::set(paths.iter().map(String::as_str));
    let mut out = Vec::new();
    for migration in catalog.migrations.iter().filter(|migration| wanted.contains(migration.path.as_str())) {
        let Some(section) = (if down { migration.down.as_ref() } else { Some(&migration.up) }) else { continue };
        let Ok(analysis) = sql::analyze(&section.without_values(), &section.breaks) else { continue };
        for statement in &analysis.statements {
            for (what, whole) in lost(&section.text, statement) {
                let at = section.location(statement.span.start);
                out.push(Loss { path: migration.path.clone(), at, what, whole });
            }
        }
    }
    out
}

/// What a statement throws away, each thing once, and whether that is a whole schema, database or all that somebody owns.
fn lost(section: &str, statement: &Statement) -> Vec<(String, bool)> {
    let mut out: Vec<(String, bool)> = statement.destructive.iter().map(|what| (what.clone(), true)).collect();
    let mut known: BTreeSet<String> = tree::set(out.iter().map(|(what, _)| what.clone()));
    let mut found = Vec::new();
    read(statement.span.slice(section), Code::Statement, 0, &mut found);
    out.extend(found.into_iter().filter(|what| known.insert(what.clone())).map(|what| (what, false)));
    out
}

/// What is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Code {
    /// A statement of a migration, or a string that is run as one.
    Statement,
    /// The body of a `DO`.
    Body,
}

/// How deep code in strings is read: a body, what it executes, and a string in that.
const DEEPEST: usize = 3;

/// How many tokens of a statement inside another one are looked at.
const FURTHEST: usize = 500;

/// Finds what is thrown away: by the statement, by a statement of its `WITH`, and by the code that a `DO` runs.
fn read(text: &str, code: Code, depth: usize, out: &mut Vec<String>) {
    let tokens: Vec<Token> =
        lex::tokens(text).filter(|token| !matches!(token.kind, Kind::LineComment | Kind::BlockComment)).collect();
    for statement in tokens.split(|token| token.kind == Kind::Semicolon) {
        let is = |at: usize, words: &[&str]| {
            statement.get(at).is_some_and(|token| {
                token.kind == Kind::Word && words.iter().any(|word| token.span.slice(text).eq_ignore_ascii_case(word))
            })
        };
        let with = is(0, &["with"]);
        let mut executes = false;
        for at in 0..statement.len() {
            executes |= is(at, &["execute"]);
            let begins = match at.checked_sub(1) {
                None => true,
                // `with a as (delete …)`, and what comes after the last of them.
                Some(before) if statement[before].kind == Kind::OpenParen => {
                    before > 0 && is(before - 1, &["as", "materialized"])
                }
                Some(before) if statement[before].kind == Kind::CloseParen => with,
                Some(before) => code == Code::Body && is(before, &["begin", "then", "else", "loop"]),
            };
            if begins && is(at, &["drop", "truncate", "delete", "alter"]) {
                let furthest = if at == 0 { statement.len() } else { statement.len().min(at + FURTHEST) };
                loss(text, &statement[at..furthest], out);
            }
        }
        let runs = if code == Code::Body { executes } else { is(0, &["do"]) };
        if !runs || depth == DEEPEST {
            continue;
        }
        let inner = if code == Code::Body { Code::Statement } else { Code::Body };
        for token in statement {
            if let Some(inside) = sql::content(token.kind, token.span.slice(text)) {
                read(&inside, inner, depth + 1, out);
            }
        }
    }
}

/// What a statement throws away that begins with these tokens. It ends where the parenthesis does in which it stands.
fn loss(text: &str, tokens: &[Token], out: &mut Vec<String>) {
    let mut depth = 0usize;
    // What stands in parentheses belongs to a part of the statement.
    let mut words: Vec<&str> = Vec::new();
    let mut condition: Option<Vec<&str>> = None;
    for token in tokens {
        let word = token.span.slice(text);
        match token.kind {
            Kind::OpenParen => depth += 1,
            Kind::CloseParen if depth == 0 => break,
            Kind::CloseParen => depth -= 1,
            _ => {
                let mut outside = depth == 0;
                if outside && word.eq_ignore_ascii_case("where") {
                    condition = Some(Vec::new());
                    outside = false;
                } else if outside && word.eq_ignore_ascii_case("returning") {
                    break;
                }
                if let Some(condition) = condition.as_mut().filter(|_| outside || depth > 0) {
                    condition.push(word);
                } else if outside {
                    words.push(word);
                }
            }
        }
    }
    let is = |at: usize, word: &str| words.get(at).is_some_and(|found| found.eq_ignore_ascii_case(word));
    let begins = |phrase: &str| phrase.split(' ').enumerate().all(|(at, word)| is(at, word));
    let cascades = words.last().is_some_and(|word| word.eq_ignore_ascii_case("cascade"));
    // One name and where it ends; none if it is put together at run time.
    let name = |from: usize| {
        let mut at = from;
        while ["if", "exists", "only", "table", "column", "attribute"].iter().any(|word| is(at, word)) {
            at += 1;
        }
        let mut name = String::from(*words.get(at).filter(|word| names(word))?);
        while words.get(at + 1) == Some(&".") {
            name.push('.');
            name.push_str(words.get(at + 2).filter(|word| names(word))?);
            at += 2;
        }
        Some((name, at + 1))
    };
    let one = |from: usize| name(from).map_or_else(computed, |(name, _)| name);
    let list = |from: usize| {
        let mut all = Vec::new();
        let mut next = from;
        while let Some((name, end)) = name(next) {
            all.push(name);
            // `t *` is the table and what inherits from it.
            next = end + usize::from(words.get(end) == Some(&"*"));
            if words.get(next) != Some(&",") {
                break;
            }
            next += 1;
        }
        if all.is_empty() { computed() } else { all.join(", ") }
    };
    for dropped in ["drop table", "drop materialized view"] {
        if begins(dropped) {
            out.push(format!("{dropped} {}", list(dropped.split(' ').count())));
        }
    }
    // With these go the columns that have such a type.
    for dropped in ["drop type", "drop domain", "drop extension"] {
        if begins(dropped) && cascades {
            out.push(format!("{dropped} {} cascade", list(2)));
        }
    }
    if begins("truncate") {
        out.push(format!("truncate {}", list(1)));
    }
    let everything = |condition: &[&str]| match condition {
        [one] => one.eq_ignore_ascii_case("true"),
        [left, "=", right] => left == right,
        _ => false,
    };
    if begins("delete from") && condition.as_deref().is_none_or(everything) {
        out.push(format!("delete from {} without a condition", one(2)));
    }
    let (of, part) = if begins("alter table") {
        ("table", "column")
    } else if begins("alter type") {
        ("type", "attribute")
    } else {
        return;
    };
    // An action begins after the table's name or a comma. Other things that are dropped hold no data.
    let others = ["constraint", "default", "not", "identity", "expression"];
    for at in 2..words.len() {
        let alters = || (at.saturating_sub(2).max(3)..at).any(|before| is(before, "alter"));
        let drops = is(at, "drop") && !others.iter().any(|other| is(at + 1, other));
        if drops && (is(at + 1, part) || (of == "table" && !alters())) {
            out.push(format!("drop {part} {} of {}", one(at + 1), one(2)));
        }
    }
}

/// Whether a word can be a name.
fn names(word: &str) -> bool {
    let mut chars = word.chars();
    match chars.next() {
        Some('"') => word.len() > 2 && word.ends_with('"'),
        Some(first) => first == '_' || first.is_alphabetic(),
        None => false,
    }
}

fn computed() -> String {
    String::from("with a computed name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn loses(text: &str, expected: &[&str]) {
        let analysis = sql::analyze(text, &[]).expect("it can be split");
        let found = analysis.statements.iter().flat_map(|statement| lost(text, statement));
        let found: Vec<String> = found.map(|(what, _)| what).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn tables_columns_and_rows_that_go_are_named() {
        loses("drop table orders", &["drop table orders"]);
        loses("DROP TABLE IF EXISTS app . \"Orders\" CASCADE", &["drop table app.\"Orders\""]);
        loses("alter table only t drop column if exists a, add b int", &["drop column a of t"]);
        loses("alter table t drop a", &["drop column a of t"]);
        loses("alter table t alter a drop default, drop b", &["drop column b of t"]);
        loses("truncate table a, b; truncate c", &["truncate a, b", "truncate c"]);
        loses("delete from t", &["delete from t without a condition"]);
        loses("delete from t using u where u.id = t.id", &[]);
        loses(
            "delete from t where true; delete from t where (1 = 1) returning *",
            &["delete from t without a condition"; 2],
        );
        loses(
            "alter table t drop a, add b int, drop column if exists c",
            &["drop column a of t", "drop column c of t"],
        );
        loses("drop table a, app.b cascade", &["drop table a, app.b"]);
        loses("drop schema app cascade", &["drop schema app"]);
    }

    #[test]
    fn what_takes_columns_with_it_is_named() {
        loses("drop type e cascade", &["drop type e cascade"]);
        loses("drop domain if exists app.d cascade", &["drop domain app.d cascade"]);
        loses("drop extension hstore cascade", &["drop extension hstore cascade"]);
        loses("alter type c drop attribute if exists a cascade", &["drop attribute a of c"]);
        loses("drop materialized view if exists totals", &["drop materialized view totals"]);
    }

    #[test]
    fn statements_in_others_and_in_code_are_found() {
        loses("with x as (delete from t returning *) select * from x", &["delete from t without a condition"]);
        loses(
            "with x as materialized (select 1), y as (delete from t where id = 1) delete from u",
            &["delete from u without a condition"],
        );
        loses("with x as (select 1) delete from u using x where u.id = x.id", &[]);
        loses("do $$ begin drop table t; truncate u; perform 1; end $$", &["drop table t", "truncate u"]);
        loses("do $$ begin if a then alter table t drop column b; end if; end $$", &["drop column b of t"]);
        loses("do $$ begin execute 'delete from t'; end $$", &["delete from t without a condition"]);
        loses("do 'begin execute ''truncate '' || name; end'", &["truncate with a computed name"]);
        loses("do $$ begin execute format('drop table %I', name); end $$", &["drop table with a computed name"]);
        loses("do $$ begin execute 'drop table \"' || a || '\"'; end $$", &["drop table with a computed name"]);
        loses("do $$ begin raise notice 'drop table t'; end $$", &[]);
        loses("create function f() returns void language plpgsql as $$ begin drop table t; end $$", &[]);
    }

    #[test]
    fn what_is_long_and_odd_takes_no_long_time() {
        for text in [
            "with x as (delete ",
            "begin drop ",
            "alter table t drop ",
            "as (alter table t alter drop ",
            "'do $$ execute ",
        ] {
            let mut found = Vec::new();
            read(&text.repeat(5_000), Code::Body, 0, &mut found);
            assert!(found.len() <= 10_000, "{text}");
        }
    }

    #[test]
    fn what_holds_no_data_may_go() {
        loses("alter table t drop constraint c, alter a drop not null, alter column b drop identity", &[]);
        loses("drop index i; drop view v; drop function f(int); drop trigger g on t; drop type ty; drop domain d", &[]);
        loses("create table t (\"drop\" text); select 'drop table t'; -- drop table t", &[]);
        loses("alter table t add constraint c foreign key (a) references u on delete cascade", &[]);
        loses("create rule r as on delete to t do instead (delete from u)", &[]);
    }
}
