//! What the set's own tool would run and is not run here.

use super::*;
use crate::readiness::{Status, readiness};

fn set(files: &[(&str, &str)], rows: &[Row]) -> World {
    set_in(None, files, rows)
}

/// Files of SQL have a statement where nothing is said of their text.
fn set_in(convention: Option<Convention>, files: &[(&str, &str)], rows: &[Row]) -> World {
    let sql =
        |path: &str, text: &str| if text.is_empty() && path.ends_with(".sql") { "select 1;" } else { text }.to_owned();
    let files: Vec<_> = files.iter().map(|(path, text)| ((*path).to_owned(), sql(path, text))).collect();
    let catalog = crate::convention::read(&files, convention).unwrap();
    World { catalog, ledger: Ledger { exists: true, rows: rows.to_vec() }, options: Options::default() }
}

impl World {
    /// The answer of a health check: its status, and its message.
    #[track_caller]
    fn answers(&self, status: Status, message: &str) -> &Self {
        let answer = readiness(&self.catalog, &self.ledger, &self.options);
        assert_eq!((answer.status, &*answer.message), (status, message));
        self
    }

    /// Severity of every finding, with its file.
    #[track_caller]
    fn grades(&self, expected: &[(Severity, &str)]) -> &Self {
        let plan = self.plan();
        let found: Vec<_> = plan
            .findings
            .iter()
            .map(|finding| (finding.severity, finding.at.as_ref().map_or("", |at| at.path.as_str())))
            .collect();
        assert_eq!(found, expected);
        assert!(plan.findings.iter().all(|finding| finding.code == "not-run"));
        self
    }
}

const UP: &str = "-- +goose Up\nselect 1;\n";
const GOOSE: &[(&str, &str)] = &[
    ("m/00001_users.sql", "-- +goose Up\nselect 1;"),
    ("m/00002_split_names.go", "package m"),
    ("m/00003_drop_name.sql", "-- +goose Up\nselect 3;"),
];

fn first() -> Row {
    row("00001", "users", GOOSE[0].1)
}

#[test]
fn a_migration_in_code_is_an_error_as_soon_as_a_later_file_is_pending() {
    let message = "m/00002_split_names.go is a migration in code, which is not run here, and m/00003_drop_name.sql would run without it";
    let run = String::from("run it with its own tool, and record that: stamp(db, migrations, ['00002'])");
    let in_turn = format!("move the files that come after it away, migrate, {run}, and put them back");
    for (rows, way) in [(vec![], in_turn), (vec![first()], run)] {
        set(GOOSE, &rows)
            .finds(&[("not-run", "m/00002_split_names.go:1:1", message, &format!("write it in SQL; or {way}"))])
            .grades(&[(Severity::Error, "m/00002_split_names.go")])
            .refuses(&format!("nothing was run: {message}"));
    }
    set(GOOSE, &[first()]).answers(Status::Drifted, "drift: db=00001 expected=00003 not-run=00002");
    let help = set(GOOSE, &[]).plan().findings[0].help().into_owned();
    assert!(help.contains("record that: Stamp::applied([\"00002\"])"), "{help}");
}

#[test]
fn before_it_and_after_all_files_it_is_a_note() {
    let note = "00002_split_names.go is a migration written in code; only SQL files are run";
    let help = "write it in SQL, or run it with its own tool before the migrations that need it";
    let until = |count| GOOSE.iter().copied().take(count).collect::<Vec<_>>();
    set(&until(2), &[])
        .finds(&[("not-run", "m/00002_split_names.go:1:1", note, help)])
        .grades(&[(Severity::Note, "m/00002_split_names.go")])
        .works(&["apply 00001"])
        .goes();
    set(&until(2), &[first()]).goes().answers(Status::Ready, "ready: db=00001 expected=00001");
    let all = [first(), row("00003", "drop_name", GOOSE[2].1)];
    set(GOOSE, &all).grades(&[(Severity::Note, "m/00002_split_names.go")]).works(&[]).goes();
    // A gap before it needs nothing of it.
    set(GOOSE, &all[1..]).grades(&[(Severity::Note, "m/00002_split_names.go")]).works(&["apply 00001"]);
    // One of the same version would run in its place.
    let twins = [("1_a.sql", UP), ("2_b.go", "x"), ("2_c.sql", UP)];
    set(&twins, &[]).grades(&[(Severity::Error, "2_b.go")]);
}

#[test]
fn a_row_says_that_it_has_run_by_other_means() {
    // What the help says, and what an import of goose's own table gives: its number without zeros.
    for version in ["00002", "2"] {
        let rows = [first(), Row { version: version.into(), name: Some("split_names".into()), ..Row::default() }];
        set(GOOSE, &rows)
            .decides(&["skip applied 00001", "apply pending 00003", &format!("skip applied {version}")])
            .finds(&[])
            .works(&["apply 00003"])
            .goes()
            .answers(Status::Behind, &format!("drift: db={version} expected=00003 pending=00003"));
        // The newest of all, it is no newer release.
        let until: Vec<_> = GOOSE.iter().copied().take(2).collect();
        set(&until, &rows).decides(&["skip applied 00001", &format!("skip applied {version}")]).goes();
    }
    let running = Row { state: State::Running, lease: Lease::Over, ..bare("00002") };
    assert!(set(GOOSE, &[first(), running]).plan().refusal().is_some());
}

#[test]
fn the_policy_may_lower_it() {
    for severity in [Severity::Warning, Severity::Note] {
        set(GOOSE, &[first()])
            .policy("not-run", severity)
            .grades(&[(severity, "m/00002_split_names.go")])
            .works(&["apply 00003"])
            .goes()
            .answers(Status::Behind, "drift: db=00001 expected=00003 pending=00003");
    }
}

#[test]
fn every_ending_of_code_counts_and_names_as_the_convention_has_them() {
    for ending in crate::convention::code::ENDINGS {
        for name in
            [format!("2_b.{ending}"), format!("2-b.{ending}"), format!("2.{ending}"), format!("2_b.up.{ending}")]
        {
            let files = [("1_a.sql", ""), (name.as_str(), ""), ("3_c.sql", "")];
            set(&files, &[]).grades(&[(Severity::Error, &name)]);
        }
        // A way back in code is none of the way up's.
        let back = format!("2_b.down.{ending}");
        set(&[("1_a.sql", ""), (&back, ""), ("3_c.sql", "")], &[]).grades(&[(Severity::Note, &back)]).goes();
        let versioned = format!("V2__b.{ending}");
        set(&[("V1__a.sql", ""), (&versioned, ""), ("V3__c.sql", "")], &[]).grades(&[(Severity::Error, &versioned)]);
    }
    for beside in ["2_b_test.go", "2_b.d.ts", "2_b.test.ts", "2_b.spec.js", "util.py", "2b.go", "2_b.md", "Vb__x.java"]
    {
        set(&[("1_a.sql", ""), (beside, ""), ("3_c.sql", "")], &[]).finds(&[]).goes();
    }
}

#[test]
fn what_is_named_like_the_migrations_beside_it_and_does_not_end_in_sql_counts() {
    let three = |second: &str| set(&[("m/1_a.sql", ""), (second, ""), ("m/3_c.sql", "")], &[]);
    for name in [
        "2_b.SQL",
        "2-b.Sql",
        "2_b.psql",
        "2_b.pgsql",
        "2_b.ddl",
        "2_b.sql.gz",
        "2_b.sql.j2",
        "2_b.lua",
        "2_b.yml",
        "2_b",
        "2.psql",
        "2",
        "2_b.up.psql",
    ] {
        let path = format!("m/{name}");
        three(&path).grades(&[(Severity::Error, &path)]);
        // What the help says.
        let world = three(&path);
        assert_eq!(world.plan().findings[0].help, crate::convention::not_run::ENDING);
        three("m/2_b.sql").finds(&[]).goes();
        // Nothing comes after it.
        set(&[("m/1_a.sql", ""), (&path, "")], &[]).grades(&[(Severity::Warning, &path)]).goes();
    }
    three("m/2_b.down.psql").grades(&[(Severity::Warning, "m/2_b.down.psql")]).goes();
    for other in [
        "m/README.md",
        "m/LICENSE",
        "m/package.json",
        "m/2_b.md",
        "m/2_b.PNG",
        "m/2_b.sql.bak",
        "m/2_b.sql~",
        "m/b.psql",
        "m/1_a.sql.gz",
        "m/3_c.yml",
        "m/old/2_b.psql",
        "n/2_b.psql",
        "2_b.psql",
    ] {
        three(other).finds(&[]).goes();
    }
    let flyway = |second: &str| set(&[("V1__a.sql", ""), (second, ""), ("V3__c.sql", "")], &[]);
    for name in ["V2__b.SQL", "V2__b.psql", "V2__b.sql.gz"] {
        flyway(name).grades(&[(Severity::Error, name)]);
    }
    flyway("V1__a.sql.conf").finds(&[]).goes();
    flyway("b__c.psql").finds(&[]).goes();
    for convention in
        [Convention::Dbmate, Convention::Goose, Convention::SqlMigrate, Convention::Sqlx, Convention::Supabase]
    {
        let text = match convention {
            Convention::Goose => "-- +goose Up\nselect 1;",
            Convention::SqlMigrate => "-- +migrate Up\nselect 1;",
            _ => "-- migrate:up\nselect 1;",
        };
        let files = [("1_a.sql", text), ("2_b.SQL", text), ("3_c.sql", text)];
        set_in(Some(convention), &files, &[]).grades(&[(Severity::Error, "2_b.SQL")]);
    }
}

#[test]
fn a_golang_migration_counts_whatever_it_ends_in() {
    // By the pattern in src/convention/code.rs.
    for name in ["2_b.up.SQL", "2_b.up.psql", "2_b.up.sql.gz", "2_b.up.md", "2_b.up."] {
        set(&[("1_a.up.sql", ""), (name, ""), ("3_c.up.sql", "")], &[]).grades(&[(Severity::Error, name)]);
    }
    set(&[("1_a.up.sql", ""), ("2_b.psql", ""), ("3_c.up.sql", "")], &[]).finds(&[]).goes();
}

#[test]
fn a_folder_of_diesel_that_has_its_way_up_in_code_counts() {
    for name in ["up.rs", "mod.rs"] {
        let path = format!("m/2024-01-02_b/{name}");
        let files = [("m/2024-01-01_a/up.sql", ""), (&path, ""), ("m/2024-01-03_c/up.sql", "")];
        set(&files, &[]).grades(&[(Severity::Error, &path)]);
        // Its way back belongs to it.
        let down = ("m/2024-01-02_b/down.sql", "");
        set(&[files[0], down, files[1], files[2]], &[]).grades(&[(Severity::Note, down.0), (Severity::Error, &path)]);
        // The help: it is written in SQL.
        set(&[files[0], ("m/2024-01-02_b/up.sql", ""), files[1], files[2]], &[]).finds(&[]).goes();
    }
}

#[test]
fn versions_are_compared_as_the_convention_compares_them() {
    let later = |convention, sql: &str, code: &str| {
        let plan = set_in(Some(convention), &[(sql, "-- +migrate Up\n"), (code, "")], &[]).plan();
        plan.findings.iter().any(|finding| finding.severity == Severity::Error)
    };
    assert!(later(Convention::Plain, "10_b.sql", "9_a.py"));
    assert!(!later(Convention::Plain, "9_b.sql", "10_a.py"));
    assert!(later(Convention::Flyway, "V1_10__b.sql", "V1.9__a.java"));
    assert!(!later(Convention::Flyway, "V1.9__b.sql", "V1_10__a.java"));
    assert!(later(Convention::SqlMigrate, "10-b.sql", "9-a.go"));
    assert!(!later(Convention::SqlMigrate, "9-b.sql", "10-a.go"));
    // Prisma compares names as text.
    assert!(!later(Convention::Prisma, "10_b/migration.sql", "9_a.ts"));
    assert!(later(Convention::Diesel, "2024-02-01-000000_b/up.sql", "20240101000000_a.rs"));
}

#[test]
fn a_flyway_callback_is_an_error_as_soon_as_anything_is_pending() {
    let files = [("V1__a.sql", "select 1"), ("afterConnect__views.sql", "select 2")];
    let message =
        "afterConnect__views.sql is a Flyway callback, which is not run here, and V1__a.sql would run without it";
    let help =
        "make it a repeatable migration (R__name.sql), or run it yourself and set the policy of not-run to warning";
    set(&files, &[])
        .finds(&[("not-run", "afterConnect__views.sql:1:1", message, help)])
        .refuses(&format!("nothing was run: {message}"))
        .answers(Status::Drifted, "drift: db=none expected=1 not-run=afterConnect__views.sql");
    set(&files, &[row("1", "a", "select 1")])
        .finds(&[(
            "not-run",
            "afterConnect__views.sql:1:1",
            "afterConnect__views.sql is a Flyway callback and is not run",
            "make it a repeatable migration, or run it yourself",
        )])
        .grades(&[(Severity::Warning, "afterConnect__views.sql")])
        .goes();
    // What the help says.
    set(&[files[0], ("R__views.sql", "select 2")], &[]).finds(&[]).works(&["apply 1", "apply R__views"]).goes();
    set(&files, &[]).policy("not-run", Severity::Warning).works(&["apply 1"]).goes();
    for ours in ["beforeEachMigrateStatement", "afterEachMigrateStatement", "createSchema", "beforeConnect"] {
        let name = format!("{ours}.sql");
        set(&[files[0], (&name, "")], &[]).grades(&[(Severity::Error, &name)]);
    }
    // What is run here is no finding.
    for ours in [
        "beforeValidate",
        "afterValidate",
        "beforeMigrate",
        "beforeEachMigrate",
        "afterEachMigrate",
        "afterVersioned",
        "beforeRepeatables",
        "afterMigrateApplied",
        "afterMigrate",
        "afterMigrateOperationFinish",
    ] {
        set(&[files[0], (&format!("{ours}__x.sql"), "select 3")], &[]).finds(&[]).works(&["apply 1"]).goes();
    }
    // Those of other commands, and of a failure, have no part in going up.
    for other in ["beforeClean", "afterUndo", "afterInfo", "beforeRepair", "beforeBaseline", "afterMigrateError"] {
        let name = format!("{other}__x.sql");
        set(&[files[0], (&name, "")], &[])
            .finds(&[(
                "not-run",
                &format!("{name}:1:1"),
                &format!("{name} is a Flyway callback and is not run"),
                "nothing has to be done: it has no part in going up",
            )])
            .grades(&[(Severity::Note, &name)])
            .goes();
    }
    set(&[files[0], ("afterMigrate.sh", "")], &[]).grades(&[(Severity::Error, "afterMigrate.sh")]);
}

#[test]
fn repeatable_code_comes_after_all_versions() {
    let files = [("R__a.sql", ""), ("R__b.java", ""), ("V1__a.sql", "")];
    set(&files, &[]).grades(&[(Severity::Note, "R__b.java")]).goes();
    let files = [files[0], files[1], files[2], ("R__c.sql", "")];
    let help = "write it in SQL, or run it with its own tool and set the policy of not-run to warning";
    let message = "R__b.java is a migration in code, which is not run here, and R__c.sql would run without it";
    set(&files, &[])
        .finds(&[("not-run", "R__b.java:1:1", message, help)])
        .refuses(&format!("nothing was run: {message}"));
    set(&[files[2], ("U1__a.java", ""), ("B1__b.java", "")], &[])
        .grades(&[(Severity::Note, "B1__b.java"), (Severity::Note, "U1__a.java")])
        .goes();
}

#[test]
fn what_golang_migrate_runs_whatever_it_ends_in_is_not_passed_over() {
    let files = [("1_a.up.sql", ""), ("2_b.up.psql", "select 2"), ("2_b.down.psql", ""), ("3_c.up.sql", "")];
    let message = "2_b.up.psql is a migration whose name does not end in .sql, which is not run here, and 3_c.up.sql would run without it";
    set(&files, &[])
        .grades(&[(Severity::Warning, "2_b.down.psql"), (Severity::Error, "2_b.up.psql")])
        .refuses(&format!("nothing was run: {message}"));
    let named = [files[0], ("2_b.up.sql", files[1].1), ("2_b.down.sql", ""), files[3]];
    set(&named, &[]).finds(&[]).works(&["apply 1", "apply 2", "apply 3"]).goes();
}

#[test]
fn a_version_with_a_way_back_alone_is_counted_and_runs_nothing() {
    // golang-migrate's `newMigration` makes an empty migration of it.
    let files = [("1_a.up.sql", ""), ("2_b.down.sql", "select 2"), ("3_c.up.sql", "")];
    let message = "2_b.down.sql takes back a version that has no up file, and is not run";
    let help = "nothing has to be done: its own tool counts that version, and runs nothing for it on the way up";
    set(&files, &[])
        .finds(&[("not-run", "2_b.down.sql:1:1", message, help)])
        .grades(&[(Severity::Note, "2_b.down.sql")])
        .works(&["apply 1", "apply 3"])
        .goes();
    // Its counter may have stopped there.
    set(&files, &[row("1", "a", "select 1;"), row("2", "", "")]).finds(&[]).works(&["apply 3"]).goes();
    set(&files[1..2], &[]).works(&[]).goes();
}

#[test]
fn calls_of_hasuras_server_are_not_passed_over() {
    let files = [
        ("1704067200000_a/up.sql", ""),
        ("1704153600000_b/up.yaml", "- type: run_sql"),
        ("1704240000000_c/up.sql", ""),
    ];
    let message = "1704153600000_b/up.yaml is a migration whose name does not end in .sql, which is not run here, and \
                   1704240000000_c/up.sql would run without it";
    set(&files, &[]).refuses(&format!("nothing was run: {message}"));
    set(&files, &[row("1704153600000", "b", "")]).goes();
    // As the help says.
    let named = [files[0], ("1704153600000_b/up.sql", "select 2"), files[2]];
    set(&named, &[]).finds(&[]).goes();
}

#[test]
fn a_way_back_in_sql_whose_way_up_is_in_code_is_legal() {
    let files = [("1_a.up.sql", ""), ("2_b.up.go", ""), ("2_b.down.sql", "select 2"), ("3_c.up.sql", "")];
    set(&files, &[row("1", "a", "select 1;"), row("3", "c", "select 1;")])
        .finds(&[
            (
                "not-run",
                "2_b.down.sql:1:1",
                "2_b.down.sql takes back what is written in code, and is not run",
                "take it back with its own tool",
            ),
            (
                "not-run",
                "2_b.up.go:1:1",
                "2_b.up.go is a migration written in code; only SQL files are run",
                "write it in SQL, or run it with its own tool before the migrations that need it",
            ),
        ])
        .goes();
    set(&files, &[]).grades(&[(Severity::Note, "2_b.down.sql"), (Severity::Error, "2_b.up.go")]);
}

#[test]
fn a_callback_that_cannot_run_is_found_as_soon_as_anything_is_pending() {
    let files = [("V1__a.sql", "select 1"), ("afterMigrate.sql", "drop table schema_migrations")];
    let finding = (
        "ledger-touched",
        "afterMigrate.sql:1:1",
        "the migration drops the ledger's own table, \"public\".\"schema_migrations\"",
        "leave the statement out, or keep the ledger elsewhere with the option `table`",
    );
    set(&files, &[]).finds(&[finding]);
    set(&files, &[row("1", "a", "select 1")]).finds(&[]).goes();
}

#[test]
fn migrations_that_callbacks_are_still_to_follow_are_told() {
    let files = [("V1__a.sql", "select 1"), ("afterMigrate.sql", "select 2")];
    let owing = Row { claimed_by: Some("callbacks".into()), ..row("1", "a", "select 1") };
    set(&files, &[owing])
        .finds(&[(
            "callbacks-owed",
            "",
            "a run was stopped before the callbacks that follow these: 1",
            "run again: that runs them, also where nothing is pending",
        )])
        .goes()
        .answers(Status::Behind, "drift: db=1 expected=1 pending=callbacks");
}
