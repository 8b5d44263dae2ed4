//! Names that carry a date: those of partitions that a migration makes for the day on which it runs.

use regex_lite::Regex;

/// Six digits or more, with `_` and `-` among them.
const DATE: &str = "(?:[_-]*[0-9]){6}[0-9_-]*";

/// Leaves dates out of names.
pub(super) struct Undated(Option<Regex>);

impl Undated {
    pub(super) fn new() -> Self {
        Undated(Regex::new(DATE).ok())
    }

    /// The name without its dates; none if it has none.
    pub(super) fn of(&self, name: &str) -> Option<String> {
        let date = self.0.as_ref().filter(|date| date.is_match(name))?;
        Some(date.replace_all(name, "#").into_owned())
    }
}

/// Whether a partition is named after a day or a month in which its bound begins or ends. A day more or less may come from
/// a time zone.
pub(super) fn named_after(name: &str, bound: &str) -> bool {
    let Ok(date) = Regex::new("20[0-9]{2}[_-]*[01][0-9](?:[_-]*[0-3][0-9])?") else { return false };
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let last = date.find_iter(name).last();
    let Some((from, until)) = last.and_then(|found| days(&digits(found.as_str()))) else { return false };
    bound.starts_with("FOR VALUES FROM (")
        && date
            .find_iter(bound)
            .any(|day| days(&digits(day.as_str())).is_some_and(|(day, _)| (from - 1..=until + 1).contains(&day)))
}

/// The first and the last day of `202611` or `20261126`, counted from one day to the next.
fn days(digits: &str) -> Option<(u32, u32)> {
    let number = |at: std::ops::Range<usize>| digits.get(at)?.parse::<u32>().ok();
    let (year, month) = (number(0..4)?, number(4..6)?);
    let day = if digits.len() > 6 { Some(number(6..8)?) } else { None };
    if !(1..=12).contains(&month) {
        return None;
    }
    // Years begin in March: what is left of one does not depend on it.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5;
    Some((before + day.unwrap_or(1), before + day.unwrap_or(31)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_left_out_and_other_numbers_stay() {
        let undated = Undated::new();
        assert_eq!(undated.of("public.tasks_20261126").as_deref(), Some("public.tasks#"));
        assert_eq!(undated.of("public.tasks_2026_11_26_idx").as_deref(), Some("public.tasks#idx"));
        assert_eq!(undated.of("public.v1_tasks"), None);
        assert_eq!(undated.of("public.part_10"), None);
    }

    #[test]
    fn a_partition_is_named_after_its_bound() {
        let of = |from: &str| format!("FOR VALUES FROM ('{from}') TO ('2200-01-01')");
        for (name, from) in [
            ("log_20261126", "2026-11-26"),
            ("log_2026_11_26", "2026-11-25 23:00:00+00"),
            ("log_202611", "2026-11-01"),
            ("log_202612", "2026-11-30 23:00:00+00"),
            ("log_20260301", "2026-02-28 23:00:00+00"),
            ("v2.log_20260301", "2026-03-01"),
        ] {
            assert!(named_after(name, &of(from)), "{name}");
        }
        for (name, from) in [
            ("log_20261126", "2026-11-20"),
            ("log_202611", "2026-09-01"),
            ("log_100003", "7"),
            ("log_202613", "2026-12-31"),
            ("log_20260301", "2026-02-27"),
        ] {
            assert!(!named_after(name, &of(from)), "{name}");
        }
        assert!(!named_after("log_202611", "FOR VALUES IN ('2026-11-01')"));
    }
}
