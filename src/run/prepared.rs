//! A section made ready to run: split, classified and grouped into steps.

use crate::error::{Code, Error};
use crate::migration::Section;
use crate::plan::{Finding, Inspected, inspect};
use crate::sql::{Analysis, Steps};

/// A section made ready to run.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) analysis: Analysis,
    pub(crate) steps: Steps,
    /// Settings with a dot in their name that the section sets: `pg_settings` does not show them.
    pub(crate) settings: Vec<String>,
}

impl Prepared {
    /// `known`: what planning has found out about the section.
    pub(crate) fn new(section: &Section, known: Option<Inspected>) -> Result<Prepared, Error> {
        let Inspected { analysis, steps } = match known {
            Some(known) => known,
            None => inspect(section).map_err(refused)?,
        };
        let settings = dotted_settings(&section.text, &analysis);
        Ok(Prepared { analysis, steps, settings })
    }
}

/// What cannot run here, as an error.
fn refused(finding: Finding) -> Error {
    let code = Code::ALL.iter().find(|(_, text)| *text == finding.code).map_or(Code::InvalidInput, |(code, _)| *code);
    let error = Error::new(code, finding.message).help(finding.help);
    match finding.at {
        Some(at) => error.at(at),
        None => error,
    }
}

/// The names with a dot that follow `set` (but not `local`), or open a call of `set_config`.
fn dotted_settings(text: &str, analysis: &Analysis) -> Vec<String> {
    let mut names = Vec::new();
    for statement in analysis.statements.iter().filter(|statement| statement.session) {
        let sql = statement.span.slice(text).to_ascii_lowercase();
        let mut rest = sql.as_str();
        while let Some(at) = rest.find("set_config") {
            rest = &rest[at + "set_config".len()..];
            let argument = rest.trim_start_matches(|c: char| c == '(' || c.is_ascii_whitespace() || c == '\'');
            push_dotted(&mut names, argument);
        }
        if let Some(rest) = sql.strip_prefix("set ").or_else(|| sql.strip_prefix("reset ")) {
            let rest = rest.trim_start();
            push_dotted(&mut names, rest.strip_prefix("session ").unwrap_or(rest).trim_start());
        }
    }
    names
}

fn push_dotted(names: &mut Vec<String>, text: &str) {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.' || c == '$')).unwrap_or(text.len());
    let name = &text[..end];
    if name.contains('.') && !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}
