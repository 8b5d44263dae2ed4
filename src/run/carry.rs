//! What the driver cannot carry is refused before anything is written: a request over its limit, and
//! steps that need one session where every request has its own.

use super::message::{self, Message};
use super::prepared::{Prepared, sets};
use super::request::{Direction, Request};
use super::state::Stepwise;
use super::{Machine, Setup};
use crate::error::{Code, Error};
use crate::mention::Mention;
use crate::plan::Work;
use crate::sql::lex::{self, Kind};
use crate::sql::{Mode, Statement};

/// More than what is sent beside a section's own statements, in bytes.
const BESIDE: u64 = 1 << 15;

/// More than what is sent for one row that a baseline supersedes, in bytes.
const ROW: u64 = 1 << 10;

/// More than the bytes that one byte may have in JSON: `\u0001`.
const ESCAPED: u64 = 6;

impl Machine {
    /// Why the driver cannot carry a plan's work, if it cannot.
    pub(super) fn cannot_carry(&mut self, work: &[Work]) -> Option<Error> {
        work.iter().find_map(|work| match work {
            Work::Apply { migration, again, resume } => {
                let from = resume.as_ref().map_or(0, |resume| resume.done as usize);
                let version = self.setup.catalog.migrations[*migration].version.as_str().to_owned();
                self.cannot_run(*migration, Direction::Up, &version, from, again.as_ref())
            }
            Work::Adopt { migration, rows } if self.may_be_too_large(rows.len() as u64 * ROW) => {
                let acts = self.acts_of_adopting(*migration, rows.clone());
                self.too_large(&Request::Atomic(acts), *migration, Direction::Up, 0)
            }
            _ => None,
        })
    }

    /// Why the driver cannot carry a section from this step on, if it cannot.
    pub(super) fn cannot_run(
        &mut self,
        migration: usize,
        direction: Direction,
        version: &str,
        from: usize,
        again: Option<&(String, Option<String>)>,
    ) -> Option<Error> {
        let text = self.setup.section(migration, direction).text.len() as u64 * ESCAPED;
        let is_large = self.may_be_too_large(text);
        let is_plain = direction == Direction::Up
            && matches!(self.cache.get(migration), Some(Ok(known)) if known.steps.mode == Mode::Transactional);
        if !is_large && !self.is_made(migration, direction) && (is_plain || self.setup.capabilities.interactive) {
            return None;
        }
        let error = match self.prepare(migration, direction) {
            Err(error) => Some(error),
            Ok(()) if self.shape_of_section().0 == Mode::StatementWise => self
                .cannot_step(Stepwise::new(migration, direction, version.to_owned(), self.shape_of_section().2), from),
            Ok(()) => {
                let acts = match direction {
                    Direction::Down => self.acts_down(migration, version.to_owned()),
                    _ => self.acts_up(migration, again.cloned()),
                };
                self.too_large(&Request::Atomic(acts), migration, direction, 0)
            }
        };
        self.prepared = None;
        error
    }

    fn cannot_step(&self, mut now: Stepwise, from: usize) -> Option<Error> {
        let prepared = self.prepared.as_deref()?;
        let (migration, direction) = (now.migration, now.direction);
        if !self.setup.capabilities.interactive
            && let Some(error) = needs_session(&self.setup, prepared, migration, direction, from)
        {
            return Some(error);
        }
        let text = &prepared.section(&self.setup, migration, direction).text;
        let settings: usize = prepared.analysis.statements.iter().filter_map(|s| sets(s, text)).map(|s| s.len()).sum();
        for (index, step) in prepared.steps.steps.iter().enumerate().skip(from) {
            if self.may_be_too_large((step.span.end - step.span.start + settings) as u64 * ESCAPED) {
                now = now.at_step(index);
                let error = self.too_large(&self.request_of_step(&now), migration, direction, step.span.start);
                if error.is_some() {
                    return error;
                }
            }
        }
        None
    }

    /// Whether a request with so many bytes of others' text is worth a closer look.
    fn may_be_too_large(&self, bytes: u64) -> bool {
        self.setup.capabilities.limit.is_some_and(|limit| bytes + BESIDE > u64::from(limit))
    }

    pub(super) fn too_large(
        &self,
        request: &Request,
        migration: usize,
        direction: Direction,
        offset: usize,
    ) -> Option<Error> {
        let limit = u64::from(self.setup.capabilities.limit?);
        let size = size(&message::message(&self.setup, self.prepared.as_deref(), request));
        if size <= limit {
            return None;
        }
        let section = match &self.prepared {
            Some(prepared) => prepared.section(&self.setup, migration, direction),
            None => self.setup.section(migration, direction),
        };
        let numbers = [size, limit].map(|number| number.to_string());
        let message = [
            section.path.as_str(),
            " is too large for one request: it makes ",
            &numbers[0],
            " bytes, and this driver may send ",
            &numbers[1],
        ];
        Some(
            Error::new(Code::RequestTooLarge, message.concat())
                .with_help(
                    "split the file into several migrations, or use a driver that holds a connection, such as a \
                     Pool over WebSocket; nothing was run",
                )
                .with_location(section.location(offset)),
        )
    }
}

/// Bytes of a message as JSON: `{"queries":[{"query":"…","params":[]},…]}`.
pub(super) fn size(message: &Message) -> u64 {
    let one = |sql: &String| 24 + sql.bytes().map(escaped).sum::<u64>();
    match message {
        Message::Query { sql } | Message::Statement { sql } | Message::Script { sql, .. } => one(sql),
        Message::Batch { statements } | Message::Trial { statements } => {
            13 + statements.iter().map(|sql| one(sql) + 1).sum::<u64>()
        }
    }
}

/// Bytes of a byte in a JSON string. RFC 8259, section 7; as `JSON.stringify` writes it.
fn escaped(byte: u8) -> u64 {
    match byte {
        b'"' | b'\\' | 8 | b'\t' | b'\n' | 12 | b'\r' => 2,
        0..0x20 => 6,
        _ => 1,
    }
}

/// The error of what needs a session that lasts; `help` is another way, and `kept` what has become of the rest.
pub(super) fn no_session(setup: &Setup, message: &str, help: &str, kept: &str) -> Error {
    // A driver that sends scripts holds a connection: then it was the caller who said so.
    let said = setup.capabilities.script;
    let (why, instead) = if said {
        ("this run keeps no session", "connect to the database itself, without session: false")
    } else {
        ("this driver keeps no session", "use a driver that holds a connection")
    };
    let help = [instead, ", or ", help, "; ", kept].concat();
    let error = Error::new(Code::Unsupported, [message, why].concat()).with_help(help);
    if said { error.with_option(Mention::valued("session", &["false"], "session: false".into())) } else { error }
}

/// Why a section that runs step by step needs one session for all steps, if it does.
fn needs_session(
    setup: &Setup,
    prepared: &Prepared,
    migration: usize,
    direction: Direction,
    from: usize,
) -> Option<Error> {
    let section = prepared.section(setup, migration, direction);
    let all = &prepared.analysis.statements;
    let refuse = |at: &Statement, message: &[&str], help: &str| {
        let error = no_session(setup, &message.concat(), help, "nothing was run");
        Some(error.with_location(section.location(at.span.start)).with_statement(section.as_written(at.span)))
    };
    let line = |statement: &Statement| section.location(statement.span.start).line.to_string();
    // The first statement that sets anything, and the tables that are gone with their session.
    let mut set: Option<&Statement> = None;
    // By name.
    let mut temporary: Vec<(String, &Statement)> = Vec::new();
    for (index, step) in prepared.steps.steps.iter().enumerate() {
        let statements = all.get(step.statements.clone()).unwrap_or_default();
        let alone = statements.first().filter(|first| !step.transactional && !first.verb.starts_with("discard"));
        if let Some(alone) = alone.filter(|_| !setup.options.schema.is_empty() && index >= from) {
            let verb = alone.verb.to_ascii_uppercase();
            let message = [&*verb, " runs outside a transaction, where the schema of the run does not reach it: "];
            return refuse(alone, &message, "write what runs in a transaction in its place");
        }
        if let (Some(alone), Some(set)) = (alone, set)
            && index >= from
        {
            let verbs = [alone, set].map(|statement| statement.verb.to_ascii_uppercase());
            let message = [
                &verbs[0],
                " runs outside a transaction, where what ",
                &verbs[1],
                " on line ",
                &line(set),
                " has set does not reach it: ",
            ];
            return refuse(alone, &message, "take the setting out");
        }
        for statement in statements.iter().filter(|_| index >= from && !temporary.is_empty()) {
            let source = statement.span.slice(&section.text);
            let used = lex::tokens(source).find_map(|token| {
                let name = name(token, source)?;
                temporary.binary_search_by(|(table, _)| table.cmp(&name)).ok()
            });
            if let Some(at) = used {
                let line = line(temporary[at].1);
                let message = ["the temporary table of line ", &line, " is gone here: "];
                return refuse(statement, &message, "put BEGIN before and COMMIT after what belongs together");
            }
        }
        for (at, statement) in statements.iter().enumerate() {
            let is_held = prepared.is_held(step.statements.start + at);
            if set.is_none() && (is_held || sets(statement, &section.text).is_some()) {
                set = Some(statement);
            }
            if let Some(table) = temporary_table(statement, &section.text) {
                match temporary.binary_search_by(|(known, _)| known.cmp(&table)) {
                    Ok(at) => temporary[at].1 = statement,
                    Err(at) => temporary.insert(at, (table, statement)),
                }
            }
        }
    }
    None
}

/// A name as PostgreSQL folds it, if the token is one.
fn name(token: lex::Token, source: &str) -> Option<String> {
    let text = token.span.slice(source);
    match token.kind {
        Kind::Word => Some(text.to_ascii_lowercase()),
        Kind::QuotedIdent => Some(text.trim_matches('"').to_owned()),
        _ => None,
    }
}

/// The name of the temporary table that a statement creates.
fn temporary_table(statement: &Statement, text: &str) -> Option<String> {
    let rest = statement.verb.strip_prefix("create ")?;
    let rest = rest.strip_prefix("local ").or_else(|| rest.strip_prefix("global ")).unwrap_or(rest);
    if !rest.starts_with("temp") {
        return None;
    }
    let source = statement.span.slice(text);
    let mut names = lex::tokens(source).filter_map(|token| name(token, source)).skip_while(|name| name != "table");
    names.find(|name| !["table", "if", "not", "exists", "pg_temp"].contains(&name.as_str()))
}
