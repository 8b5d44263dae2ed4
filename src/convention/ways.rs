//! Other tools' markers of the ways in a file: the table of them, and how they are read in a set that no tool's own
//! convention fits.
//!
//! A marker is the whole of its line. `-- Down migration is a no-op` is prose; it counts only in a file that has the same
//! tool's marker of the way up, since that tool then takes it for one. What lies in a literal, a dollar quote or a block
//! comment is none.
//!
//! In a `plain` set a file is cut at the markers of a tool if it has both of them, or the one that a tool without a marker
//! of the way up has. A marker may recur, and what stands below it belongs to its way, as rambler and micrate have it
//! (`migration.go`, `src/micrate/migration.cr`). Where nothing tells which tool it is, or only a way back is marked, the
//! file stays whole, and the plan refuses it.

use super::files::File;
use super::markers::first_token;
use super::sections::{Begin, Direction, Recurs, Words, cut, divided};
use super::{dbmate, goose, sql_migrate};
use crate::error::{Code, Error};
use crate::migration::{Convention, Section, Transaction};
use crate::span::Span;
use crate::sql::lex::{Kind, tokens};

/// How a tool marks the ways in a file.
pub(crate) struct Marker {
    /// The tool, as a person calls it.
    pub(crate) tool: &'static str,
    /// The convention that reads such files here.
    pub(crate) convention: Option<Convention>,
    /// The words of the marker of the way back, in lower case. Case does not count, since for most
    /// of these tools it does not.
    pub(crate) down: &'static [&'static str],
    /// The words of the marker of the way up; empty if there is none.
    pub(crate) up: &'static str,
    /// The words are those of plain English, too: inside a statement they head a part of it.
    pub(crate) plain: bool,
}

/// What stands before and after the words: dashes, Play's `#`, and what people draw around a heading.
fn around(c: char) -> bool {
    c.is_whitespace() || "-#=*~".contains(c)
}

/// What may stand between the words, and around those of people's own markers besides.
fn decorates(c: char) -> bool {
    around(c) || "[](){}<>!+:._".contains(c)
}

/// Every marker, with where its tool says so.
pub(crate) const MARKERS: &[Marker] = &[
    // pkg/dbmate/migration.go. Its own convention cuts at it; one that is indented it does not see.
    marker("dbmate", Some(Convention::Dbmate), &["migrate:down"], "migrate:up"),
    // internal/sqlparser/parser.go
    marker("goose", Some(Convention::Goose), &["+goose down"], "+goose up"),
    // sqlparse/sqlparse.go
    marker("sql-migrate", Some(Convention::SqlMigrate), &["+migrate down"], "+migrate up"),
    // src/sqlMigration.ts: /^\s*--[\s-]*(up|down)\s+migration/im
    marker("node-pg-migrate", Some(Convention::NodePgMigrate), &["down migration"], "up migration"),
    // migrate/migrate.go: what strings.SplitN splits at
    marker("tern", Some(Convention::Tern), &["create above / drop below"], ""),
    // MigrationReader.java: ^--\s*//.*$ with @UNDO in it
    marker("MyBatis Migrations", None, &["//@undo", "// @undo"], ""),
    // migration.go: `-- rambler` and the rest of the line
    marker("rambler", None, &["rambler down"], "rambler up"),
    // src/micrate/migration.cr
    marker("micrate", None, &["+micrate down"], "+micrate up"),
    // Play's EvolutionsReader: ^(#|--).*!Downs.*$
    marker("Play", None, &["!downs"], "!ups"),
    // https://www.npmjs.com/package/martlet
    marker("martlet", None, &["up/down"], ""),
    // node-sqlite's src/utils/migrate.ts, /^\s*--\s+?down\b/im; and runners that people write themselves, of
    // which each has its own spelling.
    plain("sqlite for Node", &["down"], "up"),
    plain("a runner of one's own", &["@down"], "@up"),
    plain("a runner of one's own", &["migrate down"], "migrate up"),
    plain("a runner of one's own", &["migration down"], "migration up"),
    plain("a runner of one's own", &["db down"], "db up"),
    plain("a runner of one's own", &["downgrade"], "upgrade"),
];

const fn marker(
    tool: &'static str,
    convention: Option<Convention>,
    down: &'static [&'static str],
    up: &'static str,
) -> Marker {
    Marker { tool, convention, down, up, plain: false }
}

const fn plain(tool: &'static str, down: &'static [&'static str], up: &'static str) -> Marker {
    Marker { tool, convention: None, down, up, plain: true }
}

/// A line that reads like a marker.
pub(crate) struct Line<'t> {
    /// From the first byte that is not white space to the end of the line.
    pub(crate) span: Span,
    /// The words between what is drawn around them.
    pub(crate) words: &'t str,
    /// Whether it stands inside a statement.
    pub(crate) inside: bool,
}

/// The lines of a text that read like a marker and lie in no literal or block comment.
pub(crate) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut found: Vec<Line<'_>> = Vec::new();
    let mut start = 0;
    for line in text.split('\n') {
        let end = start + line.len();
        let code = line.trim_start();
        if code.starts_with("--") || code.starts_with('#') {
            let words = code.trim_matches(around);
            if MARKERS.iter().any(|marker| marker.way(words).is_some()) {
                found.push(Line { span: Span::new(end - code.len(), end), words, inside: false });
            }
        }
        start = end + 1;
    }
    // Most files have none, and are not lexed once more for it.
    if found.is_empty() {
        return found;
    }
    let mut tokens = tokens(text).peekable();
    let mut inside = false;
    found.retain_mut(|line| {
        while let Some(token) = tokens.next_if(|token| token.span.end <= line.span.start) {
            match token.kind {
                Kind::LineComment | Kind::BlockComment => {}
                kind => inside = kind != Kind::Semicolon,
            }
        }
        line.inside = inside;
        tokens.peek().is_none_or(|token| token.span.start >= line.span.start)
    });
    found
}

/// The ways in a file of a set that no tool's own convention fits; none if it has no markers, or they do not tell.
pub(super) fn read(file: &File<'_>) -> Result<Option<(Section, Option<Section>)>, Error> {
    let lines = lines(file.text);
    let mut found: Option<(&Marker, Vec<Begin>)> = None;
    for marker in MARKERS {
        let mut begins = Vec::new();
        for line in &lines {
            let direction = match marker.way(line.words) {
                Some(Way::Up) => Direction::Up,
                Some(Way::Down { whole }) if whole || !(marker.plain || begins.is_empty()) => Direction::Down,
                _ => continue,
            };
            begins.push(Begin { direction, span: line.span, transaction: Transaction::Auto });
            if line.inside && marker.plain {
                begins.clear();
                break;
            }
        }
        let is_there = |direction| begins.iter().any(|begin| begin.direction == direction);
        if !is_there(Direction::Down) || !(marker.up.is_empty() || is_there(Direction::Up)) {
            continue;
        }
        if found.is_some() {
            return Ok(None);
        }
        found = Some((marker, begins));
    }
    let Some((marker, mut begins)) = found else { return Ok(None) };
    let (up, down) = match marker.convention {
        Some(Convention::Dbmate) => dbmate::sections(file)?,
        Some(Convention::Goose) => goose::sections(file)?,
        Some(Convention::SqlMigrate) => sql_migrate::sections(file)?.0,
        _ => {
            if marker.up.is_empty() {
                begins = divided(begins[0].span);
            } else if let Some(offset) = first_token(file.text, begins[0].span.start) {
                // One tool runs it, another does not.
                return Err(file.error_at(
                    Code::InvalidMarker,
                    "a statement stands before the first marker",
                    "move it below the marker of its way",
                    file.text,
                    offset,
                ));
            }
            cut(file, file.text, &begins, &[], &WORDS)?
        }
    };
    // What is not cut has the checksum of the whole file.
    let is_empty = down.as_ref().is_none_or(|down| first_token(&down.text, down.text.len()).is_none());
    Ok(Some((if is_empty { file.section()? } else { up }, down)))
}

const WORDS: Words = Words { tool: "", up: "", down: "", up_first: false, recurs: Recurs::Freely };

/// What the words of a line mark.
pub(crate) enum Way {
    Up,
    /// `whole`: there is nothing behind the marker.
    Down {
        whole: bool,
    },
}

impl Marker {
    /// What the words mark for this tool.
    pub(crate) fn way(&self, words: &str) -> Option<Way> {
        // As it is written: dbmate's `migrate:up` makes no marker of prose that begins with `migrate down`.
        if !self.up.is_empty() && after(words, self.up, char::is_whitespace) == Some("") {
            return Some(Way::Up);
        }
        let words = if self.plain { words.trim_matches(decorates) } else { words };
        let rest = self.down.iter().find_map(|down| after(words, down, decorates))?;
        // MyBatis looks for its marker at the beginning of the comment only.
        let whole = self.down[0].starts_with("//") || rest.trim_matches(decorates).is_empty();
        Some(Way::Down { whole })
    }
}

/// What follows a marker's words; none if they are not there. Between two words there is something of `between`, and
/// what follows begins with something that no word goes on with.
fn after<'t>(text: &'t str, marker: &str, between: fn(char) -> bool) -> Option<&'t str> {
    let mut rest = text;
    for (index, word) in marker.split(' ').enumerate() {
        let next = if index == 0 { rest } else { rest.trim_start_matches(between) };
        if index > 0 && next.len() == rest.len() {
            return None;
        }
        let head = next.get(..word.len())?;
        if !head.eq_ignore_ascii_case(word) {
            return None;
        }
        rest = &next[word.len()..];
    }
    let goes_on = rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/'));
    (!goes_on).then_some(rest)
}
