//! Real migration sets: each is read by its own convention, with every migration in it.
//!
//! Needs `COUNTERFOIL_CORPORA`; skipped without it.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // tests do I/O

#[path = "util/trees.rs"]
mod trees;

use counterfoil::Catalog;
use counterfoil::convention::{self, Convention};

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
    convention::read(files, None).unwrap_or_else(|error| panic!("{error}; {}", error.help_text()))
}

#[test]
fn every_set_is_read_by_its_own_convention() {
    let Some(corpora) = trees::corpora() else { return };
    for &(name, convention, ups, downs, findings) in SETS {
        let files = trees::read_tree(&corpora.join(name).join("migrations"));
        let catalog = read(&files);
        let found: Vec<&str> = catalog.findings.iter().map(|finding| finding.code).collect();
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
