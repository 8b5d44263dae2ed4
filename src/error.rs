//! The one error type: what is wrong, where, and what to do next.

use crate::mention::{Mention, in_rust};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Gives the variants of an enum their public texts, in one place: `ALL`, `as_str`, `Display`, and `FromStr`.
macro_rules! words {
    ($type:ident, $what:literal, { $($variant:ident: $text:literal,)+ }) => {
        impl $type {
            #[doc = concat!("Every ", $what, " with its public text.")]
            pub const ALL: &'static [($type, &'static str)] = &[$(($type::$variant, $text)),+];

            #[doc = concat!("The public, stable text of the ", $what, ". [`FromStr`](std::str::FromStr) reads it.")]
            pub fn as_str(self) -> &'static str {
                match self {
                    $($type::$variant => $text,)+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        /// Reads its public text; any other is `invalid-input`.
        impl std::str::FromStr for $type {
            type Err = $crate::error::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let all = || Self::ALL.iter().map(|(_, known)| *known);
                $crate::error::meant(Self::ALL, text).ok_or_else(|| $crate::error::unknown($what, text, all()))
            }
        }
    };
}
pub(crate) use words;

/// What a text means, of what has a public text.
pub(crate) fn meant<T: Copy>(all: &[(T, &str)], text: &str) -> Option<T> {
    all.iter().find(|(_, known)| *known == text).map(|(value, _)| *value)
}

/// A text means none of what has a public text.
pub(crate) fn unknown<'a>(what: &str, text: &str, all: impl Iterator<Item = &'a str>) -> Error {
    let known: Vec<&str> = all.collect();
    Error::new(Code::InvalidInput, format!("there is no {what} {text:?}"))
        .with_help(format!("use one of {}", known.join(", ")))
}

/// What kind of error it is. The kebab-case text of a code is public and stable.
///
/// ```
/// use counterfoil::Code;
/// assert_eq!(Code::PlanRefused.as_str(), "plan-refused");
/// assert_eq!("plan-refused".parse(), Ok(Code::PlanRefused));
/// assert_eq!("refused".parse::<Code>().unwrap_err().message(), "there is no code \"refused\"");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Code {
    /// The convention of a set of files cannot be told, or more than one fits.
    ConventionUnclear,
    /// A file, path or option has the wrong form.
    InvalidInput,
    /// A text is not well-formed Unicode (a lone surrogate), has a NUL byte, or is not what `atlas.sum` has a hash of.
    InvalidText,
    /// A file is named in a way that its convention does not know.
    InvalidName,
    /// A version is longer than the ledger's column (128 characters).
    VersionTooLong,
    /// A marker is missing, doubled or in the wrong place.
    InvalidMarker,
    /// A file has no up section.
    NoUpSection,
    /// A string literal is not closed.
    UnterminatedString,
    /// A quoted identifier is not closed.
    UnterminatedIdentifier,
    /// A dollar-quoted string is not closed.
    UnterminatedDollarQuote,
    /// A block comment is not closed.
    UnterminatedComment,
    /// `COPY … FROM stdin` with data inside the file.
    CopyFromStdin,
    /// A psql command (a line that starts with a backslash).
    PsqlCommand,
    /// Transaction control that cannot be carried out as written, such as a top-level `ROLLBACK`.
    TransactionControl,
    /// A migration creates, drops, renames or empties the ledger's own table, or deletes its row.
    LedgerTouched,
    /// Another tool has migrated the database, or a table with the ledger's name is another tool's.
    ForeignLedger,
    /// There is no ledger, and a table that the pending migrations create is there already.
    DatabaseNotEmpty,
    /// The plan holds an error; nothing was run.
    PlanRefused,
    /// The plan differs from the one that was asked for; nothing was run.
    PlanChanged,
    /// Something is pending and `when` is `refuse`.
    Pending,
    /// The time allowed for waiting is over.
    WaitTimeout,
    /// A statement of a migration failed.
    StatementFailed,
    /// The database refused or failed something that is not part of a migration.
    DatabaseFailed,
    /// The connection is in a transaction of the caller's.
    OpenTransaction,
    /// The connection was lost.
    ConnectionLost,
    /// A statement-wise migration stopped where nobody can tell whether a statement has happened.
    Interrupted,
    /// There is nothing to go back from, or the target is not in the ledger.
    NothingToRollBack,
    /// A migration has no down section.
    NoDownSection,
    /// A down section is destructive and was not named in `allowDestructive`.
    DestructiveDown,
    /// Another process is migrating the same data directory.
    DataDirLocked,
    /// The driver lacks a capability that the work needs.
    Unsupported,
    /// A migration makes a request that is larger than the driver may send.
    RequestTooLarge,
    /// The run was told to stop.
    Aborted,
    /// The caller handed the state machine an input that it did not ask for.
    OutOfTurn,
}

words!(Code, "code", {
    ConventionUnclear: "convention-unclear",
    InvalidInput: "invalid-input",
    InvalidText: "invalid-text",
    InvalidName: "invalid-name",
    VersionTooLong: "version-too-long",
    InvalidMarker: "invalid-marker",
    NoUpSection: "no-up-section",
    UnterminatedString: "unterminated-string",
    UnterminatedIdentifier: "unterminated-identifier",
    UnterminatedDollarQuote: "unterminated-dollar-quote",
    UnterminatedComment: "unterminated-comment",
    CopyFromStdin: "copy-from-stdin",
    PsqlCommand: "psql-command",
    TransactionControl: "transaction-control",
    LedgerTouched: "ledger-touched",
    ForeignLedger: "foreign-ledger",
    DatabaseNotEmpty: "database-not-empty",
    PlanRefused: "plan-refused",
    PlanChanged: "plan-changed",
    Pending: "pending",
    WaitTimeout: "wait-timeout",
    StatementFailed: "statement-failed",
    DatabaseFailed: "database-failed",
    OpenTransaction: "open-transaction",
    ConnectionLost: "connection-lost",
    Interrupted: "interrupted",
    NothingToRollBack: "nothing-to-roll-back",
    NoDownSection: "no-down-section",
    DestructiveDown: "destructive-down",
    DataDirLocked: "data-dir-locked",
    Unsupported: "unsupported",
    RequestTooLarge: "request-too-large",
    Aborted: "aborted",
    OutOfTurn: "out-of-turn",
});

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A place in a migration file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
// Exhaustive: callers build it.
pub struct Location {
    /// The file's path, as given.
    pub path: String,
    /// Line, 1-based.
    pub line: u32,
    /// Column, 1-based, in code points.
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// An error: a [`Code`], a message that says what was found, a help text that says what to do
/// next, and where there is one, the place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.0)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Inner {
    code: Code,
    message: String,
    help: String,
    options: Vec<Mention>,
    at: Option<Location>,
    statement: Option<String>,
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = &self.at {
            write!(f, "{at}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl Error {
    /// An error with a message: lower-case, no full stop, saying what was found.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let (message, help) = (message.into(), String::new());
        Error(Box::new(Inner { code, message, help, options: Vec::new(), at: None, statement: None }))
    }

    /// Adds what to do next. Options that it speaks of are called as in JavaScript, and added with
    /// [`with_options`](Self::with_options).
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = help.into();
        self
    }

    /// Adds an option that the help speaks of.
    #[inline(never)] // there are many of them: keeps the module small
    pub fn with_option(mut self, option: Mention) -> Self {
        self.0.options.push(option);
        self
    }

    /// Adds the options that the help speaks of.
    #[inline(never)] // there are many of them: keeps the module small
    pub fn with_options(mut self, options: Vec<Mention>) -> Self {
        self.0.options = options;
        self
    }

    /// Adds the place in a file.
    #[inline(never)] // there are many of them: keeps the module small
    pub fn with_location(mut self, at: Location) -> Self {
        self.0.at = Some(at);
        self
    }

    /// Adds the statement that the error is about.
    pub fn with_statement(mut self, statement: impl Into<String>) -> Self {
        self.0.statement = Some(statement.into());
        self
    }

    /// The same with every text but those of options as it may be told.
    pub(crate) fn told(mut self, told: &dyn Fn(&str) -> String) -> Self {
        self.0.message = told(&self.0.message);
        self.0.help = told(&self.0.help);
        self
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The message, without the place.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do next, with options as they are called in Rust. Empty if there is nothing to say.
    pub fn help(&self) -> Cow<'_, str> {
        in_rust(&self.0.help, &self.0.options)
    }

    /// The same with options as they are called in JavaScript and JSON.
    pub fn json_help(&self) -> &str {
        &self.0.help
    }

    /// The options that the help speaks of.
    pub fn options(&self) -> &[Mention] {
        &self.0.options
    }

    /// The place in a file.
    pub fn location(&self) -> Option<&Location> {
        self.0.at.as_ref()
    }

    /// The statement that the error is about.
    pub fn statement(&self) -> Option<&str> {
        self.0.statement.as_deref()
    }
}
