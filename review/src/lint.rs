//! `lint` and `rules`: what is wrong with migrations themselves.

use crate::message::{Answer, given, text};
use crate::squawk::{ABOUT, Squawk, UNREAD, url};
use counterfoil::convention::Convention;
use counterfoil::ledger::Table;
use counterfoil::lint::{self, Level, Options};
use counterfoil::{Code, Error};
use serde::{Deserialize, Serialize};
use squawk_linter::Version;
use std::collections::BTreeMap;

/// What [`lint()`] takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    files: Vec<File>,
    #[serde(default)]
    options: Given,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    path: String,
    sql: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Given {
    convention: Option<String>,
    rules: BTreeMap<String, Level>,
    squawk: Option<bool>,
    postgres: Option<Postgres>,
    only: Option<Vec<String>>,
    table: Option<GivenTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenTable {
    schema: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Postgres {
    Number(u32),
    Text(String),
}

/// Files and options in, a report out.
///
/// # Errors
///
/// `invalid-input` for an option that is wrong, and what is wrong with the files as a set.
pub fn lint(json: &str) -> Answer {
    let Request { files, options } = given(json, "what is to be linted")?;
    let convention = options.convention.as_deref().map(Convention::from_name).transpose()?;
    let version = version(options.postgres)?;
    let files: Vec<(String, String)> = files.into_iter().map(|file| (file.path, file.sql)).collect();
    let table = options.table.map_or_else(Table::default, |table| Table { schema: table.schema, name: table.name });
    let core = Options { levels: options.rules, only: options.only, table };
    let squawk = if options.squawk == Some(false) { Squawk::none() } else { Squawk::new(&core.levels, version) };
    text(&lint::lint(&files, convention, &core, &squawk)?)
}

fn version(postgres: Option<Postgres>) -> Result<Version, Error> {
    let text = match postgres {
        None => return Ok(Version::default()),
        Some(Postgres::Number(number)) => number.to_string(),
        Some(Postgres::Text(text)) => text,
    };
    let plain = !text.is_empty()
        && text.split('.').all(|part| (1..5).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()));
    let wrong = || {
        Error::new(Code::InvalidInput, format!("the option postgres is not a version: {text:?}"))
            .help("pass a number such as 15, or a text such as \"16.2\"")
    };
    if plain { text.parse().map_err(|_| wrong()) } else { Err(wrong()) }
}

/// A rule, as the package hands it out.
#[derive(Serialize)]
struct Rule {
    code: &'static str,
    source: &'static str,
    severity: Level,
    summary: &'static str,
    why: &'static str,
    bad: &'static [&'static str],
    good: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// Every rule.
///
/// # Errors
///
/// None.
pub fn rules() -> Answer {
    let ours = lint::rules().map(|rule| (rule, None));
    let squawk = ABOUT.iter().map(|rule| (*rule, Some(url(rule.code)))).chain([(UNREAD, None)]);
    let all = ours.map(|rule| (rule, "counterfoil")).chain(squawk.map(|rule| (rule, "squawk")));
    let all = all.map(|((rule, url), source)| Rule {
        code: rule.code,
        source,
        severity: rule.level,
        summary: rule.summary,
        why: rule.why,
        bad: rule.bad,
        good: rule.good,
        url,
    });
    text(&all.collect::<Vec<_>>())
}
