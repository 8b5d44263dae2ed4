//! The tables that pending migrations create: if one is there before the first of them, somebody has been here.

use super::{Cache, Plan, Work};
use crate::ledger::foreign::Name;
use crate::migration::Catalog;
use crate::ordered;
use crate::sql::lex::{Kind, Token, tokens};
use crate::sql::pattern::Cursor;
use crate::sql::{Act, Statement, content};

/// A `CREATE TABLE` of a pending migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Created {
    pub(crate) name: Name,
    /// The migration.
    pub(crate) migration: usize,
    /// Where the statement begins in its section.
    pub(crate) start: usize,
}

/// The tables that a plan creates, each where it is created first.
///
/// Left out are names that the set gives to another table before (`ALTER TABLE t RENAME TO old`: then it was there),
/// and names without a schema after a statement that changes `search_path` in a way that is not told: nobody knows
/// where they lead.
pub(crate) fn created(catalog: &Catalog, plan: &Plan, cache: &Cache) -> Vec<Created> {
    // Every table that is spoken of, and whether it is created there.
    let mut named: Vec<(Created, bool)> = Vec::new();
    let pending = plan.work.iter().filter_map(|work| match work {
        Work::Apply { migration, .. } => Some(*migration),
        _ => None,
    });
    for migration in pending {
        let Some(Ok(inspected)) = cache.get(migration) else { continue };
        let section = &catalog.migrations[migration].up.text;
        let mut path = Path::Same;
        for statement in &inspected.analysis.statements {
            path = moved(statement, section).unwrap_or(path);
            for act in &statement.tables {
                let schema = match (&act.schema, &path) {
                    (None, Path::Unknown) => continue,
                    (None, Path::First(schema)) => Some(schema.clone()),
                    (schema, _) => schema.clone(),
                };
                if act.act == Act::Drop {
                    continue;
                }
                let name = Name { schema, table: act.table.clone() };
                named.push((Created { name, migration, start: statement.span.start }, act.act == Act::Create));
            }
        }
    }
    let by_name = ordered::order(named.len(), &mut |a, b| named[a].0.name.cmp(&named[b].0.name));
    let mut is_first = vec![true; named.len()];
    for pair in by_name.windows(2) {
        is_first[pair[1]] = named[pair[0]].0.name != named[pair[1]].0.name;
    }
    let mut firsts = is_first.into_iter();
    named.retain(|(_, creates)| firsts.next() == Some(true) && *creates);
    named.into_iter().map(|(created, _)| created).collect()
}

/// Where names without a schema lead.
enum Path {
    /// Where the session would create them.
    Same,
    /// The first schema of a `search_path`.
    First(String),
    Unknown,
}

/// What a statement makes of `search_path` for those that follow, if it may change it.
fn moved(statement: &Statement, section: &str) -> Option<Path> {
    let sql = statement.span.slice(section);
    let verb = statement.verb.split(' ').next().unwrap_or_default();
    if !matches!(verb, "set" | "select" | "reset" | "do") {
        return None;
    }
    let all: Vec<Token> =
        tokens(sql).filter(|token| !matches!(token.kind, Kind::LineComment | Kind::BlockComment)).collect();
    let mut cursor = Cursor::new(sql, &all);
    if cursor.takes("set local|session? schema") {
        return Some(cursor.peek().map_or(Path::Unknown, |token| first(&cursor, token)));
    }
    if !sql.to_ascii_lowercase().contains("search_path") {
        return None;
    }
    if verb == "reset" || cursor.starts("set local|session? search_path to default") {
        return Some(Path::Same);
    }
    if cursor.takes("set local|session? search_path") {
        // `to` or `=`.
        cursor.skip();
        return Some(cursor.peek().map_or(Path::Unknown, |token| first(&cursor, token)));
    }
    // `set_config('search_path', 'app, public', …)`: a list in a literal.
    let list = all.windows(4).find(|four| {
        four[0].kind == Kind::OpenParen && four[1].span.slice(sql) == "'search_path'" && four[3].kind == Kind::Str
    });
    let list = list.and_then(|four| content(Kind::Str, four[3].span.slice(sql))).filter(|_| verb == "select");
    Some(list.map_or(Path::Unknown, |list| {
        let inner: Vec<Token> = tokens(&list).collect();
        inner.first().map_or(Path::Unknown, |token| first(&Cursor::new(&list, &inner), *token))
    }))
}

/// The schema that a token names.
fn first(cursor: &Cursor<'_>, token: Token) -> Path {
    let text = token.span.slice(cursor.text);
    let name = match token.kind {
        Kind::Str => content(token.kind, text).map(String::from),
        _ => cursor.clone().name().and_then(|(schema, name)| schema.is_none().then_some(name)),
    };
    name.filter(|name| name != "$user" && !name.is_empty()).map_or(Path::Unknown, Path::First)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Ledger;
    use crate::plan::{Options, plan_with};

    #[track_caller]
    fn creates(files: &[&str], expected: &[(Option<&str>, &str, usize)]) {
        let files: Vec<_> =
            files.iter().enumerate().map(|(at, sql)| (format!("{at}_a.sql"), (*sql).to_owned())).collect();
        let catalog = crate::convention::read(&files, Some(crate::convention::Convention::Plain)).expect("a valid set");
        let mut cache = Cache::new();
        let plan = plan_with(&catalog, &Ledger::default(), &Options::default(), &mut cache);
        let found = created(&catalog, &plan, &cache);
        let found: Vec<_> =
            found.iter().map(|c| (c.name.schema.as_deref(), c.name.table.as_str(), c.migration)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn tables_are_found_with_the_migration_that_creates_them_first() {
        creates(
            &[
                "create table if not exists A (id int); create table app.\"B\" ()",
                "drop table a; create table a (); create unlogged table c ()",
            ],
            &[(None, "a", 0), (Some("app"), "B", 0), (None, "c", 1)],
        );
        creates(
            &["create temp table t (); create view v as select 1; insert into x values ('create table y ()')"],
            &[],
        );
    }

    #[test]
    fn a_table_that_the_set_renames_first_was_there() {
        creates(&["alter table a rename to old; create table a ()"], &[]);
        creates(&["create table a (); alter table a rename to old; create table a ()"], &[(None, "a", 0)]);
    }

    #[test]
    fn a_name_without_a_schema_is_looked_for_where_the_set_puts_it() {
        let app: &[(Option<&str>, &str, usize)] = &[(Some("app"), "a", 0)];
        for path in [
            "set search_path to app, public",
            "set search_path = app",
            "SET LOCAL search_path = 'app', public",
            "set session search_path to \"app\"",
            "set schema 'app'",
            "set local schema 'app'",
            "select pg_catalog.set_config('search_path', 'app, public', false)",
            "set /* the path */ search_path = App",
        ] {
            creates(&[&format!("{path}; create table if not exists a ()")], app);
        }
        // It holds to the end of the migration.
        creates(
            &["set search_path to app; create table a (); create table s.b ()", "create table c ()"],
            &[(Some("app"), "a", 0), (Some("s"), "b", 0), (None, "c", 1)],
        );
        creates(&["set search_path to app; reset search_path; create table a ()"], &[(None, "a", 0)]);
        creates(&["set search_path to app; set search_path to default; create table a ()"], &[(None, "a", 0)]);
    }

    #[test]
    fn a_name_without_a_schema_is_not_looked_for_where_its_schema_is_unknown() {
        for path in [
            "select set_config('search_path', current_setting('app.path'), false)",
            "select set_config('search_path', '', false)",
            "set search_path = \"$user\", public",
            "do $$ begin perform set_config('search_path', 'app', false); end $$",
        ] {
            creates(
                &[&format!("{path}; create table a (); create table app.b ()"), "create table c ()"],
                &[(Some("app"), "b", 0), (None, "c", 1)],
            );
        }
    }

    #[test]
    fn what_if_not_exists_may_skip_counts() {
        creates(&["create table if not exists U&\"\\0075sers\" (id int)"], &[(None, "users", 0)]);
        creates(&["create foreign table if not exists users () server s"], &[(None, "users", 0)]);
        creates(&["create materialized view if not exists users as select 1"], &[(None, "users", 0)]);
        creates(&["do $$ begin raise notice 'create table users (id int)'; end $$"], &[]);
    }
}
