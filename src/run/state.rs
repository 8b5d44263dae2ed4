//! All that decides what happens next, and when: the ground that the machine and its parts stand on.

use super::Failure;
use super::message::Owner;
use super::report::{EventKind, Report};
use super::request::{Act, Direction};
use crate::error::{Error, Location};
use crate::ledger::foreign::{LookAgain, Seen};
use crate::ledger::{ALONE, Around, Ledger, Row, State, Tool};
use crate::plan::{Finding, Work};
use std::collections::VecDeque;
use std::hash::Hash;
use std::sync::Arc;

/// The code of a tool that has gone on after its ledger was taken over.
pub(super) const MOVED: &str = "foreign-ledger-moved";

/// All that decides what happens next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct RunState {
    pub(super) phase: Phase,
    pub(super) work: VecDeque<Work>,
    pub(super) reverts: VecDeque<Revert>,
    pub(super) report: Arc<Report>,
    pub(super) doubt: Doubt,
    /// Whether a first plan has been made, and let through.
    pub(super) planned: bool,
    /// The table's columns, if they are not all of ours.
    pub(super) columns: Option<Vec<String>>,
    /// Whether the ledger has to be created or extended before anything is written.
    pub(super) incomplete: bool,
    pub(super) losses: u32,
    /// Whether it has been seen what else is in a database without a row of ours.
    pub(super) cleared: bool,
    /// Whether the shape was asked for since our ledger is there and has no row.
    pub(super) there: bool,
    /// Whether the shape was asked for without the names of the tables that the set creates.
    pub(super) unnamed: bool,
    /// What has to be so still when the ledger is made.
    pub(super) look_again: Option<Box<LookAgain>>,
    /// What was let pass.
    pub(super) ignored: Vec<Finding>,
    /// What was noticed of the ledger when it was read.
    pub(super) noticed: Vec<Finding>,
    /// What was around the ledger when its shape was asked for.
    pub(super) around: Around,
    /// Whether another session was writing to the ledger when it was read.
    pub(super) busy: bool,
    /// The tool that has moved on, and whether that has been looked at.
    pub(super) moved: Option<Option<Tool>>,
    /// The ledger, while that is looked at.
    pub(super) kept: Option<Box<Ledger>>,
    /// Whether the ledger had no row when the plan was made.
    pub(super) blank: bool,
    /// Whether going back empties the ledger.
    pub(super) empties: bool,
    pub(super) races: u32,
    pub(super) aborting: bool,
    /// Whether the ledger keeps the fingerprints of steps. None: it could, if its column were added.
    pub(super) stepped: Option<bool>,
    /// The claim whose connection was lost before the step was sent that was to be sent alone.
    pub(super) unsent: Option<u32>,
    /// Whether the run has callbacks, having something to do.
    pub(super) calls: bool,
    /// How many callbacks have run, or are not to.
    pub(super) called: usize,
    /// The rows that callbacks are still to follow.
    pub(super) owed: Vec<String>,
    /// Which claim the next one is: it grows with every lost connection.
    pub(super) claim: u32,
}

/// What the machine waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    Fresh,
    Digest,
    Shape,
    Rows,
    /// What other tools' ledgers say is asked for. `own`: its table has the name of ours.
    Says {
        seen: Box<Seen>,
        own: bool,
    },
    /// It is asked whether other tools' ledgers, from which rows were taken over, have moved on: first which there are.
    Moved(Option<Box<Seen>>),
    Create,
    /// What the database knows of what is filled in is asked for.
    Values,
    Bookkeeping,
    Callback {
        at: usize,
        step: usize,
    },
    /// A trace is left on a ledger that was emptied by going back.
    Trace,
    Apply(usize),
    Adopt(usize),
    Revert(usize),
    Stepwise(Stepwise),
    /// The column for the fingerprints of steps is added.
    Widen(Direction),
    /// The caller's settings are asked for, before a section that resets them all.
    Remember(Direction),
    /// A failed explicit transaction is being ended.
    Cleanup(Box<Refusal>),
    /// The statement that failed is being looked for.
    Diagnose(Box<Refusal>),
    Abandon(Box<Error>),
    Waiting,
    Over,
}

/// Why the ledger is looked at again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Doubt {
    None,
    /// A unique violation while a migration was claimed and run.
    Unique(Box<Refusal>),
    /// The reply was lost while this was done to a migration.
    Lost(usize, EventKind),
    /// Going back failed: is the row still there?
    Gone(Box<Refusal>),
    /// A step of this migration could not be recorded: is its row still there?
    Unrecorded(usize),
}

/// A section that the database refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Refusal {
    pub(super) migration: usize,
    pub(super) direction: Direction,
    pub(super) failure: Failure,
    pub(super) place: Option<(Location, String)>,
    pub(super) owner: Owner,
    /// What was sent, if the driver cannot tell which statement failed.
    pub(super) acts: Vec<Act>,
}

/// When to do things; never decides what is done, except that waiting has an end.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    pub(super) seed: u32,
    pub(super) attempts: u32,
    pub(super) since: Option<u64>,
    pub(super) seen: usize,
    pub(super) now: u64,
    pub(super) sent: u32,
    pub(super) total: u32,
    /// Whether the database has ever answered.
    pub(super) reached: bool,
    /// The statement that last waited for a lock.
    pub(super) place: Option<(Location, String)>,
}

/// Which claim of the runner's holds the row, if one does.
pub(super) fn claim_of(row: &Row, runner: &str) -> Option<u32> {
    let by = row.claimed_by.as_deref()?;
    let (name, claim) = by.strip_suffix(ALONE).unwrap_or(by).rsplit_once('#')?;
    if name == runner { claim.parse().ok() } else { None }
}

/// A statement-wise section under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Stepwise {
    pub(super) migration: usize,
    pub(super) direction: Direction,
    /// As the row writes it.
    pub(super) version: String,
    /// The step at hand, 0-based.
    pub(super) step: usize,
    pub(super) total: usize,
    /// The step at hand may have been tried before.
    pub(super) tried: bool,
    /// Nobody knows how that try has ended.
    pub(super) died: bool,
    /// The step at hand has turned out to refuse a transaction.
    pub(super) alone: bool,
    /// The row says that the step at hand is about to be sent alone.
    pub(super) held: bool,
    /// The step at hand has failed alone, and a part of it may be kept.
    pub(super) part: bool,
    /// The row says that all is done.
    pub(super) recorded: bool,
    /// Why the index could not be built: its name was taken.
    pub(super) taken: Option<Box<Error>>,
    /// The caller's settings are known.
    pub(super) captured: bool,
    /// The session has the section's settings, not the caller's.
    pub(super) changed: bool,
    pub(super) at: At,
}

/// Which request of a step is under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum At {
    Forget,
    Claim,
    Capture,
    /// The section's settings are set; then this.
    Replay(Next),
    /// The caller's settings are put back; then this.
    Restore(Next),
    Index,
    /// What was left behind is put right; then the step is done, or it is run.
    Mend(bool),
    Hold,
    Run,
    Advance,
    Delete,
    /// The statement of the step that failed is being looked for.
    Diagnose(Box<Refusal>),
    /// A failed explicit transaction is being ended; then as [`At::Stop`].
    Rollback(Option<Box<Error>>),
    /// The step has failed; the lease is given up. Then: fail with this, or try again later.
    Stop(Option<Box<Error>>),
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Next {
    /// Run the step.
    Run,
    /// Ask the database what has become of it; of an index, whether it is one of these.
    Index(String),
    /// Put right what was left behind; then it is done, or it is run.
    Mend(String, bool),
    /// Record the step as done.
    Advance,
    /// The index is still being built.
    Wait,
    /// Give up the lease, and then fail with the error, or try again later.
    Stop(Option<Box<Error>>),
}

impl Stepwise {
    pub(super) fn new(migration: usize, direction: Direction, version: String, total: usize) -> Self {
        Stepwise {
            migration,
            direction,
            version,
            step: 0,
            total,
            tried: false,
            died: false,
            alone: false,
            held: false,
            part: false,
            taken: None,
            recorded: false,
            captured: false,
            changed: false,
            at: At::Claim,
        }
    }

    /// At another step.
    pub(super) fn at_step(self, step: usize) -> Self {
        Stepwise { step, ..self }
    }
}

/// A migration to take back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Revert {
    pub(super) migration: usize,
    /// As the row writes it.
    pub(super) version: String,
    /// The row of a way back that was stopped.
    pub(super) resume: Option<Row>,
}

pub(super) fn resume(row: &Row) -> Option<Row> {
    (row.state == State::Reverting).then(|| row.clone())
}
