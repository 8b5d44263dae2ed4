//! Canonical text, checksum and fingerprint: what says that two files are the same.

use crate::sql::lex::{Kind, tokens};
use crate::sql::split;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// The canonical form of a file's text: without a byte order mark, lines ending in LF.
///
/// One file gives one canonical text on every OS and in every bundler.
pub fn canonical(text: &str) -> Cow<'_, str> {
    let text = without_mark(text);
    if text.contains("\r\n") { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) }
}

/// The text without a byte order mark.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// `sha256:` and the hex SHA-256 of the text's UTF-8 bytes.
///
/// ```
/// // printf 'abc' | sha256sum
/// assert_eq!(
///     counterfoil::checksum::checksum("abc"),
///     "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
/// );
/// ```
pub fn checksum(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// `sha256:` and the digest in hex.
pub(crate) fn hex(digest: &[u8]) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(71);
    out.push_str("sha256:");
    for byte in digest {
        out.push(HEX[usize::from(byte >> 4)] as char);
        out.push(HEX[usize::from(byte & 15)] as char);
    }
    out
}

/// The fingerprint: `sha256:` and the hex SHA-256 of the token stream without comments and white
/// space.
///
/// Two texts with one fingerprint differ in nothing that PostgreSQL would see. Beside comments and
/// white space these do not count: the case of ASCII letters in words, numbers and the prefixes of
/// literals, which PostgreSQL folds; semicolons that only end empty statements, or the last one;
/// `\\restrict` lines of pg_dump, which are skipped. All that is between quotes counts, bodies of
/// functions included.
///
/// The text should be [`canonical`]. Any text has a fingerprint, even one that cannot be run.
///
/// ```
/// use counterfoil::checksum::fingerprint;
/// assert_eq!(fingerprint("SELECT a.B -- b\n;"), fingerprint("select a . b"));
/// assert_ne!(fingerprint("select 'A'"), fingerprint("select 'a'"));
/// ```
pub fn fingerprint(text: &str) -> String {
    let mut hasher = Sha256::new();
    let mut folded = Vec::new();
    // A semicolon counts once there are tokens on both of its sides.
    let (mut any, mut semicolon) = (false, false);
    for token in tokens(text) {
        let source = token.span.slice(text);
        let skipped = match token.kind {
            Kind::LineComment | Kind::BlockComment => true,
            Kind::PsqlCommand => split::is_skipped(source),
            Kind::Semicolon => {
                semicolon = any;
                true
            }
            _ => false,
        };
        if skipped {
            continue;
        }
        if std::mem::take(&mut semicolon) {
            hasher.update([tag(Kind::Semicolon), 0, 0, 0, 0]);
        }
        any = true;
        // Where the part begins whose case counts.
        let verbatim = match token.kind {
            Kind::Word | Kind::Number => source.len(),
            Kind::EscapeStr | Kind::UnicodeStr | Kind::NationalStr | Kind::BitStr | Kind::HexStr => {
                source.find('\'').unwrap_or(0)
            }
            Kind::UnicodeIdent => source.find('"').unwrap_or(0),
            _ => 0,
        };
        folded.clear();
        folded.extend_from_slice(source.as_bytes());
        folded[..verbatim].make_ascii_lowercase();
        // The kind, whether a string goes on, and the length keep neighbours apart.
        hasher.update([tag(token.kind) | u8::from(token.continues) << 7]);
        hasher.update((folded.len() as u32).to_le_bytes());
        hasher.update(&folded);
    }
    hex(&hasher.finalize())
}

/// A number for each kind. Fingerprints are kept in ledgers: these never change.
fn tag(kind: Kind) -> u8 {
    match kind {
        Kind::Word => 1,
        Kind::QuotedIdent => 2,
        Kind::UnicodeIdent => 3,
        Kind::Str => 4,
        Kind::EscapeStr => 5,
        Kind::UnicodeStr => 6,
        Kind::NationalStr => 7,
        Kind::BitStr => 8,
        Kind::HexStr => 9,
        Kind::DollarStr => 10,
        Kind::Number => 11,
        Kind::Param => 12,
        Kind::Operator => 13,
        Kind::Semicolon => 14,
        Kind::Comma => 15,
        Kind::Dot => 16,
        Kind::OpenParen => 17,
        Kind::CloseParen => 18,
        Kind::Other => 19,
        Kind::PsqlCommand => 20,
        Kind::Unterminated(_) => 21,
        Kind::LineComment | Kind::BlockComment => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(a: &str, b: &str) {
        assert_eq!(fingerprint(a), fingerprint(b), "{a} / {b}");
    }

    #[track_caller]
    fn differ(a: &str, b: &str) {
        assert_ne!(fingerprint(a), fingerprint(b), "{a} / {b}");
    }

    #[test]
    fn one_file_has_one_canonical_text() {
        assert_eq!(canonical("\u{feff}a\r\nb\rc\n"), "a\nb\rc\n");
        assert!(matches!(canonical("a\nb"), Cow::Borrowed(_)));
    }

    #[test]
    fn comments_and_white_space_do_not_count() {
        same("select 1", "  select/* a /* b */ */1 -- c");
        same("select a.b", "select a . b");
        same("a=-1", "a = - 1");
        same("-- migrate:up\nselect 1;", "select 1;");
        same("", "-- nothing");
        same("\\restrict abc\nselect 1", "\\restrict def\nselect 1");
        differ("\\i a.sql\nselect 1", "\\i b.sql\nselect 1");
    }

    #[test]
    fn letter_case_counts_only_between_quotes() {
        same("SELECT Ab, 0X1F, 1E5, e'a', X'1f'", "select aB, 0x1f, 1e5, E'a', x'1f'");
        differ("select 'A'", "select 'a'");
        differ("select \"A\"", "select \"a\"");
        differ("select E'\\N'", "select E'\\n'");
        differ("do $$A$$", "do $$a$$");
        differ("select Ä", "select ä");
    }

    #[test]
    fn empty_statements_do_not_count() {
        same("a; b", ";;a;; -- x\n;b;");
        differ("a; b", "a b");
    }

    #[test]
    fn what_postgresql_reads_differently_differs() {
        differ("ab", "a b");
        differ("< =", "<=");
        same("+ -", "+-");
        differ("@ -1", "@-1");
        differ("a : : b", "a::b");
        differ("'a'\n'b'", "'a' 'b'");
        differ("'a' 'b'", "'a''b'");
        differ("\"a\"", "a");
        differ("$$a$$", "$b$a$b$");
        differ("'a b'", "'a  b'");
        differ("$$ a; -- b $$", "$$ a; $$");
        differ("e 'a'", "e'a'");
        differ("1 .5", "1.5");
        same("'a'\n'b'", "'a' -- x\n   'b'");
    }

    #[test]
    fn a_fingerprint_stays_what_it_was() {
        // printf '\x01\x06\0\0\0select\x0b\x01\0\0\0001' | sha256sum
        assert_eq!(fingerprint("SELECT 1;"), "sha256:b45215dcd9b85cf390b78d43c4cbbc8ecf6c01196efa255fc090f603763295c0");
        // printf '' | sha256sum
        assert_eq!(fingerprint(""), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn any_text_has_a_fingerprint() {
        differ("select 'a", "select 'a'");
        differ("a\0b", "a b");
    }
}
