//! `losses`: the statements of some migrations that throw data away, for somebody who has to say yes to them.

use crate::message::{Answer, given, text};
use counterfoil::convention::{self, Convention};
use counterfoil::sql::{self, Statement, lex};
use counterfoil::{Error, Location};
use serde::{Deserialize, Serialize};

/// Files, and which way which of their migrations go.
#[derive(Deserialize)]
struct Request {
    files: Vec<(String, String)>,
    convention: Option<String>,
    /// The migrations, by the paths of their up sections.
    paths: Vec<String>,
    /// Whether they are taken back.
    #[serde(default)]
    down: bool,
}

/// A statement that throws data away.
#[derive(Serialize)]
struct Loss {
    /// The migration, by the path of its up section.
    path: String,
    /// Where the statement is.
    at: Location,
    /// What it does, such as `drop table orders`.
    what: String,
    /// Whether it takes a whole schema or database, or all that somebody owns.
    whole: bool,
}

/// `{ files, convention?, paths, down? }` in, a list of `{ path, at, what, whole }` out. A section that cannot be
/// split is passed over: running it is refused anyway.
///
/// # Errors
///
/// `invalid-input` for another form; what is wrong with the files.
pub fn losses(json: &str) -> Answer {
    let Request { files, convention, paths, down } = given(json, "what is to be looked through")?;
    let convention = convention.map(|name| Convention::from_name(&name)).transpose()?;
    let catalog = convention::read(&files, convention)?;
    text(&found(&catalog, &paths, down)?)
}

fn found(catalog: &counterfoil::Catalog, paths: &[String], down: bool) -> Result<Vec<Loss>, Error> {
    let wanted: std::collections::BTreeSet<&str> = paths.iter().map(String::as_str).collect();
    let mut out = Vec::new();
    for migration in catalog.migrations.iter().filter(|migration| wanted.contains(migration.path.as_str())) {
        let Some(section) = (if down { migration.down.as_ref() } else { Some(&migration.up) }) else { continue };
        let Ok(analysis) = sql::analyze(&section.text, &section.breaks) else { continue };
        for statement in &analysis.statements {
            let Some(what) = loss(&section.text, statement) else { continue };
            let at = section.location(statement.span.start);
            out.push(Loss { path: migration.path.clone(), at, what, whole: statement.destructive.is_some() });
        }
    }
    Ok(out)
}

/// What a statement throws away, if it does.
fn loss(section: &str, statement: &Statement) -> Option<String> {
    if let Some(what) = &statement.destructive {
        return Some(what.clone());
    }
    let text = statement.span.slice(section);
    let mut depth = 0u32;
    // What stands in parentheses belongs to a part of the statement.
    let words: Vec<&str> = lex::tokens(text)
        .filter(|token| {
            match token.kind {
                lex::Kind::OpenParen => depth += 1,
                lex::Kind::CloseParen => depth = depth.saturating_sub(1),
                lex::Kind::LineComment | lex::Kind::BlockComment => return false,
                _ => return depth == 0,
            }
            false
        })
        .map(|token| token.span.slice(text))
        .collect();
    let is = |at: usize, word: &str| words.get(at).is_some_and(|found| found.eq_ignore_ascii_case(word));
    let begins = |phrase: &str| phrase.split(' ').enumerate().all(|(at, word)| is(at, word));
    let name = |from: usize| {
        let mut at = from;
        while ["if", "exists", "only", "table", "column"].iter().any(|word| is(at, word)) {
            at += 1;
        }
        let mut name = String::from(*words.get(at).unwrap_or(&""));
        while words.get(at + 1) == Some(&".") {
            name.push('.');
            name.push_str(words.get(at + 2).unwrap_or(&""));
            at += 2;
        }
        name
    };
    if begins("drop table") {
        return Some(format!("drop table {}", name(2)));
    }
    if begins("truncate") {
        return Some(format!("truncate {}", name(1)));
    }
    if begins("delete from") && !words.iter().any(|word| word.eq_ignore_ascii_case("where")) {
        return Some(format!("delete from {} without a condition", name(2)));
    }
    if begins("alter table") {
        // An action begins after the table's name or a comma. Other things that are dropped hold no data.
        let others = ["constraint", "default", "not", "identity", "expression"];
        let dropped = (1..words.len()).find(|&at| {
            is(at, "drop")
                && !others.iter().any(|other| is(at + 1, other))
                && (is(at + 1, "column") || !(2..=at).any(|before| is(before, "alter") && before + 3 > at))
        })?;
        return Some(format!("drop column {} of {}", name(dropped + 1), name(2)));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn loses(text: &str, expected: &[&str]) {
        let analysis = sql::analyze(text, &[]).expect("it can be split");
        let found: Vec<String> = analysis.statements.iter().filter_map(|statement| loss(text, statement)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn tables_columns_and_rows_that_go_are_named() {
        loses("drop table orders", &["drop table orders"]);
        loses("DROP TABLE IF EXISTS app . \"Orders\" CASCADE", &["drop table app.\"Orders\""]);
        loses("alter table only t drop column if exists a, add b int", &["drop column a of t"]);
        loses("alter table t drop a", &["drop column a of t"]);
        loses("alter table t alter a drop default, drop b", &["drop column b of t"]);
        loses("truncate table a, b; truncate c", &["truncate a", "truncate c"]);
        loses("delete from t", &["delete from t without a condition"]);
        loses("delete from t using u where true", &[]);
        loses("drop schema app cascade", &["drop schema app"]);
    }

    #[test]
    fn what_holds_no_data_may_go() {
        loses("alter table t drop constraint c, alter a drop not null, alter column b drop identity", &[]);
        loses("drop index i; drop view v; drop function f(int); drop trigger g on t; drop type ty", &[]);
        loses("create table t (\"drop\" text); select 'drop table t'; -- drop table t", &[]);
        loses("alter table t add constraint c foreign key (a) references u on delete cascade", &[]);
        loses("create rule r as on delete to t do instead (delete from u)", &[]);
    }
}
