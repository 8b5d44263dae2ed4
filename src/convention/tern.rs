//! tern: `<digits>_name.sql` with `---- create above / drop below ----`.
//!
//! Rules: <https://github.com/jackc/tern>, `migrate/migrate.go` (`FindMigrations`, `LoadMigrations`, `MigrateTo`). A name
//! matches `\A(\d+)_.+\.sql\z`; sub-folders hold templates that migrations take in, and are no migrations. Order is by
//! number, counted from 1 without a gap. What stands above the separator is the way up, and what stands below the way
//! back; without anything below it there is none. `---- tern: disable-tx ----` on a line of its own holds for the way in
//! which it stands. The whole text is a Go template.
//!
//! Where Counterfoil differs: a number may be missing; a separator inside a literal is none; text with `{{` is refused when
//! it has to be run, since nothing would fill it in.

use super::files::{File, Set};
use super::markers::{self, Place};
use super::numbered::{accept, underscored};
use super::out::Out;
use super::sections::{Begin, Direction, Recurs, Words, cut, refuse_placeholder};
use crate::error::{Code, Error};
use crate::migration::{Section, Transaction};
use crate::span::Span;

/// What follows the first dashes of the separator.
pub(super) const WORD: &str = "-- create above / drop below ----";

/// The line in a way outside a transaction, wherever it stands.
const NO_TRANSACTION: &str = "---- tern: disable-tx ----";

const WORDS: Words = Words {
    tool: "tern",
    up: "---- create above / drop below ----",
    down: "---- create above / drop below ----",
    up_first: true,
    recurs: Recurs::Never,
};

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    for file in accept(set, out, &|file| underscored(file).is_some_and(|(_, name)| !name.is_empty()))? {
        let Some((digits, name)) = underscored(file) else { continue };
        let (up, down) = sections(file)?;
        out.push(file, digits, name, up, down, file.dir(), file.stem().unwrap_or(""));
    }
    Ok(())
}

fn sections(file: &File<'_>) -> Result<(Section, Option<Section>), Error> {
    let text = file.canonical()?;
    let begin = |direction, span| Begin { direction, span, transaction: Transaction::Auto };
    let mut begins = vec![begin(Direction::Up, Span::new(0, 0))];
    if let Some(&span) = markers::find(&text, &[WORD], Place::Anywhere, 1).first() {
        if !span.slice(&text)[2 + WORD.len()..].trim().is_empty() {
            let help = "write it on the next line; tern would run it as part of the way back";
            return Err(file.error_at(Code::InvalidMarker, "text behind the separator", help, &text, span.start));
        }
        begins.push(begin(Direction::Down, span));
    }
    let (mut up, mut down) = cut(file, &text, &begins, &[], &WORDS)?;
    down = down.filter(|down| !down.text[down.text.find('\n').unwrap_or(down.text.len())..].trim().is_empty());
    for section in [Some(&mut up), down.as_mut()].into_iter().flatten() {
        let text = &section.text;
        if text.split('\n').any(|line| line == NO_TRANSACTION) {
            section.transaction = Transaction::Off;
        }
        if let Some(start) = text.find("{{") {
            let end = text[start..].find("}}").map_or(text.len(), |end| start + end + 2);
            let help = "write what it stands for into the file, or run this migration with tern";
            refuse_placeholder(section, "tern", (start, end), help);
        }
    }
    Ok((up, down))
}
