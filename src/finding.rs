//! A finding: something a person should know, with a code, a place and how bad it is.

use crate::error::{Error, Location, words};
use crate::mention::{Mention, in_rust};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How bad a finding is. One error refuses the whole plan. There are these three and will be no other: whoever shows
/// findings has a way for each.
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

words!(Severity, "severity", {
    Note: "note",
    Warning: "warning",
    Error: "error",
});

/// Something a person should know, that is not a decision about one migration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[non_exhaustive]
pub struct Finding {
    /// Stable code, kebab-case.
    #[cfg_attr(feature = "wasm", tsify(type = "CoreCode | CoreFinding"))]
    pub code: Cow<'static, str>,
    /// How bad.
    pub severity: Severity,
    /// What was found.
    pub message: String,
    /// What to do next, with options as they are called in JavaScript and JSON.
    pub help: String,
    /// The options that the help speaks of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub options: Vec<Mention>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Location>,
}

impl Finding {
    /// A finding with a message: lower-case, no full stop, saying what was found.
    pub fn new(code: impl Into<Cow<'static, str>>, severity: Severity, message: impl Into<String>) -> Self {
        Finding {
            code: code.into(),
            severity,
            message: message.into(),
            help: String::new(),
            options: Vec::new(),
            at: None,
        }
    }

    /// Adds what to do next.
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Adds the place in a file.
    #[inline(never)] // there are many of them: keeps the module small
    pub fn with_location(mut self, at: Location) -> Self {
        self.at = Some(at);
        self
    }

    /// Adds an option that the help speaks of.
    #[inline(never)] // there are many of them: keeps the module small
    pub fn with_option(mut self, option: Mention) -> Self {
        self.options.push(option);
        self
    }

    /// Adds the options that the help speaks of.
    #[inline(never)] // there are many of them: keeps the module small
    pub fn with_options(mut self, options: Vec<Mention>) -> Self {
        self.options = options;
        self
    }

    /// What to do next, with options as they are called in Rust.
    pub fn help(&self) -> Cow<'_, str> {
        in_rust(&self.help, &self.options)
    }

    /// An error as a finding, with its place if it has one.
    pub(crate) fn of(error: &Error) -> Self {
        let mut finding = Finding::new(error.code().as_str(), Severity::Error, error.message());
        finding.help = error.json_help().to_owned();
        finding.options = error.options().to_vec();
        finding.at = error.location().cloned();
        finding
    }
}

/// How many versions or paths a message names at most.
pub(crate) const MANY: usize = 10;

/// `a`, `a and b`, `a, b and c`; what is too much is counted.
pub fn list(items: &[&str]) -> String {
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
