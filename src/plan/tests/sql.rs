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
