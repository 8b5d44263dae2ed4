//! The files of a set, as another tool would know them.

use crate::tree;
use counterfoil::migration::{Catalog, Migration, Turn};
use counterfoil::version::{Identity, Version, leading_digits};
use std::collections::{BTreeMap, BTreeSet};

/// A file that may be what another tool has run.
pub(super) struct File<'a> {
    /// The version, as our ledger writes it.
    pub version: &'a Version,
    /// What a person calls it.
    pub name: &'a str,
    /// The path as given; empty for what a baseline replaces, which has no file.
    pub path: &'a str,
    /// Its text, byte for byte; none if it is not in SQL, or not there.
    pub text: Option<&'a str>,
    /// The migration that it is; none if it is not run here.
    pub migration: Option<&'a Migration>,
    /// Whether the tool runs anything for it on the way up.
    pub runs: bool,
}

impl File<'_> {
    /// The name by which tools know it: of the file, or of its folder where that is the migration; without its ending.
    pub(super) fn stem(&self) -> &str {
        let mut parts = self.path.rsplit(['/', '\\']);
        let file = parts.next().unwrap_or_default();
        if matches!(file, "migration.sql" | "up.sql" | "down.sql") {
            return parts.next().unwrap_or_default();
        }
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        stem.strip_suffix(".up").unwrap_or(stem)
    }

    /// The file's whole name.
    pub(super) fn file_name(&self) -> &str {
        self.path.rsplit(['/', '\\']).next().unwrap_or_default()
    }

    /// The number that its version begins with.
    pub(super) fn number(&self) -> Option<&str> {
        let digits = leading_digits(self.version.as_str());
        (!digits.is_empty()).then_some(digits)
    }

    /// Whether it may be run again when it changes.
    pub(super) fn repeatable(&self) -> bool {
        self.migration.is_some_and(|migration| migration.repeatable)
    }
}

/// All of them, in the order in which they are applied.
pub(super) struct Set<'a> {
    pub identity: Identity,
    pub files: Vec<File<'a>>,
    /// Drizzle's journal: the `when` of each tag.
    pub journal: BTreeMap<String, i64>,
}

impl<'a> Set<'a> {
    /// `given`: paths and texts as they are.
    pub(super) fn new(given: &'a [(String, String)], catalog: &'a Catalog) -> Self {
        let mut texts: BTreeMap<&str, &str> = BTreeMap::new();
        texts.extend(given.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        let mut files = Vec::new();
        for migration in &catalog.migrations {
            files.push(File {
                version: &migration.version,
                name: &migration.name,
                path: &migration.path,
                text: texts.get(migration.path.as_str()).copied(),
                migration: Some(migration),
                runs: true,
            });
        }
        for file in &catalog.not_run {
            let Some(version) = file.turn.version() else { continue };
            let runs = !matches!(file.turn, Turn::Empty(_));
            files.push(File { version, name: &file.name, path: &file.path, text: None, migration: None, runs });
        }
        let mut known: BTreeSet<&Version> = tree::set(files.iter().map(|file| file.version));
        for replaced in catalog.migrations.iter().flat_map(|migration| &migration.replaces) {
            if known.insert(&replaced.version) {
                files.push(File {
                    version: &replaced.version,
                    name: "",
                    path: "",
                    text: None,
                    migration: None,
                    runs: true,
                });
            }
        }
        let is_journal = |path: &str| path.replace('\\', "/").ends_with("meta/_journal.json");
        let journal = given.iter().find(|(path, _)| is_journal(path)).map(|(_, text)| journal(text));
        Set { identity: catalog.convention.identity(), files, journal: journal.unwrap_or_default() }
    }

    /// The version that a text writes.
    pub(super) fn version(&self, text: &str) -> Version {
        Version::new(text, self.identity)
    }
}

/// `meta/_journal.json`; the catalog has been read, so that it is one.
fn journal(text: &str) -> BTreeMap<String, i64> {
    #[derive(serde::Deserialize)]
    struct Journal {
        entries: Vec<Item>,
    }
    #[derive(serde::Deserialize)]
    struct Item {
        tag: String,
        when: Option<i64>,
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let read: Option<Journal> = serde_json::from_str(text).ok();
    let mut out = BTreeMap::new();
    for item in read.into_iter().flat_map(|journal| journal.entries) {
        if let Some(when) = item.when {
            out.insert(item.tag, when);
        }
    }
    out
}
