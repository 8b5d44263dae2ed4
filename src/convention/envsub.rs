//! What goose fills in between `ENVSUB ON` and `ENVSUB OFF`: variables of the environment.
//!
//! Rules: <https://github.com/mfridman/interpolate>, `parser.go` and `interpolate.go`, which goose calls for each line
//! (<https://github.com/pressly/goose>, `internal/sqlparser/parser.go`) that belongs to a statement: not for comments
//! and empty lines before one. `$NAME`, `${NAME}`, `${NAME:-word}`, `${NAME-word}`, `${NAME:from}`, `${NAME:from:length}`
//! and `${NAME?word}`, where a word may hold others; a name begins with a letter. `$$` and `\$` are a `$`, `$(` stays,
//! and so does a `$` at the end of a line.
//!
//! Where Counterfoil differs: a variable without a value is refused where goose would put nothing.

use crate::migration::{Fill, With};
use crate::span::Span;

/// Why an expression has no value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It has no form that goose knows. At this byte.
    Form(usize),
    /// The variable is not set, and nothing is said that would take its place; or what is said of that.
    Unset(String, String),
}

/// What is asked for a variable's value.
type Look<'l> = &'l mut dyn FnMut(&str) -> Option<String>;

struct Reader<'t, 'l> {
    text: &'t str,
    at: usize,
    look: Look<'l>,
    /// The first variable without a value that is needed, and what is said of that.
    unset: Option<(String, String)>,
}

/// What goose makes of an expression, which begins with `$`.
pub(crate) fn evaluate(text: &str, look: Look<'_>) -> Result<String, Wrong> {
    let mut reader = Reader { text, at: 0, look, unset: None };
    let value = reader.expansion().ok_or(Wrong::Form(reader.at))?;
    reader.unset.map_or(Ok(value), |(name, says)| Err(Wrong::Unset(name, says)))
}

/// The names in an expression.
pub(crate) fn names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let _ = evaluate(text, &mut |name| {
        names.push(name.to_owned());
        Some(String::new())
    });
    names
}

/// What is filled in on a line that begins at `offset`. The error is the byte at which an expression has no form.
pub(super) fn fills(line: &str, offset: usize, out: &mut Vec<Fill>) -> Result<(), usize> {
    let look: Look<'_> = &mut |_| Some(String::new());
    let mut reader = Reader { text: line, at: 0, look, unset: None };
    while let Some(found) = line[reader.at..].find(['$', '\\']) {
        reader.at += found;
        let start = reader.at;
        let with = match reader.kept() {
            Some("$") => With::Text("$".into()),
            Some(_) => continue,
            None if line[start..].starts_with('$') && start + 1 < line.len() => {
                if reader.expansion().is_none() {
                    return Err(offset + reader.at);
                }
                With::Environment
            }
            None => {
                reader.at += 1;
                continue;
            }
        };
        out.push(Fill { span: Span::new(offset + start, offset + reader.at), with });
    }
    Ok(())
}

impl Reader<'_, '_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn take(&mut self, letter: u8) -> bool {
        let is = self.text.as_bytes().get(self.at) == Some(&letter);
        self.at += usize::from(is);
        is
    }

    /// What stands for itself, or for a `$`.
    fn kept(&mut self) -> Option<&'static str> {
        let kept = match self.text.as_bytes().get(self.at..self.at + 2)? {
            b"\\\\" => "\\\\",
            b"\\$" | b"$$" => "$",
            b"$(" => "$(",
            _ => return None,
        };
        self.at += 2;
        Some(kept)
    }

    fn while_in(&mut self, is: &dyn Fn(char) -> bool) -> &str {
        let start = self.at;
        self.at += self.rest().find(|letter| !is(letter)).unwrap_or(self.rest().len());
        &self.text[start..self.at]
    }

    fn expansion(&mut self) -> Option<String> {
        self.take(b'$');
        let is_braced = self.take(b'{');
        if !self.rest().starts_with(char::is_alphabetic) {
            return None;
        }
        let name = self.while_in(&|letter| letter.is_alphanumeric() || letter == '_').to_owned();
        let mut value = (self.look)(&name);
        let mut says = String::new();
        if is_braced && !self.take(b'}') {
            let empties = self.take(b':');
            if self.take(b'-') {
                value = value.filter(|value| !empties || !value.is_empty());
                // goose does not look at a word that it does not need.
                let unset = self.unset.take();
                let word = self.word()?;
                if value.is_some() || unset.is_some() {
                    self.unset = unset;
                }
                value = value.or(Some(word));
            } else if empties {
                let from = self.number(&|letter| letter != ':' && letter != '}')?;
                let length = if self.take(b':') { Some(self.number(&|letter| letter != '}')?) } else { None };
                value = value.map(|value| part(&value, from, length));
            } else if self.take(b'?') {
                says = self.word()?;
            } else {
                return None;
            }
            if !self.take(b'}') {
                return None;
            }
        }
        if value.is_none() && self.unset.is_none() {
            self.unset = Some((name, says));
        }
        Some(value.unwrap_or_default())
    }

    /// Up to the brace that closes it.
    fn word(&mut self) -> Option<String> {
        let mut out = String::new();
        while !self.rest().is_empty() && !self.rest().starts_with('}') {
            if let Some(kept) = self.kept() {
                out.push_str(kept);
            } else if self.rest().starts_with('$') && self.at + 1 < self.text.len() {
                out.push_str(&self.expansion()?);
            } else {
                let letter = self.rest().chars().next()?;
                self.at += letter.len_utf8();
                out.push(letter);
            }
        }
        Some(out)
    }

    /// A whole number, and whether it is negative.
    fn number(&mut self, is: &dyn Fn(char) -> bool) -> Option<(usize, bool)> {
        let at = self.at;
        let written = self.while_in(is).trim();
        let digits = written.trim_start_matches('-');
        let number = digits.parse::<u32>().ok().filter(|_| written.len() - digits.len() < 2);
        let number = number.map(|number| (number as usize, written.len() > digits.len()));
        if number.is_none() {
            self.at = at;
        }
        number
    }
}

/// A part of a value, as interpolate counts it: in bytes, from the end if it is negative, and never beyond.
fn part(value: &str, (from, back): (usize, bool), length: Option<(usize, bool)>) -> String {
    let size = value.len();
    let from = if back { size.saturating_sub(from) } else { from.min(size) };
    let to = match length {
        None => size,
        Some((length, false)) => from.saturating_add(length).min(size),
        Some((length, true)) => size.saturating_sub(length).max(from),
    };
    value.get(from..to).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `interpolate_test.go` of mfridman/interpolate.
    #[test]
    fn it_is_filled_in_as_interpolate_does() {
        let commit = "1adf998e39f647b4b25842f107c6ed9d30a3a7c7";
        let known = [
            ("TEST1", "A test"),
            ("TEST2", "Another"),
            ("TEST3", "Llamas"),
            ("TEST4", "Only one level of $TEST3 interpolation"),
            ("COMMIT", commit),
            ("DAY", "Blarghday"),
            ("EMPTY_DAY", ""),
        ];
        let filled = |text: &str| {
            let mut fills = Vec::new();
            super::fills(text, 0, &mut fills).map_err(Wrong::Form)?;
            let mut out = String::new();
            let mut from = 0;
            for Fill { span, with } in &fills {
                out.push_str(&text[from..span.start]);
                match with {
                    With::Text(text) => out.push_str(text),
                    _ => out.push_str(&evaluate(span.slice(text), &mut |name| {
                        known.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
                    })?),
                }
                from = span.end;
            }
            Ok::<String, Wrong>(out + &text[from..])
        };
        for (text, expected) in [
            ("", ""),
            ("TEST1", "TEST1"),
            ("$TEST1, $TEST2, $TEST3", "A test, Another, Llamas"),
            ("my$TEST1", "myA test"),
            ("${TEST4}", "Only one level of $TEST3 interpolation"),
            ("${TEST5:-${TEST6:-$TEST1}}", "A test"),
            ("${TEST5:-${TEST2:-$TEST1}}", "Another"),
            ("${TEST5:-Some text ${TEST2:-$TEST1} with $TEST3}", "Some text Another with Llamas"),
            ("testing $(echo hello world)", "testing $(echo hello world)"),
            ("$(", "$("),
            ("${COMMIT:7}", "e39f647b4b25842f107c6ed9d30a3a7c7"),
            ("${COMMIT: -7}", "0a3a7c7"),
            ("${COMMIT: -128}", commit),
            ("${COMMIT:128}", ""),
            ("${COMMIT:0:7}", "1adf998"),
            ("${COMMIT:7:7}", "e39f647"),
            ("${COMMIT:7:-7}", "e39f647b4b25842f107c6ed9d3"),
            ("${COMMIT:7:0}", ""),
            ("${COMMIT:7:128}", "e39f647b4b25842f107c6ed9d30a3a7c7"),
            ("${COMMIT:0:-128}", ""),
            ("Today is ${TODAY-Tuesday}", "Today is Tuesday"),
            ("Today is ${DAY-Wednesday}", "Today is Blarghday"),
            ("Today is ${EMPTY_DAY-Wednesday}", "Today is "),
            ("Today is ${EMPTY_DAY:-Wednesday}", "Today is Wednesday"),
            ("${EMPTY_DAY:--:{}}", "-:{}"),
            ("${EMPTY:-127}", "127"),
            ("${TEST1:-$NONE}", "A test"),
            ("Do this $$ESCAPE_PARTY", "Do this $ESCAPE_PARTY"),
            ("Do this \\$ESCAPE_PARTY", "Do this $ESCAPE_PARTY"),
            ("Do this $${SUCH_ESCAPE}", "Do this ${SUCH_ESCAPE}"),
            ("Do this \\${SUCH_ESCAPE}", "Do this ${SUCH_ESCAPE}"),
            ("\\\\${TODAY-blah}", "\\\\blah"),
            ("Test \\\\\\${TODAY-blah}", "Test \\\\${TODAY-blah}"),
            ("$", "$"),
            ("\\", "\\"),
        ] {
            assert_eq!(filled(text).as_deref(), Ok(expected), "{text}");
        }
        for (text, at) in [("$1 burgers", 1), ("a ${}", 4), ("${A", 3), ("${A:x}", 4), ("$_A", 1), ("${A:?b}", 4)] {
            assert_eq!(filled(text), Err(Wrong::Form(at)), "{text}");
        }
        let unset = |text: &str, name: &str, says: &str| {
            assert_eq!(filled(text), Err(Wrong::Unset(name.into(), says.into())), "{text}");
        };
        unset("Hello ${REQUIRED_VAR?}", "REQUIRED_VAR", "");
        unset("Hello ${REQUIRED_VAR?y u no set me? :-{}", "REQUIRED_VAR", "y u no set me? :-{");
        // Where interpolate puts nothing.
        unset("$NONE", "NONE", "");
        unset("${NONE:0:7}", "NONE", "");
        unset("${EMPTY_DAY:-$NONE}", "NONE", "");
    }

    #[test]
    fn every_name_of_an_expression_counts() {
        assert_eq!(names("${LLAMAS:-${ROCK:-true}}"), ["LLAMAS", "ROCK"]);
        assert_eq!(names("${REQUIRED_VAR?}"), ["REQUIRED_VAR"]);
        assert_eq!(names("${COMMIT:0}"), ["COMMIT"]);
    }
}
