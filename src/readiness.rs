//! Readiness: is the database at the version that this release expects?
//!
//! A release answers its health check by it. It reads what a plan reads, writes nothing, and takes
//! a ledger that does not exist for one without rows.

use crate::ledger::{Ledger, State};
use crate::migration::Catalog;
use crate::plan::{Action, Decision, Options, Reason, Severity, decisions};
use crate::version::{Identity, Version};
use serde::Serialize;

/// How the database stands to this release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub enum Status {
    /// All migrations of this release are there. 200.
    Ready,
    /// A migration of this release is not there. 503.
    Behind,
    /// All migrations of this release are there, and some of a newer one. 200: while a newer
    /// release is rolled out, or rolled back, the older one keeps serving.
    Ahead,
    /// Files and ledger disagree in a way that refuses the plan. 503.
    Drifted,
    /// Somebody is running a migration of this release. 503.
    InProgress,
}

/// The answer to a health check.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Readiness {
    /// How the database stands to this release.
    pub status: Status,
    /// 200 or 503.
    pub http_status: u16,
    /// One line for logs: `ready: db=… expected=…`, or `drift: db=… expected=…` and why.
    pub message: String,
    /// The newest version that is applied; none if nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// The newest version of this release; none if it has no migrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
}

/// Judges readiness.
///
/// What is merely bookkeeping does not count: a baseline that is to be adopted, and rows that are
/// to be stamped or re-keyed, leave the database ready. Rows without a file, running or not, are
/// another release's business: `ahead`. Of several things that are wrong the status is the first
/// in the order drifted, in-progress, behind, ahead.
///
/// ```
/// use counterfoil::{ledger::Ledger, migration::Catalog, plan::Options, readiness::readiness};
/// let catalog = Catalog {
///     convention: counterfoil::convention::Convention::Plain,
///     migrations: vec![],
///     findings: vec![],
/// };
/// let answer = readiness(&catalog, &Ledger::default(), &Options::default());
/// assert_eq!(answer.message, "ready: db=none expected=none");
/// ```
pub fn readiness(catalog: &Catalog, ledger: &Ledger, options: &Options) -> Readiness {
    let decisions = decisions(catalog, ledger, options);
    let (ours, others) = decisions.split_at(catalog.migrations.len().min(decisions.len()));
    let is_error = |decision: &&Decision| decision.severity == Some(Severity::Error);
    let drifted = ours.iter().chain(others.iter().filter(|decision| !is_ahead(decision))).find(is_error);
    let running = ours.iter().find(|decision| decision.code == Reason::InProgress);
    let mut pending = ours.iter().filter(|decision| decision.action == Action::Apply);
    let (status, why) = if let Some(decision) = drifted {
        (Status::Drifted, Some(named(decision.code.as_str(), &decision.version, 0)))
    } else if let Some(decision) = running {
        (Status::InProgress, Some(named("in-progress", &decision.version, 0)))
    } else if let Some(first) = pending.next() {
        (Status::Behind, Some(named("pending", &first.version, pending.count())))
    } else if others.iter().any(is_ahead) {
        (Status::Ahead, None)
    } else {
        (Status::Ready, None)
    };
    let is_ready = matches!(status, Status::Ready | Status::Ahead);
    let database = newest_applied(catalog, ledger, ours, others);
    let expected = newest_file(catalog);
    let word = match status {
        Status::Ready => "ready",
        Status::Ahead => "ahead",
        _ => "drift",
    };
    let mut message = String::from(word);
    for (key, value) in [(": db=", &database), (" expected=", &expected)] {
        message.push_str(key);
        message.push_str(value.as_deref().unwrap_or("none"));
    }
    if let Some(why) = why {
        message.push_str(&why);
    }
    Readiness { status, http_status: if is_ready { 200 } else { 503 }, message, database, expected }
}

/// ` pending=103` or, with more of the kind, ` pending=103,+2`.
fn named(key: &str, version: &str, more: usize) -> String {
    let mut text = String::from(" ");
    for part in [key, "=", version] {
        text.push_str(part);
    }
    if more > 0 {
        text.push_str(",+");
        text.push_str(&more.to_string());
    }
    text
}

/// Whether a row is a newer release's.
fn is_ahead(decision: &Decision) -> bool {
    decision.path.is_none() && matches!(decision.code, Reason::Ahead | Reason::InProgress | Reason::Interrupted)
}

/// The newest version of the files. Repeatable migrations have none.
fn newest_file(catalog: &Catalog) -> Option<String> {
    let versioned = catalog.migrations.iter().filter(|migration| !migration.repeatable);
    versioned.max_by(|a, b| a.version.cmp(&b.version)).map(|migration| migration.version.as_str().to_owned())
}

/// The newest version that is applied and that no baseline of this release stands for.
fn newest_applied(catalog: &Catalog, ledger: &Ledger, ours: &[Decision], others: &[Decision]) -> Option<String> {
    let identity = catalog.convention.identity();
    let running: crate::ordered::OrderedSet<&str> =
        ledger.rows.iter().filter(|row| row.state != State::Applied).map(|row| row.version.as_str()).collect();
    let mut newest: Option<Version> = None;
    for decision in ours.iter().chain(others) {
        let Some(row) = &decision.row else { continue };
        if decision.repeatable || decision.code == Reason::Replaced || running.contains(row.as_str()) {
            continue;
        }
        let version = Version::new(row.as_str(), identity);
        if matches!(identity, Identity::Digits | Identity::Dotted) && version.is_name() {
            continue;
        }
        if newest.as_ref().is_none_or(|newest| *newest < version) {
            newest = Some(version);
        }
    }
    newest.map(|version| version.as_str().to_owned())
}
