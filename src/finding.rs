//! A finding: something a person should know, with a code, a place and how bad it is.

use crate::error::Location;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How bad a finding is. One error refuses the whole plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Worth a look; does not stop anything.
    Warning,
    /// Refuses the plan: nothing runs.
    Error,
}

/// Something a person should know, that is not a decision about one migration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Finding {
    /// Stable code, kebab-case.
    #[cfg_attr(feature = "wasm", tsify(type = "CoreCode | CoreFinding"))]
    pub code: Cow<'static, str>,
    /// How bad.
    pub severity: Severity,
    /// What was found.
    pub message: String,
    /// What to do next.
    pub help: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Location>,
}

/// How many versions or paths a message names at most.
pub(crate) const MANY: usize = 10;

/// `a`, `a and b`, `a, b and c`; what is too much is counted.
pub(crate) fn list(items: &[&str]) -> String {
    let (shown, more) = items.split_at(items.len().min(MANY));
    if !more.is_empty() {
        return format!("{} and {} more", shown.join(", "), more.len());
    }
    match shown {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
