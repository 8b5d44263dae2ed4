//! What the conventions with `<digits>_name.sql` in one folder have in common: passing over what
//! does not fit, and finding the down file of an up file.

use super::files::{File, Set, nested, numbered, several_folders};
use super::out::Out;
use crate::error::{Code, Error};
use crate::migration::{NotRunKind, Section, Turn};
use crate::ordered;
use crate::version::{Identity, Version, leading_digits};

/// The files that `fits` accepts and that do not lie in a sub-folder. Reports the others.
///
/// # Errors
///
/// `invalid-input` if they lie in folders beside each other.
pub(super) fn accept<'s, 'a>(
    set: &'s Set<'a>,
    out: &mut Out,
    fits: &dyn Fn(&File<'_>) -> bool,
) -> Result<Vec<&'s File<'a>>, Error> {
    let (accepted, beside) = accept_beside(set, out, fits);
    match beside {
        None => Ok(accepted),
        Some(folders) => Err(several_folders(folders)),
    }
}

/// The same without the error: the first two folders that lie beside each other.
pub(super) fn accept_beside<'s, 'a>(
    set: &'s Set<'a>,
    out: &mut Out,
    fits: &dyn Fn(&File<'_>) -> bool,
) -> (Vec<&'s File<'a>>, Option<(&'s str, &'s str)>) {
    let mut accepted = Vec::with_capacity(set.files.len());
    for file in set.sql() {
        if fits(file) {
            accepted.push(file);
        } else {
            out.unknown(file, why(file.name()), "rename it if it is a migration; else keep it in another folder");
        }
    }
    let dirs: Vec<&str> = accepted.iter().map(|file| file.dir()).collect();
    let (nested, beside) = nested(&dirs);
    let mut nested = nested.into_iter();
    accepted.retain(|file| {
        let nested = nested.next() == Some(true);
        if nested {
            out.unknown(file, "it lies in a sub-folder", "move it up if it is a migration; sub-folders are not read");
        }
        !nested
    });
    (accepted, beside)
}

/// The error for a name without a number where the convention's tool refuses it.
pub(super) fn unnumbered(file: &File<'_>, tool: &str) -> Error {
    file.error(
        Code::InvalidName,
        &format!("{} does not start with a number and `_`", file.name()),
        &format!("name it like `0001_name.sql`, or keep it in another folder; {tool} refuses it here too"),
    )
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

/// `<digits>_name.sql`, `<digits>-name.sql` or `<digits>.sql`; the name keeps `.up` and `.down`.
pub(super) fn plain_name<'f>(file: &'f File<'_>) -> Option<(&'f str, &'f str)> {
    let stem = file.stem()?;
    numbered(stem).or_else(|| {
        let digits = leading_digits(stem);
        let half = &stem[digits.len()..];
        (!digits.is_empty() && matches!(half, ".up" | ".down")).then_some((digits, half))
    })
}

/// `<digits>_name.sql` only.
pub(super) fn underscored<'f>(file: &'f File<'_>) -> Option<(&'f str, &'f str)> {
    let stem = file.stem()?;
    let digits = leading_digits(stem);
    let name = stem[digits.len()..].strip_prefix('_')?;
    (!digits.is_empty()).then_some((digits, name))
}

/// A file with its number, its name, and whether it is a down file.
pub(super) struct Part<'s, 'a> {
    pub file: &'s File<'a>,
    pub digits: &'s str,
    pub name: &'s str,
    pub down: bool,
}

impl<'s, 'a> Part<'s, 'a> {
    /// `name` may end in `.up` or `.down`; without that it is the whole migration.
    pub(super) fn new(file: &'s File<'a>, digits: &'s str, name: &'s str) -> Self {
        match (name.strip_suffix(".up"), name.strip_suffix(".down")) {
            (Some(name), _) => Part { file, digits, name, down: false },
            (_, Some(name)) => Part { file, digits, name, down: true },
            _ => Part { file, digits, name, down: false },
        }
    }
}

/// Reads up files, each with the down file of its number and name. A down file whose name differs
/// goes to the one up file of its number. One whose up file is in code is not run either. `lone`: so is one without an up
/// file.
///
/// # Errors
///
/// `no-up-section` for a down file without an up file elsewhere, `invalid-name` if it cannot be told which
/// up file it belongs to.
pub(super) fn pairs(
    parts: &[Part<'_, '_>],
    out: &mut Out,
    lone: bool,
    section: fn(&File<'_>) -> Result<Section, Error>,
) -> Result<(), Error> {
    let versions: Vec<Version> = parts.iter().map(|part| Version::new(part.digits, Identity::Digits)).collect();
    let key = |at: usize| (parts[at].file.dir(), &versions[at]);
    let order = ordered::order(parts.len(), &mut |a, b| {
        let name = |at: usize| (parts[at].name, parts[at].digits, parts[at].down);
        key(a).cmp(&key(b)).then_with(|| name(a).cmp(&name(b)))
    });
    let mut down_of: Vec<Option<usize>> = vec![None; parts.len()];
    for group in order.chunk_by(|&a, &b| key(a) == key(b)) {
        // Of one name the up file comes first, then its down file.
        let mut up: Option<usize> = None;
        let mut left = Vec::new();
        for &at in group {
            let same = up.filter(|&up| (parts[up].name, parts[up].digits) == (parts[at].name, parts[at].digits));
            match same {
                None if !parts[at].down => up = Some(at),
                Some(_) if !parts[at].down => {}
                Some(up) if down_of[up].is_none() => down_of[up] = Some(at),
                _ => left.push(at),
            }
        }
        for down in left {
            let file = parts[down].file;
            let mut ups = group.iter().copied().filter(|&at| !parts[at].down);
            match (ups.next(), ups.next()) {
                (None, _) if lone || out.is_not_run(&versions[down]) => {
                    let is_known = out.is_not_run(&versions[down]);
                    let turn = if is_known { Turn::Never } else { Turn::Empty(versions[down].clone()) };
                    super::not_run::report(file, NotRunKind::Down, turn, parts[down].name, out);
                }
                (None, _) => {
                    return Err(file.error(
                        Code::NoUpSection,
                        &format!("{} has no up file", file.name()),
                        "add the up file of the same number, or remove this one",
                    ));
                }
                (Some(up), None) if down_of[up].is_none() => down_of[up] = Some(down),
                _ => {
                    return Err(file.error(
                        Code::InvalidName,
                        &format!("it cannot be told which up file {} belongs to", file.name()),
                        "give it the name of its up file",
                    ));
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
