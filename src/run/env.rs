//! Variables that a run has been given by name, and what keeps their values to itself.

use crate::ordered::{self, Lookup};
use std::fmt;

/// Variables for what is filled in from the environment. Nothing but the statements that are sent ever has a value: what
/// the database says of one is told with `${NAME}` in its place.
///
/// ```
/// use counterfoil::run::Env;
/// let env = Env::new([("REGION", Some("us_east_")), ("OWNER", None)]);
/// assert_eq!(env.masked("no table us_east_post"), "no table ${REGION}post");
/// assert_eq!(format!("{env:?}"), "[REGION, OWNER]");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Env(Vec<(String, Option<String>)>);

impl Env {
    /// Names with their values; none for a variable that is not set.
    pub fn new<N: Into<String>, V: Into<String>>(all: impl IntoIterator<Item = (N, Option<V>)>) -> Self {
        Env(all.into_iter().map(|(name, value)| (name.into(), value.map(Into::into))).collect())
    }

    /// The names.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    /// A variable's value, if it is set.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(known, _)| known == name)?.1.clone()
    }

    /// The text with `${NAME}` in place of every value, of every word of one, and of whatever else it has of one that is 8
    /// bytes long: a database cuts what it tells, and says at which word it has stopped. Quotes, backslashes and the case of
    /// letters make no difference: it folds names, and writes a literal in another way or without its quotes.
    pub fn masked(&self, text: &str) -> String {
        let mut parts: Vec<(Vec<u8>, usize)> = Vec::new();
        for (at, (_, value)) in self.0.iter().enumerate() {
            let value = value.as_deref().unwrap_or_default();
            let mut part = |text: &str| parts.push((bare(text).map(|(_, byte)| byte).collect(), at));
            part(value);
            // As a `bytea` is told.
            part(&value.bytes().map(|byte| format!("{byte:02x}")).collect::<String>());
            // A literal that begins with a letter.
            if let Some((_, inner)) = value.split_once('\'').filter(|_| value.ends_with('\'')) {
                part(inner);
            }
            value
                .split(|letter: char| !letter.is_alphanumeric())
                .filter(|word| word.len() >= MOST_COMMON)
                .for_each(part);
        }
        // The longest first: one value may be a part of another.
        ordered::sort_by(&mut parts, |a, b| b.0.len().cmp(&a.0.len()));
        let (mut places, mut bytes) = (Vec::new(), Vec::new());
        for (place, byte) in bare(text) {
            places.push(place);
            bytes.push(byte);
        }
        let is_letter = |at: usize| {
            let byte = text.as_bytes().get(at);
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii())
        };
        // Whose value a byte is of.
        let mut of: Vec<Option<usize>> = vec![None; bytes.len()];
        for (part, name) in parts.iter().filter(|(part, _)| !part.is_empty()) {
            let length = part.len().min(LONG);
            let pieces = Lookup::of(part.windows(length));
            for (at, piece) in bytes.windows(length).enumerate().filter(|(_, piece)| pieces.contains(piece)) {
                // A digit or two is in many a text.
                let around = [places[at].wrapping_sub(1), places[at + piece.len() - 1] + 1];
                if length >= MOST_COMMON || !around.into_iter().any(is_letter) {
                    of[at..at + length].iter_mut().for_each(|of| *of = of.or(Some(*name)));
                }
            }
        }
        let mut out = String::new();
        let (mut at, mut told) = (0, 0);
        while at < of.len() {
            let length = of[at..].iter().take_while(|name| **name == of[at]).count();
            if let Some(name) = of[at] {
                // What is cut may end within a letter.
                let (mut from, mut to) = (places[at].max(told), places[at + length - 1] + 1);
                while !text.is_char_boundary(from) {
                    from -= 1;
                }
                while !text.is_char_boundary(to) {
                    to += 1;
                }
                for piece in [&text[told..from.max(told)], "${", &self.0[name].0, "}"] {
                    out.push_str(piece);
                }
                told = to;
            }
            at += length;
        }
        out + &text[told..]
    }
}

/// The bytes of a text that are compared, each with its place.
fn bare(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let all = text.bytes().enumerate().filter(|(_, byte)| !matches!(byte, b'\'' | b'"' | b'\\'));
    all.map(|(at, byte)| (at, byte.to_ascii_lowercase()))
}

/// So many bytes of a value are not told, wherever they are from.
const LONG: usize = 8;

/// Shorter texts count only where they are a word.
const MOST_COMMON: usize = 4;

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (at, (name, _)) in self.0.iter().enumerate() {
            f.write_str(if at > 0 { ", " } else { "" })?;
            f.write_str(name)?;
        }
        f.write_str("]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_masked_wherever_it_stands() {
        let env = Env::new([
            ("A", Some("Se'cret; drop")),
            ("B", Some("Se'cret")),
            ("N", Some("7")),
            ("Q", Some("'it''s'")),
            ("U", None),
            ("E", Some("")),
        ]);
        for (said, masked) in [
            ("near \"Se'cret; drop\"", "near \"${A}\""),
            ("SE'CRET!", "${B}!"),
            ("at or near \"drop\"", "at or near \"${A}\""),
            ("line 7 of 17: 7x", "line ${N} of 17: 7x"),
            ("integer: \"it's\"", "integer: \"${Q}\""),
            ("nothing", "nothing"),
            // As quote_literal writes it.
            ("'Se''cret'", "'${B}'"),
        ] {
            assert_eq!(env.masked(said), masked);
        }
    }

    /// PostgreSQL cuts names to 63 bytes and values of a row to 64, each before the letter that would be too much
    /// (`pg_mbcliplen`); what embeds the value may have taken the most of that.
    #[test]
    fn what_is_cut_is_masked_too() {
        let env = Env::new([("T", Some("A1b2C3d4E5f6G7h8I9j0")), ("U", Some("größer-als-größer"))]);
        for (said, masked) in [
            ("relation \"a1b2c3d4e5f6g7\" does not exist", "relation \"${T}\" does not exist"),
            ("(see A1b2C3d4E5f..., null)", "(see ${T}..., null)"),
            ("…f6G7h8I9j0", "…${T}"),
            // A bytea, as PostgreSQL tells it.
            ("(\\x4131623243336434453566364737683849396a30)", "(\\x${T})"),
            ("U&\"gr\\00f6\" E'gr\\\\o'", "U&\"gr\\00f6\" E'gr\\\\o'"),
            ("größer-al...", "${U}..."),
            // A letter that differs in its second byte.
            ("größer-als-gr\u{f5}x", "${U}x"),
        ] {
            assert_eq!(env.masked(said), masked);
        }
    }
}
