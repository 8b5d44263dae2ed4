//! The state machine that brings a database current, without doing any I/O.
//!
//! The caller asks for the next [`Output`], does it, and hands the result back as an [`Input`].

use crate::error::Error;
use crate::ledger::Table;
use crate::plan;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a driver can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Capabilities {
    /// Send a text of many statements in one message that is one transaction (PostgreSQL's simple
    /// protocol).
    pub script: bool,
    /// Send a list of statements as one transaction.
    pub batch: bool,
    /// Keep one session from one request to the next.
    pub interactive: bool,
}

/// What to do if something is pending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Apply it.
    #[default]
    Apply,
    /// Wait until somebody else has.
    Wait,
    /// Fail.
    Refuse,
}

/// What a run is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "goal")]
pub enum Goal {
    /// Bring the database current.
    #[default]
    Up,
    /// Go back.
    Down {
        /// How many migrations; 1 if neither this nor `to` is given.
        steps: Option<u32>,
        /// Go back until this version is the newest.
        to: Option<String>,
    },
    /// Read the ledger and plan; write nothing.
    Plan,
    /// Read the ledger and judge readiness; write nothing.
    Ready,
}

/// Options of a run. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Options {
    /// The ledger's table.
    pub table: Table,
    /// Severity per drift code.
    pub policy: BTreeMap<String, plan::Severity>,
    /// What to do if something is pending.
    pub when: When,
    /// The digest of the plan that was reviewed: apply exactly that or stop.
    pub expect: Option<String>,
    /// How long a statement waits for a lock.
    pub lock_timeout: u32,
    /// How long to wait in all, for locks and for other runners.
    pub wait_timeout: u32,
    /// How long the lease of a statement-wise migration runs without being renewed.
    pub lease: u32,
    /// Versions whose destructive down may run.
    pub allow_destructive: Vec<String>,
    /// The caller holds a lock that no other runner can hold: a running row is a dead one.
    pub exclusive: bool,
    /// A random number from outside, for jitter.
    pub seed: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            table: Table::default(),
            policy: BTreeMap::new(),
            when: When::Apply,
            expect: None,
            lock_timeout: 5_000,
            wait_timeout: 300_000,
            lease: 60_000,
            allow_destructive: Vec::new(),
            exclusive: false,
            seed: 0,
        }
    }
}

/// What the driver has to do next.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Output {
    /// Run one statement and hand back its rows, every value as text or null.
    Query {
        /// The statement.
        sql: String,
    },
    /// Run one statement that cannot run in a transaction, alone in its message.
    Statement {
        /// The statement.
        sql: String,
    },
    /// Run a text of many statements in one message that is one transaction.
    Script {
        /// The text.
        sql: String,
    },
    /// Run the statements as one transaction.
    Batch {
        /// The statements.
        statements: Vec<String>,
    },
    /// Wait, then hand back [`Input::Waited`].
    Wait {
        /// How long.
        milliseconds: u32,
    },
    /// The run is over.
    Done,
    /// The run has failed.
    Failed(#[serde(skip)] Error),
}

/// What came of an [`Output`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Input {
    /// It was done; the rows, if it was a query.
    Rows {
        /// Column name to text.
        rows: Vec<BTreeMap<String, Option<String>>>,
    },
    /// The database refused it, or the connection broke.
    Failed(Failure),
    /// The time is over.
    Waited,
}

/// What the database said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Failure {
    /// SQLSTATE, five characters; empty if the database said none.
    pub sqlstate: String,
    /// The message.
    pub message: String,
    /// The detail.
    pub detail: Option<String>,
    /// The hint.
    pub hint: Option<String>,
    /// The position in what was sent, 1-based, in code points.
    pub position: Option<u32>,
    /// How many statements of a script or batch had finished before, if the driver can tell.
    pub completed: Option<u32>,
    /// Whether the connection broke, so that nobody knows whether it was done.
    pub lost: bool,
}
