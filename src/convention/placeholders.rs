//! Flyway's placeholders: `${name}`, wherever it stands, filled in before a file is split.
//!
//! Rules: <https://github.com/flyway/flyway>, `PlaceholderReplacingReader.java` (what is replaced; the case of a name does
//! not matter), `ParsingContext.java` (Flyway's own: `${flyway:user}` and the like), `ConfigUtils.java` (`flyway.conf`, which
//! Java reads as properties once backslashes are doubled) and `TomlUtils.java` (`flyway.toml`). A value is put in as it is,
//! and not looked at again.
//!
//! Where Counterfoil differs: the configuration is read where it lies among the migrations or is handed in with them, one that changes how
//! placeholders begin and end is refused; of its own placeholders
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
}

/// Flyway's own that have a value here.
const BUILTIN: &[&str] = &["defaultSchema", "user", "database", "timestamp", "table"];

/// What Flyway's own begin with.
const OWN: &str = "flyway:";

impl Placeholders {
    pub(super) fn of(set: &Set<'_>) -> Result<Self, Error> {
        let mut found = Placeholders { values: Vec::new(), on: true };
        for file in &set.files {
            let is_toml = file.name() == "flyway.toml";
            if !is_toml && file.name() != "flyway.conf" {
                continue;
            }
            let text = file.canonical()?;
            let mut table = String::new();
            for (begin, line) in if is_toml { lines(&text, |_, _| false) } else { lines(&text, goes_on) } {
                if let Some(header) = line.strip_prefix('[').filter(|_| is_toml) {
                    table =
                        dotted(header).filter(|(_, rest)| rest.starts_with(']')).map_or_else(String::new, |it| it.0);
                    continue;
                }
                let Some((key, value)) = (if is_toml { pair(&line) } else { property(&line) }) else { continue };
                let value = if is_toml { literal(value) } else { Some(value) };
                let key = match key.strip_prefix("flyway.") {
                    Some(key) if table.is_empty() => key,
                    None if table == "flyway" => &key,
                    None if table == "flyway.placeholders" => {
                        found.values.push((key, wanted(file, value, &text, begin)?.to_owned()));
                        continue;
                    }
                    _ => continue,
                };
                match key.strip_prefix("placeholder") {
                    Some("Replacement") => found.on = value != Some("false"),
                    Some("Separator") | None => {}
                    Some(rest) => {
                        // What they begin and end with is not read otherwise.
                        let name = rest.strip_prefix("s.");
                        let value = wanted(file, value.filter(|_| name.is_some()), &text, begin)?;
                        found.values.push((name.unwrap_or_default().to_owned(), value.to_owned()));
                    }
                }
            }
        }
        Ok(found)
    }

    /// Notes what is filled in. What has no value refuses the section.
    pub(super) fn note(&self, section: &mut Section, file: &File<'_>) {
        let mut at = 0;
        let mut missing = None;
        while let Some(found) = section.text[at..].find("${").filter(|_| self.on) {
            let start = at + found;
            at = start + 2;
            // What is no name on one line, Flyway could not have run either.
            let rest = &section.text[at..];
            let Some(length) = rest.bytes().position(|byte| matches!(byte, b'}' | b'\n' | b'{' | b'$')) else { break };
            if length == 0 || rest.as_bytes()[length] != b'}' {
                at += length;
                continue;
            }
            let name = &rest[..length];
            at += length + 1;
            let is = |known: &str, name: &str| known.eq_ignore_ascii_case(name);
            let with = match name.get(..OWN.len()).filter(|begin| is(OWN, begin)).map(|_| &name[OWN.len()..]) {
                Some(own) if is("filename", own) => Some(With::Text(file.name().to_owned())),
                Some(own) => BUILTIN.iter().find(|known| is(known, own)).map(|known| With::Builtin(known)),
                None => {
                    let known = self.values.iter().rev().find(|(known, _)| is(known, name));
                    known.map(|(_, value)| With::Text(value.clone()))
                }
            };
            match with {
                Some(with) => section.fills.push(Fill { span: Span::new(start, at), with }),
                None => missing = missing.or(Some((start, at))),
            }
        }
        if let Some(missing) = missing.filter(|_| section.refused.is_none()) {
            section.fills.clear();
            let name = &section.text[missing.0 + 2..missing.1 - 1];
            let help = [
                "give it a value in a flyway.conf beside the migrations: `flyway.placeholders.",
                name,
                "=…`, or, if it is not a placeholder, write `placeholderReplacement=false` into ",
                file.name(),
                ".conf",
            ];
            super::sections::refuse_placeholder(section, "Flyway", missing, &help.concat());
        }
    }
}

/// The lines without the white space around them, each with the place where it begins. `goes_on`: whether a line goes on
/// with the next one.
fn lines(text: &str, goes_on: fn(&str, &str) -> bool) -> Vec<(usize, String)> {
    let mut out: Vec<(usize, String)> = Vec::new();
    let mut offset = 0;
    for full in text.split_inclusive('\n') {
        let line = full.trim();
        match out.last_mut() {
            Some((_, last)) if goes_on(last, line) => {
                last.pop();
                last.push_str(line);
            }
            _ => out.push((offset, line.to_owned())),
        }
        offset += full.len();
    }
    out
}

/// Whether a line of `flyway.conf` goes on with the next one, as `ConfigUtils.loadConfigurationFromString` has it.
fn goes_on(line: &str, next: &str) -> bool {
    let is_setting = next.starts_with("flyway.") && next.contains('=');
    line.ends_with('\\') && !line.starts_with(COMMENT) && !next.is_empty() && !is_setting
}

/// What a comment of Java's properties begins with.
const COMMENT: [char; 2] = ['#', '!'];

/// A line of Java's properties: the key ends at `=`, at `:` or at white space. Flyway doubles backslashes before, so that they
/// stand for themselves.
fn property(line: &str) -> Option<(String, &str)> {
    let end = line.find(|c: char| matches!(c, '=' | ':') || c.is_whitespace()).unwrap_or(line.len());
    let (key, rest) = line.split_at(end);
    let rest = rest.trim_start();
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start();
    (!key.starts_with(COMMENT)).then(|| (key.to_owned(), value))
}

/// A line of TOML with a key and its value.
fn pair(line: &str) -> Option<(String, &str)> {
    let (key, rest) = dotted(line)?;
    Some((key, rest.strip_prefix('=')?.trim_start()))
}

/// A key of TOML, bare, quoted or with dots, and what follows it. Source: TOML 1.0, "Keys".
fn dotted(text: &str) -> Option<(String, &str)> {
    let (mut key, mut rest) = (String::new(), text.trim_start());
    loop {
        let part = match rest.chars().next().filter(|first| matches!(first, '"' | '\'')) {
            Some(quote) => {
                let (part, after) = rest[1..].split_once(quote)?;
                rest = after;
                part
            }
            None => {
                let end =
                    rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(rest.len());
                let (part, after) = rest.split_at(end);
                rest = after;
                part
            }
        };
        key.push_str(part);
        rest = rest.trim_start();
        match rest.strip_prefix('.') {
            Some(after) => rest = after.trim_start(),
            None => return Some((key, rest)),
        }
        key.push('.');
    }
}

/// A value that can be read.
fn wanted<'v>(file: &File<'_>, value: Option<&'v str>, text: &str, at: usize) -> Result<&'v str, Error> {
    value.ok_or_else(|| {
        let message = "this setting of placeholders cannot be read";
        let help =
            "write a plain string on one line, name = \"value\" under [flyway.placeholders], and ${name} in the files";
        file.error_at(Code::InvalidInput, message, help, text, at)
    })
}

/// A plain string of TOML on one line, or a truth value or number.
fn literal(value: &str) -> Option<&str> {
    let quote = value.chars().next()?;
    let (inner, rest) = match quote {
        '"' | '\'' => value[1..].split_once(quote)?,
        _ => (value.split('#').next()?.trim(), ""),
    };
    let is_plain = !(inner.starts_with(['{', '[']) || quote == '"' && inner.contains('\\'));
    let rest = rest.trim();
    (is_plain && (rest.is_empty() || rest.starts_with('#'))).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TOML 1.0, "String".
    #[test]
    fn plain_strings_of_one_line_are_read() {
        for (written, value) in [
            ("\"a b\"", Some("a b")),
            ("'C:\\x' # why", Some("C:\\x")),
            ("\"a # no comment\"", Some("a # no comment")),
            ("5432 # a number", Some("5432")),
            ("true", Some("true")),
            ("\"a\\\\b\"", None),
            ("\"\"\"a", None),
            ("\"open", None),
            ("\"a\" b", None),
            ("{ a = \"b\" }", None),
            ("", None),
        ] {
            assert_eq!(literal(written), value, "{written}");
        }
    }
}
