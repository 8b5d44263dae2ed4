//! Which statement of a batch failed, where the driver cannot tell.
//!
//! The same statements are sent once more, in one request that never commits: a `DO` block with one
//! `EXECUTE` per line and a `RAISE` at its end. The context of its failure has the line. It counts
//! only if the failure is the same as the first one; else the place stays unknown. It takes the same
//! locks as the first try, so its time is limited, and what ran out of time or room is not tried.

use super::carry;
use super::failure::Kind;
use super::message::{self, Owner};
use super::place::place;
use super::request::{Act, Request};
use super::state::Refusal;
use super::{Failure, Machine};

/// SQLSTATEs of failures that are nobody's statement's: out of time, out of room. Nor is a lost connection.
/// PostgreSQL manual, appendix A.
const NOT_TRIED: [&str; 3] = ["57014", "25P04", "53"];

/// Lines of the block before the first statement's.
const BEFORE: usize = 2;

impl Machine {
    /// The request that finds out which statement failed, if one can.
    pub(super) fn trial(&self, refusal: &Refusal) -> Option<Request> {
        let acts = &refusal.acts;
        let prepared = self.prepared.as_deref();
        let is_run = acts.iter().any(|act| matches!(act, Act::Run { .. }));
        // What the run itself has made to fail is not the section's fault.
        let is_own = refusal.owner == Owner::Ledger || refusal.failure.fault().is_some();
        let is_timed = prepared.is_some_and(|p| {
            let text = &p.section(&self.setup, refusal.migration, refusal.direction).text;
            p.analysis.statements.iter().any(|s| is_limit(s.span.slice(text)))
        });
        let is_lost = refusal.failure.kind() == Kind::Lost;
        if is_timed || is_lost || NOT_TRIED.iter().any(|class| refusal.failure.sqlstate.starts_with(class)) {
            return None;
        }
        // A function cannot have savepoints.
        if refusal.place.is_some() || !is_run || is_own || message::is_explicit(prepared, acts) {
            return None;
        }
        let request = Request::Diagnose(acts.clone());
        let limit = self.setup.capabilities.limit.map_or(u64::MAX, u64::from);
        (carry::size(&message::message(&self.setup, prepared, &request)) <= limit).then_some(request)
    }

    /// Notes the place of the first failure, as the trial's failure tells it.
    pub(super) fn tried(&self, refusal: &mut Refusal, trial: &Failure) {
        let first = &refusal.failure;
        if trial.kind() == Kind::Lost || (&trial.sqlstate, &trial.message) != (&first.sqlstate, &first.message) {
            return;
        }
        let completed = trial.context.as_deref().and_then(line).and_then(|line| line.checked_sub(BEFORE));
        let failure = Failure { completed: completed.map(|completed| completed as u32), ..first.clone() };
        let request = Request::Atomic(refusal.acts.clone());
        let prepared = self.prepared.as_deref();
        refusal.place = place(&self.setup, prepared, &request, &failure);
        refusal.owner = message::owner(&self.setup, prepared, &request, &failure);
    }
}

/// Whether a statement limits the time of others. A dump begins by taking all limits away.
fn is_limit(sql: &str) -> bool {
    let sql = sql.to_ascii_lowercase();
    let named = ["statement_timeout", "transaction_timeout"].iter().any(|name| sql.contains(name));
    let digits = sql.trim_end_matches('\'').bytes().rev().take_while(u8::is_ascii_digit);
    named && !digits.eq([b'0'])
}

/// The line of the block at which it failed. The outermost function is on the last line of a
/// context; the words around its name and the line are in the server's language.
fn line(context: &str) -> Option<usize> {
    let outermost = context.lines().rev().find(|line| line.contains("inline_code_block"))?;
    let digits = outermost.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits[..digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len())].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::message::block;
    use super::*;

    #[test]
    fn every_statement_has_a_line_of_its_own() {
        let statements =
            ["select 'a\n\\'", "/* c */ SET\n TRANSACTION READ ONLY", "do $counterfoil$counterfoil$ begin\r\n end $x$"];
        assert_eq!(
            block(&statements.map(String::from)),
            "do $counterfoil$ begin\n\
             execute E'select ''a\\n\\\\''';\n\
             null;\n\
             execute E'do \\x24counterfoil\\x24counterfoil$ begin\\r\\n end $x$';\n\
             raise exception 'counterfoil: nothing is kept';\n\
             end $counterfoil$"
        );
    }

    #[test]
    fn a_limit_to_the_time_of_others_is_seen() {
        for limit in
            ["SET statement_timeout = 100", "set local Transaction_Timeout to '2s'", "set statement_timeout='10'"]
        {
            assert!(is_limit(limit), "{limit}");
        }
        for none in
            ["SET statement_timeout = 0", "set transaction_timeout to '0'", "set lock_timeout = 100", "select 10"]
        {
            assert!(!is_limit(none), "{none}");
        }
    }

    #[test]
    fn the_line_is_that_of_the_outermost_block_in_any_language() {
        // PostgreSQL 18, src/pl/plpgsql/src/po: en, de, ja, zh_CN.
        assert_eq!(line("PL/pgSQL function inline_code_block line 12 at EXECUTE"), Some(12));
        assert_eq!(line("SQL-Anweisung »x«\nPL/pgSQL-Funktion inline_code_block Zeile 3 bei EXECUTE"), Some(3));
        assert_eq!(line("PL/pgSQL関数inline_code_blockの4行目 - EXECUTE"), Some(4));
        assert_eq!(line("在EXECUTE的第5行的PL/pgSQL函数inline_code_block"), Some(5));
        let inner = "PL/pgSQL function inline_code_block line 2 at RAISE\nSQL statement \"do $$\n inline_code_block line 9\"\n\
                     PL/pgSQL function inline_code_block line 7 at EXECUTE";
        assert_eq!(line(inner), Some(7));
        assert_eq!(line("PL/pgSQL function f() line 2 at RAISE"), None);
        assert_eq!(line("inline_code_block line 99999999999999999999999"), None);
        assert_eq!(line(""), None);
    }
}
