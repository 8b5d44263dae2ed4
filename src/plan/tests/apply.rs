//! Files that are there, and files that are to be run.

use super::*;

#[test]
fn an_empty_ledger_makes_everything_pending_in_order() {
    world(&[file("001_a.sql", A), file("002_b.sql", B)], &[])
        .decides(&["apply pending 001", "apply pending 002"])
        .says(0, None, "", "")
        .works(&["apply 001", "apply 002"])
        .goes();
}

#[test]
fn nothing_to_do_is_no_work() {
    world(&[file("001_a.sql", A)], &[row("001", "a", A)])
        .decides(&["skip applied 001"])
        .says(0, None, "", "")
        .works(&[]);
    world(&[], &[]).decides(&[]).works(&[]).goes();
}

#[test]
fn a_gap_is_applied_and_reported() {
    world(
        &[file("103_a.sql", A), file("104_b.sql", B), file("106_c.sql", C), file("107_d.sql", "select 4")],
        &[row("104", "b", B), row("106", "c", C)],
    )
    .decides(&["apply pending 103", "skip applied 104", "skip applied 106", "apply pending 107"])
    .says(0, None, "a gap: version 106 comes later and is already applied", "")
    .says(3, None, "", "")
    .works(&["apply 103", "apply 107"]);
}

#[test]
fn a_gap_is_as_bad_as_the_policy_says() {
    let files = [file("103_a.sql", A), file("104_b.sql", B), file("105_c.sql", STEPS)];
    let rows = [row("104", "b", B)];
    let of = |severity| world(&files, &rows).policy("gap", severity);
    let (message, help) = (
        "103_a.sql is a gap: version 104 comes later and is already applied",
        "give it a version after all that are applied, such as 106",
    );
    of(Severity::Note).says(0, NOTE, message, help).says(2, None, "", "").works(&["apply 103", "apply 105"]).goes();
    of(Severity::Warning).says(0, WARNING, message, help).works(&["apply 103", "apply 105"]).goes();
    let refused = of(Severity::Error);
    refused.says(0, ERROR, message, help).refuses(&format!("nothing was run: {message}"));
    let answer = crate::readiness::readiness(&refused.catalog, &refused.ledger, &refused.options);
    assert_eq!(answer.message, "drift: db=104 expected=105 gap=103");
    assert_eq!(answer.status, crate::readiness::Status::Drifted);
    // What has begun goes on.
    let begun = [running("103", "a", STEPS, 1, 3, Lease::None), row("104", "b", B)];
    world(&[file("103_a.sql", STEPS), file("104_b.sql", B)], &begun)
        .policy("gap", Severity::Error)
        .decides(&["apply resume 103", "skip applied 104"])
        .goes();
}

#[test]
fn a_newer_row_without_a_file_makes_a_gap_and_an_unreadable_one_does_not() {
    let files = [file("001_a.sql", A)];
    let gap = |rows: &[Row]| world(&files, rows).plan().decisions[0].gap;
    assert!(gap(&[row("2", "z", B)]));
    assert!(!gap(&[row("0", "z", B)]));
    assert!(!gap(&[row("zebra", "z", B)]));
}

#[test]
fn in_a_journal_s_order_an_earlier_file_with_a_higher_number_makes_no_gap() {
    let drizzle = |path, sql| file_in(Convention::Drizzle, path, sql);
    let files = [drizzle("0005_x.sql", A), drizzle("0003_y.sql", B)];
    let plan = world(&files, &[row("0005_x", "0005_x", A)]).in_convention(Convention::Drizzle).plan();
    assert!(!plan.decisions[1].gap);
    let plan = world(&files, &[row("0003_y", "0003_y", B)]).in_convention(Convention::Drizzle).plan();
    assert!(plan.decisions[0].gap);
}

#[test]
fn a_row_without_a_checksum_is_unverified_and_stamped() {
    world(&[file("001_a.sql", A)], &[bare("1")])
        .decides(&["skip unverified 001 row=1"])
        .says(0, None, "no checksum is on record", "the next run records this file's checksum")
        .works(&["stamp 1->001"])
        .goes();
}

#[test]
fn a_repeatable_migration_runs_again_when_it_changes_and_after_all_others() {
    let files = [file("001_a.sql", A), file("R_views.sql", "create view v2;")];
    let flyway = |rows: &[Row]| world(&files, rows).in_convention(Convention::Flyway);
    flyway(&[row("R_views", "views", "create view v1;")])
        .decides(&["apply pending 001", "apply changed R_views"])
        .says(1, None, "its content has changed since it was run", "")
        .works(&["apply 001", "again R_views R_views"]);
    flyway(&[row("001", "a", A), row("R_views", "old name", "create view v2;")])
        .decides(&["skip applied 001", "skip applied R_views"])
        .works(&[]);
    flyway(&[]).works(&["apply 001", "apply R_views"]);
}

#[test]
fn an_apply_says_how_it_runs() {
    let plan = world(&[file("001_a.sql", "select 1; select 2;"), file("002_b.sql", STEPS)], &[]).plan();
    let how = |index: usize| {
        let decision: &Decision = &plan.decisions[index];
        (decision.transactional, decision.statements, decision.steps)
    };
    assert_eq!(how(0), (Some(true), Some(2), Some(1)));
    assert_eq!(how(1), (Some(false), Some(3), Some(3)));
}
