//! `adopt.sql`.

use super::block::{array, block, is_not_there, is_there, refuse, refuse_with, relation, say, when};
use super::difference::explained;
use super::dropped::Keep;
use super::fact::{constraints, foreign, get, is_identity, of_kind, text};
use super::head;
use super::name::{last, parent, plain};
use super::plan::{Copy, Hanging, Made, Move, Plan, Table};
use super::report::Scripts;
use super::told;
use crate::schema::ASIDE;
use counterfoil::ledger;
use counterfoil::sql::quote::literal;

/// Why a database may be another one than expected.
const OTHER: &str = "this script was made for the schema that the migrations make: compare with `counterfoil verify`, and nothing was changed";

/// The whole script.
pub(super) fn adopt(plan: &Plan<'_>, found: &Scripts) -> String {
    let mut out = head::adopt(plan, found);
    out.push_str(&opening(&plan.locked()));
    out.push_str(&place(plan));
    for thing in plan.hanging.iter().rev() {
        out.push_str(&format!("\n-- {} {}\n", thing.kind, shown(&thing.name)));
        out.push_str(&block("", &hanging(plan, thing)));
    }
    if !plan.foreign.is_empty() {
        out.push_str("\n-- foreign keys of and to what goes\n");
        out.push_str(&block(
            "",
            &plan.foreign.iter().map(|(name, definition)| foreign_key(plan, name, definition)).collect::<String>(),
        ));
    }
    for table in &plan.tables {
        out.push_str(&format!("\n-- table {}\n", shown(&table.name)));
        out.push_str(&block("others text;", &moved(plan, table)));
    }
    for copy in &plan.copies {
        out.push_str(&format!("\n-- columns of {}\n", shown(&copy.table)));
        out.push_str(&block("others text;\npresent bigint;\nstood jsonb;", &copied(plan, copy)));
    }
    out.push_str("\n-- comments, privileges, defaults and the record of all this\n");
    out.push_str(&block("rows jsonb;", &record(plan)));
    out.push_str("\nCOMMIT;\n");
    out
}

/// A name in a line of comment.
pub(super) fn shown(name: &str) -> String {
    name.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// A transaction of its own, in which all locks are taken before anything is looked at.
pub(super) fn opening(locked: &[String]) -> String {
    let own = when(
        // A clock may be too slow to tell two messages apart; then it is told by what was written.
        "now() <> statement_timestamp() OR pg_current_xact_id_if_assigned() IS NOT NULL",
        &refuse(
            "this script is a transaction of its own, and it was started inside of another one",
            "end that one first; do not use --single-transaction, and nothing was changed",
        ),
    );
    let locks = format!(
        "SELECT string_agg(name, ', ' ORDER BY place) INTO present\nFROM unnest({}) WITH ORDINALITY AS listed (name, place)\nWHERE to_regclass(name) IS NOT NULL;\n{}",
        array(locked),
        when("present IS NOT NULL", "EXECUTE 'LOCK TABLE ' || present || ' IN ACCESS EXCLUSIVE MODE';\n"),
    );
    format!(
        "\n{}\nBEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;\nSET LOCAL lock_timeout = '5s';\nSET LOCAL search_path = '';\nSET LOCAL row_security = off;\n\n-- LOCK TABLE a, b, … of what is there: what is written until then is put aside as well\n{}",
        block("", &own),
        block("present text;", &locks),
    )
}

/// Where things go, and the table that says so.
fn place(plan: &Plan<'_>) -> String {
    let mut body = String::new();
    if plan.request.keep == Keep::Schema {
        let schema = &plan.schema;
        body.push_str(&when(
            &format!("NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = {})", literal(&plan.request.kept)),
            &format!("CREATE SCHEMA {schema};\nREVOKE ALL ON SCHEMA {schema} FROM PUBLIC;\n"),
        ));
    }
    let record = &plan.record;
    body.push_str(&when(
        &is_not_there(record),
        &format!(
            "CREATE TABLE {record} (\n  baseline text NOT NULL,\n  adopted_at timestamptz NOT NULL DEFAULT now(),\n  ledger jsonb,\n  ledger_digest text,\n  sequences jsonb NOT NULL,\n  restored_at timestamptz\n);\nREVOKE ALL ON {record} FROM PUBLIC;\nCOMMENT ON TABLE {record} IS {};\n",
            literal(ASIDE.1),
        ),
    ));
    format!("\n{}", block("", &body))
}

/// What takes a view, a trigger or a policy away.
pub(super) fn drop_hanging(thing: &Hanging) -> String {
    let kind = thing.kind.to_uppercase();
    match thing.kind.as_str() {
        "trigger" | "policy" => format!("DROP {kind} {} ON {};", last(&thing.name), parent(&thing.name)),
        _ => format!("DROP {kind} {};", thing.name),
    }
}

/// Whether it is there.
pub(super) fn hanging_is_there(thing: &Hanging) -> String {
    let name = literal(&plain(last(&thing.name)));
    let table = relation(parent(&thing.name));
    match thing.kind.as_str() {
        "trigger" => format!("EXISTS (SELECT FROM pg_trigger WHERE tgrelid = {table} AND tgname = {name})"),
        "policy" => format!("EXISTS (SELECT FROM pg_policy WHERE polrelid = {table} AND polname = {name})"),
        _ => is_there(&thing.name),
    }
}

fn hanging(plan: &Plan<'_>, thing: &Hanging) -> String {
    let name = literal(&plain(last(&thing.name)));
    let table = relation(parent(&thing.name));
    let definition = get(&plan.request.chain, &thing.kind, &thing.name).map_or("", |data| text(data, "definition"));
    let now = match thing.kind.as_str() {
        "trigger" => {
            format!("(SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = {table} AND tgname = {name})")
        }
        "policy" => String::new(),
        _ => format!("pg_get_viewdef({})", relation(&thing.name)),
    };
    let mut body = String::new();
    if !now.is_empty() {
        // Another version may spell it in another way.
        body.push_str(&when(
            &format!(
                "current_setting('server_version_num')::int / 10000 = {}\n  AND {now} IS DISTINCT FROM {}",
                plan.request.chain.server.version / 10_000,
                literal(definition),
            ),
            &refuse(&format!("{} {} is not what the migrations make", thing.kind, thing.name), OTHER),
        ));
    }
    body.push_str(&drop_hanging(thing));
    body.push('\n');
    when(&hanging_is_there(thing), &body)
}

/// Takes a foreign key away, where what it belongs to has not gone yet.
fn foreign_key(plan: &Plan<'_>, name: &str, definition: &str) -> String {
    let (table, own) = (parent(name), last(name));
    let referred = get(&plan.request.chain, "constraint", name).and_then(foreign).map_or("", |key| key.table);
    let ends = [table, referred];
    let table_of =
        plan.tables.iter().find(|moved| ends.contains(&&*moved.name)).map(|moved| (&moved.name, &moved.kept));
    let unit = table_of
        .or_else(|| plan.copies.iter().find(|copy| ends.contains(&&*copy.table)).map(|copy| (&copy.table, &copy.kept)));
    let now = format!(
        "(SELECT regexp_replace(pg_get_constraintdef(oid), ' NOT VALID$', '') FROM pg_constraint WHERE conrelid = {} AND conname = {})",
        relation(table),
        literal(&plain(own)),
    );
    // What is in neither place is told below.
    let open =
        unit.map_or_else(|| "true".to_owned(), |(name, kept)| format!("{} AND {}", is_there(name), is_not_there(kept)));
    let differs = when(
        &format!("{now} IS DISTINCT FROM {}", literal(definition.trim_end_matches(" NOT VALID"))),
        &refuse(&format!("foreign key {name} is not what the migrations make"), OTHER),
    );
    when(&open, &format!("{differs}ALTER TABLE {table} DROP CONSTRAINT {own};\n"))
}

/// Where a thing is: put aside already, or in both places, or in neither.
fn where_it_is(thing: &str, name: &str, kept: &str) -> String {
    let done = format!("{}RETURN;\n", say("NOTICE", &format!("{thing} is put aside already")));
    when(&format!("{} AND {}", is_not_there(name), is_there(kept)), &done)
        + &when(&is_not_there(name), &refuse(&format!("{thing} is not there, and was not put aside"), OTHER))
        + &when(
            &is_there(kept),
            &refuse(
                &format!("{thing} is there, and so is {kept}"),
                "rename the second, or drop it if nobody needs it, and run this again; nothing was changed",
            ),
        )
}

fn moved(plan: &Plan<'_>, table: &Table) -> String {
    let Table { name, kept, moves } = table;
    let thing = format!("table {name}");
    let mut body = where_it_is(&thing, name, kept);
    body.push_str(&columns_are(plan, name, None));
    body.push_str(&keys_are(plan, name));
    if let Some(rows) = plan.request.rows.get(name) {
        body.push_str(&count_is(name, "*", *rows, &thing));
    }
    // A foreign key of nobody's script would delete rows of a table that nobody looks at.
    body.push_str(&format!(
        "SELECT string_agg(DISTINCT thing, ', ') INTO others FROM (\n  SELECT pg_describe_object(classid, objid, 0) FROM pg_depend\n  WHERE refclassid = 'pg_class'::regclass AND refobjid = {table} AND deptype = 'n' AND (\n    classid IN ('pg_rewrite'::regclass, 'pg_proc'::regclass)\n    OR classid = 'pg_policy'::regclass AND objid NOT IN (SELECT oid FROM pg_policy WHERE polrelid = {table})\n    OR classid = 'pg_constraint'::regclass AND objid IN (SELECT oid FROM pg_constraint WHERE contype = 'f')\n  )\n  UNION ALL\n  SELECT pg_describe_object('pg_constraint'::regclass, oid, 0) FROM pg_constraint WHERE contype = 'f' AND conrelid = {table} AND conparentid = 0\n) AS found (thing);\n",
        table = relation(name),
    ));
    body.push_str(&nothing_else(&thing));
    match plan.request.keep {
        Keep::Schema => {
            body.push_str(&format!("ALTER TABLE {name} SET SCHEMA {};\n", plan.schema));
            moves.iter().for_each(|one| body.push_str(&put(one, name)));
        }
        Keep::Suffix => {
            moves.iter().for_each(|one| body.push_str(&put(one, name)));
            body.push_str(&format!("ALTER TABLE {name} RENAME TO {};\n", last(kept)));
        }
    }
    body
}

/// Gives a thing that belongs to a table its other schema or its other name.
pub(super) fn put(one: &Move, table: &str) -> String {
    let Move { what, from, to } = one;
    if *what == "CONSTRAINT" {
        return format!("ALTER TABLE {table} RENAME CONSTRAINT {} TO {};\n", last(from), last(to));
    }
    let mut out = String::new();
    if parent(from) != parent(to) {
        out.push_str(&format!("ALTER {what} {from} SET SCHEMA {};\n", parent(to)));
    }
    if last(from) != last(to) {
        out.push_str(&format!("ALTER {what} {}.{} RENAME TO {};\n", parent(to), last(from), last(to)));
    }
    out
}

/// Refuses a table whose columns are others: all of them, or these.
fn columns_are(plan: &Plan<'_>, table: &str, only: Option<&[&str]>) -> String {
    let mut expected: Vec<(String, String)> = of_kind(&plan.request.chain, "column")
        .filter(|(name, data)| text(data, "of") == table && only.is_none_or(|only| only.contains(&last(name))))
        .map(|(name, data)| (plain(last(name)), format!("{} {}", last(name), text(data, "type"))))
        .collect();
    counterfoil::ordered::sort_by(&mut expected, |a, b| a.0.cmp(&b.0));
    let chosen = only.map_or_else(String::new, |only| {
        format!(" AND attname = ANY ({})", array(only.iter().map(|column| plain(column))))
    });
    when(
        &format!(
            "(SELECT array_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod) ORDER BY attname COLLATE \"C\")\n  FROM pg_attribute WHERE attrelid = {} AND attnum > 0 AND NOT attisdropped{chosen})\n  IS DISTINCT FROM {}",
            relation(table),
            array(expected.iter().map(|(_, text)| text)),
        ),
        &refuse(&format!("the columns of table {table} are not those that the migrations make"), OTHER),
    )
}

/// Refuses a table whose keys are others.
fn keys_are(plan: &Plan<'_>, table: &str) -> String {
    let is_key =
        |definition: &str| ["PRIMARY KEY", "UNIQUE", "EXCLUDE"].iter().any(|begins| definition.starts_with(begins));
    let mut expected: Vec<(String, String)> = constraints(&plan.request.chain, table)
        .map(|(name, data)| (last(name), text(data, "definition")))
        .filter(|(_, definition)| is_key(definition))
        .map(|(name, definition)| (plain(name), format!("{name} {definition}")))
        .collect();
    counterfoil::ordered::sort_by(&mut expected, |a, b| a.0.cmp(&b.0));
    when(
        &format!(
            "(SELECT coalesce(array_agg(quote_ident(conname) || ' ' || pg_get_constraintdef(oid) ORDER BY conname COLLATE \"C\"), '{{}}')\n  FROM pg_constraint WHERE conrelid = {} AND contype IN ('p', 'u', 'x'))\n  IS DISTINCT FROM {}",
            relation(table),
            array(expected.iter().map(|(_, text)| text)),
        ),
        &refuse(&format!("the keys of table {table} are not those that the migrations make"), OTHER),
    )
}

fn count_is(table: &str, what: &str, count: u64, thing: &str) -> String {
    let values = if what == "*" { "rows" } else { "values" };
    when(
        &format!("(SELECT count({what}) FROM {table}) <> {count}"),
        &refuse_with(
            &format!(
                "{} || (SELECT count({what}) FROM {table}) || {}",
                literal(&format!("{thing} has ")),
                literal(&format!(" {values}, and had {count}"))
            ),
            "somebody still writes to it: find out who; if that is well, make the scripts anew; nothing was changed",
        ),
    )
}

fn nothing_else(thing: &str) -> String {
    when(
        "others IS NOT NULL",
        &refuse_with(
            &format!("{} || others", literal(&format!("{thing} is used by what no migration makes: "))),
            OTHER,
        ),
    )
}

/// Where sequences stood that go with their column, until the record is written: a setting of this transaction.
const STOOD: &str = "coalesce(nullif(current_setting('counterfoil.stood', true), ''), '{}')::jsonb";

/// Notes where the sequence of an identity stands, by the name of the column.
fn stands(table: &str, column: &str) -> String {
    format!(
        "EXECUTE 'SELECT jsonb_build_array(last_value, is_called) FROM ' || {} INTO stood;\nPERFORM set_config('counterfoil.stood', ({STOOD} || jsonb_build_object({}, stood))::text, true);\n",
        own_sequence(table, column),
        literal(&format!("{table}.{column}")),
    )
}

/// The name of the sequence of an identity.
pub(super) fn own_sequence(table: &str, column: &str) -> String {
    format!("pg_get_serial_sequence({}, {})", literal(table), literal(&plain(column)))
}

fn copied(plan: &Plan<'_>, copy: &Copy) -> String {
    let Copy { table, kept, key, columns, constraints, indexes, statistics, sequences } = copy;
    let thing = copy.thing();
    let names = array(columns.iter().map(|column| plain(column)));
    let mut body = when(&is_not_there(table), &refuse(&format!("table {table} is not there"), OTHER));
    body.push_str(&format!(
        "SELECT count(*) INTO present FROM pg_attribute WHERE attrelid = {} AND attname = ANY ({names}) AND NOT attisdropped;\n",
        relation(table),
    ));
    let done = format!("{}RETURN;\n", say("NOTICE", &format!("{thing}: put aside already")));
    body.push_str(&when(&format!("present = 0 AND {}", is_there(kept)), &done));
    body.push_str(&when(
        &format!("present < {}", columns.len()),
        &refuse(&format!("{thing}: not all of them are there"), OTHER),
    ));
    body.push_str(&when(
        &is_there(kept),
        &refuse(
            &format!("{thing}: they are there, and so is {kept}"),
            "rename the second, or drop it if nobody needs it, and run this again; nothing was changed",
        ),
    ));
    let of_copy: Vec<&str> = key.iter().chain(columns).map(String::as_str).collect();
    body.push_str(&columns_are(plan, table, Some(&of_copy)));
    body.push_str(&keys_are(plan, table));
    for column in columns {
        if let Some(values) = plan.request.rows.get(&format!("{table}.{column}")) {
            body.push_str(&count_is(table, column, *values, &format!("column {table}.{column}")));
        }
    }
    let listed = of_copy.join(", ");
    body.push_str(&format!(
        "CREATE TABLE {kept} AS SELECT {listed} FROM ONLY {table};\nALTER TABLE {kept} ADD PRIMARY KEY ({});\nREVOKE ALL ON {kept} FROM PUBLIC;\nCOMMENT ON TABLE {kept} IS {};\n",
        key.join(", "),
        literal(&format!("{thing}, with its key {}", key.join(", "))),
    ));
    body.push_str(&when(
        &format!("(SELECT count(*) FROM {kept}) <> (SELECT count(*) FROM {table})"),
        &refuse(&format!("{thing}: not every row was copied"), "run it again, and nothing was changed"),
    ));
    for (_, sequence) in sequences {
        body.push_str(&format!("ALTER SEQUENCE {} OWNED BY NONE;\n{}", sequence.from, put(sequence, table)));
    }
    let each =
        |all: &[Made], drop: &dyn Fn(&str) -> String| all.iter().map(|made| drop(&made.name)).collect::<String>();
    body.push_str(&each(constraints, &|name| format!("ALTER TABLE {table} DROP CONSTRAINT {};\n", last(name))));
    body.push_str(&each(indexes, &|name| format!("DROP INDEX {name};\n")));
    body.push_str(&each(statistics, &|name| format!("DROP STATISTICS {name};\n")));
    // Its default and its NOT NULL go with a column; whatever else does was not written down.
    body.push_str(&format!(
        "SELECT string_agg(DISTINCT pg_describe_object(classid, objid, 0), ', ') INTO others\nFROM pg_depend JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid\nWHERE refclassid = 'pg_class'::regclass AND refobjid = {} AND attname = ANY ({names}) AND deptype <> 'i'\n  AND classid <> 'pg_attrdef'::regclass\n  AND NOT (classid = 'pg_constraint'::regclass AND objid IN (SELECT oid FROM pg_constraint WHERE contype = 'n'));\n",
        relation(table),
    ));
    body.push_str(&nothing_else(&thing));
    for column in columns {
        if is_identity(&plan.request.chain, table, column) {
            body.push_str(&stands(table, column));
        }
        body.push_str(&format!("ALTER TABLE {table} DROP COLUMN {column};\n"));
    }
    body
}

/// The line of the record that says that this baseline was adopted here and not taken back. Others may have put things aside
/// in the same place.
pub(super) fn open(plan: &Plan<'_>) -> String {
    format!("FROM {} WHERE restored_at IS NULL AND baseline = {}", plan.record, literal(&plan.request.baseline))
}

/// What else differs is made as the baseline has it, once; and the record says when.
fn record(plan: &Plan<'_>) -> String {
    let request = plan.request;
    let (chain, dropped) = (&request.chain, &plan.dropped);
    let ledger = ledger::Table { schema: request.ledger.0.clone(), name: request.ledger.1.clone() }.qualified();
    let mut body =
        told::statements(chain, &request.wanted, &|kind, name| explained(chain, dropped, kind, name)).join("\n");
    if !body.is_empty() {
        body.push('\n');
    }
    body.push_str(&when(
        &is_there(&ledger),
        &format!(
            "SELECT jsonb_agg(to_jsonb(listed) ORDER BY to_jsonb(listed)::text) INTO rows FROM {ledger} AS listed;\n"
        ),
    ));
    body.push_str(&format!(
        "INSERT INTO {} (baseline, ledger, ledger_digest, sequences)\nVALUES ({}, rows, encode(sha256(convert_to(rows::text, 'UTF8')), 'hex'), {STOOD});\n",
        plan.record,
        literal(&request.baseline),
    ));
    if request.dbmate {
        body.push_str(&format!(
            "INSERT INTO {ledger} (version) VALUES ({}) ON CONFLICT (version) DO NOTHING;\n",
            literal(&request.baseline)
        ));
    }
    when(&format!("NOT EXISTS (SELECT {})", open(plan)), &body)
}
