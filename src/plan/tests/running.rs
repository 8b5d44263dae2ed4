//! Statement-wise migrations that are under way or have stopped.

use super::*;

#[test]
fn a_migration_that_stopped_between_steps_goes_on() {
    for done in 0..=3 {
        let w = world(&[file("005_i.sql", STEPS)], &[running("005", "i", STEPS, done, 3, Lease::None)]);
        w.decides(&["apply resume 005"]).works(&[&format!("resume 005 005 at {done}")]).goes();
    }
    world(&[file("005_i.sql", STEPS)], &[running("005", "i", STEPS, 1, 3, Lease::None)]).says(
        0,
        None,
        "it goes on where it stopped: 1 of 3 steps is done",
        "",
    );
}

#[test]
fn a_dead_runner_s_migration_goes_on_where_the_database_tells_what_happened() {
    // An index says itself whether it is there; a transactional step's progress is its own.
    for done in [0, 2, 3] {
        let w = world(&[file("005_i.sql", STEPS)], &[running("005", "i", STEPS, done, 3, Lease::Over)]);
        w.decides(&["apply resume 005"]).works(&[&format!("resume 005 005 at {done}")]);
    }
}

#[test]
fn a_dead_runner_s_migration_is_interrupted_where_nobody_can_tell() {
    let w =
        world(&[file("db/005_i.sql", STEPS), file("db/006_c.sql", C)], &[running("5", "i", STEPS, 1, 3, Lease::Over)]);
    w.decides(&["drift interrupted 005 row=5", "apply pending 006"]).says(
        0,
        ERROR,
        "db/005_i.sql stopped in step 2 of 3, and nobody can tell whether that step happened",
        "look at the database; if the step happened: stamp(db, migrations, ['5'], { step: 'done' }); if it did not: \
         stamp(db, migrations, ['5'], { step: 'not-done' })",
    );
    let error = w.plan().refusal().unwrap();
    assert_eq!(error.to_string(), format!("db/005_i.sql:2:1: {}", error.message()));
    assert_eq!(
        error.help(),
        "look at the database; if the step happened: Stamp::step_done([\"5\"]); if it did not: Stamp::step_not_done([\"5\"])"
    );
    // Let through, it is left alone.
    w.policy("interrupted", Severity::Warning).goes().works(&["apply 006"]);
    // The last step ends it.
    let two = "select 1; drop subscription s;";
    world(&[file("005_v.sql", two)], &[running("005", "v", two, 1, 2, Lease::Over)]).says(
        0,
        ERROR,
        "005_v.sql stopped in step 2 of 2, and nobody can tell whether that step happened",
        "look at the database; if the step happened: stamp(db, migrations, ['005'], { step: 'done' }); if it did not: \
         stamp(db, migrations, ['005'], { step: 'not-done' })",
    );
}

#[test]
fn a_living_runner_is_waited_for() {
    world(&[file("005_i.sql", STEPS), file("006_c.sql", C)], &[running("005", "i", STEPS, 1, 3, Lease::Alive)])
        .decides(&["drift in-progress 005", "apply pending 006"])
        .says(0, NOTE, "005_i.sql is being run by somebody else: 1 of 3 steps is done", "wait until it is done")
        .works(&["wait 005"])
        .goes();
    world(&[file("005_i.sql", STEPS)], &[running("005", "i", STEPS, 2, 3, Lease::Alive)])
        .policy("in-progress", Severity::Error)
        .refuses("nothing was run: 005_i.sql is being run by somebody else: 2 of 3 steps are done");
}

#[test]
fn a_migration_that_was_edited_while_it_stood_still_is_interrupted() {
    world(&[file("005_i.sql", "vacuum;")], &[running("005", "i", STEPS, 1, 3, Lease::None)]).says(
        0,
        ERROR,
        "005_i.sql was edited after it stopped: 1 of 3 steps is done with the old text",
        "put the old text back, so that it can go on; or finish it by hand, then stamp(db, migrations, ['005']); or undo it \
         by hand, then stamp(db, migrations, ['005'], { as: 'not-applied' })",
    );
}

#[test]
fn how_many_steps_of_an_edited_file_have_happened_can_be_said() {
    world(&[file("db/005_i.sql", "vacuum t; vacuum;")], &[running("005", "i", STEPS, 1, 3, Lease::None)])
        .says(
            0,
            ERROR,
            "db/005_i.sql was edited after it stopped: 1 of 3 steps is done with the old text",
            "put the old text back, so that it can go on; or if as many steps of the file as it is now happened, and no \
             other: stamp(db, migrations, ['005'], { step: 1 }), and run again; or finish it by hand, then stamp(db, \
             migrations, ['005']); or undo it by hand, then stamp(db, migrations, ['005'], { as: 'not-applied' })",
        )
        .refuses("nothing was run: db/005_i.sql was edited after it stopped: 1 of 3 steps is done with the old text");
}

#[test]
fn steps_that_are_not_those_on_record_are_interrupted() {
    world(&[file("005_i.sql", STEPS)], &[running("005", "i", STEPS, 1, 4, Lease::None)])
        .decides(&["drift interrupted 005"])
        .refuses("nothing was run: 005_i.sql stopped, and its steps are not those on record: 1 of 4 steps is done");
    world(&[file("005_i.sql", STEPS)], &[running("005", "i", STEPS, 4, 3, Lease::None)])
        .decides(&["drift interrupted 005"]);
}

#[test]
fn with_no_step_done_a_stopped_migration_begins_afresh_whatever_its_file_says_by_now() {
    for (before, now) in [(STEPS, "vacuum;"), (STEPS, A), (A, A)] {
        world(&[file("005_i.sql", now)], &[running("005", "i", before, 0, 3, Lease::None)])
            .decides(&["apply resume 005"])
            .works(&["resume 005 005 at 0"]);
    }
    // Under another name it is another migration.
    world(&[file("005_b.sql", "vacuum;")], &[running("005", "i", STEPS, 0, 3, Lease::None)])
        .decides(&["drift interrupted 005"]);
}

/// A row whose ledger keeps the fingerprints of these steps.
fn with_steps(row: Row, steps: &[&str]) -> Row {
    Row { steps: Some(steps.iter().map(|step| crate::checksum::step(step)).collect()), ..row }
}

#[test]
fn the_steps_that_are_done_must_agree_and_the_rest_may_have_changed() {
    let was = "insert into t values (1); create index concurrently i on t (x); insert into t values (2);";
    let row = |done, lease| running("005", "i", was, done, 3, lease);
    let steps = ["insert into t values (1)", "create index concurrently i on t (x)"];
    let goes_on =
        "INSERT INTO t VALUES (1); create index concurrently i on t (x); -- more\ninsert into t values (3); vacuum t;";
    for lease in [Lease::None, Lease::Over] {
        world(&[file("005_i.sql", goes_on)], &[with_steps(row(2, lease), &steps)]).works(&["resume 005 005 at 2"]);
    }
    // What is left may be nothing, and what is done is enough.
    world(&[file("005_i.sql", "insert into t values (1)")], &[with_steps(row(1, Lease::None), &steps[..1])])
        .works(&["resume 005 005 at 1"]);
    for (text, done) in [
        ("insert into t values (9); create index concurrently i on t (x); insert into t values (2);", 1),
        ("insert into t values (1); insert into t values (2); vacuum t", 2),
        ("vacuum t; insert into t values (1)", 1),
        ("insert into t values (1)", 2),
    ] {
        world(&[file("005_i.sql", text)], &[with_steps(row(done, Lease::None), &steps[..done as usize])])
            .decides(&["drift interrupted 005"])
            .refuses(&format!(
                "nothing was run: 005_i.sql was edited after it stopped: {done} of 3 steps {} done with the old text",
                if done == 1 { "is" } else { "are" }
            ));
    }
    // Where the ledger does not keep them, or not all of them, nobody can compare.
    world(&[file("005_i.sql", goes_on)], &[row(2, Lease::None)]).decides(&["drift interrupted 005"]);
    world(&[file("005_i.sql", goes_on)], &[with_steps(row(2, Lease::None), &steps[..1])])
        .decides(&["drift interrupted 005"]);
    // They count more than how many there were.
    world(&[file("005_i.sql", was)], &[with_steps(running("005", "i", was, 2, 7, Lease::None), &steps)])
        .works(&["resume 005 005 at 2"]);
}

#[test]
fn a_dead_runner_s_step_is_unknown_only_if_it_was_sent_alone() {
    let was = "insert into t values (1); drop subscription s; insert into t values (2)";
    let (one, subscription) = ("insert into t values (1)", "drop subscription s");
    let row = |by: &str, steps: &[&str]| {
        let row = with_steps(running("005", "i", was, 1, 3, Lease::Over), steps);
        Row { claimed_by: Some(by.into()), ..row }
    };
    let goes_on = ["resume 005 005 at 1"];
    world(&[file("005_i.sql", was)], &[row("r#0", &[one])]).works(&goes_on);
    world(&[file("005_i.sql", was)], &[row("r#0#alone", &[one, subscription])]).decides(&["drift interrupted 005"]);
    // A statement that has turned out to refuse a transaction.
    let call = "insert into t values (1); call p(); drop subscription s";
    world(&[file("005_i.sql", call)], &[row("r#0", &[one])]).works(&goes_on);
    world(&[file("005_i.sql", call)], &[row("r#0#alone", &[one, "call p()"])]).decides(&["drift interrupted 005"]);
    // An index says itself whether it is there, if it is the one that was tried, whatever else has changed.
    let index = "create index concurrently i on t (x)";
    let file = |last: &str| file("005_i.sql", &format!("{one}; {index}; {last}"));
    world(&[file("select 3")], &[row("r#0#alone", &[one, index])]).works(&goes_on);
    world(&[file("select 3")], &[row("r#0#alone", &[one, "create index concurrently i on t (y)"])])
        .decides(&["drift interrupted 005"]);
    // What has failed alone and gave its lease up is tried once more, changed or not.
    let stopped = Row { lease: Lease::None, claimed_by: None, ..row("", &[one, subscription]) };
    world(&[file("select 3")], &[stopped]).works(&goes_on);
}

#[test]
fn a_running_row_without_a_file_is_interrupted_unless_it_is_alive() {
    world(&[file("006_c.sql", C)], &[running("005", "i", STEPS, 1, 3, Lease::None)])
        .decides(&["apply pending 006", "drift interrupted 005"])
        .refuses(
            "nothing was run: version 005 (i) stopped, and there is no file of that version: 1 of 3 steps is done",
        );
    // Its content is a pending file's: it must not be run from the start.
    world(&[file("006_i.sql", STEPS)], &[running("005", "i", STEPS, 1, 3, Lease::Over)])
        .decides(&["apply pending 006", "drift interrupted 005"]);
    world(&[file("006_c.sql", C)], &[running("007", "i", STEPS, 1, 3, Lease::Alive)])
        .decides(&["apply pending 006", "drift in-progress 007"])
        .works(&["wait 007"]);
}

#[test]
fn an_older_release_starts_whatever_a_newer_one_left_behind() {
    let files = [file("006_c.sql", C)];
    let newer = |lease| [row("006", "c", C), running("007", "i", STEPS, 1, 3, lease)];
    // Nothing of its own is to be run: it does not wait.
    world(&files, &newer(Lease::Alive)).decides(&["skip applied 006", "drift in-progress 007"]).works(&[]).goes();
    for lease in [Lease::None, Lease::Over] {
        world(&files, &newer(lease))
            .decides(&["skip applied 006", "drift ahead 007"])
            .says(
                1,
                WARNING,
                "version 007 (i) stopped and has no file here: 1 of 3 steps is done by a newer release",
                "deploy the newer release, which goes on with it, or keep this one: nothing is undone",
            )
            .works(&[])
            .goes();
    }
    // But its steps are not run a second time under another number.
    world(&[file("006_i.sql", STEPS)], &newer(Lease::Over)[1..])
        .decides(&["apply pending 006", "drift interrupted 007"]);
}

#[test]
fn a_way_back_that_stopped_is_interrupted() {
    let reverting = |lease| Row { state: State::Reverting, ..running("005", "i", STEPS, 1, 3, lease) };
    world(&[file("005_i.sql", STEPS)], &[reverting(Lease::None)]).decides(&["drift interrupted 005"]).says(
        0,
        ERROR,
        "005_i.sql was being rolled back and stopped on the way: 1 of 3 steps is done",
        "roll back again, so that it goes on; or undo the rest by hand, then stamp(db, migrations, ['005'], { as: \
         'not-applied' })",
    );
    world(&[file("005_i.sql", STEPS)], &[reverting(Lease::Alive)]).decides(&["drift in-progress 005"]);
}
