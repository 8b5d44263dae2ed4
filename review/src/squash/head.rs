//! What of a dump sets the stage for `psql` and is no part of a schema.
//!
//! `pg_dump` (`pg_backup_archiver.c`, `_doSetFixedOutputState`) empties `search_path`: read back under that, `IS DISTINCT FROM`
//! on citext means another operator, and a function that names another without its schema fails.

use counterfoil::sql::lex::{Kind, tokens};
use counterfoil::sql::quote::identifier;
use std::collections::BTreeSet;

/// What becomes of a statement of a dump.
pub(super) enum Fate {
    /// It belongs to the schema.
    Kept,
    /// It goes.
    Dropped,
    /// It is another one in its place.
    Instead(String),
}

/// Settings that a dump makes for itself.
const OWN: &[&str] = &[
    "check_function_bodies",
    "client_encoding",
    "client_min_messages",
    "default_with_oids",
    "escape_string_warning",
    "idle_in_transaction_session_timeout",
    "lock_timeout",
    "row_security",
    "search_path",
    "session",
    "standard_conforming_strings",
    "statement_timeout",
    "transaction_timeout",
    "xmloption",
];

/// Settings for the statements that follow, and what they are where nothing says otherwise.
const FOLLOWING: &[(&str, &str)] = &[("default_tablespace", "''"), ("default_table_access_method", "heap")];

/// A number that PGlite keeps in the options of every column since 0.5.17. PostgreSQL has no such option, and PGlite sets it by itself.
const OF_PGLITE: &str = "pg_attver";

/// What is usual in a dump, and need not be said.
pub(super) struct Usual {
    /// Those of [`FOLLOWING`] that are not as usual any more.
    changed: Vec<String>,
    /// Roles that stay owners, as they may be written.
    owners: BTreeSet<String>,
}

impl Usual {
    /// `made`: the roles that the migrations have made. What another one owns is whoever's runs the baseline.
    pub(super) fn of<'a>(made: impl Iterator<Item = &'a str>) -> Usual {
        Usual { changed: Vec::new(), owners: made.flat_map(|role| [role.to_owned(), identifier(role)]).collect() }
    }

    /// What becomes of the statement.
    pub(super) fn fate(&mut self, statement: &str) -> Fate {
        let words = words(statement);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["set", "local", ..] => Fate::Kept,
            ["set", name, ..] if OWN.contains(name) => Fate::Dropped,
            ["set", name, ..] => self.following(name, statement),
            ["select", ..] if statement.contains("pg_catalog.set_config('search_path'") => Fate::Dropped,
            // The extension brings its own, and only its owner may write another.
            ["comment", "on", "extension", ..] => Fate::Dropped,
            ["alter", "table", .., "(", OF_PGLITE, "=", _, ")"] => Fate::Dropped,
            ["alter", "table", options @ ..] if options.windows(2).any(|two| two == ["(", OF_PGLITE]) => {
                without_first_option(statement)
            }
            ["alter", .., "owner", "to", owner] if !self.stays(owner) => Fate::Dropped,
            _ => Fate::Kept,
        }
    }

    /// Every server has the roles that begin with `pg_`.
    fn stays(&self, owner: &str) -> bool {
        owner.starts_with("pg_") || self.owners.contains(owner)
    }

    fn following(&mut self, name: &str, statement: &str) -> Fate {
        let value = statement.split_once('=').map(|(_, value)| value.trim()).unwrap_or_default();
        let usual = FOLLOWING.iter().any(|(known, usual)| *known == name && *usual == value);
        if usual && !self.changed.iter().any(|changed| changed == name) {
            return Fate::Dropped;
        }
        self.changed.push(name.to_owned());
        Fate::Instead(format!("SET LOCAL{}", &statement[3..]))
    }
}

/// `SET (a=1, b=2)` as `SET (b=2)`. No value before it has a comma or a parenthesis: they are numbers.
fn without_first_option(statement: &str) -> Fate {
    let first = statement.rfind(OF_PGLITE).unwrap_or_default();
    let rest = statement[first..].find(',').map_or(first, |comma| first + comma + 1);
    Fate::Instead(format!("{}{}", &statement[..first], statement[rest..].trim_start()))
}

/// The words of a statement in lower case. What is quoted, and everything else, is a word of its own: none that is looked for.
pub(super) fn words(statement: &str) -> Vec<String> {
    let kept = |kind: Kind| !matches!(kind, Kind::LineComment | Kind::BlockComment);
    let word = |kind: Kind, text: &str| if kind == Kind::Word { text.to_ascii_lowercase() } else { text.to_owned() };
    tokens(statement)
        .filter(|token| kept(token.kind))
        .map(|token| word(token.kind, token.span.slice(statement)))
        .collect()
}
