//! What is asked of the database, in the planner's own terms.
//!
//! The machine speaks in these; [`super::message`] writes them as SQL. A model of a database can
//! carry them out without knowing SQL.
//!
//! `claim` tells the claims of one runner apart: it grows when a connection is lost, so that what
//! is still under way on the old one cannot pass for the new one's.

use crate::ledger::{Around, Found, LookAgain, Name};
use serde::Serialize;

/// Which section of a migration is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Direction {
    /// The up section.
    Up,
    /// The down section.
    Down,
    /// A callback: it is counted among the catalog's callbacks.
    Callback,
}

/// One message to the database. `migration` is an index into the catalog, `step` one into the
/// section's steps; versions are as the rows write them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Request {
    /// Whether the digest of the ledger is the catalog's: `same`, `true` or `false`.
    Digest,
    /// The columns of the ledger's table, and what else is there: other tools' ledgers, and tables that the set creates.
    Shape {
        /// Tables that the set creates. None: that is found out once there is no ledger, and there are tables at all.
        creates: Option<Vec<Name>>,
        /// Whether the ledger is there, and without rows.
        there: bool,
    },
    /// What other tools' ledgers say.
    Says(Vec<Found>),
    /// All rows, of these columns (`None`: of all).
    Rows(Option<Vec<String>>),
    /// Create the ledger, or add the columns that it lacks.
    Create {
        /// The columns that are there.
        present: Vec<String>,
        /// What is around it.
        around: Around,
        /// What the database must be like, else nothing is created.
        look_again: Option<Box<LookAgain>>,
    },
    /// What is filled in that the database knows: user, database, schema and time.
    Values,
    /// Leave a trace on a ledger that was emptied by going back.
    Trace,
    /// Carry out all acts in one transaction, or none.
    Atomic(Vec<Act>),
    /// Insert the running row of a statement-wise migration.
    ClaimRunning {
        /// The migration.
        migration: usize,
        /// How many steps it has.
        steps: usize,
        /// Whether the ledger keeps the fingerprints of steps.
        stepped: bool,
        /// The claim.
        claim: u32,
    },
    /// Take over a stopped migration, if it still stands at this step and nobody holds it. What is to be done is from its
    /// file as that is now.
    Take {
        /// The row.
        version: String,
        /// The migration.
        migration: usize,
        /// The section: the row is running, or reverting.
        direction: Direction,
        /// The steps done.
        done: u32,
        /// Who held it when it was judged: nobody may have done anything since.
        by: Option<String>,
        /// How many steps the section has.
        steps: usize,
        /// Whether the ledger keeps the fingerprints of steps.
        stepped: bool,
        /// The new claim.
        claim: u32,
    },
    /// Mark an applied row as reverting.
    TakeBack {
        /// The row.
        version: String,
        /// How many steps the way back has.
        steps: usize,
        /// Whether the ledger keeps the fingerprints of steps.
        stepped: bool,
        /// The claim.
        claim: u32,
    },
    /// Note that a step is about to be sent alone, and renew the lease, if it is still ours.
    Hold {
        /// The row.
        version: String,
        /// The step, 0-based.
        from: u32,
        /// The fingerprint of the step, if the ledger keeps those.
        print: Option<String>,
        /// The claim.
        claim: u32,
    },
    /// Run one step that cannot run in a transaction.
    Alone {
        /// The migration.
        migration: usize,
        /// The section.
        direction: Direction,
        /// The step.
        step: usize,
    },
    /// Record a step as done, if the lease is still ours.
    Advance {
        /// The row.
        version: String,
        /// The step that is done, 0-based.
        from: u32,
        /// Whether it was the last step of an up section.
        last: bool,
        /// The fingerprint of the step, if the ledger keeps those.
        print: Option<String>,
        /// The claim.
        claim: u32,
    },
    /// Give up the lease between two steps.
    Stop {
        /// The row.
        version: String,
        /// The claim.
        claim: u32,
    },
    /// End the lease where nobody knows whether the step happened.
    Abandon {
        /// The row.
        version: String,
        /// The claim.
        claim: u32,
    },
    /// Delete the row whose way back has run.
    DeleteReverted {
        /// The row.
        version: String,
        /// The claim.
        claim: u32,
    },
    /// What the database says of a step that may have been tried: `missing`, `invalid` or `valid` of an index, `gone` of
    /// what it takes away, `pending`; and whether somebody is at it.
    Index {
        /// The migration.
        migration: usize,
        /// The section.
        direction: Direction,
        /// The step.
        step: usize,
        /// Compare these indexes with the one that the step builds, if there are any, and keep nothing: the failure says
        /// what was found.
        among: String,
    },
    /// Ask for the session's settings.
    Capture,
    /// Set the schema of the run, and what the section has set before this step.
    Replay {
        /// The migration.
        migration: usize,
        /// The section.
        direction: Direction,
        /// The step.
        step: usize,
    },
    /// Put the session's settings back.
    Restore,
    /// End a failed transaction that was begun explicitly.
    Rollback,
    /// Carry out all acts once more and keep nothing of it: the failure's context tells which
    /// statement fails.
    Diagnose(Vec<Act>),
}

impl Request {
    /// Whether it only reads the ledger. Nothing is half-done then: a driver need not wait for the answer for ever.
    pub fn looks(&self) -> bool {
        matches!(self, Request::Digest | Request::Shape { .. } | Request::Says(_) | Request::Rows(_) | Request::Values)
    }
}

/// One part of a [`Request::Atomic`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Act {
    /// Limit how long the following acts wait for locks.
    LockTimeout,
    /// Add the column for the fingerprints of steps to the ledger.
    Widen,
    /// Remember the session's settings in the session.
    Capture,
    /// Let names without a schema mean those of the run's, until the transaction ends.
    Schema,
    /// Set what the section has set before this step.
    Replay {
        /// The migration.
        migration: usize,
        /// The section.
        direction: Direction,
        /// The step.
        step: usize,
    },
    /// Put the session's settings back.
    Restore,
    /// Delete the row of a repeatable migration, if it has this checksum.
    Forget {
        /// The row.
        version: String,
        /// Its checksum.
        checksum: Option<String>,
    },
    /// Insert the row of a migration.
    Claim {
        /// The migration.
        migration: usize,
        /// Whether it is adopted instead of run.
        adopted: bool,
    },
    /// Record a step as done, and fail unless the lease is ours.
    Advance {
        /// The row.
        version: String,
        /// The step, 0-based.
        from: u32,
        /// Whether it is the last step of an up section.
        last: bool,
        /// The fingerprint of the step, if the ledger keeps those.
        print: Option<String>,
        /// The claim.
        claim: u32,
    },
    /// Fail unless the row is there.
    Recorded {
        /// The row.
        version: String,
    },
    /// Renew the lease at this step, and fail unless it is ours.
    Hold {
        /// The row.
        version: String,
        /// The step, 0-based.
        from: u32,
        /// The claim.
        claim: u32,
    },
    /// Put right what a step has left behind, such as an invalid index.
    Mend(String),
    /// Run a step.
    Run {
        /// The migration.
        migration: usize,
        /// The section.
        direction: Direction,
        /// The step.
        step: usize,
    },
    /// Record how long it took, and fail unless the row is there as it was claimed.
    Measure {
        /// The migration.
        migration: usize,
    },
    /// Mark rows as superseded.
    Supersede {
        /// The baseline's version.
        baseline: String,
        /// The rows.
        rows: Vec<String>,
    },
    /// Add what is missing in rows: pairs of row and migration.
    Stamp(Vec<(String, usize)>),
    /// Give a row the identity of a migration.
    Rekey {
        /// The row.
        from: String,
        /// The migration.
        migration: usize,
    },
    /// Note of rows that the callbacks after them have run.
    Settle(Vec<String>),
    /// Delete a row, and fail if it is gone, or at the end there again.
    Delete {
        /// The row.
        version: String,
    },
}
