//! Tokens with byte spans: `squawk-lexer`, corrected where PostgreSQL's own scanner reads further.
//!
//! What is added to it, each with its rule in PostgreSQL's `src/backend/parser/scan.l`:
//! - Characters of one operator are one token (rule `operator`: cut before `--` and `/*`, and a
//!   trailing `+` or `-` only belongs to operators with one of ``~ ! @ # ^ & | ` ? %``).
//! - A string that goes on on a later line (rule `quotecontinue`) keeps the escapes of its first
//!   part: in `E'a'`, new line, `'b\'c'` the second quote is escaped.
//! - A dollar sign that begins neither a quote nor a parameter is alone (rule `dolqfailed`): what follows may be a prefix
//!   of a string.
//! - A backslash outside a literal begins a psql command, which takes the rest of its line.
//!
//! Plain strings are read as with `standard_conforming_strings = on`, the default since 9.1.

use crate::span::Span;
use squawk_lexer::{LiteralKind, TokenKind};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A keyword or an identifier without quotes.
    Word,
    /// `"identifier"`.
    QuotedIdent,
    /// `U&"identifier"`.
    UnicodeIdent,
    /// `'string'`.
    Str,
    /// `E'string'`.
    EscapeStr,
    /// `U&'string'`.
    UnicodeStr,
    /// `N'string'`.
    NationalStr,
    /// `B'0101'`.
    BitStr,
    /// `X'1F'`.
    HexStr,
    /// `$tag$string$tag$`.
    DollarStr,
    /// A number.
    Number,
    /// `$1`.
    Param,
    /// An operator, all its characters.
    Operator,
    /// `;`
    Semicolon,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// `(`
    OpenParen,
    /// `)`
    CloseParen,
    /// `::`, `:=`, `..` or any other single character.
    Other,
    /// `-- comment`, without the end of its line.
    LineComment,
    /// `/* comment */`.
    BlockComment,
    /// A backslash and the rest of its line.
    PsqlCommand,
    /// Something that is not closed; it takes the rest of the text.
    Unterminated(Unclosed),
}

/// What is not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unclosed {
    /// A string literal.
    String,
    /// A quoted identifier.
    Identifier,
    /// A dollar-quoted string.
    DollarQuote,
    /// A block comment.
    Comment,
}

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    pub span: Span,
    /// Whether it is the next part of the string literal before it.
    pub continues: bool,
}

/// The tokens of a text. White space is left out, comments are not.
///
/// A byte order mark at the start counts as white space. Takes time in proportion to the text.
///
/// ```
/// use counterfoil::sql::lex::{Kind, tokens};
/// let kinds: Vec<Kind> = tokens("select +-- note").map(|token| token.kind).collect();
/// assert_eq!(kinds, [Kind::Word, Kind::Operator, Kind::LineComment]);
/// ```
pub fn tokens(text: &str) -> impl Iterator<Item = Token> + '_ {
    Lexer::new(text, squawk_lexer::tokenize)
}

/// A run of operator characters, up to the next comment.
#[derive(Clone, Copy, Default)]
struct OperatorRun {
    end: usize,
    /// Just past the last character that lets an operator end in `+` or `-`.
    special: usize,
    /// Just past the last character other than `+` and `-`.
    plain: usize,
}

struct Lexer<'a, I> {
    text: &'a str,
    start: fn(&'a str) -> I,
    raw: I,
    /// Where the next token begins.
    at: usize,
    /// Whether `raw` is behind, since simple tokens were read without it.
    behind: bool,
    run: OperatorRun,
    /// The string literal before, if only white space and line comments came since.
    string: Option<Kind>,
    /// Whether a line ended since that string.
    newline: bool,
    /// Whether nothing is taken for simple: what the tests compare with.
    #[cfg(test)]
    raw_only: bool,
}

impl<'a, I: Iterator<Item = squawk_lexer::Token>> Lexer<'a, I> {
    fn new(text: &'a str, start: fn(&'a str) -> I) -> Self {
        // Token lengths are u32.
        let (raw, at) = if u32::try_from(text.len()).is_ok() { (text, 0) } else { ("", text.len()) };
        Lexer {
            text,
            start,
            raw: start(raw),
            at,
            behind: false,
            run: OperatorRun::default(),
            string: None,
            newline: false,
            #[cfg(test)]
            raw_only: false,
        }
    }

    fn restart(&mut self, at: usize) {
        self.at = at;
        self.behind = false;
        self.raw = (self.start)(self.text.get(at..).unwrap_or(""));
    }

    /// The token that comes next, if it is one of those that the data of a large file are made of. The raw lexer would say
    /// the same, character by character; here it takes a quarter of the time.
    fn simple(&mut self) -> Option<Token> {
        #[cfg(test)]
        if self.raw_only {
            return None;
        }
        let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80 || byte == b'_' || byte == b'$';
        while matches!(self.byte(self.at), b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c) {
            self.newline |= matches!(self.byte(self.at), b'\n' | b'\r');
            self.at += 1;
            self.behind = true;
        }
        let start = self.at;
        let mut at = start + 1;
        let kind = match (self.byte(start), self.byte(at)) {
            (b',', _) => Kind::Comma,
            (b'(', _) => Kind::OpenParen,
            (b')', _) => Kind::CloseParen,
            (b';', _) => Kind::Semicolon,
            (b'\'', _) if !(self.newline && self.string.is_some()) => {
                loop {
                    at += self.text.get(at..)?.find('\'')? + 1;
                    if self.byte(at) != b'\'' {
                        break;
                    }
                    at += 1;
                }
                Kind::Str
            }
            (b'0'..=b'9', _) => {
                let digits = |from: usize| (from..).find(|&at| !self.byte(at).is_ascii_digit()).unwrap_or(from);
                at = digits(at);
                if self.byte(at) == b'.' && self.byte(at + 1).is_ascii_digit() {
                    at = digits(at + 1);
                }
                if goes_on(self.byte(at)) || self.byte(at) == b'.' {
                    return None;
                }
                Kind::Number
            }
            (b'$', _) | (b'b' | b'B' | b'e' | b'E' | b'n' | b'N' | b'u' | b'U' | b'x' | b'X', b'\'' | b'&') => {
                return None;
            }
            // A byte order mark at the start is white space.
            (first, _) if goes_on(first) && (first < 0x80 || start > 0) => {
                while goes_on(self.byte(at)) {
                    at += 1;
                }
                Kind::Word
            }
            _ => return None,
        };
        self.at = at;
        self.behind = true;
        self.string = (kind == Kind::Str).then_some(kind);
        self.newline = false;
        Some(Token { kind, span: Span::new(start, at), continues: false })
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    /// The end of the operator that begins at `start`.
    fn operator_end(&mut self, start: usize) -> usize {
        if start >= self.run.end {
            let mut run = OperatorRun { end: start, special: start, plain: start };
            loop {
                let byte = self.byte(run.end);
                let comment = matches!((byte, self.byte(run.end + 1)), (b'-', b'-') | (b'/', b'*'));
                if comment || !b"~!@#^&|`?%+-*/<>=".contains(&byte) {
                    break;
                }
                run.end += 1;
                if b"~!@#^&|`?%".contains(&byte) {
                    run.special = run.end;
                }
                if !b"+-".contains(&byte) {
                    run.plain = run.end;
                }
            }
            self.run = run;
        }
        if self.run.special > start { self.run.end } else { self.run.plain.max(start + 1) }
    }

    /// The end of the string whose quote is at `start`, read with backslash escapes.
    fn escape_string_end(&self, start: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        loop {
            match bytes.get(at)? {
                b'\\' => at += 2,
                b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
                b'\'' => return Some(at + 1),
                _ => at += 1,
            }
        }
    }

    fn literal(&mut self, literal: LiteralKind, start: usize) -> Kind {
        let (kind, terminated) = match literal {
            LiteralKind::Int { .. } | LiteralKind::Numeric { .. } => return Kind::Number,
            LiteralKind::DollarQuotedString { terminated: true } => return Kind::DollarStr,
            LiteralKind::DollarQuotedString { terminated: false } => {
                return Kind::Unterminated(Unclosed::DollarQuote);
            }
            LiteralKind::Str { terminated } => match self.string {
                Some(Kind::EscapeStr) if self.newline => match self.escape_string_end(start) {
                    Some(end) => {
                        if end != self.at {
                            self.restart(end);
                        }
                        (Kind::EscapeStr, true)
                    }
                    None => (Kind::EscapeStr, false),
                },
                Some(kind) if self.newline => (kind, terminated),
                _ => (Kind::Str, terminated),
            },
            LiteralKind::NationalStr { terminated } => (Kind::NationalStr, terminated),
            LiteralKind::ByteStr { terminated } => (Kind::HexStr, terminated),
            LiteralKind::BitStr { terminated } => (Kind::BitStr, terminated),
            LiteralKind::UnicodeEscStr { terminated } => (Kind::UnicodeStr, terminated),
            LiteralKind::EscStr { terminated } => (Kind::EscapeStr, terminated),
        };
        if terminated { kind } else { Kind::Unterminated(Unclosed::String) }
    }
}

impl<I: Iterator<Item = squawk_lexer::Token>> Iterator for Lexer<'_, I> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let simple = self.simple();
            if simple.is_some() {
                return simple;
            }
            if self.behind {
                self.restart(self.at);
            }
            let Some(raw) = self.raw.next() else {
                // A text of more than 4 GiB is not read; it is handed over in one piece.
                if self.at == self.text.len() && self.at > u32::MAX as usize {
                    self.at += 1;
                    return Some(Token { kind: Kind::Other, span: Span::new(0, self.text.len()), continues: false });
                }
                return None;
            };
            let start = self.at;
            self.at = start + raw.len as usize;
            let mut continues = false;
            let kind = match raw.kind {
                TokenKind::Whitespace => {
                    if self.string.is_some() && !self.newline {
                        self.newline = Span::new(start, self.at).slice(self.text).contains(['\n', '\r']);
                    }
                    continue;
                }
                TokenKind::LineComment => {
                    return Some(Token { kind: Kind::LineComment, span: Span::new(start, self.at), continues: false });
                }
                TokenKind::BlockComment { terminated: true } => Kind::BlockComment,
                TokenKind::BlockComment { terminated: false } => Kind::Unterminated(Unclosed::Comment),
                TokenKind::Literal { kind } => {
                    continues = self.newline && self.string.is_some() && matches!(kind, LiteralKind::Str { .. });
                    self.literal(kind, start)
                }
                TokenKind::Ident => Kind::Word,
                TokenKind::QuotedIdent { terminated: false, .. } => Kind::Unterminated(Unclosed::Identifier),
                TokenKind::QuotedIdent { uescape: true, .. } => Kind::UnicodeIdent,
                TokenKind::QuotedIdent { .. } => Kind::QuotedIdent,
                TokenKind::PositionalParam { .. } => {
                    if !self.byte(start + 1).is_ascii_digit() {
                        self.restart(start + 1);
                    }
                    Kind::Param
                }
                TokenKind::Semi => Kind::Semicolon,
                TokenKind::Comma => Kind::Comma,
                TokenKind::Dot => Kind::Dot,
                TokenKind::OpenParen => Kind::OpenParen,
                TokenKind::CloseParen => Kind::CloseParen,
                TokenKind::Colon => {
                    if matches!(self.byte(self.at), b':' | b'=') {
                        self.raw.next();
                        self.at += 1;
                    }
                    Kind::Other
                }
                TokenKind::Unknown if self.byte(start) == b'\\' => {
                    let rest = self.text.get(start..).unwrap_or("");
                    self.restart(start + rest.find(['\n', '\r']).unwrap_or(rest.len()));
                    Kind::PsqlCommand
                }
                TokenKind::OpenBracket
                | TokenKind::CloseBracket
                | TokenKind::OpenCurly
                | TokenKind::CloseCurly
                | TokenKind::DotDot
                | TokenKind::Unknown
                | TokenKind::Eof => Kind::Other,
                _ => {
                    // Every raw operator token is a single byte.
                    let end = self.operator_end(start);
                    while self.at < end && self.raw.next().is_some() {
                        self.at += 1;
                    }
                    Kind::Operator
                }
            };
            self.string = match kind {
                Kind::Str | Kind::EscapeStr | Kind::UnicodeStr | Kind::NationalStr | Kind::BitStr | Kind::HexStr => {
                    Some(kind)
                }
                _ => None,
            };
            self.newline = false;
            return Some(Token { kind, span: Span::new(start, self.at), continues });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kind::*;
    use super::*;

    #[track_caller]
    fn lexes(text: &str, expected: &[(&str, Kind)]) {
        let found: Vec<_> = tokens(text).map(|token| (token.span.slice(text), token.kind)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn operators_end_before_comments() {
        lexes("a +-- b\n", &[("a", Word), ("+", Operator), ("-- b", LineComment)]);
        lexes("a +/* b */", &[("a", Word), ("+", Operator), ("/* b */", BlockComment)]);
        lexes("*/**/", &[("*", Operator), ("/**/", BlockComment)]);
        lexes("a//**/", &[("a", Word), ("/", Operator), ("/**/", BlockComment)]);
    }

    #[test]
    fn a_trailing_sign_belongs_only_to_special_operators() {
        lexes("=-1", &[("=", Operator), ("-", Operator), ("1", Number)]);
        lexes("@-1", &[("@-", Operator), ("1", Number)]);
        lexes("<+>-+1", &[("<+>", Operator), ("-", Operator), ("+", Operator), ("1", Number)]);
        lexes("- -", &[("-", Operator), ("-", Operator)]);
        lexes("+-+", &[("+", Operator), ("-", Operator), ("+", Operator)]);
        lexes("a->>'b'", &[("a", Word), ("->>", Operator), ("'b'", Str)]);
        lexes("a::b:=c", &[("a", Word), ("::", Other), ("b", Word), (":=", Other), ("c", Word)]);
    }

    #[test]
    fn a_continued_string_keeps_its_escapes() {
        lexes("E'a'\n'b\\'c' d", &[("E'a'", EscapeStr), ("'b\\'c'", EscapeStr), ("d", Word)]);
        lexes(
            "e'a' -- x\n -- y\n'b\\'' ; 'c'",
            &[
                ("e'a'", EscapeStr),
                ("-- x", LineComment),
                ("-- y", LineComment),
                ("'b\\''", EscapeStr),
                (";", Semicolon),
                ("'c'", Str),
            ],
        );
        lexes("E'a' 'b\\' d", &[("E'a'", EscapeStr), ("'b\\'", Str), ("d", Word)]);
        lexes("E'a'/* */\n'b\\' d", &[("E'a'", EscapeStr), ("/* */", BlockComment), ("'b\\'", Str), ("d", Word)]);
        lexes("'a'\n'b\\' d", &[("'a'", Str), ("'b\\'", Str), ("d", Word)]);
        lexes("E'a'\n'b\\'", &[("E'a'", EscapeStr), ("'b\\'", Unterminated(Unclosed::String))]);
        let continued: Vec<bool> = tokens("'a'\n'b' 'c'\nE'd'").map(|token| token.continues).collect();
        assert_eq!(continued, [false, true, false, false]);
    }

    #[test]
    fn dollars_in_names_and_parameters_open_no_quote() {
        lexes("a$b$ $1$$x$$", &[("a$b$", Word), ("$1", Param), ("$$x$$", DollarStr)]);
        lexes("$a$ $b$ $a$", &[("$a$ $b$ $a$", DollarStr)]);
        lexes("$a$ $a$a$", &[("$a$ $a$", DollarStr), ("a$", Word)]);
        lexes("$é$;$é$", &[("$é$;$é$", DollarStr)]);
        lexes("$$ $a$$", &[("$$ $a$$", DollarStr)]);
        lexes("$e'\\' ' 1", &[("$", Param), ("e'\\' '", EscapeStr), ("1", Number)]);
    }

    #[test]
    fn a_backslash_takes_its_line() {
        lexes("\\restrict a'b\nselect", &[("\\restrict a'b", PsqlCommand), ("select", Word)]);
        lexes("select 1 \\g", &[("select", Word), ("1", Number), ("\\g", PsqlCommand)]);
    }

    /// Every mixture of a few parts: what is read as simple is what the raw lexer says.
    #[test]
    fn what_is_simple_is_read_as_the_raw_lexer_reads_it() {
        const PARTS: &[&str] = &[
            " ", "\n", "\r", "a", "E", "u&", "é", "_", "$", "$$", "$a$", "'", "''", "\\", "\"", "0", "1", "9_", ".",
            ",", ";", "(", ")", "-", "--", "/*", "*/", "+", "@", "::", "x", "e1", "\u{b}",
        ];
        let mut text = String::new();
        for length in 1..=4 {
            for number in 0..PARTS.len().pow(length) {
                text.clear();
                let mut rest = number;
                for _ in 0..length {
                    text.push_str(PARTS[rest % PARTS.len()]);
                    rest /= PARTS.len();
                }
                let raw = Lexer { raw_only: true, ..Lexer::new(&text, squawk_lexer::tokenize) };
                assert!(tokens(&text).eq(raw), "{text:?}");
            }
        }
    }

    #[test]
    fn a_byte_order_mark_is_white_space_only_at_the_start() {
        lexes("\u{feff}a", &[("a", Word)]);
        lexes("a \u{feff}b", &[("a", Word), ("\u{feff}b", Word)]);
    }

    #[test]
    fn what_is_not_closed_takes_the_rest() {
        lexes("'a;", &[("'a;", Unterminated(Unclosed::String))]);
        lexes("U&\"a;", &[("U&\"a;", Unterminated(Unclosed::Identifier))]);
        lexes("$a$ $b$;", &[("$a$ $b$;", Unterminated(Unclosed::DollarQuote))]);
        lexes("/* /* */;", &[("/* /* */;", Unterminated(Unclosed::Comment))]);
    }

    #[test]
    fn ten_thousand_nested_comments_are_one_token() {
        let text = format!("{}{}", "/*".repeat(10_000), "*/".repeat(10_000));
        lexes(&text, &[(&text, BlockComment)]);
    }

    #[test]
    fn prefixes_belong_to_their_strings() {
        lexes(
            "E'\\'' U&'a' N'a' B'1' X'1' U&\"a\" \"b\" e 'a'",
            &[
                ("E'\\''", EscapeStr),
                ("U&'a'", UnicodeStr),
                ("N'a'", NationalStr),
                ("B'1'", BitStr),
                ("X'1'", HexStr),
                ("U&\"a\"", UnicodeIdent),
                ("\"b\"", QuotedIdent),
                ("e", Word),
                ("'a'", Str),
            ],
        );
    }
}
