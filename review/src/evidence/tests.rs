//! The inquiry against replays that are written out here by hand.

use super::{Asked, Came, Effects, Failed, Inquiry, Report, Turn, Verdict};
use crate::schema::snapshot::Row;
use counterfoil::convention;

/// A schema of tables `t`, each with these columns.
fn schema(columns: &[&str]) -> Vec<Row> {
    let row = |kind: &str, name: String, data: &str| (kind.to_owned(), name, data.to_owned());
    let mut rows = vec![row("server", String::new(), "{\"version\":180004}"), row("table", "public.t".into(), "{}")];
    let column = |name: &&str| row("column", format!("public.t.{name}"), r#"{"of":"public.t","type":"text"}"#);
    rows.extend(columns.iter().map(column));
    rows
}

fn effects(version: &str, columns: &[&str]) -> Effects {
    let of = |name: &&str| {
        ("column".to_owned(), format!("public.t.{name}"), Some(r#"{"of":"public.t","type":"text"}"#.to_owned()))
    };
    Effects { version: version.to_owned(), facts: columns.iter().map(of).collect() }
}

fn inquiry(live: &[&str], open: &[&str]) -> Inquiry {
    let file = |version: &str| (format!("{version}_x.up.sql"), format!("alter table t add c{version} text;"));
    let files: Vec<(String, String)> = ["1", "2", "3"].map(file).into();
    let catalog = convention::read(&files, Some("golang-migrate".parse().expect("a convention"))).expect("a set");
    let open = open.iter().map(|version| (*version).to_owned()).collect();
    Inquiry::new(&catalog, Asked { live: schema(live), open, ..Asked::default() }).expect("an inquiry")
}

/// What it asks for: what is left out.
#[track_caller]
fn asks(turn: Turn, expected: &[&str]) {
    let Turn::Replay { without, .. } = turn else { panic!("it is done: {turn:?}") };
    assert_eq!(without, expected);
}

#[track_caller]
fn done(turn: Turn) -> Report {
    let Turn::Done { report } = turn else { panic!("it goes on: {turn:?}") };
    report
}

fn made(columns: &[&str]) -> Came {
    Came { rows: schema(columns), ..Came::default() }
}

#[test]
fn what_is_pending_is_left_out_and_an_equal_schema_ends_it() {
    let mut inquiry = inquiry(&["c1", "c2"], &["1", "2"]);
    asks(inquiry.next(Came::default()).expect("a turn"), &["3"]);
    let report = done(inquiry.next(made(&["c1", "c2"])).expect("a turn"));
    assert_eq!((report.files, report.replays), (Vec::new(), 1));
}

#[test]
fn a_candidate_that_no_other_replay_proves_is_undecided() {
    let mut inquiry = inquiry(&["c1"], &["1", "2"]);
    asks(inquiry.next(Came::default()).expect("a turn"), &["3"]);
    asks(inquiry.next(made(&["c1", "c2"])).expect("a turn"), &["3"]);
    let traced =
        Came { start: schema(&[]), effects: vec![effects("1", &["c1"]), effects("2", &["c2"])], ..made(&["c1", "c2"]) };
    asks(inquiry.next(traced.clone()).expect("a turn"), &["2", "3"]);
    // Without it the column is there all the same: nobody can tell who made it.
    asks(inquiry.next(made(&["c1", "c2"])).expect("a turn"), &["2", "3"]);
    let again = Came { effects: vec![effects("1", &["c1", "c2"])], ..traced };
    let report = done(inquiry.next(again).expect("a turn"));
    let verdicts: Vec<(&str, Verdict)> =
        report.files.iter().map(|file| (file.version.as_str(), file.verdict)).collect();
    assert_eq!(verdicts, [("1", Verdict::Partly), ("2", Verdict::Undecided)]);
}

#[test]
fn a_replay_that_fails_without_it_proves_that_it_ran() {
    let mut inquiry = inquiry(&["c1", "c3"], &["1", "2", "3"]);
    asks(inquiry.next(Came::default()).expect("a turn"), &[]);
    asks(inquiry.next(made(&["c1", "c2", "c3"])).expect("a turn"), &[]);
    let effects = vec![effects("1", &["c1"]), effects("2", &["c2"]), effects("3", &["c3"])];
    let traced = Came { start: schema(&[]), effects, ..made(&["c1", "c2", "c3"]) };
    asks(inquiry.next(traced).expect("a turn"), &["2"]);
    let failed = Failed { path: Some("3_x.up.sql".into()), message: "there is no c2".into() };
    let report = done(inquiry.next(Came { failed: Some(failed), ..Came::default() }).expect("a turn"));
    assert_eq!(report.by_hand, ["column public.t.c2 is not there"]);
    let second = report.files.iter().find(|file| file.version == "2").expect("the file");
    assert_eq!(second.verdict, Verdict::Present);
    assert_eq!(second.message, "2 has run: 3 fails without it; column public.t.c2 is gone since");
}
