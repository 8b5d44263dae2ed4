//! Plans that go up to a version.

use super::*;

const BEYOND: &str = "it comes after the version up to which this goes, and stays pending";

fn three() -> [Migration; 3] {
    [file("001_a.sql", A), file("002_b.sql", B), file("003_c.sql", C)]
}

#[test]
fn what_comes_after_the_version_stays_pending() {
    for spelling in ["002", "2", "00002"] {
        world(&three(), &[row("001", "a", A)])
            .to(spelling)
            .decides(&["skip applied 001", "apply pending 002", "skip beyond 003"])
            .says(2, None, BEYOND, "")
            .works(&["apply 002"])
            .goes();
    }
    world(&three(), &[]).to("003").decides(&["apply pending 001", "apply pending 002", "apply pending 003"]);
    // What is there is there, whatever comes after it.
    world(&three(), &[row("003", "c", C)])
        .to("001")
        .decides(&["apply pending 001", "skip beyond 002", "skip applied 003"])
        .works(&["apply 001"]);
}

#[test]
fn a_version_that_no_migration_has_is_named_with_those_beside_it() {
    let target = |files: &[Migration], convention, to: &str| {
        let world = world(files, &[]).in_convention(convention).to(to);
        let target = world.options.target(&world.catalog);
        target.map_err(|error| (error.code(), error.message().to_owned(), error.help().into_owned()))
    };
    let unknown = |to: &str, near: &str| {
        let message = format!("no migration has the version {to}, up to which this was to go");
        let help = format!("give a version of the set with the option `to`{near}; nothing was run");
        Err((Code::InvalidInput, message, help))
    };
    let some = [file("001_a.sql", A), file("003_c.sql", C)];
    assert_eq!(target(&some, Convention::Plain, "3"), Ok(Some(1)));
    assert_eq!(target(&some, Convention::Plain, "002"), unknown("002", ": the nearest are 001 and 003"));
    assert_eq!(target(&some, Convention::Plain, "9"), unknown("9", ": the nearest are 003"));
    assert_eq!(target(&[], Convention::Plain, "9"), unknown("9", ""));
    // Flyway compares 1.1 and 1.1.0 as one; what is repeatable has no version.
    let dotted = [file_in(Convention::Flyway, "1.1_a.sql", A), file_in(Convention::Flyway, "R_views.sql", B)];
    assert_eq!(target(&dotted, Convention::Flyway, "1.1.0"), Ok(Some(0)));
    assert_eq!(target(&dotted, Convention::Flyway, "R_views"), unknown("R_views", ": the nearest are 1.1"));
    // A plan with a version that there is not does nothing.
    world(&some, &[]).to("002").decides(&["skip beyond 001", "skip beyond 003"]).works(&[]);
}

#[test]
fn repeatable_migrations_run_whatever_the_version() {
    let files = [file("1_a.sql", A), file("2_b.sql", B), file("R_views.sql", C)];
    world(&files, &[])
        .in_convention(Convention::Flyway)
        .to("1")
        .decides(&["apply pending 1", "skip beyond 2", "apply pending R_views"])
        .works(&["apply 1", "apply R_views"]);
}

#[test]
fn a_migration_that_stopped_beyond_the_version_is_left_as_it_is() {
    let rows = [row("001", "a", A), running("002", "b", STEPS, 1, 3, Lease::None)];
    let files = [file("001_a.sql", A), file("002_b.sql", STEPS)];
    world(&files, &rows).decides(&["skip applied 001", "apply resume 002"]);
    world(&files, &rows)
        .to("001")
        .decides(&["skip applied 001", "skip beyond 002"])
        .says(1, None, &format!("{BEYOND}; it stopped before: 1 of 3 steps is done"), "")
        .works(&[]);
}

#[test]
fn a_baseline_beyond_the_version_stands_for_nothing_yet() {
    let base = baseline("db/010_base.sql", "create table ab ();", OLD);
    let files = [file("001_a.sql", A), file("002_b.sql", B), base];
    world(&files, &[]).decides(&["skip replaced 001", "skip replaced 002", "apply pending 010"]);
    world(&files, &[])
        .to("002")
        .decides(&["apply pending 001", "apply pending 002", "skip beyond 010"])
        .works(&["apply 001", "apply 002"]);
    let rows = [row("001", "a", A), row("002", "b", B)];
    world(&files, &rows).to("002").decides(&["skip applied 001", "skip applied 002", "skip beyond 010"]).works(&[]);
    world(&files, &rows).to("10").works(&["adopt 010: 001 002"]);
    // Its files are gone, and its rows are still its.
    world(&[file("003_c.sql", C), files[2].clone()], &rows)
        .to("3")
        .decides(&["apply pending 003", "skip beyond 010", "skip replaced 001", "skip replaced 002"])
        .works(&["apply 003"])
        .goes();
}

#[test]
fn a_baseline_of_which_a_part_would_have_to_run_first_waits_for_that() {
    // Its own version comes before what it replaces.
    let files = [squashed(), file("001_a.sql", A), file("002_b.sql", B)];
    let rows = [row("001", "a", A)];
    world(&files, &rows).works(&["apply 002", "adopt 000: 001 002"]);
    world(&files, &rows).to("001").decides(&["skip beyond 000", "skip applied 001", "skip beyond 002"]).works(&[]);
    world(&files, &[]).to("000").works(&["apply 000"]);
}

#[test]
fn the_digest_has_the_version_however_it_is_written() {
    let digest = |to: Option<&str>| match to {
        Some(to) => world(&three(), &[]).to(to).plan().digest().to_owned(),
        None => world(&three(), &[]).plan().digest().to_owned(),
    };
    assert_eq!(digest(Some("3")), digest(Some("003")));
    assert_ne!(digest(Some("3")), digest(None));
    assert_ne!(digest(Some("2")), digest(Some("3")));
    // What is beyond it is no part of it.
    let four = [&three()[..], &[file("004_d.sql", "select 4")]].concat();
    assert_eq!(world(&four, &[]).to("2").plan().digest(), digest(Some("2")));
}

#[test]
fn readiness_is_about_all_of_the_set() {
    let some = world(&three(), &[row("001", "a", A)]).to("001");
    let answer = crate::readiness::readiness(&some.catalog, &some.ledger, &some.options);
    assert_eq!(answer.message, "drift: db=001 expected=003 pending=002,+1");
}
