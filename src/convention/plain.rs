//! Plain: `<digits>_name.sql`, `<digits>-name.sql` or `<digits>.sql`, and `.up.sql` and `.down.sql`;
//! no markers. For sets that no tool's own convention fits.

use super::files::{File, Out, Set};
use super::numbered::{Half, Part, accept, half, pairs, plain_name};
use crate::error::Error;

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    let accepted = accept(set, out, |file| name(file).is_some());
    let mut parts = Vec::with_capacity(accepted.len());
    for at in accepted {
        let file = &set.files[at];
        let Some((digits, name, down)) = name(file) else { continue };
        parts.push(Part { file, digits, name, down });
    }
    pairs(&parts, out, |file| file.section())
}

/// The digits, the name, and whether it is a down file.
fn name<'f>(file: &'f File<'_>) -> Option<(&'f str, &'f str, bool)> {
    if let Some((digits, name)) = plain_name(file) {
        return Some(match half(name) {
            Half::Up(name) | Half::Whole(name) => (digits, name, false),
            Half::Down(name) => (digits, name, true),
        });
    }
    // `1.up.sql` has no name at all.
    match half(file.stem()?) {
        Half::Up(digits) if is_digits(digits) => Some((digits, "", false)),
        Half::Down(digits) if is_digits(digits) => Some((digits, "", true)),
        _ => None,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
