//! Other tools' markers of a way back, in text that would run as a way up.
//!
//! Many tools keep both ways in one file, and tell them apart by a comment. Read by another
//! convention such a file is a way up from its first line to its last: what it makes, it throws away
//! again, and the run ends as a success. So a marker of a way back with a statement below it is
//! found before anything runs.
//!
//! A marker is the whole of its line. `-- Down migration is a no-op` is prose; it counts only in a
//! file that has the same tool's marker of the way up, since that tool then takes it for one. What
//! lies in a literal, a dollar quote or a block comment is none.

use super::{Finding, Severity};
use crate::mention::Mention;
use crate::migration::{Convention, Section};
use crate::sql::Analysis;
use crate::sql::lex::tokens;

/// The code of the finding.
pub const CODE: &str = "foreign-marker";

/// How a tool marks the ways in a file.
struct Marker {
    /// The tool, as a person calls it.
    tool: &'static str,
    /// The convention that reads such files here.
    convention: Option<Convention>,
    /// The words of the marker of the way back, in lower case. Case does not count, since for most
    /// of these tools it does not.
    down: &'static [&'static str],
    /// The words of the marker of the way up; empty if there is none.
    up: &'static str,
    /// The words are those of plain English, too: inside a statement they head a part of it.
    plain: bool,
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
const MARKERS: &[Marker] = &[
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
struct Line<'t> {
    /// The first byte that is not white space, and the end of the line.
    start: usize,
    end: usize,
    /// The words between what is drawn around them.
    words: &'t str,
}

/// The finding about the first such marker in a way up, if there is one.
pub fn finding(section: &Section, analysis: &Analysis, convention: Convention, severity: Severity) -> Option<Finding> {
    let (line, marker) = first(&section.text, analysis)?;
    let shown = section.text[line.start..line.end].trim_end();
    let message = format!(
        "`{shown}` marks a way back for {}, and the statements below it would run as a part of the way up",
        marker.tool
    );
    let mut options = Vec::new();
    let help = match marker.convention {
        Some(own) if own == convention => {
            let (dashes, end) = if own == Convention::Tern { ("----", " ----") } else { ("--", "") };
            format!("write it as `{dashes} {}{end}`, at the start of its line", marker.down[0])
        }
        Some(own) => {
            let option = own.as_option();
            let help = format!(
                "if these are the files of {}, say so: {}; else {}",
                marker.tool,
                option.text,
                move_it(convention, &mut options)
            );
            options.push(option);
            help
        }
        None => move_it(convention, &mut options),
    };
    let finding = Finding::new(CODE, severity, message).with_help(help);
    Some(finding.with_location(section.location(line.start)).with_options(options))
}

/// What to do with a way back in a set of this convention.
fn move_it(convention: Convention, options: &mut Vec<Mention>) -> String {
    let home = match convention {
        Convention::Dbmate => "below `-- migrate:down`",
        Convention::Goose => "below `-- +goose Down`",
        Convention::SqlMigrate => "below `-- +migrate Down`",
        Convention::NodePgMigrate => "below `-- Down Migration`",
        Convention::Tern => "below `---- create above / drop below ----`",
        Convention::Flyway => "to a U file of the same version",
        Convention::Diesel | Convention::Hasura | Convention::Folders => "to the down.sql beside it",
        Convention::GolangMigrate | Convention::Sqlx | Convention::Supabase => {
            "to a file of the same name that ends in .down.sql"
        }
        // Files with and without a way back might be golang-migrate's or sqlx's.
        Convention::Plain => {
            options.push(convention.as_option());
            "to a file of the same name that ends in .down.sql (with convention: 'plain')"
        }
        _ => return String::from("take out what is below it; only the line, if that belongs to the way up"),
    };
    format!("move what is below it {home}; take only the line out, if that belongs to the way up")
}

/// The first marker of a way back with a statement below it.
fn first<'t>(text: &'t str, analysis: &Analysis) -> Option<(Line<'t>, &'static Marker)> {
    let mut candidates = Vec::new();
    let mut start = 0;
    for line in text.split('\n') {
        let end = start + line.len();
        let code = line.trim_start();
        if code.starts_with("--") || code.starts_with('#') {
            let line = Line { start: end - code.len(), end, words: code.trim_matches(around) };
            if MARKERS.iter().any(|marker| marker.way(line.words).is_some()) {
                candidates.push(line);
            }
        }
        start = end + 1;
    }
    // Most files have none, and are not lexed once more for it.
    if candidates.is_empty() {
        return None;
    }
    let mut ups: Vec<&str> = Vec::new();
    let mut tokens = tokens(text).peekable();
    for line in candidates {
        while tokens.next_if(|token| token.span.end <= line.start).is_some() {}
        if tokens.peek().is_some_and(|token| token.span.start < line.start) {
            continue;
        }
        let inside = analysis.statements.iter().any(|it| it.span.start < line.start && line.start < it.span.end);
        let below = analysis.statements.iter().any(|it| it.span.end > line.end);
        for marker in MARKERS {
            match marker.way(line.words) {
                Some(Way::Up) => ups.push(marker.up),
                Some(Way::Down { whole }) => {
                    let counts = whole || ups.contains(&marker.up);
                    if below && counts && !(inside && marker.plain) {
                        return Some((line, marker));
                    }
                }
                None => {}
            }
        }
    }
    None
}

/// What the words of a line mark.
enum Way {
    Up,
    /// `whole`: there is nothing behind the marker.
    Down {
        whole: bool,
    },
}

impl Marker {
    /// What the words mark for this tool.
    fn way(&self, words: &str) -> Option<Way> {
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
