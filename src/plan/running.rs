//! Statement-wise migrations that are under way or have stopped.

use super::inspect::Inspected;
use crate::ledger::{Lease, Row, State};
use crate::migration::Migration;
use crate::sql::Mode;
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
    /// The file has changed since.
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

/// Judges a running row that belongs to a file.
///
/// Progress is recorded in the transaction of a transactional step, so the row says whether that
/// step has happened. Of some others the database can tell, or they may be run again. A row whose
/// lease was given up (`claimed_until` is null) was stopped between two steps.
pub(super) fn judge(migration: &Migration, row: &Row, inspected: Option<&Inspected>) -> Verdict {
    if row.lease == Lease::Alive {
        return Verdict::Underway;
    }
    if row.state == State::Reverting {
        return Verdict::Stopped(Why::Reverting);
    }
    if row.checksum.as_ref() != Some(&migration.checksum) {
        return Verdict::Stopped(Why::Edited);
    }
    // What cannot be split is refused for that, with the place in the file.
    let Some(inspected) = inspected else { return Verdict::Resume };
    let steps = &inspected.steps.steps;
    let total = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    let done = row.steps_done.unwrap_or(0);
    let regrouped =
        inspected.steps.mode != Mode::StatementWise || row.steps_total.unwrap_or(total) != total || done > total;
    if regrouped {
        return Verdict::Stopped(Why::Regrouped);
    }
    match steps.get(done as usize) {
        Some(step) if row.lease == Lease::Over && !step.transactional && step.judged.is_none() => {
            Verdict::Stopped(Why::Unknown)
        }
        _ => Verdict::Resume,
    }
}

/// Judges a running row without a file.
pub(super) fn judge_orphan(row: &Row) -> Verdict {
    match (row.lease, row.state) {
        (Lease::Alive, _) => Verdict::Underway,
        (_, State::Reverting) => Verdict::Stopped(Why::Reverting),
        _ => Verdict::Stopped(Why::NoFile),
    }
}
