//! Comments and string literals of languages that write them as C does: TypeScript, Go, Java, Rust, ….

use super::{Hit, sql};
use crate::span::Span;

/// Comments, and DDL in literals.
pub(super) fn read(text: &str) -> (Vec<Span>, Vec<Hit>) {
    let bytes = text.as_bytes();
    let (mut comments, mut hits) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let rest = &bytes[at..];
        if rest.starts_with(b"//") {
            at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            comments.push(Span::new(start, at));
        } else if rest.starts_with(b"/*") {
            at += rest.windows(2).skip(2).position(|pair| pair == b"*/").map_or(rest.len(), |end| end + 4);
            comments.push(Span::new(start, at));
        } else if matches!(byte, b'\'' | b'"' | b'`') {
            at = literal_end(bytes, at);
            let inner = text.get(start + 1..at).unwrap_or("");
            let inner = inner.strip_suffix(byte as char).unwrap_or(inner);
            // Escapes keep their length: `\n` is white space.
            let blank = inner.replace("\\n", "  ").replace("\\t", "  ").replace('\\', " ");
            hits.extend(sql::ddl(&blank, true).into_iter().map(|hit| Hit { at: start + 1 + hit.at, ..hit }));
        } else {
            at += 1;
        }
    }
    (comments, hits)
}

/// Just past the literal that begins at `start`. Only one in backticks goes over lines.
fn literal_end(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\n' if quote != b'`' => return at,
            _ if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_carry_sql_and_comments_do_not() {
        let text =
            "// 'create table a'\n/* `drop table b` */\nx('create table c', \"d\", `\n  alter table e\n`)\n'it\\'s'";
        let (comments, hits) = read(text);
        let comments: Vec<&str> = comments.iter().map(|span| span.slice(text)).collect();
        assert_eq!(comments, ["// 'create table a'", "/* `drop table b` */"]);
        let hits: Vec<(&str, &str)> = hits.iter().map(|hit| (&*hit.what, &text[hit.at..hit.at + 7])).collect();
        assert_eq!(hits, [("CREATE TABLE", "create "), ("ALTER TABLE", "alter t")]);
        for broken in ["'", "`\\", "/*", "/*/", "//", "\"é\\"] {
            read(broken);
        }
    }
}
