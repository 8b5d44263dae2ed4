//! dbmate: `<digits>_name.sql` with `-- migrate:up` and `-- migrate:down`.
//!
//! Rules: <https://github.com/amacneil/dbmate>, `pkg/dbmate/migration.go` and `db.go`. A file is a
//! migration if its name matches `^(\d+).*\.sql$`; others, and sub-folders, are passed over. A
//! marker matches `^--\s*migrate:up(\s*$|\s+\S+)`: case counts, it starts in the first column, and
//! what follows are `key:value` options, of which `transaction:false` is known. Only comments and
//! blank lines may come before the up marker.
//!
//! Since 2.29 a file may have several pairs, each with a way back (`getMigrationSectionSubstrings`). `Migrate` runs them in
//! their order, `Rollback` too, each pair in a transaction of its own or in none. Until 2.36 it records the version behind
//! each pair, and so stops at the second; 2.28 and older run the first way up only, and all the rest as its way back.
//!
//! Where Counterfoil differs: a missing down section is fine until it is wanted, and a marker inside a literal is not one.
//! Of several pairs the ways back run in reverse, all that leads one way is one transaction (or none, if one of its markers
//! says so), and the row is written once. A second up marker below an empty first is allowed, as it was until 2.28.

use super::files::{File, Set};
use super::markers::{self, Place};
use super::numbered::accept_beside;
use super::out::Out;
use super::sections::{Begin, Direction, Recurs, Words, cut};
use crate::error::{Code, Error};
use crate::migration::{Section, Transaction};
use crate::version::leading_digits;

/// The words that markers begin with.
pub(super) const WORD: &str = "migrate:";

const WORDS: Words =
    Words { tool: "dbmate", up: "-- migrate:up", down: "-- migrate:down", up_first: true, recurs: Recurs::Pairs };

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    // dbmate takes several folders, so folders beside each other are fine.
    let (accepted, _) = accept_beside(set, out, &|file| name(file).is_some());
    for file in accepted {
        let Some((digits, name)) = name(file) else { continue };
        let (up, down) = sections(file)?;
        out.push(file, digits, name, up, down, file.dir(), file.stem().unwrap_or(""));
    }
    Ok(())
}

/// The digits and the name: whatever follows the digits belongs to the name.
fn name<'f>(file: &'f File<'_>) -> Option<(&'f str, &'f str)> {
    let stem = file.stem()?;
    let digits = leading_digits(stem);
    let rest = &stem[digits.len()..];
    (!digits.is_empty()).then(|| (digits, rest.strip_prefix(['_', '-']).unwrap_or(rest)))
}

pub(super) fn sections(file: &File<'_>) -> Result<(Section, Option<Section>), Error> {
    let text = file.canonical()?;
    let mut begins = Vec::new();
    let mut indented = None;
    for span in markers::find(&text, &[WORD], Place::Line, usize::MAX) {
        let Some((direction, options)) = marker(span.slice(&text)) else { continue };
        if span.start > 0 && !text[..span.start].ends_with('\n') {
            indented = indented.or(Some(span));
            continue;
        }
        let off = options.split_ascii_whitespace().any(|option| option == "transaction:false");
        let transaction = if off { Transaction::Off } else { Transaction::Auto };
        match begins.last_mut() {
            // An empty one before it is a comment, as it was to dbmate before 2.29.
            Some(Begin { direction: Direction::Up, span: before, transaction: so_far })
                if direction == Direction::Up
                    && markers::first_token(&text[before.start..], span.start - before.start).is_none() =>
            {
                if off {
                    *so_far = transaction;
                }
            }
            _ => begins.push(Begin { direction, span, transaction }),
        }
    }
    match (begins.first(), indented) {
        (None, Some(span)) => {
            return Err(file.error_at(
                Code::InvalidMarker,
                "the marker does not start in the first column",
                "remove the white space before it; dbmate does not see it there",
                &text,
                span.start,
            ));
        }
        (Some(first), _) => {
            if let Some(offset) = markers::first_token(&text, first.span.start) {
                return Err(file.error_at(
                    Code::InvalidMarker,
                    "a statement stands before the first marker",
                    "move it below `-- migrate:up`; only comments may come before",
                    &text,
                    offset,
                ));
            }
        }
        (None, None) => {}
    }
    cut(file, &text, &begins, &[], &WORDS)
}

/// The direction and the options of a marker line.
fn marker(comment: &str) -> Option<(Direction, &str)> {
    let rest = comment.get(2..)?.trim_start().strip_prefix(WORD)?;
    let (direction, options) = if let Some(options) = rest.strip_prefix("up") {
        (Direction::Up, options)
    } else {
        (Direction::Down, rest.strip_prefix("down")?)
    };
    (options.is_empty() || options.starts_with(|c: char| c.is_ascii_whitespace())).then_some((direction, options))
}
