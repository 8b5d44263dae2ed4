//! Files with several pairs of dbmate's, and files without a statement.

use super::*;
use crate::readiness::{Status, readiness};

const PAIRS: &str = "-- migrate:up\ncreate table users (id int);\n-- migrate:down\ndrop table users;\n\n\
                     -- migrate:up\nalter table users\n  add column email text;\nselect 2;\n-- migrate:down\nselect 3;\n";

fn set(rows: &[Row]) -> World {
    set_of(&[("1_users.sql", PAIRS)], rows)
}

fn set_of(files: &[(&str, &str)], rows: &[Row]) -> World {
    let files: Vec<_> = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let catalog = crate::convention::read(&files, None).unwrap();
    World { catalog, ledger: Ledger { exists: true, rows: rows.to_vec() }, options: Options::default() }
}

fn theirs() -> Row {
    Row { version: "1".into(), ..Row::default() }
}

const WARNING: (&str, &str, &str, &str) = (
    "several-pairs",
    "1_users.sql:6:1",
    "dbmate has applied 1_users.sql, of which it runs the first pair only, until 2.36: these may never have run: \
     alter table users add column email text and select 2",
    "see which of them are in the database, run the others, and then say so: stamp(db, migrations, ['1'])",
);

#[test]
fn a_file_of_several_pairs_runs_with_a_note() {
    set(&[])
        .finds(&[(
            "several-pairs",
            "1_users.sql:6:1",
            "dbmate 2.29 to 2.36 stops here, at the second pair of the file",
            "if dbmate is to run it too, move each pair to a file of its own",
        )])
        .works(&["apply 1"])
        .goes();
    // What its help says.
    let [first, second] = PAIRS.split_once("\n\n").map(|(first, second)| [first, second]).unwrap();
    set_of(&[("1_users.sql", first), ("2_email.sql", second)], &[]).finds(&[]).works(&["apply 1", "apply 2"]);
    // One that has run here is like any other.
    let up = set(&[]).catalog.migrations[0].up.text.clone();
    set(&[row("1", "users", &up)]).finds(&[]).works(&[]).goes();
}

#[test]
fn a_row_that_dbmate_wrote_is_not_taken_for_all_of_the_pairs() {
    let imported = Row { origin: crate::ledger::Origin::Imported, name: Some("users".into()), ..theirs() };
    for row in [theirs(), imported] {
        // No checksum is recorded: then nobody would ever be told again.
        let world = set(std::slice::from_ref(&row));
        world.finds(&[WARNING]).works(&[]).goes();
        let answer = readiness(&world.catalog, &world.ledger, &world.options);
        assert_eq!((answer.status, answer.findings), (Status::Ready, world.plan().findings));
    }
    // dbmate has run all of a file with one pair.
    let one = PAIRS.split_once("\n\n").unwrap().0;
    set_of(&[("1_users.sql", one)], &[theirs()]).finds(&[]).works(&["stamp 1->1"]);
}

#[test]
fn only_what_is_pending_is_noted_in_a_plan_and_nothing_of_it_in_a_health_check() {
    let world = set(&[]);
    assert_eq!(readiness(&world.catalog, &world.ledger, &world.options).findings, []);
}

#[test]
fn long_statements_are_shortened_and_many_are_counted() {
    let long = format!("select {};\n", vec!["1234567"; 20].join(",\n"));
    let many = "select 1;\n".repeat(10);
    let text = format!("-- migrate:up\n-- migrate:down\n-- migrate:up\n{long}{many}-- migrate:down\n");
    let plan = set_of(&[("1_a.sql", &text)], &[theirs()]).plan();
    let shown = "select 1234567, 1234567, 1234567, 1234567, 1234567, 1234567, 1234567, 1234567, …, select 1, ";
    assert!(plan.findings[0].message.contains(shown), "{}", plan.findings[0].message);
    assert!(plan.findings[0].message.ends_with("select 1 and 1 more"), "{}", plan.findings[0].message);
}

#[test]
fn a_migration_without_a_statement_is_a_warning_while_it_is_pending() {
    let warned = |text: &str| {
        set_of(&[("1_a.sql", text)], &[])
            .finds(&[(
                "empty-migration",
                "1_a.sql:1:1",
                "the migration has no statement: only its row is written",
                "write it before it is applied, or leave the file out: once its row is written, what is written later is an edit",
            )])
            .works(&["apply 1"])
            .goes();
    };
    for text in ["", "-- still to be written\n", ";;", "-- migrate:up\n\n-- migrate:down\nselect 1;\n"] {
        warned(text);
    }
    set_of(&[("1_a.sql", "")], &[row("1", "a", "")]).finds(&[]).goes();
}
