//! What is judged: a change, as texts.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Files by path. Paths are relative to the repository's root.
pub type Files = BTreeMap<String, String>;

/// A change: what a pull request or a push does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
// Exhaustive: callers build it.
pub struct Change {
    /// What it is called, such as `origin/main...HEAD`: for whoever keeps changes. No guard reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The sets of migrations that are guarded.
    #[serde(default)]
    pub sets: Vec<Set>,
    /// The commit messages of the range, newest first. One of them may have `[squash-baseline]`.
    #[serde(default)]
    pub messages: Vec<String>,
    /// Every file that the change touches and that the globs of a track match.
    #[serde(default)]
    pub edits: Vec<Edit>,
    /// The files of the tracks, whether the change touches them or not. Without it nobody can tell whether
    /// a track looks at nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracked: Option<Tracked>,
}

/// The files that the globs of tracks match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
// Exhaustive: callers build it.
pub struct Tracked {
    /// At the merge base. Without it nothing has shipped yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<TrackedFiles>,
    /// At the head of the change.
    pub head: TrackedFiles,
}

/// Files by path. The text is wanted where a line registers; none if it is not, or cannot be read.
pub type TrackedFiles = BTreeMap<String, Option<String>>;

/// A set of migrations before and after the change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
// Exhaustive: callers build it.
pub struct Set {
    /// The folder, relative to the repository's root: for messages.
    pub dir: String,
    /// The name of the convention. Without it, it is told from the files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub convention: Option<String>,
    /// All files of the folder at the merge base: what has shipped. Where there are several merge bases,
    /// every file that any of them has.
    pub base: Files,
    /// All files of the folder at the head of the change.
    pub head: Files,
    /// All files of the folder at the tip of the target branch as it is now. Without it, `base`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Files>,
    /// The folder as other open branches have it.
    #[serde(default)]
    pub against: Vec<Branch>,
}

/// Another open branch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
// Exhaustive: callers build it.
pub struct Branch {
    /// Its name.
    pub name: String,
    /// All files of the folder at its tip.
    pub files: Files,
}

/// A file that the change touches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
// Exhaustive: callers build it.
pub struct Edit {
    /// Its path at the head; where it is deleted, at the merge base.
    pub path: String,
    /// Its path at the merge base, if it was renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Its text at the merge base; none if it is new.
    #[serde(default)]
    pub base: Option<String>,
    /// Its text at the head; none if it is deleted.
    #[serde(default)]
    pub head: Option<String>,
    /// The added lines of the head as `git diff -U0` gives them: the first one, counted from 1, and
    /// how many.
    #[serde(default)]
    pub added: Vec<(u32, u32)>,
    /// Why one of its texts, before or after, cannot be read, though it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
}
