//! The next free version, written as the set writes its versions.
//!
//! A sequence is counted up and keeps its width (`0009`, `0010`). A version that is a time (8, 12 or
//! 14 digits, with dashes in Diesel) goes on by a day, a minute or a second, or takes the time that
//! the options give, if that is later. Any other number is counted up in its last part.

use super::items::{self, Item};
use super::{Files, Renumber};
use counterfoil::convention::Convention;
use counterfoil::error::{Code, Error};
use counterfoil::version::{Identity, Version, leading_digits};
use std::ops::Range;

/// A time as 14 digits: year to second.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Now(String);

impl Now {
    /// Reads `2026-01-31T12:00:00Z`, with fractions of a second or without.
    pub(super) fn read(text: &str) -> Result<Now, Error> {
        let wrong = || {
            Error::new(Code::InvalidInput, format!("now is {text:?}, which is not a time"))
                .with_help("write it like 2026-01-31T12:00:00Z, in UTC")
        };
        let (date, rest) = text.split_once('T').ok_or_else(wrong)?;
        let time = rest.strip_suffix('Z').ok_or_else(wrong)?;
        let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let digits = |text: &str, separator: char| -> Option<String> {
            let shape: Vec<usize> = text.split(separator).map(str::len).collect();
            let all = text.replace(separator, "");
            let fits = matches!(shape[..], [4, 2, 2] | [2, 2, 2]) && all.bytes().all(|byte| byte.is_ascii_digit());
            fits.then_some(all)
        };
        let all = digits(date, '-').zip(digits(time, ':')).map(|(date, time)| date + &time).ok_or_else(wrong)?;
        let is_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
        if all.len() != 14 || !is_fraction || seconds(&all).is_none() {
            return Err(wrong());
        }
        Ok(Now(all))
    }
}

/// Where the number stands in a migration's label.
fn number_in(label: &str, convention: Option<Convention>) -> Option<Range<usize>> {
    let range = match convention {
        Some(Convention::Flyway) => 1..label.find("__")?,
        Some(Convention::Diesel) => {
            let end = label.bytes().position(|byte| !(byte.is_ascii_digit() || byte == b'-')).unwrap_or(label.len());
            0..label[..end].trim_end_matches('-').len()
        }
        _ => 0..leading_digits(label).len(),
    };
    let has_digits = label.get(range.clone())?.bytes().any(|byte| byte.is_ascii_digit());
    has_digits.then_some(range)
}

/// The number of a migration, as its file writes it.
pub(super) fn number(item: &Item, convention: Option<Convention>) -> Option<&str> {
    let label = items::label(&item.path);
    label.get(number_in(label, convention)?)
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

/// The number after this one; `now` is taken if it is later.
pub(super) fn next(number: &str, now: Option<&Now>) -> Option<String> {
    let start = number.rfind(['.', '_']).map_or(0, |at| at + 1);
    let (before, last) = number.split_at(start);
    let digits: String = last.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() || digits.len() + last.matches('-').count() != last.len() {
        return None;
    }
    let mut after = match after(&digits) {
        Some(after) => after,
        None => plus_one(&digits),
    };
    let is_time = seconds(&digits).is_some() && before.is_empty();
    if let Some(now) = now.filter(|_| is_time)
        && now.0[..digits.len()] > *after
    {
        after = now.0[..digits.len()].to_owned();
    }
    if !last.contains('-') {
        return Some(format!("{before}{after}"));
    }
    if after.len() != digits.len() {
        return None;
    }
    let mut digits = after.chars();
    let dashed: Option<String> = last.chars().map(|c| if c == '-' { Some('-') } else { digits.next() }).collect();
    Some(format!("{before}{}", dashed?))
}

/// The next day, minute or second, where the digits are a time.
fn after(digits: &str) -> Option<String> {
    let step = match digits.len() {
        8 => 86_400,
        12 => 60,
        _ => 1,
    };
    let time = written(seconds(digits)? + step)?;
    Some(time[..digits.len()].to_owned())
}

/// One more, in at least as many digits.
fn plus_one(digits: &str) -> String {
    let mut bytes = digits.as_bytes().to_vec();
    for byte in bytes.iter_mut().rev() {
        if *byte == b'9' {
            *byte = b'0';
        } else {
            *byte += 1;
            return String::from_utf8(bytes).unwrap_or_default();
        }
    }
    format!("1{}", String::from_utf8(bytes).unwrap_or_default())
}

/// Seconds since 1970 of a time in 8, 12 or 14 digits; none if it is not one between 1970 and 2999.
fn seconds(digits: &str) -> Option<u64> {
    if !matches!(digits.len(), 8 | 12 | 14) {
        return None;
    }
    let full = format!("{digits:0<14}");
    let part = |range: Range<usize>| full.get(range)?.parse::<u64>().ok();
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    let (hour, minute, second) = (part(8..10)?, part(10..12)?, part(12..14)?);
    let is_date = (1970..3000).contains(&year) && (1..=12).contains(&month) && (1..=days(year, month)).contains(&day);
    if !is_date || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut day_number = day - 1;
    day_number += (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum::<u64>();
    day_number += (1..month).map(|month| days(year, month)).sum::<u64>();
    Some(((day_number * 24 + hour) * 60 + minute) * 60 + second)
}

/// The time in 14 digits.
fn written(seconds: u64) -> Option<String> {
    let (mut day, rest) = (seconds / 86_400, seconds % 86_400);
    let mut year = 1970;
    while day >= if is_leap(year) { 366 } else { 365 } {
        day -= if is_leap(year) { 366 } else { 365 };
        year += 1;
    }
    let mut month = 1;
    while day >= days(year, month) {
        day -= days(year, month);
        month += 1;
    }
    let text = format!("{year:04}{month:02}{:02}{:02}{:02}{:02}", day + 1, rest / 3600, rest / 60 % 60, rest % 60);
    (text.len() == 14).then_some(text)
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn follows(number: &str, expected: &str) {
        assert_eq!(next(number, None).as_deref(), Some(expected), "{number}");
    }

    #[test]
    fn a_sequence_is_counted_up_and_keeps_its_width() {
        follows("1", "2");
        follows("0009", "0010");
        follows("999", "1000");
        follows("99999999999999999999999999", "100000000000000000000000000");
        follows("1.9", "1.10");
        follows("2_09", "2_10");
        assert_eq!(next("", None), None);
        assert_eq!(next("a1", None), None);
    }

    #[test]
    fn a_time_goes_on_by_its_smallest_part() {
        // The expected times were made with `date -d`.
        follows("20240228235959", "20240229000000");
        follows("20230228235959", "20230301000000");
        follows("21000228235959", "21000301000000");
        follows("20241231235959", "20250101000000");
        follows("202412312359", "202501010000");
        follows("20240131", "20240201");
        follows("2024-12-31-235959", "2025-01-01-000000");
    }

    #[test]
    fn a_number_that_looks_like_a_time_and_is_none_is_counted_up() {
        // Real sets have an hour 33 and a day 00.
        follows("20240230336100", "20240230336101");
        follows("20240100000000", "20240100000001");
        follows("20240101000000123", "20240101000000124");
        follows("00000000", "00000001");
        follows("00000000000000", "00000000000001");
    }

    #[test]
    fn the_time_at_hand_is_taken_if_it_is_later() {
        let now = Now::read("2026-01-31T12:34:56.789Z").expect("a time");
        assert_eq!(next("20240131000000", Some(&now)).as_deref(), Some("20260131123456"));
        assert_eq!(next("20270131000000", Some(&now)).as_deref(), Some("20270131000001"));
        assert_eq!(next("20240131", Some(&now)).as_deref(), Some("20260131"));
        assert_eq!(next("2024-01-31-000000", Some(&now)).as_deref(), Some("2026-01-31-123456"));
        assert_eq!(next("0041", Some(&now)).as_deref(), Some("0042"));
        for wrong in [
            "",
            "2026-01-31",
            "2026-01-31T12:34:56",
            "2026-02-30T00:00:00Z",
            "2026-01-31T24:00:00Z",
            "12:34:56T2026-01-31Z",
            "2026-01-31T12:34:56.Z",
            "é-01-31T12:34:56Z",
        ] {
            assert!(Now::read(wrong).is_err(), "{wrong}");
        }
    }
}
