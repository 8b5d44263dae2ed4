//! What a run is for, and how it is to behave.

use super::env::Env;
use crate::error::{Code, Error, words};
use crate::ledger::{Existing, Table};
use crate::plan::{self, Severity};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a driver can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
// Exhaustive: callers build it.
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
#[non_exhaustive]
pub enum When {
    /// Apply it.
    #[default]
    Apply,
    /// Wait until somebody else has.
    Wait,
    /// Fail with `pending`.
    Refuse,
}

words!(When, "choice", {
    Apply: "apply",
    Wait: "wait",
    Refuse: "refuse",
});

/// What a run is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case", tag = "goal")]
#[non_exhaustive]
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

/// Options of a run. Times are in milliseconds. They are made by [`Options::new`], and what differs is said:
/// `Options { when: When::Wait, ..Options::new(runner) }`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify), tsify(rename = "RunOptions"))]
#[serde(rename_all = "camelCase")]
// Exhaustive: callers build it.
pub struct Options {
    /// The ledger's table. If there is a `schema`, it is in the first.
    #[serde(default)]
    pub table: Table,
    /// Where the set lives, ledger and objects: schemas by their names as they are, of which the first gets what is
    /// created. None: the ledger is where `table` says, and objects where the session creates them. See
    /// [`Options::in_schema`].
    #[serde(default)]
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub schema: Vec<String>,
    /// Severity per drift code, where it differs from the default.
    #[serde(default)]
    #[cfg_attr(feature = "wasm", tsify(type = "{ [code in PolicyCode]?: Severity }"))]
    pub policy: BTreeMap<String, Severity>,
    /// What may be there before the first migration.
    #[serde(default)]
    pub existing: Existing,
    /// What to do if something is pending.
    #[serde(default)]
    pub when: When,
    /// The digest of the plan that was reviewed: apply exactly that or stop.
    #[serde(default)]
    pub expect: Option<String>,
    /// How long a statement waits for a lock before it is tried again.
    #[serde(default)]
    pub lock_timeout: u32,
    /// How long to wait without seeing any progress, for locks and for other runners.
    #[serde(default)]
    pub wait_timeout: u32,
    /// How long the lease of a statement-wise migration runs without being renewed.
    #[serde(default)]
    pub lease: u32,
    /// Versions whose destructive down may run.
    #[serde(default)]
    pub allow_destructive: Vec<String>,
    /// The version up to which a run goes on its way up, itself included, and up to which it plans: see
    /// [`plan::Options::to`]. Going back has its own, in [`Goal::Down`].
    #[serde(default)]
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub to: Option<String>,
    /// Versions of which the way back is run although the statements of their way up were edited after they ran.
    #[serde(default)]
    pub accept_edited: Vec<String>,
    /// The versions that a dry run of going back named, in its order: take back exactly these or stop.
    #[serde(default)]
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub versions: Option<Vec<String>>,
    /// The caller holds a lock that no other runner can hold: a running row is a dead one.
    #[serde(default)]
    pub exclusive: bool,
    /// Variables of the environment for what asks for them. No other is read.
    #[serde(skip)]
    pub env: Env,
    /// The runner's own random text: tells its leases from others', and seeds the jitter.
    pub runner: String,
}

impl Options {
    /// The defaults, for a runner with this random text. No other run may have it: two with one text would take each
    /// other's leases for their own.
    pub fn new(runner: impl Into<String>) -> Self {
        Options {
            table: Table::default(),
            schema: Vec::new(),
            policy: BTreeMap::new(),
            existing: Existing::default(),
            when: When::Apply,
            expect: None,
            lock_timeout: 5_000,
            wait_timeout: 300_000,
            lease: 60_000,
            allow_destructive: Vec::new(),
            to: None,
            accept_edited: Vec::new(),
            versions: None,
            exclusive: false,
            env: Env::default(),
            runner: runner.into(),
        }
    }

    /// The same, with ledger and objects in these schemas.
    ///
    /// ```
    /// use counterfoil::run::Options;
    /// let options = Options::new("8f3a").in_schema(["tenant", "extensions"]);
    /// assert_eq!(options.table.qualified(), "\"tenant\".\"schema_migrations\"");
    /// ```
    pub fn in_schema<S: Into<String>>(mut self, schemas: impl IntoIterator<Item = S>) -> Self {
        self.schema = schemas.into_iter().map(Into::into).collect();
        if let Some(first) = self.schema.first() {
            self.table.schema.clone_from(first);
        }
        self
    }

    /// A table beside the ledger, as the option `table` names it. With a `schema` its name alone does: that may have a dot.
    pub fn beside(&self, name: &str) -> String {
        if self.schema.is_empty() { [&self.table.schema, ".", name].concat() } else { name.to_owned() }
    }

    /// Those of the plan.
    pub fn planning(&self) -> plan::Options {
        plan::Options {
            policy: self.policy.clone(),
            table: self.table.clone(),
            schema: self.schema.clone(),
            to: self.to.clone(),
            env: self.env.names(),
        }
    }

    /// Checks them.
    ///
    /// # Errors
    ///
    /// `invalid-input` for a key of the policy or a word of `existing` that there is not, for a schema that is empty,
    /// longer than 63 bytes, PostgreSQL's own or not that of `table`, and for a runner without a text of its own.
    pub fn validate(&self) -> Result<(), Error> {
        self.planning().validate()?;
        self.existing.validate()?;
        // In the ledger a `#` ends it.
        if self.runner.is_empty() || self.runner.contains('#') {
            let message = format!("the option runner is {:?}, and cannot tell this run from others", self.runner);
            return Err(Error::new(Code::InvalidInput, message)
                .with_help("hand in a random text that no other run has, without a `#`"));
        }
        Ok(())
    }
}
