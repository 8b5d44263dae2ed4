//! Reads the JSON that lies beside migrations: Drizzle's journal and the lists of replaced
//! migrations. The form is RFC 8259; every error has its place.
//!
//! Not serde_json: with derived `Deserialize` it is 12.8 KB more of the WebAssembly module after
//! gzip, for two small forms. See "Size and speed" in CONTRIBUTING.

use super::files::File;
use crate::error::{Code, Error};

/// How deep values may lie in one another.
const DEPTH: usize = 100;

/// A value, and the offset at which it begins.
pub(super) struct Value {
    /// The byte offset.
    pub at: usize,
    kind: Kind,
}

enum Kind {
    Null,
    /// true or false.
    Flag,
    /// As a whole number, if it is one that fits.
    Number(Option<u64>),
    Text(String),
    List(Vec<Value>),
    /// Keys, and the value of each.
    Object(Vec<(Value, Value)>),
}

/// A JSON file: where it is, and how to speak of it.
pub(super) struct Document<'a> {
    pub file: &'a File<'a>,
    pub text: &'a str,
    /// What it is, for messages.
    pub what: &'a str,
    /// What to do if it cannot be read.
    pub help: &'a str,
}

impl Document<'_> {
    /// Parses the text.
    pub(super) fn parse(&self) -> Result<Value, Error> {
        let mut parser = Parser { text: self.text, at: 0 };
        parser.document().map_err(|problem| self.wrong(parser.at, problem))
    }

    /// An error: the file cannot be read.
    fn wrong(&self, at: usize, problem: &str) -> Error {
        let message = format!("{} cannot be read: {problem}", self.what);
        self.file.error_at(Code::InvalidInput, &message, self.help, self.text, at)
    }

    fn expected(&self, value: &Value, expected: &str) -> Error {
        let found = match &value.kind {
            Kind::Null => "null",
            Kind::Flag => "true or false",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a string",
            Kind::List(_) => "an array",
            Kind::Object(_) => "an object",
        };
        self.wrong(value.at, &format!("expected {expected}, found {found}"))
    }

    /// A field of an object.
    pub(super) fn optional<'v>(&self, object: &'v Value, name: &str) -> Result<Option<&'v Value>, Error> {
        let Kind::Object(fields) = &object.kind else { return Err(self.expected(object, "an object")) };
        let mut with_name = fields.iter().filter(|(key, _)| matches!(&key.kind, Kind::Text(key) if key == name));
        let found = with_name.next();
        match with_name.next() {
            Some((key, _)) => Err(self.wrong(key.at, &format!("the field `{name}` is there twice"))),
            None => Ok(found.map(|(_, value)| value)),
        }
    }

    /// A field that an object must have.
    pub(super) fn field<'v>(&self, object: &'v Value, name: &str) -> Result<&'v Value, Error> {
        let found = self.optional(object, name)?;
        found.ok_or_else(|| self.wrong(object.at, &format!("the field `{name}` is missing")))
    }

    /// Refuses an object with other fields.
    pub(super) fn only(&self, object: &Value, names: &[&str]) -> Result<(), Error> {
        let Kind::Object(fields) = &object.kind else { return Ok(()) };
        for (key, _) in fields {
            if let Kind::Text(name) = &key.kind
                && !names.contains(&name.as_str())
            {
                let known = names.join("`, `");
                return Err(self.wrong(key.at, &format!("unknown field `{name}`, expected `{known}`")));
            }
        }
        Ok(())
    }

    /// The string.
    pub(super) fn text<'v>(&self, value: &'v Value) -> Result<&'v str, Error> {
        if let Kind::Text(text) = &value.kind { Ok(text) } else { Err(self.expected(value, "a string")) }
    }

    /// The whole number.
    pub(super) fn whole(&self, value: &Value) -> Result<u64, Error> {
        match value.kind {
            Kind::Number(Some(number)) => Ok(number),
            Kind::Number(None) => Err(self.wrong(value.at, "expected a whole number")),
            _ => Err(self.expected(value, "a whole number")),
        }
    }

    /// The array.
    pub(super) fn list<'v>(&self, value: &'v Value) -> Result<&'v [Value], Error> {
        if let Kind::List(items) = &value.kind { Ok(items) } else { Err(self.expected(value, "an array")) }
    }
}

impl Value {
    /// Whether it is null.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }
}

/// On an error, `at` is the place.
struct Parser<'t> {
    text: &'t str,
    at: usize,
}

type Parsed<T> = Result<T, &'static str>;

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        self.at += self.rest().iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    fn takes(&mut self, byte: u8) -> bool {
        let takes = self.peek() == Some(byte);
        self.at += usize::from(takes);
        takes
    }

    fn unexpected<T>(&self, problem: &'static str) -> Parsed<T> {
        Err(if self.at >= self.text.len() { "the text ends too early" } else { problem })
    }

    fn document(&mut self) -> Parsed<Value> {
        let value = self.value(0)?;
        if self.at < self.text.len() { Err("expected the end of the text") } else { Ok(value) }
    }

    /// A value, and the white space around it.
    fn value(&mut self, depth: usize) -> Parsed<Value> {
        self.skip_space();
        let at = self.at;
        if depth > DEPTH {
            return Err("values lie too deep in one another");
        }
        let kind = match self.peek() {
            Some(b'"') => Kind::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b'[') => {
                let mut items = Vec::new();
                self.items(b']', &mut |parser| {
                    items.push(parser.value(depth + 1)?);
                    Ok(())
                })?;
                Kind::List(items)
            }
            Some(b'{') => {
                let mut fields = Vec::new();
                self.items(b'}', &mut |parser| {
                    let at = parser.at;
                    let key = Value { at, kind: Kind::Text(parser.string()?) };
                    parser.skip_space();
                    if !parser.takes(b':') {
                        return parser.unexpected("expected `:`");
                    }
                    fields.push((key, parser.value(depth + 1)?));
                    Ok(())
                })?;
                Kind::Object(fields)
            }
            _ => match ["null", "true", "false"].iter().find(|word| self.rest().starts_with(word.as_bytes())) {
                Some(word) => {
                    self.at += word.len();
                    if *word == "null" { Kind::Null } else { Kind::Flag }
                }
                None => return self.unexpected("expected a value"),
            },
        };
        self.skip_space();
        Ok(Value { at, kind })
    }

    /// What stands between brackets, separated by commas.
    fn items(&mut self, close: u8, item: &mut dyn FnMut(&mut Self) -> Parsed<()>) -> Parsed<()> {
        self.at += 1;
        self.skip_space();
        if self.takes(close) {
            return Ok(());
        }
        loop {
            self.skip_space();
            item(self)?;
            if self.takes(close) {
                return Ok(());
            }
            if !self.takes(b',') {
                return self.unexpected("expected `,` or the closing bracket");
            }
        }
    }

    fn digits(&mut self) -> Parsed<()> {
        let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { self.unexpected("expected a digit") } else { Ok(()) }
    }

    fn number(&mut self) -> Parsed<Kind> {
        let start = self.at;
        self.takes(b'-');
        if !self.takes(b'0') {
            self.digits()?;
        }
        if self.takes(b'.') {
            self.digits()?;
        }
        if self.takes(b'e') || self.takes(b'E') {
            if !self.takes(b'+') {
                self.takes(b'-');
            }
            self.digits()?;
        }
        Ok(Kind::Number(self.text.get(start..self.at).and_then(|text| text.parse().ok())))
    }

    fn string(&mut self) -> Parsed<String> {
        if !self.takes(b'"') {
            return self.unexpected("expected a string");
        }
        let mut out = String::new();
        loop {
            let plain = self.rest().iter().take_while(|&&byte| byte >= b' ' && byte != b'"' && byte != b'\\').count();
            out.push_str(self.text.get(self.at..self.at + plain).unwrap_or_default());
            self.at += plain;
            if self.takes(b'"') {
                return Ok(out);
            }
            if !self.takes(b'\\') {
                return self.unexpected("a control character in a string has to be escaped");
            }
            out.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Parsed<char> {
        const ESCAPES: [(u8, char); 8] = [
            (b'"', '"'),
            (b'\\', '\\'),
            (b'/', '/'),
            (b'b', '\u{8}'),
            (b'f', '\u{c}'),
            (b'n', '\n'),
            (b'r', '\r'),
            (b't', '\t'),
        ];
        if let Some((_, escaped)) = ESCAPES.iter().find(|(byte, _)| self.peek() == Some(*byte)) {
            self.at += 1;
            return Ok(*escaped);
        }
        let first = self.code_unit()?;
        let mut code = first;
        if (0xd800..0xdc00).contains(&first) && self.takes(b'\\') {
            let second = self.code_unit()?;
            if !(0xdc00..0xe000).contains(&second) {
                return Err("a lone surrogate");
            }
            code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        }
        char::from_u32(code).ok_or("a lone surrogate")
    }

    /// `u` and four hexadecimal digits.
    fn code_unit(&mut self) -> Parsed<u32> {
        if !self.takes(b'u') {
            return self.unexpected("an unknown escape");
        }
        let mut unit = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(16)) else {
                return self.unexpected("expected four hexadecimal digits");
            };
            unit = unit * 16 + digit;
            self.at += 1;
        }
        Ok(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What serde_json makes of the text, with values of our form only.
    fn same(value: &Value, theirs: &serde_json::Value) -> bool {
        match (&value.kind, theirs) {
            (Kind::Null, serde_json::Value::Null) | (Kind::Flag, serde_json::Value::Bool(_)) => true,
            (Kind::Number(number), serde_json::Value::Number(theirs)) => *number == theirs.as_u64(),
            (Kind::Text(text), serde_json::Value::String(theirs)) => text == theirs,
            (Kind::List(items), serde_json::Value::Array(theirs)) => {
                items.len() == theirs.len() && items.iter().zip(theirs).all(|(item, theirs)| same(item, theirs))
            }
            (Kind::Object(fields), serde_json::Value::Object(theirs)) => fields.iter().all(|(key, value)| {
                matches!(&key.kind, Kind::Text(key) if theirs.get(key).is_some_and(|theirs| same(value, theirs)))
            }),
            _ => false,
        }
    }

    #[test]
    fn texts_are_read_as_serde_json_reads_them() {
        let texts = [
            "null",
            " true ",
            "false",
            "nul",
            "0",
            "-0",
            "01",
            "18446744073709551615",
            "18446744073709551616",
            "1.5",
            "1.",
            ".5",
            "1e5",
            "1E+05",
            "1e",
            "-",
            "+1",
            "\"\"",
            "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00é😀\"",
            "\"\\ud83d\"",
            "\"\\ud83d\\u0041\"",
            "\"\\ude00\"",
            "\"\\u12\"",
            "\"\\u+123\"",
            "\"\\x\"",
            "\"a",
            "\"a\nb\"",
            "\"\u{7f}\u{2028}\"",
            "[]",
            "[ ]",
            "[1, [2] ,{}]",
            "[1,]",
            "[,]",
            "[1 2]",
            "[1",
            "[",
            "{}",
            "{\"a\": 1, \"b\" : {\"c\":[null]}}",
            "{\"a\" 1}",
            "{\"a\":}",
            "{a:1}",
            "{1:1}",
            "{\"a\":1,}",
            "{\"a\":1",
            "{\"a\"",
            "{",
            "",
            " ",
            "1 1",
            "\u{a0}1",
            "// 1",
            "[1}",
        ];
        for text in texts {
            let mut parser = Parser { text, at: 0 };
            match (parser.document(), serde_json::from_str::<serde_json::Value>(text)) {
                (Ok(value), Ok(theirs)) => assert!(same(&value, &theirs), "{text}"),
                (ours, theirs) => assert_eq!(ours.is_ok(), theirs.is_ok(), "{text}"),
            }
        }
    }

    #[test]
    fn a_deep_text_is_refused() {
        let text = "[".repeat(1_000_000);
        assert_eq!(Parser { text: &text, at: 0 }.document().err(), Some("values lie too deep in one another"));
    }
}
