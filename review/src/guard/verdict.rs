//! What comes of it.

use super::Allow;
use counterfoil::finding::Finding;
use serde::Serialize;

/// What the guards say about a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Verdict {
    /// What was found, by place.
    pub findings: Vec<Finding>,
    /// Whether none of the findings is an error.
    pub ok: bool,
    /// Files of the head that could move to a free version: those that collide, those that would be
    /// a gap, and new ones that have to stay behind such a file. The last migration comes first: in
    /// this order no step meets a file that is still there. Every file of a migration has an entry.
    pub renumber: Vec<Renumber>,
    /// Entries that would allow what was found of shipped migrations, without their reasons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<Allow>,
    /// What each track sees at the head, if that was given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tracks: Vec<Sees>,
}

/// What a track sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Sees {
    /// The track's name.
    pub name: String,
    /// Files that its globs match.
    pub files: usize,
    /// Migrations that are registered in them.
    pub entries: usize,
}

/// A file that could move to a free version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Renumber {
    /// Its path at the head.
    pub path: String,
    /// The path that it could have.
    pub to: String,
    /// The version that it would have.
    pub version: String,
}
