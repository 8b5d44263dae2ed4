//! What is handed back.

use serde::Serialize;

/// What stops the scripts from being written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Stop {
    /// What is wrong: lower-case, no full stop.
    pub message: String,
    /// What to do next.
    pub help: String,
}

impl Stop {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Stop { message: message.into(), help: help.into() }
    }
}

/// What comes of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Scripts {
    /// Puts it aside; empty if something stops it.
    pub adopt: String,
    /// Brings it back; empty if something stops it.
    pub restore: String,
    /// The commands that copy it out of the database first. They stand at the head of `adopt` as well.
    pub commands: Vec<String>,
    /// What goes where.
    pub moves: Vec<String>,
    /// What in the database speaks of it. Nobody has looked at code.
    pub uses: Vec<String>,
    /// What stops it.
    pub stops: Vec<Stop>,
}

/// What a replay is to do, so that a baseline can be written without what was named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Drops {
    /// The statements; none if something stops them.
    pub statements: Vec<String>,
    /// What in the database speaks of what goes. Nobody has looked at code.
    pub uses: Vec<String>,
    /// What stops them.
    pub stops: Vec<Stop>,
}
