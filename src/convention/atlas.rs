//! Atlas: `<digits>_name.sql` and `atlas.sum`.
//!
//! Rules: <https://github.com/ariga/atlas>, `sql/migrate/dir.go` (`LocalDir`, `LocalFile`, `HashFile`, `Validate`,
//! `FilesFromLastCheckpoint`), `sql/migrate/lex.go` and `cmd/atlas/internal/cmdapi/migrate.go` (`txmodeFor`). Every `.sql`
//! file of the folder is a migration, in the order of file names; the version is the name up to its first underscore.
//! Directives stand in the comments at the top, which an empty line ends. `atlas:txmode none` is a migration outside a
//! transaction; `all`, and two of them, are errors. A database without a row starts from the last `atlas:checkpoint`, and
//! one with rows runs none: a checkpoint replaces what comes before it. `-- atlas:delimiter` on the first line says what
//! ends a statement. `atlas.sum` has a hash for each file, which goes on from that of the file before; a file with
//! `atlas:sum ignore` has none.
//!
//! Where Counterfoil differs: a set without `atlas.sum` is read; a delimiter that PostgreSQL would not pass over, and the
//! sections of `atlas:txtar`, are refused when they have to be run; names whose order is not that of their numbers are refused.

use super::files::{File, Set};
use super::markers::{self, Place};
use super::numbered::accept;
use super::out::Out;
use super::sections::refuse;
use crate::checksum::{canonical, without_mark};
use crate::error::{Code, Error};
use crate::migration::{Replaced, Section, Transaction};
use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

/// The name of the file with the hashes.
pub(super) const SUM: &str = "atlas.sum";

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    let files = accept(set, out, &|file| file.stem().is_some())?;
    if let Some(sum) = files.first().and_then(|file| set.beside(file, SUM)) {
        // Git may have given the lines another end.
        compare(sum, &files, true).or_else(|_| compare(sum, &files, false))?;
    }
    // What a checkpoint stands for: all since the one before it, and that.
    let mut since = 0;
    for file in files {
        let stem = file.stem().unwrap_or("");
        let (version, name) = stem.split_once('_').unwrap_or((stem, ""));
        let (section, is_checkpoint) = section(file)?;
        out.push(file, version, name, section, None, file.dir(), stem);
        let all = out.migrations();
        let at = all.len() - 1;
        if at > 0 && all[at - 1].version > all[at].version {
            let message = format!("Atlas would run it after {}, since it compares names as text", all[at - 1].path);
            return Err(file.error(Code::InvalidName, &message, "give all of them numbers of one length"));
        }
        if is_checkpoint {
            let replaced =
                |it: &crate::Migration| Replaced { version: it.version.clone(), checksum: it.checksum.clone() };
            all[at].replaces = all[since..at].iter().map(replaced).collect();
            since = at;
        }
    }
    Ok(())
}

/// The file with what its directives say, and whether it is a checkpoint.
fn section(file: &File<'_>) -> Result<(Section, bool), Error> {
    let mut section = file.section()?;
    let text = section.text.clone();
    let (mut is_told, mut is_checkpoint, mut offset) = (false, false, 0);
    let mut refused = None;
    if let Some(delimiter) = text.strip_prefix("-- atlas:delimiter ") {
        let delimiter = delimiter.split('\n').next().unwrap_or("").trim();
        if let Some(words) = delimiter.strip_prefix("--") {
            section.breaks = markers::find(&text, &[words], Place::Anywhere, usize::MAX);
        } else if !delimiter.trim_matches(['\\', 'n', 'r', 't', ';', ' ']).is_empty() {
            refused = Some((0, "Atlas would cut it at a delimiter of its own"));
        }
    }
    for line in head(&text).split_inclusive('\n') {
        let directive = line.split_once("atlas:").map_or("", |(_, directive)| directive).trim_end();
        let (name, value) = directive.split_once(' ').unwrap_or((directive, ""));
        match (name, value.trim_start()) {
            ("checkpoint", _) => is_checkpoint = true,
            ("txtar", _) => refused = Some((offset, "Atlas would run a part of it only")),
            ("txmode", mode @ ("none" | "file")) if !is_told => {
                is_told = true;
                section.transaction = if mode == "none" { Transaction::Off } else { Transaction::Auto };
            }
            ("txmode", _) => {
                let message = format!("Atlas does not take `{}` here", line.trim_end());
                let help = "write one of `-- atlas:txmode none` and `-- atlas:txmode file`, once";
                return Err(file.error_at(Code::InvalidMarker, &message, help, &text, offset));
            }
            _ => {}
        }
        offset += line.len();
    }
    if let Some((at, message)) = refused {
        refuse(&mut section, message, at, "write it without that directive, or run this migration with Atlas");
    }
    Ok((section, is_checkpoint))
}

/// The comments at the top, if an empty line ends them.
fn head(text: &str) -> &str {
    let mut end = 0;
    while text[end..].starts_with("--") || text[end..].starts_with('#') {
        end += text[end..].find('\n').map_or(text.len() - end, |at| at + 1);
    }
    if end == text.len() || text[end..].starts_with('\n') { &text[..end] } else { "" }
}

/// Compares the files with their hashes.
///
/// # Errors
///
/// `invalid-text` about the first file that is not as it was.
fn compare(sum: &File<'_>, files: &[&File<'_>], as_given: bool) -> Result<(), Error> {
    let mut lines = without_mark(sum.text).split('\n').skip(1);
    let mut hash = Sha256::new();
    let help = "see what has changed since, and by whom; if that is right, say so with `atlas migrate hash`";
    for file in files {
        hash.update(file.name());
        if file.text.split('\n').next().is_some_and(|line| line.trim_end().ends_with("atlas:sum ignore")) {
            continue;
        }
        let text = if as_given { file.text.into() } else { canonical(file.text) };
        hash.update(text.as_bytes());
        let line = format!("{} h1:{}", file.name(), Base64::encode_string(&hash.clone().finalize()));
        if lines.next().is_none_or(|known| known.trim_end() != line) {
            let message = format!("{} is not what {SUM} has a hash of at its place", file.name());
            return Err(file.error(Code::InvalidText, &message, help));
        }
    }
    if lines.any(|line| !line.trim_end().is_empty()) {
        return Err(sum.error(Code::InvalidText, "it has hashes of files that are not there", help));
    }
    Ok(())
}
