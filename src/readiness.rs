//! Readiness: is the database at the version that this release expects?
//!
//! A release answers its health check by it. It reads what a plan reads, writes nothing, and takes
//! a ledger that does not exist for one without rows.

use crate::ledger::tools::Tool;
use crate::ledger::{Ledger, Row, State};
use crate::migration::Catalog;
use crate::ordered::Lookup;
use crate::plan::{Action, Decision, Finding, Options, Reason, Severity, decisions, not_run, pairs};
use crate::version::{Identity, Version};
use serde::Serialize;

/// How the database stands to this release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[non_exhaustive]
pub enum Status {
    /// All migrations of this release are there. 200.
    Ready,
    /// A migration of this release is not there. 503.
    Behind,
    /// All migrations of this release are there, and some of a newer one. 200: while a newer
    /// release is rolled out, or rolled back, the older one keeps serving.
    Ahead,
    /// Files and ledger disagree in a way that refuses the plan. 503.
    Drifted,
    /// Somebody is running a migration, and one of this release is not there yet. 503.
    InProgress,
}

/// The answer to a health check.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[non_exhaustive]
pub struct Readiness {
    /// How the database stands to this release.
    pub status: Status,
    /// 200 or 503.
    pub http_status: u16,
    /// One line for logs: `ready: db=… expected=…`, or `drift: db=… expected=…` and why.
    pub message: String,
    /// The newest version that is applied; none if nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// The newest version of this release; none if it has no migrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What a person should know of the ledger and its rows. None where the digest of the ledger was the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub findings: Vec<Finding>,
}

/// Judges readiness.
///
/// What is merely bookkeeping does not count: a baseline that is to be adopted, and rows that are
/// to be stamped or re-keyed, leave the database ready. Rows without a file, running or not, are
/// another release's business: `ahead`. Of several things that are wrong the status is the first
/// in the order drifted, in-progress, behind, ahead.
///
/// ```
/// use counterfoil::{ledger::Ledger, migration::Catalog, plan::Options, readiness::readiness};
/// let catalog = Catalog {
///     convention: counterfoil::convention::Convention::Plain,
///     migrations: vec![],
///     findings: vec![],
///     not_run: vec![],
///     callbacks: vec![],
/// };
/// let answer = readiness(&catalog, &Ledger::default(), &Options::default());
/// assert_eq!(answer.message, "ready: db=none expected=none");
/// ```
pub fn readiness(catalog: &Catalog, ledger: &Ledger, options: &Options) -> Readiness {
    judge(catalog, ledger, false, None, options)
}

/// The same, where it is known whether another session is writing to the ledger (`busy`): a
/// database that is behind is being migrated then, in-progress. `foreign`: the tool that has
/// migrated the database. It is behind whatever the files are.
pub(crate) fn judge(
    catalog: &Catalog,
    ledger: &Ledger,
    busy: bool,
    foreign: Option<Tool>,
    options: &Options,
) -> Readiness {
    let decisions = decisions(catalog, ledger, options);
    let (ours, others) = decisions.split_at(catalog.migrations.len().min(decisions.len()));
    let is_error = |decision: &&Decision| decision.severity == Some(Severity::Error);
    let drifted = ours.iter().chain(others.iter().filter(|decision| !is_ahead(decision))).find(is_error);
    let running = ours.iter().find(|decision| decision.code == Reason::InProgress);
    let mut pending = ours.iter().filter(|decision| decision.action == Action::Apply);
    let (status, why) = if let Some(decision) = drifted {
        let code = if decision.gap { "gap" } else { decision.code.as_str() };
        (Status::Drifted, Some(named(code, &decision.version, 0)))
    } else if let Some(file) = not_run::error(catalog, ledger, &decisions, options) {
        (Status::Drifted, Some(named("not-run", file, 0)))
    } else if let Some(decision) = running {
        (Status::InProgress, Some(named("in-progress", &decision.version, 0)))
    } else if let Some(first) = pending.next() {
        let mut why = named("pending", &first.version, pending.count());
        if busy {
            why.push_str(" in-progress");
        }
        (if busy { Status::InProgress } else { Status::Behind }, Some(why))
    } else if ledger.rows.iter().any(Row::owes) {
        (Status::Behind, Some(named("pending", "callbacks", 0)))
    } else if foreign.is_some() {
        (Status::Behind, None)
    } else if others.iter().any(is_ahead) {
        (Status::Ahead, None)
    } else {
        (Status::Ready, None)
    };
    let is_ready = matches!(status, Status::Ready | Status::Ahead);
    let database = newest_applied(catalog, ledger, ours, others);
    let expected = newest_file(catalog);
    let word = match status {
        Status::Ready => "ready",
        Status::Ahead => "ahead",
        _ => "drift",
    };
    let mut message = String::from(word);
    for (key, value) in [(": db=", &database), (" expected=", &expected)] {
        message.push_str(key);
        message.push_str(value.as_deref().unwrap_or("none"));
    }
    if let Some(why) = why {
        message.push_str(&why);
    }
    if let Some(tool) = foreign {
        message.push_str(&named("foreign", tool.code().unwrap_or("unknown"), 0));
    }
    let mut findings = Vec::new();
    pairs::findings(catalog, &decisions, false, &mut findings);
    Readiness { status, http_status: if is_ready { 200 } else { 503 }, message, database, expected, findings }
}

/// ` pending=103` or, with more of the kind, ` pending=103,+2`.
fn named(key: &str, version: &str, more: usize) -> String {
    let mut text = String::from(" ");
    for part in [key, "=", version] {
        text.push_str(part);
    }
    if more > 0 {
        text.push_str(",+");
        text.push_str(&more.to_string());
    }
    text
}

/// Whether a row is a newer release's.
fn is_ahead(decision: &Decision) -> bool {
    decision.path.is_none() && matches!(decision.code, Reason::Ahead | Reason::InProgress)
}

/// The newest version of the files. Repeatable migrations have none.
pub(crate) fn newest_file(catalog: &Catalog) -> Option<String> {
    let versioned = catalog.migrations.iter().filter(|migration| !migration.repeatable);
    versioned.max_by(|a, b| a.version.cmp(&b.version)).map(|migration| migration.version.as_str().to_owned())
}

/// The newest version that is applied and that no baseline stands for; without such a row, the
/// newest that is applied.
fn newest_applied(catalog: &Catalog, ledger: &Ledger, ours: &[Decision], others: &[Decision]) -> Option<String> {
    let identity = catalog.convention.identity();
    let running =
        Lookup::of(ledger.rows.iter().filter(|row| row.state != State::Applied).map(|row| row.version.as_str()));
    let applied = ours.iter().chain(others).filter_map(|decision| {
        let row = decision.row.as_deref().filter(|row| !decision.repeatable && !running.contains(row))?;
        let version = Version::new(row, identity);
        let is_other = matches!(identity, Identity::Digits | Identity::Dotted) && version.is_name();
        (!is_other).then_some((decision.code != Reason::Replaced, version))
    });
    applied.max().map(|(_, version)| version.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convention::{self, Convention};
    use crate::ledger::{Lease, Row};

    const FILES: &[(&str, &str)] =
        &[("103_a.sql", "select 1"), ("106_b.sql", "select 2; drop subscription s; drop subscription s")];

    fn row(version: &str, sql: &str) -> Row {
        Row { version: version.into(), checksum: Some(crate::checksum::checksum(sql)), ..Row::default() }
    }

    fn both() -> Vec<Row> {
        vec![row("103", FILES[0].1), row("106", FILES[1].1)]
    }

    fn running(version: &str, sql: &str, lease: Lease) -> Row {
        Row { state: State::Running, steps_done: Some(1), steps_total: Some(3), lease, ..row(version, sql) }
    }

    #[track_caller]
    fn answers(files: &[(&str, &str)], rows: &[Row], status: Status, http: u16, message: &str) {
        let files: Vec<(String, String)> =
            files.iter().map(|(path, sql)| ((*path).to_owned(), (*sql).to_owned())).collect();
        let catalog = convention::read(&files, Some(Convention::Plain)).unwrap();
        let answer = readiness(&catalog, &Ledger { exists: true, rows: rows.to_vec() }, &Options::default());
        assert_eq!((answer.status, answer.http_status, &*answer.message), (status, http, message));
    }

    #[test]
    fn a_database_with_all_migrations_is_ready() {
        answers(FILES, &both(), Status::Ready, 200, "ready: db=106 expected=106");
        let bare = [Row { version: "103".into(), ..Row::default() }, Row { version: "106".into(), ..Row::default() }];
        answers(FILES, &bare, Status::Ready, 200, "ready: db=106 expected=106");
        // A row that only waits for its new number is there.
        let renumbered = [both()[0].clone(), row("105", FILES[1].1)];
        answers(FILES, &renumbered, Status::Ready, 200, "ready: db=105 expected=106");
    }

    #[test]
    fn a_pending_migration_is_behind_gaps_too() {
        answers(FILES, &[], Status::Behind, 503, "drift: db=none expected=106 pending=103,+1");
        answers(FILES, &both()[..1], Status::Behind, 503, "drift: db=103 expected=106 pending=106");
        answers(FILES, &both()[1..], Status::Behind, 503, "drift: db=106 expected=106 pending=103");
    }

    #[test]
    fn a_ledger_that_does_not_exist_is_behind() {
        let files = [("1_a.sql".to_owned(), "select 1".to_owned())];
        let catalog = convention::read(&files, None).unwrap();
        let answer = readiness(&catalog, &Ledger::default(), &Options::default());
        assert_eq!(answer.status, Status::Behind);
        assert_eq!((answer.database, answer.expected), (None, Some("1".into())));
    }

    #[test]
    fn an_older_release_keeps_serving_while_a_newer_one_migrates() {
        let and = |more: Row| [both(), vec![more]].concat();
        answers(FILES, &and(row("107", "select 3")), Status::Ahead, 200, "ahead: db=107 expected=106");
        for lease in [Lease::None, Lease::Alive, Lease::Over] {
            answers(FILES, &and(running("107", "vacuum", lease)), Status::Ahead, 200, "ahead: db=106 expected=106");
        }
    }

    #[test]
    fn what_refuses_the_plan_is_drift() {
        let edited = [both()[0].clone(), row("106", "select 9")];
        let lost = [both(), vec![running("105", "vacuum", Lease::Over)]].concat();
        answers(FILES, &lost, Status::Drifted, 503, "drift: db=106 expected=106 interrupted=105");
        answers(FILES, &edited, Status::Drifted, 503, "drift: db=106 expected=106 edited=106");
        let stopped = [both()[0].clone(), running("106", FILES[1].1, Lease::Over)];
        answers(FILES, &stopped, Status::Drifted, 503, "drift: db=103 expected=106 interrupted=106");
    }

    #[test]
    fn a_migration_that_is_being_run_is_in_progress() {
        let alive = [both()[0].clone(), running("106", FILES[1].1, Lease::Alive)];
        answers(FILES, &alive, Status::InProgress, 503, "drift: db=103 expected=106 in-progress=106");
    }

    #[test]
    fn a_database_that_is_behind_while_somebody_writes_to_its_ledger_is_in_progress() {
        let files: Vec<_> = FILES.iter().map(|(path, sql)| (path.to_string(), sql.to_string())).collect();
        let catalog = convention::read(&files, Some(Convention::Plain)).unwrap();
        let judged = |rows: Vec<Row>, busy| {
            let answer = judge(&catalog, &Ledger { exists: true, rows }, busy, None, &Options::default());
            (answer.status, answer.message)
        };
        let message = |text: &str| text.to_owned();
        let none = judged(vec![], true);
        assert_eq!(none, (Status::InProgress, message("drift: db=none expected=106 pending=103,+1 in-progress")));
        let one = judged(both()[..1].to_vec(), true);
        assert_eq!(one, (Status::InProgress, message("drift: db=103 expected=106 pending=106 in-progress")));
        // What a database that is ready is written to is no matter of this release.
        assert_eq!(judged(both(), true), (Status::Ready, message("ready: db=106 expected=106")));
    }

    #[test]
    fn a_database_that_another_tool_has_migrated_is_behind_and_says_so() {
        let files: Vec<_> = FILES.iter().map(|(path, sql)| (path.to_string(), sql.to_string())).collect();
        let judged = |files: &[(String, String)], tool| {
            let catalog = convention::read(files, Some(Convention::Plain)).unwrap();
            let answer = judge(&catalog, &Ledger::default(), false, Some(tool), &Options::default());
            (answer.status, answer.http_status, answer.message)
        };
        let behind = |message: &str| (Status::Behind, 503, message.to_owned());
        assert_eq!(judged(&files, Tool::Goose), behind("drift: db=none expected=106 pending=103,+1 foreign=goose"));
        assert_eq!(judged(&[], Tool::Unknown), behind("drift: db=none expected=none foreign=unknown"));
    }

    #[test]
    fn a_missing_file_is_no_reason_not_to_serve() {
        answers(
            FILES,
            &[both(), vec![row("104", "select 4")]].concat(),
            Status::Ready,
            200,
            "ready: db=106 expected=106",
        );
    }

    #[test]
    fn sql_that_cannot_run_is_merely_pending() {
        answers(&[("1_a.sql", "select 'open")], &[], Status::Behind, 503, "drift: db=none expected=1 pending=1");
    }

    #[test]
    fn a_baseline_that_is_to_be_adopted_leaves_the_database_ready() {
        let list = format!(
            "{{\"replaces\": [{{\"version\": \"103\", \"checksum\": \"{}\"}}]}}",
            crate::checksum::checksum(FILES[0].1)
        );
        let files = [("000_base.sql", "select 0"), (".counterfoil/000_base.json", &list)];
        answers(&files, &both()[..1], Status::Ready, 200, "ready: db=103 expected=000");
    }
}
