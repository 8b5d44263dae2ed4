//! The SQL of pending migrations.

use super::*;

#[test]
fn what_cannot_run_here_refuses_the_plan_with_its_place() {
    let w = world(&[file("db/001_a.sql", "select 1;\nselect 'open")], &[]);
    let error = w.plan().refusal().unwrap();
    assert_eq!(error.code(), Code::PlanRefused);
    assert_eq!(error.location().map(ToString::to_string).as_deref(), Some("db/001_a.sql:2:8"));
    w.works(&[]);
    // What has shipped is not judged any more.
    world(&[file("001_a.sql", "select 'open")], &[row("001", "a", "select 'open")]).goes();
}

#[test]
fn a_migration_that_takes_the_ledger_away_is_refused() {
    let refused = |sql: &str, verb: &str, place: &str| {
        world(&[file("db/001_a.sql", sql)], &[]).finds(&[(
            "ledger-touched",
            place,
            &format!("the migration {verb} the ledger's own table, \"public\".\"schema_migrations\""),
            "leave the statement out, or keep the ledger elsewhere with the option `table`",
        )]);
    };
    refused("select 1;\n  drop table schema_migrations;", "drops", "db/001_a.sql:2:3");
    refused("drop table if exists x, public.schema_migrations cascade;", "drops", "db/001_a.sql:1:1");
    refused("alter table schema_migrations rename to old;", "renames or moves", "db/001_a.sql:1:1");
    refused("alter table public.schema_migrations set schema old;", "renames or moves", "db/001_a.sql:1:1");
    refused("select 1;\ndelete from only Schema_Migrations;", "empties", "db/001_a.sql:2:1");
    refused("truncate x, \"public\".\"schema_migrations\" cascade;", "empties", "db/001_a.sql:1:1");
    for sql in ["drop schema if exists a, PUBLIC cascade;", "do $$ begin drop schema \"public\" cascade; end $$;"] {
        refused(sql, "drops the schema of", "db/001_a.sql:1:1");
    }
    world(&[file("001_a.sql", "drop schema a, \"Public\", publicity cascade;")], &[]).finds(&[]).goes();
    let some = "delete from schema_migrations where version = '1'; truncate other.schema_migrations;";
    world(&[file("001_a.sql", some)], &[]).finds(&[]).goes();
    world(&[file("001_a.sql", "drop table other.schema_migrations; drop table a.public;")], &[]).finds(&[]).goes();
    let mut elsewhere = world(&[file("001_a.sql", "drop table schema_migrations;")], &[]);
    elsewhere.options.table.name = "ledger".into();
    elsewhere.finds(&[]).goes();
}

#[test]
fn a_migration_that_creates_the_ledger_must_tolerate_it() {
    world(&[file("001_a.sql", "create table public.schema_migrations (version varchar);")], &[]).finds(&[(
        "ledger-touched",
        "001_a.sql:1:1",
        "the migration creates the ledger's own table, \"public\".\"schema_migrations\"",
        "leave the statement out, write IF NOT EXISTS, or keep the ledger elsewhere with the option `table`",
    )]);
    for fine in
        ["create table if not exists public.schema_migrations (version varchar);", "create table schema_migrations ();"]
    {
        world(&[file("001_a.sql", fine)], &[]).finds(&[]).goes();
    }
}

const LONE: &str = "a carriage return without a line feed ends a line here, and tools differ in what they make of it";
const FEED: &str = "write a line feed in its place: save the file with line ends of LF or CRLF";

#[test]
fn a_carriage_return_that_ends_a_line_by_itself_is_refused() {
    for (text, place) in [
        ("create table t ();\rdrop table t;\r", "1:19"),
        ("select 1;\n-- a comment\rdrop table t;", "2:13"),
        ("select 1;\n/* a comment\rgoes on */", "2:13"),
        ("select 'a'\r'b'", "1:11"),
        ("select 'a\rb';\rselect 2", "1:14"),
        // A part of an end of a line, and then one that is none.
        ("select 1;\r\n\rselect 2", "2:1"),
        ("select 1;\r", "1:10"),
    ] {
        let w = world(&[file("db/001_a.sql", text)], &[]);
        w.finds(&[("invalid-text", &format!("db/001_a.sql:{place}"), LONE, FEED)]).works(&[]);
        assert!(w.plan().refusal().is_some());
        // What the help says.
        world(&[file("db/001_a.sql", &text.replace('\r', "\n"))], &[]).finds(&[]).goes();
        // What has shipped is not judged any more.
        world(&[file("db/001_a.sql", text)], &[row("001", "a", text)]).goes();
    }
}

#[test]
fn a_carriage_return_between_quotes_is_a_character() {
    for text in [
        "select 'a\rb', E'a\rb', $$a\rb$$, $x$-- a\r$x$ as \"a\rb\"",
        "select U&'a\rb' as U&\"a\rb\"",
        "select 1;\r\r\nselect 2;\r\n",
    ] {
        world(&[file("001_a.sql", text)], &[]).finds(&[]).goes();
    }
    let open = world(&[file("001_a.sql", "select 'a\rb")], &[]).plan();
    assert_eq!(open.findings[0].code, "unterminated-string");
}
