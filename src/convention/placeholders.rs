//! Flyway's placeholders: `${name}`, wherever it stands, filled in before a file is split.
//!
//! Rules: <https://github.com/flyway/flyway>, `PlaceholderReplacingReader.java` (what is replaced), `ParsingContext.java`
//! (Flyway's own: `${flyway:user}` and the like), `ConfigUtils.java` (`flyway.conf`, read as Java reads properties) and
//! `TomlUtils.java` (`flyway.toml`). A value is put in as it is, and not looked at again.
//!
//! Where Counterfoil differs: the configuration is read where it lies among the migrations; of its own placeholders
//! `${flyway:schemas}`, `${flyway:environment}` and `${flyway:workingDirectory}` have no value here; and since a
//! checksum is that of the file as written, a repeatable migration with `${flyway:timestamp}` is not run with every run.

use super::files::{File, Set};
use crate::error::{Code, Error};
use crate::migration::{Fill, Section, With};
use crate::span::Span;

/// What the set's configuration says of placeholders.
pub(super) struct Placeholders {
    values: Vec<(String, String)>,
    on: bool,
    prefix: String,
    suffix: String,
}

/// Flyway's own that have a value here.
const BUILTIN: &[&str] = &["defaultSchema", "user", "database", "timestamp", "table"];

impl Placeholders {
    pub(super) fn of(set: &Set<'_>) -> Result<Self, Error> {
        let mut found = Placeholders { values: Vec::new(), on: true, prefix: "${".into(), suffix: "}".into() };
        for file in &set.files {
            let is_toml = match file.name() {
                "flyway.conf" => false,
                "flyway.toml" => true,
                _ => continue,
            };
            let text = file.canonical()?;
            let mut table = String::new();
            let mut offset = 0;
            for full in text.split_inclusive('\n') {
                let begin = offset;
                offset += full.len();
                let line = full.trim();
                if line.is_empty() || line.starts_with(['#', '!']) {
                    continue;
                }
                if is_toml && line.starts_with('[') {
                    table = line.split(']').next().unwrap_or_default().replace(['[', ' ', '"', '\''], "");
                    continue;
                }
                let at = line.find(|letter: char| letter == '=' || !is_toml && (letter == ':' || letter == ' '));
                let (key, value) = at.map_or((line, ""), |at| line.split_at(at));
                let value = value.trim_start_matches([' ', '\t']).trim_start_matches(['=', ':']).trim();
                let mut key = key.trim().to_owned();
                let mut text_of = Some(value.to_owned());
                if is_toml {
                    key = key.replace([' ', '"', '\''], "");
                    if !table.is_empty() {
                        key = [&table, ".", &key].concat();
                    }
                    text_of = literal(value);
                }
                let Some(key) = key.strip_prefix("flyway.").filter(|key| key.starts_with("placeholder")) else {
                    continue;
                };
                let Some(value) = text_of else {
                    let message = "this value of a placeholder cannot be read";
                    let help = "write a string on one line: name = \"value\" under [flyway.placeholders]";
                    return Err(file.error_at(Code::InvalidInput, message, help, &text, begin));
                };
                found.say(key, value);
            }
        }
        Ok(found)
    }

    fn say(&mut self, key: &str, value: String) {
        match key {
            "placeholderReplacement" => self.on = value != "false",
            "placeholderPrefix" => self.prefix = value,
            "placeholderSuffix" => self.suffix = value,
            _ => {
                if let Some(name) = key.strip_prefix("placeholders.") {
                    self.values.push((name.to_owned(), value));
                }
            }
        }
    }

    /// Notes what is filled in. What has no value refuses the section.
    pub(super) fn note(&self, section: &mut Section, file: &File<'_>) {
        if !self.on || self.prefix.is_empty() || self.suffix.is_empty() {
            return;
        }
        let text = std::mem::take(&mut section.text);
        let mut at = 0;
        let mut missing = None;
        while let Some(found) = text[at..].find(&*self.prefix) {
            let start = at + found;
            let rest = &text[start + self.prefix.len()..];
            at = start + self.prefix.len();
            // What is no name on one line, Flyway could not have run either.
            let Some(length) =
                rest.find(&*self.suffix).filter(|&length| length > 0 && !rest[..length].contains(['\n', '{', '$']))
            else {
                continue;
            };
            let name = &rest[..length];
            at += length + self.suffix.len();
            let with = match name.strip_prefix("flyway:") {
                Some("filename") => Some(With::Text(file.name().to_owned())),
                Some(own) => BUILTIN.iter().find(|known| **known == own).map(|known| With::Builtin(known)),
                None => self
                    .values
                    .iter()
                    .rev()
                    .find(|(known, _)| known == name)
                    .map(|(_, value)| With::Text(value.clone())),
            };
            match with {
                Some(with) => section.fills.push(Fill { span: Span::new(start, at), with }),
                None => missing = missing.or(Some((start, at))),
            }
        }
        section.text = text;
        if let Some(missing) = missing.filter(|_| section.refused.is_none()) {
            section.fills.clear();
            let written = &section.text[missing.0..missing.1];
            let name = &written[self.prefix.len()..written.len() - self.suffix.len()];
            let help = format!(
                "give it a value in a flyway.conf beside the migrations: `flyway.placeholders.{name}=…`, or, if it is not a \
                 placeholder, write `placeholderReplacement=false` into {}.conf",
                file.name()
            );
            super::sections::refuse_placeholder(section, "Flyway", missing, &help);
        }
    }
}

/// A string, number or truth value of TOML on one line.
fn literal(value: &str) -> Option<String> {
    let bare = |value: &str| value.split('#').next().unwrap_or_default().trim().to_owned();
    let Some(quote) = value.chars().next().filter(|letter| matches!(letter, '"' | '\'')) else {
        return Some(bare(value)).filter(|value| !value.is_empty() && !value.starts_with(['{', '[']));
    };
    let inner = &value[1..];
    let mut out = String::new();
    let mut letters = inner.char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == quote {
            return bare(&inner[at + 1..]).is_empty().then_some(out);
        }
        if letter != '\\' || quote == '\'' {
            out.push(letter);
            continue;
        }
        out.push(match letters.next()?.1 {
            'n' => '\n',
            't' => '\t',
            letter @ ('"' | '\\') => letter,
            _ => return None,
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TOML 1.0, "String".
    #[test]
    fn strings_of_one_line_are_read() {
        for (written, value) in [
            ("\"a b\"", Some("a b")),
            ("'C:\\x' # why", Some("C:\\x")),
            ("\"a\\\"b\\\\ # no comment\"", Some("a\"b\\ # no comment")),
            ("5432 # a number", Some("5432")),
            ("true", Some("true")),
            ("\"\"\"a", None),
            ("\"open", None),
            ("\"a\" b", None),
            ("{ a = \"b\" }", None),
            ("", None),
        ] {
            assert_eq!(literal(written).as_deref(), value, "{written}");
        }
    }
}
