//! Every rule on its own examples, and what the rules have in common.

use super::*;
use counterfoil::ledger::Table;

#[track_caller]
fn found(text: &str, options: &Options) -> Vec<String> {
    let name = "20260101120000_example.sql";
    let convention = match text {
        _ if text.contains("-- migrate:up") => "dbmate",
        _ if text.starts_with("-- Up Migration") => "node-pg-migrate",
        _ => "plain",
    };
    let convention = convention.parse::<counterfoil::convention::Convention>().expect("it is there");
    let report = lint(&[(name.to_owned(), text.to_owned())], Some(convention), options, &()).expect("it is read");
    let place = |finding: &counterfoil::finding::Finding| {
        let at = finding.at.as_ref().expect("it has a place");
        format!("{}:{} {:?} {}: {}", at.line, at.column, finding.severity, finding.code, finding.message)
    };
    report.findings.iter().map(place).collect()
}

#[track_caller]
fn says(text: &str, expected: &[&str]) {
    assert_eq!(found(text, &Options::default()), expected, "{text}");
}

#[test]
fn a_bad_example_has_that_rules_finding_and_no_other() {
    for rule in rules() {
        assert!(!rule.bad.is_empty() && !rule.good.is_empty(), "{}", rule.code);
        for text in rule.bad {
            let found = found(text, &Options::default());
            assert!(!found.is_empty(), "{}: {text}", rule.code);
            for line in found {
                assert!(line.contains(&format!(" {}: ", rule.code)), "{}: {text}\n{line}", rule.code);
            }
        }
        for text in rule.good {
            says(text, &[]);
        }
    }
}

#[test]
fn the_separator_of_tern_counts_wherever_it_stands_in_a_literal() {
    let line = "---- create above / drop below ----";
    let text = format!("SELECT 'a report:\n{line}\n';\n{line}\nSELECT 2;\n");
    let tern = Some(counterfoil::convention::Convention::Tern);
    let report = lint(&[(String::from("001_a.sql"), text)], tern, &Options::default(), &()).expect("it is read");
    let found: Vec<_> = report.findings.iter().map(|it| (it.at.as_ref().map(|at| at.line), &*it.code)).collect();
    assert_eq!(found, [(Some(2), "marker-in-literal")]);
}

#[test]
fn codes_are_there_once() {
    let mut codes: Vec<&str> =
        rules().map(|rule| rule.code).chain(counterfoil::convention::CODES.iter().copied()).collect();
    let all = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all);
}

#[test]
fn search_path_is_found_wherever_it_is_set() {
    let stays = "this changes search_path for the whole session, and nothing puts it back: what runs next there looks for its tables elsewhere";
    let empty = "this empties search_path for the whole session, and nothing puts it back: what runs next there finds no table without its schema";
    for (text, at, message) in [
        ("set search_path = app, public", "1:1", stays),
        ("SET SESSION \"search_path\" TO app", "1:1", stays),
        ("set schema 'app'", "1:1", stays),
        ("set search_path = ''", "1:1", empty),
        ("select set_config('search_path', 'app', false)", "1:8", stays),
        ("select PG_CATALOG.set_config('search_path', '', false)", "1:19", empty),
        ("select set_config(E'search_path', ''::text, 'f')", "1:8", empty),
        ("do $x$ begin\n  perform set_config('search_path', '', false); end $x$", "2:11", stays),
        ("do $$ begin if true then set search_path = app; end if; end $$", "1:26", stays),
        ("reset search_path; set search_path to app", "1:20", stays),
        ("set local search_path = app; set search_path = app", "1:30", stays),
    ] {
        says(text, &[&format!("{at} Warning session-search-path: {message}")]);
    }
    for text in [
        "set local search_path = app",
        "set search_path = app; set search_path to default",
        "set search_path = app; reset all",
        "select set_config('search_path', 'app', true)",
        "select set_config('work_mem', '1MB', false)",
        "alter role app set search_path = app",
        "create function f() returns int language plpgsql as $$ begin perform set_config('search_path', '', false); return 1; end $$",
        "select 'set search_path = app'",
        "-- set search_path = app\nselect 1",
    ] {
        says(text, &[]);
    }
}

#[test]
fn names_after_a_change_of_search_path_are_found() {
    says(
        "set local search_path = '';\ncreate index on rooms (id);\ncreate table t ();\ndrop table if exists \"U\";",
        &[
            "2:17 Error unqualified-name: rooms has no schema, and search_path is empty since line 1: PostgreSQL does not find it; so have 2 statements more",
        ],
    );
    says(
        "set local search_path = app;\ninsert into rooms values (1);",
        &["2:13 Note unqualified-name: rooms has no schema: where it is depends on search_path, which line 1 changes"],
    );
    for text in [
        "set local search_path = '';\ncreate index i on public.rooms (id);\ncreate or replace function public.f() returns int return 1;",
        "set local search_path = '';\nreset search_path;\ncreate table t ();",
        "create table t ();\nset local search_path = '';",
        "set local search_path = '';\ncreate trigger t before insert or update of x on public.rooms execute function public.f();",
        "set local search_path = '';\nupdate public.rooms set id = 1;\ncopy (select 1) to stdout;",
    ] {
        says(text, &[]);
    }
}

#[test]
fn long_names_are_counted_in_bytes_wherever_they_stand() {
    let long = "n".repeat(64);
    let cut = "n".repeat(63);
    let message = format!("the name {long} has 64 bytes: PostgreSQL cuts it off after 63, to {cut}");
    for text in [
        format!("create table t (a int, {long} int)"),
        format!("alter table t add constraint \"{long}\" check (true)"),
        format!("select 1 as {}", long.to_uppercase()),
        format!("grant select on t to {long}"),
        format!("select U&\"{}\\006e\"", "n".repeat(63)),
        format!("select U&\"{}!006e\" uescape '!'", "n".repeat(63)),
    ] {
        let found = found(&text, &Options::default());
        assert_eq!(found.len(), 1, "{text}");
        assert!(found[0].ends_with(&format!("Warning identifier-too-long: {message}")), "{text}: {found:?}");
    }
    says(
        &format!("select \"{}é\"", "n".repeat(62)),
        &[&format!(
            "1:8 Warning identifier-too-long: the name {0}é has 64 bytes: PostgreSQL cuts it off after 62, to {0}",
            "n".repeat(62)
        )],
    );
    for text in [
        format!("select \"{cut}\""),
        format!("select '{long}', $a${long}$a$ -- {long}"),
        format!("select \"{}\"\"\"", "n".repeat(62)),
        format!("select U&\"{}\"", "\\006e".repeat(63)),
    ] {
        says(&text, &[]);
    }
}

#[test]
fn writing_to_the_ledger_is_found_under_its_own_name() {
    says(
        "truncate schema_migrations;\ncopy public.schema_migrations from '/tmp/x';",
        &[
            "1:1 Error ledger-touched: the migration empties the ledger's own table, \"public\".\"schema_migrations\"",
            "2:1 Warning ledger-written: the migration writes to the ledger's own table, \"public\".\"schema_migrations\"",
        ],
    );
    let options = Options { table: Table { schema: "ops".into(), name: "done".into() }, ..Options::default() };
    assert_eq!(found("insert into schema_migrations values (1); insert into x.done values (1)", &options), [""; 0]);
    assert_eq!(
        found("insert into ops.done values (1)", &options),
        ["1:1 Warning ledger-written: the migration writes to the ledger's own table, \"ops\".\"done\""]
    );
    // The planner says this one, and nobody else does.
    says(
        "create table public.schema_migrations (version text)",
        &["1:1 Error ledger-touched: the migration creates the ledger's own table, \"public\".\"schema_migrations\""],
    );
}

#[test]
fn a_finding_is_placed_in_its_file() {
    says(
        "-- é\r\n-- migrate:up\r\nselect '😀'; set search_path = app;\r\n-- migrate:down\r\n\r\ndrop schema app cascade;\r\n",
        &[
            "3:13 Warning session-search-path: this changes search_path for the whole session, and nothing puts it back: what runs next there looks for its tables elsewhere",
            "6:1 Warning destructive-down: the way back runs `drop schema app`: that also takes away what other migrations made",
        ],
    );
}

#[test]
fn a_comment_allows_what_it_names() {
    for text in [
        "-- counterfoil-ignore session-search-path: alone\nset search_path = app;",
        "set search_path = app; -- counterfoil-ignore session-search-path",
        "-- counterfoil-ignore session-search-path\n-- and why\n\nset search_path = app;",
        "-- counterfoil-ignore identifier-too-long: all of it\ncreate table t (\n  a int,\n  nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn int\n);",
        "select 1;\n-- counterfoil-ignore identifier-too-long: to the end of the file\nselect\n  nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
        "create table t (\n  -- counterfoil-ignore identifier-too-long: one line\n  nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn int\n);",
        "-- counterfoil-ignore session-search-path\n-- counterfoil-ignore identifier-too-long, session-search-path: both\nset search_path = nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn;",
        "select 1;\nset search_path = app;\n-- counterfoil-ignore-file session-search-path: all of it",
        "-- squawk-ignore session-search-path\nset search_path = app;",
        "/* squawk-ignore-file */ set search_path = app;",
    ] {
        says(text, &[]);
    }
    let stays = "this changes search_path for the whole session, and nothing puts it back: what runs next there looks for its tables elsewhere";
    says(
        "-- counterfoil-ignore session-search-path, nothing: x\nselect 1; select '-- counterfoil-ignore session-search-path';\nset search_path = app;\n-- counterfoil-ignore",
        &[
            "1:1 Note unused-ignore: session-search-path has no finding there, so this comment ignores nothing",
            "1:1 Note unused-ignore: there is no rule nothing",
            &format!("3:1 Warning session-search-path: {stays}"),
            "4:1 Note unused-ignore: this comment names no rule, and ignores nothing",
        ],
    );
}

#[test]
fn options_say_how_bad_it_is_and_where_to_look() {
    let files: Vec<(String, String)> =
        ["1_a.sql", "2_b.sql"].map(|path| (path.to_owned(), "set search_path = app".to_owned())).to_vec();
    let level = |code: &str, level| Options { levels: [(code.to_owned(), level)].into(), ..Options::default() };
    let report = |options: &Options| lint(&files, None, options, &());
    let off = report(&level("session-search-path", Level::Off)).expect("it is read");
    assert_eq!((off.findings.len(), off.ok, off.files), (0, true, 2));
    let error = report(&level("session-search-path", Level::Error)).expect("it is read");
    assert_eq!((error.counts, error.ok), (Counts { error: 2, ..Counts::default() }, false));
    let only = report(&Options { only: Some(vec!["./2_b.sql".into()]), ..Options::default() }).expect("it is read");
    assert_eq!((only.findings.len(), only.files), (1, 1));
    let unknown = report(&level("no-such", Level::Off)).expect_err("there is none");
    assert_eq!(unknown.message(), "there is no rule \"no-such\"");
}

#[test]
fn anything_is_looked_at_without_a_panic() {
    for text in [
        "",
        ";",
        "set",
        "set search_path",
        "set_config(",
        "select set_config('search_path'",
        "do $$",
        "U&\"\\",
        "U&\"\\+\"",
        "create index on",
        "-- counterfoil-ignore :",
        "copy",
        "\u{feff}\r\n\r",
        "select U&\"\\d8\" uescape ''",
    ] {
        found(text, &Options::default());
    }
}
