//! Variables that a run has been given by name, and what keeps their values to itself.

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
    /// database folds names, tells a literal without its quotes, and says at which word it has stopped.
    pub fn masked(&self, text: &str) -> String {
        let mut parts: Vec<(String, &str)> = Vec::new();
        for (name, value) in &self.0 {
            let value = value.as_deref().unwrap_or_default();
            parts.push((value.to_ascii_lowercase(), name));
            parts.push((value.trim_matches('\'').replace("''", "'").to_ascii_lowercase(), name));
            for word in value.split(|letter: char| !letter.is_alphanumeric()) {
                if word.len() >= MOST_COMMON {
                    parts.push((word.to_ascii_lowercase(), name));
                }
            }
        }
        let lower = text.to_ascii_lowercase();
        let bytes = lower.as_bytes();
        let is_letter = |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
        let mut out = String::new();
        let (mut at, mut told) = (0, 0);
        while at < bytes.len() {
            // The longest: one value may be a part of another.
            let mut best: Option<&(String, &str)> = None;
            for part in &parts {
                let length = part.0.len();
                // A digit or two is in many a text.
                let counts = length >= MOST_COMMON || !is_letter(at.wrapping_sub(1)) && !is_letter(at + length);
                if length > best.map_or(0, |best| best.0.len()) && bytes[at..].starts_with(part.0.as_bytes()) && counts
                {
                    best = Some(part);
                }
            }
            let Some((part, name)) = best else {
                at += 1;
                continue;
            };
            for piece in [&text[told..at], "${", name, "}"] {
                out.push_str(piece);
            }
            at += part.len();
            told = at;
        }
        out + &text[told..]
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
            ("at or near \"drop\"", "at or near \"${A}\""),
            ("line 7 of 17: 7x", "line ${N} of 17: 7x"),
            ("integer: \"it's\"", "integer: \"${Q}\""),
            ("nothing", "nothing"),
        ] {
            assert_eq!(env.masked(said), masked);
        }
    }
}
