//! Writes requests as SQL, and finds the place in a file that a database's position speaks of.

use super::prepared::Prepared;
use super::request::{Act, Direction, Request};
use super::{Failure, Setup, judged, session};
use crate::ledger::foreign;
use crate::ledger::schema;
use crate::ledger::statements::{self, Runner};
use crate::span::Span;
use crate::sql;
use crate::sql::quote::literal;
use crate::sql::steps::render;
use crate::sql::{Control, Statement, lex};
use serde::Serialize;
use std::borrow::Cow;
use std::ops::Range;

/// What the driver does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
#[non_exhaustive]
pub enum Message {
    /// Run one statement; its rows are wanted, every value as text or null.
    Query {
        /// The statement.
        sql: String,
    },
    /// Run one statement alone in its message: it has no rows, or cannot run in a transaction.
    Statement {
        /// The statement.
        sql: String,
    },
    /// Run a text of many statements in one message of the simple protocol: one transaction.
    Script {
        /// The text.
        sql: String,
        /// How many statements it has: the database confirms each.
        count: u32,
    },
    /// Run the statements as one transaction, of which the last always fails; its failure tells
    /// something of an earlier one's.
    Trial {
        /// The statements, in order.
        statements: Vec<String>,
    },
    /// Run the statements as one transaction.
    Batch {
        /// The statements, in order.
        statements: Vec<String>,
    },
}

/// Where a section's text lies in what is sent.
pub(super) struct Body<'s> {
    /// The section.
    pub(super) migration: usize,
    pub(super) direction: Direction,
    /// Index of its first statement among all that are sent.
    pub(super) first: usize,
    /// Its statements, as indices into those of the section.
    pub(super) statements: Range<usize>,
    /// The offset in the section at which the text that is sent begins.
    pub(super) offset: usize,
    /// What precedes it in a script, in code points.
    pub(super) before: usize,
    /// What is sent of it.
    pub(super) text: Cow<'s, str>,
}

/// One piece of an atomic request.
pub(super) enum Piece<'s> {
    /// It reads or writes the ledger.
    Ledger(String),
    /// It is about the session or the transaction.
    Own(String),
    /// A section's text, and how many statements that are.
    Body { count: usize, body: Body<'s> },
}

/// Whether a statement is not left out.
fn is_sent(statement: &Statement) -> bool {
    statement.control.is_none_or(|control| control.is_savepoint())
}

pub(super) fn pieces<'s>(setup: &'s Setup, prepared: Option<&'s Prepared>, acts: &[Act]) -> Vec<Piece<'s>> {
    let table = &setup.options.table;
    let catalog = &setup.catalog;
    let mut out = Vec::with_capacity(acts.len());
    // PostgreSQL takes the isolation level before a transaction's first query only, and the claim is
    // one. To set what is already set is no error, so the section keeps its own statement.
    out.extend(prepared.map_or_else(Vec::new, |p| isolation(setup, p, acts)).into_iter().map(Piece::Own));
    for act in acts {
        let sql = match act {
            Act::LockTimeout => format!("set local lock_timeout = {}", setup.options.lock_timeout),
            Act::Schema => "set local search_path = ".to_owned() + &schema::path(&setup.options.schema),
            Act::Capture => session::capture_locally(prepared.map_or(&[], |p| &p.settings)),
            Act::Replay { migration, direction, step } => {
                out.extend(replay(setup, prepared, *migration, *direction, *step, false).into_iter().map(Piece::Own));
                continue;
            }
            // What was remembered in the session is gone, and a session of the request's own began
            // with the defaults.
            Act::Restore if !setup.capabilities.interactive && prepared.is_some_and(Prepared::resets) => {
                out.extend(session::RESET.map(|sql| Piece::Own(sql.into())));
                continue;
            }
            Act::Restore => session::restore(prepared.and_then(|p| p.kept.as_deref())),
            Act::Forget { version, checksum } => statements::forget(table, version, checksum.as_deref()),
            Act::Claim { migration, adopted } => {
                let origin = if *adopted { "adopted" } else { "applied" };
                statements::claim(table, &catalog.migrations[*migration], origin, catalog.owes())
            }
            Act::Widen => statements::widen(table),
            Act::Advance { version, from, last, print, claim } => {
                statements::advance(table, &setup.runner(*claim), version, *from, *last, print.as_deref(), true)
            }
            Act::Recorded { version } => statements::recorded(table, version),
            Act::Hold { version, from, claim } => statements::hold(table, &setup.runner(*claim), version, *from),
            Act::Mend(sql) => sql.clone(),
            Act::Measure { migration } => statements::measure(table, &catalog.migrations[*migration]),
            Act::Supersede { baseline, rows } => statements::supersede(table, baseline, rows),
            Act::Stamp(rows) => {
                let rows: Vec<_> =
                    rows.iter().map(|(version, index)| (version.as_str(), &catalog.migrations[*index])).collect();
                statements::stamp(table, &rows)
            }
            Act::Rekey { from, migration } => statements::rekey(table, from, &catalog.migrations[*migration]),
            Act::Delete { version } => statements::delete(table, version),
            Act::Settle(rows) => statements::settle(table, rows),
            Act::Run { migration, direction, step } => {
                let Some(prepared) = prepared else { continue };
                let section = prepared.section(setup, *migration, *direction);
                let step = &prepared.steps.steps[*step];
                let sent = |span: Span| render(&section.text, span, &prepared.steps, &prepared.analysis);
                let all = &prepared.analysis.statements;
                let count = all[step.statements.clone()].iter().filter(|statement| is_sent(statement)).count();
                let body = Body {
                    migration: *migration,
                    direction: *direction,
                    first: 0,
                    statements: step.statements.clone(),
                    offset: step.span.start,
                    before: 0,
                    text: sent(step.span),
                };
                out.push(Piece::Body { count, body });
                // A pool hands the session on, and a temporary table hides others of its name.
                let temporary = |at: usize| {
                    section.text.as_bytes()[at..].get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"temp"))
                };
                if !setup.capabilities.interactive && (0..section.text.len()).any(temporary) {
                    out.push(Piece::Own("discard temp".into()));
                }
                continue;
            }
        };
        out.push(match act {
            Act::LockTimeout | Act::Capture | Act::Schema | Act::Restore | Act::Mend(_) => Piece::Own(sql),
            _ => Piece::Ledger(sql),
        });
    }
    let gone = acts.iter().filter_map(|act| match act {
        Act::Delete { version } => Some(Piece::Ledger(statements::gone(table, version))),
        _ => None,
    });
    out.extend(gone);
    out
}

/// What the section has set before this step.
fn replay(
    setup: &Setup,
    prepared: Option<&Prepared>,
    migration: usize,
    direction: Direction,
    step: usize,
    lasting: bool,
) -> Vec<String> {
    prepared
        .map_or_else(Vec::new, |p| p.set_before(&p.section(setup, migration, direction).text, step, lasting).collect())
}

/// The level that a `BEGIN` asks for. Its other options (`READ ONLY`, `DEFERRABLE`) would keep the
/// ledger's row from being written.
fn isolation_level(begin: &str) -> Option<&'static str> {
    const LEVELS: [(&str, &str); 4] = [
        ("serializable", "serializable"),
        ("repeatable", "repeatable read"),
        ("committed", "read committed"),
        ("uncommitted", "read uncommitted"),
    ];
    lex::tokens(begin).filter(|token| token.kind == lex::Kind::Word).find_map(|token| {
        let word = token.span.slice(begin);
        LEVELS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, level)| *level)
    })
}

/// The isolation level that the acts' step begins with: of a `BEGIN` that is left out, or of the
/// `SET TRANSACTION` statements that it begins with.
fn isolation(setup: &Setup, prepared: &Prepared, acts: &[Act]) -> Vec<String> {
    let run = acts.iter().find_map(|act| match act {
        Act::Run { migration, direction, step } => Some((prepared.section(setup, *migration, *direction), *step)),
        _ => None,
    });
    let Some((section, step)) = run else { return Vec::new() };
    let mut range = prepared.steps.steps[step].statements.clone();
    let all = &prepared.analysis.statements;
    // A step's `BEGIN` stands before it.
    if range.start > 0 && all[range.start - 1].control == Some(Control::Begin) {
        range.start -= 1;
    }
    let mut out = Vec::new();
    for statement in &all[range] {
        let text = statement.span.slice(&section.text);
        match statement.control {
            Some(Control::Begin) => {
                if let Some(level) = isolation_level(text) {
                    out.push(format!("set transaction isolation level {level}"));
                }
            }
            None if statement.verb.starts_with("set transaction") => out.push(text.to_owned()),
            _ => break,
        }
    }
    out
}

/// A script of an atomic request.
pub(super) struct Script<'s> {
    /// What comes before the section's text; all of it if it runs none.
    pub(super) head: String,
    pub(super) body: Option<Body<'s>>,
    pub(super) tail: String,
    /// How many statements it has.
    pub(super) count: u32,
}

impl Script<'_> {
    /// All of it.
    fn sql(&self) -> String {
        let body = self.body.as_ref().map_or("", |body| &body.text);
        [&self.head, body, &self.tail].concat()
    }
}

/// A script of an atomic request.
pub(super) fn script(pieces: Vec<Piece<'_>>, explicit: bool) -> Script<'_> {
    let mut sql = String::new();
    let mut head = None;
    let mut sent = 0;
    let mut found = None;
    if explicit {
        sql.push_str("begin;\n");
        sent += 1;
    }
    for piece in pieces {
        match piece {
            Piece::Own(text) | Piece::Ledger(text) => {
                sql.push_str(&text);
                sent += 1;
            }
            Piece::Body { count, mut body, .. } => {
                body.first = sent;
                body.before = sql.chars().count();
                sent += count;
                found = Some(body);
                head = Some(std::mem::take(&mut sql));
                // The text may end in a comment.
                sql.push('\n');
            }
        }
        sql.push_str(";\n");
    }
    if explicit {
        sql.push_str("commit");
        sent += 1;
    }
    let (head, tail) = match head {
        Some(head) => (head, sql),
        None => (sql, String::new()),
    };
    Script { head, body: found, tail, count: sent as u32 }
}

/// The statements of an atomic request.
fn batch(setup: &Setup, prepared: Option<&Prepared>, acts: &[Act]) -> Vec<String> {
    let mut all = Vec::new();
    for piece in pieces(setup, prepared, acts) {
        match (piece, prepared) {
            (Piece::Own(sql) | Piece::Ledger(sql), _) => all.push(sql),
            (Piece::Body { body, .. }, Some(known)) => {
                let text = &known.section(setup, body.migration, body.direction).text;
                let statements = known.analysis.statements[body.statements].iter().filter(|one| is_sent(one));
                all.extend(statements.map(|one| render(text, one.span, &known.steps, &known.analysis).into_owned()));
            }
            _ => {}
        }
    }
    all
}

/// A [`Message::Script`] whose middle is the text of a long section as it is written: no copy of that has to be made.
#[derive(Debug)]
#[non_exhaustive]
pub struct Long {
    /// What comes before the text.
    pub head: String,
    /// What comes after it.
    pub tail: String,
    /// How many statements all of it has.
    pub count: u32,
    /// The migration, as an index into the catalog.
    pub migration: usize,
    /// The section.
    pub direction: Direction,
    /// Where in the section the text lies.
    pub span: Span,
}

/// A message holds each of its bytes several times before it is sent: of a section of this size that is a few megabytes.
const LONG: usize = 1 << 20;

/// The request as a long text, if it is one that is sent as it is written.
pub(crate) fn long(setup: &Setup, prepared: Option<&Prepared>, request: &Request) -> Option<Long> {
    let Request::Atomic(acts) = request else { return None };
    let runs = acts.iter().any(|act| match act {
        Act::Run { migration, direction, .. } => setup.section(*migration, *direction).text.len() >= LONG,
        _ => false,
    });
    // What is filled in is in no file.
    let filled = prepared.is_some_and(|prepared| prepared.filled.is_some());
    if !runs || filled || !setup.capabilities.script {
        return None;
    }
    let script = script(pieces(setup, prepared, acts), is_explicit(prepared, acts));
    let Some(Body { migration, direction, offset, text: Cow::Borrowed(text), .. }) = script.body else { return None };
    let span = Span::new(offset, offset + text.len());
    Some(Long { head: script.head, tail: script.tail, count: script.count, migration, direction, span })
}

/// Writes a request as SQL. `prepared` belongs to the migration that the request runs.
pub(crate) fn message(setup: &Setup, prepared: Option<&Prepared>, request: &Request) -> Message {
    let table = &setup.options.table;
    let sql = match request {
        Request::Digest => {
            // Over one-request drivers the moments of a transaction and of its statement differ in any case.
            statements::digest(table, setup.catalog.digest().unwrap_or_default(), setup.capabilities.script)
        }
        Request::Shape { creates, there } => format!(
            // In one query, of one moment: what is found is judged by whether there is a ledger.
            "select f.*, s.*, {} from ({}) f full join ({}) s on false",
            statements::OPEN,
            foreign::look(table, &setup.here(), creates.as_deref(), *there),
            statements::shape(table)
        ),
        Request::Values => super::fill::VALUES.into(),
        Request::Says(found) => foreign::says(found, &setup.versions()),
        Request::Rows(columns) => statements::rows(table, columns.as_deref()),
        Request::Create { present, around, look_again } => {
            let mut create = statements::create(table, present, around);
            // Last: the closer to the end, the less can come in between.
            let look = |again| foreign::look_again(table, &setup.here(), again, &setup.versions());
            create.extend(look_again.as_deref().map(look));
            return if setup.capabilities.script { joined(&create) } else { Message::Batch { statements: create } };
        }
        Request::Atomic(acts) => {
            let explicit = is_explicit(prepared, acts);
            if setup.capabilities.script {
                let script = script(pieces(setup, prepared, acts), explicit);
                return Message::Script { sql: script.sql(), count: script.count };
            }
            return Message::Batch { statements: batch(setup, prepared, acts) };
        }
        Request::ClaimRunning { migration, steps, stepped, claim } => {
            let migration = &setup.catalog.migrations[*migration];
            statements::claim_running(table, migration, &setup.runner(*claim), *steps, *stepped)
        }
        Request::Take { version, migration, direction, done, by, steps, stepped, claim } => {
            let up = (*direction == Direction::Up).then(|| &setup.catalog.migrations[*migration]);
            let runner = setup.runner(*claim);
            statements::take(table, &runner, (version, *done, by.as_deref()), up, *steps, *stepped)
        }
        Request::TakeBack { version, steps, stepped, claim } => {
            statements::take_back(table, &setup.runner(*claim), version, *steps, *stepped)
        }
        Request::Hold { version, from, print, claim } => {
            statements::hold_alone(table, &setup.runner(*claim), version, *from, print.as_deref())
        }
        Request::Alone { migration, direction, step } => {
            return Message::Statement { sql: alone(setup, prepared, *migration, *direction, *step).0 };
        }
        Request::Advance { version, from, last, print, claim } => {
            statements::advance(table, &setup.runner(*claim), version, *from, *last, print.as_deref(), false)
        }
        Request::Stop { version, claim } => statements::stop(table, &setup.runner(*claim), version),
        Request::Abandon { version, claim } => statements::abandon(table, &setup.runner(*claim), version),
        Request::DeleteReverted { version, claim } => {
            statements::delete_reverted(table, &setup.runner(*claim), version)
        }
        Request::Index { migration, direction, step, among } => {
            let step = prepared.map(|prepared| &prepared.steps.steps[*step]);
            let section = prepared.map(|prepared| prepared.section(setup, *migration, *direction));
            let sql = step.zip(section).map_or("", |(step, section)| step.span.slice(&section.text));
            if !among.is_empty() {
                return Message::Trial { statements: judged::compare(sql, among, setup.options.lock_timeout) };
            }
            let tag = statements::tag(setup.catalog.migrations[*migration].version.as_str());
            judged::look(step.and_then(|step| step.judged), sql, &tag)
        }
        Request::Capture => session::capture(prepared.map_or(&[], |p| &p.settings)),
        Request::Replay { migration, direction, step } => {
            let mut statements = Vec::new();
            if !setup.options.schema.is_empty() {
                statements.push("set search_path = ".to_owned() + &schema::path(&setup.options.schema));
            }
            statements.extend(replay(setup, prepared, *migration, *direction, *step, true));
            return if setup.capabilities.script { joined(&statements) } else { Message::Batch { statements } };
        }
        Request::Restore => session::restore(prepared.and_then(|p| p.kept.as_deref())),
        Request::Trace => return Message::Statement { sql: foreign::trace(table, setup.options.lock_timeout) },
        Request::Rollback => return Message::Statement { sql: "rollback".into() },
        Request::Diagnose(acts) => {
            let statements = batch(setup, prepared, acts);
            return Message::Trial { statements: trial(&statements, setup.options.lock_timeout) };
        }
    };
    Message::Query { sql }
}

fn joined(statements: &[String]) -> Message {
    Message::Script { sql: statements.join(";\n"), count: statements.len() as u32 }
}

/// Whether the acts need an explicit `BEGIN … COMMIT`.
pub(crate) fn is_explicit(prepared: Option<&Prepared>, acts: &[Act]) -> bool {
    acts.iter().any(|act| match act {
        Act::Run { step, .. } => prepared.is_some_and(|p| p.steps.steps.get(*step).is_some_and(|s| s.savepoints)),
        _ => false,
    })
}

/// A step that runs alone, with the comment by which others can see it at work.
pub(super) fn alone<'s>(
    setup: &'s Setup,
    prepared: Option<&'s Prepared>,
    migration: usize,
    direction: Direction,
    step: usize,
) -> (String, Option<Body<'s>>) {
    let Some(prepared) = prepared else { return (String::new(), None) };
    let tag = match direction {
        Direction::Callback => String::new(),
        _ => statements::tag(setup.catalog.migrations[migration].version.as_str()),
    };
    let step = &prepared.steps.steps[step];
    let section = prepared.section(setup, migration, direction);
    let text = render(&section.text, step.span, &prepared.steps, &prepared.analysis);
    let body = Body {
        migration,
        direction,
        first: 0,
        statements: step.statements.clone(),
        offset: step.span.start,
        before: tag.chars().count(),
        text: text.clone(),
    };
    (tag + &text, Some(body))
}

/// Whose a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Owner {
    /// The section's, or nobody knows.
    Section,
    /// The ledger's: it was a statement of the run's own.
    Ledger,
    /// The section's, at the end of its transaction: a deferred constraint or trigger.
    Commit,
}

/// Whose a failure is, if the driver tells which statement it was. After the section it may be the commit that fails, and
/// what is deferred to it: the last statement is confirmed only then. That says in which function it happened, or that a
/// constraint (class 23) is violated, and not one of the ledger's.
pub(crate) fn owner(setup: &Setup, prepared: Option<&Prepared>, request: &Request, failure: &Failure) -> Owner {
    let (Request::Atomic(acts), Some(completed)) = (request, failure.completed) else { return Owner::Section };
    let mut at = completed as usize;
    let mut after = false;
    let explicit = setup.capabilities.script && is_explicit(prepared, acts);
    if explicit {
        at = at.wrapping_sub(1);
    }
    for piece in pieces(setup, prepared, acts) {
        let (count, ledger) = match &piece {
            Piece::Body { count, .. } => (*count, false),
            Piece::Ledger(_) => (1, true),
            Piece::Own(_) => (1, false),
        };
        if at < count {
            let deferred = failure.context.as_deref().is_some_and(|context| !context.is_empty())
                || failure.sqlstate.starts_with("23")
                    && !failure.message.contains(&format!("\"{}\"", setup.options.table.name));
            return match (ledger, after && deferred) {
                (true, true) => Owner::Commit,
                (true, false) => Owner::Ledger,
                _ => Owner::Section,
            };
        }
        at -= count;
        after |= matches!(piece, Piece::Body { .. });
    }
    // All is done but the `commit` of an explicit transaction.
    if explicit && at == 0 { Owner::Commit } else { Owner::Section }
}

impl Setup {
    /// The versions of all migrations.
    fn versions(&self) -> Vec<&str> {
        self.catalog.migrations.iter().map(|migration| migration.version.as_str()).collect()
    }

    /// Where tables without a schema are created, as an expression.
    pub fn here(&self) -> String {
        let first = self.options.schema.first();
        first.map_or_else(|| "pg_catalog.current_schema()::text".to_owned(), |schema| literal(schema))
    }

    /// The runner with one of its claims.
    fn runner(&self, claim: u32) -> Runner<'_> {
        Runner {
            name: &self.options.runner,
            claim,
            lease: self.options.lease,
            lock_timeout: self.options.lock_timeout,
            exclusive: self.options.exclusive,
            owes: self.catalog.owes(),
        }
    }
}

/// The longest that a trial may take, in milliseconds; less if it takes a lock no longer.
const LONGEST_TRIAL: u32 = 10_000;

/// The trial of these statements: a limit to its time, which does not reach a block that has begun,
/// and the block.
fn trial(statements: &[String], lock_timeout: u32) -> Vec<String> {
    let limit = if lock_timeout == 0 { LONGEST_TRIAL } else { lock_timeout.min(LONGEST_TRIAL) };
    vec![format!("set local statement_timeout = {limit}"), block(statements)]
}

/// The block that runs the statements and keeps nothing.
pub(super) fn block(statements: &[String]) -> String {
    let mut sql = String::from("do $counterfoil$ begin\n");
    for statement in statements {
        // It has to come before all queries, and the block is one already.
        let is_level = |known: sql::Analysis| known.statements.iter().any(|s| s.verb.starts_with("set transaction"));
        if sql::analyze(statement, &[]).is_ok_and(is_level) {
            sql.push_str("null;\n");
            continue;
        }
        sql.push_str("execute E'");
        escape(statement, &mut sql);
        sql.push_str("';\n");
    }
    sql.push_str("raise exception 'counterfoil: nothing is kept';\nend $counterfoil$");
    sql
}

/// The inside of an `E'…'` that takes one line and does not end the block.
fn escape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['\'', '\\', '\n', '\r', '$']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        out.push_str(match from.as_bytes()[0] {
            b'\'' => "''",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            _ if from.starts_with("$counterfoil$") => "\\x24",
            _ => "$",
        });
        rest = &from[1..];
    }
    out.push_str(rest);
}
