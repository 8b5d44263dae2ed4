//! Naming conventions: how a set of files becomes a [`Catalog`]. One file each.
//!
//! ```
//! use counterfoil::convention::{self, Convention};
//! let files = [(
//!     "db/migrations/20240101_users.sql".to_owned(),
//!     "-- migrate:up\ncreate table users ();\n-- migrate:down\ndrop table users;\n".to_owned(),
//! )];
//! let catalog = convention::read(&files, None).unwrap();
//! assert_eq!(catalog.convention, Convention::Dbmate);
//! assert_eq!(catalog.migrations[0].version.as_str(), "20240101");
//! ```
//!
//! Markers count only as line comments of their own, never inside a literal or a block comment.
//! The text of a section is canonical (no BOM, lines end in LF) and keeps its marker's line.
//!
//! # Findings
//!
//! What is noticed while reading, by its stable code:
//!
//! | code | severity | what |
//! |---|---|---|
//! | `unknown-file` | warning | a `.sql` file that the convention's own tool would skip too |
//! | `not-run` | note, warning | a file that the convention's own tool would run, or that is named like one: a migration in a programming language, a Flyway callback, one that does not end in `.sql`. An error in a plan that would run something without it |
//! | `not-in-journal` | warning | a file that Drizzle's journal does not list |
//! | `journal-order` | warning | a journal entry whose `when` is not after the one before it: Drizzle would skip it |
//! | `breakpoint-text` | warning | text after Drizzle's `--> statement-breakpoint` on the same line |
//! | `other-database` | note, error | the migrations were made for another database; a note where files for PostgreSQL lie beside them |
//! | `ignored-text` | warning | text before the first marker of sql-migrate or node-pg-migrate |
//! | `baseline-migration` | warning, error | a Flyway `B` file; error if nothing stands for it |
//! | `unknown-baseline` | error | a list of replaced migrations without its baseline |
//!
//! # Errors
//!
//! | code | what |
//! |---|---|
//! | `convention-unclear` | no convention fits, or more than one |
//! | `invalid-input` | a path, a journal, a metadata file or a list of replaced migrations has the wrong form |
//! | `invalid-text` | a NUL byte, or a file that is not what `atlas.sum` has a hash of |
//! | `invalid-name` | a name that the convention's own tool refuses |
//! | `invalid-marker` | a marker is missing, doubled or in the wrong place |
//! | `no-up-section` | nothing says what to run |
//! | `version-too-long` | a version of more than 128 characters |

mod atlas;
pub mod code;
mod dbmate;
mod detect;
mod dialects;
mod diesel;
mod drizzle;
pub(crate) mod envsub;
mod files;
mod flyway;
mod folders;
mod golang_migrate;
mod goose;
mod graphile_migrate;
mod hasura;
mod json;
mod markers;
mod node_pg_migrate;
pub(crate) mod not_run;
mod numbered;
mod out;
mod placeholders;
mod plain;
mod prisma;
mod refinery;
mod replaces;
mod sections;
mod sql_migrate;
mod sqlx;
mod statements;
mod supabase;
mod tern;
pub(crate) mod ways;

use crate::error::{Error, unknown};
use crate::mention::Mention;
use crate::migration::Catalog;
pub use crate::migration::Convention;
use crate::version::Identity;
pub use files::LISTS;
use files::Set;
pub use out::CODES;
use out::Out;

/// What there is to know about a convention.
pub(crate) struct Entry {
    convention: Convention,
    pub(crate) name: &'static str,
    identity: Identity,
    read: fn(&Set<'_>, &mut Out) -> Result<(), Error>,
}

/// Every convention. A table keeps one convention in one place.
pub(crate) const TABLE: &[Entry] = &[
    entry(Convention::Dbmate, "dbmate", Identity::Digits, dbmate::read),
    entry(Convention::GolangMigrate, "golang-migrate", Identity::Digits, golang_migrate::read),
    entry(Convention::Goose, "goose", Identity::Digits, goose::read),
    entry(Convention::SqlMigrate, "sql-migrate", Identity::Name, sql_migrate::read),
    entry(Convention::Prisma, "prisma", Identity::Text, prisma::read),
    entry(Convention::Drizzle, "drizzle", Identity::Name, drizzle::read),
    entry(Convention::Flyway, "flyway", Identity::Dotted, flyway::read),
    entry(Convention::Sqlx, "sqlx", Identity::Digits, sqlx::read),
    entry(Convention::Supabase, "supabase", Identity::Digits, supabase::read),
    entry(Convention::Plain, "plain", Identity::Digits, plain::read),
    entry(Convention::Diesel, "diesel", Identity::Dated, diesel::read),
    entry(Convention::Refinery, "refinery", Identity::Digits, refinery::read),
    entry(Convention::NodePgMigrate, "node-pg-migrate", Identity::Timed, node_pg_migrate::read),
    entry(Convention::GraphileMigrate, "graphile-migrate", Identity::Digits, graphile_migrate::read),
    entry(Convention::Tern, "tern", Identity::Digits, tern::read),
    entry(Convention::Hasura, "hasura", Identity::Digits, hasura::read),
    entry(Convention::Atlas, "atlas", Identity::Digits, atlas::read),
    entry(Convention::Folders, "folders", Identity::Digits, folders::read),
];

const fn entry(
    convention: Convention,
    name: &'static str,
    identity: Identity,
    read: fn(&Set<'_>, &mut Out) -> Result<(), Error>,
) -> Entry {
    Entry { convention, name, identity, read }
}

/// Reads a set of files.
///
/// `files` are path and text, in any order. Paths may use `/` or `\`, start with `./` and have any
/// parent folder in common. Files that are not SQL are passed over. With `convention` set,
/// detection is left out. An empty set is an empty catalog.
///
/// The catalog does not depend on the order of `files`. The errors and findings are listed in the
/// [module's documentation](self).
pub fn read(files: &[(String, String)], convention: Option<Convention>) -> Result<Catalog, Error> {
    let mut set = Set::new(files)?;
    let other = dialects::leave_out(&mut set);
    let convention = match convention {
        Some(convention) => convention,
        None => detect::detect(&set)?,
    };
    let mut out = Out::new(convention, !set.lists.is_empty());
    if let Some(other) = other {
        dialects::report(other, &mut out);
    }
    code::read(&set, convention, &mut out);
    (convention.entry().read)(&set, &mut out)?;
    out.order()?;
    replaces::read(&set, &mut out)?;
    Ok(out.catalog(convention))
}

impl Convention {
    fn entry(self) -> &'static Entry {
        // The table holds every variant (a test says so); the first entry keeps this total.
        TABLE.iter().find(|entry| entry.convention == self).unwrap_or(&TABLE[0])
    }

    /// Every convention, in the order of the documentation.
    pub fn all() -> impl Iterator<Item = Convention> {
        TABLE.iter().map(|entry| entry.convention)
    }

    /// The public, stable name of the convention, as the option `convention` takes it.
    /// [`FromStr`](std::str::FromStr) reads it.
    ///
    /// ```
    /// use counterfoil::convention::Convention;
    /// assert_eq!(Convention::GolangMigrate.as_str(), "golang-migrate");
    /// assert_eq!("golang-migrate".parse(), Ok(Convention::GolangMigrate));
    /// ```
    pub fn as_str(self) -> &'static str {
        self.entry().name
    }

    /// The option that chooses it, as a help names it.
    pub fn as_option(self) -> Mention {
        let name = self.as_str();
        Mention::valued("convention", &[name], format!("convention: '{name}'"))
    }

    /// What the convention takes for a migration's identity.
    pub fn identity(self) -> Identity {
        self.entry().identity
    }
}

impl std::fmt::Display for Convention {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads the name of a convention; any other is `invalid-input`.
impl std::str::FromStr for Convention {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let known = TABLE.iter().find(|entry| entry.name == name);
        let all = || TABLE.iter().map(|entry| entry.name);
        known.map(|entry| entry.convention).ok_or_else(|| unknown("convention", name, all()))
    }
}
