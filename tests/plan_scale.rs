//! Large and unkind worlds: planning must come to an end in about the time that reading them takes.
//! A quadratic step anywhere would take hours here.

use counterfoil::checksum::checksum;
use counterfoil::convention::Convention;
use counterfoil::ledger::{Ledger, Row};
use counterfoil::migration::{Catalog, Migration, Replaced, Section, Transaction};
use counterfoil::plan::{Options, Plan, Reason, Work, plan};
use counterfoil::readiness::readiness;
use counterfoil::version::Version;

fn version(text: &str) -> Version {
    Version::new(text, Convention::Plain.identity())
}

fn file(number: usize, name: &str, sql: &str) -> Migration {
    let path = format!("{number:06}_{name}.sql");
    Migration {
        version: version(&format!("{number:06}")),
        name: name.into(),
        up: Section {
            path: path.clone(),
            text: sql.into(),
            line: 1,
            pieces: Vec::new(),
            transaction: Transaction::Auto,
            breaks: vec![],
            refused: None,
            fills: vec![],
        },
        path,
        down: None,
        checksum: checksum(sql),
        repeatable: false,
        replaces: vec![],
    }
}

fn row(number: usize, name: &str, sql: &str) -> Row {
    Row { version: format!("{number:06}"), name: Some(name.into()), checksum: Some(checksum(sql)), ..Row::default() }
}

fn sql(number: usize) -> String {
    format!("select {number}")
}

fn decide(files: Vec<Migration>, rows: Vec<Row>) -> (Plan, usize) {
    let catalog = Catalog {
        convention: Convention::Plain,
        migrations: files,
        findings: vec![],
        not_run: vec![],
        callbacks: vec![],
    };
    let ledger = Ledger { exists: true, rows };
    let plan = plan(&catalog, &ledger, &Options::default());
    // Readiness takes the same way.
    let _ = readiness(&catalog, &ledger, &Options::default());
    (plan, catalog.migrations.len() + ledger.rows.len())
}

fn count(plan: &Plan, reason: Reason) -> usize {
    plan.decisions.iter().filter(|decision| decision.code == reason).count()
}

#[test]
fn a_million_rows_and_a_hundred_thousand_files() {
    let files = (0..100_000).map(|number| file(number * 10, "x", &sql(number))).collect();
    // Most rows have no file; every tenth version is there, and every hundredth is not yet.
    let content = |n: usize| if n.is_multiple_of(10) { sql(n / 10) } else { sql(n + 1_000_000) };
    let rows =
        (0..1_000_000_usize).rev().filter(|n| !n.is_multiple_of(100)).map(|n| row(n, "x", &content(n))).collect();
    let (plan, _) = decide(files, rows);
    assert_eq!(count(&plan, Reason::Applied), 90_000);
    assert_eq!(count(&plan, Reason::Pending), 10_000);
    println!("{} bytes a decision", size_of::<counterfoil::plan::Decision>());
    assert_eq!(plan.decisions.len(), 100_000 + 900_000);
}

#[test]
fn every_file_renumbered_by_one() {
    let n = 100_000;
    let files = (0..n).map(|number| file(number + 1, &format!("n{number}"), &sql(number))).collect();
    let rows = (0..n).map(|number| row(number, &format!("n{number}"), &sql(number))).collect();
    let (plan, _) = decide(files, rows);
    assert_eq!(count(&plan, Reason::Renumbered), n);
    // The last one first.
    assert_eq!(plan.work[0], Work::Rekey { from: format!("{:06}", n - 1), migration: n - 1 });
}

#[test]
fn the_same_content_everywhere() {
    let n = 100_000;
    let files = (0..n).map(|number| file(number + n, "x", "select 1")).collect();
    let rows = (0..n).map(|number| row(number, "x", "select 1")).collect();
    let (plan, _) = decide(files, rows);
    assert_eq!(count(&plan, Reason::Renumbered), n);
    let files = (0..n).map(|number| file(number + n, "x", "select 1")).collect();
    let rows = (0..n).map(|number| row(number, "y", "select 1")).collect();
    assert_eq!(count(&decide(files, rows).0, Reason::Missing), n);
}

#[test]
fn one_version_everywhere() {
    let n = 100_000;
    let files = (0..n).map(|number| file(1, &format!("n{number}"), &sql(number))).collect();
    let rows = (0..n).map(|number| row(1, &format!("n{number}"), &sql(number))).collect();
    let (plan, all) = decide(files, rows);
    assert_eq!(count(&plan, Reason::Duplicate), n);
    assert_eq!(plan.decisions.len(), all - 1);
    // And not one of them in the ledger.
    let files = (0..n).map(|number| file(1, &format!("n{number}"), &sql(number))).collect();
    assert_eq!(count(&decide(files, vec![]).0, Reason::Duplicate), n);
}

#[test]
fn a_baseline_of_a_hundred_thousand_and_a_chain_of_thousands() {
    let n = 100_000;
    let replaced =
        |number: usize| Replaced { version: version(&format!("{number:06}")), checksum: checksum(&sql(number)) };
    let mut base = file(n, "base", "select 'base'");
    base.replaces = (0..n).map(replaced).collect();
    let rows = (0..n).map(|number| row(number, "x", &sql(number))).collect();
    let (plan, _) = decide(vec![base], rows);
    assert_eq!((count(&plan, Reason::Baseline), count(&plan, Reason::Replaced)), (1, n));
    // Each baseline replaces the one before it.
    let chain = (0..20_000).map(|number| {
        let mut base = file(number, "x", &sql(number));
        base.replaces = number.checked_sub(1).map(replaced).into_iter().collect();
        base
    });
    let (plan, _) = decide(chain.collect(), vec![row(0, "x", &sql(0))]);
    assert_eq!((count(&plan, Reason::Baseline), count(&plan, Reason::Replaced)), (20_000 - 1, 1));
    assert_eq!(plan.work.len(), 20_000 - 1);
}

#[test]
fn versions_as_long_as_a_file() {
    let long: String = "9".repeat(1_000_000);
    let rows = (0..20).map(|number| Row { version: format!("{long}{number}"), ..Row::default() }).collect();
    let (plan, _) = decide(vec![file(1, "a", "select 1")], rows);
    assert_eq!(count(&plan, Reason::Ahead), 20);
}
