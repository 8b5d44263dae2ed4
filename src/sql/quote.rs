//! Quoting of identifiers and literals for SQL that this crate writes itself.

/// A quoted identifier: `a"b` becomes `"a""b"`.
///
/// Source: PostgreSQL manual, 4.1.1 "Identifiers and Key Words".
pub fn identifier(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    out.push('"');
    for c in name.chars() {
        if c == '"' {
            out.push('"');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// A string literal that means the same whatever `standard_conforming_strings` is: text with a
/// backslash is written as `E'…'`.
///
/// Source: PostgreSQL manual, 4.1.2.2 "String Constants with C-Style Escapes".
pub fn literal(text: &str) -> String {
    let escaped = text.contains('\\');
    let mut out = String::with_capacity(text.len() + 3);
    out.push_str(if escaped { "E'" } else { "'" });
    for c in text.chars() {
        if c == '\'' || c == '\\' {
            out.push(c);
        }
        out.push(c);
    }
    out.push('\'');
    out
}

/// A literal, or `null`.
pub fn nullable(text: Option<&str>) -> String {
    text.map_or_else(|| "null".to_owned(), literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected values: what PostgreSQL's quote_ident and quote_literal return.
    #[test]
    fn quotes_and_backslashes_are_doubled() {
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\b"), "E'a\\\\b'");
        assert_eq!(nullable(None), "null");
    }
}
