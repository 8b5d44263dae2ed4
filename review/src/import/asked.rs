//! What is asked for: whose ledger, and what is said besides.

use crate::evidence::Report;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What is to be taken for true of a migration of which the ledger cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assumed {
    /// It has run.
    Applied,
    /// It has not.
    Pending,
}

/// Takes over another tool's ledger.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Import {
    /// Paths and texts, byte for byte.
    #[serde(skip)]
    pub files: Vec<(String, String)>,
    /// Whose: the word for the tool, or `tool=schema.table`. None: the one that there is.
    pub from: Option<String>,
    /// What cannot be told: by version, or `all`.
    pub assume: BTreeMap<String, Assumed>,
    /// Versions whose files may be others than those that ran.
    pub accept_edited: Vec<String>,
    /// Nothing is to be drawn up: only what the schema is to be asked.
    pub inquire: bool,
    /// What the schema has said.
    pub evidence: Option<Report>,
}
