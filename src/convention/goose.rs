//! goose: `<digits>_name.sql` with `-- +goose Up`, `Down`, `StatementBegin`, `StatementEnd` and
//! `NO TRANSACTION`.
//!
//! Rules: <https://github.com/pressly/goose>, `internal/sqlparser/parser.go`, `migrate.go`
//! (`NumericComponent`) and `provider_collect.go`; documented at
//! <https://pressly.github.io/goose/documentation/annotations>. A name has a number of at least 1
//! and an underscore; other files are passed over. A marker stands in the first column, its case
//! does not matter, an unknown one is an error. The up marker is wanted, once, and first; only
//! comments may come before. `NO TRANSACTION` holds for both sections, wherever it stands.
//!
//! Where Counterfoil differs: `ENVSUB ON` (values from the environment) is refused when the
//! section has to be run, and prose that mentions `+goose` further on in a comment is not a marker.

use super::files::{File, Set};
use super::markers::{self, Place};
use super::numbered::{accept, underscored};
use super::out::Out;
use super::sections::{Begin, Direction, Recurs, Words, cut};
use super::statements::Pairs;
use crate::error::{Code, Error};
use crate::migration::{Section, Transaction};

/// The words that markers begin with.
pub(super) const WORD: &str = "+goose";

const WORDS: Words =
    Words { tool: "goose", up: "-- +goose Up", down: "-- +goose Down", up_first: true, recurs: Recurs::Never };

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    for file in accept(set, out, &|file| name(file).is_some())? {
        let Some((digits, name)) = name(file) else { continue };
        let (up, down) = sections(file)?;
        out.push(file, digits, name, up, down, file.dir(), file.stem().unwrap_or(""));
    }
    Ok(())
}

/// goose versions start at 1.
fn name<'f>(file: &'f File<'_>) -> Option<(&'f str, &'f str)> {
    underscored(file).filter(|(digits, _)| digits.bytes().any(|digit| digit != b'0'))
}

pub(super) fn sections(file: &File<'_>) -> Result<(Section, Option<Section>), Error> {
    let text = file.canonical()?;
    let mut begins: Vec<Begin> = Vec::new();
    let mut pairs = Pairs::new();
    let mut transaction = Transaction::Auto;
    let mut substituted = None;
    for span in markers::find(&text, &[WORD], Place::Line, usize::MAX) {
        let comment = span.slice(&text);
        let wrong =
            |message: String, help: &str| Err(file.error_at(Code::InvalidMarker, &message, help, &text, span.start));
        if span.start > 0 && !text[..span.start].ends_with('\n') {
            return wrong(
                "the marker does not start in the first column".to_owned(),
                "remove the white space before it",
            );
        }
        // As goose does: all dashes and the word taken away.
        let bare = comment.replace("--", "");
        let (before, after) = bare.split_once(WORD).unwrap_or((&bare, ""));
        let command = format!("{before}{after}");
        let command = command.trim();
        let is = |name: &str| command.eq_ignore_ascii_case(name);
        if is("Up") || is("Down") {
            pairs.close(file, &text)?;
            let direction = if is("Up") { Direction::Up } else { Direction::Down };
            begins.push(Begin { direction, span, transaction: Transaction::Auto });
        } else if is("StatementBegin") || is("StatementEnd") {
            if begins.is_empty() {
                return wrong(format!("`{}` before `-- +goose Up`", comment.trim_end()), "write `-- +goose Up` first");
            }
            if is("StatementBegin") { pairs.begin(file, &text, span)? } else { pairs.end(file, &text, span)? }
        } else if is("NO TRANSACTION") {
            transaction = Transaction::Off;
        } else if is("ENVSUB ON") {
            substituted = substituted.or(Some(span.start));
        } else if !is("ENVSUB OFF") {
            return wrong(
                format!("`{}` is not a goose marker", comment.trim_end()),
                "the markers are Up, Down, StatementBegin, StatementEnd, NO TRANSACTION, ENVSUB ON and ENVSUB OFF",
            );
        }
    }
    pairs.close(file, &text)?;
    if let Some(offset) = begins.first().and_then(|first| markers::first_token(&text, first.span.start)) {
        return Err(file.error_at(
            Code::InvalidMarker,
            "a statement stands before the first marker",
            "move it below `-- +goose Up`; only comments may come before",
            &text,
            offset,
        ));
    }
    for begin in &mut begins {
        begin.transaction = transaction;
    }
    let (mut up, mut down) = cut(file, &text, &begins, &pairs.ends, &WORDS)?;
    if let Some(offset) = substituted {
        let at = file.location(&text, offset);
        let refused = Error::new(Code::Unsupported, "goose would put environment variables into this file")
            .with_help("write the values into the file, or run this migration with goose")
            .with_location(at.clone());
        // It takes effect from its line on.
        let below = |section: &Section| at.line < section.line + section.text.matches('\n').count() as u32 + 1;
        for section in [Some(&mut up), down.as_mut()].into_iter().flatten() {
            if below(section) {
                section.refused = Some(refused.clone());
            }
        }
    }
    Ok((up, down))
}
