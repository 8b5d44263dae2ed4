//! The plan: one decision for every file and every ledger row.
//!
//! [`plan()`] is a pure function of the files, the rows and the options. It does not depend on the
//! order of the rows, and takes `O(n log n)`.
//!
//! Reasons are data: a [`Decision`] has a [`Reason`] and fields of its own for everything that its
//! message says.

pub(crate) mod created;
mod decide;
mod decision;
mod digest;
pub mod foreign_markers;
pub mod inspect;
mod matching;
pub(crate) mod not_run;
pub(crate) mod pairs;
mod policy;
pub(crate) mod running;
pub mod set_local;
mod squash;
pub(crate) mod words;
mod work;

use crate::error::{Code, Error, Location};
use crate::finding::list;
use crate::ledger::Ledger;
use crate::mention::Mention;
use crate::migration::{Catalog, Event};
use crate::sql::Mode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub use crate::finding::{Finding, Severity};
pub use decision::{Action, Decision, Edit, Grade, Progress, Reason, Resume, Work};
pub use inspect::{Cache, Inspected, inspect, unnamed};
pub use policy::{Options, POLICY};
pub use running::Why;

/// The codes of the findings that only a plan has. Those of [`convention`](crate::convention::CODES) and
/// [`sql`](crate::sql::steps::CODES) are among its findings too, and a [`Code`] where a section cannot be run.
pub const CODES: &[&str] = &[foreign_markers::CODE, inspect::EMPTY, pairs::CODE, set_local::CODE, ASSUMED, OWED];

/// The code of what was taken for applied because somebody said so.
pub const ASSUMED: &str = "assumed";
/// The code of migrations that Flyway's callbacks have not followed yet: a run was stopped before.
pub const OWED: &str = "callbacks-owed";

/// The plan.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Plan {
    /// See [`Plan::digest`].
    digest: String,
    /// One decision for every file and every row: files in order, then rows without a file.
    pub decisions: Vec<Decision>,
    /// What else a person should know.
    pub findings: Vec<Finding>,
    /// What there is to do, in order: rows that are re-keyed, stamped or marked, then migrations,
    /// repeatable ones last. Empty if there is nothing to do, and if the plan is refused.
    #[serde(skip)]
    pub work: Vec<Work>,
}

impl Plan {
    /// The error that refuses this plan, if one does.
    ///
    /// # Errors in it
    ///
    /// `plan-refused`, with the message, help and place of the first error: a finding before a
    /// decision, since a finding has a line.
    pub fn refusal(&self) -> Option<Error> {
        let mut count = 0usize;
        let mut first: Option<(&str, &str, &[Mention], Option<&Location>)> = None;
        let findings = self.findings.iter().filter(|finding| finding.severity == Severity::Error);
        for finding in findings {
            count += 1;
            first = first.or(Some((&finding.message, &finding.help, &finding.options, finding.at.as_ref())));
        }
        let decisions = self.decisions.iter().filter(|decision| decision.severity == Some(Severity::Error));
        for decision in decisions {
            count += 1;
            first = first.or(Some((&decision.message, &decision.help, &decision.options, decision.at.as_ref())));
        }
        let (message, help, options, at) = first?;
        let mut text = String::from("nothing was run: ");
        text.push_str(message);
        if count > 1 {
            text.push_str(&format!(" (and {} more {})", count - 1, if count == 2 { "error" } else { "errors" }));
        }
        let error = Error::new(Code::PlanRefused, text).with_help(help).with_options(options.to_vec());
        Some(match at {
            Some(at) => error.with_location(at.clone()),
            None => error,
        })
    }

    /// What a reviewer approves: `sha256:` and the hex of what the plan will do and what it found
    /// to disagree. Migrations that are skipped do not count, nor does any wording.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Checks that this is the plan that was reviewed. A plan that applies, adopts and re-keys
    /// nothing is always right: then somebody else has done it.
    ///
    /// # Errors
    ///
    /// `plan-changed` if the digests differ. While a migration is in progress they do: wait first.
    pub fn expect(&self, digest: &str) -> Result<(), Error> {
        let is_idle = self.work.iter().all(|work| matches!(work, Work::Stamp { .. } | Work::Supersede { .. }));
        if self.digest == digest || (is_idle && self.refusal().is_none()) {
            return Ok(());
        }
        Err(Error::new(
            Code::PlanChanged,
            format!("nothing was run: the plan is {}, and the one that was reviewed is {digest}", self.digest),
        )
        .with_help("look at the plan as it is now, and ask for that one with the option `expect`")
        .with_option(Mention::named("expect")))
    }

    /// The plan as canonical JSON: one line, fixed key order, nothing that is null or empty but
    /// `decisions` and `findings`.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Decides what to do about every file and every row.
///
/// Never fails: what is wrong is in the plan. Keys of the policy are checked by
/// [`Options::validate`], and whether there is the version that it goes up to by [`Options::target`].
pub fn plan(catalog: &Catalog, ledger: &Ledger, options: &Options) -> Plan {
    plan_with(catalog, ledger, options, &mut Cache::new())
}

/// [`plan()`] that keeps what it learns about the SQL of pending migrations, for the next plan with
/// the same catalog and for running them.
pub fn plan_with(catalog: &Catalog, ledger: &Ledger, options: &Options, cache: &mut Cache) -> Plan {
    let (mut decisions, work) = decide::decide(catalog, ledger, options, cache);
    let mut findings = catalog.findings.clone();
    not_run::judge(catalog, ledger, &decisions, options, &mut findings);
    pairs::findings(catalog, &decisions, true, &mut findings);
    // What runs in each migration's transaction, and whether some of it cannot run in one.
    let mut joined = catalog.callbacks.iter().filter(|callback| callback.event >= Event::BeforeEachMigrate).peekable();
    let is_joined = joined.peek().is_some();
    let by_steps =
        joined.any(|callback| inspect(&callback.section).is_ok_and(|it| it.steps.mode == Mode::StatementWise));
    for (file, decision) in decisions.iter_mut().take(catalog.migrations.len()).enumerate() {
        let migration = &catalog.migrations[file];
        let marker = |inspected: &Arc<Inspected>| {
            let severity = options.severity(foreign_markers::CODE);
            foreign_markers::finding(&migration.up, &inspected.analysis, catalog.convention, severity)
        };
        if decision.code == Reason::Unverified && !decision.settled {
            // Before its checksum is recorded: whoever moves the way back away later has edited it.
            let inspected = cache.inspected(file, &migration.up);
            findings.extend(inspected.as_ref().ok().and_then(marker));
        }
        if decision.action != Action::Apply {
            continue;
        }
        findings.extend(inspect::unnamed(&migration.up, &options.env).map(|error| Finding::of(&error)));
        match cache.inspected(file, &migration.up) {
            Ok(inspected) => {
                decision.transactional = Some(inspected.steps.mode == Mode::Transactional);
                decision.statements = Some(inspected.analysis.statements.len() as u32);
                decision.steps = Some(inspected.steps.steps.len() as u32);
                inspect::findings(&migration.up, inspected, &options.table, &mut findings);
                findings.extend(marker(inspected));
                findings.extend(inspect::empty(&migration.up, &inspected.analysis, Severity::Warning));
                findings.extend(set_local::finding(&migration.up, inspected, catalog.convention));
                if is_joined && (by_steps || inspected.steps.mode == Mode::StatementWise) {
                    findings.push(Finding::of(&inspect::cannot_join(&migration.up)));
                }
            }
            Err(finding) => findings.push((**finding).clone()),
        }
    }
    if decisions.iter().any(|decision| matches!(decision.action, Action::Apply | Action::Adopt)) {
        for section in catalog.callbacks.iter().map(|callback| &callback.section) {
            match inspect(section) {
                Ok(inspected) => inspect::findings(section, &inspected, &options.table, &mut findings),
                Err(finding) => findings.push(*finding),
            }
        }
    }
    let mut owing: Vec<&str> = Vec::new();
    owing.extend(ledger.rows.iter().filter(|row| row.owes()).map(|row| row.version.as_str()));
    if !owing.is_empty() {
        let message = format!("a run was stopped before the callbacks that follow these: {}", list(&owing));
        findings.push(
            Finding::new(OWED, Severity::Warning, message)
                .with_help("run again: that runs them, also where nothing is pending"),
        );
    }
    let mut assumed: Vec<&str> = Vec::new();
    for row in ledger.rows.iter().filter(|row| row.is_assumed() && row.replaced_by.is_none()) {
        assumed.push(&row.version);
    }
    if !assumed.is_empty() {
        crate::ordered::sort(&mut assumed);
        let message = format!("nobody has seen that these are applied, but somebody said so: {}", list(&assumed));
        let stamp = Mention::stamp("", &assumed);
        let help = format!("see that what they do is in the database, and then say so: {}", stamp.text);
        findings.push(Finding::new(ASSUMED, Severity::Note, message).with_help(help).with_option(stamp));
    }
    let refused = decisions.iter().any(|decision| decision.severity == Some(Severity::Error))
        || findings.iter().any(|finding| finding.severity == Severity::Error);
    let target = options.target(catalog).ok().flatten();
    let to = target.map(|target| catalog.migrations[target].version.as_str()).or(options.to.as_deref());
    let digest = digest::digest(catalog, &decisions, to);
    Plan { digest, decisions, findings, work: if refused { Vec::new() } else { work } }
}

/// The decisions alone, without a look at the SQL of pending migrations.
pub(crate) fn decisions(catalog: &Catalog, ledger: &Ledger, options: &Options) -> Vec<Decision> {
    // All of the set is looked at, whatever a plan goes up to.
    let options = Options { to: None, ..options.clone() };
    decide::decide(catalog, ledger, &options, &mut Cache::new()).0
}

#[cfg(test)]
mod tests;
