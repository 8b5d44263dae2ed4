//! Variables that a run has been given by name, and what keeps their values to itself.

use std::borrow::Cow;
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

    /// The text with `${NAME}` in place of every value, whatever the case of its letters, and of every word of one: a
    /// database folds names, and tells at which word it has stopped.
    pub fn masked(&self, text: &str) -> String {
        let mut parts: Vec<(Cow<'_, str>, &str)> = Vec::new();
        for (name, value) in &self.0 {
            let Some(value) = value.as_deref().filter(|value| !value.is_empty()) else { continue };
            parts.push((Cow::Borrowed(value), name));
            // A database tells a literal without its quotes.
            let bare = value.trim_matches(['\'', '"']);
            for bare in [bare.replace("''", "'"), bare.replace("\"\"", "\"")] {
                if !bare.is_empty() && bare != *value {
                    parts.push((Cow::Owned(bare), name));
                }
            }
            let words = value.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.len() >= MOST_COMMON);
            parts.extend(words.map(|word| (Cow::Borrowed(word), name.as_str())));
        }
        if parts.is_empty() {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let hit = |part: &&(Cow<'_, str>, &str)| {
                let is = rest.get(..part.0.len()).is_some_and(|head| head.eq_ignore_ascii_case(&part.0));
                // A digit or two is in many a text.
                let ends = |next: Option<char>| !next.is_some_and(char::is_alphanumeric);
                is && (part.0.len() >= MOST_COMMON
                    || ends(out.chars().next_back()) && ends(rest[part.0.len()..].chars().next()))
            };
            // The longest: one value may be a part of another.
            match parts.iter().filter(hit).max_by_key(|part| part.0.len()) {
                Some((part, name)) => {
                    for piece in ["${", name, "}"] {
                        out.push_str(piece);
                    }
                    rest = &rest[part.len()..];
                }
                None => {
                    out.push(letter);
                    rest = &rest[letter.len_utf8()..];
                }
            }
        }
        out
    }
}

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
            ("at or near \"drop\" of cret", "at or near \"${A}\" of ${B}"),
            ("line 7 of 17: 7x", "line ${N} of 17: 7x"),
            ("integer: \"it's\"", "integer: \"${Q}\""),
            ("nothing", "nothing"),
        ] {
            assert_eq!(env.masked(said), masked);
        }
    }
}
