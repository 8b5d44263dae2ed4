//! Versions: kept as written, compared as numbers of any length.

pub mod next;

use serde::{Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt;

/// What a convention takes for the identity of a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Identity {
    /// Leading digits: `001` and `1` are one version.
    Digits,
    /// Dotted numbers, as in Flyway: `1.2`, `1.02` and `1.2.0` are one version.
    Dotted,
    /// The whole name: two names with equal leading digits are two versions.
    Name,
    /// The whole name, compared as text, and first by what stands before its `_`, without dashes, as in Diesel:
    /// `2024-01-31-120000_a` is compared as `20240131120000_a` would be, and `2020-12-7-190800_b` comes after
    /// `2020-02-01-000000_a`.
    Dated,
    /// The whole name, whose number is a date in UTC if it has 17 digits, as in node-pg-migrate: that counts as its
    /// milliseconds since 1970, as names of 13 digits give them.
    Timed,
    /// The whole name, compared as text, as Prisma does: `20250625_b` comes after `20250624101010_a`.
    Text,
}

/// The identity of a migration: the text as written, and the key that it is compared by.
///
/// Order: by numbers (leading digits, or dotted parts), then by name; under [`Identity::Text`] and
/// [`Identity::Dated`] as text. Text without leading digits comes after everything that has them. Equality is by key, so `001 == 1` under
/// [`Identity::Digits`].
///
/// ```
/// use counterfoil::version::{Identity, Version};
/// let v = |text| Version::new(text, Identity::Digits);
/// assert!(v("0009") < v("00010"));
/// assert_eq!(v("001"), v("1"));
/// ```
#[derive(Clone, Debug)]
pub struct Version {
    text: String,
    numbers: Vec<Number>,
    name: Option<String>,
}

/// A number of any length: its digits without leading zeros.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Number(String);

impl Number {
    fn new(digits: &str) -> Self {
        Number(digits.trim_start_matches('0').to_owned())
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0.len(), &self.0).cmp(&(other.0.len(), &other.0))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Version {
    /// The version that `text` writes. Never fails: text that has not the form that `identity`
    /// expects is compared by its name.
    pub fn new(text: impl Into<String>, identity: Identity) -> Self {
        let text = text.into();
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let (numbers, name) = match identity {
            Identity::Digits if is_digits(&text) => (vec![Number::new(&text)], None),
            Identity::Dotted if text.split('.').all(is_digits) => {
                let mut parts: Vec<Number> = text.split('.').map(Number::new).collect();
                // Flyway compares missing parts as zero.
                while parts.len() > 1 && parts.last().is_some_and(|part| part.0.is_empty()) {
                    parts.pop();
                }
                (parts, None)
            }
            Identity::Text => (Vec::new(), Some(text.clone())),
            // Nothing comes before the byte between them, so a shorter head comes before a longer one.
            Identity::Dated => {
                let head = text.split('_').next().unwrap_or_default().replace('-', "");
                (Vec::new(), Some(head + "\0" + &text))
            }
            _ => {
                let digits = leading_digits(&text);
                let numbers = match digits.len() {
                    0 => vec![],
                    17 if identity == Identity::Timed => vec![Number::new(&milliseconds(digits))],
                    _ => vec![Number::new(digits)],
                };
                (numbers, Some(text.clone()))
            }
        };
        Version { text, numbers, name }
    }

    /// The version as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is compared as a name: always where the whole name is the identity, elsewhere if the text
    /// has not the form that the identity asks for.
    pub fn is_name(&self) -> bool {
        self.name.is_some()
    }
}

/// A date of 17 digits as its milliseconds since 1970, in digits.
fn milliseconds(date: &str) -> String {
    let mut rest = date.bytes().fold(0, |number: u64, digit| number * 10 + u64::from(digit - b'0'));
    let mut parts = [1000, 100, 100, 100, 100, 100];
    for part in &mut parts {
        let size = *part;
        *part = rest % size;
        rest /= size;
    }
    let [thousandths, second, minute, hour, day, month] = parts;
    // A year that begins in March has its odd day at its end. The 719,469th day of such a calendar is that of 1970-01-01.
    let (year, month) = if month > 2 { (rest, month - 3) } else { (rest.saturating_sub(1), month + 9) };
    let days = (365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day).saturating_sub(719_469);
    let mut left = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + thousandths;
    // Every year of four digits has fewer.
    let mut digits = [b'0'; 16];
    for digit in digits.iter_mut().rev() {
        *digit += (left % 10) as u8;
        left /= 10;
    }
    digits.into_iter().map(char::from).collect()
}

/// A version as a plan shows it: without the name, where a convention has that in the version.
pub fn without_name<'v>(version: &'v str, name: &str) -> &'v str {
    match version.find(name).filter(|at| *at > 0 && !name.is_empty()) {
        Some(at) => version[..at].trim_end_matches(['_', '-']),
        None => version,
    }
}

/// The ASCII digits that `text` starts with.
pub fn leading_digits(text: &str) -> &str {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    &text[..end]
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers
            .is_empty()
            .cmp(&other.numbers.is_empty())
            .then_with(|| self.numbers.cmp(&other.numbers))
            .then_with(|| self.name.cmp(&other.name))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl std::hash::Hash for Version {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.numbers.hash(state);
        self.name.hash(state);
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn ordered(identity: Identity, texts: &[&str]) {
        for pair in texts.windows(2) {
            assert!(Version::new(pair[0], identity) < Version::new(pair[1], identity), "{} < {}", pair[0], pair[1]);
        }
    }

    #[track_caller]
    fn same(identity: Identity, a: &str, b: &str) {
        assert_eq!(Version::new(a, identity), Version::new(b, identity));
    }

    #[test]
    fn digits_compare_as_numbers_of_any_length() {
        ordered(
            Identity::Digits,
            &["0", "0009", "00010", "20240230336100", "202402303361000001", "99999999999999999999999999999999"],
        );
        same(Identity::Digits, "001", "1");
        same(Identity::Digits, "000", "0");
        assert_ne!(Version::new("10", Identity::Digits), Version::new("1", Identity::Digits));
    }

    #[test]
    fn dotted_parts_compare_one_by_one() {
        ordered(Identity::Dotted, &["1", "1.1", "1.2", "1.10", "2", "17", "17.1", "18"]);
        same(Identity::Dotted, "1.2", "1.02.0");
    }

    #[test]
    fn names_compare_by_digits_and_then_by_name() {
        ordered(
            Identity::Name,
            &["9_z", "010_b", "10_a", "20240528214728_a", "20240528214728_b", "add_users", "zebra"],
        );
        assert_ne!(Version::new("1_a", Identity::Name), Version::new("01_a", Identity::Name));
    }

    #[test]
    fn text_compares_as_text() {
        ordered(Identity::Text, &["20250624101010_a", "20250625101010_z", "20250625_b", "20250626000000_a", "9_a"]);
    }

    #[test]
    fn a_date_of_17_digits_counts_as_its_milliseconds() {
        // `date -u -d 2024-01-02T00:00:00Z +%s` is 1704153600.
        ordered(
            Identity::Timed,
            &[
                "0001_a",
                "1704153599999_z",
                "1704153600000_b",
                "20240102000000000_a",
                "20240102000000001_a",
                "add_users",
            ],
        );
        // `date -u -d 2000-02-29T23:59:59Z +%s` is 951868799, that of 2100-03-01T00:00:00Z 4107542400.
        ordered(
            Identity::Timed,
            &[
                "00010101000000000_a",
                "951868799998_a",
                "20000229235959999_a",
                "20000301000000000_b",
                "951868800000_a",
                "4107542399999_a",
                "21000301000000000_a",
                "4107542400001_a",
                // Fourteen digits are a number as any other.
                "20240102000000_a",
            ],
        );
        assert_ne!(
            Version::new("20240102000000000_a", Identity::Timed),
            Version::new("1704153600000_a", Identity::Timed)
        );
    }

    #[test]
    fn dates_in_parts_compare_as_one_text() {
        ordered(
            Identity::Dated,
            &["00000000000000_diesel_initial_setup", "2023-12-31-235959_z", "20240101000000_m", "2024-01-01-000001_a"],
        );
        // `printf '20180101000000\n2020127190800\n20200201000000\n10\n9\n2020\n' | LC_ALL=C sort`
        ordered(
            Identity::Dated,
            &["10_z", "2018-01-01-000000_first", "2020_e", "2020-02-01-000000_second", "2020-12-7-190800_third", "9_a"],
        );
        assert_ne!(Version::new("2024-01-01_a", Identity::Dated), Version::new("20240101_a", Identity::Dated));
    }
}
