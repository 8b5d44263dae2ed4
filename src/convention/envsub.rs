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
}

/// What goose makes of an expression, which begins with `$`.
pub(crate) fn evaluate(text: &str, look: Look<'_>) -> Result<String, Wrong> {
    Reader { text, at: 0, look }.expansion()
}

/// The names in an expression.
pub(crate) fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let _ = evaluate(text, &mut |name| {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
        Some(String::new())
    });
    names
}

/// What is filled in on a line that begins at `offset`.
pub(super) fn fills(line: &str, offset: usize, out: &mut Vec<Fill>) -> Result<(), Wrong> {
    let look: Look<'_> = &mut |_| Some(String::new());
    let mut reader = Reader { text: line, at: 0, look };
    while let Some(found) = line[reader.at..].find(['$', '\\']) {
        reader.at += found;
        let start = reader.at;
        let with = match reader.kept() {
            Some("$") => With::Text("$".into()),
            Some(_) => continue,
            None if line[start..].starts_with('$') && start + 1 < line.len() => {
                reader.expansion().map_err(|wrong| match wrong {
                    Wrong::Form(at) => Wrong::Form(offset + at),
                    unset => unset,
                })?;
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

    fn take(&mut self, letter: char) -> bool {
        let is = self.rest().starts_with(letter);
        if is {
            self.at += letter.len_utf8();
        }
        is
    }

    /// What stands for itself, or for a `$`.
    fn kept(&mut self) -> Option<&'static str> {
        const KEPT: [(&str, &str); 4] = [("\\\\", "\\\\"), ("\\$", "$"), ("$$", "$"), ("$(", "$(")];
        let (_, kept) = KEPT.iter().find(|(written, _)| self.rest().starts_with(written))?;
        self.at += 2;
        Some(kept)
    }

    fn while_in(&mut self, is: impl Fn(char) -> bool) -> &str {
        let start = self.at;
        let length = self.rest().find(|letter| !is(letter)).unwrap_or(self.rest().len());
        self.at += length;
        &self.text[start..self.at]
    }

    fn expansion(&mut self) -> Result<String, Wrong> {
        self.take('$');
        let is_braced = self.take('{');
        if !self.rest().starts_with(char::is_alphabetic) {
            return Err(Wrong::Form(self.at));
        }
        let name = self.while_in(|letter| letter.is_alphanumeric() || letter == '_').to_owned();
        let value = (self.look)(&name);
        let unset = |says: String| Wrong::Unset(name.clone(), says);
        if !is_braced || self.take('}') {
            return value.ok_or_else(|| unset(String::new()));
        }
        let empties = self.take(':');
        let value = if self.take('-') {
            let word = self.word();
            match value.filter(|value| !empties || !value.is_empty()) {
                Some(value) => word.map(|_| value).or_else(|wrong| match wrong {
                    // goose does not look at a word that it does not need.
                    Wrong::Unset(..) => Ok((self.look)(&name).unwrap_or_default()),
                    form => Err(form),
                })?,
                None => word?,
            }
        } else if empties {
            let from = self.number(|letter| letter == ':' || letter == '}')?;
            let length = if self.take(':') { Some(self.number(|letter| letter == '}')?) } else { None };
            part(&value.ok_or_else(|| unset(String::new()))?, from, length)
        } else if self.take('?') {
            let says = self.word()?;
            value.ok_or_else(|| unset(says))?
        } else {
            return Err(Wrong::Form(self.at));
        };
        if self.take('}') { Ok(value) } else { Err(Wrong::Form(self.at)) }
    }

    /// Up to the brace that closes it. A variable in it without a value is one of the whole.
    fn word(&mut self) -> Result<String, Wrong> {
        let mut out = String::new();
        let mut wrong = None;
        while !self.rest().is_empty() && !self.rest().starts_with('}') {
            if let Some(kept) = self.kept() {
                out.push_str(kept);
            } else if self.rest().starts_with('$') && self.at + 1 < self.text.len() {
                match self.expansion() {
                    Ok(value) => out.push_str(&value),
                    Err(Wrong::Unset(name, says)) => wrong = wrong.or(Some(Wrong::Unset(name, says))),
                    form => return form,
                }
            } else {
                let letter = self.rest().chars().next().unwrap_or_default();
                self.at += letter.len_utf8();
                out.push(letter);
            }
        }
        wrong.map_or(Ok(out), Err)
    }

    fn number(&mut self, ends: impl Fn(char) -> bool) -> Result<i64, Wrong> {
        let at = self.at;
        self.while_in(|letter| !ends(letter)).trim().parse().map_err(|_| Wrong::Form(at))
    }
}

/// A part of a value, as interpolate counts it: in bytes, from the end if it is negative, and never beyond.
fn part(value: &str, from: i64, length: Option<i64>) -> String {
    let size = value.len() as i64;
    let from = if from < 0 { (size + from).max(0) } else { from.min(size) };
    let to = match length {
        None => size,
        Some(length) if length >= 0 => from.saturating_add(length).min(size),
        Some(length) => (size + length).max(from),
    };
    value.get(from as usize..to as usize).unwrap_or_default().to_owned()
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
            super::fills(text, 0, &mut fills)?;
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
