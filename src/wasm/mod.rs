//! The bindings: no logic, and the one place that knows `JsValue`.
//!
//! They are the inside of the npm package: its TypeScript checks what a caller hands in, and gives
//! what comes out its public form. Errors are thrown as plain objects ([`Failure`]), which the
//! package makes `MigrationError`s of.

mod failure;
mod given;
mod words;

use crate::convention::{self, Convention};
use crate::error::{Code, Error, Location};
use crate::ledger::{Ledger, TextRow};
use crate::plan::{self, Finding, Plan};
use crate::readiness::{self, Readiness};
use crate::run::{self, Capabilities, Event, Long, Message, Outcome, Output};
use crate::span::{Cursor, Span};
use crate::{checksum as sums, sql};
pub use failure::Failure;
use failure::{object, thrown};
use js_sys::{Array, JsString, Uint8Array};
use serde::Serialize;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

fn handed<T: Tsify + Serialize>(value: &T) -> Result<Ts<T>, JsValue> {
    object(value).map(Ts::new_unchecked)
}

/// The text of a JavaScript string. `path` says which text it is.
fn text(value: &JsValue, path: &str) -> Result<String, JsValue> {
    let Some(string) = value.dyn_ref::<JsString>() else {
        return Err(thrown(Error::new(Code::InvalidInput, format!("{path} is not a string"))));
    };
    let text = String::from(string);
    // A lone surrogate becomes U+FFFD on its way in, so only a text that has one can be wrong. Its first byte is found faster.
    if text.as_bytes().contains(&0xef) && text.contains('\u{fffd}') && JsValue::from_str(&text) != *value {
        let good: String = char::decode_utf16(string.iter()).map_while(Result::ok).collect();
        let place = crate::span::line_column(&good, good.len());
        return Err(thrown(
            Error::new(Code::InvalidText, "the text is not well-formed Unicode: it holds a lone surrogate")
                .with_help("read the file as UTF-8, and do not cut a text in the middle of a character")
                .with_location(Location { path: path.to_owned(), line: place.line, column: place.column }),
        ));
    }
    Ok(text)
}

/// Reads a set of files, given as their paths and their texts.
fn read(paths: &Array, sqls: &Array, convention: Option<String>) -> Result<crate::Catalog, JsValue> {
    let mut files = Vec::with_capacity(paths.length() as usize);
    for (path, sql) in paths.iter().zip(sqls.iter()) {
        let path = text(&path, "a path")?;
        let sql = text(&sql, &path)?;
        files.push((path, sql));
    }
    let convention = convention.map(|name| name.parse::<Convention>()).transpose().map_err(thrown)?;
    convention::read(&files, convention).map_err(thrown)
}

/// The checksum of a text: `sha256:` and the hex of the SHA-256 of its canonical form.
#[wasm_bindgen]
pub fn checksum(sql: &JsValue) -> Result<String, JsValue> {
    Ok(sums::checksum(&sums::canonical(&text(sql, "sql")?)))
}

/// The fingerprint of a text: the SHA-256 of its tokens without comments and white space.
#[wasm_bindgen]
pub fn fingerprint(sql: &JsValue) -> Result<String, JsValue> {
    Ok(sums::fingerprint(&sums::canonical(&text(sql, "sql")?)))
}

/// A statement of a text.
#[derive(Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// From its first token up to its last, without the semicolon.
    text: String,
    /// Where it begins in the text that was given, in UTF-16 code units, as JavaScript counts.
    start: usize,
    /// Just past its end.
    end: usize,
    /// Line, 1-based.
    line: u32,
    /// Column, 1-based, in code points.
    column: u32,
    /// Its leading keywords in lower case, such as `create index concurrently`.
    verb: String,
    /// Whether it can run inside a transaction block.
    transactional: bool,
    /// Whether it may change a session setting that outlives the transaction.
    session: bool,
    /// Set if it throws away a whole schema, a database or all that somebody owns: what it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    destructive: Option<String>,
}

/// The statements of a text.
#[derive(Serialize, Tsify)]
pub struct Statements {
    /// In order; empty ones are left out.
    statements: Vec<Statement>,
}

/// Splits a text where PostgreSQL would, and classifies the statements.
#[wasm_bindgen(js_name = splitStatements)]
pub fn split_statements(sql: &JsValue) -> Result<Ts<Statements>, JsValue> {
    let text = text(sql, "sql")?;
    let mut cursor = Cursor::new(&text);
    let analysis = sql::analyze(&text, &[]).map_err(|problem| {
        cursor.advance(problem.span.start);
        let at = Location { path: "sql".into(), line: cursor.line(), column: cursor.column() };
        thrown(Error::new(problem.code, problem.message).with_help(problem.help).with_location(at))
    })?;
    let mut statements = Vec::with_capacity(analysis.statements.len());
    for statement in analysis.statements {
        cursor.advance(statement.span.start);
        let (start, line, column) = (cursor.utf16(), cursor.line(), cursor.column());
        cursor.advance(statement.span.end);
        statements.push(Statement {
            text: statement.span.slice(&text).to_owned(),
            start,
            end: cursor.utf16(),
            line,
            column,
            verb: statement.verb,
            transactional: statement.transactional,
            session: statement.session,
            destructive: statement.destructive,
        });
    }
    handed(&Statements { statements })
}

/// A migration, as read from its file.
#[derive(Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct MigrationInfo {
    /// The identity, as written.
    version: String,
    /// What a person calls it. May be empty.
    name: String,
    /// The path of the file (or of the up file), as given.
    path: String,
    /// `sha256:` and the hex of the up section.
    checksum: String,
    /// Whether it has a down section.
    down: bool,
    /// Whether it is run again when its checksum changes.
    repeatable: bool,
    /// The versions of the migrations that this baseline replaces.
    replaces: Vec<String>,
}

/// A set of migrations, as read from its files.
#[derive(Serialize, Tsify)]
pub struct MigrationSet {
    /// The naming convention.
    #[tsify(type = "Convention")]
    convention: &'static str,
    /// In the order in which they are applied.
    migrations: Vec<MigrationInfo>,
    /// What was noticed while reading.
    findings: Vec<Finding>,
}

/// Reads a set of files.
#[wasm_bindgen(js_name = readSet)]
pub fn read_set(paths: &Array, sqls: &Array, convention: Option<String>) -> Result<Ts<MigrationSet>, JsValue> {
    let catalog = read(paths, sqls, convention)?;
    let migrations = catalog.migrations.into_iter().map(|migration| MigrationInfo {
        version: migration.version.as_str().to_owned(),
        name: migration.name,
        path: migration.path,
        checksum: migration.checksum,
        down: migration.down.is_some(),
        repeatable: migration.repeatable,
        replaces: migration.replaces.iter().map(|replaced| replaced.version.as_str().to_owned()).collect(),
    });
    handed(&MigrationSet {
        convention: catalog.convention.as_str(),
        migrations: migrations.collect(),
        findings: catalog.findings,
    })
}

fn inputs(
    paths: &Array,
    sqls: &Array,
    convention: Option<String>,
    ledger: Ts<Ledger>,
    options: Ts<plan::Options>,
) -> Result<(crate::Catalog, Ledger, plan::Options), JsValue> {
    let catalog = read(paths, sqls, convention)?;
    let ledger = given::ledger(&ledger.js_value())?;
    let options = given::plan_options(&options.js_value())?;
    options.validate().map_err(thrown)?;
    Ok((catalog, ledger, options))
}

/// Decides what to do about every file and every row.
#[wasm_bindgen]
pub fn plan(
    paths: &Array,
    sqls: &Array,
    convention: Option<String>,
    ledger: Ts<Ledger>,
    options: Ts<plan::Options>,
) -> Result<Ts<Plan>, JsValue> {
    let (catalog, ledger, options) = inputs(paths, sqls, convention, ledger, options)?;
    options.target(&catalog).map_err(thrown)?;
    handed(&plan::plan(&catalog, &ledger, &options))
}

/// Judges whether the database is where these files expect it to be.
#[wasm_bindgen]
pub fn readiness(
    paths: &Array,
    sqls: &Array,
    convention: Option<String>,
    ledger: Ts<Ledger>,
    options: Ts<plan::Options>,
) -> Result<Ts<Readiness>, JsValue> {
    let (catalog, ledger, options) = inputs(paths, sqls, convention, ledger, options)?;
    handed(&readiness::readiness(&catalog, &ledger, &options))
}

/// What came of a request. Neither field after waiting.
#[derive(Serialize, Tsify)]
pub struct Answer {
    /// It was done; the rows, if it was a query.
    #[tsify(optional, type = "Record<string, string | null>[]")]
    rows: Option<Vec<TextRow>>,
    /// The database refused it, or the connection broke.
    #[tsify(optional, type = "DatabaseFailure")]
    failure: Option<run::Failure>,
}

/// What comes after the beginning of a long text.
#[derive(Serialize, Tsify)]
pub struct Rest {
    /// How many bytes `Machine.part` has of it.
    bytes: usize,
    /// What comes last.
    tail: String,
}

/// What the driver has to do next.
#[derive(Serialize, Tsify)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Request {
    /// Send one statement and hand back its rows.
    Query {
        /// The statement.
        sql: String,
        /// Whether it reads the ledger and nothing is under way: nothing is lost if nobody waits for the answer.
        looks: bool,
    },
    /// Send one statement.
    Statement {
        /// The statement.
        sql: String,
    },
    /// Send a text in one message.
    Script {
        /// The text.
        sql: String,
        /// How many statements that are.
        count: u32,
        /// What comes after `sql`, of a text that is too long to be handed on in one piece.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[tsify(optional)]
        rest: Option<Rest>,
    },
    /// Run statements as one transaction.
    Batch {
        /// The statements.
        statements: Vec<String>,
    },
    /// The same in a transaction that never commits.
    Trial {
        /// The statements.
        statements: Vec<String>,
    },
    /// Wait.
    Wait {
        /// How long.
        milliseconds: u32,
    },
    /// The run is over and all is well.
    Done {
        /// What came of it.
        outcome: Outcome,
    },
    /// The run has failed.
    Failed {
        /// What is wrong.
        failure: Failure,
        /// Versions of the migrations that were applied before.
        applied: Vec<String>,
    },
}

/// A turn of the machine.
#[derive(Serialize, Tsify)]
pub struct Turn {
    /// What has to be done next.
    request: Request,
    /// What has happened since the last turn.
    events: Vec<Event>,
}

/// A set of files that has been read. Reading is most of the work of a run that finds nothing to do.
#[wasm_bindgen]
pub struct Catalog {
    shared: Arc<run::Shared>,
    known: Known,
}

/// What runs have learned of a catalog: the next one splits nothing twice.
type Known = Rc<RefCell<Arc<plan::Cache>>>;

#[wasm_bindgen]
impl Catalog {
    /// Reads the files.
    #[wasm_bindgen(constructor)]
    pub fn new(paths: &Array, sqls: &Array, convention: Option<String>) -> Result<Catalog, JsValue> {
        read(paths, sqls, convention).map(|catalog| Catalog { shared: catalog.into(), known: Known::default() })
    }

    /// SHA-256 (64 hex digits) of the ledger that has all of the set and nothing else. Undefined if
    /// no ledger can be told to be current by it: the set is empty, or has one version twice.
    #[wasm_bindgen(getter)]
    pub fn digest(&self) -> Option<String> {
        self.shared.digest().map(str::to_owned)
    }

    /// For n from 0 to `count`: the digest of the ledger of a new database that has got the first n
    /// migrations and nothing else. Empty if there is no `digest`; null for single n of a very large
    /// set whose versions are not in order as texts (`9` and `10`).
    #[wasm_bindgen(getter)]
    pub fn prefixes(&self) -> Array {
        let text = |digest: Option<String>| digest.map_or(JsValue::NULL, JsValue::from);
        self.shared.prefixes().into_iter().map(text).collect()
    }

    /// The newest version, as readiness expects it. Undefined if there is none.
    #[wasm_bindgen(getter)]
    pub fn newest(&self) -> Option<String> {
        readiness::newest_file(&self.shared)
    }

    /// How many migrations there are.
    #[wasm_bindgen(getter)]
    pub fn count(&self) -> usize {
        self.shared.migrations.len()
    }

    /// The naming convention.
    #[wasm_bindgen(getter, unchecked_return_type = "Convention")]
    pub fn convention(&self) -> String {
        self.shared.convention.as_str().to_owned()
    }

    /// Pairs of a path and a checksum (`sha256:` and hex), in the order in which the migrations are
    /// applied; `new Map(catalog.checksums)` has them by path. Of a migration in two files it is
    /// the up file's path. Files that no migration runs from (down files, journals, the files of a
    /// squash) have none.
    #[wasm_bindgen(getter)]
    pub fn checksums(&self) -> Array {
        let pair = |of: &crate::migration::Migration| -> JsValue {
            Array::of2(&JsValue::from_str(&of.path), &JsValue::from_str(&of.checksum)).into()
        };
        self.shared.migrations.iter().map(pair).collect()
    }

    /// The paths of migrations that a run has looked into, and that throw no data away on their way up.
    #[wasm_bindgen(getter)]
    pub fn harmless(&self) -> Array {
        let known = self.known.borrow();
        let is_harmless = |at: usize| match known.get(at) {
            Some(Ok(known)) => known.analysis.statements.iter().all(|statement| !statement.removes),
            _ => false,
        };
        let all = self.shared.migrations.iter().enumerate();
        all.filter(|(at, _)| is_harmless(*at)).map(|(_, of)| JsValue::from_str(&of.path)).collect()
    }
}

/// What a run is for.
#[derive(Serialize, Tsify)]
pub struct RunGoal {
    /// Which.
    #[tsify(type = "'up' | 'down' | 'plan' | 'ready'")]
    goal: String,
    /// For `down`: how many migrations.
    #[tsify(optional, type = "number | undefined")]
    steps: Option<u32>,
    /// For `down`: until this version is the newest.
    #[tsify(optional, type = "string | undefined")]
    to: Option<String>,
    /// For `down`: only say what would be taken back.
    #[tsify(optional)]
    dry: bool,
}

/// A run: says what to do next, and is told what came of it.
#[wasm_bindgen]
pub struct Machine {
    machine: run::Machine,
    /// Where the long text lies that is to be sent: in which section, and where in it.
    long: (usize, run::Direction, Span),
    known: Known,
}

#[wasm_bindgen]
impl Machine {
    /// A run that has not begun.
    #[wasm_bindgen(constructor)]
    pub fn new(
        catalog: &Catalog,
        goal: Ts<RunGoal>,
        options: Ts<run::Options>,
        capabilities: Ts<Capabilities>,
    ) -> Result<Machine, JsValue> {
        let options = given::run_options(&options.js_value())?;
        let goal = given::goal(&goal.js_value())?;
        let capabilities = given::capabilities(&capabilities.js_value())?;
        let machine = run::Machine::new(catalog.shared.clone(), goal, options, capabilities).map_err(thrown)?;
        let known = catalog.known.clone();
        let machine = machine.with_known(known.borrow().clone());
        Ok(Machine { machine, long: (0, run::Direction::Up, Span::default()), known })
    }

    /// Tells the run to stop as soon as nothing is half-done. A turn that comes back takes the
    /// place of the one that `next` has given out and whose request has not been sent.
    pub fn abort(&mut self) -> Result<Option<Ts<Turn>>, JsValue> {
        self.machine.abort().map(|output| self.turn(output)).transpose()
    }

    /// A text with `${NAME}` in place of every value of the environment that the run has been given.
    pub fn masked(&self, text: &str) -> String {
        self.machine.setup().options.env.masked(text)
    }

    /// The next thing to do. `answer` is what came of the last one; the first call has none. `now`
    /// counts milliseconds from any moment.
    pub fn next(&mut self, answer: Option<Ts<Answer>>, now: f64) -> Result<Ts<Turn>, JsValue> {
        let input = answer.map(|answer| given::answer(&answer.js_value())).transpose()?;
        let output = self.machine.next(input, now as u64);
        self.turn(output)
    }

    /// Bytes of the long text that is to be sent, UTF-8: from the offset `from`, at most as many as are wanted.
    pub fn part(&self, from: usize, most: usize) -> Uint8Array {
        let (migration, direction, span) = self.long;
        let text = span.slice(&self.machine.setup().section(migration, direction).text).as_bytes();
        Uint8Array::from(&text[from.min(text.len())..(from + most).min(text.len())])
    }
}

impl Machine {
    fn turn(&mut self, output: Output) -> Result<Ts<Turn>, JsValue> {
        if matches!(output, Output::Done(_) | Output::Failed(_)) {
            *self.known.borrow_mut() = self.machine.known();
        }
        let request = match output {
            Output::Send(request) => match self.machine.long(&request) {
                Some(Long { head, tail, count, migration, direction, span }) => {
                    self.long = (migration, direction, span);
                    Request::Script { sql: head, count, rest: Some(Rest { bytes: span.end - span.start, tail }) }
                }
                None => match self.machine.message(&request) {
                    Message::Query { sql } => Request::Query { sql, looks: request.looks() },
                    Message::Statement { sql } => Request::Statement { sql },
                    Message::Script { sql, count } => Request::Script { sql, count, rest: None },
                    Message::Trial { statements } => Request::Trial { statements },
                    Message::Batch { statements } => Request::Batch { statements },
                },
            },
            Output::Wait { milliseconds } => Request::Wait { milliseconds },
            Output::Done(outcome) => Request::Done { outcome: *outcome },
            Output::Failed(failed) => Request::Failed {
                failure: Failure::from(&failed.error),
                applied: failed.report.applied.into_iter().map(|done| done.version).collect(),
            },
        };
        handed(&Turn { request, events: self.machine.take_events() })
    }
}
