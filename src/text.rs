//! Work on texts that is compiled once.
//!
//! The searches of `std` are fast on any input, and take up several kilobytes of the WebAssembly
//! module for that. What is looked for here is short and fixed, so the plain way is fast enough.

/// Where `what` begins for the first time. Takes no longer than the lengths of both multiplied.
pub(crate) fn find(text: &str, what: &str) -> Option<usize> {
    let (&first, rest) = what.as_bytes().split_first()?;
    let mut bytes = text.as_bytes();
    while let Some(at) = bytes.iter().position(|&byte| byte == first) {
        bytes = bytes.get(at + 1..)?;
        if bytes.starts_with(rest) {
            return Some(text.len() - bytes.len() - 1);
        }
    }
    None
}

/// Where `what` begins for the last time.
pub(crate) fn find_last(text: &str, what: &str) -> Option<usize> {
    let last = text.len().checked_sub(what.len())?;
    (0..=last).rev().find(|&at| text.as_bytes().get(at..).is_some_and(|rest| rest.starts_with(what.as_bytes())))
}

/// Whether `what` is somewhere in the text.
pub(crate) fn contains(text: &str, what: &str) -> bool {
    find(text, what).is_some()
}

/// What stands before `what`, and what stands after it.
pub(crate) fn split_once<'a>(text: &'a str, what: &str) -> Option<(&'a str, &'a str)> {
    let at = find(text, what)?;
    Some((text.get(..at)?, text.get(at + what.len()..)?))
}

/// What stands before `what`; all of the text if it does not occur.
pub(crate) fn before<'a>(text: &'a str, what: &str) -> &'a str {
    split_once(text, what).map_or(text, |(before, _)| before)
}

/// The text between the places where `what` stands, and where each part begins.
pub(crate) fn parts<'a>(text: &'a str, what: &'a str) -> Parts<'a> {
    Parts { text, what, at: Some(0) }
}

/// See [`parts`].
pub(crate) struct Parts<'a> {
    text: &'a str,
    what: &'a str,
    at: Option<usize>,
}

impl<'a> Iterator for Parts<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<(usize, &'a str)> {
        let at = self.at?;
        let rest = self.text.get(at..)?;
        let part = before(rest, self.what);
        let next = at + part.len() + self.what.len();
        self.at = (part.len() < rest.len()).then_some(next);
        Some((at, part))
    }
}

/// The text with `by` wherever `what` stands.
pub(crate) fn replace(text: &str, what: &str, by: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, part) in parts(text, what) {
        if at > 0 {
            out.push_str(by);
        }
        out.push_str(part);
    }
    out
}

/// The template with a value in place of every `{}`, in their order. How many there are is checked
/// when it is compiled. Values are texts: a number is written by [`number`].
///
/// `format!` is more than is needed here, and brings everything that can be formatted in any way.
macro_rules! fill {
    ($template:expr $(, $value:expr)* $(,)?) => {{
        const VALUES: &[&str] = &[$(stringify!($value)),*];
        const { assert!($crate::text::places($template) == VALUES.len()) };
        $crate::text::filled($template, &[$(&$value),*])
    }};
}
pub(crate) use fill;

/// How many `{}` a template has.
pub(crate) const fn places(template: &str) -> usize {
    let bytes = template.as_bytes();
    let (mut at, mut count) = (1, 0);
    while at < bytes.len() {
        if bytes[at - 1] == b'{' && bytes[at] == b'}' {
            count += 1;
        }
        at += 1;
    }
    count
}

/// See [`fill`].
pub(crate) fn filled(template: &str, values: &[&str]) -> String {
    let mut out = String::new();
    let mut values = values.iter();
    for (at, part) in parts(template, "{}") {
        if at > 0 {
            out.push_str(values.next().copied().unwrap_or_default());
        }
        out.push_str(part);
    }
    out
}

/// The parts, one after the other.
pub(crate) fn concat(parts: &[&str]) -> String {
    join(parts, "")
}

/// The parts, with `between` between each two.
pub(crate) fn join<T: AsRef<str>>(parts: &[T], between: &str) -> String {
    let mut out = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push_str(between);
        }
        out.push_str(part.as_ref());
    }
    out
}

/// How many characters (code points) it has.
pub(crate) fn characters(text: &str) -> usize {
    // Each has one byte that is not `10xxxxxx`.
    text.bytes().filter(|byte| byte & 0b1100_0000 != 0b1000_0000).count()
}

/// The number in decimal digits.
pub(crate) fn number(number: impl TryInto<u64>) -> String {
    let mut out = String::new();
    push_number(&mut out, number.try_into().unwrap_or(u64::MAX));
    out
}

/// Adds the number in decimal digits.
pub(crate) fn push_number(out: &mut String, number: u64) {
    if number > 9 {
        push_number(out, number / 10);
    }
    out.push(char::from(b'0' + (number % 10) as u8));
}

/// The number that the text writes in decimal digits; none if it is anything else, or too large.
pub(crate) fn whole(text: &str) -> Option<u64> {
    let digits = text.bytes().try_fold(0_u64, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    });
    digits.filter(|_| !text.is_empty())
}

/// The text in double quotes; what would break it is escaped as in Rust.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => out.push_str("\\0"),
            '\u{1}'..='\u{1f}' | '\u{7f}' => {
                let code = c as u8;
                out.push_str("\\u{");
                if code > 15 {
                    out.push(char::from(b'0' + code / 16));
                }
                out.push(char::from(b"0123456789abcdef"[usize::from(code % 16)]));
                out.push('}');
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every text of up to six letters of `alphabet`.
    fn texts(alphabet: &[char]) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut from = 0;
        for _ in 0..6 {
            let to = all.len();
            for at in from..to {
                for c in alphabet {
                    all.push(format!("{}{c}", all[at]));
                }
            }
            from = to;
        }
        all
    }

    #[test]
    fn searches_find_what_those_of_std_find() {
        for text in texts(&['a', 'b', 'é']) {
            for what in ["a", "é", "ab", "aa", "aba", "aab", "éé"] {
                assert_eq!(find(&text, what), text.find(what), "{what} in {text}");
                assert_eq!(find_last(&text, what), text.rfind(what), "{what} in {text}");
                assert_eq!(contains(&text, what), text.contains(what), "{what} in {text}");
                assert_eq!(split_once(&text, what), text.split_once(what), "{what} in {text}");
                assert_eq!(replace(&text, what, "<>"), text.replace(what, "<>"), "{what} in {text}");
                assert!(parts(&text, what).map(|(_, part)| part).eq(text.split(what)), "{what} in {text}");
            }
            assert_eq!(characters(&text), text.chars().count());
        }
    }

    #[test]
    fn texts_are_put_together_as_by_std() {
        for parts in [&[][..], &["a"], &["a", "", "b"]] {
            assert_eq!((concat(parts), join(parts, ", ")), (parts.concat(), parts.join(", ")));
        }
    }

    #[test]
    fn values_stand_where_the_template_has_places() {
        assert_eq!(fill!("no place {",), "no place {");
        assert_eq!(fill!("{}{}, {{}}", "a", String::from("{}"), "c"), "a{}, {c}");
    }

    #[test]
    fn numbers_are_written_and_read_as_by_std() {
        for n in [0, 9, 10, 12_345, u64::MAX / 10, u64::MAX] {
            assert_eq!(number(n), n.to_string());
            assert_eq!(whole(&n.to_string()), Some(n));
        }
        for text in ["", "-1", "1 ", "18446744073709551616", "99999999999999999999999", "é"] {
            assert_eq!(whole(text), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn quoted_text_looks_like_that_of_std() {
        let ascii: String = (0..128).map(char::from).collect();
        for text in [&ascii[..], "é 😀", ""] {
            assert_eq!(quoted(text), format!("{text:?}"));
        }
    }
}
