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
    if text.contains('\r') && text.contains("\r\n") {
        Cow::Owned(text.replace("\r\n", "\n"))
    } else {
        Cow::Borrowed(text)
    }
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
    let mut sum = Sha256::new();
    // WebAssembly is compiled well by the time of the next call: one for all of a large text would be slow to its end.
    for part in text.as_bytes().chunks(1 << 16) {
        sum.update(part);
    }
    hex(&sum.finalize())
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
    let mut stream = Stream::default();
    stream.add(text);
    stream.end()
}

/// How long the fingerprint of a step is, which the ledger holds while a migration runs step by step.
pub const STEP: usize = 16;

/// The fingerprint of a step: the first [`STEP`] digits of that of its text.
pub fn step(text: &str) -> String {
    let whole = fingerprint(text);
    whole["sha256:".len()..][..STEP].to_owned()
}

/// How a transaction may be begun and ended around a whole text. All of them run the same.
const BEGINS: [&str; 4] = ["begin", "begin work", "begin transaction", "start transaction"];
const ENDS: [&str; 6] = ["commit", "commit work", "commit transaction", "end", "end work", "end transaction"];

/// Whether a fingerprint is that of the text, or of one that differs only in whether `BEGIN` and `COMMIT` stand around
/// all of it, and how these are written. Where nothing else is asked for, such a pair is left out when the text is run.
///
/// ```
/// use counterfoil::checksum::{fingerprint, is_alike};
/// assert!(is_alike("create table a ();", &fingerprint("START TRANSACTION; create table a (); END")));
/// assert!(!is_alike("create table a ();", &fingerprint("begin; create table b (); commit;")));
/// ```
pub fn is_alike(text: &str, recorded: &str) -> bool {
    if fingerprint(text) == recorded {
        return true;
    }
    let inner = unwrapped(text);
    // What cannot run in a transaction is refused inside of one, and runs without.
    let may_wrap = split::analyze(inner, &[]).is_ok_and(|sql| sql.statements.iter().all(|one| one.transactional));
    may_wrap
        && (fingerprint(inner) == recorded
            || BEGINS.iter().any(|begin| {
                let mut stream = Stream::default();
                stream.add(begin);
                stream.semicolon = true;
                stream.add(inner);
                ENDS.iter().any(|end| {
                    let mut whole = stream.clone();
                    whole.semicolon = true;
                    whole.add(end);
                    whole.end() == recorded
                })
            }))
}

/// The text without a `BEGIN` and `COMMIT` that stand around all of it; the text itself where there are none. A `BEGIN`
/// with options of its own, or a `COMMIT AND CHAIN`, says more, and stays.
pub fn unwrapped(text: &str) -> &str {
    let is = |list: &[&str], words: &str| list.contains(&words);
    // Of the statement that is read: its words, and where it begins.
    let (mut words, mut start) = (String::new(), 0);
    // Where the first one ends that has to be a `BEGIN`, and where the last one begins if it is a `COMMIT`.
    let (mut inner, mut last) = (None, None);
    for token in tokens(text).filter(|token| counts(text, token.kind, token.span)) {
        let source = token.span.slice(text);
        if token.kind == Kind::Semicolon {
            if inner.is_none() && !words.is_empty() {
                if !is(&BEGINS, &words) {
                    return text;
                }
                inner = Some(token.span.end);
            }
            last = if words.is_empty() { last } else { Some(start).filter(|_| is(&ENDS, &words)) };
            words.clear();
            continue;
        }
        if words.is_empty() {
            start = token.span.start;
        } else {
            words.push(' ');
        }
        // What is longer is no transaction control.
        if words.len() < 32 {
            words.push_str(source);
            words.make_ascii_lowercase();
        }
    }
    if !words.is_empty() {
        last = Some(start).filter(|_| is(&ENDS, &words));
    }
    match (inner, last) {
        (Some(from), Some(to)) if from <= to => text.get(from..to).unwrap_or(text),
        _ => text,
    }
}

/// Whether a token counts for a fingerprint: no comment, and no line that is skipped.
fn counts(text: &str, kind: Kind, span: crate::span::Span) -> bool {
    match kind {
        Kind::LineComment | Kind::BlockComment => false,
        Kind::PsqlCommand => !split::is_skipped(span.slice(text)),
        _ => true,
    }
}

/// The token stream of a text as it is hashed.
#[derive(Clone, Default)]
struct Stream {
    hasher: Sha256,
    /// What has yet to be hashed: many tokens are handed over at once.
    pending: Vec<u8>,
    any: bool,
    /// A semicolon counts once there are tokens on both of its sides.
    semicolon: bool,
}

impl Stream {
    fn add(&mut self, text: &str) {
        let out = &mut self.pending;
        for token in tokens(text).filter(|token| counts(text, token.kind, token.span)) {
            let source = token.span.slice(text);
            if token.kind == Kind::Semicolon {
                self.semicolon = self.any;
                continue;
            }
            if std::mem::take(&mut self.semicolon) {
                out.extend_from_slice(&[tag(Kind::Semicolon), 0, 0, 0, 0]);
            }
            self.any = true;
            // Where the part begins whose case counts.
            let verbatim = match token.kind {
                Kind::Word | Kind::Number => source.len(),
                Kind::EscapeStr | Kind::UnicodeStr | Kind::NationalStr | Kind::BitStr | Kind::HexStr => {
                    source.find('\'').unwrap_or(0)
                }
                Kind::UnicodeIdent => source.find('"').unwrap_or(0),
                _ => 0,
            };
            // The kind, whether a string goes on, and the length keep neighbours apart.
            let [a, b, c, d] = (source.len() as u32).to_le_bytes();
            out.extend_from_slice(&[tag(token.kind) | u8::from(token.continues) << 7, a, b, c, d]);
            let from = out.len();
            out.extend_from_slice(source.as_bytes());
            out[from..from + verbatim].make_ascii_lowercase();
            if from > 1 << 13 {
                self.hasher.update(&*out);
                out.clear();
            }
        }
    }

    fn end(mut self) -> String {
        self.hasher.update(&self.pending);
        hex(&self.hasher.finalize())
    }
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
    fn begin_and_commit_around_all_of_it_run_the_same_however_they_are_written() {
        // Every spelling that PostgreSQL's grammar has for the two (TransactionStmt in gram.y), without options.
        let begins = ["BEGIN", "begin work", "Begin Transaction", "START TRANSACTION"];
        let ends = ["COMMIT", "commit work", "Commit Transaction", "END", "end work", "END TRANSACTION"];
        let bare = "create table a (); -- why\n\ninsert into a default values";
        for begin in begins {
            for end in ends {
                let wrapped = format!("-- x\n{begin} ;;\n{bare} -- y\n;\n/* z */ {end};\n");
                assert!(is_alike(bare, &fingerprint(&wrapped)), "{wrapped}");
                assert!(is_alike(&wrapped, &fingerprint(bare)), "{wrapped}");
                assert!(is_alike(&wrapped, &fingerprint(&format!("start transaction; {bare}; end"))), "{wrapped}");
                assert!(!is_alike(&wrapped, &fingerprint("create table a ()")), "{wrapped}");
            }
        }
        assert!(is_alike("select 1", &fingerprint("SELECT 1;")));
        assert!(is_alike("begin; commit", &fingerprint("")));
    }

    #[test]
    fn a_wrapper_that_says_more_is_no_cosmetic_one() {
        let alike = |a: &str, b: &str| is_alike(a, &fingerprint(b)) || is_alike(b, &fingerprint(a));
        assert!(!alike("select 1", "begin isolation level serializable; select 1; commit"));
        assert!(!alike("select 1", "begin; select 1; commit and chain"));
        assert!(!alike("select 1", "begin; select 1; rollback"));
        assert!(!alike("select 1", "begin; select 1"));
        assert!(!alike("select 1", "select 1; commit"));
        assert!(!alike("select 1", "begin; select 1; \"commit\""));
        assert!(!alike("select 1; select 2", "begin; select 1; commit; select 2"));
        assert!(!alike("create index concurrently i on t (a)", "begin; create index concurrently i on t (a); commit"));
    }

    #[test]
    fn what_stands_inside_of_a_wrapper_is_a_part_of_the_text() {
        assert_eq!(unwrapped("begin; select 1; commit"), " select 1; ");
        assert_eq!(unwrapped("begin"), "begin");
        assert_eq!(unwrapped("commit; begin;"), "commit; begin;");
        assert_eq!(unwrapped("begin; é"), "begin; é");
        assert_eq!(unwrapped(""), "");
        assert_eq!(unwrapped("-- begin;\nselect 1;\n-- commit;"), "-- begin;\nselect 1;\n-- commit;");
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
