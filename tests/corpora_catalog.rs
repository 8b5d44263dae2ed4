//! Real migration sets: each is read by its own convention, with every migration in it.
//!
//! Needs `COUNTERFOIL_CORPORA`; skipped without it.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // tests do I/O

#[path = "util/trees.rs"]
mod trees;

use counterfoil::Catalog;
use counterfoil::convention::{self, Convention};
use std::path::Path;

/// The set's name, its convention, its up files, its down sections, its findings.
/// The counts of up files are those of the sets' own README; downs were counted with `grep`.
const SETS: &[(&str, Convention, usize, usize, &[&str])] = &[
    ("lobu-pre908", Convention::Dbmate, 82, 82, &[]),
    ("lobu-baseline908", Convention::Dbmate, 1, 1, &[]),
    ("openmeter", Convention::GolangMigrate, 269, 269, &[]),
    ("hatchet", Convention::Goose, 224, 136, &[]),
    ("goalert", Convention::SqlMigrate, 280, 280, &[]),
    ("langfuse", Convention::Prisma, 434, 0, &[]),
    ("sim", Convention::Drizzle, 298, 0, &["not-in-journal"]),
    ("marquez", Convention::Flyway, 84, 0, &[]),
    ("supabase-storage-tenant", Convention::Plain, 63, 0, &[]),
    ("supabase-storage-multitenant", Convention::Plain, 28, 0, &[]),
];

fn read(files: &[(String, String)]) -> Catalog {
    convention::read(files, None).unwrap_or_else(|error| panic!("{error}; {}", error.help()))
}

#[test]
fn every_set_is_read_by_its_own_convention() {
    let Some(corpora) = trees::corpora() else { return };
    for &(name, convention, ups, downs, findings) in SETS {
        let files = trees::read_tree(&corpora.join(name).join("migrations"));
        let catalog = read(&files);
        let found: Vec<&str> = catalog.findings.iter().map(|finding| &*finding.code).collect();
        let down_count = catalog.migrations.iter().filter(|migration| migration.down.is_some()).count();
        println!(
            "{name}: {} {} up, {down_count} down, findings {found:?}",
            catalog.convention,
            catalog.migrations.len()
        );
        assert_eq!(catalog.convention, convention, "{name}");
        assert_eq!(catalog.migrations.len(), ups, "{name}");
        assert_eq!(down_count, downs, "{name}");
        assert_eq!(found, findings, "{name}");
        assert!(catalog.migrations.iter().all(|migration| migration.up.refused.is_none()), "{name}");
    }
}

/// The tree of an incident. Only the files around the collision are kept there; the rest is known
/// by name from a listing, and gets a harmless text.
fn incident(dir: &Path, when: &str, filler: &str) -> Vec<(String, String)> {
    let mut files = trees::read_tree(&dir.join(when));
    let listing = std::fs::read_to_string(dir.join(format!("{when}.tree.txt"))).expect("a listing");
    for path in listing.lines() {
        if !files.iter().any(|(known, _)| known == path) {
            files.push((path.to_owned(), filler.to_owned()));
        }
    }
    files
}

/// The paths of migrations that share their identity with the one before.
fn twins(catalog: &Catalog) -> Vec<(&str, &str)> {
    catalog
        .migrations
        .windows(2)
        .filter(|pair| pair[0].version == pair[1].version)
        .map(|pair| (pair[0].path.as_str(), pair[1].path.as_str()))
        .collect()
}

#[test]
fn two_files_under_one_identity_stand_side_by_side() {
    let Some(corpora) = trees::corpora() else { return };
    const DBMATE: &str = "-- migrate:up\n-- migrate:down\n";
    // What `index.json` there says of each: the two files and the version.
    let incidents = [
        (
            "lobu-20260427160000",
            DBMATE,
            Some(("20260427160000_drop_dead_schema.sql", "20260427160000_market_founder_to_member.sql")),
        ),
        (
            "lobu-20260622000030",
            DBMATE,
            Some((
                "20260622000030_app_installations_slack_install_id_index.sql",
                "20260622000030_feeds_app_install_issues_uniq.sql",
            )),
        ),
        (
            "lobu-20260626000000",
            DBMATE,
            Some(("20260626000000_drop_watcher_condensation_columns.sql", "20260626000000_feeds_virtual_flag.sql")),
        ),
        ("minder-000065", "", Some(("000065_repo_reminder.up.sql", "000065_rule_instance_project_id.up.sql"))),
        ("marquez-V20", "", Some(("V20__alter_jobs_to_add_namespace_name.sql", "V20__drop_lineage_pk.sql"))),
        // Prisma's identity is the whole name: equal digits are meant to be so.
        ("langfuse-20240512155021", "", None),
        ("langfuse-20260106120000", "", None),
        ("langfuse-20260612000000", "", None),
        ("langfuse-20260619120000", "", None),
    ];
    for (name, filler, expected) in incidents {
        let dir = corpora.join("collisions").join(name);
        let before = read(&incident(&dir, "before", filler));
        println!("{name}: {} {} up, {:?}", before.convention, before.migrations.len(), twins(&before));
        assert_eq!(twins(&before), expected.into_iter().collect::<Vec<_>>(), "{name}");
        assert_eq!(before.findings, [], "{name}");
        if dir.join("after").exists() {
            let after = read(&incident(&dir, "after", filler));
            assert_eq!(twins(&after), [], "{name}");
            // The renumbered file is the same migration by its checksum.
            if let Some((first, second)) = expected {
                let sum = |catalog: &Catalog, path: &str| {
                    catalog.migrations.iter().find(|m| m.path == path).map(|m| m.checksum.clone())
                };
                let moved = [first, second].into_iter().find(|path| sum(&after, path).is_none());
                let sum = sum(&before, moved.expect("one was renumbered"));
                assert!(after.migrations.iter().any(|m| Some(&m.checksum) == sum.as_ref()), "{name}");
            }
        }
    }
}

#[test]
fn a_file_that_a_journal_hides_is_reported() {
    let Some(corpora) = trees::corpora() else { return };
    let dir = corpora.join("collisions/sim-0077");
    // The rename did not help: neither journal lists the file, and by then another one was hidden too.
    for (when, ups, expected) in [
        ("before", 90, &["0077_missing_doc_processing.sql"][..]),
        ("after", 100, &["0091_backfill_user_stats.sql", "0101_missing_doc_processing.sql"]),
    ] {
        let catalog = read(&incident(&dir, when, ""));
        let hidden: Vec<&str> = catalog
            .findings
            .iter()
            .filter(|finding| finding.code == "not-in-journal")
            .filter_map(|finding| finding.at.as_ref())
            .map(|at| at.path.as_str())
            .collect();
        println!("sim-0077 {when}: {} up, hidden {hidden:?}", catalog.migrations.len());
        assert_eq!(hidden, expected, "{when}");
        assert_eq!((catalog.findings.len(), catalog.migrations.len()), (expected.len(), ups), "{when}");
    }
}

#[test]
fn equal_digits_on_purpose_are_not_one_identity() {
    let Some(corpora) = trees::corpora() else { return };
    // The counts are those of the sets' own README.
    for (name, digits, count) in [("goalert", "20241108160105", 4), ("langfuse", "20240528214728", 18)] {
        let catalog = read(&trees::read_tree(&corpora.join(name).join("migrations")));
        let same = catalog.migrations.iter().filter(|m| m.version.as_str().starts_with(digits)).count();
        assert_eq!(same, count, "{name}");
        assert_eq!(twins(&catalog), [], "{name}");
    }
}
