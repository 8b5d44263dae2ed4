//! Diesel: `<date>_name/up.sql`, `down.sql` and `metadata.toml`.
//!
//! Rules: <https://github.com/diesel-rs/diesel>, `diesel_migrations/src/file_based_migrations.rs` and
//! `migrations_internals/src/lib.rs`. A migration is a folder with `up.sql`; a folder without one is
//! an error, a folder whose name starts with a dot is passed over. Order is by the name up to its
//! first underscore, with dashes taken out (what Diesel's own table keeps), as text (`diesel/src/migration/mod.rs`,
//! `MigrationVersion`, and `diesel_migrations/src/migration_harness.rs`); the identity here is
//! the folder's whole name. `run_in_transaction = false` in `metadata.toml` holds for up and down.

use super::files::{File, Set, nested, several_folders};
use super::out::Out;
use crate::error::{Code, Error};
use crate::migration::{NotRunKind, Transaction, Turn};
use crate::version::{Identity, Version};

/// The name of the up file.
pub(super) const UP: &str = "up.sql";

/// The name of the down file.
pub(super) const DOWN: &str = "down.sql";

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    let mut ups = Vec::new();
    for file in set.sql() {
        let in_folder = !file.dir_name().is_empty() && !file.dir_name().starts_with('.');
        match file.name() {
            UP if in_folder => ups.push(file),
            DOWN if in_folder => {
                let version = Version::new(file.dir_name(), Identity::Dated);
                if out.is_not_run(&version) {
                    super::not_run::report(file, NotRunKind::Down, Turn::Never, file.dir_name(), out);
                } else if set.beside(file, UP).is_none() {
                    return Err(file.error(
                        Code::NoUpSection,
                        &format!("the folder {} has no {UP}", file.dir_name()),
                        "add the file, or remove the folder",
                    ));
                }
            }
            _ => out.unknown(
                file,
                "only `up.sql` and `down.sql` in a folder are",
                "rename it if it is a migration; else keep it in another folder",
            ),
        }
    }
    let parents: Vec<&str> = ups.iter().map(|file| file.parent()).collect();
    let (nested, beside) = nested(&parents);
    if let Some(folders) = beside {
        return Err(several_folders(folders));
    }
    for (up, nested) in ups.into_iter().zip(nested) {
        if nested {
            out.unknown(up, "it lies too deep", "move its folder up if it is a migration; sub-folders are not read");
            continue;
        }
        let transaction = match set.beside(up, "metadata.toml") {
            Some(file) => transaction(file)?,
            None => Transaction::Auto,
        };
        let mut up_section = up.section()?;
        up_section.transaction = transaction;
        let mut down_section = set.beside(up, DOWN).map(|down| down.section()).transpose()?;
        if let Some(down) = &mut down_section {
            down.transaction = transaction;
        }
        let folder = up.dir_name();
        let name = folder.split_once('_').map_or(folder, |(_, name)| name);
        out.push(up, folder, name, up_section, down_section, up.parent(), folder);
    }
    Ok(())
}

/// `run_in_transaction` of the file's top level.
fn transaction(file: &File<'_>) -> Result<Transaction, Error> {
    let text = file.canonical()?;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let code = line.split('#').next().unwrap_or_default().trim();
        if code.starts_with('[') {
            break;
        }
        if let Some((key, value)) = code.split_once('=')
            && key.trim().trim_matches('"') == "run_in_transaction"
        {
            return match value.trim() {
                "false" => Ok(Transaction::Off),
                "true" => Ok(Transaction::Auto),
                value => Err(file.error_at(
                    Code::InvalidInput,
                    &format!("run_in_transaction is {value:?}"),
                    "write true or false",
                    &text,
                    offset,
                )),
            };
        }
        offset += line.len();
    }
    Ok(Transaction::Auto)
}
