//! The version after a version, written in the same way: what a plan proposes, what the guards in CI propose, and what a
//! new file is called.
//!
//! A sequence is counted up and keeps its width (`0009`, `0010`); of a dotted version (`1.9`, `1_9`) that is the last part.
//! A time goes on by its smallest unit: a day, a minute, a second or a millisecond for 8, 12, 14 or 17 digits (Diesel's
//! with dashes), and so does a count of seconds or milliseconds since 1970 (10 or 13 digits). Who knows what time it is
//! gets that time instead, if it is later.

use crate::error::{Code, Error};

/// The moment at which a version is asked for, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Now {
    /// Year to millisecond, as 17 digits.
    digits: String,
    /// Since 1970.
    milliseconds: u64,
}

impl Now {
    /// Reads `2026-01-31T12:00:00Z`, with fractions of a second or without.
    ///
    /// # Errors
    ///
    /// `invalid-input` if it is not such a time.
    pub fn read(text: &str) -> Result<Now, Error> {
        Self::parsed(text).ok_or_else(|| {
            Error::new(Code::InvalidInput, format!("now is {text:?}, which is not a time"))
                .with_help("write it like 2026-01-31T12:00:00Z, in UTC")
        })
    }

    fn parsed(text: &str) -> Option<Now> {
        let (date, rest) = text.split_once('T')?;
        let time = rest.strip_suffix('Z')?;
        let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let shape = |text: &str, separator: char| text.split(separator).map(str::len).collect::<Vec<_>>();
        if shape(date, '-') != [4, 2, 2] || shape(time, ':') != [2, 2, 2] || !is_digits(fraction) {
            return None;
        }
        let digits = format!("{}{}{fraction:0<3.3}", date.replace('-', ""), time.replace(':', ""));
        let [year, month, day, hour, minute, second, millisecond] = Time::read(&digits)?.parts.map(u64::from);
        if year < 1970 {
            return None;
        }
        let mut days = day - 1;
        days += (1970..year).map(|year| if is_leap(year as u32) { 366 } else { 365 }).sum::<u64>();
        days += (1..month).map(|month| u64::from(days_in(year as u32, month as u32))).sum::<u64>();
        let milliseconds = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millisecond;
        Some(Now { digits, milliseconds })
    }

    /// As `version` writes its times; none if it is not a time.
    fn like(&self, version: &str) -> Option<String> {
        if Time::read(version).is_some() {
            return self.digits.get(..version.len()).map(str::to_owned);
        }
        // From September 2001 on, and never with a zero in front.
        match (version.len(), version.starts_with('0')) {
            (10, false) => Some((self.milliseconds / 1000).to_string()),
            (13, false) => Some(self.milliseconds.to_string()),
            _ => None,
        }
    }
}

/// The part of a version, or of a name that starts with one, that [`next`] counts: `0077` of `0077_rapid`, `17.1`,
/// `2024-01-31-120000` of `2024-01-31-120000_users`. Empty if it starts with no digit.
///
/// ```
/// use counterfoil::version::next::counted;
/// assert_eq!(counted("0077-2fa"), "0077");
/// assert_eq!(counted("2024-01-31-120000_users"), "2024-01-31-120000");
/// ```
pub fn counted(version: &str) -> &str {
    let is_counted = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let end = version.bytes().position(|byte| !is_counted(byte)).unwrap_or(version.len());
    let run = version[..end].trim_end_matches(['-', '.']);
    // A dash stands in dates alone; elsewhere it separates the version from a name.
    let mut dashes = run.bytes().enumerate().filter(|(_, byte)| *byte == b'-').map(|(at, _)| at);
    match (dashes.next(), dashes.next()) {
        (None, _) | (Some(4), Some(7)) => run,
        (Some(dash), _) => &run[..dash],
    }
}

/// The version after `version`, which is what [`counted`] gives or a number with `_` in place of dots; or `now`, if
/// versions here are times and it is later. None if `version` is no number, and where dashes have no place for one more
/// digit.
///
/// ```
/// use counterfoil::version::next::next;
/// assert_eq!(next("0009", None).as_deref(), Some("0010"));
/// assert_eq!(next("20260228235959", None).as_deref(), Some("20260301000000"));
/// ```
pub fn next(version: &str, now: Option<&Now>) -> Option<String> {
    let (before, last) = version.split_at(version.rfind(['.', '_']).map_or(0, |at| at + 1));
    let digits = last.replace('-', "");
    let is_written = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'_');
    if digits.is_empty() || !version.as_bytes()[0].is_ascii_digit() || !version.bytes().all(is_written) {
        return None;
    }
    let time = Time::read(&digits).filter(|_| before.is_empty());
    let mut next = time.map_or_else(|| plus_one(&digits), Time::next);
    if let Some(now) = now.filter(|_| before.is_empty()).and_then(|now| now.like(&digits))
        && now.len() == next.len()
        && now > next
    {
        next = now;
    }
    if digits.len() < last.len() {
        // The dashes, where they were.
        if next.len() != digits.len() {
            return None;
        }
        for (at, _) in last.match_indices('-') {
            next.insert(at, '-');
        }
    }
    Some(format!("{before}{next}"))
}

/// One more, in at least as many digits.
fn plus_one(digits: &str) -> String {
    // From the last digit: nines become zeros, up to the first that can be one more.
    let kept = digits.trim_end_matches('9');
    let zeros = digits.len() - kept.len();
    let mut out = kept.to_owned();
    let raised = out.pop().map_or('1', |digit| char::from(digit as u8 + 1));
    out.push(raised);
    out.extend(std::iter::repeat_n('0', zeros));
    out
}

/// A time as digits write it.
struct Time {
    /// Year, month, day, hour, minute, second, millisecond; what is not written is as small as it can be.
    parts: [u32; 7],
    /// How many of them are written.
    written: usize,
}

/// Where each part ends in the digits.
const ENDS: [usize; 7] = [4, 6, 8, 10, 12, 14, 17];

impl Time {
    /// None if it is not a time between 1900 and 2999: real sets have an hour 33 and a day 0.
    fn read(digits: &str) -> Option<Time> {
        if !matches!(digits.len(), 8 | 12 | 14 | 17) {
            return None;
        }
        let mut time = Time { parts: [0, 1, 1, 0, 0, 0, 0], written: 0 };
        let mut start = 0;
        for (index, end) in ENDS.into_iter().enumerate().filter(|(_, end)| *end <= digits.len()) {
            let value = digits.get(start..end)?.parse().ok()?;
            time.parts[index] = value;
            if !(time.least(index)..=time.most(index)).contains(&value) {
                return None;
            }
            (start, time.written) = (end, index + 1);
        }
        Some(time)
    }

    /// The smallest value of a part.
    fn least(&self, part: usize) -> u32 {
        [1900, 1, 1, 0, 0, 0, 0][part]
    }

    /// The greatest value of a part, in this month of this year.
    fn most(&self, part: usize) -> u32 {
        let [year, month, ..] = self.parts;
        [2999, 12, days_in(year, month), 23, 59, 59, 999][part]
    }

    /// The smallest part that is written, one more.
    fn next(mut self) -> String {
        let mut part = self.written - 1;
        self.parts[part] += 1;
        while part > 0 && self.parts[part] > self.most(part) {
            self.parts[part] = self.least(part);
            part -= 1;
            self.parts[part] += 1;
        }
        let mut out = String::new();
        for (part, end) in self.parts.iter().zip(ENDS).take(self.written) {
            // Filled up to where the part ends.
            let text = part.to_string();
            out.extend(std::iter::repeat_n('0', (end - out.len()).saturating_sub(text.len())));
            out.push_str(&text);
        }
        out
    }
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 => 28 + u32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn follows(version: &str, expected: &str) {
        assert_eq!(next(version, None).as_deref(), Some(expected), "{version}");
    }

    #[test]
    fn a_sequence_is_counted_up_and_keeps_its_width() {
        follows("1", "2");
        follows("0009", "0010");
        follows("999", "1000");
        follows("99999999999999999999999999", "100000000000000000000000000");
        for none in ["", "a1", "1a", "-", "1.", "-1", "a.1", "é_1", "1_draft_2", "9999-99-99"] {
            assert_eq!(next(none, None), None, "{none}");
        }
    }

    #[test]
    fn of_a_dotted_version_the_last_part_is_counted() {
        follows("1.9", "1.10");
        follows("2_09", "2_10");
        follows("17.1", "17.2");
        follows("1.20240131", "1.20240132");
    }

    #[test]
    fn a_time_goes_on_by_its_smallest_part() {
        // The expected times were made with `date -d`.
        follows("20240228235959", "20240229000000");
        follows("20230228235959", "20230301000000");
        follows("21000228235959", "21000301000000");
        follows("20241231235959", "20250101000000");
        follows("20260228235959999", "20260301000000000");
        follows("202412312359", "202501010000");
        follows("20240131", "20240201");
        follows("2024-12-31-235959", "2025-01-01-000000");
        follows("2024-01-31", "2024-02-01");
        follows("29991231", "30000101");
    }

    #[test]
    fn a_number_that_looks_like_a_time_and_is_none_is_counted_up() {
        // Real sets have an hour 33 and a day 00.
        follows("20240230336100", "20240230336101");
        follows("20240100000000", "20240100000001");
        follows("00000000", "00000001");
        follows("00000000000000", "00000000000001");
        follows("2024013", "2024014");
        follows("1771234567", "1771234568");
    }

    #[test]
    fn the_time_at_hand_is_taken_if_it_is_later() {
        let now = Now::read("2026-01-31T12:34:56.789Z").expect("a time");
        let next = |version| next(version, Some(&now)).expect("a number");
        assert_eq!(next("20240131000000"), "20260131123456");
        assert_eq!(next("20240131000000000"), "20260131123456789");
        assert_eq!(next("20270131000000"), "20270131000001");
        assert_eq!(next("20240131"), "20260131");
        assert_eq!(next("2024-01-31-000000"), "2026-01-31-123456");
        // `date -u -d 2026-01-31T12:34:56Z +%s`
        assert_eq!(next("1700000000"), "1769862896");
        assert_eq!(next("1700000000000"), "1769862896789");
        assert_eq!(next("1999999999"), "2000000000");
        // A sequence knows no time, and a width of ten alone makes none.
        assert_eq!(next("0041"), "0042");
        assert_eq!(next("0000000041"), "0000000042");
        assert_eq!(next("1.20240131"), "1.20240132");
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for wrong in [
            "",
            "2026-01-31",
            "2026-01-31T12:34:56",
            "2026-02-30T00:00:00Z",
            "2026-01-31T24:00:00Z",
            "12:34:56T2026-01-31Z",
            "2026-01-31T12:34:56.Z",
            "2026-01-31T12:34:56.7é9Z",
            "é-01-31T12:34:56Z",
        ] {
            assert!(Now::read(wrong).is_err(), "{wrong}");
        }
        assert!(Now::read("2026-01-31T12:34:56.123456789Z").is_ok());
    }

    #[test]
    fn what_is_counted_ends_where_a_name_begins() {
        for (version, expected) in [
            ("0077_rapid", "0077"),
            ("0077-2fa", "0077"),
            ("0077", "0077"),
            ("17.1", "17.1"),
            ("1.2_x", "1.2"),
            ("2024-01-31-120000_a", "2024-01-31-120000"),
            ("2024-01-31_a", "2024-01-31"),
            ("add_users", ""),
            ("", ""),
        ] {
            assert_eq!(counted(version), expected, "{version}");
        }
    }
}
