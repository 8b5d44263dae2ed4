//! refinery: `V1__name.sql`, and `U1__name.sql`, which runs like the others; no markers, no down.
//!
//! Rules: <https://github.com/rust-db/refinery>, `refinery_core/src/util.rs` (`STEM_RE`,
//! `find_migration_files`), `runner.rs` and `traits/mod.rs` (`verify_migrations`). A stem matches
//! `^([U|V])(\d+(?:\.\d+)?)__(\w+)$`; other names are passed over, sub-folders are read. The version is an
//! `i32`, with a feature an `i64`: one with a dot is an error. `V` and `U` count together and run by
//! version; a `U` may come late, a `V` may not there (here both may). A migration is one transaction, and
//! nothing says otherwise. `.rs` files are migrations in code.

use super::files::Set;
use super::flyway::{Kind, kind_of};
use super::out::Out;
use crate::error::{Code, Error};

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    for file in set.sql() {
        let stem = file.stem().unwrap_or("");
        let Some((version, name)) = name(stem) else {
            out.unknown(
                file,
                "its name has not the form `V1__name.sql` or `U1__name.sql`",
                "rename it if it is a migration; else keep it in another folder",
            );
            continue;
        };
        // What fits into 64 bits has at most 19 digits.
        if version.contains('.') || version.trim_start_matches('0').len() > 19 {
            return Err(file.error(
                Code::InvalidName,
                &format!("the version {version} is no integer of refinery's"),
                "give it a whole number; refinery refuses it here too",
            ));
        }
        out.push(file, version, name, file.section()?, None, file.dir(), stem);
    }
    Ok(())
}

/// The version and the name, of a file of SQL or of code.
pub(super) fn name(stem: &str) -> Option<(&str, &str)> {
    let (Kind::Versioned(version, name) | Kind::Undo(version, name)) = kind_of(stem)? else { return None };
    let is_word = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (is_word && !version.contains('_')).then_some((version, name))
}
