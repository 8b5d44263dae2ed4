//! `lint` and `rules`: what is wrong with migrations themselves.

use super::message::{Answer, given, text};
use crate::lint::{self, Level, Options, Others};
use counterfoil::convention::Convention;
use counterfoil::ledger::Table;
use counterfoil::{Code, Error};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
#[cfg(feature = "squawk")]
use {
    crate::squawk::{ABOUT, Squawk, UNREAD, url},
    squawk_linter::Version,
};

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

impl Postgres {
    fn text(self) -> String {
        match self {
            Postgres::Number(number) => number.to_string(),
            Postgres::Text(text) => text,
        }
    }
}

/// Files and options in, a report out.
///
/// # Errors
///
/// `invalid-input` for an option that is wrong, and what is wrong with the files as a set.
pub fn lint(json: &str) -> Answer {
    let Request { files, options } = given(json, "what is to be linted")?;
    let convention = options.convention.as_deref().map(str::parse::<Convention>).transpose()?;
    let files: Vec<(String, String)> = files.into_iter().map(|file| (file.path, file.sql)).collect();
    let table = options.table.map_or_else(Table::default, |table| Table { schema: table.schema, name: table.name });
    let core = Options { levels: options.rules, only: options.only, table };
    let others = others(options.squawk, options.postgres, &core.levels)?;
    text(&lint::lint(&files, convention, &core, &others)?)
}

/// squawk's rules, if they are wanted.
#[cfg(feature = "squawk")]
fn others(
    wanted: Option<bool>,
    postgres: Option<Postgres>,
    levels: &BTreeMap<String, Level>,
) -> Result<impl Others, Error> {
    let version = version(postgres)?;
    Ok(if wanted == Some(false) { Squawk::none() } else { Squawk::new(levels, version) })
}

/// Nobody's rules: what only squawk's would heed is refused.
#[cfg(not(feature = "squawk"))]
fn others(wanted: Option<bool>, postgres: Option<Postgres>, _: &BTreeMap<String, Level>) -> Result<impl Others, Error> {
    let version = postgres.map(|version| format!("postgres, {},", version.text()));
    let said = version.or_else(|| wanted.filter(|wanted| *wanted).map(|_| "squawk".to_owned()));
    said.map_or(Ok(()), |said| {
        Err(Error::new(Code::InvalidInput, format!("the option {said} needs the rules of squawk, which were left out"))
            .with_help("build counterfoil-review with its feature `squawk`, or leave the option out"))
    })
}

#[cfg(feature = "squawk")]
fn version(postgres: Option<Postgres>) -> Result<Version, Error> {
    let Some(text) = postgres.map(Postgres::text) else { return Ok(Version::default()) };
    let plain = !text.is_empty()
        && text.split('.').all(|part| (1..5).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()));
    let wrong = || {
        Error::new(Code::InvalidInput, format!("the option postgres is not a version: {text:?}"))
            .with_help("pass a number such as 15, or a text such as \"16.2\"")
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
    let all = lint::rules().map(|rule| described(rule, "counterfoil", None));
    #[cfg(feature = "squawk")]
    let all = all.chain(ABOUT.iter().map(|rule| described(*rule, "squawk", Some(url(rule.code)))));
    #[cfg(feature = "squawk")]
    let all = all.chain([described(UNREAD, "squawk", None)]);
    text(&all.collect::<Vec<_>>())
}

fn described(rule: lint::Rule, source: &'static str, url: Option<String>) -> Rule {
    Rule {
        code: rule.code,
        source,
        severity: rule.level,
        summary: rule.summary,
        why: rule.why,
        bad: rule.bad,
        good: rule.good,
        url,
    }
}
