//! Prisma: `<folder>/migration.sql`, no markers, no down.
//!
//! Rules: <https://github.com/prisma/prisma-engines>,
//! `schema-engine/connectors/schema-connector/src/migrations_directory.rs`: every folder with a
//! script is a migration, its name the identity, names in order; a folder may well be called
//! `x.sql`. A numbered folder without `migration.sql` is an error there (P3015) and here.
//! `migration_lock.toml` names the provider.

use super::files::{File, Set, is_sql, nested, numbered, several_folders, title};
use super::out::Out;
use crate::error::{Code, Error};
use crate::finding::Severity;
use crate::migration::Section;
use crate::ordered;

/// The script's name.
pub(super) const SCRIPT: &str = "migration.sql";

/// Providers whose migrations PostgreSQL can run.
const PROVIDERS: &[&str] = &["postgresql", "postgres", "cockroachdb"];

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    for file in &set.files {
        if file.name() == "migration_lock.toml" {
            provider(file, out)?;
        }
    }
    folders(set, out, |_, _| {})
}

/// Reads every `<folder>/migration.sql`. Drizzle's newer layout is the same but for what `finish` does.
pub(super) fn folders(set: &Set<'_>, out: &mut Out, finish: fn(&mut Section, &mut Out)) -> Result<(), Error> {
    let mut scripts: Vec<&File<'_>> = Vec::new();
    for file in set.files.iter().filter(|file| file.name() == SCRIPT || is_sql(file.name())) {
        if file.name() == SCRIPT && !file.dir_name().is_empty() {
            scripts.push(file);
        } else {
            let help = "move it into such a folder if it is a migration";
            out.unknown(file, "only a `migration.sql` in a folder of its own is", help);
        }
    }
    let mut parents: Vec<&str> = scripts.iter().map(|file| file.parent()).collect();
    let (nested, beside) = nested(&parents);
    if let Some(folders) = beside {
        return Err(several_folders(folders));
    }
    ordered::sort(&mut parents);
    for file in set.files.iter().filter(|file| numbered(file.dir_name()).is_some()) {
        if parents.binary_search(&file.parent()).is_ok() && set.beside(file, SCRIPT).is_none() {
            return Err(file.error(
                Code::NoUpSection,
                &format!("the folder {} has no {SCRIPT}", file.dir_name()),
                "restore the script, or remove the folder",
            ));
        }
    }
    for (file, nested) in scripts.into_iter().zip(nested) {
        if nested {
            out.unknown(file, "it lies too deep", "move its folder up if it is a migration; sub-folders are not read");
            continue;
        }
        let folder = file.dir_name();
        let mut up = file.section()?;
        finish(&mut up, out);
        out.push(file, folder, title(folder), up, None, file.parent(), folder);
    }
    Ok(())
}

/// The provider in `migration_lock.toml`, found as Prisma finds it: by line.
fn provider(file: &File<'_>, out: &mut Out) -> Result<(), Error> {
    let text = file.canonical()?;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if let Some((key, value)) = line.split_once('=') {
            let value = value.trim().trim_matches('"');
            if key.trim() == "provider" && !PROVIDERS.contains(&value) {
                out.report(
                    "other-database",
                    Severity::Error,
                    &format!("these migrations were made for the provider {value:?}"),
                    "only PostgreSQL migrations can be run; give the folder of the PostgreSQL ones",
                    file.location(&text, offset),
                );
            }
        }
        offset += line.len();
    }
    Ok(())
}
