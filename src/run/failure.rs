//! Turns what the database said into what a person needs to know. What else writes to the ledger tells its failures by the
//! same rules.

use super::message::Owner;
use super::request::Direction;
use super::state::Refusal;
use super::{Failure, Report, Setup};
use crate::error::{Code, Error, Location};
use crate::ledger::refusals;
use crate::ledger::statements::{self, Fault};
use crate::mention::Mention;
use crate::migration::{Convention, Migration, Section};

/// What a failure asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A unique violation: the claim, or the migration's own. The ledger knows.
    Unique,
    /// Somebody is in the way: try again later.
    Busy,
    /// Somebody or a limit of time has stopped it: while it waited for others, or at work.
    Cancelled,
    /// The ledger's table or a column of it is not there.
    NoLedger,
    /// Somebody else created the same thing at the same moment.
    Race,
    /// A text is no number: how statements of ours say that something has changed.
    Changed,
    /// The connection broke.
    Lost,
    /// Anything else.
    Other,
}

/// SQLSTATEs that mean more than "failed". Source: PostgreSQL manual, appendix A.
const KINDS: &[(&str, Kind)] = &[
    ("23505", Kind::Unique),    // unique_violation
    ("55P03", Kind::Busy),      // lock_not_available
    ("40P01", Kind::Busy),      // deadlock_detected
    ("40001", Kind::Busy),      // serialization_failure
    ("53300", Kind::Busy),      // too_many_connections
    ("57014", Kind::Cancelled), // query_canceled: by its statement_timeout too
    ("42P01", Kind::NoLedger),  // undefined_table
    ("42703", Kind::NoLedger),  // undefined_column
    ("3F000", Kind::NoLedger),  // invalid_schema_name
    ("42P06", Kind::Race),      // duplicate_schema
    ("42P07", Kind::Race),      // duplicate_table
    ("42710", Kind::Race),      // duplicate_object: the row type of a table that somebody has just made
    ("42701", Kind::Race),      // duplicate_column
    ("42704", Kind::Race),      // undefined_object: a role that somebody has just dropped
    ("22P02", Kind::Changed),   // invalid_text_representation
    ("XX000", Kind::Race),      // "tuple concurrently updated"
];

impl Failure {
    /// What it asks for.
    pub fn kind(&self) -> Kind {
        if self.lost {
            return Kind::Lost;
        }
        KINDS.iter().find(|(state, _)| *state == self.sqlstate).map_or(Kind::Other, |(_, kind)| *kind)
    }

    /// What one of the run's own statements has found, if it made itself fail.
    pub fn fault(&self) -> Option<Fault> {
        statements::fault(&self.sqlstate, &self.message)
    }

    /// The same with every text as it may be told.
    pub(super) fn told(mut self, told: &dyn Fn(&str) -> String) -> Self {
        self.message = told(&self.message);
        for text in [&mut self.detail, &mut self.hint, &mut self.context] {
            *text = text.as_deref().map(told);
        }
        self
    }

    /// The message with its SQLSTATE, and the detail.
    pub(super) fn said(&self) -> String {
        let mut out = self.message.clone();
        if !self.sqlstate.is_empty() {
            out.push_str(" (");
            out.push_str(&self.sqlstate);
            out.push(')');
        }
        if let Some(detail) = self.detail.as_deref().filter(|detail| !detail.is_empty()) {
            out.push_str("; ");
            out.push_str(detail);
        }
        out
    }

    fn with_hint(&self, help: &str) -> String {
        match self.hint.as_deref().filter(|hint| !hint.is_empty()) {
            Some(hint) => format!("{}; {help}", hint.trim_end_matches('.')),
            None => help.to_owned(),
        }
    }
}

impl Refusal {
    /// Whether somebody is in the way. A claim that waits may be stopped by a role's `statement_timeout`.
    pub(super) fn is_busy(&self) -> bool {
        let kind = self.failure.kind();
        kind == Kind::Busy || kind == Kind::Cancelled && self.owner == Owner::Ledger
    }
}

/// What had been done before, in words.
fn before(report: &Report) -> String {
    match (report.applied.len(), report.reverted.len()) {
        (0, 0) => "nothing had been applied before it".into(),
        (0, n) => format!("{n} taken back before it"),
        (n, _) => format!("{n} applied before it and kept"),
    }
}

/// A section failed, or what was done to the ledger with it. `kept`: see [`statement`].
pub(super) fn section(
    setup: &Setup,
    refusal: &Refusal,
    kept: Option<(u32, u32, bool)>,
    first: bool,
    report: &Report,
) -> Error {
    let migration = setup.migration(refusal.migration, refusal.direction);
    match (refusal.failure.fault(), migration) {
        (Some(Fault::RowGone), Some(migration)) => {
            let steps = match kept {
                None => "nothing of it was kept".to_owned(),
                Some((done, total, _)) => format!("steps kept: {done} of {total}"),
            };
            let help = format!("{LEAVE_THE_ROW}; {steps}, {}", before(report));
            let section = setup.section(refusal.migration, refusal.direction);
            row_gone(setup, migration, section).with_help(help).with_option(Mention::named("table"))
        }
        // A callback has no row: what it says of one, it says itself.
        (None, _) | (_, None) if refusal.owner != Owner::Ledger => statement(setup, refusal, kept, first, report),
        _ => database(setup, &refusal.failure, "the ledger could not be written"),
    }
}

/// What to do about a migration after which its own row is gone.
pub(super) const LEAVE_THE_ROW: &str =
    "leave out what deletes the row, or keep the ledger elsewhere with the option `table`";

/// The row of a migration that is under way is not in the ledger any more.
pub(super) fn row_gone(setup: &Setup, migration: &Migration, section: &Section) -> Error {
    let message = format!(
        "after the migration its row, version {}, is gone from the ledger {}: it has deleted it itself, or a trigger has",
        migration.version.as_str(),
        setup.options.table.qualified()
    );
    Error::new(Code::LedgerTouched, message).with_location(start(section))
}

/// Where a section begins.
fn start(section: &Section) -> Location {
    Location { path: section.path.clone(), line: section.line, column: 1 }
}

/// SQLSTATEs of what is there already. Source: PostgreSQL manual, appendix A.
const THERE: &[&str] = &[
    "42P07", // duplicate_table: and every other relation
    "42710", // duplicate_object
    "42701", // duplicate_column
];

/// SQLSTATEs with which something refuses to run in a transaction: `invalid_transaction_termination` (a COMMIT in a procedure) and
/// `active_sql_transaction`. Source: PostgreSQL manual, appendix A; `PreventInTransactionBlock` in its access/transam/xact.c.
const OUTSIDE: &[&str] = &["2D000", "25001"];

/// Whether what failed refuses to run in a transaction. Nothing of it is kept.
pub(super) fn refuses_transaction(failure: &Failure) -> bool {
    !failure.lost && OUTSIDE.contains(&&*failure.sqlstate)
}

/// What says in a set of each convention that a file does not run in a transaction.
const MARKERS: &[(Convention, &str)] = &[
    (Convention::Dbmate, "transaction:false behind `-- migrate:up` or `-- migrate:down`"),
    (Convention::Goose, "the line `-- +goose NO TRANSACTION` into it"),
    (Convention::SqlMigrate, "notransaction behind `-- +migrate Up` or `-- +migrate Down`"),
    (Convention::Sqlx, "the line `-- no-transaction` at its very beginning"),
    (Convention::GraphileMigrate, "the line `--! no-transaction` below its head"),
    (Convention::Flyway, "executeInTransaction=false into a file of its name with `.conf` behind it"),
    (Convention::Diesel, "run_in_transaction = false into its metadata.toml"),
    (Convention::Plain, "the line `-- counterfoil: no-transaction` before its first statement"),
    (Convention::GolangMigrate, "the line `-- counterfoil: no-transaction` before its first statement"),
];

/// A section's statement failed. `kept`: of a section that runs step by step, how many steps are
/// done, of how many, and whether a part of the next may be. `first`: it is the first migration that this database's ledger was to have.
pub(super) fn statement(
    setup: &Setup,
    refusal: &Refusal,
    kept: Option<(u32, u32, bool)>,
    first: bool,
    report: &Report,
) -> Error {
    let Refusal { failure, place, .. } = refusal;
    let section = setup.section(refusal.migration, refusal.direction);
    let mut stamps = Vec::new();
    let migration = setup.migration(refusal.migration, refusal.direction);
    let version = migration.map_or("", |migration| migration.version.as_str());
    let mut stamp = |mark: &str| {
        let mention = Mention::stamp(mark, &[version]);
        let text = mention.text.clone();
        stamps.push(mention);
        text
    };
    let marker = MARKERS.iter().find(|(convention, _)| *convention == setup.catalog.convention);
    let marker = marker.filter(|_| kept.is_none() && refuses_transaction(failure));
    let help = match kept {
        _ if marker.is_some() => format!(
            "it cannot run in a transaction: write {}, and run again; nothing of it was kept, {}",
            marker.map_or("", |(_, marker)| marker),
            before(report)
        ),
        _ if first && !version.is_empty() && THERE.contains(&&*failure.sqlstate) => {
            let (help, mention) = there(setup, version);
            stamps.push(mention);
            help
        }
        // Somebody may have run it by hand.
        None if THERE.contains(&&*failure.sqlstate) && refusal.direction == Direction::Up => {
            let (path, before) = (&section.path, before(report));
            format!(
                "fix {path} and run again; or, if all of it has run by other means, {}; nothing of it was kept, {before}",
                stamp("")
            )
        }
        _ if refusal.direction == Direction::Callback => format!(
            "fix {} and run again: the callbacks of a run are run again from the first that comes after its migrations, {}",
            section.path,
            before(report)
        ),
        None if failure.sqlstate == "42501" => format!(
            "grant this role what it lacks, or run as one that has it; nothing of it was kept, {}",
            before(report)
        ),
        None => format!("fix {} and run again; nothing of it was kept, {}", section.path, before(report)),
        // The row may write its version otherwise: stamp finds it.
        Some((done, total, true)) => format!(
            "a part of step {} of {total} may be kept: look at the database; if all of it is there, {}; if not, {}, and run \
             again, which begins that step anew (steps kept: {done}), {}",
            done + 1,
            stamp(":step-done"),
            stamp(":step-not-done"),
            before(report)
        ),
        Some((done, total, false)) => format!(
            "fix the cause and run again: it goes on at step {} of {total} (steps kept: {done}), {}",
            done + 1,
            before(report)
        ),
    };
    let mut said = failure.said();
    if refusal.owner == Owner::Commit {
        said.insert_str(0, "at the commit: ");
    } else if place.is_none() && !setup.capabilities.script {
        said.insert_str(0, "one of its statements failed: ");
    }
    let error = Error::new(Code::StatementFailed, said).with_help(failure.with_hint(&help));
    let error = error.with_options(stamps);
    match place.clone() {
        Some((at, statement)) => error.with_location(at).with_statement(statement),
        None => error.with_location(start(section)),
    }
}

/// What to do where the first migration runs into what is there.
fn there(setup: &Setup, version: &str) -> (String, Mention) {
    let (each, stamp) = refusals::look_at_each(&[version], &setup.catalog);
    let table = setup.options.table.qualified();
    let help =
        format!("the database seems to have it already, though no migration is recorded in {table}; if so, {each}");
    (help, stamp)
}

/// Reading or writing the ledger failed.
pub fn database(setup: &Setup, failure: &Failure, doing: &str) -> Error {
    let table = setup.options.table.qualified();
    if failure.fault() == Some(Fault::NotWritten) {
        let message = format!("the ledger {table} does not keep what is written to it");
        let help = format!(
            "a trigger, a rule or row security on it drops or changes what is written: look at it with \\d {table} in psql, and take \
             that away or run as a role that it spares; it is safe to run again"
        );
        return Error::new(Code::DatabaseFailed, message).with_help(help);
    }
    let help = match failure.sqlstate.as_str() {
        "42501" => format!(
            "grant this role the right to do it, or name another ledger with the option `table`; the ledger is {table}"
        ),
        "0A000" => format!(
            "if there is a rule on the ledger, it keeps rows from being written: look at it with \\d {table} in psql, and drop it"
        ),
        "25006" => "this session is read-only: connect to the primary, or use plan or ready".to_owned(),
        _ => format!("the ledger is {table}; it is safe to run again"),
    };
    let error =
        Error::new(Code::DatabaseFailed, format!("{doing}: {}", failure.said())).with_help(failure.with_hint(&help));
    if failure.sqlstate == "42501" { error.with_option(Mention::named("table")) } else { error }
}

/// The connection broke again and again.
pub fn lost(failure: &Failure) -> Error {
    Error::new(Code::ConnectionLost, format!("the connection was lost: {}", failure.said()))
        .with_help("run again: the ledger knows what was done")
}

/// The caller has a transaction open. `failed`: nothing can be done in it any more.
pub fn open_transaction(failed: bool) -> Error {
    let (state, end) = if failed { (", which has failed", "roll it back") } else { ("", "commit it or roll it back") };
    Error::new(Code::OpenTransaction, format!("this connection is in a transaction of the caller's{state}")).with_help(format!("{end} first, or hand in another connection: every migration has a transaction of its own; nothing was written"))
}

/// The database object has stopped working.
pub fn unusable(failure: &Failure) -> Error {
    Error::new(Code::ConnectionLost, failure.message.clone()).with_help(
        "this instance cannot be used any more: open the database again, and run again: the ledger knows what was done",
    )
}

/// No request has ever come through.
pub fn unreached(failure: &Failure) -> Error {
    Error::new(Code::ConnectionLost, format!("the database could not be reached: {}", failure.said()))
        .with_help("see that the database is up and that address, user and password are right; nothing was done")
}

/// Waiting has gone on for too long.
pub fn waited(setup: &Setup, what: &str) -> Error {
    Error::new(Code::WaitTimeout, format!("waited {} ms {what}", setup.options.wait_timeout))
        .with_help("see in pg_stat_activity who holds the lock, or allow more time with the option `waitTimeout`")
        .with_option(Mention::named("waitTimeout"))
}
