//! Files for several databases: `1_a.postgres.sql` beside `1_a.sqlite.sql`, or `postgres/` beside `mysql/`.
//!
//! A file is for a database if a part of its name between dots, or the innermost such folder, is one of these words. What is
//! for another one is left out only where there are files for PostgreSQL in the same place. That is a rule of this
//! package: programs that ship for several databases choose in code of their own.

use super::files::{File, Set};
use super::out::Out;
use crate::finding::Severity;
use crate::ordered;

/// What PostgreSQL is called.
const OURS: &[&str] = &["pg", "pgsql", "postgres", "postgresql"];

/// What others are called.
const OTHERS: &[&str] = &[
    "clickhouse",
    "cockroach",
    "cockroachdb",
    "duckdb",
    "h2",
    "hsqldb",
    "mariadb",
    "mssql",
    "mysql",
    "oracle",
    "spanner",
    "sqlite",
    "sqlite3",
    "sqlserver",
    "tidb",
];

/// Leaves out what is for another database: the first of those files, and how many there are.
pub(super) fn leave_out<'a>(set: &mut Set<'a>) -> Option<(File<'a>, usize)> {
    let mut homes: Vec<String> = Vec::new();
    for file in &set.files {
        if let Some((true, home)) = of(file)
            && homes.last().is_none_or(|last| last != home)
        {
            homes.push(home.to_owned());
        }
    }
    if homes.is_empty() {
        return None;
    }
    ordered::sort(&mut homes);
    let is_other = |file: &File<'_>| matches!(of(file), Some((false, home)) if homes.binary_search_by(|it| (**it).cmp(home)).is_ok());
    let (mut first, mut count) = (None, 0);
    for file in std::mem::take(&mut set.files) {
        if !is_other(&file) {
            set.files.push(file);
        } else {
            count += 1;
            first.get_or_insert(file);
        }
    }
    first.map(|file| (file, count))
}

/// Says what was left out.
pub(super) fn report((file, count): (File<'_>, usize), out: &mut Out) {
    let more = if count > 1 { format!(", and {} more like it", count - 1) } else { String::new() };
    out.report(
        "other-database",
        Severity::Note,
        &format!("{} is for another database, and is not read{more}", file.path),
        "nothing has to be done: what is for PostgreSQL is read",
        file.start(),
    );
}

/// Whether a file is for PostgreSQL or for another database, and the place that it shares with those for others.
fn of<'f>(file: &'f File<'_>) -> Option<(bool, &'f str)> {
    let which = |word: &str| {
        if OURS.contains(&word) { Some(true) } else { OTHERS.contains(&word).then_some(false) }
    };
    if let Some(ours) = file.name().split('.').skip(1).find_map(which) {
        return Some((ours, file.dir()));
    }
    let mut dir = file.dir().trim_end_matches('/');
    while !dir.is_empty() {
        let at = dir.rfind('/').map_or(0, |at| at + 1);
        if let Some(ours) = which(&dir[at..]) {
            return Some((ours, &file.dir()[..at]));
        }
        dir = dir[..at].trim_end_matches('/');
    }
    None
}
