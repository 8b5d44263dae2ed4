//! The rows of the ledger.

use crate::error::words;
use serde::{Deserialize, Serialize};

/// Whether a migration is done or under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum State {
    /// It is in the database.
    #[default]
    Applied,
    /// A statement-wise migration that is under way, or was stopped.
    Running,
    /// A statement-wise way back that is under way, or was stopped.
    Reverting,
}

words!(State, "state", {
    Applied: "applied",
    Running: "running",
    Reverting: "reverting",
});

/// How a row came to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Origin {
    /// The migration was run.
    #[default]
    Applied,
    /// A baseline was recorded without being run.
    Adopted,
    /// It was taken over from another tool's ledger.
    Imported,
    /// Another tool wrote the row, and the checksum was added later; or somebody said that it is applied.
    Stamped,
}

words!(Origin, "origin", {
    Applied: "applied",
    Adopted: "adopted",
    Imported: "imported",
    Stamped: "stamped",
});

/// Who holds a running migration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Lease {
    /// Nobody: the row is not running, or its runner stopped cleanly between two steps
    /// (`claimed_until` is null).
    #[default]
    None,
    /// A runner holds it: `claimed_until` lies ahead by the database's clock, or a backend is at
    /// this moment executing one of its statements.
    Alive,
    /// It was held, and the time is over: the runner died.
    Over,
}

words!(Lease, "lease", {
    None: "none",
    Alive: "alive",
    Over: "over",
});

/// One row of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
// Exhaustive: callers build it.
pub struct Row {
    /// The version, as written.
    pub version: String,
    /// The migration's name; `None` in a row that another tool wrote.
    pub name: Option<String>,
    /// The checksum of what ran; `None` in a row that another tool wrote.
    pub checksum: Option<String>,
    /// The fingerprint of what ran.
    pub fingerprint: Option<String>,
    /// When, by the database's clock, as the database writes it.
    pub applied_at: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// Done or under way.
    pub state: State,
    /// Steps done of a statement-wise migration. In a stamped row 0: see [`Row::is_assumed`].
    pub steps_done: Option<u32>,
    /// Steps in all.
    pub steps_total: Option<u32>,
    /// While a migration runs step by step: the fingerprints of the steps that are done, each of
    /// [`STEP`](crate::checksum::STEP) digits. `None`: the ledger does not keep them.
    pub steps: Option<String>,
    /// Until when the lease runs, as the database writes it.
    pub claimed_until: Option<String>,
    /// Which runner holds the lease: a random text of its own, the number of its claim, and [`ALONE`] while a step runs alone.
    pub claimed_by: Option<String>,
    /// What the database says of the lease.
    pub lease: Lease,
    /// How the row came to be.
    pub origin: Origin,
    /// The version of the baseline that has superseded this row.
    pub replaced_by: Option<String>,
}

/// How `claimed_by` ends from the moment before a step is sent alone, outside a transaction, until it is recorded as done.
pub const ALONE: &str = "#alone";

impl Row {
    /// Whether a step was about to be sent alone when its runner was last heard of: nobody knows how far it came.
    pub fn is_alone(&self) -> bool {
        self.claimed_by.as_ref().is_some_and(|by| by.ends_with(ALONE))
    }

    /// Whether it stays as it is, whatever its file holds: it was taken over from another tool, and is not the file's as far
    /// as anybody knows. Such a row has no fingerprint; if the tool kept the text that ran, it has the checksum of that.
    pub fn is_settled(&self) -> bool {
        self.origin == Origin::Imported && self.fingerprint.is_none()
    }

    /// Whether callbacks are still to follow: it is applied, and claimed for them.
    pub fn owes(&self) -> bool {
        self.state == State::Applied && self.claimed_by.is_some()
    }

    /// Whether it was taken for applied because somebody said so, and nothing has confirmed it: it is stamped, and none of
    /// its steps was seen.
    pub fn is_assumed(&self) -> bool {
        self.origin == Origin::Stamped && self.state == State::Applied && self.steps_done == Some(0)
    }
}

/// The ledger as it was read. A table that does not exist is a ledger without rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
// Exhaustive: callers build it.
pub struct Ledger {
    /// Whether the table exists.
    pub exists: bool,
    /// The rows, in any order.
    pub rows: Vec<Row>,
}
