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

use super::files::{File, Set, nested, numbered, several_folders};
use super::markers::first_token;
use super::out::Out;
use super::sections::refuse_placeholder;
use crate::error::{Code, Error};
use crate::migration::{Section, Transaction};

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
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    numbered(stem).filter(|(digits, _)| !stem[digits.len()..].starts_with('_') && stem.bytes().all(is_name))
}

fn section(file: &File<'_>) -> Result<Section, Error> {
    let mut section = file.section()?;
    let Some((head, body)) = section.text.split_once("\n\n").filter(|(head, _)| is_head(head)) else {
        return Err(file.error(
            Code::InvalidMarker,
            "it has not the head of a committed migration",
            "it begins with lines of `--! Previous:` and `--! Hash:`, and an empty one; graphile-migrate refuses it too",
        ));
    };
    let first = body.trim_start().strip_prefix("--!");
    if first.is_some_and(|first| first.trim_start().starts_with("no-transaction")) {
        section.transaction = Transaction::Off;
    }
    if let Some((start, end)) = placeholder(&section.text, head.len()) {
        let help = "write the value into the file, or, if it is not a placeholder, put a space behind its colon";
        refuse_placeholder(&mut section, "graphile-migrate", (start, end), help);
    }
    Ok(section)
}

fn is_head(head: &str) -> bool {
    let has = |word| head.split('\n').any(|line| line.starts_with(word));
    has(HEAD) && has("--! Hash:") && head.split('\n').all(|line| line.starts_with("--! "))
}

/// Where the first `:NAME` behind `from` begins and ends. After a letter, a digit or a colon it is another thing: `HH24:MI`,
/// `::TEXT`.
fn placeholder(text: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let is_word = |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    (from + 1..bytes.len()).find_map(|at| {
        let alone = bytes[at] == b':' && bytes[at - 1] != b':' && !is_word(at - 1);
        let mut end = at + 1;
        while bytes.get(end).is_some_and(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_')) {
            end += 1;
        }
        (alone && end > at + 2 && bytes[at + 1].is_ascii_uppercase() && !is_word(end)).then_some((at, end))
    })
}
