//! Moments that tools write as text.

/// Seconds since 1970 of a moment in UTC. Howard Hinnant's `days_from_civil`.
pub(super) fn seconds(year: i64, month: i64, day: i64, time: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    days * 86_400 + time
}

/// Its way back: year, month, day.
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// A moment of RFC 3339 as the ledger writes one: in UTC, with microseconds. None if it is no moment.
pub(super) fn utc(text: &str) -> Option<String> {
    if !text.is_ascii() || text.len() < 20 {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?;
        digits.parse::<i64>().ok()
    };
    let marks = [(4, '-'), (7, '-'), (10, 'T'), (13, ':'), (16, ':')];
    if !marks.iter().all(|(at, mark)| text[*at..].starts_with(*mark)) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let rest = &text[19..];
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.bytes().position(|byte| !byte.is_ascii_digit())?),
        None => ("", rest),
    };
    let at = text.len() - zone.len();
    let offset = match zone.as_bytes() {
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let ahead = number(at + 1, at + 3)? * 3600 + number(at + 4, at + 6)? * 60;
            if *sign == b'+' { ahead } else { -ahead }
        }
        _ => return None,
    };
    let time = hour * 3600 + minute * 60 + second;
    let all = seconds(year, month, day, time);
    // A day that the month does not have would be one of the next.
    if hour > 23 || minute > 59 || second > 59 || date((all - time) / 86_400) != (year, month, day) {
        return None;
    }
    let (days, time) = ((all - offset).div_euclid(86_400), (all - offset).rem_euclid(86_400));
    let (year, month, day) = date(days);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    let micros = format!("{fraction:0<6}");
    let micros = &micros[..6];
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(text: &str, expected: Option<&str>) {
        assert_eq!(utc(text).as_deref(), expected, "{text}");
    }

    // psql: select to_char('…'::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    #[test]
    fn a_moment_is_written_in_utc() {
        is("2026-01-01T09:00:00.000Z", Some("2026-01-01T09:00:00.000000Z"));
        is("2024-02-29T23:59:59+05:30", Some("2024-02-29T18:29:59.000000Z"));
        is("2026-01-01T09:00:00.123456789-08:00", Some("2026-01-01T17:00:00.123456Z"));
        is("2026-01-01T01:00:00+02:00", Some("2025-12-31T23:00:00.000000Z"));
        is("1969-12-31T23:59:59.5Z", Some("1969-12-31T23:59:59.500000Z"));
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "",
            "2026-02-29T00:00:00Z",
            "2026-01-01 09:00:00Z",
            "2026-01-01T09:00:00",
            "2026-13-01T09:00:00Z",
            "2026-00-10T09:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T09:00:00.Zé",
            "2026-01-01T09:00:00+0200",
        ] {
            is(text, None);
        }
    }
}
