//! What the conventions with `<digits>_name.sql` in one folder have in common: passing over what
//! does not fit, and finding the down file of an up file.

use super::files::{File, Out, Set, is_sql, numbered};
use crate::error::{Code, Error};
use crate::migration::Section;
use crate::version::{Identity, Version, leading_digits};
use std::collections::BTreeMap;

/// The files that `fits` accepts and that do not lie in a sub-folder. Reports the others.
pub(super) fn accept(set: &Set<'_>, out: &mut Out, fits: impl Fn(&File<'_>) -> bool) -> Vec<usize> {
    let (mut accepted, mut rest) = (Vec::new(), Vec::new());
    for (at, file) in set.files.iter().enumerate().filter(|(_, file)| is_sql(file.name())) {
        if fits(file) { accepted.push(at) } else { rest.push(at) }
    }
    for at in rest {
        let file = &set.files[at];
        out.unknown(file, why(file.name()), "rename it if it is a migration; else keep it in another folder");
    }
    let nested = set.nested(&accepted);
    let mut kept = Vec::with_capacity(accepted.len());
    for (at, nested) in accepted.into_iter().zip(nested) {
        if nested {
            let file = &set.files[at];
            out.unknown(file, "it lies in a sub-folder", "move it up if it is a migration; sub-folders are not read");
        } else {
            kept.push(at);
        }
    }
    kept
}

/// Why a name that does not fit does not.
fn why(name: &str) -> &'static str {
    if !name.ends_with(".sql") {
        "its extension is not `.sql`"
    } else if leading_digits(name).is_empty() {
        "its name does not start with digits"
    } else {
        "its name has not the form that the convention wants"
    }
}

/// `<digits>_name.sql`, `<digits>-name.sql` or `<digits>.sql`.
pub(super) fn plain_name<'f>(file: &'f File<'_>) -> Option<(&'f str, &'f str)> {
    numbered(file.stem()?)
}

/// `<digits>_name.sql` only.
pub(super) fn underscored<'f>(file: &'f File<'_>) -> Option<(&'f str, &'f str)> {
    let stem = file.stem()?;
    let digits = leading_digits(stem);
    let name = stem[digits.len()..].strip_prefix('_')?;
    (!digits.is_empty()).then_some((digits, name))
}

/// Whether a name without its number and `.sql` ends in `.up` or `.down`.
pub(super) enum Half<'n> {
    Up(&'n str),
    Down(&'n str),
    Whole(&'n str),
}

pub(super) fn half(name: &str) -> Half<'_> {
    if let Some(name) = name.strip_suffix(".up") {
        Half::Up(name)
    } else if let Some(name) = name.strip_suffix(".down") {
        Half::Down(name)
    } else {
        Half::Whole(name)
    }
}

/// A file with its number, its name and its half.
pub(super) struct Part<'s, 'a> {
    pub file: &'s File<'a>,
    pub digits: &'s str,
    pub name: &'s str,
    pub down: bool,
}

/// Reads up files, each with the down file of its number and name. A down file whose name differs
/// goes to the one up file of its number.
///
/// # Errors
///
/// `no-up-section` for a down file without an up file, `invalid-name` if it cannot be told which
/// up file it belongs to.
pub(super) fn pairs(
    parts: &[Part<'_, '_>],
    out: &mut Out,
    section: fn(&File<'_>) -> Result<Section, Error>,
) -> Result<(), Error> {
    // By folder and number; within it the up and the down files.
    type Halves = (Vec<usize>, Vec<usize>);
    let mut groups: BTreeMap<(&str, Version), Halves> = BTreeMap::new();
    for (at, part) in parts.iter().enumerate() {
        let group = groups.entry((part.file.dir(), Version::new(part.digits, Identity::Digits))).or_default();
        if part.down { group.1.push(at) } else { group.0.push(at) }
    }
    let mut down_of: Vec<Option<usize>> = vec![None; parts.len()];
    for (ups, downs) in groups.values() {
        let mut by_name: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for &up in ups {
            by_name.entry((parts[up].name, parts[up].digits)).or_insert(up);
        }
        let mut left = Vec::new();
        for &down in downs {
            match by_name.get(&(parts[down].name, parts[down].digits)) {
                Some(&up) if down_of[up].is_none() => down_of[up] = Some(down),
                _ => left.push(down),
            }
        }
        for down in left {
            let file = parts[down].file;
            match ups.as_slice() {
                [] => {
                    return Err(Error::new(Code::NoUpSection, format!("{} has no up file", file.name()))
                        .help("add the up file of the same number, or remove this one")
                        .at(file.start()));
                }
                [up] if down_of[*up].is_none() => down_of[*up] = Some(down),
                _ => {
                    return Err(Error::new(
                        Code::InvalidName,
                        format!("it cannot be told which up file {} belongs to", file.name()),
                    )
                    .help("give it the name of its up file")
                    .at(file.start()));
                }
            }
        }
    }
    for (at, part) in parts.iter().enumerate().filter(|(_, part)| !part.down) {
        let down = match down_of[at] {
            Some(down) => Some(section(parts[down].file)?),
            None => None,
        };
        let stem = part.file.stem().unwrap_or("");
        let stem = stem.strip_suffix(".up").unwrap_or(stem);
        out.push(part.file, part.digits, part.name, section(part.file)?, down, part.file.dir(), stem);
    }
    Ok(())
}
