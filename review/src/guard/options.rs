//! How it is judged: levels, tracks, and every code there is.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How bad a finding is to be taken: not at all, or as one of the severities that there are. There will be no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// It is not reported.
    Off,
    /// Worth knowing.
    Note,
    /// Worth a look; the verdict stays good.
    Warning,
    /// The verdict is bad.
    Error,
}

/// What can be said about how to judge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
// Exhaustive: callers build it.
pub struct Options {
    /// The level per code, where it differs from [`CODES`].
    pub severities: BTreeMap<String, Level>,
    /// The tracks by name. With none, parity is not looked at; one alone is refused.
    pub tracks: BTreeMap<String, Track>,
    /// The tracks as they were where the change began, if it changes how it is judged. A track that the
    /// change brings or alters need not have been there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_tracks: Option<BTreeMap<String, Track>>,
    /// Deliberate exceptions from what the guards say of shipped migrations.
    pub allow: Vec<Allow>,
    /// The exceptions as they were where the change began, if it changes how it is judged. One that the change brings
    /// counts only with `[counterfoil-allow <code>]` in a commit message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_allow: Option<Vec<Allow>>,
    /// The time, such as `2026-01-31T12:00:00Z` (UTC), from which a new version that is a time is
    /// proposed. Without it the newest version is counted up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
}

/// An exception: a shipped migration that may become what it is at the head.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
// Exhaustive: callers build it.
pub struct Allow {
    /// Its path at the head; where it is deleted, at the merge base.
    pub path: String,
    /// The checksum that it had: of its up section, as ledgers have it. Where its down section alone is in question, of that.
    #[serde(default)]
    pub old: Option<String>,
    /// The checksum that it has at the head; none if it is gone.
    #[serde(default)]
    pub new: Option<String>,
    /// Why.
    pub reason: String,
}

/// One of several places where every change of the schema has to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
// Exhaustive: callers build it.
pub struct Track {
    /// Globs of its files, from the repository's root.
    pub files: Vec<String>,
    /// Globs of files that are not its own after all.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// What registers a migration.
    pub registers: Registers,
    /// What counts as DDL. Without it: SQL, SQLAlchemy and the builders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ddl: Option<Vec<Ddl>>,
}

/// What registers a migration in a track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Registers {
    /// A new file.
    File,
    /// An entry of a list: what the regular expression matches, over several lines too. `^` and `$` are the ends of a
    /// line. A group called `name` is what the entry is known again by.
    Line(String),
}

/// What counts as DDL in a track.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ddl {
    /// `CREATE`, `ALTER` and `DROP`, in SQL files and in string literals.
    Sql,
    /// `op.add_column`, `op.create_table`, …; in files where nothing registers also `Table` and `Column`.
    Sqlalchemy,
    /// What migration files say with the builders of Knex, TypeORM, Kysely and Django.
    Builders,
    /// What a regular expression matches.
    Line(String),
    /// Whatever a migration does.
    Any,
}

/// Every code of a guard with its default level.
pub const CODES: &[(&str, Level)] = &[
    ("shipped-edited", Level::Error),
    ("shipped-edited-cosmetic", Level::Warning),
    ("shipped-down-edited", Level::Warning),
    ("shipped-settings-edited", Level::Warning),
    ("shipped-code-edited", Level::Warning),
    ("shipped-replaces-edited", Level::Warning),
    ("shipped-deleted", Level::Error),
    ("shipped-renamed", Level::Error),
    ("shipped-reordered", Level::Warning),
    ("collision-resolved", Level::Warning),
    ("tool-changed", Level::Warning),
    ("squash-reviewed", Level::Note),
    ("base-unreadable", Level::Warning),
    ("head-unreadable", Level::Error),
    ("branch-unreadable", Level::Note),
    ("version-collision", Level::Error),
    ("version-collision-elsewhere", Level::Error),
    ("version-shared", Level::Note),
    ("version-behind", Level::Note),
    ("track-parity", Level::Error),
    ("track-empty", Level::Error),
    ("unreadable-file", Level::Error),
];

/// Codes of what is noticed while reading the head. They keep their own levels (see
/// [`convention`](counterfoil::convention)), unless the options say another one. Notes are left out.
pub const READING: &[&str] = &[
    "baseline-migration",
    "breakpoint-text",
    "ignored-text",
    "journal-order",
    "not-in-journal",
    "not-run",
    "other-database",
    "unknown-baseline",
    "unknown-file",
];
