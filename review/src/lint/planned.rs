//! What the planner says about a section before it runs it. Here is only the documentation: the
//! findings are the planner's own.

use super::{Direction, Level, Rule, Subject};
use counterfoil::Code;
use counterfoil::finding::{Finding, Severity};
use counterfoil::plan::{foreign_markers, inspect, set_local};

pub(crate) const RULES: &[Rule] = &[
    Rule {
        code: "transaction-control",
        level: Level::Warning,
        summary: "BEGIN, COMMIT or ROLLBACK inside a file",
        why: "\
A migration is one transaction with its row in the ledger. `COMMIT` in its middle makes steps of it: if a later one fails,
the earlier ones stay. `ROLLBACK`, and a statement between `BEGIN` and `COMMIT` that cannot run in a transaction, are
refused: an error.

Take transaction control out, or split the file.",
        bad: &[
            "CREATE TABLE rooms (id bigint);\nCOMMIT;\nCREATE TABLE guests (id bigint);\n",
            "CREATE TABLE rooms (id bigint);\nROLLBACK;\n",
            "BEGIN;\nCREATE INDEX CONCURRENTLY rooms_by_floor ON rooms (floor);\nCOMMIT;\n",
        ],
        good: &["CREATE TABLE rooms (id bigint);\nCREATE TABLE guests (id bigint);\n"],
    },
    Rule {
        code: "transaction-wrapper",
        level: Level::Note,
        summary: "BEGIN and COMMIT around all of a file",
        why: "They are left out: the migration is a transaction anyway, together with its row in the ledger.",
        bad: &["BEGIN;\nCREATE TABLE rooms (id bigint);\nCOMMIT;\n"],
        good: &["CREATE TABLE rooms (id bigint);\n"],
    },
    Rule {
        code: "transaction-options",
        level: Level::Warning,
        summary: "options of a BEGIN that are not kept",
        why: "\
Of the options only the isolation level is kept: `READ ONLY` and `DEFERRABLE` have no place in a transaction that writes the
ledger.",
        bad: &[
            "CREATE TABLE a (id bigint);\n-- counterfoil-ignore transaction-control: two steps on purpose\nCOMMIT;\nBEGIN READ ONLY;\nSELECT 1;\nCOMMIT;\n",
        ],
        good: &["CREATE TABLE rooms (id bigint);\n"],
    },
    Rule {
        code: "set-local",
        level: Level::Warning,
        summary: "SET LOCAL in a file that runs step by step",
        why: "\
Each step is a transaction of its own, and `SET LOCAL` ends with it: a `lock_timeout` protects nothing, a `search_path` leads
elsewhere. So it is with goose, sql-migrate and Flyway, which send statement by statement, and in a set of no tool. The other
tools send a file as one message, which is one transaction, and there `SET LOCAL` holds for the steps after it, up to the next
`COMMIT`: a note.

Write `SET`, which ends with the migration, or put it between `BEGIN` and `COMMIT` with what it is for.",
        bad: &["SET LOCAL lock_timeout = '1s';\nCREATE INDEX CONCURRENTLY rooms_by_floor ON public.rooms (floor);\n"],
        good: &["SET LOCAL lock_timeout = '1s';\nALTER TABLE public.rooms ADD COLUMN floor integer;\n"],
    },
    Rule {
        code: "ledger-touched",
        level: Level::Error,
        summary: "a migration creates, drops, renames or empties the ledger's own table",
        why: "\
The planner refuses such a migration before anything runs. See also `ledger-written`.

Leave the statement out, or keep the ledger elsewhere with the option `table`.",
        bad: &[
            "CREATE TABLE public.schema_migrations (version varchar(128) PRIMARY KEY);\n",
            "TRUNCATE schema_migrations;\n",
        ],
        good: &["CREATE TABLE rooms (id bigint);\n"],
    },
    Rule {
        code: "foreign-marker",
        level: Level::Error,
        summary: "another tool's marker of a way back, inside a way up",
        why: "\
Some tools keep both ways in one file and tell them apart by a comment, such as `-- rambler down` or
`---- create above / drop below ----`. Here the file would run to its end: what it makes would be thrown away again. The
planner refuses such a migration before anything runs, unless `policy` says otherwise.

Move the way back to where this set keeps them. In a `plain` set such markers are read where they mark both ways.",
        bad: &[
            "CREATE TABLE rooms (id bigint);\n-- rambler down\nDROP TABLE rooms;\n",
            "-- migrate:up\nCREATE TABLE rooms (id bigint);\n---- create above / drop below ----\nDROP TABLE rooms;\n",
        ],
        good: &["-- Down migration is a no-op\nCREATE TABLE rooms (id bigint);\n"],
    },
    Rule {
        code: "empty-migration",
        level: Level::Warning,
        summary: "a migration without a statement",
        why: "\
It is recorded as applied, and what is written into it later never runs where it has been. A way back without a statement
is no fault: it does nothing.

Write the migration, or leave the file out until it is written.",
        bad: &["-- still to be written\n", "-- migrate:up\n\n-- migrate:down\n"],
        good: &["-- migrate:up\nCREATE TABLE rooms (id bigint);\n-- migrate:down\n-- nothing to undo\n"],
    },
    Rule {
        code: "copy-from-stdin",
        level: Level::Error,
        summary: "COPY with its rows in the file",
        why: "\
The rows after `COPY … FROM stdin` are not SQL, and only psql can send them. Write them as `INSERT` statements:
`pg_dump --inserts` does.",
        bad: &["COPY public.rooms (id) FROM stdin;\n"],
        good: &["INSERT INTO public.rooms (id) VALUES (1);\n"],
    },
    Rule {
        code: "psql-command",
        level: Level::Error,
        summary: "a command of psql",
        why: "\
Lines that begin with a backslash are not SQL. `\\restrict` and `\\unrestrict` of `pg_dump` are passed over.",
        bad: &["\\set floor 3\nSELECT 1;\n"],
        good: &["\\restrict abc\nSELECT 1;\n\\unrestrict abc\n"],
    },
    unterminated("unterminated-string", "a string that is not closed", &["SELECT 'open;\n"]),
    unterminated("unterminated-identifier", "a quoted name that is not closed", &["SELECT \"open;\n"]),
    unterminated("unterminated-dollar-quote", "a dollar-quoted string that is not closed", &["DO $$ BEGIN NULL; END;\n"]),
    unterminated("unterminated-comment", "a block comment that is not closed", &["SELECT 1; /* open\n"]),
];

const fn unterminated(code: &'static str, summary: &'static str, bad: &'static [&'static str]) -> Rule {
    let why =
        "Everything after it belongs to it, so nothing of the rest of the file can be read, and nothing of it runs.";
    Rule { code, level: Level::Error, summary, why, bad, good: &["SELECT 'closed';\n"] }
}

pub(super) fn look(subject: &Subject<'_>, out: &mut Vec<Finding>) {
    match subject.inspected {
        Ok(inspected) => {
            inspect::findings(subject.section, inspected, subject.table, out);
            out.extend(set_local::finding(subject.section, inspected, subject.convention));
            let (section, analysis) = (subject.section, &inspected.analysis);
            if subject.direction == Direction::Down {
                // Of a way back `destructive-down` says it.
                let said = analysis.statements.iter().filter(|statement| statement.destructive.is_some());
                let said: Vec<_> = said.map(|statement| Some(section.location(statement.span.start))).collect();
                out.retain(|finding| finding.code != Code::LedgerTouched.as_str() || !said.contains(&finding.at));
            } else {
                out.extend(foreign_markers::finding(section, analysis, subject.convention, Severity::Error));
                out.extend(inspect::empty(section, analysis, Severity::Warning));
            }
        }
        Err(finding) => out.push(finding.clone()),
    }
}
