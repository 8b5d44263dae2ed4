//! A folder's files as the guards see them: one item per migration.
//!
//! Where the folder cannot be read by its convention, every file counts as one migration as a whole,
//! and its version is told from its name. So a broken folder is still guarded.

use super::Files;
use counterfoil::checksum::{canonical, checksum};
use counterfoil::convention::{self, Convention, LISTS};
use counterfoil::error::{Error, Location};
use counterfoil::finding::Finding;
use counterfoil::migration::{Migration, NotRunKind, Section, Transaction};
use counterfoil::ordered;
use counterfoil::version::{Identity, Version, leading_digits};

/// A migration.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub migration: Migration,
    /// Whether it is written in a programming language, such as goose's `.go` files.
    pub code: bool,
}

impl std::ops::Deref for Item {
    type Target = Migration;

    fn deref(&self) -> &Migration {
        &self.migration
    }
}

/// All migrations of a folder, in the order in which they are applied; code comes last.
#[derive(Clone, Debug, Default)]
pub(super) struct Items {
    pub list: Vec<Item>,
    /// None if the folder could not be read, and no convention was given.
    pub convention: Option<Convention>,
    /// What was noticed while reading.
    pub findings: Vec<Finding>,
    /// Why it could not be read by its convention.
    pub unread: Option<Error>,
}

impl Items {
    /// Reads a folder; file by file if it cannot be read as a set.
    pub(super) fn read(files: &Files, convention: Option<Convention>) -> Items {
        let given: Vec<(String, String)> = files.iter().map(|(path, text)| (path.clone(), text.clone())).collect();
        match convention::read(&given, convention) {
            Ok(catalog) => {
                let mut list: Vec<Item> =
                    catalog.migrations.into_iter().map(|migration| Item { migration, code: false }).collect();
                for file in catalog.not_run.iter().filter(|file| file.kind == NotRunKind::Code) {
                    if let Some((path, text)) = files.get_key_value(&file.path) {
                        list.push(Item { migration: whole(path, text, Some(catalog.convention)), code: true });
                    }
                }
                Items { list, convention: Some(catalog.convention), findings: catalog.findings, unread: None }
            }
            Err(error) => Items { unread: Some(error), ..Items::by_file(files, convention) },
        }
    }

    /// The same folder, file by file.
    pub(super) fn as_files(&self, files: &Files, convention: Option<Convention>) -> Items {
        Items { unread: self.unread.clone(), ..Items::by_file(files, convention) }
    }

    /// Every file as a migration as a whole.
    fn by_file(files: &Files, convention: Option<Convention>) -> Items {
        let mut list = Vec::new();
        for (path, text) in files {
            let name = name(path);
            if !is_sql(name) || name.starts_with('.') || is_beside(path) || is_down(name) {
                continue;
            }
            let mut migration = whole(path, text, convention);
            let down = match name.strip_suffix("up.sql") {
                Some(stem) => files.get_key_value(&format!("{}{stem}down.sql", folder(path))),
                None => None,
            };
            migration.down = down.map(|(path, text)| section(path, text));
            list.push(Item { migration, code: false });
        }
        ordered::sort_by(&mut list, |a, b| (&a.version, &a.path).cmp(&(&b.version, &b.path)));
        Items { list, convention, findings: Vec::new(), unread: None }
    }
}

/// The file as one migration.
fn whole(path: &str, text: &str, convention: Option<Convention>) -> Migration {
    let up = section(path, text);
    let name = label(path);
    let identity = convention.map_or(Identity::Digits, Convention::identity);
    let version = match identity {
        Identity::Digits => match convention {
            // The letter is no part of it.
            Some(Convention::Refinery) => leading_digits(name.trim_start_matches(['V', 'U'])).to_owned(),
            _ => leading_digits(name).to_owned(),
        },
        Identity::Dotted => name
            .strip_prefix('V')
            .and_then(|rest| rest.split_once("__"))
            .map_or_else(|| leading_digits(name).to_owned(), |(version, _)| version.replace('_', ".")),
        Identity::Name if convention == Some(Convention::SqlMigrate) => name.to_owned(),
        _ => name.strip_suffix(".sql").unwrap_or(name).to_owned(),
    };
    // A file without a number has its name as identity: no two have the same.
    let version = if version.is_empty() { name.to_owned() } else { version };
    Migration {
        version: Version::new(version, identity),
        name: stem(name).trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(['_', '-']).to_owned(),
        path: path.to_owned(),
        checksum: checksum(&up.text),
        up,
        down: None,
        repeatable: convention == Some(Convention::Flyway) && name.starts_with("R__"),
        replaces: Vec::new(),
    }
}

fn section(path: &str, text: &str) -> Section {
    Section {
        path: path.to_owned(),
        text: canonical(text).into_owned(),
        line: 1,
        transaction: Transaction::Auto,
        breaks: Vec::new(),
        refused: None,
        fills: Vec::new(),
    }
}

/// The start of a file, as a place.
pub(super) fn start(path: &str) -> Location {
    Location { path: path.to_owned(), line: 1, column: 1 }
}

/// The file's name.
pub(super) fn name(path: &str) -> &str {
    &path[folder(path).len()..]
}

/// The file's folder, with a slash at its end; empty if there is none.
pub(super) fn folder(path: &str) -> &str {
    &path[..path.rfind('/').map_or(0, |at| at + 1)]
}

/// Whether the migration is a folder: `<folder>/migration.sql`, `<folder>/up.sql`.
pub(super) fn is_folder(path: &str) -> bool {
    matches!(name(path), "migration.sql" | "up.sql") && folder(path).len() > 1
}

/// What has the version in it: the file's name, or its folder's where that is the migration.
pub(super) fn label(path: &str) -> &str {
    if is_folder(path) { name(folder(path).trim_end_matches('/')) } else { name(path) }
}

/// Where the label begins in the path.
pub(super) fn label_at(path: &str) -> usize {
    if is_folder(path) { folder(folder(path).trim_end_matches('/')).len() } else { folder(path).len() }
}

/// The name without what says its kind.
fn stem(name: &str) -> &str {
    let name = name.strip_suffix(".sql").unwrap_or(name);
    name.strip_suffix(".up").unwrap_or(name)
}

/// Where a baseline's list of replaced migrations lies.
pub(super) fn list_path(path: &str) -> String {
    let label = label(path);
    let label = if is_folder(path) { label } else { stem(label) };
    format!("{}{LISTS}/{label}.json", &path[..label_at(path)])
}

/// Whether the name is that of a down file.
pub(super) fn is_down(name: &str) -> bool {
    name == "down.sql" || name.ends_with(".down.sql")
}

/// Whether the file is Drizzle's journal.
pub(super) fn is_journal(path: &str) -> bool {
    path == "meta/_journal.json" || path.ends_with("/meta/_journal.json")
}

/// Whether the file lies in a `.counterfoil` folder.
fn is_beside(path: &str) -> bool {
    path.split('/').any(|part| part == LISTS)
}

/// Whether the name ends in `.sql`, whatever its case.
pub(super) fn is_sql(name: &str) -> bool {
    name.len() >= 4 && name.as_bytes()[name.len() - 4..].eq_ignore_ascii_case(b".sql")
}
