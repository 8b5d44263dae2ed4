//! Files and rows that disagree.

use super::*;

#[test]
fn an_edit_of_statements_refuses_the_plan() {
    world(&[file("db/001_a.sql", "create table a (x int);")], &[row("001", "a", A)])
        .decides(&["drift edited 001"])
        .says(
            0,
            ERROR,
            "db/001_a.sql was edited after it was applied: its statements have changed",
            "put the old text back, and make the change in a new migration",
        )
        .refuses("nothing was run: db/001_a.sql was edited after it was applied: its statements have changed");
}

#[test]
fn an_edit_of_comments_is_a_note() {
    let w = world(&[file("db/001_a.sql", "-- what a is for\ncreate table a\n();")], &[row("001", "a", A)]);
    w.decides(&["drift edited 001"])
        .says(
            0,
            NOTE,
            "db/001_a.sql was edited after it was applied: only what does not run has changed",
            "put the old text back, or leave it: nothing has to run",
        )
        .goes()
        .works(&[]);
    let edit = w.plan().decisions[0].edit.clone().unwrap();
    assert_eq!((edit.grade, edit.graded, edit.before), (Grade::Cosmetic, true, checksum(A)));
    // Under another name it is an edit all the same: nothing else has the version.
    world(&[file("db/001_z.sql", "-- what a is for\ncreate table a\n();")], &[row("001", "a", A)])
        .decides(&["drift edited 001"])
        .goes();
}

#[test]
fn begin_and_commit_around_a_file_are_a_cosmetic_edit() {
    let says = "db/001_a.sql was edited after it was applied: only what does not run has changed";
    let same = |text: &str, ran: &str| {
        let w = world(&[file("db/001_a.sql", text)], &[row("001", "a", ran)]);
        let help = "put the old text back, or leave it: nothing has to run";
        w.decides(&["drift edited 001"]).says(0, NOTE, says, help).goes().works(&[]);
        // What is on record stays as it is.
        assert_eq!(w.plan().decisions[0].edit.clone().unwrap().before, checksum(ran));
    };
    let wrapped = "BEGIN;\ncreate table a ();\nCOMMIT;\n";
    same(A, wrapped);
    same(wrapped, A);
    same("start transaction;\nCREATE TABLE a ();\nEND WORK", wrapped);
    let differs = |text: &str, ran: &str| {
        world(&[file("db/001_a.sql", text)], &[row("001", "a", ran)])
            .refuses("nothing was run: db/001_a.sql was edited after it was applied: its statements have changed");
    };
    differs("begin; create table b (); commit;", A);
    differs("begin isolation level serializable; create table a (); commit;", A);
    // Where a file asks for no transaction, it says which statements belong together.
    let mut alone = file("db/001_a.sql", wrapped);
    alone.up.transaction = crate::migration::Transaction::Off;
    world(&[alone], &[row("001", "a", A)])
        .refuses("nothing was run: db/001_a.sql was edited after it was applied: its statements have changed");
}

#[test]
fn an_edit_that_cannot_be_graded_counts_as_semantic() {
    let before = Row { fingerprint: None, ..row("001", "a", A) };
    world(&[file("db/001_a.sql", "create table a\n();")], &[before])
        .says(
            0,
            ERROR,
            "db/001_a.sql was edited after it was applied: no fingerprint is on record that tells whether its \
             statements have changed",
            "put the old text back, and make the change in a new migration",
        )
        .refuses(
            "nothing was run: db/001_a.sql was edited after it was applied: no fingerprint is on record that tells \
             whether its statements have changed",
        );
}

#[test]
fn edits_have_a_policy_each() {
    let semantic = || world(&[file("001_a.sql", B), file("002_c.sql", C)], &[row("001", "a", A)]);
    semantic().policy("edited-semantic", Severity::Warning).goes().works(&["apply 002"]);
    semantic()
        .policy("edited-cosmetic", Severity::Note)
        .refuses("nothing was run: 001_a.sql was edited after it was applied: its statements have changed");
    world(&[file("001_a.sql", "create table a\n();")], &[row("001", "a", A)])
        .policy("edited-cosmetic", Severity::Error)
        .refuses("nothing was run: 001_a.sql was edited after it was applied: only what does not run has changed");
}

#[test]
fn another_name_with_the_same_content_is_a_rename() {
    world(&[file("001_new.sql", A)], &[row("001", "old", A)])
        .decides(&["drift renamed 001"])
        .says(0, NOTE, "version 001 is applied as \"old\": its row takes the new name, \"new\"", "")
        .works(&["stamp 001->001"])
        .goes();
    world(&[file("001_new.sql", A)], &[row("001", "old", A)])
        .policy("renamed", Severity::Error)
        .refuses("nothing was run: version 001 is applied as \"old\": its row takes the new name, \"new\"");
}

#[test]
fn another_name_and_other_content_is_a_collision() {
    let files = [file("db/003_teams.sql", B), file("db/004_c.sql", C)];
    world(&files, &[row("003", "users", A)])
        .decides(&["drift collision 003", "apply pending 004"])
        .says(
            0,
            ERROR,
            "version 003 is applied as \"users\", but db/003_teams.sql has another name and other content",
            "give db/003_teams.sql a version of its own, such as 005; if it is the same migration, put the old name back",
        )
        .refuses(
            "nothing was run: version 003 is applied as \"users\", but db/003_teams.sql has another name and other content",
        );
    // Let through, it is left alone: the row keeps its place, the file is not run.
    world(&files, &[row("003", "users", A)]).policy("collision", Severity::Warning).goes().works(&["apply 004"]);
}

#[test]
fn another_name_with_unknown_content_is_a_collision_too() {
    let before = Row { checksum: None, fingerprint: None, ..row("003", "users", A) };
    world(&[file("db/003_teams.sql", B)], &[before]).says(
        0,
        ERROR,
        "version 003 is applied as \"users\", but db/003_teams.sql has another name, and no checksum is on record",
        "give db/003_teams.sql a version of its own, such as 004; if it is the same migration, put the old name back",
    );
}

#[test]
fn a_row_without_a_file_is_missing_or_ahead() {
    let files = [file("002_b.sql", B)];
    let w = world(&files, &[row("001", "a", A), row("002", "b", B), row("3", "c", C)]);
    w.decides(&["skip applied 002", "drift missing 001", "drift ahead 3"])
        .says(
            1,
            WARNING,
            "version 001 (a) is applied, but there is no file of that version",
            "put the file back, or list it in the `replaces` of the baseline that holds it now",
        )
        .says(
            2,
            WARNING,
            "version 3 (c) is applied and has no file here: a newer release has been here",
            "deploy the newer release, or keep this one: nothing is undone",
        )
        .works(&[])
        .goes();
    let strict = |key| world(&files, &[row("001", "a", A), row("3", "c", C)]).policy(key, Severity::Error);
    strict("missing").refuses("nothing was run: version 001 (a) is applied, but there is no file of that version");
    strict("ahead")
        .refuses("nothing was run: version 3 (c) is applied and has no file here: a newer release has been here");
}

#[test]
fn text_that_is_no_version_is_missing_and_never_ahead() {
    world(&[file("001_a.sql", A)], &[bare(""), bare("2x"), bare("zebra"), bare("\u{1F600}"), bare("-1")]).decides(&[
        "apply pending 001",
        "drift missing 2x",
        "drift missing ",
        "drift missing -1",
        "drift missing zebra",
        "drift missing \u{1F600}",
    ]);
}

#[test]
fn without_files_every_row_is_ahead() {
    world(&[], &[row("001", "a", A)]).decides(&["drift ahead 001"]).goes();
}

#[test]
fn a_file_under_a_new_version_is_renumbered_and_not_run_again() {
    world(&[file("db/107_a.sql", A)], &[row("103", "a", A)])
        .decides(&["drift renumbered 107 row=103"])
        .says(
            0,
            NOTE,
            "db/107_a.sql is applied as version 103: its row becomes version 107, and it is not run again",
            "",
        )
        .works(&["rekey 103->107"])
        .goes();
    world(&[file("db/107_a.sql", A)], &[row("103", "a", A)]).policy("renumbered", Severity::Error).refuses(
        "nothing was run: db/107_a.sql is applied as version 103: its row becomes version 107, and it is not run again",
    );
}

#[test]
fn a_version_that_another_file_has_taken_is_freed_by_its_row() {
    // What was 20 is 21 now, and another file is 20.
    world(&[file("020_b.sql", B), file("021_a.sql", A)], &[row("020", "a", A)])
        .decides(&["apply pending 020", "drift renumbered 021 row=020"])
        .works(&["rekey 020->021", "apply 020"])
        .goes();
}

#[test]
fn a_row_moves_only_to_a_version_that_is_free_by_then() {
    // 65 -> 66 -> 67: the last one first.
    world(
        &[file("065_new.sql", "select 65"), file("066_a.sql", A), file("067_b.sql", B)],
        &[row("065", "a", A), row("066", "b", B)],
    )
    .decides(&["apply pending 065", "drift renumbered 066 row=065", "drift renumbered 067 row=066"])
    .works(&["rekey 066->067", "rekey 065->066", "apply 065"]);
}

#[test]
fn two_files_that_change_places_are_collisions() {
    world(&[file("001_b.sql", B), file("002_a.sql", A)], &[row("001", "a", A), row("002", "b", B)])
        .decides(&["drift collision 001", "drift collision 002"]);
}

#[test]
fn same_content_is_paired_by_name_and_never_guessed() {
    let one = "select 1";
    // By name, whatever the order.
    world(&[file("003_b.sql", one), file("004_a.sql", one)], &[row("001", "a", one), row("002", "b", one)])
        .works(&["rekey 001->004", "rekey 002->003"]);
    // Without it only if nothing else has that content.
    world(&[file("003_x.sql", one)], &[row("001", "a", one)]).works(&["rekey 001->003"]);
    world(&[file("001_b.sql", one), file("003_x.sql", one)], &[row("001", "b", one), row("002", "a", one)]).decides(&[
        "skip applied 001",
        "apply pending 003",
        "drift missing 002",
    ]);
    // One row, two files: nobody can tell.
    world(&[file("003_x.sql", one), file("004_y.sql", one)], &[row("001", "a", one)]).decides(&[
        "apply pending 003",
        "apply pending 004",
        "drift missing 001",
    ]);
    // Two rows, one file.
    world(&[file("003_x.sql", one)], &[row("001", "a", one), row("002", "b", one)]).decides(&[
        "apply pending 003",
        "drift missing 001",
        "drift missing 002",
    ]);
    // A row whose own file is there is not another file's.
    world(&[file("001_a.sql", one), file("002_b.sql", one)], &[row("001", "a", one)])
        .decides(&["skip applied 001", "apply pending 002"]);
}

#[test]
fn rows_of_one_version_written_in_two_ways_are_two_rows() {
    world(&[file("001_a.sql", A)], &[row("1", "a", A), bare("001")])
        .decides(&["skip applied 001 row=1", "drift missing 001"]);
}

#[test]
fn files_of_one_version_are_duplicates_and_none_is_run() {
    let files = [file("db/003_a.sql", A), file("db/3_b.sql", B), file("db/004_c.sql", C)];
    let help = "give all but one of them a version of their own, such as 005";
    world(&files, &[])
        .decides(&["drift duplicate 003", "drift duplicate 3", "apply pending 004"])
        .says(0, ERROR, "db/003_a.sql and db/3_b.sql have one version, 003", help)
        .says(1, ERROR, "db/3_b.sql and db/003_a.sql have one version, 3", help)
        .refuses("nothing was run: db/003_a.sql and db/3_b.sql have one version, 003 (and 1 more error)");
    world(&files, &[]).policy("duplicate", Severity::Warning).goes().works(&["apply 004"]);
}

#[test]
fn dates_in_parts_are_told_how_they_are_written() {
    let dated = |paths: [&str; 2]| {
        let files = paths.map(|path| (path.to_owned(), path.to_owned()));
        let catalog = crate::convention::read(&files, Some(Convention::Plain)).unwrap();
        World { catalog, ledger: Ledger::default(), options: Options::default() }
    };
    let help = "give all but one of them a version of their own, such as 2025; a version ends at the first character that is \
                no digit, so write the date as one number: 20240131";
    for [first, second] in [["m/2024-01-31-a.sql", "m/2024-02-01-b.sql"], ["2024_01_31_a.sql", "2024_02_01.sql"]] {
        let message = format!("{first} and {second} have one version, 2024");
        dated([first, second]).says(0, ERROR, &message, help);
    }
    dated(["20240131-a.sql", "20240201-b.sql"]).goes().works(&["apply 20240131", "apply 20240201"]);
}

#[test]
fn of_duplicates_the_applied_one_is_named_if_the_ledger_tells() {
    let files = [file("db/003_a.sql", A), file("db/003_b.sql", B)];
    world(&files, &[row("003", "b", B)]).decides(&["drift duplicate 003", "drift duplicate 003"]).says(
        0,
        ERROR,
        "db/003_a.sql and db/003_b.sql have one version, 003",
        "db/003_b.sql is applied: give db/003_a.sql a version of its own, such as 004",
    );
    let unknown = "one of them is applied, and the ledger does not tell which: look at the database, and give the \
                   other a version of its own, such as 004";
    let w = world(&files, &[bare("003")]);
    w.says(0, ERROR, "db/003_a.sql and db/003_b.sql have one version, 003", unknown);
    // The row belongs to exactly one of them.
    let rows: Vec<_> = w.plan().decisions.iter().map(|decision| decision.row.clone()).collect();
    assert_eq!(rows, [Some("003".to_owned()), None]);
}

#[test]
fn many_duplicates_are_named_shortly() {
    let files: Vec<Migration> = (0..40).map(|n| file(&format!("{n:02}/1_x.sql"), A)).collect();
    world(&files, &[]).says(
        0,
        ERROR,
        "00/1_x.sql and 01/1_x.sql, 02/1_x.sql, 03/1_x.sql, 04/1_x.sql, 05/1_x.sql, 06/1_x.sql, 07/1_x.sql, 08/1_x.sql, \
         09/1_x.sql, 10/1_x.sql and 10 more have one version, 1",
        "give all but one of them a version of their own, such as 2",
    );
}

#[test]
fn a_suggested_version_has_the_form_of_the_newest() {
    #[track_caller]
    fn proposes(newest: &str, expected: &str) {
        let files = [file(&format!("a/{newest}_a.sql"), A), file(&format!("b/{newest}_b.sql"), B)];
        let help = format!("give all but one of them a version of their own{expected}");
        world(&files, &[]).says(
            0,
            ERROR,
            &format!("a/{newest}_a.sql and b/{newest}_b.sql have one version, {newest}"),
            &help,
        );
    }
    proposes("0077", ", such as 0078");
    // The last second of a February: 60 would be no second.
    proposes("20260228235959", ", such as 20260301000000");
    proposes("99999999999999999999999999999999", ", such as 100000000000000000000000000000000");
}

#[test]
fn a_file_that_was_empty_when_it_was_applied_can_be_taken_out_and_run() {
    let files = [file("db/001_a.sql", "-- to be written\n"), file("db/002_b.sql", B)];
    let empty = row("001", "a", "-- to be written\n");
    world(&files, std::slice::from_ref(&empty)).decides(&["skip applied 001", "apply pending 002"]);
    world(&[file("db/001_a.sql", A)], std::slice::from_ref(&empty)).decides(&["drift edited 001"]).says(
        0,
        ERROR,
        "db/001_a.sql was edited after it was applied: it had no statement then",
        "nothing of it has run: take its row away, stamp(db, migrations, ['001'], { as: 'not-applied' }), and run \
             again; or put the old text back, and make the change in a new migration",
    );
    // Only comments are a cosmetic edit, as ever.
    world(&[file("db/001_a.sql", "-- written\n")], &[empty]).goes();
}
