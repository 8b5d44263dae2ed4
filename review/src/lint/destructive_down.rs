//! Ways back that take more away than the migration brought.

use super::{Direction, Found, Level, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    code: "destructive-down",
    level: Level::Warning,
    summary: "a down section that drops a schema, a database or everything that somebody owns",
    why: "\
`DROP SCHEMA public CASCADE` as the way back of a baseline takes away what every later migration made, and all rows: one
rollback too many wiped a production database. Counterfoil refuses to run such a section unless its version is in
`allowDestructive`, and one that drops the schema of its own ledger at all; other tools run it.

Drop what the migration made, by name. A baseline needs no way back: leave its down section out.

A down section that drops a table is not reported: for the table that the migration made, that is what it is for.",
    bad: &[
        "-- migrate:up\nCREATE TABLE booking.rooms (id bigint);\n-- migrate:down\nDROP SCHEMA booking CASCADE;\n",
        "-- migrate:up\nCREATE TABLE rooms (id bigint);\n-- migrate:down\nDO $$ BEGIN EXECUTE 'DROP OWNED BY booking'; END $$;\n",
    ],
    good: &["-- migrate:up\nCREATE TABLE rooms (id bigint);\n-- migrate:down\nDROP TABLE rooms;\n"],
};

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Found>) {
    if subject.direction == Direction::Up {
        return;
    }
    for (statement, _) in subject.statements() {
        if let Some(what) = &statement.destructive {
            found.push(Found::new(
                RULE.code,
                statement.span,
                format!("the way back runs `{what}`: that also takes away what other migrations made"),
                "drop by name what this migration made, or leave the down section out",
            ));
        }
    }
}
