//! Patterns over the tokens of a statement, so that what is known about SQL can be tables.
//!
//! A pattern is a list of elements, separated by spaces:
//!
//! | element | what it takes |
//! |---|---|
//! | `word`, `a\|b` | this keyword, or one of these |
//! | `word?`, `a\|b?` | the same, if it is there |
//! | `<name>` | a name, with or without its schema |
//! | `()?` | a group in parentheses, if it is there |
//! | `(+option)` | a group in parentheses that sets the option, to true if it takes a truth value |
//! | `(-a,b)` | a group in parentheses that sets one of the options to false |
//! | `(?a,b)` | a group in parentheses that has one of the options |
//! | `...` | as little as possible, groups in parentheses as a whole |
//! | `$` | nothing: the statement ends here |
//!
//! A pattern need not reach the end of the statement. It should have at most one `...`, so that
//! matching takes time in proportion to the statement.

use super::lex::{Kind, Token};

/// A place in the tokens of a statement. Comments are not among them.
#[derive(Clone, Copy)]
pub struct Cursor<'a> {
    /// What the tokens are of.
    pub text: &'a str,
    /// The tokens, without comments.
    pub tokens: &'a [Token],
    /// The index of the next token.
    pub at: usize,
}

impl<'a> Cursor<'a> {
    /// Before the first token.
    pub fn new(text: &'a str, tokens: &'a [Token]) -> Self {
        Cursor { text, tokens, at: 0 }
    }

    /// The next token.
    pub fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    /// The text of the next token; empty at the end.
    pub fn peek_text(&self) -> &'a str {
        self.peek().map_or("", |token| token.span.slice(self.text))
    }

    fn kind(&self) -> Option<Kind> {
        self.peek().map(|token| token.kind)
    }

    /// Takes a keyword, if it comes next.
    pub fn keyword(&mut self, word: &str) -> bool {
        let found = self.kind() == Some(Kind::Word) && self.peek_text().eq_ignore_ascii_case(word);
        self.at += usize::from(found);
        found
    }

    /// Whether a keyword comes anywhere after this.
    pub fn has_keyword(mut self, word: &str) -> bool {
        while self.peek().is_some() {
            if self.keyword(word) {
                return true;
            }
            self.skip();
        }
        false
    }

    fn any_keyword(&mut self, words: &str) -> bool {
        words.split('|').any(|word| self.keyword(word))
    }

    /// Whether the next token is of a kind; if so, goes past it.
    pub fn kind_is(&mut self, kind: Kind) -> bool {
        let found = self.kind() == Some(kind);
        self.at += usize::from(found);
        found
    }

    /// Takes a name of one or more parts and hands back its last two. `None` if no name comes next;
    /// a part that cannot be known here (`U&"…" UESCAPE '!'`) makes the whole name `None` after it is taken.
    pub fn name(&mut self) -> Option<(Option<String>, String)> {
        let mut schema = None;
        let mut last = self.part()?;
        while self.kind() == Some(Kind::Dot) {
            self.at += 1;
            schema = last;
            last = self.part()?;
        }
        match schema {
            None if last.is_some() => Some((None, last?)),
            _ => Some((Some(schema?), last?)),
        }
    }

    /// Outer `None`: no identifier. Inner `None`: one that cannot be known here.
    fn part(&mut self) -> Option<Option<String>> {
        let token = self.peek()?;
        let text = token.span.slice(self.text);
        let name = match token.kind {
            Kind::Word => Some(truncate(text.to_ascii_lowercase())),
            Kind::QuotedIdent => {
                let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or("");
                Some(truncate(inner.replace("\"\"", "\"")))
            }
            Kind::UnicodeIdent => unescape(text.get(3..text.len().saturating_sub(1)).unwrap_or("")).map(truncate),
            _ => return None,
        };
        self.at += 1;
        let other = token.kind == Kind::UnicodeIdent && self.peek_text().eq_ignore_ascii_case("uescape");
        Some(name.filter(|_| !other))
    }

    /// Takes a group in parentheses, if it comes next, and hands back its tokens.
    fn group(&mut self) -> Option<&'a [Token]> {
        if self.kind() != Some(Kind::OpenParen) {
            return None;
        }
        let start = self.at + 1;
        let mut depth = 0usize;
        while let Some(token) = self.peek() {
            self.at += 1;
            match token.kind {
                Kind::OpenParen => depth += 1,
                Kind::CloseParen if depth == 1 => return self.tokens.get(start..self.at - 1),
                Kind::CloseParen => depth -= 1,
                _ => {}
            }
        }
        self.tokens.get(start..)
    }

    /// Takes one token, or a whole group in parentheses.
    pub fn skip(&mut self) {
        if self.group().is_none() {
            self.at += 1;
        }
    }

    /// Whether what comes next matches the pattern.
    pub fn starts(mut self, pattern: &str) -> bool {
        self.takes(pattern)
    }

    /// A quick look that rules out most patterns: whether the next token begins with the letter
    /// that one of the pattern's first words begins with.
    fn may_take(&self, pattern: &str) -> bool {
        let first = self.peek_text().bytes().next().map_or(0, |byte| byte.to_ascii_lowercase());
        let mut before = b'|';
        for byte in pattern.bytes() {
            match byte {
                b' ' => return false,
                // An element that may take nothing, or anything.
                b'?' | b'<' | b'(' | b'.' | b'$' => return true,
                _ if before == b'|' && byte == first => return true,
                _ => before = byte,
            }
        }
        false
    }

    /// Takes what the pattern says. If it does not match, nothing is taken.
    pub fn takes(&mut self, pattern: &str) -> bool {
        if !self.may_take(pattern) {
            return false;
        }
        let start = self.at;
        let mut rest = pattern;
        while !rest.is_empty() {
            let (element, tail) = rest.split_once(' ').unwrap_or((rest, ""));
            rest = tail;
            let fits = match element {
                "$" => self.at >= self.tokens.len(),
                "<name>" => {
                    self.part().is_some() && {
                        while self.kind() == Some(Kind::Dot) {
                            self.at += 1;
                            self.at += usize::from(self.part().is_none());
                        }
                        true
                    }
                }
                "()?" => {
                    self.group();
                    true
                }
                "..." => {
                    while self.at <= self.tokens.len() {
                        if self.takes(rest) {
                            return true;
                        }
                        self.skip();
                    }
                    false
                }
                _ => match (element.strip_prefix('('), element.strip_suffix('?')) {
                    (Some(options), _) => {
                        let mode = &options[..1];
                        let names = options[1..].trim_end_matches(')');
                        self.group().is_some_and(|group| sets(self.text, group, mode, names))
                    }
                    (None, Some(words)) => {
                        self.any_keyword(words);
                        true
                    }
                    (None, None) => self.any_keyword(element),
                },
            };
            if !fits {
                self.at = start;
                return false;
            }
        }
        true
    }
}

/// Whether a list of options (`a, b = off, c 1`) has one of the names, in the way that `mode` asks
/// for. Truth values as in PostgreSQL's `defGetBoolean`.
fn sets(text: &str, group: &[Token], mode: &str, names: &str) -> bool {
    group.split(|token| token.kind == Kind::Comma).any(|option| {
        let mut words = option.iter().filter(|token| token.kind != Kind::Operator).map(|token| token.span.slice(text));
        let name = words.next().unwrap_or("");
        if !names.split(',').any(|wanted| name.eq_ignore_ascii_case(wanted)) {
            return false;
        }
        let value = words.next().unwrap_or("true").trim_matches('\'');
        let off = ["false", "off", "0"].iter().any(|word| value.eq_ignore_ascii_case(word));
        match mode {
            "+" => !off,
            "-" => off,
            _ => true,
        }
    })
}

/// What stands in `U&"…"`; none where PostgreSQL takes more than one escape for a letter, or none at all.
fn unescape(text: &str) -> Option<String> {
    let text = text.replace("\"\"", "\"");
    let mut parts = text.split('\\');
    let mut out = String::from(parts.next()?);
    while let Some(part) = parts.next() {
        if part.is_empty() {
            out.push('\\');
            out.push_str(parts.next()?);
            continue;
        }
        let (from, to) = if part.starts_with('+') { (1, 7) } else { (0, 4) };
        out.push(char::from_u32(u32::from_str_radix(part.get(from..to)?, 16).ok()?)?);
        out.push_str(&part[to..]);
    }
    Some(out)
}

/// PostgreSQL cuts a name to 63 bytes (`NAMEDATALEN - 1`), never inside a character.
fn truncate(mut name: String) -> String {
    if name.len() > 63 {
        let mut end = 63;
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        name.truncate(end);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::super::lex::tokens;
    use super::*;

    #[track_caller]
    fn takes(pattern: &str, text: &str, expected: Option<&str>) {
        let tokens: Vec<Token> = tokens(text).collect();
        let mut cursor = Cursor::new(text, &tokens);
        let found = cursor.takes(pattern).then(|| cursor.peek().map_or("", |token| &text[token.span.start..]));
        assert_eq!(found, expected, "{pattern} / {text}");
    }

    #[test]
    fn words_are_compared_without_case() {
        takes("create unique? index", "CREATE Index x", Some("x"));
        takes("create unique? index", "create unique index x", Some("x"));
        takes("create unique? index", "create \"index\" x", None);
        takes("a|b c", "b c", Some(""));
        takes("a $", "a b", None);
        takes("a $", "a", Some(""));
    }

    #[test]
    fn names_and_groups_are_taken_whole() {
        takes("x <name> y", "x a . \"b\".c y z", Some("z"));
        takes("x ()? y", "x (a (b) y) y z", Some("z"));
        takes("x ... y", "x (y) 1 + y z", Some("z"));
        takes("x ... y", "x (y", None);
    }

    #[test]
    fn options_have_truth_values() {
        takes("x (+c)", "x (a, C) b", Some("b"));
        takes("x (+c)", "x (c on) b", Some("b"));
        takes("x (+c)", "x (a, c = 'off') b", None);
        takes("x (-a,c)", "x (c = 'off') b", Some("b"));
        takes("x (-a,c)", "x (a, c) b", None);
        takes("x (?a,c)", "x (a = false) b", Some("b"));
    }

    #[track_caller]
    fn named(text: &str, expected: Option<(Option<&str>, &str)>) {
        let tokens: Vec<Token> = tokens(text).collect();
        let name = Cursor::new(text, &tokens).name();
        assert_eq!(name.as_ref().map(|(schema, name)| (schema.as_deref(), name.as_str())), expected, "{text}");
    }

    #[test]
    fn names_fold_as_in_postgresql() {
        named("Abc", Some((None, "abc")));
        named("\"Abc\"\"d\"", Some((None, "Abc\"d")));
        named("S.\"T\"", Some((Some("s"), "T")));
        named("db.s.t", Some((Some("s"), "t")));
        named("ÄB", Some((None, "Äb")));
        named("U&\"\\0075s\\+000065rs\\\\\"\"\"", Some((None, "users\\\"")));
        named("s.U&\"a\"", Some((Some("s"), "a")));
        named("U&\"!0061\" uescape '!'", None);
        named("U&\"\\d83d\\de00\"", None);
        named("U&\"\\00\"", None);
        named("'a'", None);
        let long = "é".repeat(40);
        named(&long, Some((None, &long[..62])));
    }
}
