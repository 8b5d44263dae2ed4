//! What comes of an inquiry.

use serde::{Deserialize, Serialize};

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    /// In a word.
    pub status: Status,
    /// The files that the differences concern, in order. Of the others the schema has what they make.
    pub files: Vec<FileEvidence>,
    /// What no file explains: somebody has changed it by hand.
    pub by_hand: Vec<String>,
    /// Versions of files that change rows only: no schema tells whether they ran.
    pub rows_only: Vec<String>,
    /// How often the migrations were replayed.
    pub replays: u32,
    /// Why they could not be replayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// What comes of it, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Status {
    /// The schema is the one that they make.
    Same,
    /// It is not, and this is why.
    Explained,
    /// It is not, and of some files nobody can tell.
    Undecided,
    /// They could not be replayed: nothing is known.
    NotReplayed,
}

/// What the schema says of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FileEvidence {
    /// Its version.
    pub version: String,
    /// Its path.
    pub path: String,
    /// What it comes to.
    pub verdict: Verdict,
    /// What it has made and is there.
    pub there: Vec<String>,
    /// What it should have made and is not.
    pub missing: Vec<String>,
    /// All that in words.
    pub message: String,
    /// Of one that did not come to its end: its statements.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<StatementEvidence>,
}

/// What the schema says of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StatementEvidence {
    /// Which of the file, from 1.
    pub number: u32,
    /// What it comes to: `no-effect` if it changes rows only, `undecided` if it failed where it was replayed, or comes after
    /// one that did.
    pub verdict: Verdict,
    /// Why it failed there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// What it comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verdict {
    /// It has run.
    Present,
    /// It has not: the others alone make this schema.
    Absent,
    /// Some of it is there, and some is not.
    Partly,
    /// Later files have written all that it wrote.
    Overwritten,
    /// It leaves no trace in a schema.
    NoEffect,
    /// Nobody can tell.
    Undecided,
}
