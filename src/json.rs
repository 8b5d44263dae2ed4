//! A serde serializer that writes JSON text, and nothing but what this crate's types are made of.
//!
//! Values go to JavaScript as one text, which its own parser takes apart. Making the objects field
//! by field was a twentieth of the module; serde_json brings floats, options and errors that our types
//! do not have.

use serde::ser::{self, Serialize};
use std::fmt;

/// The JSON text of a value. `None` if it holds what our types do not: floats, bytes, tuples.
pub(crate) fn text<T: Serialize + ?Sized>(value: &T) -> Option<String> {
    let mut out = String::new();
    value.serialize(Writer(&mut out)).ok()?;
    Some(out)
}

/// Writes one value.
struct Writer<'a>(&'a mut String);

/// Writes a list or an object. What it wrote last says whether a comma comes next.
struct Open<'a>(&'a mut String, char);

type Done = Result<(), fmt::Error>;

impl<'a> Writer<'a> {
    fn open(self, begin: char, end: char) -> Open<'a> {
        self.0.push(begin);
        Open(self.0, end)
    }
}

impl Open<'_> {
    fn separate(&mut self) {
        if !self.0.ends_with(['[', '{']) {
            self.0.push(',');
        }
    }

    fn key(&mut self, key: &str) {
        self.separate();
        string(self.0, key);
        self.0.push(':');
    }

    fn close(self) -> Done {
        self.0.push(self.1);
        Ok(())
    }
}

/// A string literal.
fn string(out: &mut String, text: &str) {
    out.push('"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        // All of them are ASCII, so the text can be cut beside them.
        out.push_str(text.get(from..at).unwrap_or_default());
        out.push('\\');
        match byte {
            b'\n' => out.push('n'),
            b'"' | b'\\' => out.push(char::from(byte)),
            _ => {
                out.push_str(if byte < 16 { "u000" } else { "u001" });
                out.push(char::from(b"0123456789abcdef"[usize::from(byte % 16)]));
            }
        }
        from = at + 1;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out.push('"');
}

fn number(out: &mut String, number: u64) -> Done {
    if number > 9 {
        self::number(out, number / 10)?;
    }
    out.push(char::from(b'0' + (number % 10) as u8));
    Ok(())
}

/// A scalar that our types do not have.
macro_rules! refuse {
    ($($name:ident($type:ty)),*) => {
        $(fn $name(self, _: $type) -> Done { Err(fmt::Error) })*
    };
}

impl<'a> ser::Serializer for Writer<'a> {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = Open<'a>;
    type SerializeMap = Open<'a>;
    type SerializeStruct = Open<'a>;
    type SerializeTuple = ser::Impossible<(), fmt::Error>;
    type SerializeTupleStruct = ser::Impossible<(), fmt::Error>;
    type SerializeTupleVariant = ser::Impossible<(), fmt::Error>;
    type SerializeStructVariant = ser::Impossible<(), fmt::Error>;

    refuse!(serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64));
    refuse!(serialize_f32(f32), serialize_f64(f64), serialize_char(char), serialize_bytes(&[u8]));

    fn serialize_bool(self, value: bool) -> Done {
        self.0.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Done {
        number(self.0, value.into())
    }

    fn serialize_u16(self, value: u16) -> Done {
        number(self.0, value.into())
    }

    fn serialize_u32(self, value: u32) -> Done {
        number(self.0, value.into())
    }

    fn serialize_u64(self, value: u64) -> Done {
        number(self.0, value)
    }

    fn serialize_str(self, value: &str) -> Done {
        string(self.0, value);
        Ok(())
    }

    fn serialize_none(self) -> Done {
        self.serialize_unit()
    }

    fn serialize_unit(self) -> Done {
        self.0.push_str("null");
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Done {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Done {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Done {
        let mut open = self.open('{', '}');
        ser::SerializeStruct::serialize_field(&mut open, variant, value)?;
        open.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Open<'a>, fmt::Error> {
        Ok(self.open('[', ']'))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Open<'a>, fmt::Error> {
        Ok(self.open('{', '}'))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Open<'a>, fmt::Error> {
        Ok(self.open('{', '}'))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, fmt::Error> {
        Err(fmt::Error)
    }
}

impl ser::SerializeSeq for Open<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.separate();
        value.serialize(Writer(self.0))
    }

    fn end(self) -> Done {
        self.close()
    }
}

impl ser::SerializeMap for Open<'_> {
    type Ok = ();
    type Error = fmt::Error;

    /// A key has to be a text: the value's own literal is written.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        self.separate();
        key.serialize(Writer(self.0))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.0.push(':');
        value.serialize(Writer(self.0))
    }

    fn end(self) -> Done {
        self.close()
    }
}

impl ser::SerializeStruct for Open<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Done {
        self.key(key);
        value.serialize(Writer(self.0))
    }

    fn end(self) -> Done {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Everything<'a> {
        text: &'a str,
        some_number: Option<u32>,
        large: u64,
        nothing: Option<bool>,
        flags: Vec<bool>,
        empty: Vec<u8>,
        severity: crate::finding::Severity,
        map: crate::ordered::OrderedMap<&'a str, Vec<Empty>>,
    }

    #[derive(Clone, Serialize)]
    struct Empty {}

    #[track_caller]
    fn same(value: &impl Serialize) {
        assert_eq!(text(value), serde_json::to_string(value).ok());
    }

    #[test]
    fn values_are_written_as_serde_json_writes_them() {
        same(&Everything {
            text: "é\u{1f980} \"quoted\" \\ and / more",
            some_number: Some(10),
            large: u64::MAX,
            nothing: None,
            flags: vec![true, false],
            empty: Vec::new(),
            severity: crate::finding::Severity::Warning,
            map: [("a\"b", vec![Empty {}; 2]), ("", Vec::new())].into(),
        });
    }

    #[test]
    fn every_character_comes_back_as_it_was() {
        let all: String = (0..0x300).filter_map(char::from_u32).collect();
        let back: String = serde_json::from_str(&text(&all).unwrap()).unwrap();
        assert_eq!(back, all);
    }

    #[test]
    fn what_is_not_written_is_refused() {
        assert_eq!(text(&1.5), None);
        assert_eq!(text(&[('a', 1)]), None);
    }
}
