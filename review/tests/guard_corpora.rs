//! The guards on real migration sets and on real incidents.
//!
//! Needs `COUNTERFOIL_CORPORA`; skipped without it.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // tests do I/O

#[path = "../../tests/util/trees.rs"]
mod trees;

use counterfoil::sql::analyze;
use counterfoil_review::guard::{self, Branch, Change, Edit, Files, Options, Registers, Set, Track, Verdict};
use std::path::{Path, PathBuf};

/// The sets, and the convention where the files alone do not tell it.
const SETS: &[&str] = &[
    "lobu-pre908",
    "lobu-baseline908",
    "openmeter",
    "hatchet",
    "goalert",
    "langfuse",
    "sim",
    "marquez",
    "supabase-storage-tenant",
    "supabase-storage-multitenant",
];

/// What `index.json` there says of each incident: the folder, and the two files of one version, the
/// one that came second last.
const INCIDENTS: &[(&str, &str, &str)] = &[
    ("lobu-20260427160000", "20260427160000_market_founder_to_member.sql", "20260427160000_drop_dead_schema.sql"),
    (
        "lobu-20260622000030",
        "20260622000030_feeds_app_install_issues_uniq.sql",
        "20260622000030_app_installations_slack_install_id_index.sql",
    ),
    (
        "lobu-20260626000000",
        "20260626000000_feeds_virtual_flag.sql",
        "20260626000000_drop_watcher_condensation_columns.sql",
    ),
    (
        "langfuse-20260106120000",
        "20260106120000_add_encrypt_blob_storage_secrets_background_migration/migration.sql",
        "20260106120000_add_inline_comment_columns/migration.sql",
    ),
    (
        "langfuse-20260612000000",
        "20260612000000_drop_job_executions_job_template_id_fkey/migration.sql",
        "20260612000000_add_dataset_item_media/migration.sql",
    ),
    (
        "langfuse-20260619120000",
        "20260619120000_add_blob_storage_export_tuning/migration.sql",
        "20260619120000_revert_slack_pending_install_columns/migration.sql",
    ),
    (
        "langfuse-20240512155021",
        "20240512155021_add_pricing_gpt4o/migration.sql",
        "20240512155021_scores_drop_fk_on_traces_and_observations/migration.sql",
    ),
    ("minder-000065", "000065_rule_instance_project_id.up.sql", "000065_repo_reminder.up.sql"),
    ("marquez-V20", "V20__alter_jobs_to_add_namespace_name.sql", "V20__drop_lineage_pk.sql"),
    ("sim-0077", "0077_rapid_chimera.sql", "0077_missing_doc_processing.sql"),
];

/// What the commits that resolved them did, as `diff -r` tells it.
const FIXES: &[(&str, &[&str])] = &[
    ("lobu-20260427160000", &["collision-resolved"]),
    ("lobu-20260622000030", &["collision-resolved"]),
    ("lobu-20260626000000", &["collision-resolved"]),
    // Under Prisma the two were no collision, and the rename made one of them run again.
    ("langfuse-20260106120000", &["shipped-renamed"]),
    // The file of the next number was pushed along, which the number after it would have spared.
    ("minder-000065", &["collision-resolved", "shipped-renamed"]),
    ("marquez-V20", &["collision-resolved", "shipped-renamed"]),
    // The hidden file got another name and still is in no journal; nor is a later one.
    ("sim-0077", &["version-collision", "not-in-journal"]),
];

fn files(tree: Vec<(String, String)>) -> Files {
    tree.into_iter().collect()
}

/// The tree of an incident. Only the files around the collision are kept there; the rest is known
/// by name from a listing, and gets the text that it has in the other tree, or one of its own.
fn incident(corpora: &Path, name: &str, when: &str) -> Option<Files> {
    let dir = corpora.join("collisions").join(name);
    let listing = std::fs::read_to_string(dir.join(format!("{when}.tree.txt"))).ok()?;
    let mut tree = files(trees::read_tree(&dir.join(when)));
    let other = dir.join(if when == "before" { "after" } else { "before" });
    let other = if other.is_dir() { files(trees::read_tree(&other)) } else { Files::new() };
    let marker = if name.starts_with("lobu") { "-- migrate:up\n" } else { "" };
    for path in listing.lines() {
        // A file that was moved along has the same name behind its number.
        let name = |path: &str| path.split_once('_').map(|(_, name)| name.to_owned());
        let moved = || other.iter().find(|(other, _)| name(other) == name(path)).map(|(_, text)| text.clone());
        let filler = || {
            let known = other.get(path).cloned().or_else(moved);
            known.unwrap_or_else(|| format!("{marker}select '{path}';\n"))
        };
        tree.entry(path.to_owned()).or_insert_with(filler);
    }
    Some(tree)
}

fn change(base: Files, head: Files) -> Change {
    let set = Set { dir: "migrations".to_owned(), base, head, ..Set::default() };
    Change { sets: vec![set], ..Change::default() }
}

fn verdict(change: &Change) -> Verdict {
    guard::check(change, &Options::default()).unwrap_or_else(|error| panic!("{error}; {}", error.help()))
}

fn codes(verdict: &Verdict) -> Vec<&str> {
    verdict.findings.iter().map(|finding| &*finding.code).collect()
}

/// The files without a migration, and without what belongs to it.
fn without(tree: &Files, migration: &str) -> Files {
    let folder = migration.strip_suffix("migration.sql");
    let down = migration.replace(".up.sql", ".down.sql");
    let belongs =
        |path: &str| path == migration || path == down || folder.is_some_and(|folder| path.starts_with(folder));
    tree.iter().filter(|(path, _)| !belongs(path)).map(|(path, text)| (path.clone(), text.clone())).collect()
}

fn set(corpora: &Path, name: &str) -> Files {
    files(trees::read_tree(&PathBuf::from(corpora).join(name).join("migrations")))
}

#[test]
fn a_real_set_compared_with_itself_has_no_findings() {
    let Some(corpora) = trees::corpora() else { return };
    for name in SETS {
        let tree = set(&corpora, name);
        let same = verdict(&change(tree.clone(), tree.clone()));
        assert_eq!(codes(&same), [""; 0], "{name}");
        // As git gives it on Windows.
        let crlf: Files =
            tree.iter().map(|(path, text)| (path.clone(), text.replace("\r\n", "\n").replace('\n', "\r\n"))).collect();
        assert_eq!(codes(&verdict(&change(tree.clone(), crlf))), [""; 0], "{name}");
        // Everything is new. One file of sim is in no journal, beside one that has its number.
        let new = verdict(&change(Files::new(), tree));
        let bad: Vec<&str> = codes(&new).into_iter().filter(|code| *code != "version-shared").collect();
        assert_eq!(bad, if *name == "sim" { &["version-collision"][..] } else { &[] }, "{name}");
    }
}

#[test]
fn every_edited_and_deleted_file_of_a_real_set_is_found() {
    let Some(corpora) = trees::corpora() else { return };
    for name in SETS {
        let tree = set(&corpora, name);
        let given: Vec<(String, String)> = tree.clone().into_iter().collect();
        let catalog = counterfoil::convention::read(&given, None).expect("a set");
        let mut head = tree.clone();
        let mut expected = Vec::new();
        for (at, migration) in catalog.migrations.iter().filter(|migration| !migration.repeatable).enumerate() {
            let path = &migration.path;
            match at % 3 {
                0 => {
                    let text = head.get_mut(path).expect("its file");
                    // The last line of the up section gets a statement of its own.
                    let lines: Vec<&str> = migration.up.text.lines().collect();
                    let line = migration.up.line as usize + lines.len() - 1;
                    let mut all: Vec<String> = text.lines().map(str::to_owned).collect();
                    all.insert(line, ";\nselect 'an edit';".to_owned());
                    *text = all.join("\n") + "\n";
                    expected.push((path.clone(), "shipped-edited"));
                }
                // Drizzle's journal would list a file that is not there.
                1 if catalog.convention.as_str() != "drizzle" => {
                    head = without(&head, path);
                    expected.push((path.clone(), "shipped-deleted"));
                }
                _ => {}
            }
        }
        expected.sort();
        let verdict = verdict(&change(tree, head));
        let found: Vec<(String, &str)> = verdict
            .findings
            .iter()
            .map(|finding| (finding.at.as_ref().expect("a place").path.clone(), &*finding.code))
            .collect();
        assert_eq!(found, expected, "{name}");
        println!("{name}: {} edited or deleted files found", found.len());
    }
}

#[test]
fn every_incident_is_told_with_both_files_before_it_is_merged() {
    let Some(corpora) = trees::corpora() else { return };
    for &(name, first, second) in INCIDENTS {
        let both = incident(&corpora, name, "before").expect("a tree");
        let base = without(&both, second);
        // The first file has been merged: the change that brings the second is told.
        let told = verdict(&change(base.clone(), both.clone()));
        about_both(&told, name, first, second);
        // So it is if it was merged while the change was open …
        let start = without(&base, first);
        let mut open = change(start.clone(), without(&both, first));
        open.sets[0].target = Some(base.clone());
        let journal = name.starts_with("sim");
        if !journal {
            about_both(&verdict(&open), name, first, second);
        }
        // … and if it is on another branch still.
        open.sets[0].target = None;
        open.sets[0].against = vec![Branch { name: "other".to_owned(), files: base }];
        let elsewhere = verdict(&open);
        if !journal && !name.starts_with("langfuse") {
            assert!(codes(&elsewhere).contains(&"version-collision-elsewhere"), "{name}: {:?}", elsewhere.findings);
            about_both(&elsewhere, name, first, second);
        }
    }
}

#[track_caller]
fn about_both(verdict: &Verdict, name: &str, first: &str, second: &str) {
    let about =
        verdict.findings.iter().find(|finding| finding.message.contains(first) && finding.message.contains(second));
    let found = about.unwrap_or_else(|| panic!("{name}: {:?}", verdict.findings));
    println!("{name}: {} {}; {}", found.code, found.message, found.help);
    // Prisma runs both: their names are their versions.
    let expected = if name.starts_with("langfuse") {
        &["version-shared"][..]
    } else {
        &["version-collision", "version-collision-elsewhere"]
    };
    assert!(expected.contains(&&*found.code), "{name}: {found:?}");
}

#[test]
fn every_fix_says_what_it_renames_and_makes_no_collision_of_its_own() {
    let Some(corpora) = trees::corpora() else { return };
    for (name, expected) in FIXES {
        let after = incident(&corpora, name, "after").expect("a tree");
        let before = incident(&corpora, name, "before").expect("a tree");
        let fixed = verdict(&change(before, after.clone()));
        for finding in &fixed.findings {
            println!("{name}: {} {}", finding.code, finding.message);
        }
        let found = codes(&fixed);
        assert_eq!(found, *expected, "{name}");
        assert_eq!(codes(&verdict(&change(after.clone(), after))), [""; 0], "{name}");
    }
}

#[test]
fn a_proposed_version_resolves_the_collision() {
    let Some(corpora) = trees::corpora() else { return };
    for &(name, first, second) in INCIDENTS.iter().filter(|(name, ..)| !name.starts_with("sim")) {
        let both = incident(&corpora, name, "before").expect("a tree");
        let base = without(&both, second);
        let mut open = change(without(&base, first), without(&both, first));
        open.sets[0].target = Some(base.clone());
        let told = verdict(&open);
        if name.starts_with("langfuse") && told.renumber.is_empty() {
            continue;
        }
        let mut head = open.sets[0].head.clone();
        for step in &told.renumber {
            let text = head.remove(&step.path).unwrap_or_else(|| panic!("{name}: {step:?}"));
            assert_eq!(head.insert(step.to.clone(), text), None, "{name}: {step:?}");
        }
        assert!(!told.renumber.is_empty(), "{name}");
        println!("{name}: {:?}", told.renumber);
        open.sets[0].head = head;
        assert_eq!(codes(&verdict(&open)), [""; 0], "{name}");
    }
}

#[test]
fn a_real_squash_passes_with_the_sentinel_only() {
    let Some(corpora) = trees::corpora() else { return };
    let mut squash = change(set(&corpora, "lobu-pre908"), set(&corpora, "lobu-baseline908"));
    let alone = verdict(&squash);
    assert!(!alone.ok);
    // 82 files became one under the name of the first: 81 are gone, and that one is edited.
    assert_eq!(codes(&alone).iter().filter(|code| **code == "shipped-deleted").count(), 81);
    assert_eq!(codes(&alone).iter().filter(|code| **code == "shipped-edited").count(), 1);
    squash.messages = vec!["chore(db): squash migrations [squash-baseline]".to_owned()];
    let reviewed = verdict(&squash);
    assert_eq!(codes(&reviewed), ["squash-reviewed"]);
    assert!(reviewed.ok);
    println!("{}", reviewed.findings[0].message);
}

/// Statements are cut and named by the splitter, which is checked against PostgreSQL's own parser.
#[test]
fn ddl_is_seen_where_a_statement_begins_with_it() {
    let Some(corpora) = trees::corpora() else { return };
    const OBJECTS: &[&str] =
        &["table", "index", "view", "type", "function", "trigger", "schema", "sequence", "domain", "procedure"];
    let track =
        |glob: &str| Track { files: vec![glob.to_owned()], ignore: vec![], registers: Registers::File, ddl: None };
    let tracks = [("set".to_owned(), track("set/**")), ("other".to_owned(), track("other/**"))];
    let options = Options { tracks: tracks.into(), ..Options::default() };
    for name in SETS {
        let given: Vec<(String, String)> = set(&corpora, name).into_iter().collect();
        let catalog = counterfoil::convention::read(&given, None).expect("a set");
        let (mut with, mut without) = (0, 0);
        for migration in &catalog.migrations {
            let Ok(analysis) = analyze(&migration.up.text, &migration.up.breaks) else { continue };
            // Functions of the session's own schema are none of the database's.
            let is_temporary = |span: counterfoil::span::Span| {
                span.slice(&migration.up.text).to_lowercase().starts_with("create or replace function pg_temp.")
            };
            let statements = analysis.statements.iter().filter(|statement| !is_temporary(statement.span));
            let verbs: Vec<&str> = statements.map(|statement| &*statement.verb).collect();
            let changes = |verb: &&&str| ["create", "alter", "drop"].iter().any(|word| verb.starts_with(word));
            let objects = |verb: &&&str| !verb.contains("temp") && OBJECTS.iter().any(|object| verb.contains(object));
            let text = given.iter().find(|(path, _)| *path == migration.path).expect("its file").1.clone();
            let path = format!("set/{}", migration.path);
            let edit = Edit { path, head: Some(text), ..Edit::default() };
            let change = Change { edits: vec![edit], ..Change::default() };
            let found = guard::check(&change, &options).expect("a verdict").findings;
            if verbs.iter().filter(changes).any(|verb| objects(&verb)) {
                with += 1;
                assert_eq!(found.len(), 1, "{name} {}: {verbs:?}", migration.path);
            } else if !verbs.iter().any(|verb| changes(&verb) || verb.starts_with("do")) {
                without += 1;
                assert_eq!(found, [], "{name} {}: {verbs:?}", migration.path);
            }
        }
        println!("{name}: {with} with DDL, {without} without");
    }
}
