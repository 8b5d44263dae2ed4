//! node-pg-migrate: `<digits>_name.sql` with `-- Up Migration` and `-- Down Migration`.
//!
//! Rules: <https://github.com/salsita/node-pg-migrate>, `src/migration.ts` (`getMigrationFilePaths`),
//! `src/utils/fileNameUtils.ts` (`getNumericPrefix`), `src/utils/comparators.ts`,
//! `src/migrationLoader.ts` and `src/sqlMigration.ts` (`getActions`). Every file of the folder whose name
//! starts with no dot is a migration, and is refused without a number in front; sub-folders are passed
//! over. The identity is the name without its ending. Order is by number, one of 17 digits being a date in
//! UTC that counts as its milliseconds. A marker matches `^\s*--[\s-]*(up|down)\s+migration`, in any case; without one
//! the file is the way up. The sections may stand in any order, and text before the first is not run.
//! Nothing in a SQL file says that it runs outside a transaction.
//!
//! Where Counterfoil differs: a file with a way back alone is refused (it would run on the way up), and so
//! is a marker that comes twice (the first counts) and `.up.sql` and `.down.sql` (by default
//! both run on the way up; the loader `sql` takes them for a pair). A marker inside a literal is not one.
//! Names of one number are compared as text, not as a language sorts them.

use super::files::{File, Set, title};
use super::markers::{self, Place};
use super::numbered::{accept, unnumbered};
use super::out::Out;
use super::sections::{Begin, Direction, Recurs, Words, cut, ignored};
use crate::error::{Code, Error};
use crate::migration::{Section, Transaction};
use crate::version::leading_digits;

const WORDS: Words = Words {
    tool: "node-pg-migrate",
    up: "-- Up Migration",
    down: "-- Down Migration",
    up_first: false,
    recurs: Recurs::Never,
};

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    for file in accept(set, out, &|file| file.stem().is_some())? {
        let stem = file.stem().unwrap_or("");
        if leading_digits(stem).is_empty() {
            return Err(unnumbered(file, WORDS.tool));
        }
        if stem.ends_with(".up") || stem.ends_with(".down") {
            return Err(file.error(
                Code::InvalidName,
                "node-pg-migrate runs it as a migration of its own or as a half of one, as it is set up",
                "put both ways into one file, below `-- Up Migration` and `-- Down Migration`",
            ));
        }
        let (up, down) = sections(file, out)?;
        out.push(file, stem, title(stem), up, down, file.dir(), stem);
    }
    Ok(())
}

fn sections(file: &File<'_>, out: &mut Out) -> Result<(Section, Option<Section>), Error> {
    let text = file.canonical()?;
    let mut begins = Vec::new();
    for span in markers::find_by(&text, Place::Line, usize::MAX, &mut |words| marker(words).is_some()) {
        if let Some((direction, _)) = marker(&span.slice(&text)[2..]) {
            begins.push(Begin { direction, span, transaction: Transaction::Auto });
        }
    }
    if begins.is_empty() {
        return Ok((file.section()?, None));
    }
    ignored(file, begins[0].span.start, &WORDS, out)?;
    cut(file, &text, &begins, &[], &WORDS)
}

/// The direction of a marker, from what follows its first dashes, and the rest of its line.
pub(super) fn marker(words: &str) -> Option<(Direction, &str)> {
    let words = words.trim_start_matches(is_drawn);
    for (way, direction) in [("up", Direction::Up), ("down", Direction::Down)] {
        if let Some(rest) = after(words, way)
            && let Some(rest) = after(rest.trim_start(), "migration").filter(|_| rest.starts_with(char::is_whitespace))
        {
            return Some((direction, rest.split('\n').next().unwrap_or("")));
        }
    }
    None
}

/// What follows a word in any case.
fn after<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    text.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word)).map(|_| &text[word.len()..])
}

/// What stands around the words of a marker.
pub(super) fn is_drawn(c: char) -> bool {
    c.is_whitespace() || c == '-'
}
