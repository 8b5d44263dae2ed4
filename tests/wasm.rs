//! The bindings, in whatever runs this: Node, or a browser.
#![cfg(all(target_arch = "wasm32", feature = "wasm"))]
#![allow(missing_docs)]

use counterfoil::wasm::{self, Catalog, Machine};
use js_sys::{Array, JSON, Object, Reflect};
use tsify::{Ts, Tsify};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

const NOTES: &str = "-- migrate:up\ncreate table notes ();\n-- migrate:down\ndrop table notes;\n";

const RUNNER: &str = r#"{ "runner": "r" }"#;
const CAPABILITIES: &str = r#"{ "script": true, "batch": false, "interactive": true }"#;

fn js(json: &str) -> JsValue {
    JSON::parse(json).expect("valid JSON in a test")
}

fn typed<T: Tsify>(json: &str) -> Ts<T> {
    Ts::new_unchecked(js(json))
}

/// A value as JSON, to be compared with what is written in a test.
fn json(value: impl AsRef<JsValue>) -> String {
    JSON::stringify(value.as_ref()).map_or_else(|_| "undefined".into(), String::from)
}

fn field(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).expect("an object")
}

fn strings(texts: &[&str]) -> Array {
    texts.iter().map(|text| JsValue::from_str(text)).collect()
}

/// The fields of an error, as JSON.
#[track_caller]
fn refused<T>(result: Result<T, JsValue>, code: &str, message: &str) -> JsValue {
    let Err(error) = result else { panic!("expected {code}") };
    assert_eq!(field(&error, "code"), code, "{}", json(&error));
    assert_eq!(field(&error, "message"), message);
    error
}

/// A string with a lone surrogate, which Rust cannot write.
fn lone_surrogate(before: &str) -> JsValue {
    let units: Vec<u16> = before.encode_utf16().chain([0xd800]).collect();
    js_sys::JsString::from_char_code(&units).into()
}

fn plan(paths: &[&str], sqls: &[&str], ledger: &str, options: &str) -> Result<JsValue, JsValue> {
    wasm::plan(&strings(paths), &strings(sqls), None, typed(ledger), typed(options)).map(|plan| plan.js_value())
}

fn machine(goal: &str) -> Machine {
    let catalog = Catalog::new(&strings(&["001_notes.sql"]), &strings(&[NOTES]), None).expect("a valid set");
    Machine::new(&catalog, typed(goal), typed(RUNNER), typed(CAPABILITIES))
        .unwrap_or_else(|error| panic!("{}", json(error)))
}

/// Hands an answer to the machine and gives its next turn.
fn turn(machine: &mut Machine, answer: Option<&str>) -> JsValue {
    let answer = answer.map(typed);
    machine.next(answer, 0.0).unwrap_or_else(|error| panic!("{}", json(error))).js_value()
}

/// Hands an answer to the machine and gives the next request.
fn next(machine: &mut Machine, answer: Option<&str>) -> JsValue {
    field(&turn(machine, answer), "request")
}

#[wasm_bindgen_test]
fn a_checksum_is_that_of_the_canonical_text() {
    // printf 'abc\n' | sha256sum
    let expected = "sha256:edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb";
    assert_eq!(wasm::checksum(&JsValue::from_str("abc\n")).unwrap(), expected);
    assert_eq!(wasm::checksum(&JsValue::from_str("\u{feff}abc\r\n")).unwrap(), expected);
}

#[wasm_bindgen_test]
fn a_fingerprint_is_the_one_that_native_code_gives() {
    let text = "select  1, 'é😀' -- note\n;";
    let native = counterfoil::checksum::fingerprint(text);
    assert_eq!(wasm::fingerprint(&JsValue::from_str(text)).unwrap(), native);
}

#[wasm_bindgen_test]
fn what_is_no_string_is_refused() {
    for value in [JsValue::NULL, JsValue::UNDEFINED, 1.into(), true.into(), Object::new().into(), Array::new().into()] {
        refused(wasm::checksum(&value), "invalid-input", "sql is not a string");
    }
}

#[wasm_bindgen_test]
fn a_lone_surrogate_is_refused_with_its_place() {
    let error = refused(
        wasm::checksum(&lone_surrogate("é\n😀\u{fffd}")),
        "invalid-text",
        "the text is not well-formed Unicode: it holds a lone surrogate",
    );
    assert_eq!(json(field(&error, "at")), r#"{"path":"sql","line":2,"column":3}"#);
    assert!(wasm::checksum(&JsValue::from_str("\u{fffd}")).is_ok());
}

#[wasm_bindgen_test]
fn a_lone_surrogate_in_a_file_names_the_file() {
    let sqls = Array::of1(&lone_surrogate("-- migrate:up\n"));
    let result = wasm::read_set(&strings(&["001_a.sql"]), &sqls, None);
    let error = refused(result, "invalid-text", "the text is not well-formed Unicode: it holds a lone surrogate");
    assert_eq!(json(field(&error, "at")), r#"{"path":"001_a.sql","line":2,"column":1}"#);
}

#[wasm_bindgen_test]
fn statements_are_counted_in_utf16() {
    let split = wasm::split_statements(&JsValue::from_str("select '😀';\n drop schema s;")).unwrap().js_value();
    let places: Vec<String> = Array::from(&field(&split, "statements"))
        .iter()
        .map(|statement| ["start", "end", "line", "column"].map(|name| json(field(&statement, name))).join(" "))
        .collect();
    assert_eq!(places, ["0 11 1 1", "14 27 2 2"]);
}

#[wasm_bindgen_test]
fn a_text_that_cannot_be_split_says_where() {
    let result = wasm::split_statements(&JsValue::from_str("select '😀' ||\n 'x"));
    let Err(error) = result else { panic!("it is not terminated") };
    assert_eq!(field(&error, "code"), "unterminated-string");
    assert_eq!(json(field(&error, "at")), r#"{"path":"sql","line":2,"column":2}"#);
}

#[wasm_bindgen_test]
fn a_plan_is_plain_data() {
    let plan = plan(&["001_notes.sql"], &[NOTES], "{}", "{}").unwrap();
    assert_eq!(
        json(field(&plan, "decisions")),
        r#"[{"action":"apply","code":"pending","version":"001","name":"notes","path":"001_notes.sql","transactional":true,"statements":1,"steps":1}]"#
    );
    assert_eq!(json(field(&plan, "findings")), "[]");
}

#[wasm_bindgen_test]
fn a_policy_is_a_plain_object() {
    let rows = r#"{ "exists": true, "rows": [{ "version": "001", "name": "notes", "checksum": "sha256:0" }] }"#;
    let severity = |options: &str| {
        let plan = plan(&["001_notes.sql"], &[NOTES], rows, options).unwrap();
        field(&Array::from(&field(&plan, "decisions")).get(0), "severity")
    };
    assert_eq!(severity("{}"), "error");
    assert_eq!(severity(r#"{ "policy": { "edited-semantic": "note" } }"#), "note");
}

#[wasm_bindgen_test]
fn arguments_of_the_wrong_form_are_named() {
    for (ledger, options, what) in [
        (r#"{ "rows": [{}, { "version": 1 }] }"#, "{}", "rows[1].version is not a string"),
        (r#"{ "rows": "all" }"#, "{}", "the ledger.rows is not an array"),
        (
            "{}",
            r#"{ "policy": { "edited-semantic": "loud" } }"#,
            "the option policy.edited-semantic is not one of note, ",
        ),
        ("{}", r#"{ "policy": { "edited": "note" } }"#, "the policy has an unknown key"),
    ] {
        let Err(error) = plan(&["001_notes.sql"], &[NOTES], ledger, options) else { panic!("{ledger} {options}") };
        assert_eq!(field(&error, "code"), "invalid-input");
        let message = field(&error, "message").as_string().unwrap();
        assert!(message.starts_with(what), "{message}");
    }
}

#[wasm_bindgen_test]
fn readiness_is_plain_data() {
    let readiness =
        |ledger| wasm::readiness(&strings(&["001_notes.sql"]), &strings(&[NOTES]), None, typed(ledger), typed("{}"));
    assert_eq!(
        json(readiness("{}").unwrap().js_value()),
        r#"{"status":"behind","httpStatus":503,"message":"drift: db=none expected=001 pending=001","expected":"001"}"#
    );
}

#[wasm_bindgen_test]
fn a_set_lists_its_migrations() {
    let set =
        wasm::read_set(&strings(&["001_notes.sql"]), &strings(&[NOTES]), Some("dbmate".into())).unwrap().js_value();
    assert_eq!(field(&set, "convention"), "dbmate");
    let migration = Array::from(&field(&set, "migrations")).get(0);
    assert_eq!(field(&migration, "down"), true);
    assert!(wasm::read_set(&strings(&[]), &strings(&[]), Some("rails".into())).is_err());
}

#[wasm_bindgen_test]
fn a_machine_asks_first_for_the_digest_and_ends_if_it_agrees() {
    let mut machine = machine(r#"{ "goal": "up" }"#);
    let first = next(&mut machine, None);
    assert_eq!(field(&first, "type"), "query");
    let refused =
        next(&mut machine, Some(r#"{ "failure": { "sqlstate": "58030", "message": "could not read the file" } }"#));
    assert_eq!(field(&refused, "type"), "failed");
    assert_eq!(field(&field(&refused, "failure"), "code"), "database-failed");
    assert_eq!(json(field(&refused, "applied")), "[]");
    let mut machine = self::machine(r#"{ "goal": "up" }"#);
    next(&mut machine, None);
    let done = next(&mut machine, Some(r#"{ "rows": [{ "same": "true" }] }"#));
    assert_eq!(json(field(&field(&done, "outcome"), "skipped")), "1");
}

#[wasm_bindgen_test]
fn a_machine_goes_from_an_empty_database_to_done() {
    let mut machine = machine(r#"{ "goal": "up" }"#);
    next(&mut machine, None);
    // There is no ledger: it looks for a table, creates one, and sends the migration with its row.
    let shape = next(&mut machine, Some(r#"{ "failure": { "sqlstate": "42P01", "message": "no such table" } }"#));
    assert_eq!(field(&shape, "type"), "query");
    let mut last = turn(&mut machine, Some(r#"{ "rows": [] }"#));
    let mut sent = Vec::new();
    for _ in 0..4 {
        let request = field(&last, "request");
        if field(&request, "type") == "done" {
            break;
        }
        sent.push(field(&request, "sql").as_string().unwrap_or_default());
        last = turn(&mut machine, Some(r#"{ "rows": [] }"#));
    }
    let outcome = field(&field(&last, "request"), "outcome");
    assert_eq!(json(field(&outcome, "applied")), r#"[{"version":"001","name":"notes","path":"001_notes.sql"}]"#);
    let script = sent.last().unwrap();
    assert!(script.contains("create table notes ();") && script.contains("insert into"), "{script}");
    let event = Array::from(&field(&last, "events")).get(0);
    assert_eq!(field(&event, "kind"), "applied");
}

#[wasm_bindgen_test]
fn a_catalog_serves_many_machines_and_may_go_before_them() {
    let catalog = Catalog::new(&strings(&["001_notes.sql"]), &strings(&[NOTES]), None).expect("a valid set");
    let start = || Machine::new(&catalog, typed(r#"{ "goal": "up" }"#), typed(RUNNER), typed(CAPABILITIES));
    let machines = [start().ok(), start().ok()];
    drop(catalog);
    for mut machine in machines.into_iter().flatten() {
        assert_eq!(field(&next(&mut machine, None), "type"), "query");
    }
}

#[wasm_bindgen_test]
fn a_catalog_tells_what_a_manifest_holds() {
    let catalog = Catalog::new(
        &strings(&["001_notes.up.sql", "001_notes.down.sql", "002_more.up.sql"]),
        &strings(&["create table notes ();\n", "drop table notes;\n", "create table notes ();\n"]),
        Some("golang-migrate".into()),
    )
    .expect("a valid set");
    // printf 'create table notes ();\n' | sha256sum
    let sum = "sha256:8a5bbe1dae9b1669e5dc106bfaa48e517d3515bb07af8fad1c68c1b340a4d870";
    assert_eq!(json(catalog.checksums()), format!(r#"[["001_notes.up.sql","{sum}"],["002_more.up.sql","{sum}"]]"#));
    // printf '001\t%s\tapplied\n002\t%s\tapplied\n' $sum $sum | sha256sum, of no line and of the first, too
    let (none, first, all) = (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "f6b0d41712abcafe9d8cf88b1e7893cd52c14cfe8a60716514c4b0a5fd9e0b8b",
        "405cdfe88d1579d1bd19e48a0de85ec4ad3975fcc470987a3e341f70de85f8c7",
    );
    assert_eq!(json(catalog.prefixes()), format!(r#"["{none}","{first}","{all}"]"#));
    assert_eq!(catalog.digest().as_deref(), Some(all));
    assert_eq!(
        (catalog.newest().as_deref(), catalog.count(), catalog.convention().as_str()),
        (Some("002"), 2, "golang-migrate")
    );
    let empty = Catalog::new(&strings(&[]), &strings(&[]), None).expect("an empty set");
    assert_eq!((empty.digest(), empty.newest(), empty.count()), (None, None, 0));
    assert_eq!(empty.prefixes().length(), 0);
}

#[wasm_bindgen_test]
fn a_goal_that_is_none_is_refused() {
    let catalog = Catalog::new(&strings(&[]), &strings(&[]), None).expect("an empty set");
    let result = Machine::new(&catalog, typed(r#"{ "goal": "sideways" }"#), typed("{}"), typed(CAPABILITIES));
    refused(result, "invalid-input", "the goal.goal is not one of up, down, plan, ready: sideways");
}

#[wasm_bindgen_test]
fn a_runner_without_a_text_of_its_own_is_refused() {
    let catalog = Catalog::new(&strings(&[]), &strings(&[]), None).expect("an empty set");
    let result = Machine::new(&catalog, typed(r#"{ "goal": "up" }"#), typed("{}"), typed(CAPABILITIES));
    refused(result, "invalid-input", "the option runner is \"\", and cannot tell this run from others");
}

#[wasm_bindgen_test]
fn a_machine_that_is_answered_out_of_turn_says_so() {
    let mut machine = machine(r#"{ "goal": "plan" }"#);
    let request = next(&mut machine, Some(r#"{ "rows": [] }"#));
    assert_eq!(field(&field(&request, "failure"), "code"), "out-of-turn");
}

#[wasm_bindgen_test]
fn an_answer_of_the_wrong_form_is_refused_and_the_machine_goes_on() {
    let mut machine = machine(r#"{ "goal": "up" }"#);
    next(&mut machine, None);
    assert!(machine.next(Some(typed(r#"{ "rows": [{ "same": 7 }] }"#)), 0.0).is_err());
    assert_eq!(field(&next(&mut machine, Some(r#"{ "rows": [] }"#)), "type"), "query");
}
