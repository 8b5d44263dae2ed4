//! Other tools' markers of a way back, in text that would run as a way up.

use super::*;

/// A way up and a way back, with what stands between them.
fn between(marker: &str) -> String {
    format!("create table accounts (id int);\n\n{marker}\ndrop table accounts;\n")
}

const MOVE: &str = "move what is below it to a file of the same name that ends in .down.sql (with convention: 'plain'); take only the line out, if that belongs to the way up";

#[track_caller]
fn refuses(text: &str, place: &str, shown: &str, tool: &str) {
    let w = world(&[file("db/001_a.sql", text)], &[]);
    let message =
        format!("`{shown}` marks a way back for {tool}, and the statements below it would run as a part of the way up");
    let help = match tool {
        "node-pg-migrate" | "tern" => {
            format!("if these are the files of {tool}, say so: convention: '{tool}'; else {MOVE}")
        }
        _ => MOVE.to_owned(),
    };
    w.finds(&[("foreign-marker", &format!("db/001_a.sql:{place}"), &message, &help)]).works(&[]);
    w.refuses(&format!("nothing was run: {message}"));
}

#[track_caller]
fn fine(text: &str) {
    world(&[file("db/001_a.sql", text)], &[]).finds(&[]).goes();
}

#[test]
fn a_way_back_never_runs_as_a_part_of_the_way_up() {
    for (marker, tool) in [
        ("-- Down Migration", "node-pg-migrate"),
        ("--down   migration", "node-pg-migrate"),
        ("---- Down Migration ----", "node-pg-migrate"),
        ("---- create above / drop below ----", "tern"),
        ("-- //@UNDO", "MyBatis Migrations"),
        ("--//@UNDO", "MyBatis Migrations"),
        ("--  // @UNDO", "MyBatis Migrations"),
        ("-- rambler down", "rambler"),
        ("-- +micrate Down", "micrate"),
        ("# --- !Downs", "Play"),
        ("-- !Downs", "Play"),
        ("# !Downs", "Play"),
        ("-- up/down --", "martlet"),
        ("-- Down", "sqlite for Node"),
        ("--down", "sqlite for Node"),
        ("-- ====== DOWN ======", "sqlite for Node"),
        ("-- DOWN:", "sqlite for Node"),
        ("--@DOWN", "a runner of one's own"),
        ("-- @down", "a runner of one's own"),
        ("-- migrate down", "a runner of one's own"),
        ("-- Migration Down", "a runner of one's own"),
        ("-- migrate: down", "a runner of one's own"),
        ("-- migrate-down", "a runner of one's own"),
        ("-- migrate_down", "a runner of one's own"),
        ("-- Migration: Down", "a runner of one's own"),
        ("-- db:down", "a runner of one's own"),
        ("-- downgrade", "a runner of one's own"),
        ("-- !down", "sqlite for Node"),
        ("-- +down", "sqlite for Node"),
        ("-- [down]", "sqlite for Node"),
        ("-- <DOWN>:", "sqlite for Node"),
        ("-- down-migration", "node-pg-migrate"),
        ("-- //@UNDO and what was before", "MyBatis Migrations"),
    ] {
        refuses(&between(marker), "3:1", marker, tool);
        // Without anything below it nothing wrong would run: Play's `#` alone is no SQL.
        if !marker.starts_with('#') {
            fine(&format!("create table accounts (id int);\n{marker}\n-- drop table accounts;\n"));
            fine(&format!("create table accounts (id int);\n{marker}\n;\n"));
        }
    }
    // A space that does not break a line, as it comes with copied text.
    refuses("-- down\u{a0}\ndrop table a", "1:1", "-- down", "sqlite for Node");
    refuses("-- Down\u{a0}Migration\ndrop table a", "1:1", "-- Down\u{a0}Migration", "node-pg-migrate");
    refuses("  -- Down Migration  \ndrop table a", "1:3", "-- Down Migration", "node-pg-migrate");
}

#[test]
fn a_marker_of_a_convention_that_was_not_chosen_names_it() {
    let w = world(&[file("001_a.sql", &between("-- +goose Down"))], &[]);
    w.finds(&[(
        "foreign-marker",
        "001_a.sql:3:1",
        "`-- +goose Down` marks a way back for goose, and the statements below it would run as a part of the way up",
        &format!("if these are the files of goose, say so: convention: 'goose'; else {MOVE}"),
    )]);
    for (marker, name) in [("-- migrate:down transaction:false", "dbmate"), ("-- +migrate Down", "sql-migrate")] {
        let up = marker.split(' ').take(2).collect::<Vec<_>>().join(" ").replace("down", "up").replace("Down", "Up");
        let plan = world(&[file("001_a.sql", &format!("{up}\n{}", between(marker)))], &[]).plan();
        assert_eq!(plan.findings[0].code, "foreign-marker", "{marker}");
        assert!(plan.findings[0].help.contains(&format!("convention: '{name}'")), "{}", plan.findings[0].help);
    }
}

#[test]
fn a_marker_that_its_own_tool_does_not_see_is_told_how_it_is_written() {
    let text = "-- migrate:up\ncreate table a ();\n  -- migrate:down\ndrop table a;\n";
    let read = |text: &str| crate::convention::read(&[("1_a.sql".to_owned(), text.to_owned())], None).unwrap();
    let found = plan(&read(text), &Ledger::default(), &Options::default()).findings;
    assert_eq!(found[0].at.as_ref().map(ToString::to_string).as_deref(), Some("1_a.sql:3:3"));
    assert_eq!(found[0].help, "write it as `-- migrate:down`, at the start of its line");
    let mended = read(&text.replace("  -- migrate:down", "-- migrate:down"));
    assert_eq!(plan(&mended, &Ledger::default(), &Options::default()).findings, []);
    assert_eq!(
        mended.migrations[0].down.as_ref().map(|down| down.text.as_str()),
        Some("-- migrate:down\ndrop table a;\n")
    );
}

#[test]
fn the_help_has_a_place_for_a_way_back_or_says_that_there_is_none() {
    let help = |convention| {
        let w = world(&[file_in(convention, "001_a.sql", &between("-- rambler down"))], &[]);
        w.in_convention(convention).plan().findings[0].help.clone()
    };
    let moved =
        |home: &str| format!("move what is below it {home}; take only the line out, if that belongs to the way up");
    assert_eq!(help(Convention::Dbmate), moved("below `-- migrate:down`"));
    assert_eq!(help(Convention::Goose), moved("below `-- +goose Down`"));
    assert_eq!(help(Convention::SqlMigrate), moved("below `-- +migrate Down`"));
    assert_eq!(help(Convention::NodePgMigrate), moved("below `-- Down Migration`"));
    assert_eq!(help(Convention::Flyway), moved("to a U file of the same version"));
    assert_eq!(help(Convention::Diesel), moved("to the down.sql beside it"));
    assert_eq!(help(Convention::Tern), moved("below `---- create above / drop below ----`"));
    assert_eq!(help(Convention::Hasura), moved("to the down.sql beside it"));
    assert_eq!(help(Convention::GolangMigrate), moved("to a file of the same name that ends in .down.sql"));
    let none = "take out what is below it; only the line, if that belongs to the way up";
    assert_eq!(help(Convention::Prisma), none);
    assert_eq!(help(Convention::Drizzle), none);
    assert_eq!(help(Convention::Refinery), none);
    assert_eq!(help(Convention::GraphileMigrate), none);
}

#[test]
fn what_only_looks_like_a_marker_is_a_comment() {
    for text in [
        "-- Down migration is a no-op: nothing has to be undone\nselect 1;",
        "-- no down migration\nselect 1;",
        "-- This down migration removes it\nselect 1;",
        "-- down to the last row\nselect 1;",
        "-- downs\nselect 1;",
        "-- migrate:up\n-- Migrate down: nothing has to be undone\nselect 1;",
        "-- db: down to the last row\nselect 1;",
        "-- downgrades are fine\nselect 1;",
        "-- undo\nselect 1;",
        "-- rambler downtown\nselect 1;",
        "-- up\nselect 1;",
        "select 1; -- Down Migration\nselect 2;",
        "select '\n-- Down Migration\n';\nselect 2;",
        "do $$ begin\n-- down\nperform 1;\nend $$;\nselect 2;",
        "/*\n-- Down Migration\n*/\nselect 2;",
        "create type way as enum (\n  -- up\n  'up',\n  -- down\n  'down'\n);",
    ] {
        fine(text);
    }
}

#[test]
fn with_the_tool_s_own_marker_of_the_way_up_more_words_do_not_matter() {
    let text = |up: &str, down: &str| format!("{up}\ncreate table a ();\n{down}\ndrop table a;\n");
    refuses(
        &text("-- Up Migration", "-- Down Migration: back to nothing"),
        "3:1",
        "-- Down Migration: back to nothing",
        "node-pg-migrate",
    );
    refuses(&text("-- Up", "-- Down (by hand)"), "3:1", "-- Down (by hand)", "sqlite for Node");
    refuses(&text("-- !Ups", "-- !Downs, if need be"), "3:1", "-- !Downs, if need be", "Play");
    // Not after another tool's, nor after one in a literal.
    fine(&text("-- rambler up", "-- Down Migration: back to nothing"));
    fine(&text("select '\n-- Up Migration\n';", "-- Down Migration: back to nothing"));
}

#[test]
fn a_semicolon_that_is_left_out_hides_no_marker() {
    refuses("create table a ()\n-- Down Migration\ndrop table a", "2:1", "-- Down Migration", "node-pg-migrate");
    // Plain words head a part of a statement, too; what is run together here is no SQL.
    fine("alter table a\n-- up\nadd column b int,\n-- down\ndrop column c;");
}

#[test]
fn only_what_would_run_is_judged_and_the_policy_may_lower_it() {
    let text = between("-- Down Migration");
    world(&[file("001_a.sql", &text)], &[row("001", "a", &text)]).finds(&[]).goes();
    let mut with_way_back = file("001_a.sql", "create table a ();");
    with_way_back.down = Some(Section { text: "-- Down Migration\ndrop table a;".into(), ..with_way_back.up.clone() });
    world(&[with_way_back], &[]).finds(&[]).goes();
    for severity in [Severity::Warning, Severity::Note] {
        let w = world(&[file("001_a.sql", &text)], &[]).policy("foreign-marker", severity);
        assert_eq!(w.plan().findings[0].severity, severity);
        w.goes().works(&["apply 001"]);
    }
}

#[test]
fn what_the_help_says_is_what_helps() {
    let read = |convention, files: &[(&str, &str)]| {
        let files: Vec<_> = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let catalog = crate::convention::read(&files, convention).unwrap();
        let findings = plan(&catalog, &Ledger::default(), &Options::default()).findings;
        (catalog.migrations[0].down.is_some(), findings)
    };
    let (up, down) = ("create table a ();\n", "drop table a;\n");
    let both = format!("{up}-- rambler down\n{down}");
    assert_eq!(read(None, &[("1_a.sql", &both)]).1[0].help, MOVE);
    let plain = Some(Convention::Plain);
    assert_eq!(read(plain, &[("1_a.sql", up), ("1_a.down.sql", down)]), (true, vec![]));
    assert_eq!(read(None, &[("1_a.sql", &format!("{up}{down}"))]), (false, vec![]));
    let section = |begin: &str, end: &str| format!("{begin}\n{up}{end}\n{down}");
    for (begin, end) in [
        ("-- migrate:up", "-- migrate:down"),
        ("-- +goose Up", "-- +goose Down"),
        ("-- +migrate Up", "-- +migrate Down"),
    ] {
        assert_eq!(read(None, &[("1_a.sql", &section(begin, end))]), (true, vec![]));
    }
    for files in [
        [("1_a.up.sql", up), ("1_a.down.sql", down)],
        [("1_a/up.sql", up), ("1_a/down.sql", down)],
        [("V1__a.sql", up), ("U1__a.sql", down)],
    ] {
        assert_eq!(read(None, &files), (true, vec![]));
    }
    for convention in [Convention::Sqlx, Convention::Supabase] {
        assert_eq!(read(Some(convention), &[("1_a.sql", up), ("1_a.down.sql", down)]), (true, vec![]));
    }
}
