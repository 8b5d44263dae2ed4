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
    "call",
    "cluster",
    "copy",
    "refresh",
    "reindex",
];

/// What a block of code may say that changes a schema.
const SCHEMA: &[&str] =
    &["alter", "comment", "create", "drop", "execute", "grant", "import", "perform", "reassign", "revoke", "security"];

/// Whether a statement leaves a schema as it is, by its words.
fn leaves_schema(statement: &str) -> bool {
    let words = || statement.split(|sign: char| !sign.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let is_in = |list: &[&str], word: &str| list.iter().any(|one| word.eq_ignore_ascii_case(one));
    match words().next() {
        Some(word) if word.eq_ignore_ascii_case("do") => !words().any(|word| is_in(SCHEMA, word)),
        Some(word) => is_in(ROWS, word),
        None => false,
    }
}

/// Whether all statements of a section do. `SELECT` and `CALL` may run what does not: such a file has
/// a trace, and is told by that.
pub(super) fn rows_only(up: &Section) -> bool {
    statements(up)
        .is_some_and(|statements| !statements.is_empty() && statements.iter().all(|statement| leaves_schema(statement)))
}

/// The statements of a section as they are written; none if it cannot be split.
pub(super) fn statements(up: &Section) -> Option<Vec<String>> {
    let text = up.without_values();
    let analysis = sql::analyze(&text, &up.breaks).ok()?;
    Some(analysis.statements.iter().map(|statement| statement.span.slice(&text).to_owned()).collect())
}
