//! Every rule on its own examples.

use serde_json::{Value, json};

fn lint(text: &str) -> Value {
    let convention = match text {
        _ if text.contains("-- migrate:up") => "dbmate",
        _ if text.contains("-- Up Migration") => "node-pg-migrate",
        _ => "plain",
    };
    let request = json!({
        "files": [{ "path": "20260101120000_example.sql", "sql": text }],
        "options": { "convention": convention },
    });
    let answer = counterfoil_review::door::lint::lint(&request.to_string()).expect("it is read");
    serde_json::from_str(&answer).expect("it is JSON")
}

/// Codes of what was found, without repetition.
fn codes(text: &str) -> Vec<String> {
    let report = lint(text);
    let findings = report["findings"].as_array().expect("there is a list");
    let mut codes: Vec<String> =
        findings.iter().map(|finding| finding["code"].as_str().unwrap_or("").to_owned()).collect();
    codes.sort();
    codes.dedup();
    codes
}

fn rules() -> Vec<Value> {
    serde_json::from_str(&counterfoil_review::door::lint::rules().expect("it is there")).expect("it is JSON")
}

#[test]
fn a_bad_example_has_that_rules_finding_and_no_other_and_a_good_one_none() {
    let mut wrong = Vec::new();
    for rule in rules() {
        let code = rule["code"].as_str().unwrap_or("");
        for (examples, expected) in [("bad", vec![code]), ("good", vec![])] {
            for text in rule[examples].as_array().expect("there is a list") {
                let text = text.as_str().unwrap_or("");
                let codes = codes(text);
                if codes != expected {
                    wrong.push(format!("{code}: {examples}: {codes:?}: {text:.100}"));
                }
            }
        }
        let off = rule["severity"] == "off";
        assert_eq!(rule["bad"].as_array().is_some_and(Vec::is_empty), off, "{code}");
    }
    assert_eq!(wrong, [""; 0]);
}

#[cfg(feature = "squawk")]
#[test]
fn rules_of_squawk_have_squawks_names() {
    for rule in rules() {
        let code = rule["code"].as_str().unwrap_or("");
        if rule["source"] == "squawk" && code != "squawk-unread" {
            let known = squawk_linter::Rule::try_from(code).map(|rule| rule.to_string());
            assert_eq!(known.as_deref(), Ok(code));
        }
    }
}

#[cfg(not(feature = "squawk"))]
#[test]
fn options_of_squawks_rules_are_refused_where_those_were_left_out() {
    for (options, said) in [(json!({ "squawk": true }), "squawk"), (json!({ "postgres": 15 }), "postgres, 15,")] {
        let request = json!({ "files": [], "options": options });
        let error = counterfoil_review::door::lint::lint(&request.to_string()).expect_err("it is refused");
        assert_eq!(error.message(), format!("the option {said} needs the rules of squawk, which were left out"));
    }
}
