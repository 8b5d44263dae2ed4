//! A change of the schema is made on every track.
//!
//! Some programs keep their schema in two places: a list of SQLite migrations in a Python file and
//! Alembic revisions for PostgreSQL, say. A change that registers a migration with DDL on one track has
//! to register one on every other, or it is `track-parity`, at the line of the DDL.
//!
//! *Registers* means net-new: what the head has and the merge base had not, counted over all files of
//! the track. So a file that was renamed, or a line that was moved, registers nothing. A new file counts
//! if it has anything to run on the way up: not a down file, nor an Alembic revision that only merges
//! heads. Where a line registers, it counts if it is not in a comment or docstring.
//!
//! *DDL* is looked for on the added lines of the head, where a new file registers in new files only.
//! Comments, docstrings, ways down (down files and sections, `def downgrade`) and what works on data
//! do not count.

mod literals;
mod python;
mod sql;
mod tracks;

use super::report::Report;
use super::{Ddl, Edit, Options, items};
use crate::checksum::canonical;
use crate::error::{Error, Location};
use crate::span::{Span, line_column};
use crate::sql::lex;
use tracks::Track;

/// A piece of DDL: where in the text, and in short words.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hit {
    at: usize,
    what: String,
}

/// Checks what the options say about tracks.
pub(super) fn validate(options: &Options) -> Result<(), Error> {
    tracks::tracks(options).map(drop)
}

/// Judges the files that a change touches.
pub(super) fn judge(edits: &[Edit], options: &Options, report: &mut Report<'_>) -> Result<(), Error> {
    let tracks = tracks::tracks(options)?;
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by(|a, b| (&a.path, &a.from).cmp(&(&b.path, &b.from)));
    let registered: Vec<Registered<'_>> = tracks.iter().map(|track| registered(track, &edits)).collect();
    for (track, own) in tracks.iter().zip(&registered) {
        if own.net <= 0 {
            continue;
        }
        let lacks: Vec<&Track<'_>> =
            tracks.iter().zip(&registered).filter(|(_, other)| other.net <= 0).map(|(track, _)| track).collect();
        if lacks.is_empty() {
            continue;
        }
        let first = own.edits.iter().find_map(|edit| Some((edit, ddl(track, edit)?)));
        let Some((edit, (hit, text))) = first else { continue };
        let place = line_column(&text, hit.at);
        let names: Vec<String> = lacks.iter().map(|track| format!("{:?}", track.name)).collect();
        let ways: Vec<String> = lacks.iter().map(|track| track.how()).collect();
        report.add(
            "track-parity",
            Some(Location { path: edit.path.clone(), line: place.line, column: place.column }),
            format!(
                "the track {:?} registers a migration with {}, and {} {} none",
                track.name,
                hit.what,
                names.join(" and "),
                if names.len() == 1 { "registers" } else { "register" }
            ),
            format!("make the same change there: {}", ways.join("; ")),
        );
    }
    Ok(())
}

/// What a change registers on a track.
struct Registered<'a> {
    /// How many migrations more than before.
    net: i64,
    /// Where its DDL may be.
    edits: Vec<&'a Edit>,
}

fn registered<'a>(track: &Track<'_>, edits: &[&'a Edit]) -> Registered<'a> {
    let mut found = Registered { net: 0, edits: Vec::new() };
    for edit in edits {
        let count = |path: &str, text: &Option<String>| -> i64 {
            match text {
                Some(text) if track.has(path) => counted(track, path, text),
                _ => 0,
            }
        };
        let before = count(edit.from.as_ref().unwrap_or(&edit.path), &edit.base);
        let after = count(&edit.path, &edit.head);
        found.net += after - before;
        if edit.head.is_some() && track.has(&edit.path) && (track.line.is_some() || after > before) {
            found.edits.push(edit);
        }
    }
    found
}

/// How many migrations a file registers.
fn counted(track: &Track<'_>, path: &str, text: &str) -> i64 {
    let text = canonical(text);
    match &track.line {
        Some(line) => {
            let masked = mask(path, &text);
            i64::try_from(masked.lines().filter(|text| line.is_match(text)).count()).unwrap_or(i64::MAX)
        }
        None => i64::from(registers(path, &text)),
    }
}

/// Whether a file is a migration that does something.
fn registers(path: &str, text: &str) -> bool {
    /// What lies beside migrations.
    const BESIDE: &[&str] = &["json", "sum", "toml", "md", "txt", "lock", "yaml", "yml", "conf", "snap", "mako", "ini"];
    let name = items::name(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    match kind(path) {
        _ if is_way_down(path) || name.starts_with('.') || BESIDE.contains(&ending) => false,
        Kind::Sql => sql::has_up(text),
        Kind::Python => python::read(text).has_up,
        Kind::Other => !text.trim().is_empty(),
    }
}

/// Whether the file is the way back of a migration.
fn is_way_down(path: &str) -> bool {
    let name = items::name(path);
    let is_undo = name.strip_prefix('U').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    items::is_down(name) || is_undo && name.contains("__")
}

enum Kind {
    Sql,
    Python,
    Other,
}

fn kind(path: &str) -> Kind {
    match path {
        _ if items::is_sql(path) => Kind::Sql,
        _ if path.ends_with(".py") => Kind::Python,
        _ => Kind::Other,
    }
}

/// The first DDL on an added line, with the text that it is in.
fn ddl<'e>(track: &Track<'_>, edit: &'e Edit) -> Option<(Hit, std::borrow::Cow<'e, str>)> {
    let path = &edit.path;
    if is_way_down(path) {
        return None;
    }
    let text = canonical(edit.head.as_deref()?);
    let counts = |ddl| track.counts(ddl, path);
    let mut hits = Vec::new();
    match kind(path) {
        Kind::Sql if counts(Ddl::Sql) => hits = sql::ddl(&text, false),
        Kind::Python => {
            let source = python::read(&text);
            hits.extend(source.sql.into_iter().filter(|_| counts(Ddl::Sql)));
            hits.extend(source.sqlalchemy.into_iter().filter(|_| counts(Ddl::Sqlalchemy)));
        }
        Kind::Other if counts(Ddl::Sql) => hits = literals::read(&text).1,
        Kind::Sql | Kind::Other => {}
    }
    hits.sort_by(|a, b| (a.at, &a.what).cmp(&(b.at, &b.what)));
    let added = Added::new(edit);
    let (mut line, mut seen) = (1_u32, 0);
    let first = hits.into_iter().find(|hit| {
        line += text[seen..hit.at].bytes().filter(|byte| *byte == b'\n').count() as u32;
        seen = hit.at;
        added.has(line)
    });
    first.map(|hit| (hit, text))
}

/// Added lines, as ranges in order.
struct Added(Option<Vec<(u32, u32)>>);

impl Added {
    fn new(edit: &Edit) -> Added {
        // All of a new file is added.
        if edit.base.is_none() {
            return Added(None);
        }
        let mut ranges: Vec<(u32, u32)> =
            edit.added.iter().map(|&(line, count)| (line, line.saturating_add(count))).collect();
        ranges.sort_unstable();
        // So that the end of a range grows with its start.
        let mut end = 0;
        for range in &mut ranges {
            end = end.max(range.1);
            range.1 = end;
        }
        Added(Some(ranges))
    }

    fn has(&self, line: u32) -> bool {
        let Some(ranges) = &self.0 else { return true };
        let after = ranges.partition_point(|range| range.0 <= line);
        after.checked_sub(1).is_some_and(|before| line < ranges[before].1)
    }
}

/// The text with comments and docstrings blanked; lines stay lines.
fn mask(path: &str, text: &str) -> String {
    let silent: Vec<Span> = match kind(path) {
        Kind::Sql => {
            let is_comment =
                |token: &lex::Token| matches!(token.kind, lex::Kind::LineComment | lex::Kind::BlockComment);
            lex::tokens(text).filter(is_comment).map(|token| token.span).collect()
        }
        Kind::Python => {
            let mut silent = python::read(text).silent;
            silent.sort_unstable();
            silent
        }
        Kind::Other => literals::read(text).0,
    };
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for span in silent {
        out.push_str(text.get(at..span.start).unwrap_or(""));
        out.extend(span.slice(text).chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        at = span.end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}
