//! What a person sees.

use super::*;
use counterfoil::convention::{self, Convention};
use counterfoil::ledger::{Ledger, Row};
use counterfoil::plan::{Options, plan};

fn plan_of(files: &[(&str, &str)], rows: &[Row]) -> Plan {
    let files: Vec<(String, String)> =
        files.iter().map(|(path, sql)| ((*path).to_owned(), (*sql).to_owned())).collect();
    let catalog = convention::read(&files, Some(Convention::Plain)).unwrap();
    plan(&catalog, &Ledger { exists: true, rows: rows.to_vec() }, &Options::default())
}

fn row(version: &str, name: &str, sql: &str) -> Row {
    Row {
        version: version.into(),
        name: Some(name.into()),
        checksum: Some(counterfoil::checksum::checksum(sql)),
        ..Row::default()
    }
}

/// A set with a bit of everything.
fn mixed() -> Plan {
    let files = [
        ("db/001_a.sql", "select 1;"),
        ("db/002_b.sql", "select 2;"),
        ("db/003_c.sql", "select 3;"),
        ("db/103_add_columns.sql", "alter table t add x int; alter table t add y int;"),
        ("db/104_teams.sql", "create table teams ();"),
        ("db/107_index.sql", "create index concurrently i on t (x);\nselect 1;"),
    ];
    let rows = [
        row("001", "a", "select 1;"),
        row("002", "b", "select 2;"),
        row("003", "c", "select 3;"),
        row("104", "users", "create table users ();"),
        row("105", "gone", "select 5;"),
    ];
    plan_of(&files, &rows)
}

#[test]
fn the_help_of_a_finding_calls_options_as_rust_does() {
    let plan = plan_of(&[("001_a.sql", "select 1;\n-- +goose Down\nselect 2;\n")], &[]);
    assert!(plan.findings[0].help.contains("convention: 'goose'"), "{:?}", plan.findings);
    let said = |plan: &Plan| text(plan, &Look::default()).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said(&plan).contains("say so: convention: \"goose\"; else"), "{}", said(&plan));
    // As the command line hands it in.
    let mut plan = plan;
    plan.findings[0].help = "say so: --convention goose".into();
    assert!(said(&plan).ends_with("say so: --convention goose"), "{}", said(&plan));
}

#[test]
fn the_table_shows_every_decision_and_what_to_do() {
    assert_eq!(
        text(&mixed(), &Look::default()),
        "\
nothing is run: 1 error; 2 to apply, 1 warning, 3 there

  =  001  … 003        applied      3 migrations
  +  103  add_columns  apply (gap)  2 statements, one transaction
       a gap: version 104 comes later and is already applied
  !  104  teams        collision
       version 104 is applied as \"users\", but db/104_teams.sql has another name and other content
       help: give db/104_teams.sql a version of its own, such as 108; if it is the same migration,
       put the old name back
  +  107  index        apply        2 statements, 2 steps
  ?  105  gone         missing
       version 105 (gone) is applied, but there is no file of that version
       help: put the file back, or list it in the `replaces` of the baseline that holds it now
"
    );
}

#[test]
fn what_a_plan_does_not_go_up_to_is_shown_apart() {
    let files = [("1_a.sql", "select 1;"), ("2_b.sql", "select 2;"), ("3_c.sql", "select 3;")];
    let files: Vec<_> = files.iter().map(|(path, sql)| (path.to_string(), sql.to_string())).collect();
    let catalog = convention::read(&files, Some(Convention::Plain)).unwrap();
    let ledger = Ledger { exists: true, rows: vec![row("1", "a", "select 1;")] };
    let plan = plan(&catalog, &ledger, &Options { to: Some("2".into()), ..Options::default() });
    assert_eq!(
        text(&plan, &Look::default()),
        "\
1 to apply, 1 there, 1 beyond

  =  1  a  applied
  +  2  b  apply    1 statement, one transaction
  >  3  c  beyond
"
    );
    assert!(mermaid(&plan).contains("    section Beyond\n        3 : c : beyond\n"), "{}", mermaid(&plan));
}

#[test]
fn all_lines_are_shown_when_asked_for() {
    let text = text(&mixed(), &Look { all: true, ..Look::default() });
    assert!(text.contains("  =  001  a            applied\n  =  002  b            applied\n"), "{text}");
}

#[test]
fn no_line_of_the_table_is_wider_than_100_columns_unless_a_word_is() {
    let long = format!("db/001_{}.sql", "long_name_".repeat(20));
    let plan = plan_of(&[(&long, "select 'open"), ("db/002_b.sql", "select 2")], &[row("2", "z", "select 3")]);
    for line in text(&plan, &Look::default()).lines() {
        assert!(line.chars().count() <= 100 || line.contains(&long), "{line}");
    }
}

#[test]
fn a_name_that_is_a_part_of_the_version_is_shown_once() {
    let mut plan = plan_of(&[("db/001_a.sql", "select 1")], &[]);
    plan.decisions[0].version = "20240528214728_add_users".into();
    plan.decisions[0].name = "add_users".into();
    assert!(text(&plan, &Look::default()).contains("  +  20240528214728  add_users  apply"));
    plan.decisions[0].version = "add_users".into();
    assert!(text(&plan, &Look::default()).contains("  +  add_users  add_users  apply"));
}

#[test]
fn findings_come_with_their_place() {
    let text = text(&plan_of(&[("db/001_a.sql", "select 'open")], &[]), &Look::default());
    assert!(text.starts_with("nothing is run: 1 error; 1 to apply\n"), "{text}");
    assert!(text.contains("\n  !  unterminated-string\n       db/001_a.sql:1:8: "), "{text}");
}

#[test]
fn a_name_cannot_move_the_cursor() {
    let mut plan = plan_of(&[("db/001_a.sql", "select 1")], &[]);
    plan.decisions[0].name = "a\u{1b}[2J\n\u{9b}\u{202e}b".into();
    for shown in [text(&plan, &Look::default()), mermaid(&plan)] {
        assert!(shown.contains("a\\u{1b}[2J\\u{a}\\u{9b}\\u{202e}b"), "{shown}");
    }
}

#[test]
fn nothing_to_do_is_said() {
    assert_eq!(summary(&plan_of(&[], &[])), "nothing to do");
    assert_eq!(
        text(&plan_of(&[("001_a.sql", "select 1")], &[row("001", "a", "select 1")]), &Look::default()),
        "\
1 there

  =  001  a  applied
"
    );
}

#[test]
fn the_timeline_has_a_section_per_action() {
    assert_eq!(
        mermaid(&mixed()),
        "\
timeline
    title nothing is run#58; 1 error#59; 2 to apply, 1 warning, 3 there
    section There
        001 … 003 : 3 migrations applied
    section Apply
        103 : add_columns : apply (gap) : 2 statements, one transaction
    section Errors
        104 : teams : collision
    section Apply
        107 : index : apply : 2 statements, 2 steps
    section Drift
        105 : gone : missing
"
    );
}

#[test]
fn json_is_the_plan_s_own() {
    assert_eq!(json(&mixed()), mixed().to_json());
}

#[test]
fn with_the_ledger_s_rows_it_says_what_is_there_and_since_when() {
    let mut rows = vec![row("001", "a", "select 1;"), row("002", "b", "select 2;"), row("104", "d", "select 4;")];
    rows[0].applied_at = Some("2026-03-01T08:30:00.123456Z".into());
    rows[0].duration_ms = Some(12);
    rows[1].applied_at = Some("2026-03-02T09:00:01.000000Z".into());
    rows[1].origin = counterfoil::ledger::Origin::Adopted;
    rows[2].duration_ms = Some(83_456);
    let files = [
        ("db/001_a.sql", "select 1;"),
        ("db/002_b.sql", "select 2;"),
        ("db/103_c.sql", "select 3;"),
        ("db/104_d.sql", "select 4;"),
    ];
    let plan = plan_of(&files, &rows);
    let look = Look { all: true, rows: Some(&rows), ..Look::default() };
    assert_eq!(
        text(&plan, &look),
        "\
1 to apply, 3 there

     version  name  state          applied (UTC)        took
  =  001      a     applied        2026-03-01 08:30:00  12 ms
  =  002      b     applied        2026-03-02 09:00:01              adopted
  +  103      c     pending (gap)                                   1 statement, one transaction
       a gap: version 104 comes later and is already applied
  =  104      d     applied                             1 min 23 s
"
    );
}

#[test]
fn colours_change_nothing_but_the_colours() {
    let coloured = text(&mixed(), &Look { colours: true, ..Look::default() });
    assert!(coloured.starts_with("\u{1b}[1mnothing is run: 1 error"), "{coloured}");
    assert!(coloured.contains("\u{1b}[31m!\u{1b}[0m  104"), "{coloured}");
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some(at) = rest.find('\u{1b}') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + rest[at..].find('m').unwrap() + 1..];
    }
    plain.push_str(rest);
    let plain: Vec<&str> = plain.lines().map(str::trim_end).collect();
    assert_eq!(plain, text(&mixed(), &Look::default()).lines().collect::<Vec<_>>());
}

#[test]
fn the_width_is_kept_to() {
    let text = text(&mixed(), &Look { width: 60, ..Look::default() });
    for line in text.lines() {
        assert!(line.chars().count() <= 66, "{line}");
    }
    assert!(text.contains("       version 104 is applied as \"users\", but\n"), "{text}");
}
