//! The ledger: one row for every migration applied, adopted or running.

pub(crate) mod by_hand;
pub mod foreign;
pub mod shape;
pub mod statements;
pub mod tools;

use crate::sql::quote::identifier;
use serde::{Deserialize, Serialize};

/// Which table the ledger is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Table {
    /// The schema.
    pub schema: String,
    /// The table.
    pub name: String,
}

impl Table {
    /// The table's name, qualified and quoted.
    pub fn qualified(&self) -> String {
        format!("{}.{}", identifier(&self.schema), identifier(&self.name))
    }
}

impl Default for Table {
    fn default() -> Self {
        Table { schema: "public".into(), name: "schema_migrations".into() }
    }
}

/// Whether a migration is done or under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is in the database.
    #[default]
    Applied,
    /// A statement-wise migration that is under way, or was stopped.
    Running,
    /// A statement-wise way back that is under way, or was stopped.
    Reverting,
}

impl State {
    /// Every state with its text in the ledger, which is its public text as well.
    pub const ALL: &'static [(State, &'static str)] =
        &[(State::Applied, "applied"), (State::Running, "running"), (State::Reverting, "reverting")];

    /// The text in the ledger.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("applied", |(_, text)| text)
    }

    /// The state with that text. None if there is none.
    pub fn from_text(text: &str) -> Option<State> {
        Self::ALL.iter().find(|(_, known)| *known == text).map(|(state, _)| *state)
    }
}

/// How a row came to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The migration was run.
    #[default]
    Applied,
    /// A baseline was recorded without being run.
    Adopted,
    /// It was taken over from another tool's ledger.
    Imported,
    /// Another tool wrote the row; the checksum was added later.
    Stamped,
}

/// Who holds a running migration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
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

/// One row of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
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
    /// Steps done of a statement-wise migration.
    pub steps_done: Option<u32>,
    /// Steps in all.
    pub steps_total: Option<u32>,
    /// Until when the lease runs, as the database writes it.
    pub claimed_until: Option<String>,
    /// Which runner holds the lease: a random text of its own.
    pub claimed_by: Option<String>,
    /// What the database says of the lease.
    pub lease: Lease,
    /// How the row came to be.
    pub origin: Origin,
    /// The version of the baseline that has superseded this row.
    pub replaced_by: Option<String>,
}

/// The ledger as it was read. A table that does not exist is a ledger without rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct Ledger {
    /// Whether the table exists.
    pub exists: bool,
    /// The rows, in any order.
    pub rows: Vec<Row>,
}

#[cfg(test)]
mod tests {
    use super::State;

    #[test]
    fn a_state_has_one_text_in_the_ledger_and_in_json() {
        assert_eq!(State::ALL.len(), 3);
        for (state, text) in State::ALL {
            assert_eq!(state.as_str(), *text);
            assert_eq!(State::from_text(text), Some(*state));
            assert_eq!(serde_json::to_string(state).unwrap(), format!("{text:?}"));
        }
        assert_eq!(State::from_text("done"), None);
    }
}
