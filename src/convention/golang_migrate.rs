//! golang-migrate: `<digits>_name.up.sql` and `<digits>_name.down.sql`, no markers of its own.
//!
//! Rules: <https://github.com/golang-migrate/migrate>, `source/parse.go` and `source/iofs/iofs.go`.
//! A name matches `^([0-9]+)_(.*)\.(down|up)\.(.*)$`; what does not, and sub-folders, are passed
//! over. Up and down file belong together by number; their names may differ. The extension is
//! free there; here it ends in `.sql`, and other files are reported as not run. A down file whose up file
//! is in code belongs to that. A version with a down file only is counted, and nothing is run for it on the way up
//! (`migrate.go`, `newMigration`).
//!
//! It sends a file as one message and begins no transaction (`database/postgres/postgres.go`, `runStatement`): of a file with
//! several statements PostgreSQL makes one.
//!
//! Where Counterfoil differs: `-- counterfoil: no-transaction`, on a line of its own above a file's first statement, asks for
//! no transaction; a version with a down file only has no row, and its down file is not run.

use super::files::Set;
use super::numbered::{Part, accept, pairs};
use super::out::Out;
use super::sections::no_transaction;
use crate::error::Error;
use crate::version::leading_digits;

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    let accepted = accept(set, out, &|file| name(file.name()).is_some())?;
    let mut parts = Vec::with_capacity(accepted.len());
    for file in accepted {
        if let Some((digits, name, down)) = name(file.name()) {
            parts.push(Part { file, digits, name, down });
        }
    }
    pairs(&parts, out, true, |file| file.section())?;
    no_transaction(out)
}

/// The digits, the name, and whether it is a down file.
pub(super) fn name(name: &str) -> Option<(&str, &str, bool)> {
    if name.ends_with(".sql") { any(name) } else { None }
}

/// The same of a file with any ending.
pub(super) fn any(name: &str) -> Option<(&str, &str, bool)> {
    let digits = leading_digits(name);
    let rest = name[digits.len()..].strip_prefix('_')?;
    if digits.is_empty() {
        return None;
    }
    // The name is taken as long as possible, so the last direction counts.
    let (at, down) = match (rest.rfind(".up."), rest.rfind(".down.")) {
        (Some(up), Some(down)) => (up.max(down), down > up),
        (Some(up), None) => (up, false),
        (None, Some(down)) => (down, true),
        (None, None) => return None,
    };
    Some((digits, &rest[..at], down))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_as_its_own_pattern_takes_them() {
        // Worked out by hand from the pattern in the head comment.
        assert_eq!(name("1_a.up.sql"), Some(("1", "a", false)));
        assert_eq!(name("001_a_b.down.sql"), Some(("001", "a_b", true)));
        assert_eq!(name("1_a.up.b.down.sql"), Some(("1", "a.up.b", true)));
        assert_eq!(name("1_a.down.up.pg.sql"), Some(("1", "a.down", false)));
        assert_eq!(name("1_.up.sql"), Some(("1", "", false)));
        assert_eq!(name("1_up.sql"), None);
        assert_eq!(name("1.up.sql"), None);
        assert_eq!(name("a_b.up.sql"), None);
        assert_eq!(name("1_a.sql"), None);
        assert_eq!(name("1_a.UP.sql"), None);
    }
}
