//! What is decided, and in which words. Each test is one situation and everything that is said
//! about it.

use super::*;
use crate::checksum::{checksum, fingerprint};
use crate::convention::Convention;
use crate::ledger::{Lease, Row, State};
use crate::migration::{Migration, Replaced, Section, Transaction};
use crate::version::Version;

/// `db/003_add.sql` under plain digits; under Flyway `db/17.1_add.sql`, under names `db/0077_a.sql`.
fn file_in(convention: Convention, path: &str, sql: &str) -> Migration {
    let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".sql");
    let (digits, name) = stem.split_once('_').unwrap_or((stem, ""));
    let (version, name) = match convention {
        Convention::Drizzle | Convention::Diesel => (stem, stem),
        _ if digits == "R" => (stem, name),
        _ => (digits, name),
    };
    Migration {
        version: Version::new(version, convention.identity()),
        name: name.into(),
        path: path.into(),
        up: Section {
            path: path.into(),
            text: sql.into(),
            line: 1,
            transaction: Transaction::Auto,
            breaks: vec![],
            refused: None,
        },
        down: None,
        checksum: checksum(sql),
        repeatable: digits == "R",
        replaces: vec![],
    }
}

fn file(path: &str, sql: &str) -> Migration {
    file_in(Convention::Plain, path, sql)
}

/// A baseline of the given files.
fn baseline(path: &str, sql: &str, of: &[(&str, &str)]) -> Migration {
    let replaces = of.iter().map(|(version, sql)| Replaced {
        version: Version::new(*version, Convention::Plain.identity()),
        checksum: checksum(sql),
    });
    Migration { replaces: replaces.collect(), ..file(path, sql) }
}

/// The row that Counterfoil writes when it applies a file.
fn row(version: &str, name: &str, sql: &str) -> Row {
    Row {
        version: version.into(),
        name: Some(name.into()),
        checksum: Some(checksum(sql)),
        fingerprint: Some(fingerprint(sql)),
        ..Row::default()
    }
}

/// The row that dbmate writes.
fn bare(version: &str) -> Row {
    Row { version: version.into(), ..Row::default() }
}

/// A row of a statement-wise migration that has not come to its end.
fn running(version: &str, name: &str, sql: &str, done: u32, total: u32, lease: Lease) -> Row {
    Row {
        state: State::Running,
        steps_done: Some(done),
        steps_total: Some(total),
        claimed_until: (lease != Lease::None).then(|| "2026-01-01 00:00:00+00".into()),
        lease,
        ..row(version, name, sql)
    }
}

struct World {
    catalog: Catalog,
    ledger: Ledger,
    options: Options,
}

fn world(files: &[Migration], rows: &[Row]) -> World {
    World {
        catalog: Catalog { convention: Convention::Plain, migrations: files.to_vec(), findings: vec![] },
        ledger: Ledger { exists: true, rows: rows.to_vec() },
        options: Options::default(),
    }
}

impl World {
    fn in_convention(mut self, convention: Convention) -> Self {
        self.catalog.convention = convention;
        self
    }

    fn policy(mut self, key: &str, severity: Severity) -> Self {
        self.options.policy.insert(key.into(), severity);
        self.options.validate().unwrap();
        self
    }

    fn plan(&self) -> Plan {
        plan(&self.catalog, &self.ledger, &self.options)
    }

    /// Every decision as `action code version`, and ` row=…` if the row is written otherwise.
    #[track_caller]
    fn decides(&self, expected: &[&str]) -> &Self {
        let plan = self.plan();
        let text = |decision: &Decision| {
            let action = match decision.action {
                Action::Skip => "skip",
                Action::Apply => "apply",
                Action::Adopt => "adopt",
                Action::Drift => "drift",
            };
            let mut text = format!("{action} {} {}", decision.code.as_str(), decision.version);
            if let Some(row) = decision.row.as_ref().filter(|row| **row != decision.version) {
                text += &format!(" row={row}");
            }
            text
        };
        assert_eq!(plan.decisions.iter().map(text).collect::<Vec<_>>(), expected);
        self
    }

    /// Severity, message and help of one decision.
    #[track_caller]
    fn says(&self, index: usize, severity: Option<Severity>, message: &str, help: &str) -> &Self {
        let plan = self.plan();
        let decision = &plan.decisions[index];
        assert_eq!((decision.severity, &*decision.message, &*decision.help), (severity, message, help));
        self
    }

    /// The work, as `rekey 1->2`, `stamp 1->1`, `supersede 1 by 5`, `apply 3`, `adopt 5: 1 2`.
    #[track_caller]
    fn works(&self, expected: &[&str]) -> &Self {
        let version = |migration: &usize| self.catalog.migrations[*migration].version.as_str();
        let text = |work: &Work| match work {
            Work::Wait { row } => format!("wait {row}"),
            Work::Rekey { from, migration } => format!("rekey {from}->{}", version(migration)),
            Work::Stamp { row, migration } => format!("stamp {row}->{}", version(migration)),
            Work::Supersede { migration, rows } => format!("supersede {} by {}", rows.join(" "), version(migration)),
            Work::Apply { migration, again: Some((row, _)), .. } => format!("again {} {row}", version(migration)),
            Work::Apply { migration, resume: Some((row, done)), .. } => {
                format!("resume {} {row} at {done}", version(migration))
            }
            Work::Apply { migration, .. } => format!("apply {}", version(migration)),
            Work::Adopt { migration, rows } => format!("adopt {}: {}", version(migration), rows.join(" ")),
        };
        assert_eq!(self.plan().work.iter().map(text).collect::<Vec<_>>(), expected);
        self
    }

    #[track_caller]
    fn refuses(&self, message: &str) -> &Self {
        let error = self.plan().refusal().expect("the plan is refused");
        assert_eq!((error.code(), error.message()), (Code::PlanRefused, message));
        self.works(&[])
    }

    #[track_caller]
    fn goes(&self) -> &Self {
        assert_eq!(self.plan().refusal(), None);
        self
    }

    /// The codes of the findings, with their places.
    #[track_caller]
    fn finds(&self, expected: &[(&str, &str, &str, &str)]) -> &Self {
        let plan = self.plan();
        let found: Vec<_> = plan
            .findings
            .iter()
            .map(|finding| {
                let at = finding.at.as_ref().map(ToString::to_string).unwrap_or_default();
                (finding.code, at, &*finding.message, &*finding.help)
            })
            .collect();
        let found: Vec<_> = found.iter().map(|(code, at, message, help)| (*code, &**at, *message, *help)).collect();
        assert_eq!(found, expected);
        self
    }
}

const ERROR: Option<Severity> = Some(Severity::Error);
const WARNING: Option<Severity> = Some(Severity::Warning);
const NOTE: Option<Severity> = Some(Severity::Note);

const A: &str = "create table a ();";
const B: &str = "create table b ();";
const C: &str = "create table c ();";
/// Three steps: an index, something that nobody can look up afterwards, a transactional one.
const STEPS: &str = "create index concurrently i on t (a);\nvacuum t;\ninsert into t values (1);";

// --- skip and apply

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

// --- edited, renamed, collision

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
            "db/001_a.sql was edited after it was applied: only comments or white space have changed",
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
        .refuses(
            "nothing was run: 001_a.sql was edited after it was applied: only comments or white space have changed",
        );
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

// --- rows without files

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

// --- duplicates

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
    fn next(newest: &str, expected: Option<&str>) {
        assert_eq!(words::after(newest).as_deref(), expected, "{newest}");
    }
    next("0077_rapid", Some("0078"));
    next("17.1", Some("18"));
    next("999", Some("1000"));
    next("20260501235959", Some("20260501235960"));
    next("2024-01-31-120000_a", Some("2024-01-31-120001"));
    next("99999999999999999999999999999999", Some("100000000000000000000000000000000"));
    next("add_users", None);
}

// --- statement-wise migrations

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
        "look at the database; if the step happened, run: update \"public\".\"schema_migrations\" set steps_done = 2, \
         claimed_until = null where version = '5'; if it did not, run: update \"public\".\"schema_migrations\" set \
         claimed_until = null where version = '5'",
    );
    let error = w.plan().refusal().unwrap();
    assert_eq!(error.to_string(), format!("db/005_i.sql:2:1: {}", error.message()));
    // Let through, it is left alone.
    w.policy("interrupted", Severity::Warning).goes().works(&["apply 006"]);
    // The last step ends it.
    let two = "select 1; vacuum;";
    world(&[file("005_v.sql", two)], &[running("005", "v", two, 1, 2, Lease::Over)]).says(
        0,
        ERROR,
        "005_v.sql stopped in step 2 of 2, and nobody can tell whether that step happened",
        "look at the database; if the step happened, run: update \"public\".\"schema_migrations\" set state = \
         'applied', steps_done = 2, claimed_until = null where version = '005'; if it did not, run: update \
         \"public\".\"schema_migrations\" set claimed_until = null where version = '005'",
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
    let finish =
        "update \"public\".\"schema_migrations\" set state = 'applied', claimed_until = null where version = '005'";
    let delete = "delete from \"public\".\"schema_migrations\" where version = '005'";
    world(&[file("005_i.sql", "vacuum;")], &[running("005", "i", STEPS, 1, 3, Lease::None)]).says(
        0,
        ERROR,
        "005_i.sql was edited after it stopped: 1 of 3 steps is done with the old text",
        &format!(
            "put the old text back, so that it can go on; or finish it by hand and run: {finish}; or undo it by hand \
             and run: {delete}"
        ),
    );
}

#[test]
fn steps_that_are_not_those_on_record_are_interrupted() {
    world(&[file("005_i.sql", STEPS)], &[running("005", "i", STEPS, 1, 4, Lease::None)])
        .decides(&["drift interrupted 005"])
        .refuses("nothing was run: 005_i.sql stopped, and its steps are not those on record: 1 of 4 steps is done");
    world(&[file("005_i.sql", STEPS)], &[running("005", "i", STEPS, 4, 3, Lease::None)])
        .decides(&["drift interrupted 005"]);
    world(&[file("005_a.sql", A)], &[running("005", "a", A, 0, 1, Lease::None)]).decides(&["drift interrupted 005"]);
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
        "roll back again, so that it goes on; or undo the rest by hand and run: delete from \
         \"public\".\"schema_migrations\" where version = '005'",
    );
    world(&[file("005_i.sql", STEPS)], &[reverting(Lease::Alive)]).decides(&["drift in-progress 005"]);
}

// --- baselines

const OLD: &[(&str, &str)] = &[("001", A), ("002", B)];

fn squashed() -> Migration {
    baseline("db/000_base.sql", "create table ab ();", OLD)
}

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

// --- the SQL of pending migrations

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

// --- the plan as a whole

#[test]
fn one_error_refuses_everything_and_more_are_counted() {
    world(
        &[file("001_a.sql", B), file("002_b.sql", C), file("003_c.sql", "select 'open")],
        &[row("001", "a", A), row("002", "b", B)],
    )
    .refuses("nothing was run: a string literal is not closed (and 2 more errors)");
}

#[test]
fn the_order_of_the_rows_does_not_matter() {
    let files = [squashed(), file("003_c.sql", C), file("004_d.sql", "select 4"), file("006_f.sql", "select 5")];
    let rows =
        [row("001", "a", A), bare("2"), row("9", "x", "select 9"), row("005", "f", "select 5"), row("zebra", "", A)];
    let first = world(&files, &rows).plan();
    for turn in 0..rows.len() {
        let mut turned = rows.to_vec();
        turned.rotate_left(turn);
        assert_eq!(world(&files, &turned).plan(), first);
        turned.reverse();
        assert_eq!(world(&files, &turned).plan(), first);
    }
}

#[test]
fn json_is_canonical() {
    let w = world(&[file("001_a.sql", A), file("002_b.sql", B)], &[bare("1")]);
    let digest = w.plan().digest().to_owned();
    assert_eq!(
        w.plan().to_json(),
        format!(
            "{{\"digest\":\"{digest}\",\"decisions\":[{{\"action\":\"skip\",\"code\":\"unverified\",\"version\":\"001\",\
             \"name\":\"a\",\"path\":\"001_a.sql\",\"row\":\"1\",\"message\":\"no checksum is on record\",\
             \"help\":\"the next run records this file's checksum\"}},{{\"action\":\"apply\",\"code\":\"pending\",\
             \"version\":\"002\",\"name\":\"b\",\"path\":\"002_b.sql\",\"transactional\":true,\"statements\":1,\
             \"steps\":1}}],\"findings\":[]}}"
        )
    );
}

#[test]
fn the_digest_is_of_what_is_done_and_of_drift() {
    let digest = |files: &[Migration], rows: &[Row]| world(files, rows).plan().digest().to_owned();
    let two = [file("001_a.sql", A), file("002_b.sql", B)];
    let reviewed = digest(&two, &[row("001", "a", A)]);
    // printf '5 apply 7 pending 3 002 1 b 0  71 sha256:%s \n' "$(printf 'create table b ();' | sha256sum | cut -c1-64)" | sha256sum
    assert_eq!(reviewed, "sha256:73f8588c761b5cbf50505c8ab7a2b3d53efbf591c2ca66fc80e39e2f98e30c45");
    // Stamping is bookkeeping; a path is not identity.
    assert_eq!(digest(&two, &[bare("001")]), reviewed);
    assert_eq!(digest(&[file("x/001_a.sql", A), file("x/002_b.sql", B)], &[bare("001")]), reviewed);
    // Other content, other order of things, other drift: another plan.
    assert_ne!(digest(&[file("001_a.sql", A), file("002_b.sql", C)], &[row("001", "a", A)]), reviewed);
    assert_ne!(digest(&two, &[]), reviewed);
    assert_ne!(digest(&two, &[row("001", "a", A), row("000", "z", C)]), reviewed);
}

#[test]
fn exactly_the_reviewed_plan_or_nothing() {
    let files = [file("001_a.sql", A), file("002_b.sql", B)];
    let reviewed = world(&files, &[row("001", "a", A)]).plan().digest().to_owned();
    assert_eq!(world(&files, &[row("001", "a", A)]).plan().expect(&reviewed), Ok(()));
    let fresh = world(&files, &[]).plan();
    let error = fresh.expect(&reviewed).unwrap_err();
    assert_eq!(error.code(), Code::PlanChanged);
    assert_eq!(
        error.message(),
        format!("nothing was run: the plan is {}, and the one that was reviewed is {reviewed}", fresh.digest())
    );
    assert_eq!(error.help_text(), "look at the plan as it is now, and ask for its digest");
    // Somebody else was faster: nothing is left to be surprised by.
    assert_eq!(world(&files, &[row("001", "a", A), row("002", "b", B)]).plan().expect(&reviewed), Ok(()));
}

#[test]
fn a_plan_made_again_splits_nothing_twice() {
    let w = world(&[file("001_a.sql", A), file("002_b.sql", STEPS)], &[]);
    let mut cache = Cache::new();
    let first = plan_with(&w.catalog, &w.ledger, &w.options, &mut cache);
    assert_eq!(cache.len(), 2);
    assert_eq!(plan_with(&w.catalog, &w.ledger, &w.options, &mut cache), first);
}

#[test]
fn every_reason_has_its_public_text() {
    for (reason, text) in Reason::ALL {
        assert_eq!(serde_json::to_string(reason).unwrap(), format!("\"{text}\""));
        assert_eq!(reason.as_str(), *text);
    }
}
