//! `restore.sql`.

use super::block::{array, block, is_not_there, is_there, refuse, relation, say, say_with, when};
use super::difference::moves;
use super::dropped::Keep;
use super::fact::{Data, get, sequence, text};
use super::head;
use super::name::{last, parent, plain};
use super::plan::{Copy, Hanging, Move, Plan, Table};
use super::script::{hanging_is_there, open, opening, own_sequence, put, shown};
use super::told;
use counterfoil::sql::quote::{identifier, literal};
use serde_json::Value;

/// Why it is not where it was put.
const ELSEWHERE: &str =
    "this script brings back what its adopt.sql has put aside in this database; nothing was changed";

/// The whole script.
pub(super) fn restore(plan: &Plan<'_>) -> String {
    let mut locked = plan.locked();
    locked.extend(plan.tables.iter().map(|table| table.kept.clone()));
    locked.extend(plan.copies.iter().map(|copy| copy.kept.clone()));
    let mut out = head::restore(plan);
    out.push_str(&opening(&locked));
    let there = when(&is_not_there(&plan.record), &refuse("nothing was put aside here", ELSEWHERE));
    out.push_str(&format!("\n{}", block("", &there)));
    for table in &plan.tables {
        out.push_str(&format!("\n-- table {}\n", shown(&table.name)));
        out.push_str(&block("", &brought(plan, table)));
    }
    for copy in &plan.copies {
        out.push_str(&format!("\n-- columns of {}\n", shown(&copy.table)));
        out.push_str(&block(
            "present bigint;\nfound bigint;\nall_rows bigint;\ntriggers record;\nstopped jsonb := '[]';",
            &filled(plan, copy),
        ));
    }
    for (name, definition) in &plan.foreign {
        out.push_str(&format!("\n-- foreign key {}\n", shown(name)));
        out.push_str(&block("", &foreign_key(plan, name, definition)));
    }
    for thing in &plan.hanging {
        out.push_str(&format!("\n-- {} {}\n", thing.kind, shown(&thing.name)));
        out.push_str(&block("", &hanging(plan, thing)));
    }
    out.push_str("\n-- comments, privileges and defaults\n");
    out.push_str(&block("", &record(plan)));
    out.push_str("\nCOMMIT;\n");
    out
}

fn brought(plan: &Plan<'_>, table: &Table) -> String {
    let Table { name, kept, moves } = table;
    let thing = format!("table {name}");
    let done = format!("{}RETURN;\n", say("NOTICE", &format!("{thing} is back already")));
    let mut body = when(&format!("{} AND {}", is_there(name), is_not_there(kept)), &done);
    body.push_str(&when(
        &is_not_there(kept),
        &refuse(&format!("{thing} is not there, and neither is {kept}"), ELSEWHERE),
    ));
    body.push_str(&when(
        &is_there(name),
        &refuse(
            &format!("there is another table {name} by now"),
            "rename one of the two, and run this again; nothing was changed",
        ),
    ));
    match plan.request.keep {
        Keep::Schema => {
            moves.iter().for_each(|one| body.push_str(&back(one, kept)));
            body.push_str(&format!("ALTER TABLE {kept} SET SCHEMA {};\n", parent(name)));
        }
        Keep::Suffix => {
            body.push_str(&format!("ALTER TABLE {kept} RENAME TO {};\n", last(name)));
            moves.iter().for_each(|one| body.push_str(&back(one, name)));
        }
    }
    body
}

fn back(one: &Move, table: &str) -> String {
    put(&Move { what: one.what, from: one.to.clone(), to: one.from.clone() }, table)
}

/// Makes the columns again, and brings each value to the row with the same key.
fn filled(plan: &Plan<'_>, copy: &Copy) -> String {
    let Copy { table, kept, columns, .. } = copy;
    let thing = copy.thing();
    let names = array(columns.iter().map(|column| plain(column)));
    let mut body = when(&is_not_there(table), &refuse(&format!("table {table} is not there"), ELSEWHERE));
    body.push_str(&format!(
        "SELECT count(*) INTO present FROM pg_attribute WHERE attrelid = {} AND attname = ANY ({names}) AND NOT attisdropped;\n",
        relation(table),
    ));
    let done = format!("{}RETURN;\n", say("NOTICE", &format!("{thing}: back already")));
    body.push_str(&when(&format!("present = {}", columns.len()), &done));
    body.push_str(&when(
        "present > 0",
        &refuse(&format!("{thing}: some of them are there"), "rename those, and run this again; nothing was changed"),
    ));
    body.push_str(&when(&is_not_there(kept), &refuse(&format!("{thing}: {kept} is not there"), ELSEWHERE)));
    for (_, moved) in &copy.sequences {
        body.push_str(&back(moved, table));
    }
    // In the order in which they stood.
    let mut facts: Vec<(&str, &Data)> = columns
        .iter()
        .filter_map(|column| Some((&**column, get(&plan.request.chain, "column", &format!("{table}.{column}"))?)))
        .collect();
    let place = |data: &Data| data.get("position").and_then(Value::as_u64);
    counterfoil::ordered::sort_by(&mut facts, |a, b| place(a.1).cmp(&place(b.1)));
    let stored: Vec<&(&str, &Data)> = facts.iter().filter(|(_, data)| !data.contains_key("generated")).collect();
    for (column, data) in &stored {
        body.push_str(&format!("ALTER TABLE {table} ADD COLUMN {column} {};\n", definition(plan, table, column, data)));
    }
    if !stored.is_empty() {
        body.push_str(&update(plan, copy, &stored));
    }
    for (column, data) in facts.iter().filter(|(_, data)| data.contains_key("generated")) {
        body.push_str(&format!("ALTER TABLE {table} ADD COLUMN {column} {};\n", definition(plan, table, column, data)));
    }
    for (column, data) in &facts {
        body.push_str(&properties(table, column, data));
    }
    for (column, moved) in &copy.sequences {
        body.push_str(&format!("ALTER SEQUENCE {} OWNED BY {table}.{column};\n", moved.from));
    }
    copy.constraints.iter().for_each(|made| body.push_str(&constraint(table, last(&made.name), &made.definition)));
    copy.indexes.iter().for_each(|made| {
        body.push_str(&attempt(
            &format!("{};\n", made.definition),
            &format!("index {} could not be made again: ", made.name),
        ))
    });
    copy.statistics.iter().for_each(|made| body.push_str(&format!("{};\n", made.definition)));
    body
}

/// The values of a row go where its whole key is. Triggers do not see it, and rows that have come since take the default.
fn update(plan: &Plan<'_>, copy: &Copy, columns: &[&(&str, &Data)]) -> String {
    let Copy { table, kept, key, .. } = copy;
    let list = |each: &dyn Fn(&str) -> String, with: &str, of: Vec<&str>| {
        of.into_iter().map(each).collect::<Vec<_>>().join(with)
    };
    let own: Vec<&str> = columns.iter().map(|(column, _)| *column).collect();
    let same =
        list(&|column| format!("there.{column} = kept.{column}"), " AND ", key.iter().map(String::as_str).collect());
    let set = list(&|column| format!("{column} = kept.{column}"), ", ", own);
    let mut out = format!(
        "FOR triggers IN SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = {of} AND NOT tgisinternal AND tgenabled <> 'D' LOOP\n  stopped := stopped || jsonb_build_array(jsonb_build_array(triggers.tgname, triggers.tgenabled));\n  EXECUTE format('ALTER TABLE {quoted} DISABLE TRIGGER %I', triggers.tgname);\nEND LOOP;\n",
        of = relation(table),
        quoted = table.replace('\'', "''").replace('%', "%%"),
    );
    out.push_str(&format!("UPDATE {table} AS there SET {set} FROM {kept} AS kept WHERE {same};\nGET DIAGNOSTICS found = ROW_COUNT;\nSELECT count(*) INTO all_rows FROM {kept};\n"));
    for (column, data) in columns {
        let ready = match text(data, "default") {
            // A number that was made for every row as the column was added is none that was given out.
            "" if data.contains_key("identity") => stands(plan, table, column),
            "" => continue,
            default => format!("ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {default};\n"),
        };
        out.push_str(&format!(
            "{ready}UPDATE {table} AS there SET {column} = DEFAULT WHERE NOT EXISTS (SELECT FROM {kept} AS kept WHERE {same});\n"
        ));
    }
    out.push_str(&format!(
        "FOR triggers IN SELECT pair ->> 0 AS tgname, pair ->> 1 AS tgenabled FROM jsonb_array_elements(stopped) AS listed (pair) LOOP\n  EXECUTE format('ALTER TABLE {quoted} ENABLE %s TRIGGER %I', CASE triggers.tgenabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, triggers.tgname);\nEND LOOP;\n",
        quoted = table.replace('\'', "''").replace('%', "%%"),
    ));
    let message = format!(
        "(all_rows - found) || {}",
        literal(&format!(" rows of {kept} have no row in {table} any more: it stays"))
    );
    out.push_str(&format!(
        "IF found = all_rows THEN\n  DROP TABLE {kept};\nELSE\n  {}END IF;\n",
        say_with("WARNING", &message),
    ));
    for (column, data) in columns.iter().filter(|(_, data)| data.contains_key("not null")) {
        if data.contains_key("identity") {
            continue;
        }
        out.push_str(&format!(
            "IF EXISTS (SELECT FROM {table} WHERE {column} IS NULL) THEN\n  {}ELSE\n  ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL;\nEND IF;\n",
            say("WARNING", &format!("column {table}.{column} may be null now: rows have come since that have no value")),
        ));
    }
    out
}

/// Puts the sequence of an identity where it stood.
fn stands(plan: &Plan<'_>, table: &str, column: &str) -> String {
    format!(
        "PERFORM setval({}, (stood ->> 0)::bigint, (stood ->> 1)::boolean)\nFROM (SELECT sequences -> {} {}) AS listed (stood) WHERE stood IS NOT NULL;\n",
        own_sequence(table, column),
        literal(&format!("{table}.{column}")),
        open(plan),
    )
}

/// A column as `ADD COLUMN` has it, without its default.
fn definition(plan: &Plan<'_>, table: &str, column: &str, data: &Data) -> String {
    let mut out = text(data, "type").to_owned();
    if data.contains_key("collation") {
        out.push_str(&format!(" COLLATE {}", text(data, "collation")));
    }
    if let Some((expression, how)) = text(data, "generated").rsplit_once(' ') {
        out.push_str(&format!(" GENERATED ALWAYS AS ({expression}) {}", how.to_uppercase()));
        if data.contains_key("not null") {
            out.push_str(" NOT NULL");
        }
    }
    if data.contains_key("identity") {
        let name = format!("{table}.{column}");
        let options = sequence(&plan.request.chain, &name).map_or_else(String::new, |(sequence, facts)| {
            format!(
                " (SEQUENCE NAME {sequence} START WITH {} INCREMENT BY {} MINVALUE {} MAXVALUE {} CACHE {}{})",
                text(facts, "start"),
                text(facts, "increment"),
                text(facts, "minimum"),
                text(facts, "maximum"),
                text(facts, "cache"),
                if facts.contains_key("cycle") { " CYCLE" } else { "" },
            )
        });
        out.push_str(&format!(" GENERATED BY DEFAULT AS IDENTITY{options}"));
    }
    out
}

/// What is said of a column once it has its values.
fn properties(table: &str, column: &str, data: &Data) -> String {
    let alter = format!("ALTER TABLE {table} ALTER COLUMN {column}");
    let mut out = String::new();
    if text(data, "identity") == "always" {
        out.push_str(&format!("{alter} SET GENERATED ALWAYS;\n"));
    }
    for (property, set) in [("storage", "STORAGE"), ("compression", "COMPRESSION")] {
        if data.contains_key(property) {
            out.push_str(&format!("{alter} SET {set} {};\n", text(data, property)));
        }
    }
    if let Some(target) = data.get("statistics target").and_then(Value::as_i64) {
        out.push_str(&format!("{alter} SET STATISTICS {target};\n"));
    }
    let options: Vec<&str> =
        data.get("options").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    if !options.is_empty() {
        out.push_str(&format!("{alter} SET ({});\n", options.join(", ")));
    }
    out
}

/// Does something that rows of today may not allow: then it is a warning.
fn attempt(statement: &str, otherwise: &str) -> String {
    format!(
        "BEGIN\n  {statement}EXCEPTION WHEN integrity_constraint_violation OR unique_violation OR check_violation OR foreign_key_violation OR exclusion_violation THEN\n  {}END;\n",
        say_with("WARNING", &format!("{} || SQLERRM", literal(otherwise))),
    )
}

/// A constraint as it was; what today's rows do not hold stays NOT VALID, if that can be.
fn constraint(table: &str, name: &str, definition: &str) -> String {
    let add = format!("ALTER TABLE {table} ADD CONSTRAINT {name} {definition}");
    if !(definition.starts_with("CHECK") || definition.starts_with("FOREIGN KEY")) {
        return attempt(&format!("{add};\n"), &format!("constraint {table}.{name} could not be made again: "));
    }
    // It was not valid before either.
    if definition.ends_with(" NOT VALID") {
        return format!("{add};\n");
    }
    format!(
        "{add} NOT VALID;\n{}",
        attempt(
            &format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name};\n"),
            &format!("constraint {table}.{name} stays NOT VALID: ")
        ),
    )
}

fn foreign_key(plan: &Plan<'_>, name: &str, definition: &str) -> String {
    let (table, own) = (parent(name), last(name));
    let partitioned = get(&plan.request.chain, "table", table).is_some_and(|data| data.contains_key("partitioned by"));
    let made = if partitioned {
        // Below 18 these cannot be NOT VALID.
        attempt(
            &format!("ALTER TABLE {table} ADD CONSTRAINT {own} {definition};\n"),
            &format!("constraint {name} could not be made again: "),
        )
    } else {
        constraint(table, own, definition)
    };
    when(
        &format!(
            "NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = {} AND conname = {})",
            relation(table),
            literal(&plain(own))
        ),
        &made,
    )
}

fn hanging(plan: &Plan<'_>, thing: &Hanging) -> String {
    let Some(data) = get(&plan.request.chain, &thing.kind, &thing.name) else { return String::new() };
    let (table, name) = (parent(&thing.name), last(&thing.name));
    let made = match thing.kind.as_str() {
        "trigger" => {
            let state = match text(data, "enabled") {
                "disabled" => format!("ALTER TABLE {table} DISABLE TRIGGER {name};\n"),
                "" => String::new(),
                how => format!("ALTER TABLE {table} ENABLE {} TRIGGER {name};\n", how.to_uppercase()),
            };
            format!("{};\n{state}", text(data, "definition"))
        }
        "policy" => policy(table, name, data),
        kind => {
            let options: Vec<&str> =
                data.get("options").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
            let with = if options.is_empty() { String::new() } else { format!(" WITH ({})", options.join(", ")) };
            let query = text(data, "definition");
            let mut made = format!(
                "CREATE {} {}{with} AS{}\n",
                kind.to_uppercase(),
                thing.name,
                if query.ends_with(';') { query.to_owned() } else { format!("{query};") }
            );
            for (_, of) in
                super::fact::of_kind(&plan.request.chain, "index").filter(|(_, of)| text(of, "of") == thing.name)
            {
                made.push_str(&format!("{};\n", text(of, "definition")));
            }
            for (_, of) in super::fact::of_kind(&plan.request.chain, "trigger")
                .filter(|(trigger, _)| parent(trigger) == thing.name)
            {
                made.push_str(&format!("{};\n", text(of, "definition")));
            }
            made
        }
    };
    when(&format!("NOT ({})", hanging_is_there(thing)), &made)
}

fn policy(table: &str, name: &str, data: &Data) -> String {
    let roles: Vec<String> = data
        .get("to")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|role| if role == "public" { "PUBLIC".to_owned() } else { identifier(role) })
        .collect();
    let how = if data.contains_key("restrictive") { "RESTRICTIVE" } else { "PERMISSIVE" };
    let part = |word: &str, property: &str| match text(data, property) {
        "" => String::new(),
        expression => format!("\n  {word} ({expression})"),
    };
    format!(
        "CREATE POLICY {name} ON {table} AS {how} FOR {} TO {}{}{};\n",
        text(data, "for").to_uppercase(),
        roles.join(", "),
        part("USING", "using"),
        part("WITH CHECK", "check"),
    )
}

/// What was said of things is said again.
fn record(plan: &Plan<'_>) -> String {
    let request = plan.request;
    let mut body = told::statements(&request.wanted, &request.chain, &|kind, name| {
        moves(&request.chain, &plan.dropped, kind, name)
    })
    .join("\n");
    if !body.is_empty() {
        body.push('\n');
    }
    body.push_str(&format!(
        "UPDATE {} SET restored_at = now() WHERE restored_at IS NULL AND baseline = {};\n",
        plan.record,
        literal(&request.baseline)
    ));
    when(&format!("EXISTS (SELECT {})", open(plan)), &body)
}
