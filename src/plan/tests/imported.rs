//! Rows that were taken over from another tool, and rows that were taken for applied.

use super::*;
use crate::ledger::Origin;

/// What is written where the file is not what the other tool ran. `checksum`: if the tool kept the text.
fn settled(version: &str, name: &str, checksum: Option<String>) -> Row {
    Row { name: Some(name.into()), checksum, origin: Origin::Imported, ..bare(version) }
}

#[test]
fn a_row_that_was_accepted_as_it_is_stays_so_with_the_checksum_of_what_ran_or_without() {
    for sum in [None, Some(checksum(B))] {
        world(&[file("001_a.sql", A)], &[settled("001", "a", sum)])
            .decides(&["skip unverified 001"])
            .says(
                0,
                None,
                "another tool ran it, and this file is not known to be what ran",
                "it stays so: nothing is recorded",
            )
            .works(&[])
            .goes();
    }
}

#[test]
fn another_migration_at_the_version_of_such_a_row_is_a_collision() {
    world(&[file("001_b.sql", A)], &[settled("001", "a", None)]).decides(&["drift collision 001"]);
}

#[test]
fn a_row_that_was_taken_over_with_its_checksum_is_as_any_other() {
    let imported = Row { origin: Origin::Imported, ..row("001", "a", A) };
    world(&[file("001_a.sql", A)], std::slice::from_ref(&imported)).decides(&["skip applied 001"]).works(&[]);
    world(&[file("001_a.sql", B)], &[imported]).decides(&["drift edited 001"]);
}

#[test]
fn what_another_tool_ran_without_a_file_in_sql_is_no_missing_file() {
    let head = |origin| Row { origin, ..bare("ae1027a6acf") };
    let files = [file("001_a.sql", A)];
    world(&files, &[row("001", "a", A), head(Origin::Imported)])
        .decides(&["skip applied 001", "skip applied ae1027a6acf"])
        .finds(&[]);
    world(&files, &[row("001", "a", A), head(Origin::Applied)])
        .decides(&["skip applied 001", "drift missing ae1027a6acf"]);
    world(&files, &[row("001", "a", A), settled("000", "gone", None)])
        .decides(&["skip applied 001", "drift missing 000"]);
}

#[test]
fn what_was_taken_for_applied_is_kept_in_mind() {
    let assumed = |version: &str, name: &str, sql: &str| Row {
        origin: Origin::Stamped,
        steps_done: Some(0),
        ..row(version, name, sql)
    };
    let files = [file("001_a.sql", A), file("002_b.sql", B)];
    let help = "see that what they do is in the database, and then say so: stamp(db, migrations, ['001', '002'])";
    let told = "nobody has seen that these are applied, but somebody said so: 001 and 002";
    world(&files, &[assumed("002", "b", B), assumed("001", "a", A)])
        .decides(&["skip applied 001", "skip applied 002"])
        .finds(&[("assumed", "", told, help)])
        .works(&[])
        .goes();
    // What `stamp` writes is known, and what a baseline replaces is no longer asked for.
    let known = Row { steps_done: None, ..assumed("001", "a", A) };
    let replaced = Row { replaced_by: Some("002".into()), ..assumed("001", "a", A) };
    for row_of_a in [known, replaced] {
        world(&files, &[row_of_a, row("002", "b", B)]).finds(&[]);
    }
}
