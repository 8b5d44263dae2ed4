//! Finds marker comments, such as `-- migrate:up`, without being fooled by literals.
//!
//! Looking for the marker's words is cheap; only where something that could open a literal or a
//! block comment comes before them is the text lexed, and no part of it twice.

use super::files::File;
use crate::error::{Code, Error};
use crate::span::Span;
use crate::sql::lex::{Kind, tokens};

/// Where on its line a marker may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing but white space before it on its line; white space may stand between the dashes and
    /// the words.
    Line,
    /// Anywhere; the words follow the dashes at once.
    Anywhere,
}

/// The first `limit` line comments of `text` that begin with one of `words`, in order. Each span
/// runs from the dashes to the end of the line.
///
/// A literal or comment that is never closed hides nothing: the markers after it are taken as the
/// tool's own search by line would take them, and the split will say what is not closed.
pub(super) fn find(text: &str, words: &[&str], place: Place, limit: usize) -> Vec<Span> {
    find_by(text, place, limit, &mut |begin| words.iter().any(|word| begin.starts_with(word)))
}

/// Checks that a marker stands where its tool sees it, in the first column.
pub(super) fn in_first_column(file: &File<'_>, text: &str, marker: Span, help: &str) -> Result<(), Error> {
    if marker.start == 0 || text[..marker.start].ends_with('\n') {
        return Ok(());
    }
    let message = "the marker does not start in the first column";
    Err(file.error_at(Code::InvalidMarker, message, help, text, marker.start))
}

/// The same for comments that `is` accepts. It is handed what follows the dashes, up to the end of the text.
pub(super) fn find_by(text: &str, place: Place, limit: usize, is: &mut dyn FnMut(&str) -> bool) -> Vec<Span> {
    let mut found = Vec::new();
    let mut scan = Scan { text, at: 0, trust: false };
    let mut looked = 0; // everything before has been looked at for line breaks
    let mut line = 0; // the start of the line
    let mut seen = None; // the line whose first dashes have been looked at
    // By single characters: for these the text is searched many bytes at a time.
    let mut from = 0;
    for (start, _) in text.match_indices('-') {
        if start < from || text.as_bytes().get(start + 1) != Some(&b'-') {
            continue;
        }
        from = start + 2;
        if let Some(at) = text[looked..start].rfind('\n') {
            line = looked + at + 1;
        }
        looked = start;
        // Only the first dashes of a line can stand at its start; later ones may lie in a comment.
        let second = seen == Some(line);
        seen = Some(line);
        if start < scan.at || (second && place == Place::Line) {
            continue;
        }
        let after = &text[start + 2..];
        let begin = if place == Place::Line { after.trim_start_matches([' ', '\t']) } else { after };
        if !is(begin) {
            continue;
        }
        if place == Place::Line && !text[line..start].bytes().all(|byte| byte.is_ascii_whitespace()) {
            continue;
        }
        if scan.is_comment(start, second) {
            let end = start + 2 + after.find(['\n', '\r']).unwrap_or(after.len());
            scan.at = end;
            found.push(Span::new(start, end));
            if found.len() == limit {
                break;
            }
        }
    }
    found
}

/// The offset of the first thing before `end` that is neither white space nor a comment.
pub(super) fn first_token(text: &str, end: usize) -> Option<usize> {
    let comment = |kind| matches!(kind, Kind::LineComment | Kind::BlockComment);
    tokens(&text[..end]).find(|token| !comment(token.kind)).map(|token| token.span.start)
}

struct Scan<'a> {
    text: &'a str,
    /// A place between two tokens: everything before has been dealt with.
    at: usize,
    /// Set behind something that is not closed.
    trust: bool,
}

impl Scan<'_> {
    /// Whether the dashes at `start` begin a comment. If not, moves on to where they are over.
    fn is_comment(&mut self, start: usize, look: bool) -> bool {
        let gap = &self.text[self.at..start];
        // Only these can begin something that a line break does not end.
        let opens = |byte| matches!(byte, b'\'' | b'"' | b'$' | b'/');
        if self.trust || !(look || gap.bytes().any(opens)) {
            return true;
        }
        let from = self.at;
        for token in tokens(&self.text[from..]) {
            let end = from + token.span.end;
            if from + token.span.start == start {
                return token.kind == Kind::LineComment;
            }
            if end > start {
                if matches!(token.kind, Kind::Unterminated(_)) {
                    self.trust = true;
                    return true;
                }
                self.at = end;
                return false;
            }
            self.at = end;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn lines(text: &str, word: &str, expected: &[usize]) {
        let found: Vec<usize> = find(text, &[word], Place::Line, usize::MAX)
            .iter()
            .map(|span| text[..span.start].matches('\n').count() + 1)
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_marker_is_a_comment_line() {
        lines("-- m:up\n", "m:", &[1]);
        lines("--m:up", "m:", &[1]);
        lines("--\t m:up", "m:", &[1]);
        lines("select 1; -- m:up\n-- m:up", "m:", &[2]);
        lines("  -- m:up", "m:", &[1]);
        lines("---- m:up", "m:", &[]);
        lines("m:up", "m:", &[]);
        lines("", "m:", &[]);
    }

    #[test]
    fn a_marker_inside_a_literal_or_block_comment_does_not_count() {
        lines("select '\n-- m:a\n';\n-- m:b\n", "m:", &[4]);
        lines("select \"\n-- m:a\n\";\n-- m:b\n", "m:", &[4]);
        lines("do $$\n-- m:a\n$$;\n-- m:b\n", "m:", &[4]);
        lines("do $x$\n-- m:a\n$$\n-- m:b\n$x$;\n-- m:c", "m:", &[6]);
        lines("/* /* \n*/\n-- m:a\n*/\n-- m:b\n", "m:", &[5]);
        lines("select E'\\'\n-- m:a\n';\n-- m:b\n", "m:", &[4]);
        lines("-- it's a comment\n-- m:a\n", "m:", &[2]);
    }

    #[test]
    fn what_is_never_closed_hides_nothing() {
        lines("select 'oops\n-- m:a\n/*\n-- m:b\n", "m:", &[2, 4]);
        lines("-- m:a\n$$\n-- m:b\n", "m:", &[1, 3]);
    }

    #[test]
    fn a_break_may_stand_behind_a_statement() {
        let text = "select 1;--> stop\nselect '--> stop';\nselect 2;--> stop";
        let found = find(text, &["> stop"], Place::Anywhere, 9);
        assert_eq!(found.iter().map(|span| span.slice(text)).collect::<Vec<_>>(), ["--> stop", "--> stop"]);
        assert_eq!(found[1].end, text.len());
        assert_eq!(find("-- see --> stop\n-- > stop\n", &["> stop"], Place::Anywhere, 9), []);
    }
}
