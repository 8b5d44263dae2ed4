//! Native measurements of the core: splitting, reading, planning. `npm run bench` calls this with
//! a job on standard input and sets the numbers beside those of WebAssembly; `cargo bench` alone
//! prints time against size.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

use counterfoil::ledger::{Ledger, Row};
use counterfoil::plan::{Options, plan};
use counterfoil::{Catalog, convention, sql};
use serde::Deserialize;
use std::hint::black_box;
use std::io::Read;
use std::time::Instant;

/// What `npm run bench` wants measured.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Job {
    /// Texts to split.
    texts: Vec<String>,
    /// Files to read and plan against a ledger that has all of them.
    files: Vec<(String, String)>,
    /// How often.
    runs: usize,
}

fn main() {
    let mut input = String::new();
    if std::env::args().any(|argument| argument == "--job") {
        std::io::stdin().read_to_string(&mut input).expect("standard input is UTF-8");
        let job: Job = serde_json::from_str(&input).expect("a job");
        println!("{}", job_times(&job));
    } else {
        linearity();
    }
}

/// Milliseconds of processor time of every run, as JSON.
fn job_times(job: &Job) -> String {
    let split = times(job.runs, || job.texts.iter().map(|text| statements(text)).sum::<usize>());
    let read = times(job.runs, || convention::read(&job.files, None).expect("a set").migrations.len());
    let catalog = convention::read(&job.files, None).expect("a set");
    let ledger = all_applied(&catalog);
    let plan = times(job.runs, || plan(&catalog, &ledger, &Options::default()).decisions.len());
    serde_json::json!({ "split": split, "read": read, "plan": plan }).to_string()
}

fn times(runs: usize, mut work: impl FnMut() -> usize) -> Vec<f64> {
    (0..runs).map(|_| processor(&mut work, 1)).collect()
}

fn statements(text: &str) -> usize {
    sql::analyze(text, &[]).map_or(0, |analysis| analysis.statements.len())
}

fn all_applied(catalog: &Catalog) -> Ledger {
    let rows = catalog.migrations.iter().map(|migration| Row {
        version: migration.version.to_string(),
        name: Some(migration.name.clone()),
        checksum: Some(migration.checksum.clone()),
        ..Row::default()
    });
    Ledger { exists: true, rows: rows.collect() }
}

/// Processor time against size at three sizes. The last column says how much slower a unit is at
/// the largest size than at the smallest: 1 where time grows as size does, 100 where it grows as
/// its square does. What no longer fits the caches is a few times slower.
fn linearity() {
    println!("{:<44}{:>12}{:>12}{:>12}   per unit, largest to smallest", "", "x 1", "x 10", "x 100");
    let nested = |n: usize| format!("select 1 {}{};", "/*".repeat(n), "*/".repeat(n));
    let open = |n: usize| "/*".repeat(n);
    texts("nested comments, 10 kB to 1 MB", 2_500, &nested);
    texts("comments that are never closed", 5_000, &open);
    texts("semicolons", 10_000, &|n| ";".repeat(n));
    texts("statements", 1_000, &|n| "select a, b from c;\n".repeat(n));
    texts("dollar quotes", 1_000, &|n| "select $x$ $y$ ; $x$;".repeat(n));
    texts("dollar tags that are never closed", 1_000, &|n| (0..n).map(|i| format!("$t{i}$ ")).collect());
    texts("one literal, 100 kB to 10 MB", 100_000, &|n| format!("select '{}';", "x''".repeat(n / 3)));
    texts("open parentheses", 10_000, &|n| "(".repeat(n));
    texts("statements of one transaction block", 1_000, &|n| format!("begin;{}commit;", "select 1;".repeat(n)));
    table("reading 1,000 to 100,000 files", 1_000, &mut |n| {
        let files = files(n);
        best(|| convention::read(&files, None).map_or(0, |catalog| catalog.migrations.len()))
    });
    table("planning 1,000 to 100,000 files, none applied", 1_000, &mut |n| {
        let catalog = convention::read(&files(n), None).expect("a set");
        best(|| plan(&catalog, &Ledger::default(), &Options::default()).decisions.len())
    });
    table("planning 10,000 to 1,000,000 rows, no files", 10_000, &mut |n| {
        let catalog = convention::read(&files(1), None).expect("a set");
        let rows = (0..n).map(|i| Row { version: (1_000_000_000 + i).to_string(), ..Row::default() }).collect();
        let ledger = Ledger { exists: true, rows };
        best(|| plan(&catalog, &ledger, &Options::default()).decisions.len())
    });
    table("planning 1,000 to 100,000 files, all applied", 1_000, &mut |n| {
        let catalog = convention::read(&files(n), None).expect("a set");
        let ledger = all_applied(&catalog);
        best(|| plan(&catalog, &ledger, &Options::default()).decisions.len())
    });
}

fn files(n: usize) -> Vec<(String, String)> {
    let text = |i: usize| format!("-- migrate:up\ncreate table t{i} (id bigint primary key, name text not null);\n");
    (0..n).map(|i| (format!("{}_t{i}.sql", 20_260_000_000_000 + i), text(i))).collect()
}

fn texts(name: &str, smallest: usize, text: &dyn Fn(usize) -> String) {
    table(name, smallest, &mut |n| {
        let text = text(n);
        best(|| statements(&text))
    });
}

/// Milliseconds of one run: the best of three. What is quick is run often enough to be measured.
fn best(mut work: impl FnMut() -> usize) -> f64 {
    let once = processor(&mut work, 1);
    let often = (20.0 / once.max(0.01)).ceil().max(1.0) as u32;
    (0..3).map(|_| processor(&mut work, often)).fold(f64::INFINITY, f64::min)
}

/// The processor time of a run, so that a busy machine does not matter; by the clock where the
/// system does not tell.
fn processor(work: &mut impl FnMut() -> usize, often: u32) -> f64 {
    let nanoseconds = || -> Option<f64> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse().ok()
    };
    let (start, clock) = (nanoseconds(), Instant::now());
    for _ in 0..often {
        black_box(work());
    }
    let passed = match (start, nanoseconds()) {
        (Some(start), Some(end)) => (end - start) / 1e6,
        _ => clock.elapsed().as_secs_f64() * 1000.0,
    };
    passed / f64::from(often)
}

fn table(name: &str, smallest: usize, time: &mut dyn FnMut(usize) -> f64) {
    let times = [1, 10, 100].map(|factor| time(smallest * factor));
    let cells: String = times.iter().map(|time| format!("{time:>9.2} ms")).collect();
    println!("{name:<44}{cells}   {:.1}", times[2] / times[0] / 100.0);
}
