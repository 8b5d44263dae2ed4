//! How bad each drift is, and who may say otherwise.

use crate::error::{Code, Error};
use crate::finding::Severity;
use crate::ledger::{Table, schema};
use crate::mention::Mention;
use crate::migration::Catalog;
use crate::version::Version;
use serde::Serialize;
use std::collections::BTreeMap;

/// Every key of [`Options::policy`] with its default.
///
/// A drift that is not an error leaves its file and its row alone, and the rest of the plan goes
/// on. That means, for the five that are errors by default: an edited file, a collision, an
/// interrupted migration and a partial squash are neither run nor recorded, and of files with one
/// identity none is run. Two drifts have work of their own, which is done unless they are errors:
/// `renumbered` re-keys the row and `renamed` takes over the new name. `in-progress` waits.
///
/// Two are findings, not drifts: with a `foreign-marker` that is no error the text runs as it stands,
/// and a file that is `not-run` is passed over.
///
/// `gap` is about pending migrations of which a later one is applied. They run unless it is an error. Where the
/// policy does not name it they have no severity at all, and only the decision says that there is a gap.
pub const POLICY: &[(&str, Severity)] = &[
    ("edited-cosmetic", Severity::Note),
    ("edited-semantic", Severity::Error),
    ("collision", Severity::Error),
    ("missing", Severity::Warning),
    ("ahead", Severity::Warning),
    ("renumbered", Severity::Note),
    ("renamed", Severity::Note),
    ("duplicate", Severity::Error),
    ("interrupted", Severity::Error),
    ("in-progress", Severity::Note),
    ("partial-squash", Severity::Error),
    ("foreign-marker", Severity::Error),
    ("not-run", Severity::Error),
    ("gap", Severity::Note),
];

/// Options of [`plan`](super::plan()).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify), tsify(rename = "PlanOptions"))]
#[serde(rename_all = "camelCase", default)]
// Exhaustive: callers build it.
pub struct Options {
    /// Severity per drift code (`edited-cosmetic` and `edited-semantic` apart), where it differs
    /// from the default of [`POLICY`].
    #[cfg_attr(feature = "wasm", tsify(type = "{ [code in PolicyCode]?: Severity }"))]
    pub policy: BTreeMap<String, Severity>,
    /// The ledger's table: a migration that drops or renames it is refused. If there is a `schema`, it is in the first.
    pub table: Table,
    /// Where the set lives, ledger and objects; none if nothing is said of it.
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub schema: Vec<String>,
    /// The version up to which it goes, itself included; none: all. What is pending and comes after it stays so. Repeatable
    /// migrations have no version and run in any case, as with Flyway's `target`.
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub to: Option<String>,
    /// The names of the environment's variables that a run will be given. A plan needs no value.
    #[serde(skip)]
    pub env: Vec<String>,
}

impl Options {
    /// Checks the keys of the policy, and the schema.
    ///
    /// # Errors
    ///
    /// `invalid-input` for a key that is not in [`POLICY`], and for a schema that is empty, longer than 63 bytes,
    /// PostgreSQL's own or not that of `table`.
    pub fn validate(&self) -> Result<(), Error> {
        for key in self.policy.keys() {
            if !POLICY.iter().any(|(known, _)| known == key) {
                let known: Vec<&str> = POLICY.iter().map(|(known, _)| *known).collect();
                return Err(Error::new(Code::InvalidInput, format!("the policy has an unknown key, {key:?}"))
                    .with_help(format!("use one of: {}", known.join(", "))));
            }
        }
        schema::check(&self.schema, &self.table)
    }

    /// The migration up to which it goes, by its index in [`Catalog::migrations`]; none if it goes to the end.
    ///
    /// # Errors
    ///
    /// `invalid-input` if no migration has that version; the help names those on either side of it. [`plan`](super::plan())
    /// takes nothing for pending then.
    pub fn target(&self, catalog: &Catalog) -> Result<Option<usize>, Error> {
        let Some(to) = &self.to else { return Ok(None) };
        let version = Version::new(to.as_str(), catalog.convention.identity());
        let versioned = || catalog.migrations.iter().filter(|migration| !migration.repeatable).map(|it| &it.version);
        let is_it = |migration: &crate::Migration| !migration.repeatable && migration.version == version;
        if let Some(target) = catalog.migrations.iter().rposition(is_it) {
            return Ok(Some(target));
        }
        let before = versioned().filter(|other| **other < version).max();
        let after = versioned().filter(|other| **other > version).min();
        let near: Vec<&str> = before.into_iter().chain(after).map(Version::as_str).collect();
        let near = if near.is_empty() { String::new() } else { format!(": the nearest are {}", near.join(" and ")) };
        Err(Error::new(Code::InvalidInput, format!("no migration has the version {to}, up to which this was to go"))
            .with_help(format!("give a version of the set with the option `to`{near}; nothing was run"))
            .with_option(Mention::named("to")))
    }

    /// The severity of a drift. A key that is not in [`POLICY`] is an error.
    pub fn severity(&self, key: &str) -> Severity {
        let default =
            || POLICY.iter().find(|(known, _)| *known == key).map_or(Severity::Error, |(_, severity)| *severity);
        self.policy.get(key).copied().unwrap_or_else(default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let options = Options { policy: BTreeMap::from([("edited".into(), Severity::Note)]), ..Options::default() };
        let error = options.validate().unwrap_err();
        assert_eq!(error.code(), Code::InvalidInput);
        assert_eq!(error.message(), "the policy has an unknown key, \"edited\"");
        assert_eq!(
            error.help(),
            "use one of: edited-cosmetic, edited-semantic, collision, missing, ahead, renumbered, renamed, \
             duplicate, interrupted, in-progress, partial-squash, foreign-marker, not-run, gap"
        );
    }

    #[test]
    fn the_keys_are_every_drift_two_findings_and_gaps() {
        use super::super::Reason;
        let none_of_drift = ["applied", "unverified", "replaced", "beyond", "pending", "changed", "resume", "baseline"];
        let drifts = Reason::ALL.iter().map(|(_, text)| *text).filter(|text| !none_of_drift.contains(text));
        // An edit has two keys: it is graded.
        let keys: Vec<&str> = drifts
            .flat_map(|drift| if drift == "edited" { vec!["edited-cosmetic", "edited-semantic"] } else { vec![drift] })
            .chain(["foreign-marker", "not-run", "gap"])
            .collect();
        assert_eq!(POLICY.iter().map(|(key, _)| *key).collect::<Vec<_>>(), keys);
    }

    #[test]
    fn every_key_can_be_set() {
        for (key, default) in POLICY {
            for severity in [Severity::Note, Severity::Warning, Severity::Error] {
                let options = Options { policy: BTreeMap::from([((*key).into(), severity)]), ..Options::default() };
                assert_eq!(options.validate(), Ok(()));
                assert_eq!(options.severity(key), severity);
            }
            assert_eq!(Options::default().severity(key), *default);
        }
    }
}
