//! A migration, and the ordered set of all of them.

use crate::error::{Error, Location};
use crate::finding::Finding;
use crate::span::{Span, line_column};
pub use crate::sql::Transaction;
use crate::version::Version;
use std::borrow::Cow;

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
    /// Why it cannot be run here although its tool would run it, such as a Flyway placeholder that
    /// nothing gives a value. Matters only when the section is to be run: what has shipped stays readable.
    pub refused: Option<Error>,
    /// What is filled in before it is run, in the order of the text: goose's variables of the environment,
    /// Flyway's placeholders. Checksum and fingerprint are those of the text as written.
    pub fills: Vec<Fill>,
}

/// A part of a section that is filled in before it is run, or has been.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
// Exhaustive: callers build it.
pub struct Fill {
    /// Where it stands in the section's text.
    pub span: Span,
    /// What comes there.
    pub with: With,
}

/// What is filled in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum With {
    /// This text: the value of a placeholder, or what is left of an escaped letter.
    Text(String),
    /// What goose makes of it, with variables of the environment that the run has been given.
    Environment,
    /// What the database or the run says: the name of one of Flyway's own placeholders, such as `user`.
    Builtin(&'static str),
    /// It has been filled in. This is how the file has it.
    Written(String),
    /// It is another section's text, put in front of this one's or behind it.
    Other(Box<Section>),
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
            fills: Vec::new(),
        }
    }

    /// Where a byte offset of the text lies in the file as it is written.
    pub fn location(&self, offset: usize) -> Location {
        for Fill { span, with } in &self.fills {
            if let With::Other(section) = with
                && (span.start..span.end).contains(&offset)
            {
                return section.location(offset - span.start);
            }
        }
        let written = self.written(Span::new(0, offset), false);
        let place = line_column(&written, if self.fills.is_empty() { offset } else { written.len() });
        Location { path: self.path.clone(), line: self.line_in_file(offset, place.line), column: place.column }
    }

    /// A part of the text as its file has it: without any value that was filled in.
    pub fn as_written(&self, span: Span) -> Cow<'_, str> {
        for Fill { span: at, with } in &self.fills {
            if let With::Other(section) = with
                && at.start <= span.start
                && span.end <= at.end
            {
                return Cow::Owned(
                    section.as_written(Span::new(span.start - at.start, span.end - at.start)).into_owned(),
                );
            }
        }
        self.written(span, true)
    }

    /// `whole`: what is filled in counts also if it goes beyond the end.
    fn written(&self, span: Span, whole: bool) -> Cow<'_, str> {
        if self.fills.is_empty() {
            return Cow::Borrowed(if whole { span.slice(&self.text) } else { &self.text });
        }
        let mut out = String::new();
        let mut from = span.start;
        for fill in &self.fills {
            let is_within = if whole { fill.span.start < span.end } else { fill.span.end <= span.end };
            if fill.span.end <= from || !is_within {
                // An offset inside of it is where it begins.
                if !whole && fill.span.start < span.end && fill.span.end > span.end {
                    return Cow::Owned(out + self.text.get(from..fill.span.start).unwrap_or_default());
                }
                continue;
            }
            out.push_str(self.text.get(from..fill.span.start).unwrap_or_default());
            match &fill.with {
                With::Written(text) => out.push_str(text),
                With::Other(_) => {}
                _ => out.push_str(fill.span.slice(&self.text)),
            }
            from = fill.span.end;
        }
        Cow::Owned(out + self.text.get(from..span.end.max(from)).unwrap_or_default())
    }

    /// The text with a name in place of what is to be filled in, every part where it is: what can be told of the
    /// section without a value.
    pub fn without_values(&self) -> Cow<'_, str> {
        if self.fills.is_empty() || self.fills.iter().any(|fill| matches!(fill.with, With::Written(_) | With::Other(_)))
        {
            return Cow::Borrowed(&self.text);
        }
        let mut out = String::with_capacity(self.text.len());
        let mut from = 0;
        for fill in &self.fills {
            out.push_str(self.text.get(from..fill.span.start).unwrap_or_default());
            let length = fill.span.end - fill.span.start;
            match &fill.with {
                With::Text(text) if text.len() <= length && !text.contains('\'') => {
                    let is_name = out.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
                    out.extend(std::iter::repeat_n(if is_name { '_' } else { ' ' }, length - text.len()));
                    out.push_str(text);
                }
                _ => out.extend(std::iter::repeat_n('x', length)),
            }
            from = fill.span.end;
        }
        out.push_str(self.text.get(from..).unwrap_or_default());
        Cow::Owned(out)
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

/// When a callback of Flyway's is run, in that order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Event {
    /// `beforeValidate`: before anything else of the run.
    BeforeValidate,
    /// `afterValidate`: the next.
    AfterValidate,
    /// `beforeMigrate`: before the first migration of a run.
    BeforeMigrate,
    /// `afterVersioned`: after the last migration of a run that has a version.
    AfterVersioned,
    /// `beforeRepeatables`: before the first repeatable migration of a run.
    BeforeRepeatables,
    /// `afterMigrateApplied`: after the last migration of a run.
    AfterMigrateApplied,
    /// `afterMigrate`: the next.
    AfterMigrate,
    /// `afterMigrateOperationFinish`: the last.
    AfterMigrateOperationFinish,
    /// `beforeEachMigrate`: in each migration's transaction, before it.
    BeforeEachMigrate,
    /// `afterEachMigrate`: in each migration's transaction, after it.
    AfterEachMigrate,
}

/// A callback of Flyway's that is run. It has no row in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
// Exhaustive: callers build it.
pub struct Callback {
    /// When.
    pub event: Event,
    /// What stands behind `__` in its name. Those of one event are run in its order, one without first.
    pub description: String,
    /// What is run.
    pub section: Section,
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
    /// Flyway's callbacks that are run, in the order of their events and descriptions.
    pub callbacks: Vec<Callback>,
}

impl Catalog {
    /// Whether there is a callback of these events.
    pub(crate) fn calls(&self, first: Event, last: Event) -> bool {
        self.callbacks.iter().any(|callback| (first..=last).contains(&callback.event))
    }

    /// Whether callbacks are to follow the migrations.
    pub(crate) fn owes(&self) -> bool {
        self.calls(Event::AfterVersioned, Event::AfterVersioned)
            || self.calls(Event::AfterMigrateApplied, Event::AfterMigrateOperationFinish)
    }
}
