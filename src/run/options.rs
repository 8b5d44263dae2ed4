//! What a run is for, and how it is to behave.

use crate::ledger::Table;
use crate::ledger::foreign::Existing;
use crate::plan::Severity;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a driver can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Capabilities {
    /// Send a text of many statements in one message that is one transaction (PostgreSQL's simple
    /// protocol).
    pub script: bool,
    /// Send a list of statements as one transaction.
    pub batch: bool,
    /// Keep one session from one request to the next.
    pub interactive: bool,
    /// How many bytes a request may have as JSON: `{"queries":[{"query":"…","params":[]},…]}`. None:
    /// as many as it needs.
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub limit: Option<u32>,
}

/// What to do if something is pending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Apply it.
    #[default]
    Apply,
    /// Wait until somebody else has.
    Wait,
    /// Fail with `pending`.
    Refuse,
}

/// What a run is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case", tag = "goal")]
pub enum Goal {
    /// Bring the database current.
    #[default]
    Up,
    /// Go back, in the reverse of the order of application.
    Down {
        /// How many migrations; 1 if neither this nor `to` is given.
        #[serde(default)]
        steps: Option<u32>,
        /// Go back until this version is the newest that is applied.
        #[serde(default)]
        to: Option<String>,
        /// Take nothing back: only say what would be.
        #[serde(default)]
        dry: bool,
    },
    /// Read the ledger and plan; write nothing.
    Plan,
    /// Read the ledger and judge readiness; write nothing.
    Ready,
}

/// Options of a run. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify), tsify(rename = "RunOptions"))]
#[serde(rename_all = "camelCase", default)]
pub struct Options {
    /// The ledger's table.
    pub table: Table,
    /// Severity per drift code, where it differs from the default.
    #[cfg_attr(feature = "wasm", tsify(type = "{ [code in PolicyCode]?: Severity }"))]
    pub policy: BTreeMap<String, Severity>,
    /// What may be there before the first migration.
    pub existing: Existing,
    /// What to do if something is pending.
    pub when: When,
    /// The digest of the plan that was reviewed: apply exactly that or stop.
    pub expect: Option<String>,
    /// How long a statement waits for a lock before it is tried again.
    pub lock_timeout: u32,
    /// How long to wait without seeing any progress, for locks and for other runners.
    pub wait_timeout: u32,
    /// How long the lease of a statement-wise migration runs without being renewed.
    pub lease: u32,
    /// Versions whose destructive down may run.
    pub allow_destructive: Vec<String>,
    /// The versions that a dry run of going back named, in its order: take back exactly these or stop.
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub versions: Option<Vec<String>>,
    /// The caller holds a lock that no other runner can hold: a running row is a dead one.
    pub exclusive: bool,
    /// The runner's own random text: tells its leases from others', and seeds the jitter.
    pub runner: String,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            table: Table::default(),
            policy: BTreeMap::new(),
            existing: Existing::default(),
            when: When::Apply,
            expect: None,
            lock_timeout: 5_000,
            wait_timeout: 300_000,
            lease: 60_000,
            allow_destructive: Vec::new(),
            versions: None,
            exclusive: false,
            runner: String::new(),
        }
    }
}
