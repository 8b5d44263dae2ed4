//! graphile-migrate: `committed/<digits>-name.sql`, with a head of `--! Previous:` and `--! Hash:`; no down.
//!
//! Rules: <https://github.com/graphile/migrate>, `src/migration.ts` (`parseMigrationText`,
//! `getAllMigrations`, `runStringMigration`), `src/migrationFilename.ts` (once in `src/current.ts`) and `src/header.ts`.
//! A name matches `^([0-9]+)(-[-_a-zA-Z0-9]*)?\.sql$`; others are passed over. `current.sql`, `current/` and
//! `fixtures/` are no migrations until they are committed, which also puts in what `--!include` names: in
//! a committed file that line is a comment. The head is lines that begin with `--! ` and a capital; it has both
//! hashes, and an empty line follows. `--! no-transaction` counts on the first line below it.
//! `:NAME` anywhere is replaced, if the settings (`.gmrc`, which lies elsewhere) have a placeholder of that name.
//!
//! Where Counterfoil differs: the hashes are not compared (the ledger has checksums of its own); a file with
//! what may be a placeholder is refused when it has to be run.

use super::files::{File, Set, nested, several_folders};
use super::markers::first_token;
use super::out::Out;
use super::sections::refuse_placeholder;
use crate::error::{Code, Error};
use crate::migration::{Section, Transaction};
use crate::version::leading_digits;

/// What every committed file that the tool has written starts with.
pub(super) const HEAD: &str = "--! Previous:";

/// The folder of what is committed.
const FOLDER: &str = "committed";

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    // The folder itself may be what was given.
    let inside = set.sql().any(|file| file.dir_name() == FOLDER);
    let mut committed = Vec::new();
    for file in set.sql() {
        let home = if inside { file.dir_name() == FOLDER } else { !matches!(file.dir_name(), "current" | "fixtures") };
        match file.stem().and_then(name).filter(|_| home) {
            Some((digits, name)) => committed.push((file, digits, name)),
            // `current.sql` is there always, mostly without a statement.
            None if first_token(file.text, file.text.len()).is_none() => {}
            None => out.unknown(
                file,
                "it is no committed migration",
                "commit it with `graphile-migrate commit` if it is to be run",
            ),
        }
    }
    let dirs: Vec<&str> = committed.iter().map(|(file, ..)| file.dir()).collect();
    if let (_, Some(folders)) = nested(&dirs) {
        return Err(several_folders(folders));
    }
    for (file, digits, name) in committed {
        out.push(file, digits, name, section(file)?, None, file.dir(), file.stem().unwrap_or(""));
    }
    Ok(())
}

fn name(stem: &str) -> Option<(&str, &str)> {
    let digits = leading_digits(stem);
    let rest = &stem[digits.len()..];
    let is_name = rest.is_empty() || rest.starts_with('-');
    let fits = !digits.is_empty()
        && is_name
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    fits.then(|| (digits, rest.strip_prefix('-').unwrap_or("")))
}

fn section(file: &File<'_>) -> Result<Section, Error> {
    let mut section = file.section()?;
    let (mut at, mut hashes, mut blank) = (0, 0, false);
    for line in section.text.split('\n') {
        match line.strip_prefix("--! ").filter(|head| head.starts_with(|c: char| c.is_ascii_uppercase())) {
            Some(head) => hashes += u8::from(head.starts_with("Previous:") || head.starts_with("Hash:")),
            None => {
                blank = line.is_empty();
                break;
            }
        }
        at += line.len() + 1;
    }
    let (2, true, Some(body)) = (hashes, blank, section.text.get(at..)) else {
        return Err(file.error(
            Code::InvalidMarker,
            "it has not the head of a committed migration",
            "it begins with the lines `--! Previous: …` and `--! Hash: …`, and an empty one; graphile-migrate refuses it too",
        ));
    };
    let first = body.trim_start().strip_prefix("--!");
    if first.is_some_and(|first| first.trim_start().starts_with("no-transaction")) {
        section.transaction = Transaction::Off;
    }
    if let Some((start, end)) = placeholder(body) {
        refuse_placeholder(
            &mut section,
            "graphile-migrate",
            (at + start, at + end),
            "write the value into the file, or, if it is not a placeholder, put a space behind its colon",
        );
    }
    Ok(section)
}

/// Where the first `:NAME` begins and ends. Behind a letter, a digit or a colon it is another thing: `HH24:MI`, `::TEXT`.
fn placeholder(text: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let is_word = |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    text.match_indices(':').find_map(|(at, _)| {
        let alone = at == 0 || !(is_word(at - 1) || bytes[at - 1] == b':');
        let name = bytes[at + 1..].iter().take_while(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_')).count();
        let end = at + 1 + name;
        (alone && name > 1 && bytes[at + 1].is_ascii_uppercase() && !is_word(end)).then_some((at, end))
    })
}
