//! `Amendment`: a change to the ledger, step by step. What the [`Machine`] asks for is what a run asks for.

use super::message::{Answer, Failure, given, text};
use crate::amend::stamp::{Mark, Stamp, Which};
use crate::amend::{Ask, Errand, Input, Machine, Output, Report};
use crate::import::Import;
use counterfoil::Error;
use counterfoil::convention::{self, Convention};
use counterfoil::finding::Severity;
use counterfoil::ledger::{Table, TextRow};
use counterfoil::run::{self, Capabilities, Goal, Options, Setup};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is to be done, to which ledger, and how.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    files: Vec<(String, String)>,
    convention: Option<String>,
    table: Option<Name>,
    #[serde(default)]
    schema: Vec<String>,
    errand: Task,
    #[serde(default)]
    policy: BTreeMap<String, Severity>,
    #[serde(default)]
    dry: bool,
    expect: Option<String>,
    lock_timeout: Option<u32>,
    wait_timeout: Option<u32>,
    #[serde(default)]
    exclusive: bool,
    seed: u32,
    /// Whether the driver sends a text of many statements in one message.
    script: bool,
}

#[derive(Deserialize)]
struct Name {
    schema: String,
    name: String,
}

/// The errands that there are.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Task {
    /// `versions`: none for all. `steps`: in place of the mark.
    #[serde(rename_all = "camelCase")]
    Stamp {
        versions: Option<Vec<String>>,
        #[serde(default)]
        mark: Mark,
        steps: Option<u32>,
    },
    Import(Import),
}

/// What came of the last request; neither after waiting.
#[derive(Deserialize)]
struct Came {
    rows: Option<Vec<TextRow>>,
    failure: Option<Said>,
}

/// What the database said: [`run::Failure`].
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Said {
    sqlstate: String,
    message: String,
    detail: Option<String>,
    hint: Option<String>,
    position: Option<u32>,
    completed: Option<u32>,
    context: Option<String>,
    lost: bool,
    refused: bool,
    unusable: bool,
}

/// What the driver has to do next.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Next<'a> {
    Query { sql: &'a str, looks: bool },
    Script { sql: String, count: usize },
    Batch { statements: &'a [String] },
    Wait { milliseconds: u32 },
    Done { outcome: &'a Report },
    Failed { failure: Failure<'a>, applied: [&'a str; 0] },
}

/// A change to the ledger.
pub struct Amendment {
    machine: Machine<Box<dyn Errand>>,
    script: bool,
}

impl Amendment {
    /// `{ files, convention?, table?, schema?, policy?, errand, dry?, expect?, lockTimeout?, waitTimeout?, exclusive?, seed, script }`, where
    /// `errand` is `{ stamp: { versions?, mark?, steps? } }` or `{ import: { from?, assume?, acceptEdited? } }`.
    ///
    /// # Errors
    ///
    /// `invalid-input` if what comes in has another form; what is wrong with the files.
    pub fn new(json: &str) -> Result<Self, Error> {
        let request: Request = given(json, "what is to be changed")?;
        let convention = request.convention.map(|name| name.parse::<Convention>()).transpose()?;
        let catalog = convention::read(&request.files, convention)?;
        // No run is made: nothing asks for the runner.
        let mut options = Options::new("none");
        if let Some(Name { schema, name }) = request.table {
            options.table = Table { schema, name };
        }
        options.schema = request.schema;
        options.lock_timeout = request.lock_timeout.unwrap_or(options.lock_timeout);
        options.wait_timeout = request.wait_timeout.unwrap_or(options.wait_timeout);
        options.exclusive = request.exclusive;
        options.policy = request.policy;
        options.validate()?;
        let script = request.script;
        let capabilities = Capabilities { script, batch: !script, interactive: script, limit: None };
        let setup = Setup::new(catalog, Goal::Up, options, capabilities);
        let errand: Box<dyn Errand> = match request.errand {
            Task::Stamp { versions, mark, steps } => Box::new(Stamp {
                which: versions.map_or(Which::All, Which::Versions),
                mark: steps.map_or(mark, Mark::Steps),
            }),
            Task::Import(import) => Box::new(Import { files: request.files, ..import }),
        };
        let ask = Ask { dry: request.dry, expect: request.expect, seed: request.seed };
        Ok(Amendment { machine: Machine::new(setup, ask, errand), script })
    }

    /// What came of the last request in, if there was one; the next request out. `now` counts milliseconds.
    ///
    /// # Errors
    ///
    /// `invalid-input` if what comes in has another form.
    pub fn next(&mut self, json: &str, now: f64) -> Answer {
        let came: Option<Came> = given(json, "the answer")?;
        let input = came.map(|came| match came {
            Came { failure: Some(said), .. } => Input::Failed(run::Failure {
                sqlstate: said.sqlstate,
                message: said.message,
                detail: said.detail,
                hint: said.hint,
                position: said.position,
                completed: said.completed,
                context: said.context,
                lost: said.lost,
                refused: said.refused,
                unusable: said.unusable,
            }),
            Came { rows: Some(rows), .. } => Input::Rows(rows),
            Came { .. } => Input::Waited,
        });
        let output = self.machine.next(input, now as u64);
        self.request(&output)
    }

    /// Tells it to stop: the request that takes the place of the last, or `null`.
    ///
    /// # Errors
    ///
    /// None that can happen.
    pub fn abort(&mut self) -> Answer {
        match self.machine.abort() {
            Some(output) => self.request(&output),
            None => Ok("null".into()),
        }
    }

    fn request(&self, output: &Output) -> Answer {
        text(&match output {
            Output::Query(sql) => Next::Query { sql, looks: true },
            Output::Write(statements) if self.script => {
                Next::Script { sql: statements.join(";\n"), count: statements.len() }
            }
            Output::Write(statements) => Next::Batch { statements },
            Output::Wait(milliseconds) => Next::Wait { milliseconds: *milliseconds },
            Output::Done(report) => Next::Done { outcome: report },
            Output::Failed(error) => Next::Failed { failure: Failure::from(error), applied: [] },
        })
    }
}
