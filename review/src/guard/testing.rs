//! What the tests of the guards share.

use super::{Change, Files, Options, Set, Verdict, check};

pub(super) fn files(list: &[(&str, &str)]) -> Files {
    list.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

/// A change of one set in `db`.
pub(super) fn change(base: &[(&str, &str)], head: &[(&str, &str)]) -> Change {
    Change {
        sets: vec![Set { dir: "db".to_owned(), base: files(base), head: files(head), ..Set::default() }],
        ..Change::default()
    }
}

#[track_caller]
pub(super) fn verdict(change: &Change) -> Verdict {
    check(change, &Options::default()).unwrap_or_else(|error| panic!("{error}; {}", error.help()))
}

/// Every finding as `severity code place: message`.
pub(super) fn lines(verdict: &Verdict) -> Vec<String> {
    let line = |finding: &counterfoil::finding::Finding| {
        let at = finding.at.as_ref().map_or(String::new(), |at| format!(" {at}"));
        format!("{} {}{at}: {}", finding.severity, finding.code, finding.message)
    };
    verdict.findings.iter().map(line).collect()
}

/// The findings are just these, and the verdict is bad if one of them is an error.
#[track_caller]
pub(super) fn says(change: &Change, expected: &[&str]) {
    let verdict = verdict(change);
    assert_eq!(lines(&verdict), expected);
    assert_eq!(verdict.ok, !expected.iter().any(|line| line.starts_with("error ")));
    for finding in &verdict.findings {
        assert!(!finding.help.is_empty(), "{} has no help", finding.code);
        let first = finding.message.chars().next().unwrap_or('.');
        assert!(!finding.message.ends_with('.') && !first.is_uppercase(), "{}", finding.message);
    }
}

/// The files that could move, as `path -> to (version)`.
pub(super) fn moves(verdict: &Verdict) -> Vec<String> {
    verdict.renumber.iter().map(|it| format!("{} -> {} ({})", it.path, it.to, it.version)).collect()
}
