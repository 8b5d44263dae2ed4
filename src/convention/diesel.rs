//! Diesel: `<date>_name/up.sql`, `down.sql` and `metadata.toml`.
//!
//! Rules: <https://github.com/diesel-rs/diesel>, `diesel_migrations/src/file_based_migrations.rs` and
//! `migrations_internals/src/lib.rs`. A migration is a folder with `up.sql`; a folder without one is
//! an error, a folder whose name starts with a dot is passed over. Order is by the name up to its
//! first underscore, with dashes taken out (what Diesel's own table keeps), as text (`diesel/src/migration/mod.rs`,
//! `MigrationVersion`, and `diesel_migrations/src/migration_harness.rs`); the identity here is
//! the folder's whole name. `run_in_transaction = false` in `metadata.toml` holds for up and down.

use super::files::{File, Set};
use super::folders::read_with;
use super::out::Out;
use crate::error::{Code, Error};
use crate::migration::Transaction;

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    read_with(set, out, false, |set, up| match set.beside(up, "metadata.toml") {
        Some(file) => transaction(file),
        None => Ok(Transaction::Auto),
    })
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
