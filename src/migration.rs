//! A migration, and the ordered set of all of them.

use crate::error::{Error, Location};
use crate::finding::Finding;
use crate::span::{Span, line_column};
pub use crate::sql::Transaction;
use crate::version::Version;

/// A naming convention: how the files of a set are named and marked. [`crate::convention`] reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
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
    /// refinery: `V1__name.sql` and `U1__name.sql`.
    Refinery,
    /// node-pg-migrate: `<digits>_name.sql` with `-- Up Migration` and `-- Down Migration`.
    NodePgMigrate,
    /// graphile-migrate: `committed/<digits>-name.sql` with a head of `--! Previous:` and `--! Hash:`.
    GraphileMigrate,
    /// tern: `<digits>_name.sql` with `---- create above / drop below ----`.
    Tern,
    /// Hasura: `<digits>_name/up.sql` and `down.sql`.
    Hasura,
    /// Atlas: `<digits>_name.sql` and `atlas.sum`.
    Atlas,
    /// Any other `<digits>_name/up.sql` and `down.sql`.
    Folders,
}

/// The up or down part of a migration. The text is canonical: no BOM, lines end in LF.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
// Exhaustive: callers build it.
pub struct Section {
    /// The file's path, as given.
    pub path: String,
    /// The text, from the marker's line (or the start of the file) to the next marker or the end; of several
    /// pieces of the file one after the other.
    pub text: String,
    /// The line of the file on which the text begins, 1-based.
    pub line: u32,
    /// Where the further pieces begin, in the order of the text. Empty where the section is one piece of the file.
    pub pieces: Vec<Piece>,
    /// What a marker says about transactions.
    pub transaction: Transaction,
    /// Comments that end a statement even where it has no semicolon, as spans of `text`: Drizzle's
    /// `--> statement-breakpoint`, and goose's and sql-migrate's `StatementEnd`, which begin where their `StatementBegin`
    /// does: what stands between is sent as one message.
    pub breaks: Vec<Span>,
    /// Why it cannot be run here although its tool would run it, such as goose's `ENVSUB ON` or a
    /// Flyway placeholder. Matters only when the section is to be run: what has shipped stays
    /// readable.
    pub refused: Option<Error>,
}

impl Section {
    /// A whole file as a section.
    pub fn of(path: &str, text: String) -> Section {
        Section {
            path: path.to_owned(),
            text,
            line: 1,
            pieces: Vec::new(),
            transaction: Transaction::Auto,
            breaks: Vec::new(),
            refused: None,
        }
    }

    /// Where a byte offset of the text lies in the file.
    pub fn location(&self, offset: usize) -> Location {
        let place = line_column(&self.text, offset);
        Location { path: self.path.clone(), line: self.line_in_file(offset, place.line), column: place.column }
    }

    /// The line of the file of a byte offset of the text that lies on this line of the text.
    pub fn line_in_file(&self, offset: usize, line: u32) -> u32 {
        let piece = self.pieces.iter().rev().find(|piece| piece.at <= offset);
        let (first, above) = piece.map_or((self.line, 0), |piece| (piece.line, piece.above));
        first + line - 1 - above
    }
}

/// A further piece of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
// Exhaustive: callers build it.
pub struct Piece {
    /// Where it begins in the section's text: at the start of a line.
    pub at: usize,
    /// How many lines of the section's text are above it.
    pub above: u32,
    /// The line of the file on which it begins, 1-based.
    pub line: u32,
}

/// A migration that a baseline replaces.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
// Exhaustive: callers build it.
pub struct Replaced {
    /// Its version, as written.
    pub version: Version,
    /// The checksum of its up section.
    pub checksum: String,
}

/// One migration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
// Exhaustive: callers build it.
pub struct Migration {
    /// The identity.
    pub version: Version,
    /// The rest of the file's name: what a person calls it. May be empty.
    pub name: String,
    /// The path of the file (or of the up file), as given.
    pub path: String,
    /// What is run to apply it.
    pub up: Section,
    /// What is run to go back.
    pub down: Option<Section>,
    /// `sha256:` and the hex of the up section.
    pub checksum: String,
    /// Whether it is run again when its checksum changes (Flyway's `R__` files). Repeatable
    /// migrations come after all others.
    pub repeatable: bool,
    /// The migrations that this baseline replaces. Empty for an ordinary migration.
    pub replaces: Vec<Replaced>,
}

/// When its own tool would run a file that is not run here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Turn {
    /// As the migration of this version.
    At(Version),
    /// As the repeatable migration of this name, after all that have a version.
    Repeatable(String),
    /// With every run that has something to do.
    Always,
    /// Not on the way up.
    Never,
    /// Not on the way up either, but this version is counted as one that has run: it has a way back alone.
    Empty(Version),
}

impl Turn {
    /// The version, if it is that of a migration with one.
    pub fn version(&self) -> Option<&Version> {
        match self {
            Turn::At(version) | Turn::Empty(version) => Some(version),
            _ => None,
        }
    }
}

/// Why a file is not run here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotRunKind {
    /// It is a migration in a programming language.
    Code,
    /// It is a callback of Flyway's.
    Callback,
    /// It does not end in `.sql`.
    Ending,
    /// It takes back a migration that is in code, or nothing.
    Down,
}

/// A file that the set's own tool would run and that is not run here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct NotRun {
    /// The path, as given.
    pub path: String,
    /// What a person calls it.
    pub name: String,
    /// Why it is not run.
    pub kind: NotRunKind,
    /// When its own tool would run it.
    pub turn: Turn,
}

/// The whole set, in the order in which it is applied.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
// Exhaustive: callers build it.
pub struct Catalog {
    /// How the files are named and marked.
    pub convention: Convention,
    /// The migrations, in order: versioned ones by version (by journal in Drizzle), then repeatable
    /// ones by name. Two with one version stand side by side and make the plan a `duplicate`.
    pub migrations: Vec<Migration>,
    /// What was noticed while reading, such as a file that is not in Drizzle's journal.
    pub findings: Vec<Finding>,
    /// What the set's own tool would run and is not run here. Each has the finding `not-run`, too.
    pub not_run: Vec<NotRun>,
}
