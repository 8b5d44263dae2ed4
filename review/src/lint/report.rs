//! Looks at every section, and makes findings of what the rules have found.

use super::ignore::Ignores;
use super::looks::LOOKS;
use super::subject::is_comment;
use super::{Direction, Found, Level, Options, Others, Subject, planned, rules};
use crate::tree;
use counterfoil::checksum::canonical;
use counterfoil::convention::{self, Convention};
use counterfoil::error::{Code, Error, Location};
use counterfoil::finding::{Finding, Severity};
use counterfoil::migration::{Catalog, Migration, Section};
use counterfoil::ordered;
use counterfoil::plan::inspect;
use counterfoil::span::Cursor;
use counterfoil::sql::lex::{Token, tokens};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many findings of each severity there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// Errors.
    pub error: usize,
    /// Warnings.
    pub warning: usize,
    /// Notes.
    pub note: usize,
}

/// What lint has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// What was found, in the order of the migrations and then of the places.
    pub findings: Vec<Finding>,
    /// Whether none of it is an error.
    pub ok: bool,
    /// How many of each severity there are.
    pub counts: Counts,
    /// How many files were looked at.
    pub files: usize,
}

/// Looks for everything that [`rules`] and `others` know.
///
/// # Errors
///
/// Those of [`convention::read`]; `invalid-input` for a level of a rule that is not there.
pub fn lint(
    files: &[(String, String)],
    convention: Option<Convention>,
    options: &Options,
    others: &dyn Others,
) -> Result<Report, Error> {
    let levels = levels(others);
    check(options, &levels)?;
    let catalog = convention::read(files, convention)?;
    let mut run = Run {
        catalog: &catalog,
        options,
        others,
        levels: &levels,
        partitioned: BTreeSet::new(),
        out: Vec::new(),
        order: BTreeMap::new(),
    };
    for finding in &catalog.findings {
        run.out.push(finding.clone());
    }
    for migration in &catalog.migrations {
        run.migration(migration);
    }
    let Run { out, order, .. } = run;
    Ok(report(files, options, &levels, out, &order))
}

/// The level of every code that there is; none where each finding has its own.
type Levels = BTreeMap<&'static str, Option<Level>>;

fn levels(others: &dyn Others) -> Levels {
    let read = convention::CODES.iter().map(|code| (*code, None));
    let ours = rules().map(|rule| (rule.code, Some(rule.level)));
    let theirs = others.levels().into_iter().map(|(code, level)| (code, Some(level)));
    read.chain(ours).chain(theirs).collect()
}

fn check(options: &Options, levels: &Levels) -> Result<(), Error> {
    let unknown = options.levels.keys().find(|code| !levels.contains_key(code.as_str()));
    match unknown {
        None => Ok(()),
        Some(code) => Err(Error::new(Code::InvalidInput, format!("there is no rule {code:?}"))
            .with_help("see `counterfoil lint --list` or docs/rules.md for the rules that there are")),
    }
}

struct Run<'a> {
    catalog: &'a Catalog,
    options: &'a Options,
    others: &'a dyn Others,
    levels: &'a Levels,
    partitioned: BTreeSet<String>,
    out: Vec<Finding>,
    /// The place of a file among the files.
    order: BTreeMap<String, usize>,
}

impl Run<'_> {
    fn migration(&mut self, migration: &Migration) {
        self.section(&migration.up, Direction::Up);
        if let Some(down) = &migration.down {
            self.section(down, Direction::Down);
        }
    }

    fn section(&mut self, section: &Section, direction: Direction) {
        let place = self.order.len();
        self.order.entry(section.path.clone()).or_insert(place);
        let tokens: Vec<Token> = tokens(&section.text).collect();
        let code: Vec<Token> = tokens.iter().filter(|token| !is_comment(token)).copied().collect();
        let inspected = inspect(section);
        let subject = Subject {
            convention: self.catalog.convention,
            table: &self.options.table,
            section,
            direction,
            inspected: inspected.as_ref().map_err(|finding| &**finding),
            code: &code,
            tokens: &tokens,
            partitioned: &self.partitioned,
        };
        let partitioned = partitioned(&subject);
        if !wanted(self.options, &section.path) {
            self.partitioned.extend(partitioned);
            return;
        }
        let mut found = Vec::new();
        for (_, look) in LOOKS {
            look(&subject, &mut found);
        }
        self.others.look(&subject, &mut found);
        planned::look(&subject, &mut self.out);
        placed(section, found, self.levels, &mut self.out);
        self.partitioned.extend(partitioned);
    }
}

/// The partitioned tables that a section creates.
fn partitioned(subject: &Subject<'_>) -> Vec<String> {
    let statements =
        subject.statements().filter(|(_, code)| subject.cursor(code).starts("create table ... partition by"));
    statements.filter_map(|(_, code)| subject.created(code)).collect()
}

/// Whether a file is to be reported on.
fn wanted(options: &Options, path: &str) -> bool {
    let plain = |path: &str| path.strip_prefix("./").unwrap_or(path).replace('\\', "/");
    options.only.as_ref().is_none_or(|only| only.iter().any(|one| plain(one) == plain(path)))
}

/// Gives findings their places: one walk through the text.
fn placed(section: &Section, mut found: Vec<Found>, levels: &Levels, out: &mut Vec<Finding>) {
    ordered::sort_by(&mut found, |a, b| a.at.cmp(&b.at));
    let mut cursor = Cursor::new(&section.text);
    for Found { code, severity, at, message, help, options } in found {
        cursor.advance(at);
        let (path, line) = (section.path.clone(), section.line_in_file(at, cursor.line()));
        let at = Location { path, line, column: cursor.column() };
        let own = levels.get(code).copied().flatten().and_then(self::severity);
        let severity = severity.or(own).unwrap_or(Severity::Warning);
        out.push(Finding::new(code, severity, message).with_help(help).with_location(at).with_options(options));
    }
}

fn report(
    files: &[(String, String)],
    options: &Options,
    levels: &Levels,
    found: Vec<Finding>,
    order: &BTreeMap<String, usize>,
) -> Report {
    let mut ignores: BTreeMap<&str, Ignores> = BTreeMap::new();
    for (path, text) in files {
        if path.ends_with(".sql") && wanted(options, path) {
            ignores.insert(path, Ignores::read(&canonical(text)));
        }
    }
    let mut findings = found;
    findings.retain(|finding| match &finding.at {
        None => true,
        Some(at) if !wanted(options, &at.path) => false,
        Some(at) => !ignores.get_mut(at.path.as_str()).is_some_and(|ignores| ignores.take(at.line, &finding.code)),
    });
    let level = |code: &str| options.levels.get(code).copied().or_else(|| levels.get(code).copied().flatten());
    let off = |code: &str| level(code) == Some(Level::Off);
    for (path, ignores) in &ignores {
        ignores.unused(path, &|code| levels.contains_key(code), &off, &mut findings);
    }
    findings.retain(|finding| !off(&finding.code));
    for finding in &mut findings {
        let chosen = options.levels.get(&*finding.code).copied().and_then(severity);
        finding.severity = chosen.unwrap_or(finding.severity);
    }
    let place = |finding: &Finding| {
        let at = finding.at.as_ref();
        (at.and_then(|at| order.get(&at.path)).copied(), at.cloned())
    };
    ordered::sort_by(&mut findings, |a, b| place(a).cmp(&place(b)).then_with(|| a.code.cmp(&b.code)));
    let mut counts = Counts::default();
    for finding in &findings {
        match finding.severity {
            Severity::Error => counts.error += 1,
            Severity::Warning => counts.warning += 1,
            Severity::Note => counts.note += 1,
        }
    }
    let seen: BTreeSet<&String> = tree::set(order.keys().filter(|path| wanted(options, path)));
    Report { findings, ok: counts.error == 0, counts, files: seen.len() }
}

/// The severity of a level; none if it is off.
pub(super) fn severity(level: Level) -> Option<Severity> {
    match level {
        Level::Off => None,
        Level::Note => Some(Severity::Note),
        Level::Warning => Some(Severity::Warning),
        Level::Error => Some(Severity::Error),
    }
}
