//! A section made ready to run: split, classified and grouped into steps.

use super::Setup;
use super::request::Direction;
use crate::error::{Code, Error};
use crate::migration::{Convention, Section};
use crate::plan::set_local::{self, calls_set_config};
use crate::plan::{Finding, Inspected, inspect};
use crate::sql::{Analysis, Statement};
use std::ops::Deref;
use std::sync::Arc;

/// A section made ready to run.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    inspected: Arc<Inspected>,
    /// Settings with a dot in their name that the section sets: `pg_settings` does not show them.
    pub(crate) settings: Vec<String>,
    /// Steps that do nothing but set something until their transaction ends, which holds for the steps after them: the
    /// statement, and the one that ends it.
    local: Vec<(usize, usize)>,
    /// The caller's settings, if the machine keeps them.
    pub(crate) kept: Option<String>,
    /// The section with what is filled in, if anything is.
    pub(crate) filled: Option<Section>,
}

impl Deref for Prepared {
    type Target = Inspected;

    fn deref(&self) -> &Inspected {
        &self.inspected
    }
}

impl Prepared {
    /// `known`: what planning has found out about the section.
    pub(crate) fn new(
        section: &Section,
        known: Option<Arc<Inspected>>,
        convention: Convention,
    ) -> Result<Prepared, Error> {
        let inspected = match known {
            Some(known) => known,
            None => Arc::new(inspect(section).map_err(|finding| refused(*finding))?),
        };
        let mut local = Vec::new();
        if set_local::holds(convention) {
            local.extend(set_local::alone(section, &inspected));
        }
        let settings = dotted_settings(&section.text, &inspected.analysis);
        Ok(Prepared { inspected, settings, local, kept: None, filled: None })
    }

    /// Whether what a statement sets until its transaction ends holds for the steps after it.
    pub(crate) fn is_held(&self, statement: usize) -> bool {
        self.local.iter().any(|(at, _)| *at == statement)
    }

    /// The section as it is run.
    pub(crate) fn section<'s>(&'s self, setup: &'s Setup, migration: usize, direction: Direction) -> &'s Section {
        self.filled.as_ref().unwrap_or_else(|| setup.section(migration, direction))
    }

    /// Whether any step may change session settings.
    pub(crate) fn session(&self) -> bool {
        !self.local.is_empty() || self.steps.steps.iter().any(|step| step.session)
    }

    /// Whether the section takes away what is kept in the session.
    pub(crate) fn resets(&self) -> bool {
        let takes_away = |verb: &str| verb.starts_with("reset all") || verb.starts_with("discard all");
        self.analysis.statements.iter().any(|statement| takes_away(&statement.verb))
    }

    /// The statements that do nothing but change settings, of all steps before this one. Every step
    /// begins with the caller's settings, so that the ledger is written with them and a run that
    /// goes on in the middle finds what the section has set before. `lasting`: the step has no transaction to set it in.
    pub(crate) fn set_before(&self, text: &str, step: usize, lasting: bool) -> impl Iterator<Item = String> {
        let end = self.steps.steps.get(step).map_or(0, |step| step.statements.start);
        self.analysis.statements.iter().take(end).enumerate().filter_map(move |(at, statement)| {
            match self.local.iter().find(|(local, _)| *local == at) {
                Some((_, until)) if *until <= end => None,
                Some(_) if lasting => Some(set_local::for_session(statement, text)),
                Some(_) => Some(statement.span.slice(text).to_owned()),
                None => sets(statement, text),
            }
        })
    }
}

/// What a statement does to settings, if it does nothing else.
pub(crate) fn sets(statement: &Statement, text: &str) -> Option<String> {
    let (verb, sql) = (statement.verb.as_str(), statement.span.slice(text));
    match verb.split(' ').next().unwrap_or_default() {
        _ if !statement.session || set_local::is_local(statement, text) => None,
        "set" | "reset" => Some(sql.to_owned()),
        // It does more than that, but what it does to settings is this.
        "discard" if verb == "discard all" => Some("reset all".to_owned()),
        "select" if calls_set_config(sql) => Some(sql.to_owned()),
        _ => None,
    }
}

/// What cannot run here, as an error.
pub(super) fn refused(finding: Finding) -> Error {
    let code = Code::ALL.iter().find(|(_, text)| *text == finding.code).map_or(Code::InvalidInput, |(code, _)| *code);
    let error = Error::new(code, finding.message).with_help(finding.help).with_options(finding.options);
    match finding.at {
        Some(at) => error.with_location(at),
        None => error,
    }
}

/// The names with a dot that follow `set`, or open a call of `set_config`.
fn dotted_settings(text: &str, analysis: &Analysis) -> Vec<String> {
    let mut names = Vec::new();
    for statement in analysis.statements.iter().filter(|it| it.session || it.verb.starts_with("set")) {
        let sql = statement.span.slice(text).to_ascii_lowercase();
        let mut rest = sql.as_str();
        while let Some(at) = rest.find("set_config") {
            rest = &rest[at + "set_config".len()..];
            let argument = rest.trim_start_matches(|c: char| c == '(' || c.is_ascii_whitespace() || c == '\'');
            push_dotted(&mut names, argument);
        }
        if let Some(rest) = sql.strip_prefix("set ").or_else(|| sql.strip_prefix("reset ")) {
            let rest = rest.trim_start();
            let rest = rest.strip_prefix("session ").or_else(|| rest.strip_prefix("local ")).unwrap_or(rest);
            push_dotted(&mut names, rest.trim_start());
        }
    }
    names
}

fn push_dotted(names: &mut Vec<String>, text: &str) {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || !c.is_ascii() || c == '_' || c == '.' || c == '$'))
        .unwrap_or(text.len());
    let name = &text[..end];
    if name.contains('.') && !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}
