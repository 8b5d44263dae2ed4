//! What an importer is: how another tool's rows are read, and what they say.

use super::set::{File, Set};
use counterfoil::ledger::{TextRow, Tool};

/// How one tool's ledger is read. Each stands in a file of its own, whose head says where the tool defines it.
pub(super) struct Importer {
    pub tool: Tool,
    /// The query of its rows: every column as text, in an order that does not depend on how they lie. `{}` is the table,
    /// qualified and quoted, `{lock}` whether the lock beside it is held.
    pub query: &'static str,
    /// What the rows say.
    pub read: fn(&[TextRow]) -> Theirs,
    /// By what the tool would know a file, the surest first. As [`Entry::keys`].
    pub keys: fn(&Set<'_>, &File<'_>) -> Vec<String>,
    /// The tool's own checksums. None: it keeps nothing of what ran.
    pub sums: Option<Sums>,
    /// What its ledger cannot tell.
    pub untold: Untold,
    /// What it would do next where a migration has not come to its end.
    pub half: &'static str,
}

/// How a file is compared by the tool's own checksum.
#[derive(Clone, Copy)]
pub(super) enum Sums {
    /// What it would be of this text, the present one first: it agrees with any. The text is the file's, byte for byte.
    Each(fn(&Entry, &str) -> Vec<String>),
    /// It goes on from file to file: each entry with the file of it.
    Chained(CompareAll),
}

/// Compares each entry with its file, if it has one.
type CompareAll = fn(&Set<'_>, &[Entry], &[Option<usize>]) -> Vec<Compared>;

/// How a file stands to what ran.
#[derive(Clone)]
pub(super) enum Compared {
    /// It is the same, line ends apart.
    Same,
    /// The tool kept nothing to compare it with.
    Unknown,
    /// It differs: the tool's own sums of what ran and of the file.
    Differs(String, String),
}

/// Which files a ledger says nothing about, though they may have run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Untold {
    /// None: it has a row for each that has.
    None,
    /// Those up to its number.
    UpTo,
    /// All: its rows are not of files in SQL.
    All,
}

/// What a ledger says.
#[derive(Default)]
pub(super) struct Theirs {
    /// What is applied, in the order of application where that is known.
    pub applied: Vec<Entry>,
    /// What has begun and did not end.
    pub half: Vec<Entry>,
    /// All files up to this version may have run.
    pub up_to: Option<String>,
    /// Somebody holds its lock.
    pub locked: bool,
}

/// A migration as the tool's ledger has it.
#[derive(Clone, Default)]
pub(super) struct Entry {
    /// What the tool calls it.
    pub label: String,
    /// By what it is known, the surest first: a file is its own if it has one of these keys.
    pub keys: Vec<String>,
    /// What a person calls it, if there is no file that tells.
    pub name: Option<String>,
    /// When it was applied, as PostgreSQL reads a `timestamptz`.
    pub applied_at: Option<String>,
    /// How long it took.
    pub duration_ms: Option<u64>,
    /// The tool's own checksums of what ran. One that agrees is enough.
    pub sums: Vec<String>,
    /// The checksum of the migration before, where the tool chains them.
    pub before: Option<String>,
    /// The text that ran, if the tool keeps it.
    pub ran: Option<String>,
}

impl Entry {
    /// One that is known by its number.
    pub(super) fn numbered(row: &TextRow, column: &str) -> Entry {
        let label = text(row, column).unwrap_or_default();
        Entry { keys: vec![number(&label)], label, ..Entry::default() }
    }

    /// One that is known by its name, which may end in the ending of a file.
    pub(super) fn named(row: &TextRow, column: &str) -> Entry {
        let label = text(row, column).unwrap_or_default();
        let keys = names(without_code(&label));
        Entry { keys, label, ..Entry::default() }
    }
}

/// What rows say that have a number in `version` and a time in `at`.
pub(super) fn numbered(rows: &[TextRow]) -> Theirs {
    let entry = |row| Entry { applied_at: text(row, "at"), ..Entry::numbered(row, "version") };
    Theirs { applied: rows.iter().map(entry).collect(), ..Theirs::default() }
}

/// What rows say that have a `name` and a time in `at`, and where there is a lock, whether it is held, in `locked`.
pub(super) fn named(rows: &[TextRow]) -> Theirs {
    let entry = |row| Entry { applied_at: text(row, "at"), ..Entry::named(row, "name") };
    let locked = rows.iter().any(|row| is(row, "locked"));
    Theirs { applied: rows.iter().map(entry).collect(), locked, ..Theirs::default() }
}

/// A column of a row.
pub(super) fn text(row: &TextRow, column: &str) -> Option<String> {
    row.get(column).cloned().flatten()
}

/// Whether a column is true.
pub(super) fn is(row: &TextRow, column: &str) -> bool {
    matches!(row.get(column), Some(Some(value)) if value == "true")
}

/// The key of a number: its digits without zeros in front.
pub(super) fn number(digits: &str) -> String {
    let bare = digits.trim_start_matches('0');
    format!("number {}", if bare.is_empty() { "0" } else { bare })
}

/// The keys of a name: as it is, and whatever stands between its words. A version has no dash, so a date that the name
/// begins with may have lost those that it had.
pub(super) fn names(name: &str) -> Vec<String> {
    let is_date = name.len() >= 10
        && name.bytes().take(10).enumerate().all(|(at, sign)| match at {
            4 | 7 => sign == b'-',
            _ => sign.is_ascii_digit(),
        });
    let dated = if is_date { name.replacen('-', "", 2) } else { name.to_owned() };
    // Other signs belong to the words.
    let words = dated.split(|sign: char| sign.is_ascii_punctuation() || sign == ' ').filter(|word| !word.is_empty());
    vec![format!("name {name}"), format!("words {}", words.collect::<Vec<_>>().join(" "))]
}

/// A name without the ending of a file in code or in SQL.
fn without_code(name: &str) -> &str {
    name.strip_suffix(".sql").or_else(|| counterfoil::convention::code::stem(name)).unwrap_or(name)
}

/// Of a file: by its number.
pub(super) fn by_number(_: &Set<'_>, file: &File<'_>) -> Vec<String> {
    file.number().map(number).into_iter().collect()
}

/// Of a file: by its name without the ending.
pub(super) fn by_name(_: &Set<'_>, file: &File<'_>) -> Vec<String> {
    names(file.stem())
}

/// The hex of some bytes.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
