//! What is decided, and in which words. Each test is one situation and everything that is said
//! about it.

mod apply;
mod baselines;
mod checkpoints;
mod drift;
mod foreign_markers;
mod imported;
mod not_run;
mod pairs;
mod running;
mod sql;
mod to;
mod whole;

use super::*;
use crate::checksum::{checksum, fingerprint};
use crate::convention::Convention;
use crate::ledger::{Lease, Row, State};
use crate::migration::{Migration, Replaced, Section, Transaction};
use crate::version::Version;

/// `db/003_add.sql` under plain digits; under Flyway `db/17.1_add.sql`, under names `db/0077_a.sql`.
fn file_in(convention: Convention, path: &str, sql: &str) -> Migration {
    let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".sql");
    let (digits, name) = stem.split_once('_').unwrap_or((stem, ""));
    let (version, name) = match convention {
        Convention::Drizzle | Convention::Diesel => (stem, stem),
        _ if digits == "R" => (stem, name),
        _ => (digits, name),
    };
    Migration {
        version: Version::new(version, convention.identity()),
        name: name.into(),
        path: path.into(),
        up: Section {
            path: path.into(),
            text: sql.into(),
            line: 1,
            pieces: Vec::new(),
            transaction: Transaction::Auto,
            breaks: vec![],
            refused: None,
            fills: Vec::new(),
        },
        down: None,
        checksum: checksum(sql),
        repeatable: digits == "R",
        replaces: vec![],
    }
}

fn file(path: &str, sql: &str) -> Migration {
    file_in(Convention::Plain, path, sql)
}

/// A baseline of the given files.
fn baseline(path: &str, sql: &str, of: &[(&str, &str)]) -> Migration {
    let replaces = of.iter().map(|(version, sql)| Replaced {
        version: Version::new(*version, Convention::Plain.identity()),
        checksum: checksum(sql),
    });
    Migration { replaces: replaces.collect(), ..file(path, sql) }
}

/// The row that Counterfoil writes when it applies a file.
fn row(version: &str, name: &str, sql: &str) -> Row {
    Row {
        version: version.into(),
        name: Some(name.into()),
        checksum: Some(checksum(sql)),
        fingerprint: Some(fingerprint(sql)),
        ..Row::default()
    }
}

/// The row that dbmate writes.
fn bare(version: &str) -> Row {
    Row { version: version.into(), ..Row::default() }
}

/// A row of a statement-wise migration that has not come to its end.
fn running(version: &str, name: &str, sql: &str, done: u32, total: u32, lease: Lease) -> Row {
    Row {
        state: State::Running,
        steps_done: Some(done),
        steps_total: Some(total),
        claimed_until: (lease != Lease::None).then(|| "2026-01-01 00:00:00+00".into()),
        lease,
        ..row(version, name, sql)
    }
}

struct World {
    catalog: Catalog,
    ledger: Ledger,
    options: Options,
}

fn world(files: &[Migration], rows: &[Row]) -> World {
    World {
        catalog: Catalog {
            convention: Convention::Plain,
            migrations: files.to_vec(),
            findings: vec![],
            not_run: vec![],
            callbacks: vec![],
        },
        ledger: Ledger { exists: true, rows: rows.to_vec() },
        options: Options::default(),
    }
}

impl World {
    fn in_convention(mut self, convention: Convention) -> Self {
        self.catalog.convention = convention;
        self
    }

    fn to(mut self, version: &str) -> Self {
        self.options.to = Some(version.into());
        self
    }

    fn policy(mut self, key: &str, severity: Severity) -> Self {
        self.options.policy.insert(key.into(), severity);
        self.options.validate().unwrap();
        self
    }

    fn plan(&self) -> Plan {
        plan(&self.catalog, &self.ledger, &self.options)
    }

    /// Every decision as `action code version`, and ` row=…` if the row is written otherwise.
    #[track_caller]
    fn decides(&self, expected: &[&str]) -> &Self {
        let plan = self.plan();
        let text = |decision: &Decision| {
            let action = match decision.action {
                Action::Skip => "skip",
                Action::Apply => "apply",
                Action::Adopt => "adopt",
                Action::Drift => "drift",
            };
            let mut text = format!("{action} {} {}", decision.code.as_str(), decision.version);
            if let Some(row) = decision.row.as_ref().filter(|row| **row != decision.version) {
                text += &format!(" row={row}");
            }
            text
        };
        assert_eq!(plan.decisions.iter().map(text).collect::<Vec<_>>(), expected);
        self
    }

    /// Severity, message and help of one decision.
    #[track_caller]
    fn says(&self, index: usize, severity: Option<Severity>, message: &str, help: &str) -> &Self {
        let plan = self.plan();
        let decision = &plan.decisions[index];
        assert_eq!((decision.severity, &*decision.message, &*decision.help), (severity, message, help));
        self
    }

    /// The work, as `rekey 1->2`, `stamp 1->1`, `supersede 1 by 5`, `apply 3`, `adopt 5: 1 2`.
    #[track_caller]
    fn works(&self, expected: &[&str]) -> &Self {
        let version = |migration: &usize| self.catalog.migrations[*migration].version.as_str();
        let text = |work: &Work| match work {
            Work::Wait { row } => format!("wait {row}"),
            Work::Rekey { from, migration } => format!("rekey {from}->{}", version(migration)),
            Work::Stamp { row, migration } => format!("stamp {row}->{}", version(migration)),
            Work::Supersede { migration, rows } => format!("supersede {} by {}", rows.join(" "), version(migration)),
            Work::Apply { migration, again: Some((row, _)), .. } => format!("again {} {row}", version(migration)),
            Work::Apply { migration, resume: Some(Resume { version: row, done, .. }), .. } => {
                format!("resume {} {row} at {done}", version(migration))
            }
            Work::Apply { migration, .. } => format!("apply {}", version(migration)),
            Work::Adopt { migration, rows } => format!("adopt {}: {}", version(migration), rows.join(" ")),
        };
        assert_eq!(self.plan().work.iter().map(text).collect::<Vec<_>>(), expected);
        self
    }

    #[track_caller]
    fn refuses(&self, message: &str) -> &Self {
        let error = self.plan().refusal().expect("the plan is refused");
        assert_eq!((error.code(), error.message()), (Code::PlanRefused, message));
        self.works(&[])
    }

    #[track_caller]
    fn goes(&self) -> &Self {
        assert_eq!(self.plan().refusal(), None);
        self
    }

    /// The codes of the findings, with their places.
    #[track_caller]
    fn finds(&self, expected: &[(&str, &str, &str, &str)]) -> &Self {
        let plan = self.plan();
        let found: Vec<_> = plan
            .findings
            .iter()
            .map(|finding| {
                let at = finding.at.as_ref().map(ToString::to_string).unwrap_or_default();
                (&*finding.code, at, &*finding.message, &*finding.help)
            })
            .collect();
        let found: Vec<_> = found.iter().map(|(code, at, message, help)| (*code, &**at, *message, *help)).collect();
        assert_eq!(found, expected);
        self
    }
}

const ERROR: Option<Severity> = Some(Severity::Error);
const WARNING: Option<Severity> = Some(Severity::Warning);
const NOTE: Option<Severity> = Some(Severity::Note);

const A: &str = "create table a ();";
const B: &str = "create table b ();";
const C: &str = "create table c ();";
/// Three steps: an index, something that nobody can look up afterwards, a transactional one.
const STEPS: &str = "create index concurrently i on t (a);\ndrop subscription s;\ninsert into t values (1);";
const OLD: &[(&str, &str)] = &[("001", A), ("002", B)];

fn squashed() -> Migration {
    baseline("db/000_base.sql", "create table ab ();", OLD)
}
