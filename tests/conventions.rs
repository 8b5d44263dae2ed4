//! Naming conventions, on small folders that a person can read (`tests/data/conventions`).
//!
//! The expected lines are worked out by hand from each tool's own rules, which the head comments
//! of `src/convention/*.rs` cite. The checksums come from `sha256sum` over the section's lines.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // tests do I/O

#[path = "util/trees.rs"]
mod trees;

use counterfoil::convention::{self, Convention};
use counterfoil::migration::{Section, Transaction};
use counterfoil::{Catalog, Error, Migration};
use std::path::PathBuf;

fn fixture(name: &str) -> Vec<(String, String)> {
    trees::read_tree(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/conventions").join(name))
}

/// One line per migration: version, name, then up and down with path, line and what is special.
fn line(migration: &Migration) -> String {
    let section = |section: &Section| {
        let mut text = format!("{}:{}", section.path, section.line);
        if section.transaction == Transaction::Off {
            text.push_str(" off");
        }
        // A block begins at its own marker; what counts is where it ends.
        for span in &section.breaks {
            text.push_str(&format!(" break@{}", section.location(span.end).line));
        }
        if let Some(error) = &section.refused {
            text.push_str(&format!(" refused({})", error.code()));
        }
        text
    };
    let mut text = format!("{} {:?} {}", migration.version, migration.name, section(&migration.up));
    if let Some(down) = &migration.down {
        text.push_str(&format!(" down {}", section(down)));
    }
    if migration.repeatable {
        text.push_str(" repeatable");
    }
    text
}

/// The catalog's migrations and findings, and the sections' first and last lines.
#[track_caller]
fn reads(name: &str, convention: Convention, migrations: &[&str], findings: &[&str]) -> Catalog {
    let files = fixture(name);
    let catalog = convention::read(&files, None).unwrap_or_else(|error| panic!("{error}; {}", error.help()));
    assert_eq!(catalog.convention, convention);
    assert_eq!(catalog.migrations.iter().map(line).collect::<Vec<_>>(), migrations);
    let found: Vec<String> = catalog
        .findings
        .iter()
        .map(|finding| format!("{} {} {}", at(finding.at.as_ref()), finding.code, finding.message))
        .collect();
    assert_eq!(found, findings);

    // Forced it is the same; so is it in any other order, under another folder, with `\` and with CRLF.
    assert_eq!(convention::read(&files, Some(convention)).as_ref(), Ok(&catalog));
    let mut turned = files.clone();
    turned.reverse();
    assert_eq!(convention::read(&turned, None).as_ref(), Ok(&catalog));
    for moved in [
        files.iter().map(|(path, text)| (format!("./{path}"), format!("\u{feff}{text}"))).collect::<Vec<_>>(),
        files.iter().map(|(path, text)| (format!("/srv/app/{path}"), text.replace('\n', "\r\n"))).collect(),
        files.iter().map(|(path, text)| (format!("app\\{}", path.replace('/', "\\")), text.clone())).collect(),
    ] {
        let again = convention::read(&moved, None).expect("the same set elsewhere");
        let key = |catalog: &Catalog| -> Vec<_> {
            catalog.migrations.iter().map(|m| (m.version.clone(), m.name.clone(), m.checksum.clone())).collect()
        };
        assert_eq!(key(&again), key(&catalog));
        assert_eq!(again.findings.len(), catalog.findings.len());
    }
    catalog
}

fn at(location: Option<&counterfoil::Location>) -> String {
    location.map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn checksums(catalog: &Catalog) -> Vec<&str> {
    catalog.migrations.iter().map(|migration| migration.checksum.strip_prefix("sha256:").expect("sha256:")).collect()
}

#[test]
fn dbmate_folders() {
    let catalog = reads(
        "dbmate",
        Convention::Dbmate,
        &[
            r#"20240102030405 "create_users" 20240102030405_create_users.sql:1 down 20240102030405_create_users.sql:7"#,
            r#"20240103000000 "index_emails" 20240103000000_index_emails.sql:3 off down 20240103000000_index_emails.sql:6 off"#,
            r#"20240104000000 "greet" 20240104000000_greet.sql:1"#,
        ],
        &["seed.sql:1:1 unknown-file seed.sql is not run: its name does not start with digits"],
    );
    assert_eq!(
        checksums(&catalog),
        [
            "32dfac0d89c39b8afceae5f52cc596f073e3b0806caa55e806b16c4273672695",
            "c238cf307602c22623cd79fab438ef859e16b549c881d51e226ed8f6e2227fb3",
            "66ea1dbffccc28caf293bcd10cb124bb7f7f6b480ec79ee738b3b3f6cf1a979c",
        ]
    );
}

#[test]
fn golang_migrate_folders() {
    let catalog = reads(
        "golang-migrate",
        Convention::GolangMigrate,
        &[
            r#"000001 "init" 000001_init.up.sql:1 down 000001_init.down.sql:1"#,
            r#"000002 "balance" 000002_balance.up.sql:1 down 000002_drop_balance.down.sql:1"#,
            r#"000010 "audit" 000010_audit.up.sql:1"#,
        ],
        &[],
    );
    assert_eq!(checksums(&catalog)[0], "8b2278ae609d62d5957104c10665fc36509e1d1aacfdb0e63167509752b94e70");
}

#[test]
fn goose_folders() {
    let catalog = reads(
        "goose",
        Convention::Goose,
        &[
            r#"00001 "init" 00001_init.sql:1 down 00001_init.sql:4"#,
            r#"00002 "trigger" 00002_trigger.sql:1 break@9"#,
            r#"00003 "index" 00003_index.sql:2 off down 00003_index.sql:4 off"#,
        ],
        &["00004_backfill.go:1:1 not-run 00004_backfill.go is a migration written in code; only SQL files are run"],
    );
    assert_eq!(
        checksums(&catalog)[1..],
        [
            "8317ddf5485c1e8efce34f5baa2c6406c032f95e12955873fdf54356a4e378a5",
            "7ee04a70bc453c52609af0e98cfd75d9488a8b92666212e6d29f68928bbc852a",
        ]
    );
}

#[test]
fn sql_migrate_folders() {
    let catalog = reads(
        "sql-migrate",
        Convention::SqlMigrate,
        &[
            r#"20240101-init.sql "init" 20240101-init.sql:1 down 20240101-init.sql:4"#,
            r#"20240101-notify.sql "notify" 20240101-notify.sql:2 break@10 down 20240101-notify.sql:12"#,
            r#"20240102-index.sql "index" 20240102-index.sql:1 off down 20240102-index.sql:4 off"#,
            r#"later.sql "later" later.sql:1"#,
        ],
        &[],
    );
    // Lines 2 to 11 of the file; the fixture's head is a comment.
    assert_eq!(catalog.migrations[1].up.text.lines().count(), 10);
}

#[test]
fn prisma_folders() {
    reads(
        "prisma",
        Convention::Prisma,
        &[
            r#"20240101000000_init "init" 20240101000000_init/migration.sql:1"#,
            r#"20240201000000_add_email "add_email" 20240201000000_add_email/migration.sql:1"#,
            r#"20240201000000_add_phone "add_phone" 20240201000000_add_phone/migration.sql:1"#,
            r#"20240301000000_index.sql "index.sql" 20240301000000_index.sql/migration.sql:1"#,
        ],
        &[],
    );
}

#[test]
fn drizzle_journals() {
    let catalog = reads(
        "drizzle",
        Convention::Drizzle,
        &[
            r#"0000_brave_newton "brave_newton" 0000_brave_newton.sql:1 break@2 break@3"#,
            r#"0001_quiet_curie "quiet_curie" 0001_quiet_curie.sql:1"#,
        ],
        &["0001_stray.sql:1:1 not-in-journal 0001_stray.sql is not run: the journal does not list it, but \
           0001_quiet_curie.sql, which has its number"],
    );
    assert_eq!(checksums(&catalog)[0], "d76eda766852baaeea59b6c41231e9cce4c8e2ec4a1aa5859f21b3413d3924e4");
}

#[test]
fn drizzle_folders_of_1_0() {
    reads(
        "drizzle-folders",
        Convention::Drizzle,
        &[
            r#"20240101000000_brave_newton "brave_newton" 20240101000000_brave_newton/migration.sql:1 break@1"#,
            r#"20240102000000_quiet_curie "quiet_curie" 20240102000000_quiet_curie/migration.sql:1"#,
        ],
        &[],
    );
}

#[test]
fn flyway_folders() {
    let catalog = reads(
        "flyway",
        Convention::Flyway,
        &[
            r#"1 "create_books" V1__create_books.sql:1"#,
            r#"2 "add_author" V2__add_author.sql:1 down U2__add_author.sql:1"#,
            r#"2.1 "index_author" 2024/V2_1__index_author.sql:1 off"#,
            r#"2.10 "greeting" 2024/V2.10__greeting.sql:1 refused(unsupported)"#,
            r#"R__All_books "All_books" R__All_books.sql:1 repeatable"#,
            r#"R__books_by_author "books_by_author" R__books_by_author.sql:1 repeatable"#,
        ],
        &["v3__lower_case.sql:1:1 unknown-file v3__lower_case.sql is not run: its prefix is not a capital letter"],
    );
    assert_eq!(checksums(&catalog)[0], "d8997befbce7931b35c1df6aeb138cc734270e1b61b695c47d6f32a22d003204");
    let refused = catalog.migrations[3].up.refused.as_ref().expect("a placeholder");
    assert_eq!(refused.to_string(), "2024/V2.10__greeting.sql:1:37: Flyway would fill in the placeholder ${name}");
}

#[test]
fn sqlx_folders() {
    reads(
        "sqlx",
        Convention::Sqlx,
        &[
            r#"20240101000000 "create_todos" 20240101000000_create_todos.sql:1"#,
            r#"20240102000000 "index_todos" 20240102000000_index_todos.sql:1 off"#,
            r#"20240103000000 "done" 20240103000000_done.up.sql:1 down 20240103000000_done.down.sql:1"#,
        ],
        &[],
    );
}

#[test]
fn supabase_folders() {
    reads(
        "supabase",
        Convention::Supabase,
        &[
            r#"20240101000000 "profiles" supabase/migrations/20240101000000_profiles.sql:1"#,
            r#"20240102000000 "avatars" supabase/migrations/20240102000000_avatars.sql:1"#,
        ],
        &["supabase/seed.sql:1:1 unknown-file seed.sql is not run: its name does not start with digits"],
    );
}

#[test]
fn plain_folders() {
    reads(
        "plain",
        Convention::Plain,
        &[
            r#"1 "" 1.sql:1"#,
            r#"0002 "second" 0002-second.sql:1"#,
            r#"9 "ninth" 9_ninth.sql:1"#,
            r#"00010 "tenth" 00010_tenth.sql:1"#,
        ],
        &[],
    );
}

#[test]
fn diesel_folders() {
    reads(
        "diesel",
        Convention::Diesel,
        &[
            r#"00000000000000_diesel_initial_setup "diesel_initial_setup" 00000000000000_diesel_initial_setup/up.sql:1 down 00000000000000_diesel_initial_setup/down.sql:1"#,
            r#"2024-01-02-120000_create_orders "create_orders" 2024-01-02-120000_create_orders/up.sql:1 down 2024-01-02-120000_create_orders/down.sql:1"#,
            r#"2024-01-10-090000_index_orders "index_orders" 2024-01-10-090000_index_orders/up.sql:1 off"#,
        ],
        &[],
    );
}

#[test]
fn diesel_compares_versions_as_text() {
    // Its `MigrationVersion` is a text, and a month or a day of one digit makes it shorter.
    let given = [
        ("2020-12-7-190800_third/up.sql", ""),
        ("2018-01-02-030405_first/up.sql", ""),
        ("2020-02-03-040506_second/up.sql", ""),
    ];
    let catalog = convention::read(&files(&given), None).expect("a set of Diesel's");
    let order: Vec<&str> = catalog.migrations.iter().map(|migration| migration.name.as_str()).collect();
    assert_eq!(order, ["first", "second", "third"]);
}

#[test]
fn refinery_folders() {
    let catalog = reads(
        "refinery",
        Convention::Refinery,
        &[
            r#"1 "accounts" V1__accounts.sql:1"#,
            r#"3 "index_owner" U3__index_owner.sql:1"#,
            r#"10 "balance" later/V10__balance.sql:1"#,
        ],
        &[
            "V11-notes.sql:1:1 unknown-file V11-notes.sql is not run: its name has not the form `V1__name.sql` or `U1__name.sql`",
            "V2__backfill.rs:1:1 not-run V2__backfill.rs is a migration written in code; only SQL files are run",
        ],
    );
    assert_eq!(checksums(&catalog)[0], "9b759796cad3e366b5930d9d632cc76291f54e6e9b72c6c40891cf179dd23d3d");
}

#[test]
fn node_pg_migrate_folders() {
    let catalog = reads(
        "node-pg-migrate",
        Convention::NodePgMigrate,
        &[
            r#"1704067200000_accounts "accounts" 1704067200000_accounts.sql:1 down 1704067200000_accounts.sql:4"#,
            r#"20240102000000000_index-owner "index-owner" 20240102000000000_index-owner.sql:6 down 20240102000000000_index-owner.sql:3"#,
            r#"1704240000000_balance "balance" 1704240000000_balance.sql:1"#,
            r#"1704412800000_limit "limit" 1704412800000_limit.sql:1 down 1704412800000_limit.sql:3"#,
        ],
        &[
            "1704326400000_backfill.ts:1:1 not-run 1704326400000_backfill.ts is a migration written in code; only SQL files are run",
        ],
    );
    assert_eq!(
        checksums(&catalog)[..2],
        [
            "94afa4c947c24853806ac4ced7b29eb7823e37d762874e43af1769530e002e61",
            "b7acf85ed4fb1ee8bef0defa06141740510cb516faca1c6da465582dbe768822",
        ]
    );
}

#[test]
fn graphile_migrate_folders() {
    let catalog = reads(
        "graphile-migrate",
        Convention::GraphileMigrate,
        &[
            r#"000001 "" committed/000001.sql:1"#,
            r#"000002 "index-owner" committed/000002-index-owner.sql:1 off"#,
            r#"000003 "balance" committed/000003-balance.sql:1"#,
        ],
        &[
            "current.sql:1:1 unknown-file current.sql is not run: it is no committed migration",
            "fixtures/seed.sql:1:1 unknown-file seed.sql is not run: it is no committed migration",
        ],
    );
    assert_eq!(checksums(&catalog)[1], "f512623f45aa12e66144769bac8e3a1ac8f45fc0414e97c5e670c06788e714cd");
}

#[test]
fn tern_folders() {
    let catalog = reads(
        "tern",
        Convention::Tern,
        &[
            r#"001 "create_people" 001_create_people.sql:1 down 001_create_people.sql:4"#,
            r#"002 "index_people" 002_index_people.sql:1 off down 002_index_people.sql:4"#,
            r#"003 "cents" 003_cents.sql:1"#,
            r#"004 "greeting" 004_greeting.sql:1 refused(unsupported) down 004_greeting.sql:3"#,
        ],
        &[
            "functions/greet.sql:1:1 unknown-file greet.sql is not run: its name does not start with digits",
            "notes.sql:1:1 unknown-file notes.sql is not run: its name does not start with digits",
        ],
    );
    // `head -3 001_create_people.sql | sha256sum`
    assert_eq!(checksums(&catalog)[0], "5f5f25c0562c9168c5feb1e6d03111fabdaef6f52a76092dc8094db190a2f070");
    let refused = catalog.migrations[3].up.refused.as_ref().expect("a template");
    let place = r#"004_greeting.sql:1:1: tern would fill in the placeholder {{ template "functions/greet.sql" . }}"#;
    assert_eq!(refused.to_string(), place);
}

#[test]
fn terns_separator_is_read_as_tern_reads_it() {
    let separated = |text: &str| {
        let catalog = convention::read(&files(&[("1_a.sql", text)]), Some(Convention::Tern)).expect("a set");
        let migration = &catalog.migrations[0];
        (migration.up.text.clone(), migration.down.as_ref().map(|down| down.text.clone()))
    };
    const LINE: &str = "---- create above / drop below ----";
    let (up, down) = separated(&format!("select 1; {LINE}\nselect 2;\n{LINE}\n"));
    assert_eq!(up, "select 1; ");
    assert_eq!(down, Some(format!("{LINE}\nselect 2;\n{LINE}\n")));
    // Nothing below it: there is no way back.
    assert_eq!(separated(&format!("select 1;\n{LINE}\n \n")), (String::from("select 1;\n"), None));
    assert_eq!(separated(&format!("select '{LINE}\n'")).1, None);
    fails(
        &[("1_a.sql", &format!("select 1;\n{LINE} select 2;\n"))],
        Some(Convention::Tern),
        "invalid-marker 1_a.sql:2:1: text behind the separator",
        "write it on the next line; tern would run it as part of the way back",
    );
    // Its own separator, drawn in another way.
    let catalog = convention::read(
        &files(&[("1_a.sql", "select 1;\n-- create above / drop below --\nselect 2;\n")]),
        Some(Convention::Tern),
    );
    let plan = counterfoil::plan::plan(&catalog.expect("a set"), &Default::default(), &Default::default());
    assert_eq!(plan.findings[0].help, format!("write it as `{LINE}`, at the start of its line"));
}

#[test]
fn hasura_folders() {
    reads(
        "hasura",
        Convention::Hasura,
        &[
            r#"1704067200000 "create_people" 1704067200000_create_people/up.sql:1 down 1704067200000_create_people/down.sql:1"#,
            r#"1704153600000 "add_name" 1704153600000_add_name/up.sql:1"#,
        ],
        &[
            "1704240000000_untrack/up.yaml:1:1 not-run up.yaml is not run: its name does not end in .sql",
            "1704326400000_old/down.sql:1:1 not-run down.sql takes back a version that has no up file, and is not run",
        ],
    );
}

#[test]
fn folders_of_versions() {
    reads(
        "folders",
        Convention::Folders,
        &[
            r#"001 "people" 001_people/up.sql:1 down 001_people/down.sql:1"#,
            r#"002 "names" 002_names/up.sql:1"#,
            r#"010 "cents" 010-cents/up.sql:1"#,
        ],
        &["002_names/seed.sql:1:1 unknown-file seed.sql is not run: only `up.sql` and `down.sql` in a folder are"],
    );
    finds(
        &[("1_a/up.sql", ""), ("notes/up.sql", "")],
        Convention::Folders,
        &["notes/up.sql:1:1 unknown-file Warning up.sql is not run: its folder has no number in front"],
    );
}

#[test]
fn a_folder_with_an_up_file_is_told_by_its_number() {
    let up = |folder: &str| (format!("{folder}/up.sql"), String::new());
    let told = |folders: &[&str]| {
        let files: Vec<_> = folders.iter().map(|folder| up(folder)).collect();
        convention::read(&files, None).map(|catalog| catalog.convention)
    };
    assert_eq!(told(&["00000000000000_diesel_initial_setup", "1_a"]), Ok(Convention::Diesel));
    assert_eq!(told(&["20240101000000_a", "20240102000000_b"]), Ok(Convention::Diesel));
    assert_eq!(told(&["2024-01-01-000000_a"]), Ok(Convention::Diesel));
    assert_eq!(told(&["add_people"]), Ok(Convention::Diesel));
    assert_eq!(told(&["1704067200000_a", "1704153600000_b"]), Ok(Convention::Hasura));
    assert_eq!(told(&["001_a", "002_b"]), Ok(Convention::Folders));
    assert_eq!(told(&["1_a", "2_b", "3"]), Ok(Convention::Folders));
    // As text the tenth is the second.
    fails(
        &[("1_a/up.sql", ""), ("2_b/up.sql", ""), ("10_c/up.sql", "")],
        None,
        "convention-unclear more than one convention fits: diesel (10_c/up.sql) and folders (10_c/up.sql)",
        r#"say which one it is: convention: "diesel" | "folders""#,
    );
    // Diesel runs what has no number, too.
    fails(
        &[("1_a/up.sql", ""), ("notes/up.sql", "")],
        None,
        "convention-unclear more than one convention fits: diesel (1_a/up.sql) and folders (1_a/up.sql)",
        r#"say which one it is: convention: "diesel" | "folders""#,
    );
    fails(
        &[("1704067200000_a/up.sql", ""), ("2_b/down.sql", "")],
        Some(Convention::Folders),
        "no-up-section 2_b/down.sql:1:1: the folder 2_b has no up.sql",
        "add the file, or remove the folder",
    );
    fails(
        &[("default/1704067200000_a/up.sql", ""), ("other/1704067200000_b/up.sql", "")],
        None,
        "invalid-input the migrations lie in more than one folder: default/ and other/",
        "give one folder of migrations at a time",
    );
}

#[test]
fn atlas_folders() {
    // The hashes of the fixture are `openssl dgst -sha256 -binary | base64` of names and files one after the other.
    let catalog = reads(
        "atlas",
        Convention::Atlas,
        &[
            r#"20240101000000 "people" 20240101000000_people.sql:1"#,
            r#"20240102000000 "index" 20240102000000_index.sql:1 off"#,
            r#"20240103000000 "checkpoint" 20240103000000_checkpoint.sql:1"#,
            r#"20240104000000 "one" 20240104000000_one.sql:1 break@3 break@5"#,
            r#"20240105000000 "seed" 20240105000000_seed.sql:1"#,
            r#"20240106000000 "" 20240106000000.sql:1"#,
        ],
        &[],
    );
    let replaced =
        |at: usize| -> Vec<_> { catalog.migrations[at].replaces.iter().map(|it| it.version.as_str()).collect() };
    assert_eq!(replaced(2), ["20240101000000", "20240102000000"]);
    assert!(replaced(5).is_empty());
}

#[test]
fn what_is_not_as_atlas_has_hashed_it_is_refused() {
    let help = "see what has changed since, and by whom; if that is right, say so with `atlas migrate hash`";
    type Files = Vec<(String, String)>;
    let refused = |change: &dyn Fn(&mut Files), expected: &str| {
        let mut files = fixture("atlas");
        change(&mut files);
        let error = convention::read(&files, None).expect_err("another hash");
        assert_eq!((format!("{} {error}", error.code()).as_str(), &*error.help()), (expected, help));
    };
    let text = |files: &[(String, String)], name: &str| {
        files.iter().position(|(path, _)| path == name).expect("a file of the fixture")
    };
    refused(
        &|files| {
            let at = text(files, "20240102000000_index.sql");
            files[at].1.push_str("DROP TABLE people;\n");
        },
        "invalid-text 20240102000000_index.sql:1:1: 20240102000000_index.sql is not what atlas.sum has a hash of at its place",
    );
    refused(
        &|files| files.push((String::from("20240107000000_b.sql"), String::new())),
        "invalid-text 20240107000000_b.sql:1:1: 20240107000000_b.sql is not what atlas.sum has a hash of at its place",
    );
    refused(
        &|files| {
            files.retain(|(path, _)| path != "20240106000000.sql");
        },
        "invalid-text atlas.sum:1:1: it has hashes of files that are not there",
    );
    refused(
        &|files| {
            files.retain(|(path, _)| path != "20240101000000_people.sql");
        },
        "invalid-text 20240102000000_index.sql:1:1: 20240102000000_index.sql is not what atlas.sum has a hash of at its place",
    );
    // What it ignores may change.
    let mut files = fixture("atlas");
    let at = text(&files, "20240105000000_seed.sql");
    files[at].1.push_str("SELECT 6;\n");
    assert!(convention::read(&files, None).is_ok());
}

#[test]
fn directives_of_atlas_stand_above_an_empty_line() {
    let read = |text: &str| convention::read(&files(&[("1_a.sql", text)]), Some(Convention::Atlas));
    let section = |text: &str| read(text).expect("a set").migrations[0].up.clone();
    assert_eq!(section("-- a\n-- atlas:txmode none\n\nselect 1;\n").transaction, Transaction::Off);
    // `LocalFile.comments`: these belong to the statement.
    assert_eq!(section("-- atlas:txmode none\nselect 1;\n").transaction, Transaction::Auto);
    assert_eq!(section("-- atlas:txmode file\n\nselect 1;\n").transaction, Transaction::Auto);
    for (mode, place) in [("-- atlas:txmode all", 1), ("-- atlas:txmode none\n-- atlas:txmode file", 2)] {
        let error = read(&format!("{mode}\n\nselect 1;\n")).expect_err("Atlas refuses it");
        let line = mode.lines().last().unwrap_or_default();
        assert_eq!(error.to_string(), format!("1_a.sql:{place}:1: Atlas does not take `{line}` here"));
        assert_eq!(error.help(), "write one of `-- atlas:txmode none` and `-- atlas:txmode file`, once");
    }
    let refused = |text: &str| section(text).refused.map(|error| error.to_string());
    assert_eq!(refused("-- atlas:delimiter \\n\\n\nselect 1;\n\nselect 2;\n"), None);
    assert_eq!(
        refused("-- atlas:delimiter //\nselect 1 //\n"),
        Some(String::from("1_a.sql:1:1: Atlas would cut it at a delimiter of its own"))
    );
    assert_eq!(
        refused("-- atlas:txtar\n\n-- checks.sql --\nselect 1;\n"),
        Some(String::from("1_a.sql:1:1: Atlas would run a part of it only"))
    );
    fails(
        &[("1_a.sql", ""), ("10_b.sql", "")],
        Some(Convention::Atlas),
        "invalid-name 1_a.sql:1:1: Atlas would run it after 10_b.sql, since it compares names as text",
        "give all of them numbers of one length",
    );
}

#[test]
fn what_is_for_another_database_is_left_out_beside_what_is_for_postgresql() {
    reads(
        "dialects",
        Convention::Plain,
        &[r#"0001 "a.postgres" 0001_a.postgres.sql:1"#, r#"0002 "b.pg" 0002_b.pg.sql:1"#],
        &[
            "0001_a.sqlite.sql:1:1 other-database 0001_a.sqlite.sql is for another database, and is not read, and 1 more like it",
        ],
    );
    let folders = [("m/sqlite/1_a.sql", UP), ("m/postgres/1_a.sql", UP), ("m/mysql/1_a.sql", UP)];
    let catalog = read(&folders).expect("one folder is left");
    assert_eq!(catalog.migrations[0].path, "m/postgres/1_a.sql");
    // Nothing says that these are not for PostgreSQL: the word is in the name of what they lie in, or has no counterpart.
    for only in ["srv/mysql/m/1_a.sql", "m/1_a.sqlite.sql", "m/1_mysql.sql"] {
        assert_eq!(read(&[(only, UP)]).expect("a set").migrations.len(), 1, "{only}");
    }
}

#[test]
fn a_journal_lists_no_entry_twice() {
    let entry = r#"{"idx":0,"when":1,"tag":"0000_a"}"#;
    fails(
        &[("meta/_journal.json", &format!("{{\"entries\":[{entry},\n{entry}]}}")), ("0000_a.sql", "")],
        None,
        "invalid-input meta/_journal.json:2:25: the journal lists \"0000_a\" twice",
        "remove one of the entries; a merge may have kept both",
    );
}

#[test]
fn a_baseline_knows_what_it_replaces() {
    let catalog = reads(
        "squash",
        Convention::Dbmate,
        &[
            r#"20240301000000 "baseline" 20240301000000_baseline.sql:1 down 20240301000000_baseline.sql:5"#,
            r#"20240401000000 "more" 20240401000000_more.sql:1 down 20240401000000_more.sql:4"#,
        ],
        &[],
    );
    let replaced: Vec<&str> = catalog.migrations[0].replaces.iter().map(|one| one.version.as_str()).collect();
    assert_eq!(replaced, ["20240101000000", "20240201000000"]);
    assert!(catalog.migrations[1].replaces.is_empty());
}

/// Files from path and text.
fn files(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|&(path, text)| (path.to_owned(), text.to_owned())).collect()
}

fn read(list: &[(&str, &str)]) -> Result<Catalog, Error> {
    convention::read(&files(list), None)
}

/// The error's code, place and message, and its help.
#[track_caller]
fn fails(list: &[(&str, &str)], convention: Option<Convention>, error: &str, help: &str) {
    match convention::read(&files(list), convention) {
        Ok(catalog) => panic!("{:?}", catalog.migrations.iter().map(line).collect::<Vec<_>>()),
        Err(found) => {
            assert_eq!(format!("{} {found}", found.code()), error);
            assert_eq!(found.help(), help);
        }
    }
}

/// The findings: place, code, severity, message.
#[track_caller]
fn finds(list: &[(&str, &str)], convention: Convention, expected: &[&str]) {
    let catalog = convention::read(&files(list), Some(convention)).unwrap_or_else(|error| panic!("{error}"));
    let found: Vec<String> = catalog
        .findings
        .iter()
        .map(|f| format!("{} {} {:?} {}", at(f.at.as_ref()), f.code, f.severity, f.message))
        .collect();
    assert_eq!(found, expected);
    assert!(catalog.findings.iter().all(|finding| !finding.help.is_empty()), "a finding without help");
}

#[track_caller]
fn detects(list: &[(&str, &str)], convention: Convention) {
    assert_eq!(read(list).map(|catalog| catalog.convention), Ok(convention));
}

const BACK: &str = "-- Up Migration\nselect 1;\n-- Down Migration\nselect 2;\n";

const UP: &str = "-- migrate:up\nselect 1;\n-- migrate:down\nselect 2;\n";

#[test]
fn detection_uses_the_whole_set() {
    detects(&[], Convention::Dbmate);
    detects(&[("README.md", "# Hello")], Convention::Dbmate);
    detects(&[("1_a.sql", UP)], Convention::Dbmate);
    detects(&[("1_a.sql", "select 1"), ("2_b.sql", "select 1")], Convention::Plain);
    detects(&[("1_a.up.sql", ""), ("1_a.down.sql", "")], Convention::GolangMigrate);
    detects(&[("1_a.up.sql", "-- no-transaction\n"), ("2_b.sql", "")], Convention::Sqlx);
    // sqlx reads these as plain does, and passes over the last, too.
    detects(&[("1_a.up.sql", ""), ("1_a.down.sql", ""), ("2_b.sql", ""), ("seed.sql", "")], Convention::Plain);
    detects(&[("1_a.sql", "-- +goose Up\n"), ("2_b.sql", "-- +goose Up\n")], Convention::Goose);
    detects(&[("a.sql", "-- +migrate Up\n")], Convention::SqlMigrate);
    detects(&[("V1__a.sql", "-- +migrate Up\n")], Convention::SqlMigrate);
    detects(&[("V1__a.sql", "")], Convention::Flyway);
    detects(&[("R__a.sql", "")], Convention::Flyway);
    detects(&[("20240101_a/migration.sql", "")], Convention::Prisma);
    detects(&[("20240101_a/migration.sql", "select 1;--> statement-breakpoint\n")], Convention::Drizzle);
    detects(&[("migration_lock.toml", "provider = \"postgresql\"")], Convention::Prisma);
    detects(&[("meta/_journal.json", "{\"entries\":[]}")], Convention::Drizzle);
    detects(&[("2024-01-01-1_a/up.sql", "")], Convention::Diesel);
    detects(&[("supabase/migrations/1_a.sql", "")], Convention::Supabase);
    detects(&[("1_a.sql", "-- Up Migration\n-- Down Migration\n")], Convention::NodePgMigrate);
    detects(&[("1_a.sql", "select 1;\n---- create above / drop below ----\n"), ("2_b.sql", "")], Convention::Tern);
    detects(&[("1_a.sql", BACK), ("2_b.sql", "select 1")], Convention::NodePgMigrate);
    detects(&[("1.sql", "--! Previous: -\n--! Hash: sha1:1\n\nselect 1;\n")], Convention::GraphileMigrate);
    // The markers of node-pg-migrate head parts of other tools' files too, and are prose.
    detects(&[("1_a.sql", &format!("-- Up Migration\n{UP}"))], Convention::Dbmate);
    detects(&[("1_a.up.sql", "-- Up Migration\n"), ("1_a.down.sql", "-- Down Migration\n")], Convention::GolangMigrate);
    detects(&[("V1__a.sql", BACK)], Convention::Flyway);
    detects(&[("1_a.sql", "-- Up Migration\nselect 1;\n")], Convention::Plain);
    detects(&[("1_a.sql", "-- Down migration is a no-op\nselect 1;\n")], Convention::Plain);
    detects(&[("1_a.sql", "select '\n-- Down Migration\n'")], Convention::Plain);
    detects(&[("supabase/migrations/1_a.sql", BACK)], Convention::Supabase);
    // A marker inside a literal is not one.
    detects(&[("1_a.sql", "select '\n-- +goose Up\n'")], Convention::Plain);
    // Strong clues leave stray files aside.
    detects(&[("migration_lock.toml", ""), ("1_a/migration.sql", ""), ("2_seed.sql", "")], Convention::Prisma);
}

#[test]
fn an_undo_is_flyways_beside_what_it_undoes_and_refinerys_alone() {
    detects(&[("U1__a.sql", ""), ("U2__b.sql", "")], Convention::Refinery);
    detects(&[("V1__a.sql", ""), ("U1__a.sql", "")], Convention::Flyway);
    detects(&[("V1__a.sql", ""), ("U1__a.sql", ""), ("U2__b.sql", "")], Convention::Flyway);
    detects(&[("V1.0__a.sql", ""), ("U01__a.sql", "")], Convention::Flyway);
    detects(&[("V1__a.sql", ""), ("U3__c.sql", ""), ("V2__b.rs", "")], Convention::Refinery);
    // Both read it alike, and name what is in code.
    detects(&[("V1__a.sql", ""), ("V2__b.rs", "")], Convention::Flyway);
    // The way back of a file that is gone, or one more migration? Nothing is guessed.
    fails(
        &[("V1__a.sql", ""), ("U9__z.sql", "")],
        None,
        "convention-unclear more than one convention fits: flyway (V1__a.sql) and refinery (U9__z.sql)",
        r#"say which one it is: convention: "flyway" | "refinery""#,
    );
    fails(
        &[("B8__a.sql", ""), ("U9__z.sql", "")],
        None,
        "convention-unclear more than one convention fits: flyway (B8__a.sql) and refinery (U9__z.sql)",
        r#"say which one it is: convention: "flyway" | "refinery""#,
    );
}

#[test]
fn an_unclear_set_names_the_candidates_and_the_option() {
    fails(
        &[("1_a.sql", BACK), ("2_b.sql", ""), ("3_c.sql", "")],
        None,
        "convention-unclear more than one convention fits: node-pg-migrate (1_a.sql) and plain (2_b.sql)",
        r#"say which one it is: convention: "node-pg-migrate" | "plain""#,
    );
    fails(
        &[("committed/1.sql", "--! Previous: -\n--! Hash: sha1:1\n\n"), ("2_b.sql", UP)],
        None,
        "convention-unclear more than one convention fits: graphile-migrate (committed/1.sql) and dbmate (2_b.sql)",
        r#"say which one it is: convention: "graphile-migrate" | "dbmate""#,
    );
    fails(
        &[("U1__a.sql", ""), ("2_b.sql", "")],
        None,
        "convention-unclear more than one convention fits: refinery (U1__a.sql) and plain (2_b.sql)",
        r#"say which one it is: convention: "refinery" | "plain""#,
    );
    // sqlx passes over the second, and refuses the third.
    for (other, whole) in [("2-b.sql", "2-b.sql"), ("2.sql", "2.sql"), ("b_c.sql", "2_b.sql")] {
        fails(
            &[("1_a.up.sql", ""), ("2_b.sql", ""), (other, "")],
            None,
            &format!(
                "convention-unclear more than one convention fits: golang-migrate (1_a.up.sql), sqlx ({whole}) and plain ({whole})"
            ),
            r#"say which one it is: convention: "golang-migrate" | "sqlx" | "plain""#,
        );
    }
    fails(
        &[("1_a.sql", UP), ("2_b.sql", "-- +goose Up\n")],
        None,
        "convention-unclear more than one convention fits: dbmate (1_a.sql) and goose (2_b.sql)",
        r#"say which one it is: convention: "dbmate" | "goose""#,
    );
    fails(
        &[("V1__a.sql", ""), ("2_b.sql", "")],
        None,
        "convention-unclear more than one convention fits: flyway (V1__a.sql) and plain (2_b.sql)",
        r#"say which one it is: convention: "flyway" | "plain""#,
    );
    fails(
        &[("1_a/migration.sql", ""), ("1_a.sql", UP)],
        None,
        "convention-unclear more than one convention fits: prisma (1_a/migration.sql) and dbmate (1_a.sql)",
        r#"say which one it is: convention: "prisma" | "dbmate""#,
    );
    // Left over from another tool, or forgotten in the other files?
    fails(
        &[("1_a.sql", ""), ("2_b.sql", "-- +goose Up\n"), ("3_c.sql", "")],
        None,
        "convention-unclear more than one convention fits: goose (2_b.sql) and plain (1_a.sql)",
        r#"say which one it is: convention: "goose" | "plain""#,
    );
    fails(
        &[("1_a.up.sql", "-- +migrate Up\n"), ("1_a.down.sql", "-- +migrate Down\n")],
        None,
        "convention-unclear more than one convention fits: golang-migrate (1_a.down.sql) and sql-migrate (1_a.down.sql)",
        r#"say which one it is: convention: "golang-migrate" | "sql-migrate""#,
    );
    fails(
        &[("supabase/migrations/1_a.sql", "-- no-transaction\n")],
        None,
        "convention-unclear more than one convention fits: sqlx (supabase/migrations/1_a.sql) and supabase (supabase/migrations/1_a.sql)",
        r#"say which one it is: convention: "sqlx" | "supabase""#,
    );
    fails(
        &[("schema.sql", "create table a ();")],
        None,
        "convention-unclear no convention fits schema.sql: it has no marker (dbmate, goose, sql-migrate, tern) and no head \
         (graphile-migrate), its name no number in front (golang-migrate, sqlx, supabase, plain, node-pg-migrate, atlas) and \
         no V with a number (flyway, refinery), and there is neither a folder for each migration (prisma, diesel, hasura, \
         folders) nor a journal (drizzle)",
        r#"give it a number, as in 0001_name.sql; or say which one it is: convention: "dbmate" | "golang-migrate" | "goose" | "sql-migrate" | "prisma" | "drizzle" | "flyway" | "sqlx" | "supabase" | "plain" | "diesel" | "refinery" | "node-pg-migrate" | "graphile-migrate" | "tern" | "hasura" | "atlas" | "folders""#,
    );
    // Every convention is among those that were looked for.
    let error = read(&[("V__schema.sql", "create table a ();")]).expect_err("no number");
    assert!(
        error.help().starts_with("give it a number, as in V1__name.sql; or say which one it is"),
        "{}",
        error.help()
    );
    assert!(Convention::all().all(|convention| error.to_string().contains(convention.as_str())), "{error}");
}

#[test]
fn every_convention_has_a_name_and_takes_an_empty_set() {
    assert_eq!(Convention::all().count(), 18);
    for convention in Convention::all() {
        assert_eq!(convention.as_str().parse(), Ok(convention));
        let catalog = convention::read(&[], Some(convention)).expect("an empty set");
        assert_eq!((catalog.convention, catalog.migrations.len()), (convention, 0));
    }
    let error = "liquibase".parse::<Convention>().expect_err("unknown");
    assert_eq!(error.to_string(), "there is no convention \"liquibase\"");
}

#[test]
fn dbmate_markers() {
    fails(
        &[("m/1_a.sql", "create table a ();\n")],
        Some(Convention::Dbmate),
        "no-up-section m/1_a.sql:1:1: there is no `-- migrate:up`",
        "write `-- migrate:up` on a line of its own before the statements to run",
    );
    fails(
        &[("1_a.sql", "-- migrate:down\nselect 1;\n-- migrate:up\n")],
        None,
        "invalid-marker 1_a.sql:1:1: `-- migrate:down` comes before `-- migrate:up`",
        "dbmate wants the up section first",
    );
    fails(
        &[("1_a.sql", "-- migrate:up\n-- migrate:down\n-- migrate:up\n")],
        None,
        "invalid-marker 1_a.sql:3:1: a `-- migrate:up` without its `-- migrate:down`",
        "where a file has several pairs, each has a way back; it may be empty",
    );
    fails(
        &[("1_a.sql", "-- migrate:up\nselect 1;\n-- migrate:up\nselect 2;\n-- migrate:down\n")],
        None,
        "invalid-marker 1_a.sql:3:1: a second `-- migrate:up`",
        "write `-- migrate:down` between them, or move what follows to a file of its own",
    );
    fails(
        &[("1_a.sql", "-- migrate:up\n-- migrate:down\n-- migrate:down\n")],
        None,
        "invalid-marker 1_a.sql:3:1: a second `-- migrate:down`",
        "write `-- migrate:up` between them, or move what follows to a file of its own",
    );
    fails(
        &[("1_a.sql", "-- hi\nselect 1;\n-- migrate:up\n")],
        None,
        "invalid-marker 1_a.sql:2:1: a statement stands before the first marker",
        "move it below `-- migrate:up`; only comments may come before",
    );
    fails(
        &[("1_a.sql", "\n  -- migrate:up\nselect 1;\n")],
        None,
        "invalid-marker 1_a.sql:2:3: the marker does not start in the first column",
        "remove the white space before it; dbmate does not see it there",
    );
    // A block comment before it, other words, other case, options that it does not know.
    let text =
        "/* -- migrate:up\n-- migrate:up\n*/\n-- migrate:upgrade\n--migrate:up foo:bar x\nselect 1;\n-- MIGRATE:DOWN";
    let catalog = read(&[("1_a.sql", text)]).expect("one up section");
    assert_eq!(catalog.migrations.iter().map(line).collect::<Vec<_>>(), [r#"1 "a" 1_a.sql:5"#]);
    assert_eq!(catalog.migrations[0].up.text, "--migrate:up foo:bar x\nselect 1;\n-- MIGRATE:DOWN");
}

/// Where each statement of a section stands in the file.
fn places(section: &Section) -> Vec<String> {
    let analysis = counterfoil::sql::analyze(&section.text, &section.breaks).expect("statements");
    let place = |span: counterfoil::span::Span| {
        let at = section.location(span.start);
        format!("{}:{} {}", at.line, at.column, span.slice(&section.text))
    };
    analysis.statements.iter().map(|statement| place(statement.span)).collect()
}

#[test]
fn of_several_pairs_of_dbmates_the_ways_up_run_in_order_and_the_ways_back_in_reverse() {
    let text = "-- migrate:up\ncreate table a ();\n-- migrate:down\ndrop table a;\n\n-- migrate:up\n\n  create table b ()\n\
                -- migrate:down transaction:false\ndrop table b\n-- migrate:up\nselect 3;\n-- migrate:down\n\n -- none\nselect 4";
    let migration = read(&[("1_a.sql", text)]).expect("one migration").migrations.remove(0);
    assert_eq!(places(&migration.up), ["2:1 create table a ()", "8:3 create table b ()", "12:1 select 3"]);
    let down = migration.down.expect("a way back");
    assert_eq!(places(&down), ["16:1 select 4", "10:1 drop table b", "4:1 drop table a"]);
    assert_eq!((migration.up.transaction, down.transaction), (Transaction::Auto, Transaction::Off));
    // From its marker up to the next, one after the other: `sha256sum` over these lines.
    assert_eq!(
        migration.up.text,
        "-- migrate:up\ncreate table a ();\n-- migrate:up\n\n  create table b ()\n-- migrate:up\nselect 3;\n"
    );
    assert_eq!(migration.checksum, "sha256:78dc67c3263d331b6dd7d31ec3ee42da54ea34b1d9cdf485601681437ffc5eec");
    assert_eq!(down.text.lines().next(), Some("-- migrate:down"));
}

#[test]
fn dbmate_may_have_an_empty_up_marker_above_another() {
    let text =
        "-- migrate:up\n-- what it does\n\n-- migrate:up transaction:false\nselect 1;\n-- migrate:down\nselect 2;\n";
    let migration = read(&[("1_a.sql", text)]).expect("one migration").migrations.remove(0);
    assert_eq!(line(&migration), r#"1 "a" 1_a.sql:1 off down 1_a.sql:6"#);
    assert_eq!(places(&migration.up), ["5:1 select 1"]);
    assert_eq!(migration.up.pieces, []);
}

#[test]
fn dbmate_takes_what_follows_the_digits_for_the_name() {
    let catalog = read(&[("20240101T10_a.sql", UP), ("7.sql", UP), ("8-b.sql", UP)]).expect("three");
    assert_eq!(
        catalog.migrations.iter().map(|m| (m.version.as_str(), m.name.as_str())).collect::<Vec<_>>(),
        [("7", ""), ("8", "b"), ("20240101", "T10_a")]
    );
}

#[test]
fn goose_markers() {
    let fails = |text: &str, error: &str, help: &str| fails(&[("1_a.sql", text)], Some(Convention::Goose), error, help);
    fails(
        "select 1;\n",
        "no-up-section 1_a.sql:1:1: there is no `-- +goose Up`",
        "write `-- +goose Up` on a line of its own before the statements to run",
    );
    fails(
        "-- +goose Up\n-- +goose Stop\n",
        "invalid-marker 1_a.sql:2:1: `-- +goose Stop` is not a goose marker",
        "the markers are Up, Down, StatementBegin, StatementEnd, NO TRANSACTION, ENVSUB ON and ENVSUB OFF",
    );
    fails(
        "-- +goose Up\n-- +goose StatementBegin\nselect 1;\n-- +goose Down\n",
        "invalid-marker 1_a.sql:2:1: `StatementBegin` without `StatementEnd`",
        "write a `StatementEnd` marker after the statement",
    );
    fails(
        "-- +goose Up\n-- +goose StatementEnd\n",
        "invalid-marker 1_a.sql:2:1: `StatementEnd` without `StatementBegin`",
        "write a `StatementBegin` marker before the statement, or remove this one",
    );
    fails(
        "-- +goose StatementBegin\n-- +goose Up\n",
        "invalid-marker 1_a.sql:1:1: `-- +goose StatementBegin` before `-- +goose Up`",
        "write `-- +goose Up` first",
    );
    fails(
        "-- +goose Up\n\t-- +goose Down\n",
        "invalid-marker 1_a.sql:2:2: the marker does not start in the first column",
        "remove the white space before it",
    );
    fails(
        "select 1;\n-- +goose Up\n",
        "invalid-marker 1_a.sql:1:1: a statement stands before the first marker",
        "move it below `-- +goose Up`; only comments may come before",
    );
    fails(
        "-- +goose Down\n-- +goose Up\n",
        "invalid-marker 1_a.sql:1:1: `-- +goose Down` comes before `-- +goose Up`",
        "goose wants the up section first",
    );
}

#[test]
fn goose_fills_in_on_the_lines_of_statements_where_it_is_told_to() {
    let fills = |section: &counterfoil::migration::Section| -> Vec<String> {
        section
            .fills
            .iter()
            .map(|fill| format!("{} {}", section.location(fill.span.start).line, fill.span.slice(&section.text)))
            .collect()
    };
    let text = "-- +goose Up\nselect '$A';\n-- +goose Down\n-- +goose ENVSUB ON\n-- costs $5\n\nselect '${HOME}', -- $B\n1;\n-- $6\n";
    let catalog = read(&[("1_a.sql", text)]).expect("a catalog");
    let migration = &catalog.migrations[0];
    assert_eq!(fills(&migration.up), [""; 0]);
    assert_eq!(fills(migration.down.as_ref().expect("a down section")), ["7 ${HOME}", "7 $B"]);
    // `internal/sqlparser/testdata/envsub/test02/input.sql` of goose switches between quotes.
    let text = "-- +goose Up\n-- +goose ENVSUB ON\ncreate table post (\n\t$NAME text,\n\t${EMPTY-default}title5 text\n);\n\
                -- +goose ENVSUB OFF\nselect '$NAME';\n-- +goose StatementBegin\ncreate function f() returns void as $$\n\
                -- +goose ENVSUB ON\nbegin\n\traise notice '${NAME} \\$NAME';\nend;\n-- +goose ENVSUB OFF\n$$ language plpgsql;\n\
                -- +goose StatementEnd\n";
    let up = &read(&[("1_a.sql", text)]).expect("a catalog").migrations[0].up;
    assert_eq!(fills(up), ["4 $NAME", "5 ${EMPTY-default}", "13 ${NAME}", "13 \\$"]);
    let text = "-- +goose Up\n-- +goose ENVSUB ON\nselect 1,\n  $1;\n";
    let up = &read(&[("1_a.sql", text)]).expect("a catalog").migrations[0].up;
    let refused = up.refused.as_ref().expect("refused");
    assert_eq!(
        refused.to_string(),
        "1_a.sql:4:4: goose would fill in a variable of the environment here, and finds no name"
    );
}

#[test]
fn flyway_fills_in_what_its_configuration_names() {
    let set = [
        ("V1__a.sql", "select '${owner}', '${flyway:user}', '${flyway:filename}'"),
        ("V2__b.sql", "select '${nope}'"),
        ("flyway.conf", "# flyway.placeholders.nope=x\nflyway.placeholders.owner = a=b c \nflyway.url=jdbc:x\n"),
        ("R__t.sql", "select '${path}'"),
        (
            "conf/flyway.toml",
            "[flyway]\nlocations = [\"a\"]\n[flyway.placeholders]\npath = 'C:\\x' # a\n[environments.x]\nurl = 'y'\n",
        ),
    ];
    let catalog = read(&set).expect("a catalog");
    let with: Vec<_> = catalog
        .migrations
        .iter()
        .map(|m| m.up.fills.iter().map(|fill| format!("{:?}", fill.with)).collect::<Vec<_>>())
        .collect();
    assert_eq!(with[0], ["Text(\"a=b c\")", "Builtin(\"user\")", "Text(\"V1__a.sql\")"]);
    assert_eq!(with[2], ["Text(\"C:\\\\x\")"]);
    assert_eq!(catalog.migrations[0].up.refused, None);
    let refused = catalog.migrations[1].up.refused.as_ref().expect("refused");
    assert_eq!(refused.to_string(), "V2__b.sql:1:9: Flyway would fill in the placeholder ${nope}");
    fails(
        &[("V1__a.sql", ""), ("flyway.toml", "[flyway]\nplaceholders = { a = \"b\" }\n")],
        None,
        "invalid-input flyway.toml:2:1: this setting of placeholders cannot be read",
        "write a plain string on one line, name = \"value\" under [flyway.placeholders], and ${name} in the files",
    );
}

/// `ConfigUtils.loadConfigurationFromString`, `java.util.Properties.load`, and TOML 1.0, "Keys".
#[test]
fn flyway_s_configuration_is_read_as_flyway_reads_it() {
    let value = |name: &str, text: &str| {
        let catalog = read(&[("V1__a.sql", "${a.b}"), (name, text)]).expect("a catalog");
        match catalog.migrations[0].up.fills.as_slice() {
            [fill] => format!("{:?}", fill.with),
            _ => "none".to_owned(),
        }
    };
    for (text, expected) in [
        ("flyway.placeholders.A.B=x\n", "Text(\"x\")"),
        ("flyway.placeholders.a.b: x \n", "Text(\"x\")"),
        ("flyway.placeholders.a.b   x y\n", "Text(\"x y\")"),
        ("  flyway.placeholders.a.b = one \\\n   two\\\nthree\n", "Text(\"one twothree\")"),
        ("flyway.placeholders.a.b = one\\\nflyway.url=y\n", "Text(\"one\\\\\")"),
        ("flyway.placeholders.a.b = one\\\n\ntwo\n", "Text(\"one\\\\\")"),
        ("flyway.placeholders.a.b = C:\\temp\\t\n", "Text(\"C:\\\\temp\\\\t\")"),
        ("# a comment \\\nflyway.placeholders.a.b:x\n", "Text(\"x\")"),
        ("! flyway.placeholders.a.b=x\n", "none"),
        ("flyway.placeholders.a.b=\n", "Text(\"\")"),
    ] {
        assert_eq!(value("flyway.conf", text), expected, "{text}");
    }
    for (text, expected) in [
        ("[flyway.placeholders]\n\"a.b\" = 'x'\n", "Text(\"x\")"),
        ("[ flyway . \"placeholders\" ] # all\n'A.B' = 'x'\n", "Text(\"x\")"),
        ("[flyway]\nplaceholders . \"a.b\" = 'x'\n", "Text(\"x\")"),
        ("flyway.placeholders.\"a.b\" = 'x'\n", "Text(\"x\")"),
        ("[environments.\"flyway.placeholders\"]\n\"a.b\" = 'x'\n", "none"),
        ("# [flyway.placeholders]\n\"a.b\" = 'x'\n", "none"),
    ] {
        assert_eq!(value("flyway.toml", text), expected, "{text}");
    }
}

#[test]
fn flyway_callbacks_come_in_the_order_of_events_and_descriptions() {
    let names = [
        "afterMigrate__b",
        "afterMigrate",
        "x/afterMigrate__a",
        "beforeMigrate__z",
        "afterVersioned",
        "beforeEachMigrate",
    ];
    let mut set: Vec<(String, &str)> = names.map(|name| (format!("{name}.sql"), "select 1")).to_vec();
    set.push(("V1__a.sql".into(), ""));
    let set: Vec<(&str, &str)> = set.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let catalog = read(&set).expect("a catalog");
    let order: Vec<&str> = catalog.callbacks.iter().map(|callback| callback.section.path.as_str()).collect();
    assert_eq!(
        order,
        [
            "beforeMigrate__z.sql",
            "afterVersioned.sql",
            "afterMigrate.sql",
            "x/afterMigrate__a.sql",
            "afterMigrate__b.sql",
            "beforeEachMigrate.sql"
        ]
    );
    fails(
        &[("V1__a.sql", ""), ("a/afterMigrate.sql", ""), ("b/afterMigrate.sql", "")],
        None,
        "invalid-name b/afterMigrate.sql:1:1: a/afterMigrate.sql and b/afterMigrate.sql are one callback",
        "keep one of them, or give one a description",
    );
}

#[test]
fn what_only_its_own_tool_could_run_refuses_a_plan_while_it_is_pending() {
    use counterfoil::ledger::{Ledger, Row};
    let catalog = read(&[("V1__a.sql", "select '${name}';\n")]).expect("a catalog");
    let plan = |ledger: &Ledger| counterfoil::plan(&catalog, ledger, &counterfoil::plan::Options::default());
    let error = plan(&Ledger::default()).refusal().expect("refused");
    assert_eq!(error.location().map(ToString::to_string).as_deref(), Some("V1__a.sql:1:9"));
    let row = Row { version: "1".to_owned(), ..Row::default() };
    assert_eq!(plan(&Ledger { exists: true, rows: vec![row] }).refusal(), None);
}

#[test]
fn goose_passes_over_what_goose_passes_over() {
    finds(
        &[
            ("1_a.sql", "-- +goose Up\n"),
            ("0_b.sql", ""),
            ("2.sql", ""),
            ("old/3_c.sql", "-- +goose Up\n"),
            ("4_d.SQL", ""),
            ("5_e_test.go", ""),
        ],
        Convention::Goose,
        &[
            "0_b.sql:1:1 unknown-file Warning 0_b.sql is not run: its name has not the form that the convention wants",
            "2.sql:1:1 unknown-file Warning 2.sql is not run: its name has not the form that the convention wants",
            "4_d.SQL:1:1 not-run Warning 4_d.SQL is not run: its name does not end in .sql",
            "old/3_c.sql:1:1 unknown-file Warning 3_c.sql is not run: it lies in a sub-folder",
        ],
    );
}

#[test]
fn sql_migrate_markers() {
    let fails =
        |text: &str, error: &str, help: &str| fails(&[("a.sql", text)], Some(Convention::SqlMigrate), error, help);
    fails(
        "select 1;\n",
        "no-up-section a.sql:1:1: there is no `-- +migrate Up`",
        "write `-- +migrate Up` on a line of its own before the statements to run",
    );
    for wrong in ["-- +migrate up", "--+migrate Up", "-- +migrateUp", "--  +migrate Up"] {
        fails(
            &format!("{wrong}\n"),
            &format!("invalid-marker a.sql:1:1: `{wrong}` is not a sql-migrate marker"),
            "the markers are `-- +migrate` and Up, Down, StatementBegin or StatementEnd, written just so",
        );
    }
    // A marker switches the direction, and what lies below is appended to it.
    let text = "-- +migrate Up\nselect 1;\n-- +migrate Down\nselect 2;\n-- +migrate Up notransaction\nselect 3;\n\
                -- +migrate StatementBegin\ndo $$ begin; end $$\n-- +migrate StatementEnd\nselect 4;\n-- +migrate Down\nselect 5;\n\
                -- +migrate Up\nselect 6;\n";
    let migration = read(&[("a.sql", text)]).expect("one migration").migrations.remove(0);
    assert_eq!(line(&migration), r#"a.sql "a" a.sql:1 off break@5 break@9 break@13 down a.sql:3 break@11"#);
    assert_eq!(
        places(&migration.up),
        ["2:1 select 1", "6:1 select 3", "8:1 do $$ begin; end $$", "10:1 select 4", "14:1 select 6"]
    );
    assert_eq!(places(&migration.down.expect("a way back")), ["4:1 select 2", "12:1 select 5"]);
    // The down section may come first, and what stands before the markers is not run.
    let text = "select 0;\n-- +migrate Down\nselect 1;\n-- +migrate Up\nselect 2;\n";
    let catalog = read(&[("a.sql", text)]).expect("a catalog");
    assert_eq!(catalog.migrations.iter().map(line).collect::<Vec<_>>(), [r#"a.sql "a" a.sql:4 down a.sql:2"#]);
    finds(
        &[("a.sql", text)],
        Convention::SqlMigrate,
        &["a.sql:1:1 ignored-text Warning the text before the first marker is not run"],
    );
}

#[test]
fn prisma_sets() {
    finds(
        &[
            ("migration_lock.toml", "# x\nprovider = \"mysql\"\n"),
            ("1_a/migration.sql", ""),
            ("seed.sql", ""),
            ("old/2_b/migration.sql", ""),
        ],
        Convention::Prisma,
        &[
            "migration_lock.toml:2:1 other-database Error these migrations were made for the provider \"mysql\"",
            "old/2_b/migration.sql:1:1 unknown-file Warning migration.sql is not run: it lies too deep",
            "seed.sql:1:1 unknown-file Warning seed.sql is not run: only a `migration.sql` in a folder of its own is",
        ],
    );
    fails(
        &[("m/1_a/migration.sql", ""), ("m/2_b/steps.sql", "")],
        None,
        "no-up-section m/2_b/steps.sql:1:1: the folder 2_b has no migration.sql",
        "restore the script, or remove the folder",
    );
}

#[test]
fn drizzle_sets() {
    let journal = |entries: &str| format!("{{\"version\":\"7\",\"dialect\":\"postgresql\",\"entries\":[{entries}]}}");
    let entry = |tag: &str, when: u32| format!("{{\"idx\":0,\"when\":{when},\"tag\":\"{tag}\",\"breakpoints\":true}}");
    fails(
        &[("m/meta/_journal.json", &journal(&entry("0000_a", 1)))],
        None,
        "invalid-input m/meta/_journal.json:1:74: the journal lists \"0000_a\", but m/0000_a.sql is not there",
        "restore the file, or remove the entry",
    );
    fails(
        &[("meta/_journal.json", "{\n  \"entries\": [ { \"tag\": 7 } ]\n}")],
        None,
        "invalid-input meta/_journal.json:2:25: the journal cannot be read: expected a string, found a number",
        "restore the file that drizzle-kit wrote",
    );
    fails(
        &[("meta/_journal.json", "{\"entries\": [")],
        None,
        "invalid-input meta/_journal.json:1:14: the journal cannot be read: the text ends too early",
        "restore the file that drizzle-kit wrote",
    );
    fails(
        &[("a/meta/_journal.json", "{\"entries\": []}"), ("b/meta/_journal.json", "{\"entries\": []}")],
        None,
        "invalid-input there are two journals, a/meta/_journal.json and b/meta/_journal.json",
        "give one folder of migrations at a time",
    );
    fails(
        &[("1_a.sql", "")],
        Some(Convention::Drizzle),
        "invalid-input there is no meta/_journal.json",
        "give the whole folder that drizzle-kit writes, with `meta`",
    );
    // The journal's order counts, not the names'; what Drizzle would skip is said.
    let text = journal(&[entry("0002_b", 20), entry("0001_a", 10), entry("0003_c", 20)].join(","));
    let set = [
        ("meta/_journal.json", text.as_str()),
        ("0001_a.sql", ""),
        ("0002_b.sql", "select 1;--> statement-breakpoint select 2;\n"),
        ("0003_c.sql", ""),
    ];
    let catalog = read(&set).expect("a catalog");
    assert_eq!(
        catalog.migrations.iter().map(|m| m.version.as_str()).collect::<Vec<_>>(),
        ["0002_b", "0001_a", "0003_c"]
    );
    finds(
        &set,
        Convention::Drizzle,
        &[
            "0002_b.sql:1:10 breakpoint-text Warning the text behind `--> statement-breakpoint` is a comment and is not run",
            "meta/_journal.json:1:129 journal-order Warning the journal's entry 0001_a is not newer than 0002_b: Drizzle would skip it (and 1 more)",
        ],
    );
    finds(
        &[("meta/_journal.json", "{\"dialect\":\"sqlite\",\"entries\":[]}")],
        Convention::Drizzle,
        &["meta/_journal.json:1:1 other-database Error these migrations were made for the dialect \"sqlite\""],
    );
}

#[test]
fn flyway_sets() {
    finds(
        &[
            ("V1_a.sql", ""),
            ("V1.__b.sql", ""),
            ("V2__c.sql", ""),
            ("B3__d.sql", ""),
            ("U9__e.sql", ""),
            ("V2__f.java", ""),
            ("B1__z.sql", ""),
            ("R1__x.sql", ""),
            ("beforeEachMigrateStatement__y.sql", ""),
        ],
        Convention::Flyway,
        &[
            "B1__z.sql:1:1 baseline-migration Error B1__z.sql is a Flyway baseline migration and is not run",
            "B3__d.sql:1:1 baseline-migration Warning B3__d.sql is a Flyway baseline migration and is not run",
            "R1__x.sql:1:1 unknown-file Warning R1__x.sql is not run: its name has not the form `V1.2__name.sql`, `U1.2__name.sql` or `R__name.sql`",
            "U9__e.sql:1:1 unknown-file Warning U9__e.sql is not run: there is no versioned migration that it undoes",
            "V1.__b.sql:1:1 unknown-file Warning V1.__b.sql is not run: its name has not the form `V1.2__name.sql`, `U1.2__name.sql` or `R__name.sql`",
            "V1_a.sql:1:1 unknown-file Warning V1_a.sql is not run: there are no two underscores between version and name",
            "V2__f.java:1:1 not-run Note V2__f.java is a migration written in code; only SQL files are run",
            "beforeEachMigrateStatement__y.sql:1:1 not-run Warning beforeEachMigrateStatement__y.sql is a Flyway callback and is not run",
        ],
    );
    fails(
        &[("V1__a.sql", ""), ("V1__a.sql.conf", "executeInTransaction = no")],
        None,
        "invalid-input V1__a.sql.conf:1:1: executeInTransaction is \"no\"",
        "write true or false",
    );
    let set = [
        ("V1__a.sql", "select '${x}'"),
        ("V1__a.sql.conf", "placeholderReplacement=false\n"),
        ("V2__b.sql", "select '$${}{ ${'"),
    ];
    let catalog = read(&set).expect("a catalog");
    assert!(catalog.migrations.iter().all(|migration| migration.up.refused.is_none()));
}

#[test]
fn diesel_sets() {
    fails(
        &[("m/1_a/down.sql", "")],
        None,
        "no-up-section m/1_a/down.sql:1:1: the folder 1_a has no up.sql",
        "add the file, or remove the folder",
    );
    fails(
        &[("1_a/up.sql", ""), ("1_a/metadata.toml", "\nrun_in_transaction = 0 # hm\n")],
        None,
        "invalid-input 1_a/metadata.toml:2:1: run_in_transaction is \"0\"",
        "write true or false",
    );
    let catalog =
        read(&[("1_a/up.sql", ""), ("1_a/metadata.toml", "[other]\nrun_in_transaction = false\n")]).expect("a catalog");
    assert_eq!(catalog.migrations.iter().map(line).collect::<Vec<_>>(), [r#"1_a "a" 1_a/up.sql:1"#]);
}

#[test]
fn refinery_sets() {
    fails(
        &[("V1.2__a.sql", "")],
        Some(Convention::Refinery),
        "invalid-name V1.2__a.sql:1:1: the version 1.2 is no integer of refinery's",
        "give it a whole number; refinery refuses it here too",
    );
    fails(
        &[("V99999999999999999999__a.sql", "")],
        Some(Convention::Refinery),
        "invalid-name V99999999999999999999__a.sql:1:1: the version 99999999999999999999 is no integer of refinery's",
        "give it a whole number; refinery refuses it here too",
    );
    // The same number is the same version, whatever its letter and its zeros.
    let catalog = convention::read(
        &files(&[("V01__a.sql", ""), ("U1__b.sql", ""), ("V20240101120000__ünder.sql", ""), ("V0__${x}.sql", "")]),
        Some(Convention::Refinery),
    )
    .expect("a catalog");
    assert_eq!(
        catalog.migrations.iter().map(line).collect::<Vec<_>>(),
        [r#"1 "b" U1__b.sql:1"#, r#"01 "a" V01__a.sql:1"#, r#"20240101120000 "ünder" V20240101120000__ünder.sql:1"#]
    );
    assert_eq!(catalog.migrations[0].version, catalog.migrations[1].version);
    let why = "its name has not the form `V1__name.sql` or `U1__name.sql`";
    let unknown = |name: &str| format!("{name}:1:1 unknown-file Warning {name} is not run: {why}");
    finds(
        &[
            ("R__a.sql", ""),
            ("V1__a-b.sql", ""),
            ("V1_2__a.sql", ""),
            ("V2__b.java", ""),
            ("V3__c.rs", ""),
            ("v4__d.sql", ""),
            ("beforeMigrate.sql", ""),
        ],
        Convention::Refinery,
        &[
            &unknown("R__a.sql"),
            "V1_2__a.sql:1:1 unknown-file Warning V1_2__a.sql is not run: its name has not the form `V1__name.sql` or `U1__name.sql`",
            &unknown("V1__a-b.sql"),
            "V3__c.rs:1:1 not-run Note V3__c.rs is a migration written in code; only SQL files are run",
            &unknown("beforeMigrate.sql"),
            &unknown("v4__d.sql"),
        ],
    );
}

#[test]
fn node_pg_migrate_markers() {
    let fails = |name: &str, text: &str, error: &str, help: &str| {
        fails(&[(name, text)], Some(Convention::NodePgMigrate), error, help);
    };
    fails(
        "1_a.sql",
        "select 1;\n-- Down Migration\nselect 2;\n",
        "no-up-section 1_a.sql:1:1: there is no `-- Up Migration`",
        "write `-- Up Migration` on a line of its own before the statements to run",
    );
    fails(
        "1_a.sql",
        &format!("{BACK}-- up migration, once more\n"),
        "invalid-marker 1_a.sql:5:1: a second `-- Up Migration`",
        "a file is one migration: move what follows to a file of its own",
    );
    fails(
        "seed.sql",
        "",
        "invalid-name seed.sql:1:1: seed.sql does not start with a number and `_`",
        "name it like `0001_name.sql`, or keep it in another folder; node-pg-migrate refuses it here too",
    );
    fails(
        "1_a.down.sql",
        "",
        "invalid-name 1_a.down.sql:1:1: node-pg-migrate runs it as a migration of its own or as a half of one, as it is set up",
        "put both ways into one file, below `-- Up Migration` and `-- Down Migration`",
    );
    // What its pattern takes for a marker, and what it does not.
    let text = "select 0;\n\t-- - UP\tmigrations run here\nselect 1;\n-- upMigration\n--\n-- down\n-- migration\n--DOWN  Migration";
    let set = [("1_a.sql", text)];
    let catalog = convention::read(&files(&set), Some(Convention::NodePgMigrate)).expect("a catalog");
    assert_eq!(catalog.migrations.iter().map(line).collect::<Vec<_>>(), [r#"1_a "a" 1_a.sql:2 down 1_a.sql:8"#]);
    finds(
        &set,
        Convention::NodePgMigrate,
        &["1_a.sql:1:1 ignored-text Warning the text before the first marker is not run"],
    );
}

#[test]
fn graphile_migrate_sets() {
    const HEAD: &str = "--! Previous: -\n--! Hash: sha1:1\n\n";
    let help =
        "it begins with lines of `--! Previous:` and `--! Hash:`, and an empty one; graphile-migrate refuses it too";
    for text in ["select 1;\n", "--! Previous: -\n\nselect 1;\n", &format!("{}select 1;\n", HEAD.trim_end())] {
        fails(
            &[("committed/000001.sql", text)],
            Some(Convention::GraphileMigrate),
            "invalid-marker committed/000001.sql:1:1: it has not the head of a committed migration",
            help,
        );
    }
    fails(
        &[("a/committed/1.sql", HEAD), ("b/committed/2.sql", HEAD)],
        None,
        "invalid-input the migrations lie in more than one folder: a/committed/ and b/committed/",
        "give one folder of migrations at a time",
    );
    // The folder itself may be given; what has no statement is not worth a word.
    let blank = "-- Enter migration here\n";
    let set = [("000001-a_B-c.sql", HEAD), ("000002.sql", HEAD), ("current.sql", blank), ("current/1.sql", blank)];
    let catalog = read(&set).expect("a catalog");
    assert_eq!(
        catalog.migrations.iter().map(line).collect::<Vec<_>>(),
        [r#"000001 "a_B-c" 000001-a_B-c.sql:1"#, r#"000002 "" 000002.sql:1"#]
    );
    assert_eq!(catalog.findings, []);
    finds(
        &[
            ("committed/1_a.sql", "select 1"),
            ("committed/2.sql", HEAD),
            ("current/1-b.sql", "select 1"),
            ("3.sql", "select 1"),
            ("committed/4.js", ""),
        ],
        Convention::GraphileMigrate,
        &[
            "3.sql:1:1 unknown-file Warning 3.sql is not run: it is no committed migration",
            "committed/1_a.sql:1:1 unknown-file Warning 1_a.sql is not run: it is no committed migration",
            "current/1-b.sql:1:1 unknown-file Warning 1-b.sql is not run: it is no committed migration",
        ],
    );
}

#[test]
fn graphile_migrate_runs_outside_a_transaction_by_the_first_line_of_the_body() {
    for (body, transaction) in [
        ("\n--! no-transaction\nselect 1;\n", Transaction::Off),
        ("\n\n--!no-transaction: an index\nselect 1;\n", Transaction::Off),
        ("\n-- an index\n--! no-transaction\nselect 1;\n", Transaction::Auto),
        ("\n-- ! no-transaction\nselect 1;\n", Transaction::Auto),
    ] {
        let text = format!("--! Previous: -\n--! Hash: sha1:1\n--! AllowInvalidHash\n{body}");
        let catalog = read(&[("1.sql", &text)]).expect("a catalog");
        assert_eq!(catalog.migrations[0].up.transaction, transaction, "{body}");
    }
}

#[test]
fn what_graphile_migrate_might_replace_is_refused_when_it_has_to_be_run() {
    // By its own pattern of a placeholder's name, `:[A-Z][0-9A-Z_]+`, and by what is in front of it.
    for (body, refused) in [
        ("GRANT USAGE ON SCHEMA a TO :DATABASE_VISITOR;", Some(":DATABASE_VISITOR")),
        ("DO $$ BEGIN EXECUTE 'grant x to :DATABASE_VISITOR'; END $$;", Some(":DATABASE_VISITOR")),
        ("SELECT ':OWNER_1';", Some(":OWNER_1")),
        ("SELECT ':X1';", Some(":X1")),
        ("SELECT to_char(now(), 'HH24:MI:SS'), 1::TEXT, ': NAME', ':name', ':A', ':AName', ':1A';", None),
        ("SELECT a[1:N];", None),
        ("DO $$ DECLARE a int; BEGIN a :=1; END $$;", None),
    ] {
        let text = format!("--! Previous: -\n--! Hash: sha1:1\n--! Message: a :NAME of its own\n\n{body}\n");
        let catalog = read(&[("1.sql", &text)]).expect("a catalog");
        let found = catalog.migrations[0].up.refused.as_ref().map(ToString::to_string);
        match refused {
            None => assert_eq!(found, None, "{body}"),
            Some(name) => {
                let at = body.find(name).expect("it is there") + 1;
                let message = format!("1.sql:5:{at}: graphile-migrate would fill in the placeholder {name}");
                assert_eq!(found.as_deref(), Some(message.as_str()));
            }
        }
    }
}

/// The statements of both ways of a file of a plain set.
#[track_caller]
fn ways(text: &str) -> (Vec<String>, Option<Vec<String>>) {
    let catalog = convention::read(&files(&[("1_a.sql", text)]), Some(Convention::Plain));
    let migration = catalog.unwrap_or_else(|error| panic!("{error}")).migrations.remove(0);
    (places(&migration.up), migration.down.as_ref().map(places))
}

#[test]
fn a_plain_set_is_read_by_the_markers_of_other_tools() {
    for (up, down) in [
        ("-- migrate:up", "-- migrate:down"),
        ("-- +goose Up", "-- +goose Down"),
        ("-- +migrate Up", "-- +migrate Down"),
        ("-- Up Migration", "---- Down Migration ----"),
        ("-- rambler up", "-- rambler down"),
        ("-- +micrate Up", "-- +micrate Down"),
        ("# --- !Ups", "# --- !Downs"),
        ("-- !Ups", "-- !Downs"),
        ("-- Up", "-- Down"),
        ("--@UP", "--@DOWN"),
        ("-- db up", "-- db:down"),
    ] {
        let text = format!("{up}\n\nselect 1;\n{down}\nselect 2;\n");
        assert_eq!(ways(&text), (vec!["3:1 select 1".into()], Some(vec!["5:1 select 2".into()])), "{text}");
    }
    // What stands above it is the way up, to tools that mark the way back only.
    for down in ["---- create above / drop below ----", "-- //@UNDO", "-- up/down --"] {
        let text = format!("-- a table\nselect 1\n{down}\nselect 2;\n");
        assert_eq!(ways(&text), (vec!["2:1 select 1".into()], Some(vec!["4:1 select 2".into()])), "{text}");
    }
    // rambler's own test, `Test_Scan_ParseStatements`, and one that begins with the way back.
    let text = "-- rambler up\nselect 1;\n-- rambler down\nselect 2;\n-- rambler up\nselect 3;\n";
    assert_eq!(ways(text), (vec!["2:1 select 1".into(), "6:1 select 3".into()], Some(vec!["4:1 select 2".into()])));
    let text = "-- rambler down\nselect 2;\n-- rambler up\nselect 1;\n";
    assert_eq!(ways(text), (vec!["4:1 select 1".into()], Some(vec!["2:1 select 2".into()])));
    // What its own convention makes of it.
    let text = "-- +goose NO TRANSACTION\n-- +goose Up\n-- +goose StatementBegin\nselect 1\n-- +goose StatementEnd\nselect 2;\n\
                -- +goose Down\nselect 3;\n";
    let catalog = convention::read(&files(&[("1_a.sql", text)]), Some(Convention::Plain)).expect("a catalog");
    assert_eq!(line(&catalog.migrations[0]), r#"1 "a" 1_a.sql:2 off break@5 down 1_a.sql:7 off"#);
}

#[test]
fn what_does_not_tell_both_ways_stays_whole() {
    for text in [
        // A heading, prose, a part of a statement; the markers of two tools; and those whose tool needs one for the way up.
        "-- up\nselect 1;\n",
        "-- down\nselect 1;\n",
        "-- rambler down\nselect 1;\n",
        "-- Down Migration\nselect 1;\n",
        "-- Up\nselect 1;\n-- down to the last row\n\nselect 2;\n",
        "select array[\n-- up\n1,\n-- down\n2];\n",
        "-- rambler up\n-- db up\nselect 1;\n-- db down\n-- rambler down\nselect 2;\n",
        "select '\n-- rambler up\n-- rambler down\n';\n",
        "do $$ begin\n-- up\nperform 1;\n-- down\nend $$;\n",
    ] {
        let catalog = convention::read(&files(&[("1_a.sql", text)]), Some(Convention::Plain));
        let migration = catalog.expect("a catalog").migrations.remove(0);
        assert_eq!((migration.up.text.as_str(), migration.down), (text, None));
    }
    // A file of its own for the way back leaves it whole, too.
    let text = "-- up\nselect 1;\n-- down\nselect 2;\n";
    let list = [("1_a.sql", text), ("1_a.down.sql", "select 3;")];
    let migration = convention::read(&files(&list), Some(Convention::Plain)).expect("a catalog").migrations.remove(0);
    assert_eq!((migration.up.text.as_str(), migration.down.expect("a way back").path.as_str()), (text, "1_a.down.sql"));
}

#[test]
fn a_way_back_without_a_statement_leaves_the_checksum_as_it_was() {
    let text = "-- up\nselect 1;\n-- down\n-- nothing\n";
    let migration = read(&[("1_a.sql", text)]).expect("a catalog").migrations.remove(0);
    // `printf` of the whole file to `sha256sum`.
    assert_eq!(migration.checksum, "sha256:bb14cb6cab8c082aff92f7f5bc476e1a1373c48c71a547c6a17365bb89865a4a");
    assert_eq!(migration.down.map(|down| down.text).as_deref(), Some("-- down\n-- nothing\n"));
}

#[test]
fn a_statement_above_the_first_of_both_markers_is_refused() {
    fails(
        &[("1_a.sql", "-- a\nselect 0;\n-- rambler up\nselect 1;\n-- rambler down\nselect 2;\n")],
        None,
        "invalid-marker 1_a.sql:2:1: a statement stands before the first marker",
        "move it below the marker of its way",
    );
    let mended = "-- a\n-- rambler up\nselect 0;\nselect 1;\n-- rambler down\nselect 2;\n";
    assert_eq!(ways(mended).0, ["3:1 select 0", "4:1 select 1"]);
}

#[test]
fn a_marker_of_our_own_asks_for_no_transaction_where_the_tool_has_none() {
    let marked = "-- what it is for\n\n  /* so */ \n-- counterfoil: no-transaction\nselect 1;\n";
    let off = |list: &[(&str, &str)], convention: Option<Convention>| {
        let migration = convention::read(&files(list), convention).expect("a catalog").migrations.remove(0);
        (migration.up.transaction == Transaction::Off, migration.down.map(|down| down.transaction == Transaction::Off))
    };
    assert_eq!(off(&[("1_a.sql", marked)], None), (true, None));
    assert_eq!(off(&[("1_a.up.sql", marked), ("1_a.down.sql", "select 2;")], None), (true, Some(false)));
    assert_eq!(off(&[("1_a.up.sql", "select 1;"), ("1_a.down.sql", marked)], None), (false, Some(true)));
    let both = "-- rambler up\nselect 1;\n-- rambler down\n-- counterfoil: no-transaction\nselect 2;\n";
    assert_eq!(off(&[("1_a.sql", both)], None), (false, Some(true)));
    // sqlx has a marker of its own, and Supabase's command runs every file alike.
    for convention in [Convention::Sqlx, Convention::Supabase] {
        assert_eq!(off(&[("1_a.sql", marked)], Some(convention)), (false, None));
    }
    let help = "the marker is `-- counterfoil: no-transaction`, above the first statement";
    for (text, error) in [
        (
            "select 1;\n-- counterfoil: no-transaction\nselect 2;\n",
            "2:1: `-- counterfoil: no-transaction` marks nothing here",
        ),
        ("\n -- counterfoil: notransaction \nselect 2;\n", "2:2: `-- counterfoil: notransaction` marks nothing here"),
        ("--counterfoil: no-transaction\n", "1:1: `--counterfoil: no-transaction` marks nothing here"),
    ] {
        for path in ["1_a.sql", "1_a.up.sql"] {
            fails(&[(path, text)], None, &format!("invalid-marker {path}:{error}"), help);
        }
    }
    assert_eq!(
        off(&[("1_a.sql", "select '\n-- counterfoil: no-transaction\n'; -- counterfoil: x")], None),
        (false, None)
    );
}

#[test]
fn sqlx_refuses_what_sqlx_refuses() {
    fails(
        &[("1_a.sql", ""), ("seed_data.sql", "")],
        Some(Convention::Sqlx),
        "invalid-name seed_data.sql:1:1: seed_data.sql does not start with a number and `_`",
        "name it like `0001_name.sql`, or keep it in another folder; sqlx refuses it here too",
    );
    finds(
        &[("1_a.sql", ""), ("0003.sql", "")],
        Convention::Sqlx,
        &["0003.sql:1:1 unknown-file Warning 0003.sql is not run: its name has not the form that the convention wants"],
    );
}

#[test]
fn down_files_find_their_up_files() {
    fails(
        &[("1_a.up.sql", ""), ("2_b.down.sql", "")],
        Some(Convention::Sqlx),
        "no-up-section 2_b.down.sql:1:1: 2_b.down.sql has no up file",
        "add the up file of the same number, or remove this one",
    );
    fails(
        &[("1_a.up.sql", ""), ("1_a.down.sql", ""), ("1_b.down.sql", "")],
        None,
        "invalid-name 1_b.down.sql:1:1: it cannot be told which up file 1_b.down.sql belongs to",
        "give it the name of its up file",
    );
    // Two migrations of one number keep their own down files, and stand side by side.
    let catalog = read(&[("01_b.up.sql", ""), ("01_b.down.sql", ""), ("1_a.up.sql", ""), ("1_a.down.sql", "")])
        .expect("a catalog");
    assert_eq!(
        catalog.migrations.iter().map(line).collect::<Vec<_>>(),
        [r#"01 "b" 01_b.up.sql:1 down 01_b.down.sql:1"#, r#"1 "a" 1_a.up.sql:1 down 1_a.down.sql:1"#]
    );
    assert_eq!(catalog.migrations[0].version, catalog.migrations[1].version);
}

#[test]
fn folders_beside_each_other_are_not_mixed() {
    let set = [("db/migrations/1_a.sql", ""), ("db/seeds/1_b.sql", "")];
    fails(
        &set,
        None,
        "invalid-input the migrations lie in more than one folder: db/migrations/ and db/seeds/",
        "give one folder of migrations at a time",
    );
    // Nor are those of versions: in which order, and what a row would stand for, is each tool's own.
    for (first, second) in [("1", "2"), ("v1.0", "v1.1"), ("db/2024-01", "db/2024-02"), ("001_init", "002_more")] {
        let [one, two, three] =
            [first.to_owned() + "/01_a.sql", first.to_owned() + "/02_b.sql", second.to_owned() + "/01_c.sql"];
        fails(
            &[(&one, ""), (&two, ""), (&three, "")],
            None,
            &format!("invalid-input the migrations lie in more than one folder: {first}/ and {second}/"),
            "give one folder of migrations at a time; if each is a version, number all their files in one folder, or write \
             those of each into one, as in 0001_name/up.sql",
        );
    }
    // As the help says.
    for (set, convention) in [
        (["0101_a.sql", "0102_b.sql", "0201_c.sql"], Convention::Plain),
        (["0001_one/up.sql", "0002_two/up.sql", "0003_three/up.sql"], Convention::Folders),
    ] {
        let catalog = read(&set.map(|path| (path, ""))).expect("it is read");
        assert_eq!((catalog.convention, catalog.migrations.len()), (convention, 3));
    }
    // dbmate takes several folders.
    assert_eq!(read(&[("a/1_a.sql", UP), ("b/2_b.sql", UP)]).map(|catalog| catalog.migrations.len()), Ok(2));
}

#[test]
fn paths_that_are_wrong() {
    let help = "give every file once";
    fails(&[("a.sql", ""), ("a.sql", "")], None, "invalid-input the path a.sql is given twice", help);
    fails(&[("./a.sql", ""), ("a.sql", "")], None, "invalid-input the paths ./a.sql and a.sql are one file", help);
    fails(
        &[("m\\a.sql", ""), ("m/a.sql", "")],
        None,
        "invalid-input the paths m/a.sql and m\\a.sql are one file",
        help,
    );
    fails(&[("", "")], None, "invalid-input a file has an empty path", "give every file its path");
    fails(
        &[("a\0.sql", "")],
        None,
        "invalid-input a path has a NUL byte: \"a\\0.sql\"",
        "rename the file or leave it out",
    );
    fails(
        &[("1_a.sql", "-- migrate:up\nselect\0 1;")],
        None,
        "invalid-text 1_a.sql:2:7: the file has a NUL byte",
        "PostgreSQL cannot take one; save the file as UTF-8 text",
    );
    let long = format!("{}_a/migration.sql", "x".repeat(127));
    fails(
        &[(&long, "")],
        None,
        &format!("version-too-long {long}:1:1: the version has 129 characters; the ledger takes 128"),
        "give the migration a shorter name",
    );
}

#[test]
fn odd_names_are_only_names() {
    let catalog = read(&[
        ("__proto__/migration.sql", ""),
        ("constructor/migration.sql", ""),
        ("hasOwnProperty/migration.sql", ""),
        ("../../x/../y/migration.sql", ""),
        (".sql", ""),
        ("/", ""),
        (".", ""),
        (".hidden/._1_a.sql", ""),
    ]);
    // `y` lies in another folder than the rest.
    assert_eq!(
        catalog.map_err(|error| error.to_string()).map(|_| ()),
        Err("the migrations lie in more than one folder:  and ../../x/../".to_owned())
    );
    let catalog = read(&[("__proto__/migration.sql", ""), ("constructor/migration.sql", "")]).expect("a catalog");
    assert_eq!(catalog.migrations.iter().map(|m| m.version.as_str()).collect::<Vec<_>>(), ["__proto__", "constructor"]);
}

#[test]
fn lists_of_replaced_migrations_are_checked() {
    const SUM: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let item = |version: &str| format!("{{ \"version\": \"{version}\", \"checksum\": \"{SUM}\" }}");
    let list = |items: &[String]| format!("{{ \"replaces\": [\n{}\n] }}", items.join(",\n"));
    let one = |text: &str, error: &str, help: &str| {
        fails(&[("m/9_base.sql", UP), ("m/.counterfoil/9_base.json", text)], None, error, help);
    };
    let form = r#"its form is { "replaces": [ { "version": "…", "checksum": "sha256:…" } ] }"#;
    let path = "invalid-input m/.counterfoil/9_base.json";
    let what = "the list of replaced migrations cannot be read:";
    one("[]", &format!("{path}:1:1: {what} expected an object, found an array"), form);
    one("{}", &format!("{path}:1:1: {what} the field `replaces` is missing"), form);
    one(
        "{\"replace\": []}",
        &format!("{path}:1:2: {what} unknown field `replace`, expected `replaces`, `squash`"),
        form,
    );
    one(
        "{\"replaces\": [\n{\"version\": 20240101, \"checksum\": \"\"}]}",
        &format!("{path}:2:13: {what} expected a string, found a number"),
        form,
    );
    one(
        "{\"replaces\": [{\"version\": \"1\", \"checksum\": \"sha256:abc\"}]}",
        &format!("{path}:1:27: the checksum of version 1 is not `sha256:` and 64 hexadecimal digits"),
        "copy it from the plan of the set before the squash",
    );
    one(&list(&[item("09")]), &format!("{path}:2:14: the baseline 09 replaces itself"), "remove the entry");
    one(
        &list(&[item("1"), item("001")]),
        &format!("{path}:3:14: version 001 is listed twice"),
        "remove one of the entries",
    );
    one(
        &list(&[item("")]),
        &format!("{path}:2:14: a replaced version is empty or too long"),
        "write the version as the ledger has it",
    );
    fails(
        &[
            ("8_old.sql", UP),
            ("9_new.sql", UP),
            (".counterfoil/8_old.json", &list(&[item("1")])),
            (".counterfoil/9_new.json", &list(&[item("1")])),
        ],
        None,
        "invalid-input .counterfoil/9_new.json:2:14: version 1 is replaced by two baselines; the other list is .counterfoil/8_old.json",
        "let only the newer baseline list it, or let it list the older baseline",
    );
    fails(
        &[
            ("8_old.sql", UP),
            ("9_new.sql", UP),
            (".counterfoil/8_old.json", &list(&[item("9")])),
            (".counterfoil/9_new.json", &list(&[item("8")])),
        ],
        None,
        "invalid-input .counterfoil/8_old.json:1:1: the baselines 9 and 8 replace each other in a circle",
        "a baseline can only replace older migrations",
    );
    finds(
        &[("9_base.sql", UP), (".counterfoil/7_base.json", &list(&[item("1")])), (".counterfoil/notes.md", "")],
        Convention::Dbmate,
        &[".counterfoil/7_base.json:1:1 unknown-baseline Error there is no migration 7_base that could replace others"],
    );
    // A chain is fine: a newer baseline replaces an older one.
    let chain = read(&[
        ("8_old.sql", UP),
        ("9_new.sql", UP),
        (".counterfoil/8_old.json", &list(&[item("1")])),
        (".counterfoil/9_new.json", &list(&[item("8")])),
    ])
    .expect("a chain");
    assert_eq!(chain.migrations.iter().map(|m| m.replaces.len()).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn every_convention_takes_a_list_of_replaced_migrations() {
    let list = "{\"replaces\":[{\"version\":\"x\",\"checksum\":\"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}]}";
    for (path, text, stem) in [
        ("1_a.sql", UP, "1_a"),
        ("1_a.up.sql", "", "1_a"),
        ("1_a.sql", "-- +goose Up\n", "1_a"),
        ("a.sql", "-- +migrate Up\n", "a"),
        ("1_a/migration.sql", "", "1_a"),
        ("V1__a.sql", "", "V1__a"),
        ("1_a.sql", "-- no-transaction\n", "1_a"),
        ("supabase/migrations/1_a.sql", "", "1_a"),
        ("1_a.sql", "", "1_a"),
        ("1_a/up.sql", "", "1_a"),
        ("U1__a.sql", "", "U1__a"),
        ("1_a.sql", BACK, "1_a"),
        ("1-a.sql", "--! Previous: -\n--! Hash: sha1:1\n\n", "1-a"),
    ] {
        let folder = if path.starts_with("supabase") { "supabase/migrations/" } else { "" };
        let list_path = format!("{folder}.counterfoil/{stem}.json");
        let catalog = read(&[(path, text), (&list_path, list)]).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(catalog.migrations[0].replaces.len(), 1, "{path} {text:?}");
        assert_eq!(catalog.findings, [], "{path}");
    }
    let journal = "{\"entries\":[{\"tag\":\"0001_a\"}]}";
    let catalog = read(&[("0001_a.sql", ""), ("meta/_journal.json", journal), (".counterfoil/0001_a.json", list)])
        .expect("drizzle");
    assert_eq!(catalog.migrations[0].replaces.len(), 1);
}

#[test]
fn every_folder_can_be_read_by_force() {
    let folders = [
        "dbmate",
        "golang-migrate",
        "goose",
        "sql-migrate",
        "prisma",
        "drizzle",
        "drizzle-folders",
        "flyway",
        "sqlx",
        "supabase",
        "plain",
        "diesel",
        "refinery",
        "node-pg-migrate",
        "graphile-migrate",
        "squash",
    ];
    // What another convention makes of a folder is its own affair, but it is never silent: every
    // SQL file is a migration, a down file, or named in a finding.
    for folder in folders {
        let files = fixture(folder);
        for convention in Convention::all() {
            match convention::read(&files, Some(convention)) {
                Err(error) => assert!(!error.help().is_empty(), "{folder} as {convention}: {error}"),
                Ok(catalog) => {
                    let known: Vec<&str> = catalog
                        .migrations
                        .iter()
                        .flat_map(|m| [Some(m.up.path.as_str()), m.down.as_ref().map(|down| down.path.as_str())])
                        .chain(catalog.callbacks.iter().map(|callback| Some(callback.section.path.as_str())))
                        .chain(catalog.findings.iter().map(|finding| finding.at.as_ref().map(|at| at.path.as_str())))
                        .flatten()
                        .collect();
                    for (path, _) in files.iter().filter(|(path, _)| path.ends_with(".sql")) {
                        assert!(known.contains(&path.as_str()), "{folder} as {convention} says nothing of {path}");
                    }
                }
            }
        }
    }
}
