//! Baselines and what they replace.

use super::*;

#[test]
fn a_baseline_whose_migrations_are_all_there_is_adopted() {
    let rows = [row("001", "a", A), row("002", "b", B)];
    world(&[squashed()], &rows)
        .decides(&["adopt baseline 000", "skip replaced 001", "skip replaced 002"])
        .says(0, None, "all 2 migrations that it replaces are there", "")
        .says(1, None, "baseline 000 stands for it", "")
        .works(&["adopt 000: 001 002"])
        .goes();
    // Rows of dbmate have no checksum: the version has to do.
    world(&[squashed()], &[bare("1"), bare("2")]).works(&["adopt 000: 1 2"]);
    // With the files at hand it is the same.
    world(&[squashed(), file("001_a.sql", A), file("002_b.sql", B)], &rows)
        .decides(&["adopt baseline 000", "skip replaced 001", "skip replaced 002"])
        .works(&["adopt 000: 001 002"]);
}

#[test]
fn on_a_fresh_database_a_baseline_is_run_and_what_it_replaces_is_not() {
    world(&[squashed(), file("001_a.sql", A), file("002_b.sql", B), file("003_c.sql", C)], &[])
        .decides(&["apply pending 000", "skip replaced 001", "skip replaced 002", "apply pending 003"])
        .works(&["apply 000", "apply 003"]);
}

#[test]
fn what_is_left_of_a_squash_is_applied_first_if_the_files_are_at_hand() {
    world(&[squashed(), file("001_a.sql", A), file("002_b.sql", B), file("003_c.sql", C)], &[row("001", "a", A)])
        .decides(&["adopt baseline 000", "skip replaced 001", "apply pending 002", "apply pending 003"])
        .says(0, None, "all 2 migrations that it replaces will be there once 1 of them ran", "")
        .works(&["apply 002", "adopt 000: 001 002", "apply 003"])
        .goes();
}

#[test]
fn a_squash_that_is_there_in_part_refuses_the_plan() {
    world(&[squashed(), file("003_c.sql", C)], &[row("001", "a", A)])
        .decides(&["drift partial-squash 000", "apply pending 003", "skip replaced 001"])
        .says(
            0,
            ERROR,
            "baseline 000 replaces 2 migrations, of which only a part is there; 1 not applied and without a file: 002",
            "put the files of the missing migrations back: they are applied, and the baseline is adopted",
        )
        .refuses(
            "nothing was run: baseline 000 replaces 2 migrations, of which only a part is there; 1 not applied and \
             without a file: 002",
        );
    // Let through, the baseline is left alone.
    world(&[squashed(), file("003_c.sql", C)], &[row("001", "a", A)])
        .policy("partial-squash", Severity::Warning)
        .goes()
        .works(&["apply 003"]);
}

#[test]
fn a_replaced_migration_that_ran_with_other_content_is_not_there() {
    world(&[squashed()], &[row("001", "a", A), row("002", "b", C)])
        .decides(&["drift partial-squash 000", "skip replaced 001", "skip replaced 002"])
        .says(
            0,
            ERROR,
            "baseline 000 replaces 2 migrations, of which only a part is there; 1 applied with other content: 002",
            "compare the database with the baseline, and correct the checksums in its `replaces`",
        );
    world(&[squashed()], &[row("002", "b", C)]).says(
        0,
        ERROR,
        "baseline 000 replaces 2 migrations, of which only a part is there; 1 not applied and without a file: 001; 1 \
         applied with other content: 002",
        "put the files of the missing migrations back, compare the database with the baseline, and correct the checksums \
         in its `replaces`",
    );
}

#[test]
fn a_file_that_is_not_what_the_baseline_replaces_does_not_complete_it() {
    world(&[squashed(), file("002_b.sql", C)], &[row("001", "a", A)]).decides(&[
        "drift partial-squash 000",
        "apply pending 002",
        "skip replaced 001",
    ]);
}

#[test]
fn rows_that_a_baseline_in_the_ledger_replaces_are_marked_once() {
    let own = row("000", "base", "create table ab ();");
    let marked = |version, name, sql| Row { replaced_by: Some("000".into()), ..row(version, name, sql) };
    world(&[squashed(), file("001_a.sql", A)], &[own.clone(), row("001", "a", A), row("002", "b", B)])
        .decides(&["skip applied 000", "skip replaced 001", "skip replaced 002"])
        .works(&["supersede 001 002 by 000"]);
    world(&[squashed()], &[own.clone(), marked("001", "a", A), marked("002", "b", B)])
        .decides(&["skip applied 000", "skip replaced 001", "skip replaced 002"])
        .works(&[]);
    // Once the list is gone, the mark is enough.
    world(&[file("000_base.sql", "create table ab ();")], &[own, marked("001", "a", A)])
        .decides(&["skip applied 000", "skip replaced 001"])
        .works(&[]);
}

#[test]
fn after_a_restore_from_before_the_adoption_the_baseline_is_adopted_again() {
    let marked = |version, name, sql| Row { replaced_by: Some("000".into()), ..row(version, name, sql) };
    world(&[squashed()], &[marked("001", "a", A), marked("002", "b", B)])
        .decides(&["adopt baseline 000", "skip replaced 001", "skip replaced 002"])
        .works(&["adopt 000: 001 002"]);
}

#[test]
fn an_older_release_still_sees_its_history_after_an_adoption() {
    let marked = |version, name, sql| Row { replaced_by: Some("000".into()), ..row(version, name, sql) };
    let own = Row { origin: crate::ledger::Origin::Adopted, ..row("000", "base", "create table ab ();") };
    world(&[file("001_a.sql", A), file("002_b.sql", B)], &[own, marked("001", "a", A), marked("002", "b", B)])
        .decides(&["skip applied 001", "skip applied 002", "drift ahead 000"])
        .works(&[])
        .goes();
}

#[test]
fn a_baseline_of_a_baseline() {
    let first = squashed();
    let sql = first.up.text.clone();
    let second = baseline("db/010_base2.sql", "create table abc ();", &[("000", &sql), ("003", C)]);
    // A database that has adopted the first one.
    let marked = |version, name, sql| Row { replaced_by: Some("000".into()), ..row(version, name, sql) };
    let rows = [marked("001", "a", A), marked("002", "b", B), row("000", "base", &sql), row("003", "c", C)];
    world(std::slice::from_ref(&second), &rows).works(&["adopt 010: 000 003"]).decides(&[
        "adopt baseline 010",
        "skip replaced 000",
        "skip replaced 001",
        "skip replaced 002",
        "skip replaced 003",
    ]);
    // A database that has not, with all lists at hand: one after the other.
    world(&[first.clone(), second.clone()], &[row("001", "a", A), row("002", "b", B), row("003", "c", C)])
        .works(&["adopt 000: 001 002", "adopt 010: 003 000"]);
    // A fresh one: only the last.
    world(&[first.clone(), file("003_c.sql", C), second.clone()], &[])
        .decides(&["skip replaced 000", "skip replaced 003", "apply pending 010"])
        .works(&["apply 010"]);
    // One that is there in part, with all files at hand.
    world(&[first, file("001_a.sql", A), file("002_b.sql", B), file("003_c.sql", C), second], &[row("001", "a", A)])
        .works(&["apply 002", "adopt 000: 001 002", "apply 003", "adopt 010: 000 003"]);
}

#[test]
fn baselines_that_replace_each_other_do_not_loop() {
    let one = baseline("001_a.sql", A, &[("002", B)]);
    let two = baseline("002_b.sql", B, &[("001", A)]);
    let three = baseline("003_c.sql", C, &[("003", C)]);
    let plan = world(&[one, two, three], &[]).plan();
    assert_eq!(plan.decisions.len(), 3);
}

#[test]
fn a_replaced_migration_that_is_under_way_is_waited_for_and_a_stopped_one_goes_on() {
    let base = baseline("000_base.sql", "create table ab ();", &[("001", A), ("005", STEPS)]);
    let files = [base.clone(), file("001_a.sql", A), file("005_i.sql", STEPS)];
    let stopped = |lease| [row("001", "a", A), running("005", "i", STEPS, 2, 3, lease)];
    world(&files, &stopped(Lease::Alive)).works(&["wait 005"]);
    world(&files, &stopped(Lease::Over)).works(&["resume 005 005 at 2", "adopt 000: 001 005"]);
    // Without its file nobody can finish it.
    world(std::slice::from_ref(&base), &stopped(Lease::Over)).decides(&[
        "drift partial-squash 000",
        "skip replaced 001",
        "drift interrupted 005",
    ]);
    // A baseline that is applied leaves no place for it.
    let own = row("000", "base", "create table ab ();");
    let rows = [own, running("005", "i", STEPS, 2, 3, Lease::None)];
    world(&[base, file("005_i.sql", STEPS)], &rows)
        .decides(&["skip applied 000", "drift interrupted 005"])
        .refuses("nothing was run: 005_i.sql stopped, and a baseline stands for it: 2 of 3 steps are done");
}
