//! The tables that pending migrations create: if one is there before the first of them, somebody has been here.

use super::{Cache, Plan, Work};
use crate::ledger::foreign::Name;
use crate::migration::Catalog;
use crate::sql::{Act, Statement};

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
/// and names without a schema after a statement that may change `search_path`: nobody knows where they lead.
pub(crate) fn created(catalog: &Catalog, plan: &Plan, cache: &Cache) -> Vec<Created> {
    let mut known: std::collections::BTreeSet<Name> = std::collections::BTreeSet::new();
    let mut out = Vec::new();
    let pending = plan.work.iter().filter_map(|work| match work {
        Work::Apply { migration, .. } => Some(*migration),
        _ => None,
    });
    for migration in pending {
        let Some(Ok(inspected)) = cache.get(&migration) else { continue };
        let section = &catalog.migrations[migration].up.text;
        let mut moved = false;
        for statement in &inspected.analysis.statements {
            moved |= moves(statement, section);
            for act in &statement.tables {
                if act.act == Act::Drop || (moved && act.schema.is_none()) {
                    continue;
                }
                let name = Name { schema: act.schema.clone(), table: act.table.clone() };
                if known.insert(name.clone()) && act.act == Act::Create {
                    out.push(Created { name, migration, start: statement.span.start });
                }
            }
        }
    }
    out
}

/// Whether a statement may change `search_path` for those that follow.
fn moves(statement: &Statement, section: &str) -> bool {
    let sql = statement.span.slice(section);
    matches!(statement.verb.split(' ').next().unwrap_or_default(), "set" | "select" | "reset" | "do")
        && sql.to_ascii_lowercase().contains("search_path")
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
    fn a_name_without_a_schema_is_not_looked_for_where_its_schema_is_unknown() {
        creates(
            &[
                "create schema app; set search_path to app; create table a (); create table app.b ()",
                "create table c ()",
            ],
            &[(Some("app"), "b", 0), (None, "c", 1)],
        );
        creates(&["set local search_path = app; create table a ()"], &[]);
        creates(&["select pg_catalog.set_config('search_path', 'app', false); create table a ()"], &[]);
    }
}
