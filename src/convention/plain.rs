//! Plain: `<digits>_name.sql`, `<digits>-name.sql` or `<digits>.sql`, and `.up.sql` and `.down.sql`;
//! for sets that no tool's own convention fits.
//!
//! A file without a down file may hold both ways, told apart by the markers of another tool: see `ways.rs`.
//! `-- counterfoil: no-transaction`, on a line of its own above the first statement of a section, asks for no transaction.

use super::files::{File, Set};
use super::numbered::{Part, accept, pairs, plain_name};
use super::out::Out;
use super::sections::no_transaction;
use super::ways;
use crate::checksum::checksum;
use crate::error::Error;

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    let accepted = accept(set, out, &|file| part(file).is_some())?;
    let parts: Vec<Part<'_, '_>> = accepted.into_iter().filter_map(part).collect();
    pairs(&parts, out, false, |file| file.section())?;
    for migration in out.migrations() {
        if migration.down.is_none()
            && let Some((up, down)) = ways::read(&File::new(&migration.path, &migration.up.text)?)?
        {
            migration.checksum = checksum(&up.text);
            (migration.up, migration.down) = (up, down);
        }
    }
    no_transaction(out)
}

fn part<'s, 'a>(file: &'s File<'a>) -> Option<Part<'s, 'a>> {
    let (digits, name) = plain_name(file)?;
    Some(Part::new(file, digits, name))
}
