//! Variables that a run has been given by name, and what keeps their values to itself.

use crate::ordered;
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
        // The longest first: one value may be a part of another.
        let order = ordered::order(parts.len(), &mut |a, b| parts[b].0.len().cmp(&parts[a].0.len()));
        let mut out = text.to_owned();
        // What is told already has a NUL in its place here.
        let mut rest = text.to_ascii_lowercase();
        for (part, name) in order.into_iter().map(|at| &parts[at]).filter(|part| !part.0.is_empty()) {
            let mut from = 0;
            while let Some(at) = rest[from..].find(&**part).map(|at| from + at) {
                let end = at + part.len();
                let is_in_word =
                    rest[..at].ends_with(char::is_alphanumeric) || rest[end..].starts_with(char::is_alphanumeric);
                // A digit or two is in many a text.
                if part.len() < MOST_COMMON && is_in_word {
                    from = end;
                    continue;
                }
                let told = ["${", name, "}"].concat();
                out.replace_range(at..end, &told);
                from = at + told.len();
                rest.replace_range(at..end, &"\0".repeat(told.len()));
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
            ("at or near \"drop\"", "at or near \"${A}\""),
            ("line 7 of 17: 7x", "line ${N} of 17: 7x"),
            ("integer: \"it's\"", "integer: \"${Q}\""),
            ("nothing", "nothing"),
        ] {
            assert_eq!(env.masked(said), masked);
        }
    }
}
