//! Names that PostgreSQL cuts off.

use super::{Found, Level, Rule, Subject};
use counterfoil::sql::lex::{Kind, Token};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// `NAMEDATALEN - 1`.
const LONGEST: usize = 63;

pub(super) const RULE: Rule = Rule {
    code: "identifier-too-long",
    level: Level::Warning,
    summary: "a name of more than 63 bytes, which PostgreSQL cuts off",
    why: "\
PostgreSQL keeps 63 bytes of a name and says so in a notice that nobody reads. Two names that begin alike become one; a
schema diff, an ORM or an `IF NOT EXISTS` that looks for the whole name does not find it. Bytes count, not characters: `é`
has two.

Give it a shorter name. Where the migration has shipped, the database has the short name: use that from now on.",
    bad: &[
        "CREATE TABLE reservations_by_customer_and_arrival_date_that_were_not_cancelled (id bigint);\n",
        "CREATE TABLE \"réservations_à_confirmer_par_le_propriétaire_avant_l'été_prochain\" (id bigint);\n",
    ],
    good: &[
        "CREATE TABLE reservations_by_customer_and_arrival_date_unless_cancelled (id bigint);\n",
        "SELECT 'a text may be as long as it likes, and so may a comment: it is not a name' /* reservations_by_customer_and_arrival_date_that_were_not_cancelled */;\n",
    ],
};

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Found>) {
    let mut seen = BTreeSet::new();
    for (at, token) in subject.code.iter().enumerate() {
        // Quotes and escapes take bytes of their own.
        if token.span.end - token.span.start <= LONGEST {
            continue;
        }
        let Some(name) = name(subject, *token, subject.code.get(at + 1..).unwrap_or(&[])) else { continue };
        if name.len() <= LONGEST || !seen.insert(name.clone()) {
            continue;
        }
        let end = (0..=LONGEST).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
        found.push(Found::new(
            RULE.code,
            token.span,
            format!(
                "the name {name} has {} bytes: PostgreSQL cuts it off after {end}, to {}",
                name.len(),
                &name[..end]
            ),
            "give it a name of at most 63 bytes",
        ));
    }
}

/// The name that an identifier stands for.
fn name<'a>(subject: &Subject<'a>, token: Token, next: &[Token]) -> Option<Cow<'a, str>> {
    let text = token.span.slice(subject.text());
    match token.kind {
        Kind::Word => Some(Cow::Owned(text.to_ascii_lowercase())),
        Kind::QuotedIdent => {
            let inner = text.get(1..text.len().checked_sub(1)?)?;
            Some(if inner.contains('"') { Cow::Owned(inner.replace("\"\"", "\"")) } else { Cow::Borrowed(inner) })
        }
        Kind::UnicodeIdent => {
            let inner = text.get(3..text.len().checked_sub(1)?)?;
            let slice = |token: &Token| token.span.slice(subject.text());
            let escape = match next {
                [word, value, ..] if slice(word).eq_ignore_ascii_case("uescape") => slice(value).chars().nth(1)?,
                _ => '\\',
            };
            Some(Cow::Owned(unescape(&inner.replace("\"\"", "\""), escape)))
        }
        _ => None,
    }
}

/// `\0441` and `\+01F600`: <https://www.postgresql.org/docs/current/sql-syntax-lexical.html>.
fn unescape(text: &str, escape: char) -> String {
    let mut out = String::new();
    // UTF-16 pairs may be written as two escapes.
    let mut pair = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != escape {
            out.push(c);
            continue;
        }
        let after = rest.as_str();
        let (skip, digits) = match after.chars().next() {
            Some('+') => (1, 6),
            Some(next) if next == escape => {
                out.push(escape);
                rest.next();
                continue;
            }
            _ => (0, 4),
        };
        let code = after.get(skip..skip + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let Some(code) = code else {
            out.push(c);
            continue;
        };
        rest = after[skip + digits..].chars();
        match (u16::try_from(code), char::from_u32(code)) {
            (_, Some(char)) => out.push(char),
            (Ok(half), None) => {
                pair.push(half);
                if pair.len() == 2 {
                    out.push_str(&String::from_utf16_lossy(&pair));
                    pair.clear();
                }
            }
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_before_bytes_are_counted() {
        assert_eq!(unescape(r"d\0061t\+000061", '\\'), "data");
        assert_eq!(unescape("d!0061t!+000061", '!'), "data");
        assert_eq!(unescape(r"\D83D\DE00\\", '\\'), "😀\\");
        assert_eq!(unescape(r"\zz", '\\'), r"\zz");
    }
}
