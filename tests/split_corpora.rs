//! Real migration sets and PostgreSQL's own regression scripts: statements begin and end where
//! PostgreSQL's parser says (`splits.jsonl`, made with `libpg_query`).
//!
//! Needs `COUNTERFOIL_CORPORA`; skipped without it.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // tests do I/O

#[path = "util/trees.rs"]
mod trees;

use counterfoil::convention;
use counterfoil::migration::Section;
use counterfoil::span::Span;
use counterfoil::sql::lex::{Kind, tokens};
use counterfoil::sql::{self, Mode};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

const SETS: &[&str] = &[
    "lobu-pre908",
    "lobu-baseline908",
    "openmeter",
    "hatchet",
    "goalert",
    "langfuse",
    "sim",
    "marquez",
    "supabase-storage-tenant",
    "supabase-storage-multitenant",
];

/// The expected splits of a set: the file's name and its byte ranges, none where PostgreSQL's
/// parser refuses the script.
fn expected(set: &Path, name: &str) -> Vec<(String, Option<Vec<Span>>)> {
    let lines = std::fs::read_to_string(set.join("splits.jsonl")).expect("splits.jsonl");
    lines
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).expect("a line of JSON");
            let number = |value: &Value| value.as_u64().expect("an offset") as usize;
            let bounds = line["bounds"].as_array().map(|bounds| {
                bounds.iter().map(|pair| Span::new(number(&pair[0]), number(&pair[0]) + number(&pair[1]))).collect()
            });
            (line[name].as_str().expect("a name").to_owned(), bounds)
        })
        .collect()
}

/// The same span without comments and white space at its ends.
fn trimmed(text: &str, span: Span) -> Span {
    let source = span.slice(text);
    let mut inner = tokens(source).filter(|token| !matches!(token.kind, Kind::LineComment | Kind::BlockComment));
    let first = inner.next().expect("a token in a statement").span;
    let last = inner.last().map_or(first, |token| token.span);
    Span::new(span.start + first.start, span.start + last.end)
}

/// Compares one text; hands back the number of statements.
#[track_caller]
fn compare(name: &str, text: &str, breaks: &[Span], expected: &[Span]) -> usize {
    let analysis = sql::analyze(text, breaks).unwrap_or_else(|problem| panic!("{name}: {problem:?}"));
    let found: Vec<Span> = analysis.statements.iter().map(|statement| statement.span).collect();
    let expected: Vec<Span> = expected.iter().map(|span| trimmed(text, *span)).collect();
    if found != expected {
        let at = found.iter().zip(&expected).take_while(|(a, b)| a == b).count();
        let source = |spans: &[Span]| spans.get(at).map_or("nothing", |span| span.slice(text)).to_owned();
        panic!("{name}, statement {at}: found\n{}\nexpected\n{}", source(&found), source(&expected));
    }
    found.len()
}

#[test]
fn statements_of_real_migrations_are_those_of_postgresql() {
    let Some(corpora) = trees::corpora() else { return };
    let mut total = (0, 0);
    for name in SETS {
        let set = corpora.join(name);
        let catalog = convention::read(&trees::read_tree(&set.join("migrations")), None).expect("a catalog");
        let sections: BTreeMap<&str, &Section> =
            catalog.migrations.iter().map(|migration| (migration.up.path.as_str(), &migration.up)).collect();
        let (mut files, mut statements) = (0, 0);
        for (id, bounds) in expected(&set, "id") {
            let Some(section) = sections.get(id.as_str()) else {
                println!("{name}: {id} is not a migration");
                continue;
            };
            let bounds = bounds.unwrap_or_else(|| panic!("{id} has no bounds"));
            statements += compare(&id, &section.text, &section.breaks, &bounds);
            files += 1;
        }
        println!("{name}: {files} files, {statements} statements");
        assert_eq!(files, sections.len(), "{name}: every migration is compared");
        total = (total.0 + files, total.1 + statements);
    }
    println!("in all: {} files, {} statements, 0 differences", total.0, total.1);
}

#[test]
fn statements_of_regression_scripts_are_those_of_postgresql() {
    let Some(corpora) = trees::corpora() else { return };
    let set = corpora.join("pg-regress");
    let (mut files, mut statements, mut refused) = (0, 0, 0);
    for (file, bounds) in expected(&set, "file") {
        let text = String::from_utf8_lossy(&std::fs::read(set.join(&file)).expect("a script")).into_owned();
        match bounds {
            Some(bounds) => {
                statements += compare(&file, &text, &[], &bounds);
                files += 1;
            }
            None => refused += usize::from(sql::analyze(&text, &[]).is_err()),
        }
    }
    println!("pg-regress: {files} scripts, {statements} statements, 0 differences; {refused} more are refused");
    assert!(files > 0);
}

/// The set, its up sections that are run statement by statement, those whose `BEGIN … COMMIT` is
/// taken off, those with other transaction control, and its downs that are destructive.
///
/// Counted with `grep`: markers, `CONCURRENTLY`, `BEGIN` and `COMMIT` at the start of a line (one
/// file of goalert has both a marker and a wrapper and so is one transaction), `DROP SCHEMA`.
const STEPS: &[(&str, [usize; 4])] = &[
    ("lobu-pre908", [5, 0, 0, 1]),
    ("lobu-baseline908", [0, 0, 0, 1]),
    ("openmeter", [0, 12, 0, 0]),
    ("hatchet", [33, 0, 0, 0]),
    ("goalert", [39, 1, 1, 0]),
    ("langfuse", [100, 11, 2, 0]),
    ("sim", [24, 0, 24, 0]),
    ("marquez", [1, 0, 0, 0]),
    ("supabase-storage-tenant", [9, 0, 0, 0]),
    ("supabase-storage-multitenant", [0, 0, 0, 0]),
];

#[test]
fn real_migrations_are_run_in_the_steps_that_they_ask_for() {
    let Some(corpora) = trees::corpora() else { return };
    for (name, expected) in STEPS {
        let catalog =
            convention::read(&trees::read_tree(&corpora.join(name).join("migrations")), None).expect("a catalog");
        let [mut step_wise, mut wrapped, mut controlled, mut destructive] = [0; 4];
        for migration in &catalog.migrations {
            let section = &migration.up;
            let analysis = sql::analyze(&section.text, &section.breaks).expect("statements");
            let steps = sql::steps(&section.text, &analysis, section.transaction)
                .unwrap_or_else(|problem| panic!("{}: {problem:?}", section.path));
            step_wise += usize::from(steps.mode == Mode::StatementWise);
            wrapped += steps.findings.iter().filter(|(finding, _)| finding.code == "transaction-wrapper").count();
            controlled += steps.findings.iter().filter(|(finding, _)| finding.code == "transaction-control").count();
            for step in &steps.steps {
                let sent = sql::steps::render(&section.text, step.span, &steps, &analysis);
                assert_eq!(sent.len(), step.span.end - step.span.start, "{}", section.path);
            }
            if let Some(down) = &migration.down {
                let analysis = sql::analyze(&down.text, &down.breaks).expect("statements");
                destructive += usize::from(analysis.statements.iter().any(|statement| statement.destructive.is_some()));
            }
        }
        assert_eq!([step_wise, wrapped, controlled, destructive], *expected, "{name}");
    }
}
