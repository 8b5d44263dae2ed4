//! Plain: `<digits>_name.sql`, `<digits>-name.sql` or `<digits>.sql`, and `.up.sql` and `.down.sql`;
//! no markers. For sets that no tool's own convention fits.

use super::files::{File, Set};
use super::numbered::{Part, accept, pairs, plain_name};
use super::out::Out;
use crate::error::Error;

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    let accepted = accept(set, out, &|file| part(file).is_some())?;
    let parts: Vec<Part<'_, '_>> = accepted.into_iter().filter_map(part).collect();
    pairs(&parts, out, false, |file| file.section())
}

fn part<'s, 'a>(file: &'s File<'a>) -> Option<Part<'s, 'a>> {
    let (digits, name) = plain_name(file)?;
    Some(Part::new(file, digits, name))
}
