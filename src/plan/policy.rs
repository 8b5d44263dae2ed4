//! How bad each drift is, and who may say otherwise.

use crate::error::{Code, Error};
use crate::finding::Severity;
use crate::ledger::{Table, schema};
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
             duplicate, interrupted, in-progress, partial-squash, foreign-marker, not-run"
        );
    }

    #[test]
    fn the_keys_are_every_drift_and_two_findings() {
        use super::super::Reason;
        let none_of_drift = ["applied", "unverified", "replaced", "pending", "changed", "resume", "baseline"];
        let drifts = Reason::ALL.iter().map(|(_, text)| *text).filter(|text| !none_of_drift.contains(text));
        // An edit has two keys: it is graded.
        let keys: Vec<&str> = drifts
            .flat_map(|drift| if drift == "edited" { vec!["edited-cosmetic", "edited-semantic"] } else { vec![drift] })
            .chain(["foreign-marker", "not-run"])
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
