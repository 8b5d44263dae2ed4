//! Where a migration's number stands in the names of its files, and those names with another number. What the next number
//! is, [`counterfoil::version::next`] says.

use super::items::{self, Item};
use super::{Files, Renumber};
use counterfoil::convention::Convention;
use counterfoil::version::next::{Now, counted, next};
use counterfoil::version::{Identity, Version, leading_digits};
use std::ops::Range;

/// Where the number stands in a migration's label.
fn number_in(label: &str, convention: Option<Convention>) -> Option<Range<usize>> {
    let range = match convention {
        Some(Convention::Flyway | Convention::Refinery) => 1..label.find("__")?,
        // All that Diesel compares, wherever its dashes are.
        Some(Convention::Diesel) => {
            let start = label.split('_').next().unwrap_or_default().trim_end_matches('-');
            let is_date = start.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            0..if is_date { start.len() } else { counted(label).len() }
        }
        _ => 0..leading_digits(label).len(),
    };
    let number = label.get(range.clone())?;
    let is_number = match convention {
        // `V1_draft__a.java` has no version.
        Some(Convention::Flyway) => number.split(['.', '_']).all(is_digits),
        Some(Convention::Refinery) => label.starts_with(['V', 'U']) && is_digits(number),
        _ => !number.is_empty(),
    };
    is_number.then_some(range)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The number of a migration, as its file writes it.
pub(super) fn number(item: &Item, convention: Option<Convention>) -> Option<&str> {
    let label = items::label(&item.path);
    label.get(number_in(label, convention)?)
}

/// A number as what it is compared by.
pub(super) fn key(number: &str, convention: Option<Convention>) -> Version {
    match convention.map(Convention::identity) {
        Some(Identity::Dotted) => Version::new(number.replace('_', "."), Identity::Dotted),
        Some(Identity::Timed) => Version::new(number.trim_start_matches('0'), Identity::Timed),
        Some(Identity::Dated) => Version::new(number.replace('-', ""), Identity::Text),
        _ => Version::new(number.replace('-', ""), Identity::Digits),
    }
}

/// What the name of a new migration starts with, up to its own name: `0010_`, `V3__`; and the path of the migration beside
/// which it belongs, the last one that has a number. `migrations` are paths in the order of application, `files` all of
/// them: what is not run as SQL may have a number too. None if nothing has a number.
pub(crate) fn after<'p>(
    convention: Convention,
    migrations: &'p [String],
    files: &[String],
    now: &Now,
) -> Option<(&'p str, String)> {
    let numbered = |path: &str| number_in(items::label(path), Some(convention));
    let (newest, at) = migrations.iter().rev().find_map(|path| Some((path, numbered(path)?)))?;
    let (home, label) = (&newest[..items::label_at(newest)], items::label(newest));
    let mut highest = &label[at.clone()];
    // Flyway and refinery look into every folder.
    let is_lettered = matches!(convention, Convention::Flyway | Convention::Refinery);
    let beside = |path: &&String| is_lettered || path[..items::label_at(path)] == *home;
    for path in files.iter().filter(beside) {
        let (Some(range), other) = (numbered(path), items::label(path)) else { continue };
        // Flyway's `U2__b.sql` and `v2__b.sql` take no version of a `V1__a.sql`; refinery's `U2__b.sql` does.
        let is_alike = convention == Convention::Refinery || other.starts_with(&label[..at.start]);
        if is_alike && key(&other[range.clone()], Some(convention)) > key(highest, Some(convention)) {
            highest = &other[range];
        }
    }
    let separator = match (convention, label[at.end..].chars().next()) {
        (Convention::Flyway | Convention::Refinery, _) => "__",
        (Convention::GraphileMigrate, _) | (_, Some('-')) => "-",
        _ => "_",
    };
    Some((newest, format!("{}{}{separator}", &label[..at.start], next(highest, Some(now))?)))
}

/// The migration's version with another number.
pub(super) fn version(item: &Item, number: &str, convention: Option<Convention>) -> Option<Version> {
    let identity = convention.map_or(Identity::Digits, Convention::identity);
    let text = match identity {
        Identity::Digits => number.to_owned(),
        Identity::Dotted => number.replace('_', "."),
        _ => {
            let label = items::label(&item.path);
            let range = number_in(label, convention)?;
            let label = format!("{}{number}{}", &label[..range.start], &label[range.end..]);
            match item.version.as_str().ends_with(".sql") || items::is_folder(&item.path) {
                true => label,
                false => label.strip_suffix(".sql").unwrap_or(&label).to_owned(),
            }
        }
    };
    Some(Version::new(text, identity))
}

/// How every file of a migration would be called with another number.
pub(super) fn moves(item: &Item, number: &str, convention: Option<Convention>, head: &Files) -> Vec<Renumber> {
    let Some(version) = version(item, number, convention) else { return Vec::new() };
    let path = &item.path;
    let mut paths: Vec<&str> = vec![path];
    let list = items::list_path(path);
    if items::is_folder(path) {
        let folder = items::folder(path);
        let inside = head.range(folder.to_owned()..).take_while(|(path, _)| path.starts_with(folder));
        paths = inside.map(|(path, _)| path.as_str()).collect();
    } else {
        paths.extend(item.down.as_ref().map(|down| down.path.as_str()).filter(|down| down != path));
        paths.extend(head.get_key_value(&format!("{path}.conf")).map(|(path, _)| path.as_str()));
    }
    paths.extend(head.get_key_value(&list).map(|(path, _)| path.as_str()));
    let folder_at = items::label_at(path);
    let renamed = paths.into_iter().filter_map(|path| {
        let beside = path == list;
        let at = if beside { items::folder(path).len() } else { folder_at };
        let rest = &path[at..];
        let end = rest.find('/').unwrap_or(rest.len());
        let range = number_in(&rest[..end], convention)?;
        let to = format!("{}{number}{}", &path[..at + range.start], &path[at + range.end..]);
        Some(Renumber { path: path.to_owned(), to, version: version.as_str().to_owned() })
    });
    renamed.collect()
}
