//! Drizzle: `meta/_journal.json` and `<tag>.sql`, or from 1.0 on `<ts>_name/migration.sql`.
//!
//! Rules: <https://github.com/drizzle-team/drizzle-orm>, `drizzle-orm/src/migrator.ts`. The journal's
//! `entries` are run in the order of the array, each entry's text is `<tag>.sql` beside `meta`;
//! files that it does not list are never run. Drizzle skips an entry whose `when` is not after the
//! newest one that it has recorded. The text is split at `--> statement-breakpoint`, wherever it
//! stands. In the 1.0 layout every folder with a `migration.sql` is a migration, in the order of
//! their names.
//!
//! Where Counterfoil differs: a breakpoint counts only as a comment, and every entry is run.

use super::files::{File, Set, is_sql, title};
use super::json::{Document, Value};
use super::markers::{self, Place};
use super::out::Out;
use crate::error::{Code, Error, Location};
use crate::finding::Severity;
use crate::migration::Section;
use crate::version::leading_digits;

/// What follows the dashes of a breakpoint.
pub(super) const WORD: &str = "> statement-breakpoint";

/// The journal's name.
pub(super) const JOURNAL: &str = "_journal.json";

/// Whether the file is a journal.
pub(super) fn is_journal(file: &File<'_>) -> bool {
    file.name() == JOURNAL && file.dir_name() == "meta"
}

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    let mut journals = set.files.iter().filter(|file| is_journal(file));
    match (journals.next(), journals.next()) {
        (Some(journal), None) => read_journal(set, journal, out),
        (Some(first), Some(second)) => {
            Err(Error::new(Code::InvalidInput, format!("there are two journals, {} and {}", first.path, second.path))
                .with_help("give one folder of migrations at a time"))
        }
        (None, _) if set.sql().next().is_none() => Ok(()),
        (None, _) if set.files.iter().any(|file| file.name() == super::prisma::SCRIPT) => {
            super::prisma::folders(set, out, add_breaks)
        }
        (None, _) => Err(Error::new(Code::InvalidInput, "there is no meta/_journal.json")
            .with_help("give the whole folder that drizzle-kit writes, with `meta`")),
    }
}

fn read_journal(set: &Set<'_>, file: &File<'_>, out: &mut Out) -> Result<(), Error> {
    let text = file.canonical()?;
    let document = Document { file, text: &text, what: "the journal", help: "restore the file that drizzle-kit wrote" };
    let journal = document.parse()?;
    let entries = document.list(document.field(&journal, "entries")?)?;
    let dialect = given(document.optional(&journal, "dialect")?).map(|dialect| document.text(dialect)).transpose()?;
    if let Some(dialect) = dialect.filter(|dialect| !matches!(*dialect, "postgresql" | "pg")) {
        out.report(
            "other-database",
            Severity::Error,
            &format!("these migrations were made for the dialect {dialect:?}"),
            "only PostgreSQL migrations can be run; give the folder of the PostgreSQL ones",
            file.start(),
        );
    }
    let root = file.parent();
    let mut listed = vec![false; set.files.len()];
    let mut last: Option<(u64, &str)> = None;
    let mut skipped: Vec<(&str, &str)> = Vec::new();
    out.keep_order();
    for entry in entries {
        let tag = document.text(document.field(entry, "tag")?)?;
        let when = given(document.optional(entry, "when")?).map(|when| document.whole(when)).transpose()?;
        let path = format!("{root}{tag}.sql");
        let Some(at) = set.position(&path) else {
            return Err(Error::new(Code::InvalidInput, format!("the journal lists {tag:?}, but {path} is not there"))
                .with_help("restore the file, or remove the entry")
                .with_location(entry_location(file, &text, tag)));
        };
        if let (Some(when), Some((before, other))) = (when, last)
            && when <= before
        {
            skipped.push((tag, other));
        } else if let Some(when) = when {
            last = Some((when, tag));
        }
        if listed[at] {
            return Err(file.error_at(
                Code::InvalidInput,
                &format!("the journal lists {tag:?} twice"),
                "remove one of the entries; a merge may have kept both",
                &text,
                text.match_indices(&*quoted(tag)).last().map_or(0, |(at, _)| at),
            ));
        }
        listed[at] = true;
        let script = &set.files[at];
        let mut up = script.section()?;
        add_breaks(&mut up, out);
        out.push(script, tag, title(tag), up, None, root, tag);
    }
    if let Some((tag, other)) = skipped.first() {
        let more = match skipped.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        out.report(
            "journal-order",
            Severity::Warning,
            &format!("the journal's entry {tag} is not newer than {other}: Drizzle would skip it{more}"),
            "it is run here; give it a later `when` if Drizzle is to run it too",
            entry_location(file, &text, tag),
        );
    }
    for (at, file) in set.files.iter().enumerate() {
        if listed[at] || !is_sql(file.name()) {
            continue;
        }
        if file.dir() != root {
            out.unknown(file, "it does not lie beside the journal's folder", "move it if it is a migration");
        } else {
            // Most often two branches made a file of one number, and one journal won. Files are in order.
            let number = leading_digits(file.name());
            let rival = [at.wrapping_sub(1), at + 1].into_iter().find(|&other| {
                listed.get(other) == Some(&true)
                    && !number.is_empty()
                    && leading_digits(set.files[other].name()) == number
            });
            let instead = rival.map(|other| format!(", but {}, which has its number", set.files[other].name()));
            out.report(
                "not-in-journal",
                Severity::Warning,
                &format!("{} is not run: the journal does not list it{}", file.name(), instead.unwrap_or_default()),
                "let drizzle-kit write the entry (`drizzle-kit generate --custom`), or remove the file",
                file.start(),
            );
        }
    }
    Ok(())
}

/// A field that may be null.
fn given(field: Option<&Value>) -> Option<&Value> {
    field.filter(|value| !value.is_null())
}

/// Where the journal speaks of a tag.
fn entry_location(file: &File<'_>, text: &str, tag: &str) -> Location {
    file.location(text, text.find(&*quoted(tag)).unwrap_or(0))
}

fn quoted(tag: &str) -> String {
    format!("\"{tag}\"")
}

/// Finds the breakpoints.
fn add_breaks(section: &mut Section, out: &mut Out) {
    section.breaks = markers::find(&section.text, &[WORD], Place::Anywhere, usize::MAX);
    let text = &section.text;
    let mut with_text = section.breaks.iter().filter(|span| !span.slice(text)[2 + WORD.len()..].trim().is_empty());
    if let Some(span) = with_text.next() {
        out.report(
            "breakpoint-text",
            Severity::Warning,
            "the text behind `--> statement-breakpoint` is a comment and is not run",
            "Drizzle would run it; move it to the next line",
            section.location(span.start),
        );
    }
}
