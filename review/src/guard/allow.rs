//! Deliberate exceptions: written down, and reviewed.
//!
//! `-- counterfoil-allow <code>[, <code>…]: <reason>` in a comment of the file allows `track-parity` and what begins with
//! `version-`; an entry of [`Options::allow`](super::Options::allow) with path, old and new checksum what begins with
//! `shipped-`. It counts if it was there where the change began, or if a commit message of the change has
//! `[counterfoil-allow <code>]`. One that the change brings by itself leaves the finding as it is, which says so.

use counterfoil::span::Span;

/// An exception that is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exception {
    pub reason: String,
    /// Whether it was there where the change began.
    pub in_base: bool,
}

/// The comments among `comments` that allow `code`: each with its reason.
pub(super) fn comments<'t>(text: &'t str, comments: &[Span], code: &str) -> Vec<(Span, &'t str)> {
    let mut out = Vec::new();
    if !text.contains(WORD) {
        return out;
    }
    for span in comments {
        let body = span.slice(text).trim_start_matches(['-', '#', '/', '*', ' ', '\t']);
        let Some(rest) = body.strip_prefix(WORD).filter(|rest| rest.starts_with([' ', '\t'])) else { continue };
        let line = rest.lines().next().unwrap_or("");
        let (codes, reason) = line.split_once(':').unwrap_or((line, ""));
        if codes.split(',').any(|named| named.trim() == code) {
            out.push((*span, reason.trim().trim_end_matches("*/").trim_end()));
        }
    }
    out
}

const WORD: &str = "counterfoil-allow";

/// Whether one of the messages says that an exception was looked at.
pub(super) fn is_reviewed(code: &str, messages: &[String]) -> bool {
    let word = format!("[{WORD} {code}]");
    messages.iter().any(|message| message.contains(&word))
}
