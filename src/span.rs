//! Byte spans, and their translation to what people and databases count in.
//!
//! Inside the crate every position is a byte offset. This module is the one place that turns one
//! into line:column (1-based, columns in Unicode code points) or into code points, which is what
//! PostgreSQL counts in its error positions.

use serde::Serialize;

/// A half-open range of byte offsets into some text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
// Exhaustive: callers build it.
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset just past the last byte.
    pub end: usize,
}

impl Span {
    /// The span from `start` up to `end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Span { start, end }
    }

    /// The part of `text` that the span covers. Empty if the span does not lie in `text`.
    pub fn slice(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or("")
    }
}

/// A place in a text: line and column, both 1-based, the column in code points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
// Exhaustive: callers build it.
pub struct LineColumn {
    /// Line, 1-based.
    pub line: u32,
    /// Column, 1-based, in code points.
    pub column: u32,
}

/// The line and column of a byte offset in `text`.
///
/// An offset past the end is taken as the end; one inside a character as that character's start.
///
/// ```
/// use counterfoil::span::{LineColumn, line_column};
/// assert_eq!(line_column("a\nbé c", 6), LineColumn { line: 2, column: 4 });
/// ```
pub fn line_column(text: &str, offset: usize) -> LineColumn {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    LineColumn {
        line: 1 + before.matches('\n').count() as u32,
        column: 1 + before[line_start..].chars().count() as u32,
    }
}

/// The byte offset of the code point number `index` (0-based) in `text`; the end if there are fewer.
///
/// PostgreSQL counts error positions in code points of the text that was sent.
pub(crate) fn code_point_to_byte(text: &str, index: usize) -> usize {
    text.char_indices().nth(index).map_or(text.len(), |(at, _)| at)
}

/// A walk through a text from its start to its end, which knows at every place the line, the
/// column and the offset in UTF-16 code units. For many offsets of one text in ascending order.
///
/// ```
/// let mut cursor = counterfoil::span::Cursor::new("a\n😀b");
/// cursor.advance(6);
/// assert_eq!((cursor.line(), cursor.column(), cursor.utf16()), (2, 2, 4));
/// ```
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    rest: std::str::Chars<'a>,
    length: usize,
    line: u32,
    column: u32,
    utf16: usize,
}

impl<'a> Cursor<'a> {
    /// At the start of `text`.
    pub fn new(text: &'a str) -> Self {
        Cursor { rest: text.chars(), length: text.len(), line: 1, column: 1, utf16: 0 }
    }

    /// Goes on to a byte offset, or to the end if that comes first. Never goes back.
    pub fn advance(&mut self, offset: usize) {
        while self.length - self.rest.as_str().len() < offset {
            let Some(char) = self.rest.next() else { return };
            self.utf16 += char.len_utf16();
            if char == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
    }

    /// The line, 1-based.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The column, 1-based, in code points.
    pub fn column(&self) -> u32 {
        self.column
    }

    /// The offset in UTF-16 code units, which is how JavaScript counts.
    pub fn utf16(&self) -> usize {
        self.utf16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn at(text: &str, offset: usize, line: u32, column: u32) {
        assert_eq!(line_column(text, offset), LineColumn { line, column });
    }

    #[test]
    fn lines_and_columns_start_at_one_and_count_code_points() {
        at("", 0, 1, 1);
        at("ab", 1, 1, 2);
        at("ab\n", 3, 2, 1);
        at("é😀x", 6, 1, 3);
        at("é", 1, 1, 1);
        at("ab", 99, 1, 3);
    }

    #[test]
    fn code_points_become_bytes() {
        assert_eq!(code_point_to_byte("é😀x", 2), 6);
        assert_eq!(code_point_to_byte("é", 5), 2);
    }
}
