//! The bindings: no logic, and the one place that knows `JsValue`.
//!
//! Everything here is the package's inside: its TypeScript checks what a caller hands in and wraps
//! what comes out. Errors cross as plain objects `{ code, message, help, at, statement }`.

use crate::error::{Code, Error, Location};
use js_sys::{Array, JsString};
use serde::Serialize;
use std::collections::BTreeMap;
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::*;

/// What an [`Error`] is in JavaScript.
#[derive(Serialize, Tsify)]
pub struct Failure<'a> {
    /// Stable code, kebab-case.
    #[tsify(type = "string")]
    code: Code,
    /// What is wrong: lower-case, no full stop.
    message: &'a str,
    /// What to do next. Empty if there is nothing to say.
    help: &'a str,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a Location>,
    /// The statement that the error is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<&'a str>,
}

impl<'a> From<&'a Error> for Failure<'a> {
    fn from(error: &'a Error) -> Self {
        Failure {
            code: error.code(),
            message: error.message(),
            help: error.help_text(),
            at: error.location(),
            statement: error.statement_text(),
        }
    }
}

fn thrown(error: Error) -> JsValue {
    match Failure::from(&error).into_js() {
        Ok(value) => value.into(),
        Err(_) => JsValue::from_str(error.message()),
    }
}

/// The text of a JavaScript string; an error if it is none, or has a lone surrogate. `path` says
/// which text it is.
fn text(value: &JsValue, path: &str) -> Result<String, JsValue> {
    let Some(string) = value.dyn_ref::<JsString>() else {
        return Err(thrown(Error::new(Code::InvalidInput, format!("{path} is not a string"))));
    };
    let text = String::from(string);
    // A lone surrogate becomes U+FFFD on its way in, so only a text that has one can be wrong.
    if text.contains('\u{fffd}') && JsValue::from_str(&text) != *value {
        let good = char::decode_utf16(string.iter()).take_while(Result::is_ok).flatten().collect::<String>();
        let place = crate::span::line_column(&good, good.len());
        return Err(thrown(
            Error::new(Code::InvalidText, "the text holds a lone surrogate: it is not well-formed Unicode")
                .help("read the file as UTF-8, and take care not to cut a text in the middle of a character")
                .at(Location { path: path.to_owned(), line: place.line, column: place.column }),
        ));
    }
    Ok(text)
}

/// The texts of an array of strings.
fn texts(values: &Array, what: &str) -> Result<Vec<String>, JsValue> {
    values.iter().map(|value| text(&value, what)).collect()
}

/// Files, from an array of paths and an array of their texts.
fn files(paths: &Array, sqls: &Array) -> Result<Vec<(String, String)>, JsValue> {
    let paths = texts(paths, "a path")?;
    paths.into_iter().zip(sqls.iter()).map(|(path, sql)| text(&sql, &path).map(|sql| (path, sql))).collect()
}

/// The checksum of a text: `sha256:` and the hex of the SHA-256 of its canonical form.
#[wasm_bindgen]
pub fn checksum(sql: &JsValue) -> Result<String, JsValue> {
    let sql = text(sql, "sql")?;
    Ok(crate::checksum::checksum(&crate::checksum::canonical(&sql)))
}

/// Options of a run, as a plain object.
#[derive(Default, serde::Deserialize, Tsify)]
#[serde(rename_all = "camelCase", default)]
pub struct RunOptions {}

/// What came of a request.
#[derive(serde::Deserialize, Tsify)]
pub struct Answer {
    /// The rows of a query: column name to text.
    #[tsify(optional, type = "Record<string, string | null>[]")]
    rows: Option<Vec<BTreeMap<String, Option<String>>>>,
}

/// What the driver has to do next.
#[derive(Serialize, Tsify)]
pub struct Request {
    /// Which of `query`, `statement`, `script`, `batch`, `wait`, `done`, `failed`.
    #[serde(rename = "type")]
    #[tsify(type = "'query' | 'statement' | 'script' | 'batch' | 'wait' | 'done' | 'failed'")]
    kind: &'static str,
    /// What to send.
    #[serde(skip_serializing_if = "Option::is_none")]
    sql: Option<String>,
}

/// A run: says what to do next, and is told what came of it.
#[wasm_bindgen]
pub struct Machine {
    files: Vec<(String, String)>,
    step: usize,
}

#[wasm_bindgen]
impl Machine {
    /// Starts a run.
    #[wasm_bindgen(constructor)]
    pub fn new(paths: &Array, sqls: &Array, options: Ts<RunOptions>) -> Result<Machine, JsValue> {
        let _ = options.to_rust().map_err(|_| thrown(Error::new(Code::InvalidInput, "options have the wrong form")))?;
        let mut files = files(paths, sqls)?;
        files.sort();
        Ok(Machine { files, step: 0 })
    }

    /// What to do next.
    pub fn next(&mut self, answer: Option<Ts<Answer>>, _now: f64) -> Result<Ts<Request>, JsValue> {
        let rows = match answer {
            Some(answer) => {
                answer.to_rust().map_err(|_| thrown(Error::new(Code::InvalidInput, "answer has the wrong form")))?.rows
            }
            None => None,
        };
        if let Some(rows) = rows {
            self.files.retain(|(path, _)| {
                let digits = crate::version::leading_digits(path);
                !rows.iter().any(|row| row.get("version").is_some_and(|version| version.as_deref() == Some(digits)))
            });
        }
        let step = self.step;
        self.step += 1;
        let request = match step {
            0 => Request { kind: "script", sql: Some(CREATE.to_owned()) },
            1 => Request { kind: "query", sql: Some("select version from public.schema_migrations".to_owned()) },
            _ => match self.files.get(step - 2) {
                Some((path, sql)) => {
                    let version = crate::version::leading_digits(path);
                    let up = sql.split("-- migrate:down").next().unwrap_or("");
                    let claim = format!("insert into public.schema_migrations (version) values ('{version}');");
                    Request { kind: "script", sql: Some(claim + up) }
                }
                None => Request { kind: "done", sql: None },
            },
        };
        request.into_ts().map_err(|_| JsValue::UNDEFINED)
    }
}

const CREATE: &str = "create table if not exists public.schema_migrations (version varchar(128) primary key)";
