//! What of a dump sets the stage for `psql` and is no part of a schema.
//!
//! `pg_dump` (`pg_backup_archiver.c`, `_doSetFixedOutputState`) empties `search_path`: read back under that, `IS DISTINCT FROM`
//! on citext means another operator, and a function that names another without its schema fails.

use counterfoil::sql::lex::{Kind, tokens};
use std::collections::BTreeMap;

/// What becomes of a statement of a dump.
pub(super) enum Fate {
    /// It belongs to the schema.
    Kept,
    /// It goes.
    Dropped,
    /// It holds for this transaction.
    Local(String),
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

/// What is usual in a dump, and need not be said.
pub(super) struct Usual {
    /// Those of [`FOLLOWING`] that are not as usual any more.
    changed: Vec<String>,
    /// Who owns most: that is whoever runs the baseline.
    owner: Option<String>,
}

impl Usual {
    /// Reads who owns most.
    pub(super) fn of<'a>(statements: impl Iterator<Item = &'a str>) -> Usual {
        let mut counts = BTreeMap::<String, usize>::new();
        for statement in statements.filter(|statement| statement.contains(" OWNER TO ")) {
            if let ["alter", .., "owner", "to", owner] =
                words(statement).iter().map(String::as_str).collect::<Vec<_>>().as_slice()
            {
                *counts.entry((*owner).to_owned()).or_default() += 1;
            }
        }
        let most = counts.into_iter().reduce(|most, one| if one.1 > most.1 { one } else { most });
        Usual { changed: Vec::new(), owner: most.map(|(owner, _)| owner) }
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
            ["alter", .., "owner", "to", owner] if self.owner.as_deref() == Some(*owner) => Fate::Dropped,
            _ => Fate::Kept,
        }
    }

    fn following(&mut self, name: &str, statement: &str) -> Fate {
        let value = statement.split_once('=').map(|(_, value)| value.trim()).unwrap_or_default();
        let usual = FOLLOWING.iter().any(|(known, usual)| *known == name && *usual == value);
        if usual && !self.changed.iter().any(|changed| changed == name) {
            return Fate::Dropped;
        }
        self.changed.push(name.to_owned());
        Fate::Local(format!("SET LOCAL{}", &statement[3..]))
    }
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
