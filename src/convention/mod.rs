//! Naming conventions: how a set of files becomes a [`Catalog`]. One file each.

use crate::error::Error;
use crate::migration::Catalog;
use crate::version::Identity;

/// A naming convention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Convention {
    /// dbmate: `<digits>_name.sql` with `-- migrate:up` and `-- migrate:down`.
    Dbmate,
    /// golang-migrate: `<digits>_name.up.sql` and `.down.sql`.
    GolangMigrate,
    /// goose: `<digits>_name.sql` with `-- +goose Up` and `-- +goose Down`.
    Goose,
    /// sql-migrate: `name.sql` with `-- +migrate Up` and `-- +migrate Down`.
    SqlMigrate,
    /// Prisma: `<dir>/migration.sql`.
    Prisma,
    /// Drizzle: `meta/_journal.json` and `tag.sql`, or `<ts>_name/migration.sql`.
    Drizzle,
    /// Flyway: `V1.2__name.sql`, `R__name.sql`, `U1.2__name.sql`.
    Flyway,
    /// sqlx: `<digits>_name.sql` or `.up.sql` and `.down.sql`, with `-- no-transaction`.
    Sqlx,
    /// Supabase: `<digits>_name.sql`.
    Supabase,
    /// Any other `<digits>_name.sql`.
    Plain,
    /// Diesel: `<date>_name/up.sql`, `down.sql`, `metadata.toml`.
    Diesel,
}

/// Reads a set of files.
///
/// `files` are path and text, in any order; paths use `/`. With `convention` set, detection is
/// left out.
pub fn read(_files: &[(String, String)], _convention: Option<Convention>) -> Result<Catalog, Error> {
    todo!()
}

impl Convention {
    /// What the convention takes for a migration's identity.
    pub fn identity(self) -> Identity {
        match self {
            Convention::Flyway => Identity::Dotted,
            Convention::SqlMigrate | Convention::Prisma | Convention::Drizzle | Convention::Diesel => Identity::Name,
            _ => Identity::Digits,
        }
    }
}
