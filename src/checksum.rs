//! Canonical text, checksum and fingerprint: what says that two files are the same.

use std::borrow::Cow;

/// The canonical form of a file's text: without a byte order mark, lines ending in LF.
///
/// One file gives one canonical text on every OS and in every bundler.
pub fn canonical(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains("\r\n") { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) }
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
    use sha2::{Digest, Sha256};
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(71);
    out.push_str("sha256:");
    for byte in Sha256::digest(text.as_bytes()) {
        out.push(HEX[usize::from(byte >> 4)] as char);
        out.push(HEX[usize::from(byte & 15)] as char);
    }
    out
}

/// The fingerprint: the [`checksum`] of the token stream without comments and white space.
///
/// Two texts with one fingerprint differ in nothing that PostgreSQL would see.
pub fn fingerprint(_text: &str) -> String {
    todo!()
}
