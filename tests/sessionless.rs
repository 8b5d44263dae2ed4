//! Drivers whose every request has a session of its own, and a limit to its size: what is sent, and
//! what is refused before anything is written.
#![allow(missing_docs)]

use counterfoil::Code;
use counterfoil::run::{
    Act, Capabilities, Failed, Failure, Goal, Input, Machine, Message, Options, Output, Request, Shared,
};
use std::collections::BTreeMap;

/// One statement per query of a batch, no session between requests: Neon over HTTP.
const HTTP: Capabilities = Capabilities { script: false, batch: true, interactive: false, limit: None };

fn catalog(files: &[(&str, &str)]) -> Shared {
    let files: Vec<_> = files.iter().map(|(path, sql)| (path.to_string(), sql.to_string())).collect();
    counterfoil::convention::read(&files, None).expect("the files are good").into()
}

fn rows(rows: &[&[(&str, &str)]]) -> Input {
    let row =
        |row: &&[(&str, &str)]| row.iter().map(|(key, value)| (key.to_string(), Some(value.to_string()))).collect();
    Input::Rows { rows: rows.iter().map(row).collect() }
}

/// A ledger that lacks nothing, and was emptied by going back: nothing has to be made, or seen to, before it is used.
fn whole_and_traced() -> Input {
    let ours = [
        "name",
        "checksum",
        "fingerprint",
        "applied_at",
        "duration_ms",
        "state",
        "steps_done",
        "steps_total",
        "claimed_until",
        "claimed_by",
        "origin",
        "replaced_by",
    ];
    let ours = ours.map(|name| (name, "text"));
    let columns = std::iter::once(("version", "character varying(128)")).chain(ours);
    let text = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| (name.to_string(), Some(value.to_string()))).collect()
    };
    let columns = columns.map(|(name, kind)| text(&[("name", name), ("type", kind)]));
    Input::Rows { rows: columns.chain([text(&[("kind", "trace")])]).collect() }
}

/// Runs to the end on an obedient database with these rows in its ledger: what was sent, and why it
/// failed, if it did. `answer` may say something else.
fn run_with(
    files: &[(&str, &str)],
    goal: Goal,
    capabilities: Capabilities,
    applied: &[&str],
    mut answer: impl FnMut(&Request) -> Option<Input>,
) -> (Vec<(Request, Message)>, Option<Failed>) {
    let catalog = catalog(files);
    let checksums: BTreeMap<String, String> =
        catalog.migrations.iter().map(|m| (m.version.as_str().to_owned(), m.checksum.clone())).collect();
    let mut ledger: Vec<String> = applied.iter().map(|version| version.to_string()).collect();
    let mut machine = Machine::new(catalog, goal, Options::new("r"), capabilities).expect("good options");
    let mut sent = Vec::new();
    let mut input = None;
    for _ in 0..5_000 {
        match machine.next(input.take(), 0) {
            Output::Send(request) => {
                let message = machine.message(&request);
                input = Some(answer(&request).unwrap_or_else(|| {
                    match &request {
                        Request::Rows(_) => Input::Rows {
                            rows: ledger
                                .iter()
                                .map(|version| {
                                    let checksum = checksums.get(version).cloned();
                                    [
                                        ("version", Some(version.clone())),
                                        ("checksum", checksum),
                                        ("state", Some("applied".into())),
                                    ]
                                    .map(|(key, value)| (key.to_owned(), value))
                                    .into_iter()
                                    .collect()
                                })
                                .collect(),
                        },
                        Request::Shape { there: true, .. } => whole_and_traced(),
                        Request::Digest => rows(&[&[("same", "false")]]),
                        Request::Hold { version, .. }
                        | Request::Advance { version, .. }
                        | Request::Stop { version, .. } => rows(&[&[("version", version)]]),
                        _ => rows(&[]),
                    }
                }));
                if let Request::Atomic(acts) = &request {
                    ledger.extend(acts.iter().filter_map(|act| match act {
                        Act::Claim { migration, .. } => checksums.keys().nth(*migration).cloned(),
                        _ => None,
                    }));
                }
                sent.push((request, message));
            }
            Output::Wait { .. } => input = Some(Input::Waited),
            Output::Done(_) => return (sent, None),
            Output::Failed(failed) => return (sent, Some(*failed)),
            output => unreachable!("{output:?} is not known here"),
        }
    }
    panic!("it does not end");
}

fn up(sql: &str, capabilities: Capabilities) -> (Vec<Message>, Option<Failed>) {
    let (sent, failed) = run_with(&[("001_a.sql", sql)], Goal::Up, capabilities, &[], |_| None);
    (sent.into_iter().map(|(_, message)| message).collect(), failed)
}

/// The batches that a migration makes.
#[track_caller]
fn batches(sql: &str) -> Vec<Vec<String>> {
    let (sent, failed) = up(sql, HTTP);
    assert!(failed.is_none(), "{:?}", failed.map(|failed| failed.error));
    sent.into_iter()
        .filter_map(|message| match message {
            Message::Batch { statements } | Message::Trial { statements } => Some(statements),
            Message::Script { sql, .. } => panic!("a script: {sql}"),
            _ => None,
        })
        .collect()
}

/// A migration that is refused before anything is written.
#[track_caller]
fn refuses(sql: &str, capabilities: Capabilities, code: Code, at: (u32, u32), message: &str) -> String {
    let (sent, failed) = up(sql, capabilities);
    let error = failed.expect("it is refused").error;
    assert_eq!((error.code(), error.message()), (code, message));
    let place = error.location().map(|at| (at.line, at.column));
    assert_eq!(place, Some(at));
    for message in sent {
        let Message::Query { sql } = message else { panic!("it has sent {message:?}") };
        assert!(sql.starts_with("select "), "{sql}");
    }
    error.help().into_owned()
}

#[test]
fn a_migration_is_one_batch_of_single_statements() {
    let sql = "begin isolation level serializable;\nsavepoint a;\ncreate table t (); -- one\nrelease a;\ncommit;\n";
    let [batch] = &batches(sql)[..] else { panic!("one batch") };
    let verbs: Vec<&str> = batch.iter().map(|sql| sql.split(" (").next().unwrap_or("")).collect();
    assert_eq!(
        verbs,
        [
            "set transaction isolation level serializable",
            "set local lock_timeout = 5000",
            "with done as",
            "savepoint a",
            "create table t",
            "release a",
            verbs[6],
        ]
    );
    assert!(batch[2].contains("(insert into \"public\".\"schema_migrations\""), "{}", batch[2]);
    assert!(batch[6].contains("(update \"public\".\"schema_migrations\" set duration_ms"), "{}", batch[6]);
}

#[test]
fn settings_are_kept_and_put_back_in_the_batch_that_changes_them() {
    let [batch] = &batches("set search_path = app;\ncreate table t ();\n")[..] else { panic!("one batch") };
    assert!(batch[0].starts_with("select pg_catalog.set_config('counterfoil.session'"), "{}", batch[0]);
    let put_back = &batch[batch.len() - 2];
    assert!(put_back.contains("current_setting('counterfoil.session')"), "{put_back}");
}

#[test]
fn a_section_that_resets_all_settings_leaves_the_session_as_it_began() {
    let [batch] = &batches("set x.y = 1;\nreset all;\nset role app;\n")[..] else { panic!("one batch") };
    let end = batch.len() - 1;
    assert_eq!(batch[end - 3..end], ["reset session authorization", "reset role", "reset all"]);
}

#[test]
fn every_step_in_a_transaction_brings_its_settings_along_and_puts_them_back() {
    let steps = batches("set search_path = app;\ncommit;\nbegin;\ncreate table t ();\ncommit;\n");
    assert_eq!(steps.len(), 2);
    let second = &steps[1];
    assert!(second[0].starts_with("select pg_catalog.set_config('counterfoil.session'"));
    assert_eq!(second[1], "set local lock_timeout = 5000");
    assert_eq!(second[3..5], ["set search_path = app", "create table t ()"]);
    assert!(second[5].contains("current_setting('counterfoil.session')"));
    assert!(second[6].contains("from \"public\".\"schema_migrations\" where version = '001'"), "{}", second[6]);
    assert_eq!(second.len(), 7);
}

#[test]
fn a_step_outside_a_transaction_that_follows_a_setting_is_refused() {
    let sql = "create table t (x int);\nset statement_timeout = 0;\n create index concurrently i on t (x);\n";
    let help = refuses(
        sql,
        HTTP,
        Code::Unsupported,
        (3, 2),
        "CREATE INDEX CONCURRENTLY runs outside a transaction, where what SET on line 2 has set does not reach it: \
         this driver keeps no session",
    );
    assert_eq!(help, "use a driver that holds a connection, or take the setting out; nothing was run");
    assert!(up(sql, Capabilities { interactive: true, ..HTTP }).1.is_none(), "with a session it runs");
    assert!(up("vacuum;\nset statement_timeout = 0;\nselect 1;\n", HTTP).1.is_none(), "what is set later is no matter");
}

#[test]
fn a_temporary_table_does_not_reach_the_next_step() {
    let sql = "create temp table if not exists \"Old\" as select 1;\nvacuum;\ninsert into t select * from \"Old\";\n";
    refuses(
        sql,
        HTTP,
        Code::Unsupported,
        (3, 1),
        "the temporary table of line 1 is gone here: this driver keeps no session",
    );
    let together = "begin;\ncreate temporary table o ();\nselect * from o;\ncommit;\nvacuum;\n";
    assert!(up(together, HTTP).1.is_none(), "in one step it is there");
}

#[test]
fn the_way_back_is_checked_before_anything_is_taken_back() {
    let sql = "-- migrate:up\nselect 1;\n-- migrate:down transaction:false\nset lock_timeout = 1;\nvacuum;\n";
    let go_back = |capabilities| {
        let goal = Goal::Down { steps: None, to: None, dry: false };
        run_with(&[("001_a.sql", sql)], goal, capabilities, &["001"], |_| None)
    };
    let (sent, failed) = go_back(HTTP);
    assert_eq!(failed.expect("it is refused").error.code(), Code::Unsupported);
    assert_eq!(sent.len(), 1);
    let (_, failed) = go_back(Capabilities { interactive: true, limit: Some(100), ..HTTP });
    assert_eq!(failed.expect("it is refused").error.code(), Code::RequestTooLarge);
}

/// Bytes of the request as Neon's driver writes it, counted by another JSON writer.
fn json(message: &Message) -> usize {
    let query = |sql: &String| serde_json::json!({ "query": sql, "params": [] });
    match message {
        Message::Batch { statements } | Message::Trial { statements } => {
            let queries: Vec<_> = statements.iter().map(query).collect();
            serde_json::json!({ "queries": queries }).to_string().len()
        }
        Message::Query { sql } | Message::Statement { sql } | Message::Script { sql, .. } => {
            query(sql).to_string().len()
        }
        _ => unreachable!("{message:?} is not known here"),
    }
}

#[test]
fn a_request_of_exactly_the_limit_is_sent_and_one_byte_more_is_refused() {
    let sql = format!("select '{}\"\\\t\u{1}é😀\n';\n", "x".repeat(20_000));
    let (sent, _) = up(&sql, HTTP);
    let size = sent.iter().map(json).max().expect("something was sent") as u32;
    assert!(up(&sql, Capabilities { limit: Some(size), ..HTTP }).1.is_none(), "{size}");
    let help = refuses(
        &sql,
        Capabilities { limit: Some(size - 1), ..HTTP },
        Code::RequestTooLarge,
        (1, 1),
        &format!(
            "001_a.sql is too large for one request: it makes {size} bytes, and this driver may send {}",
            size - 1
        ),
    );
    assert_eq!(
        help,
        "split the file into several migrations, or use a driver that holds a connection, such as a Pool over \
         WebSocket; nothing was run"
    );
}

#[test]
fn of_a_migration_in_steps_the_step_that_is_too_large_is_named() {
    let sql = format!("create table t ();\nvacuum;\n  insert into t select '{}';\n", "x".repeat(50_000));
    let limit = Some(50_000);
    let message = up(&sql, Capabilities { limit, ..HTTP }).1.expect("it is refused").error.message().to_owned();
    refuses(&sql, Capabilities { limit, ..HTTP }, Code::RequestTooLarge, (3, 3), &message);
    let together = format!("create table t ();\nvacuum;\n{}", "insert into t select 'x';\n".repeat(2_000));
    assert!(up(&together, Capabilities { limit, ..HTTP }).1.is_none(), "every step is small");
}

#[test]
fn a_migration_behind_one_that_fits_is_looked_at_before_the_first_is_applied() {
    let large = format!("select '{}';", "x".repeat(100_000));
    let files = [("001_a.sql", "select 1;"), ("002_b.sql", large.as_str())];
    let (sent, failed) = run_with(&files, Goal::Up, Capabilities { limit: Some(100_000), ..HTTP }, &[], |_| None);
    let failed = failed.expect("it is refused");
    assert_eq!(failed.error.location().map(|at| at.path.as_str()), Some("002_b.sql"));
    assert!(failed.report.applied.is_empty() && sent.len() == 3);
}

#[test]
fn a_missing_ledger_is_created_as_a_batch() {
    let missing = |request: &Request| match request {
        Request::Digest => Some(Input::Failed(Failure { sqlstate: "42P01".into(), ..Failure::default() })),
        _ => None,
    };
    let (sent, failed) = run_with(&[("001_a.sql", "select 1;")], Goal::Up, HTTP, &[], missing);
    assert!(failed.is_none());
    let created = sent.iter().find(|(request, _)| matches!(request, Request::Create { .. })).expect("it is created");
    let Message::Batch { statements } = &created.1 else { panic!("{:?}", created.1) };
    assert!(statements[0].starts_with("create table \"public\".\"schema_migrations\""));
}

const BAD: &str = "create table t ();\n\nselect 1;\n  insert into t\n values (1);\nselect 2;\n";

fn error(message: &str, position: Option<u32>, context: &str) -> Input {
    let context = Some(context.to_owned());
    Input::Failed(Failure {
        sqlstate: "42601".into(),
        message: message.into(),
        position,
        context,
        ..Failure::default()
    })
}

/// The error of a migration whose batch fails, and whose trial is answered so.
fn diagnosed(sql: &str, capabilities: Capabilities, trial: Input) -> (Failed, usize) {
    let mut trials = 0;
    let (_, failed) = run_with(&[("001_a.sql", sql)], Goal::Up, capabilities, &[], |request| match request {
        Request::Atomic(_) => Some(error("too many values", Some(12), "")),
        Request::Diagnose(_) => {
            trials += 1;
            Some(trial.clone())
        }
        _ => None,
    });
    (failed.expect("it fails"), trials)
}

#[track_caller]
fn stays_unknown(sql: &str, capabilities: Capabilities, trial: Input, trials: usize) {
    let (failed, sent) = diagnosed(sql, capabilities, trial);
    assert_eq!(failed.error.message(), "one of its statements failed: too many values (42601)");
    assert_eq!(failed.error.location().map(|at| (at.line, at.column)), Some((1, 1)));
    assert_eq!((failed.error.statement(), sent), (None, trials));
}

#[test]
fn the_line_of_the_trial_and_the_first_position_make_the_place() {
    // Three statements of the run's own come before those of the file; the first one's line is 2.
    let context = "SQL statement \"insert into t\n values (1)\"\nPL/pgSQL function inline_code_block line 7 at EXECUTE";
    let (failed, trials) = diagnosed(BAD, HTTP, error("too many values", None, context));
    assert_eq!(failed.error.message(), "too many values (42601)");
    assert_eq!(failed.error.location().map(|at| (at.line, at.column)), Some((4, 14)));
    assert_eq!(failed.error.statement(), Some("insert into t\n values (1)"));
    assert_eq!(trials, 1);
}

#[test]
fn a_trial_that_tells_something_else_is_not_believed() {
    let at = |line: u32| format!("PL/pgSQL function inline_code_block line {line} at EXECUTE");
    stays_unknown(BAD, HTTP, error("another failure", None, &at(7)), 1);
    stays_unknown(BAD, HTTP, error("too many values", None, "PL/pgSQL function f() line 7 at EXECUTE"), 1);
    // Not a statement of the file: before, after, and nowhere.
    for line in [0, 1, 2, 3, 9, 11, 1_000] {
        stays_unknown(BAD, HTTP, error("too many values", None, &at(line)), 1);
    }
    stays_unknown(BAD, HTTP, rows(&[]), 1);
    stays_unknown(BAD, HTTP, Input::Failed(Failure { lost: true, ..Failure::default() }), 2);
}

#[test]
fn a_trial_that_fails_at_the_ledger_is_told_of_the_ledger() {
    // The claim is the third statement of the run's own, and the record the last.
    for line in [4, 10] {
        let context = format!("PL/pgSQL function inline_code_block line {line} at EXECUTE");
        let (failed, _) = diagnosed(BAD, HTTP, error("too many values", None, &context));
        assert_eq!(failed.error.code(), Code::DatabaseFailed);
        assert_eq!(failed.error.message(), "the ledger could not be written: too many values (42601)");
        assert_eq!((failed.error.location(), failed.error.statement()), (None, None));
    }
}

#[test]
fn what_cannot_be_tried_or_is_too_large_for_it_is_not() {
    let answer = || error("too many values", None, "PL/pgSQL function inline_code_block line 7 at EXECUTE");
    stays_unknown("savepoint a;\nselect 1;\n", HTTP, answer(), 0);
    // Every line break takes two bytes in JSON, and three where it is escaped for SQL as well.
    let lines = format!("select '{}';\n", "\n".repeat(40_000));
    stays_unknown(&lines, Capabilities { limit: Some(100_000), ..HTTP }, answer(), 0);
    stays_unknown(&lines, Capabilities { limit: Some(200_000), ..HTTP }, error("another failure", None, ""), 1);
}

#[test]
fn a_driver_that_can_tell_is_not_asked_again() {
    let mut trials = 0;
    let (_, failed) = run_with(&[("001_a.sql", BAD)], Goal::Up, HTTP, &[], |request| match request {
        Request::Atomic(_) => {
            let Input::Failed(failure) = error("too many values", Some(12), "") else { unreachable!() };
            Some(Input::Failed(Failure { completed: Some(5), ..failure }))
        }
        Request::Diagnose(_) => {
            trials += 1;
            None
        }
        _ => None,
    });
    let error = failed.expect("it fails").error;
    assert_eq!((error.location().map(|at| at.line), trials), (Some(4), 0));
}

/// A run whose every request is lost, from the nth on: how long it waits, and its error.
fn lost_from(nth: usize, options: Options) -> (Vec<u32>, Failed) {
    let mut machine =
        Machine::new(catalog(&[("001_a.sql", "select 1;\n")]), Goal::Up, options, HTTP).expect("good options");
    let (mut waits, mut sent, mut input) = (Vec::new(), 0, None);
    for _ in 0..100 {
        match machine.next(input.take(), 0) {
            Output::Send(_) => {
                sent += 1;
                let lost = Failure { message: "HTTP status 404".into(), lost: true, ..Failure::default() };
                input = Some(if sent < nth { rows(&[]) } else { Input::Failed(lost) });
            }
            Output::Wait { milliseconds } => {
                waits.push(milliseconds);
                input = Some(Input::Waited);
            }
            Output::Failed(failed) => return (waits, *failed),
            output => panic!("it cannot be so: {output:?}"),
        }
    }
    panic!("it does not end");
}

#[test]
fn a_lost_request_is_tried_again_after_a_while_and_then_after_a_longer_one() {
    for (nth, says) in [(1, "the database could not be reached"), (2, "the connection was lost")] {
        let (waits, failed) = lost_from(nth, Options::new("r"));
        assert_eq!(failed.error.message(), format!("{says}: HTTP status 404"));
        assert_eq!(failed.error.code(), Code::ConnectionLost);
        let around = |&ms: &u32, about: u32| (about / 2..about / 2 + about).contains(&ms);
        assert!(waits.iter().zip([100, 400, 1_600]).all(|(ms, about)| around(ms, about)), "{waits:?}");
        assert_eq!(waits.len(), 3);
    }
    assert_eq!(lost_from(1, Options { wait_timeout: 7, ..Options::new("r") }).0, [7, 7, 7]);
    let runs = ["a", "b"].map(|runner| lost_from(1, Options::new(runner)).0);
    assert_ne!(runs[0], runs[1]);
}

#[test]
fn a_runner_without_a_text_of_its_own_is_refused() {
    for runner in ["", "r#1"] {
        let run = Machine::new(catalog(&[("001_a.sql", "select 1;\n")]), Goal::Plan, Options::new(runner), HTTP);
        let error = run.expect_err("it is refused");
        assert_eq!(error.code(), Code::InvalidInput);
        let message = format!("the option runner is {runner:?}, and cannot tell this run from others");
        assert_eq!(error.message(), message);
        assert_eq!(error.help(), "hand in a random text that no other run has, without a `#`");
    }
}
