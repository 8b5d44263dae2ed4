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
//! `ENVSUB ON` fills in variables of the environment from its line on, `ENVSUB OFF` ends that: see `envsub.rs`.
//!
//! Where Counterfoil differs: only variables that the run has been given by name are filled in, any other is
//! refused; and prose that mentions `+goose` further on in a comment is not a marker.

use super::envsub;
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
    for span in markers::find(&text, &[WORD], Place::Line, usize::MAX) {
        let comment = span.slice(&text);
        let wrong =
            |message: String, help: &str| Err(file.error_at(Code::InvalidMarker, &message, help, &text, span.start));
        markers::in_first_column(file, &text, span, "remove the white space before it")?;
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
        } else if !is("ENVSUB ON") && !is("ENVSUB OFF") {
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
    for section in [Some(&mut up), down.as_mut()].into_iter().flatten() {
        substitute(file, section, &text);
    }
    Ok((up, down))
}

/// Notes what is filled in: on the lines of statements, where `ENVSUB` is on. goose sees markers between quotes too.
fn substitute(file: &File<'_>, section: &mut Section, text: &str) {
    let before: usize = text.split_inclusive('\n').take(section.line as usize - 1).map(str::len).sum();
    let mut at = 0;
    let (mut is_on, mut is_open, mut is_block) = (false, false, false);
    for full in text.split_inclusive('\n') {
        let begin = at;
        at += full.len();
        let line = full.trim_end_matches('\n');
        if line.starts_with("--") && line.contains(WORD) {
            let marker = line.to_ascii_lowercase();
            let says = |word: &str| marker.contains(word);
            is_on = says("envsub on") || is_on && !says("envsub off");
            is_block = says("statementbegin") || is_block && !says("statementend");
            is_open &= is_block;
            continue;
        }
        let is_within = begin >= before && begin - before < section.text.len();
        if !is_within || !is_open && (line.is_empty() || line.trim_start().starts_with("--")) {
            continue;
        }
        is_open = is_block || !ends(line);
        if is_on && let Err(wrong) = envsub::fills(line, begin - before, &mut section.fills) {
            let message = "goose would fill in a variable of the environment here, and finds no name";
            let help = "write `$$` for a `$` that is to stay, or end it before with `-- +goose ENVSUB OFF`";
            section.refused = Some(file.error_at(Code::Unsupported, message, help, text, before + wrong));
            section.fills.clear();
            return;
        }
    }
}

/// Whether a statement ends with the line: its last word before a comment ends in a semicolon.
fn ends(line: &str) -> bool {
    line.split_ascii_whitespace()
        .take_while(|word| !word.starts_with("--"))
        .last()
        .is_some_and(|word| word.ends_with(';'))
}
