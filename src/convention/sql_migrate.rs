//! sql-migrate: `name.sql` with `-- +migrate Up`, `Down`, `StatementBegin` and `StatementEnd`.
//!
//! Rules: <https://github.com/rubenv/sql-migrate>, `migrate.go` and `sqlparse/sqlparse.go`. Every
//! name that ends in `.sql` is a migration and the whole of it, with `.sql`, the identity; order is
//! by leading number, then by name. A marker line starts with `-- +migrate ` exactly, in the first
//! column; `notransaction` may follow `Up` and `Down`. Both may recur: each says which way the
//! statements below it lead, those of one way run in their order, and `notransaction` of any of its markers holds
//! for all of it (`ParseMigration`). A way back without a statement is allowed. Sub-folders are passed over.
//!
//! Where Counterfoil differs: a marker that sql-migrate would silently take for a comment
//! (`-- +migrate up`) is an error; text before the first marker, which it ignores, is reported; a marker ends a
//! statement without a semicolon, which sql-migrate refuses.

use super::files::{File, Set, title};
use super::markers::{self, Place};
use super::numbered::accept;
use super::out::Out;
use super::sections::{Begin, Direction, Recurs, Words, cut, ignored};
use super::statements::Pairs;
use crate::error::{Code, Error};
use crate::migration::{Section, Transaction};

/// The words that markers begin with.
pub(super) const WORD: &str = "+migrate";

const WORDS: Words = Words {
    tool: "sql-migrate",
    up: "-- +migrate Up",
    down: "-- +migrate Down",
    up_first: false,
    recurs: Recurs::Freely,
};

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    for file in accept(set, out, &|file| file.stem().is_some())? {
        let stem = file.stem().unwrap_or("");
        let ((up, down), offset) = sections(file)?;
        ignored(file, offset, &WORDS, out)?;
        out.push(file, file.name(), title(stem), up, down, file.dir(), stem);
    }
    Ok(())
}

/// The sections, and where the first marker stands.
pub(super) fn sections(file: &File<'_>) -> Result<((Section, Option<Section>), usize), Error> {
    let text = file.canonical()?;
    let mut begins: Vec<Begin> = Vec::new();
    let mut pairs = Pairs::new();
    for span in markers::find(&text, &[WORD], Place::Line, usize::MAX) {
        let comment = span.slice(&text);
        let wrong =
            |message: String, help: &str| Err(file.error_at(Code::InvalidMarker, &message, help, &text, span.start));
        markers::in_first_column(
            file,
            &text,
            span,
            "remove the white space before it; sql-migrate does not see it there",
        )?;
        let mut words = comment.strip_prefix("-- +migrate ").unwrap_or("").split_ascii_whitespace();
        match words.next() {
            Some(word @ ("Up" | "Down")) => {
                pairs.close(file, &text)?;
                let direction = if word == "Up" { Direction::Up } else { Direction::Down };
                let off = words.any(|option| option == "notransaction");
                begins.push(Begin {
                    direction,
                    span,
                    transaction: if off { Transaction::Off } else { Transaction::Auto },
                });
            }
            Some("StatementBegin") if !begins.is_empty() => pairs.begin(file, &text, span)?,
            Some("StatementEnd") if !begins.is_empty() => pairs.end(file, &text, span)?,
            Some("StatementBegin" | "StatementEnd") => {
                return wrong(
                    format!("`{}` before `-- +migrate Up`", comment.trim_end()),
                    "write `-- +migrate Up` first",
                );
            }
            _ => {
                return wrong(
                    format!("`{}` is not a sql-migrate marker", comment.trim_end()),
                    "the markers are `-- +migrate` and Up, Down, StatementBegin or StatementEnd, written just so",
                );
            }
        }
    }
    pairs.close(file, &text)?;
    let cut = cut(file, &text, &begins, &pairs.ends, &WORDS)?;
    Ok((cut, begins[0].span.start))
}
