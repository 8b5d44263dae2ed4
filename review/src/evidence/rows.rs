//! Files that change rows only: no schema tells whether they ran.

use counterfoil::migration::Section;
use counterfoil::sql;

/// How statements begin that leave a schema as it is.
const ROWS: &[&str] = &[
    "insert",
    "update",
    "delete",
    "merge",
    "truncate",
    "select",
    "with",
    "values",
    "set",
    "reset",
    "analyze",
    "vacuum",
    "lock",
    "begin",
    "start",
    "commit",
    "end",
    "savepoint",
    "release",
    "notify",
    "table",
];

/// Whether all statements of a section do. `SELECT` may call what does not: such a file has a trace, and is told by that.
pub(super) fn rows_only(up: &Section) -> bool {
    statements(up).is_some_and(|statements| {
        !statements.is_empty()
            && statements.iter().all(|statement| {
                let word = statement.split(|sign: char| !sign.is_ascii_alphabetic()).next().unwrap_or_default();
                ROWS.iter().any(|begin| word.eq_ignore_ascii_case(begin))
            })
    })
}

/// The statements of a section as they are written; none if it cannot be split.
pub(super) fn statements(up: &Section) -> Option<Vec<String>> {
    let text = up.without_values();
    let analysis = sql::analyze(&text, &up.breaks).ok()?;
    Some(analysis.statements.iter().map(|statement| statement.span.slice(&text).to_owned()).collect())
}
