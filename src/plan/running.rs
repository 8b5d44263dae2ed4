//! Statement-wise migrations that are under way or have stopped.

use super::inspect::Inspected;
use crate::checksum::{self, STEP};
use crate::ledger::{Lease, Row, State};
use crate::migration::{Migration, Section};
use crate::sql::{Left, Mode, Steps};
use serde::{Deserialize, Serialize};

/// What a running row means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Somebody holds it.
    Underway,
    /// It goes on where it stopped.
    Resume,
    /// It needs a person.
    Stopped(Why),
}

/// Why a stopped migration needs a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[non_exhaustive]
pub enum Why {
    /// Nobody can tell whether the statement at the next step has happened.
    Unknown,
    /// Of what the file has changed since, a part was done, or may have been.
    Edited,
    /// The file is split into other steps than the row says.
    Regrouped,
    /// There is no file of that version.
    NoFile,
    /// A baseline that is applied stands for it.
    Replaced,
    /// It was being taken back.
    Reverting,
}

/// Whether the fingerprint on record for a step is that of the section's. None: there is none.
fn is_print(section: &Section, steps: &Steps, recorded: &str, at: usize) -> Option<bool> {
    let print = recorded.get(at * STEP..(at + 1) * STEP)?;
    Some(steps.steps.get(at).is_some_and(|step| print == checksum::step(&section.as_written(step.span))))
}

/// Whether the steps that are on record as done are the first ones of the section. With none done there is nothing to
/// compare. Behind them may be the one that was sent alone last.
pub(crate) fn agree(section: &Section, steps: &Steps, recorded: Option<&str>, done: usize) -> bool {
    (0..done).all(|at| recorded.is_some_and(|recorded| is_print(section, steps, recorded, at) == Some(true)))
}

/// Whether nobody can tell if the step at hand of a row whose runner has died has happened. `same`: the text is the one that
/// ran, as far as the ledger knows without the fingerprints of steps.
///
/// Progress is recorded in the transaction of a transactional step, so the row says whether that step has happened. Before
/// one is sent alone, the row says so.
pub(crate) fn is_unknown(section: &Section, steps: &Steps, row: &Row, same: bool) -> bool {
    let done = row.steps_done.unwrap_or(0) as usize;
    let step = steps.steps.get(done);
    let tried = row.steps.as_deref().and_then(|recorded| is_print(section, steps, recorded, done));
    let judged = tried.unwrap_or(same) && step.is_some_and(|step| step.left == Left::Judged);
    let alone = row.is_alone() || row.steps.is_none() && step.is_some_and(|step| !step.transactional);
    row.lease == Lease::Over && alone && !judged
}

/// Judges a running row that belongs to a file.
///
/// What is done has to be in the file as it was; the rest may have changed. A row whose lease was given up (`claimed_until`
/// is null) was stopped between two steps. Of some others the database can tell what has become of the step at hand, or it
/// may be run again.
pub(super) fn judge(migration: &Migration, row: &Row, inspected: Option<&Inspected>) -> Verdict {
    if row.lease == Lease::Alive {
        return Verdict::Underway;
    }
    if row.state == State::Reverting {
        return Verdict::Stopped(Why::Reverting);
    }
    let same = row.checksum.as_ref() == Some(&migration.checksum);
    let done = row.steps_done.unwrap_or(0);
    // With another name and another text it is another migration.
    let may_differ = row.name.as_ref().is_none_or(|name| *name == migration.name);
    // What cannot be split is refused for that, with the place in the file.
    let Some(inspected) = inspected else {
        return if same || may_differ && done == 0 { Verdict::Resume } else { Verdict::Stopped(Why::Edited) };
    };
    let steps = &inspected.steps;
    let total = u32::try_from(steps.steps.len()).unwrap_or(u32::MAX);
    let as_it_was =
        same && steps.mode == Mode::StatementWise && row.steps_total.unwrap_or(total) == total && done <= total;
    if !as_it_was && !((same || may_differ) && agree(&migration.up, steps, row.steps.as_deref(), done as usize)) {
        return Verdict::Stopped(if same { Why::Regrouped } else { Why::Edited });
    }
    if is_unknown(&migration.up, steps, row, same) { Verdict::Stopped(Why::Unknown) } else { Verdict::Resume }
}

/// Judges a running row without a file.
pub(super) fn judge_orphan(row: &Row) -> Verdict {
    match (row.lease, row.state) {
        (Lease::Alive, _) => Verdict::Underway,
        (_, State::Reverting) => Verdict::Stopped(Why::Reverting),
        _ => Verdict::Stopped(Why::NoFile),
    }
}
