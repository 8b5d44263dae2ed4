//! What the database says of a step that was sent alone: whether it has happened, what it has left behind, and whether an
//! index that is there is the one that the step builds.
//!
//! Only PostgreSQL knows whether two definitions mean the same. So the index is built once more, on an empty copy of its
//! table in a transaction that always fails, and what PostgreSQL then says of both is compared.

use crate::sql::Judged;
use crate::sql::judged::code;
use crate::sql::pattern::Cursor;
use crate::sql::quote::{identifier, literal};

/// Before what a comparison has found, in the text that is no number.
pub(super) const SAYS: &str = "counterfoil: ";

/// An index that is built concurrently.
struct Build<'t> {
    unique: bool,
    /// None if PostgreSQL chooses it.
    name: Option<String>,
    /// The table, quoted: alone, and with its schema if that is written.
    table: String,
    relation: String,
    /// What follows the table.
    rest: &'t str,
}

impl<'t> Build<'t> {
    fn read(sql: &'t str) -> Option<Self> {
        let tokens = code(sql);
        let mut cursor = Cursor::new(sql, &tokens);
        cursor.takes("create");
        let unique = cursor.takes("unique");
        cursor.takes("index concurrently");
        cursor.takes("if not exists");
        let name = if cursor.starts("on") { None } else { Some(cursor.name()?.1) };
        cursor.takes("on only?");
        let (relation, table) = named(&mut cursor)?;
        let rest = sql.get(cursor.peek()?.span.start..)?;
        Some(Build { unique, name, table, relation, rest })
    }
}

/// A name, quoted: with its schema if that is written, and alone.
fn named(cursor: &mut Cursor<'_>) -> Option<(String, String)> {
    let (schema, name) = cursor.name()?;
    let name = identifier(&name);
    let schema = schema.map_or_else(String::new, |schema| identifier(&schema) + ".");
    Some((schema + &name, name))
}

/// An expression for the relation of a quoted name.
fn regclass(name: &str) -> String {
    ["pg_catalog.to_regclass(", &literal(name), ")"].concat()
}

/// An expression for the qualified name of a relation.
fn identity(oid: &str) -> String {
    ["(pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, ", oid, ", 0)).identity"].concat()
}

/// Whether somebody builds the index `x`.
const BUILT: &str =
    "exists (select 1 from pg_catalog.pg_stat_progress_create_index p where p.index_relid = x.indexrelid)";

/// Of indexes `x`, named in `c`, for which this holds: whether they are valid, what drops them, which they are.
fn indexes(condition: &str) -> String {
    [
        "select case when bool_or(x.indisvalid) then 'valid' when count(*) > 0 then 'invalid' end as state, \
         'drop index if exists ' || string_agg(",
        &identity("x.indexrelid"),
        ", ', ') as name, string_agg(x.indexrelid::text, ', ') as among, bool_or(",
        BUILT,
        ") as busy from pg_catalog.pg_index x join pg_catalog.pg_class c on c.oid = x.indexrelid where ",
        condition,
    ]
    .concat()
}

/// What is asked about a step. One row: `state`, `name` (what puts it right), `among` (the indexes to compare), `building`,
/// and `astray`, other indexes that are invalid, one on a line. `tag` is what the query of a backend begins with that is at it.
pub(super) fn look(judged: Option<Judged>, sql: &str, tag: &str) -> String {
    let found = judged.and_then(|judged| found(judged, sql));
    [
        "select f.state, f.name, f.among, (coalesce(f.busy, false) or exists (select 1 from pg_catalog.pg_stat_activity a \
         where a.datname = pg_catalog.current_database() and a.pid <> pg_catalog.pg_backend_pid() \
         and a.state = 'active' and pg_catalog.strpos(a.query, ",
        &literal(tag),
        ") = 1))::text as building, (select string_agg(",
        &identity("x.indexrelid"),
        ", E'\\n' order by x.indexrelid) from pg_catalog.pg_index x join pg_catalog.pg_class c on c.oid = x.indexrelid \
         where not x.indisvalid and c.relkind = 'i' and pg_catalog.pg_has_role(c.relowner, 'usage') and not ",
        BUILT,
        " and x.indexrelid::text <> all (pg_catalog.string_to_array(coalesce(f.among, ''), ', '))) as astray from (",
        found.as_deref().unwrap_or("select null as state, null as name, null as among, false as busy"),
        ") f",
    ]
    .concat()
}

/// None if there is nothing to see of it.
fn found(judged: Judged, sql: &str) -> Option<String> {
    let tokens = code(sql);
    let mut cursor = Cursor::new(sql, &tokens);
    match judged {
        Judged::Repeat => None,
        Judged::Build | Judged::BuildIfMissing(_) => {
            let build = Build::read(sql)?;
            // src/backend/commands/indexcmds.c, ChooseIndexName and ChooseRelationName: with a number if it is taken.
            let name =
                build.name.map_or_else(|| "~ '_idx[0-9]*$'".to_owned(), |name| "= ".to_owned() + &literal(&name));
            Some(indexes(&["x.indrelid = ", &regclass(&build.relation), " and c.relname ", &name].concat()))
        }
        Judged::Drop => {
            cursor.takes("drop index concurrently");
            cursor.takes("if exists");
            let index = regclass(&named(&mut cursor)?.0);
            Some(
                [
                    "select case when ",
                    &index,
                    " is null then 'gone' end as state, null as name, ",
                    &index,
                    "::oid::text as among, false as busy",
                ]
                .concat(),
            )
        }
        Judged::Reindex => {
            cursor.takes("reindex ()?");
            let tables = if cursor.takes("index|table") {
                cursor.takes("concurrently");
                let relation = regclass(&named(&mut cursor)?.0);
                [
                    "t.oid in (select coalesce(i.indrelid, r.oid) from (select ",
                    &relation,
                    "::oid union all select relid from pg_catalog.pg_partition_tree(",
                    &relation,
                    ")) r (oid) left join pg_catalog.pg_index i on i.indexrelid = r.oid)",
                ]
                .concat()
            } else {
                // Of a schema, or of all: what is left of others' is of no use either.
                "true".to_owned()
            };
            // The manual, REINDEX, "Rebuilding Indexes Concurrently". Of others nobody but their owner may drop them.
            Some(indexes(
                &[
                    "not x.indisvalid and c.relname ~ '_cc(new|old)[0-9]*$' and pg_catalog.pg_has_role(c.relowner, 'usage') \
                     and exists (select 1 from pg_catalog.pg_class t where x.indrelid in (t.oid, t.reltoastrelid) and ",
                    &tables,
                    ")",
                ]
                .concat(),
            ))
        }
        Judged::Detach => {
            cursor.takes("alter table");
            cursor.takes("if exists");
            cursor.takes("only");
            let parent = regclass(&named(&mut cursor)?.0);
            cursor.takes("* ");
            cursor.takes("detach partition");
            let part = regclass(&named(&mut cursor)?.0);
            Some(
                [
                    "select case when bool_or(h.inhdetachpending) then 'pending' when count(*) = 0 then 'gone' end as state, \
                     'alter table ' || max(",
                    &identity("h.inhparent"),
                    ") || ' detach partition ' || max(",
                    &identity("h.inhrelid"),
                    ") || ' finalize' as name, null as among, false as busy \
                     from pg_catalog.pg_inherits h where h.inhparent = ",
                    &parent,
                    " and h.inhrelid = ",
                    &part,
                ]
                .concat(),
            )
        }
    }
}

/// The statements that build the index of a step on an empty copy of its table, and compare it with those of `among`. The
/// last one always fails: what is found is the text that is no number.
pub(super) fn compare(sql: &str, among: &str, lock_timeout: u32) -> Vec<String> {
    let Some(build) = Build::read(sql) else { return Vec::new() };
    let copy = "pg_temp.".to_owned() + &build.table;
    // From ` INDEX ` to ` USING ` is the name, and the table's.
    let means = |oid: &str| {
        ["pg_catalog.regexp_replace(pg_catalog.pg_get_indexdef(", oid, "), ' INDEX .*? USING ', ' ')"].concat()
    };
    vec![
        format!("set local lock_timeout = {lock_timeout}"),
        // The same name: an expression may say it.
        ["create temp table ", &build.table, " (like ", &build.relation, ")"].concat(),
        [
            if build.unique { "create unique index " } else { "create index " },
            &build.name.as_deref().map_or_else(String::new, identifier),
            " on ",
            &copy,
            " ",
            build.rest,
        ]
        .concat(),
        [
            "select (",
            &literal(SAYS),
            " || coalesce(case when bool_or(a.same and a.indisvalid) then 'valid' when bool_or(a.same) \
             then 'drop index if exists ' || string_agg(",
            &identity("a.indexrelid"),
            ", ', ') filter (where a.same) else pg_catalog.min(pg_catalog.pg_get_indexdef(a.indexrelid)) end, ''))::integer \
             from (select x.indexrelid, x.indisvalid, ",
            &means("x.indexrelid"),
            " = (select ",
            &means("y.indexrelid"),
            " from pg_catalog.pg_index y where y.indrelid = ",
            &literal(&copy),
            "::regclass) as same from pg_catalog.pg_index x where x.indexrelid in (",
            among,
            ")) a",
        ]
        .concat(),
    ]
}

/// Whether a `CREATE INDEX` names its index.
pub(super) fn is_named(sql: &str) -> bool {
    Build::read(sql).is_some_and(|build| build.name.is_some())
}
