//! Folders: `<digits>_name/up.sql` and `down.sql`, a folder for each version; no markers. For sets of that form that no
//! tool's own convention fits, and what Diesel's and Hasura's have in common.
//!
//! The identity is the number, or all of the folder's name where it is Diesel's. A folder without a number, and files of
//! another name, are passed over.

use super::files::{File, Set, nested, numbered, several_folders};
use super::out::Out;
use crate::error::{Code, Error};
use crate::migration::{NotRunKind, Transaction, Turn};
use crate::version::{Identity, Version};

/// The name of the up file.
pub(super) const UP: &str = "up.sql";

/// The name of the down file.
pub(super) const DOWN: &str = "down.sql";

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    read_with(set, out, false, |_, _| Ok(Transaction::Auto))
}

/// The version and the name of a folder; none if it is no migration.
pub(super) fn version(folder: &str, identity: Identity) -> Option<(&str, &str)> {
    match identity {
        Identity::Digits => numbered(folder),
        _ if folder.is_empty() || folder.starts_with('.') => None,
        _ => Some((folder, folder.split_once('_').map_or(folder, |(_, name)| name))),
    }
}

/// Reads every folder with an up file. `lone`: one with a down file alone is counted and runs nothing.
pub(super) fn read_with(
    set: &Set<'_>,
    out: &mut Out,
    lone: bool,
    transaction: fn(&Set<'_>, &File<'_>) -> Result<Transaction, Error>,
) -> Result<(), Error> {
    let identity = out.identity();
    let mut ups = Vec::new();
    for file in set.sql() {
        match (file.name(), version(file.dir_name(), identity)) {
            (UP, Some(of)) => ups.push((file, of)),
            (DOWN, Some((digits, name))) => {
                let version = Version::new(digits, identity);
                let is_known = out.is_not_run(&version);
                if set.beside(file, UP).is_some() {
                    continue;
                }
                if !lone && !is_known {
                    return Err(file.error(
                        Code::NoUpSection,
                        &format!("the folder {} has no {UP}", file.dir_name()),
                        "add the file, or remove the folder",
                    ));
                }
                let turn = if is_known { Turn::Never } else { Turn::Empty(version) };
                super::not_run::report(file, NotRunKind::Down, turn, name, out);
            }
            (UP | DOWN, None) => out.unknown(
                file,
                "its folder has no number in front",
                "name the folder like `0001_name` if it is a migration; else keep it in another folder",
            ),
            _ => out.unknown(
                file,
                "only `up.sql` and `down.sql` in a folder are",
                "rename it if it is a migration; else keep it in another folder",
            ),
        }
    }
    let parents: Vec<&str> = ups.iter().map(|(file, _)| file.parent()).collect();
    let (nested, beside) = nested(&parents);
    if let Some(folders) = beside {
        return Err(several_folders(folders));
    }
    for ((up, (version, name)), nested) in ups.into_iter().zip(nested) {
        if nested {
            out.unknown(up, "it lies too deep", "move its folder up if it is a migration; sub-folders are not read");
            continue;
        }
        let transaction = transaction(set, up)?;
        let mut up_section = up.section()?;
        up_section.transaction = transaction;
        let mut down_section = set.beside(up, DOWN).map(|down| down.section()).transpose()?;
        if let Some(down) = &mut down_section {
            down.transaction = transaction;
        }
        out.push(up, version, name, up_section, down_section, up.parent(), up.dir_name());
    }
    Ok(())
}
