//! Our own SQL fixtures: statements and tokens are those of PostgreSQL's parser and scanner. The
//! golden files beside the fixtures are written from `libpg-query` by `scripts/split-goldens.mjs`.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // tests do I/O

#[path = "util/trees.rs"]
mod trees;

use counterfoil::span::Span;
use counterfoil::sql::{self, lex};
use std::path::PathBuf;

/// The fixtures of a folder: name, text and golden text.
fn fixtures(folder: &str, ending: &str) -> Vec<(String, String, String)> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder);
    let files = trees::read_tree(&path);
    let golden = |name: &str| {
        let name = format!("{}{ending}", name.trim_end_matches("sql"));
        let found = files.iter().find(|(path, _)| *path == name);
        found.unwrap_or_else(|| panic!("{name} is missing: run node scripts/split-goldens.mjs")).1.clone()
    };
    let fixtures: Vec<_> = files.iter().filter(|(name, _)| name.ends_with(".sql")).collect();
    assert!(!fixtures.is_empty());
    fixtures.into_iter().map(|(name, text)| (name.clone(), text.clone(), golden(name))).collect()
}

/// The form of the golden files: `start..end` and the first line of the text.
fn lines(text: &str, spans: impl Iterator<Item = Span>) -> String {
    spans
        .map(|span| {
            let first = span.slice(text).split(['\r', '\n']).next().unwrap_or("");
            format!("{}..{} {first}\n", span.start, span.end)
        })
        .collect()
}

#[test]
fn statements_are_those_of_postgresql() {
    for (name, text, golden) in fixtures("split", "statements") {
        match sql::analyze(&text, &[]) {
            Ok(found) => {
                assert_eq!(lines(&text, found.statements.iter().map(|statement| statement.span)), golden, "{name}");
            }
            Err(problem) => assert!(golden.starts_with("refused: "), "{name}: {problem:?}"),
        }
    }
}

#[test]
fn tokens_are_those_of_postgresql() {
    for (name, text, golden) in fixtures("lex", "tokens") {
        // PostgreSQL makes one token of a string that goes on on the next line.
        let mut spans: Vec<Span> = Vec::new();
        let mut comment = false;
        for token in lex::tokens(&text) {
            match spans.last_mut() {
                Some(last) if token.continues && !comment => last.end = token.span.end,
                _ => spans.push(token.span),
            }
            comment = token.kind == lex::Kind::LineComment;
        }
        assert_eq!(lines(&text, spans.into_iter()), golden, "{name}");
    }
}

#[test]
fn statements_that_postgresql_refuses_in_a_transaction_are_known() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/transaction");
    let files = trees::read_tree(&folder);
    let text = |name: &str| files.iter().find(|(path, _)| path == name).expect("the file is there").1.as_str();
    let source = text("statements.sql");
    let found: String = sql::analyze(source, &[])
        .expect("statements")
        .statements
        .iter()
        .map(|statement| {
            let verdict = if statement.transactional { "allowed" } else { "refused" };
            format!("{verdict} {}\n", statement.span.slice(source).split('\n').next().unwrap_or(""))
        })
        .collect();
    for (found, golden) in found.lines().zip(text("statements.transaction").lines()) {
        assert_eq!(found, golden);
    }
    assert_eq!(found, text("statements.transaction"));
}
