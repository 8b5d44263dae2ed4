//! What a statement does to `search_path`.

use super::Subject;
use counterfoil::sql::Statement;
use counterfoil::sql::lex::{Kind, Token, tokens};
use counterfoil::sql::pattern::Cursor;

/// A change of `search_path`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// To what.
    pub to: To,
    /// Whether it ends with the transaction.
    pub local: bool,
    /// Where, in the section's text.
    pub at: usize,
}

/// To what `search_path` is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    /// What the session began with.
    Before,
    /// Nothing: every name needs its schema.
    Empty,
    /// These schemas.
    Schemas,
}

/// The last change that a statement makes, in itself or in the body of a `DO`.
pub(super) fn change(subject: &Subject<'_>, statement: &Statement, code: &[Token]) -> Option<Change> {
    let whole = subject.text();
    if !statement.session && statement.verb != "set local" {
        return None;
    }
    if statement.verb == "do" {
        let body = code.iter().find(|token| token.kind == Kind::DollarStr)?;
        let literal = body.span.slice(whole);
        let tag = literal.get(1..)?.find('$')? + 2;
        let inner = literal.get(tag..literal.len().checked_sub(tag)?)?;
        let base = body.span.start + tag;
        let code: Vec<Token> = tokens(inner).filter(|token| !super::subject::is_comment(token)).collect();
        let parts = code.split(|token| token.kind == Kind::Semicolon);
        let last = parts.filter_map(|part| anywhere(inner, part)).next_back()?;
        // Whether it is carried out cannot be told, so what the path is afterwards cannot either.
        let to = if last.to == To::Before { To::Before } else { To::Schemas };
        return Some(Change { at: base + last.at, to, ..last });
    }
    anywhere(whole, code)
}

/// `SET` at the start of one of the words, or a call of `set_config`.
fn anywhere(text: &str, code: &[Token]) -> Option<Change> {
    let starts =
        |at: usize| at == 0 || ["begin", "then", "else", "loop"].iter().any(|word| is(text, code.get(at - 1), word));
    (0..code.len()).rev().find_map(|at| {
        let cursor = Cursor { text, tokens: code, at };
        let start = code.get(at)?.span.start;
        let found = if starts(at) { set(cursor) } else { None };
        let (to, local) = found.or_else(|| called(cursor))?;
        Some(Change { to, local, at: start })
    })
}

fn is(text: &str, token: Option<&Token>, word: &str) -> bool {
    token.is_some_and(|token| token.kind == Kind::Word && token.span.slice(text).eq_ignore_ascii_case(word))
}

/// `SET [SESSION|LOCAL] search_path …`, `SET SCHEMA '…'`, `RESET search_path`.
fn set(mut cursor: Cursor<'_>) -> Option<(To, bool)> {
    if cursor.starts("reset all") || cursor.starts("discard all") {
        return Some((To::Before, false));
    }
    if cursor.takes("reset") {
        return named(&mut cursor).then_some((To::Before, false));
    }
    if !cursor.takes("set") {
        return None;
    }
    let local = cursor.takes("local");
    cursor.takes("session");
    if cursor.takes("schema") {
        let value = cursor.peek().filter(|token| token.kind == Kind::Str)?;
        let to = if value.span.slice(cursor.text) == "''" { To::Empty } else { To::Schemas };
        return Some((to, local));
    }
    if !named(&mut cursor) || !(cursor.takes("to") || cursor.kind_is(Kind::Operator)) {
        return None;
    }
    let rest = cursor.tokens.get(cursor.at..)?;
    let to = match rest {
        [only] if is(cursor.text, Some(only), "default") => To::Before,
        [only] if matches!(only.span.slice(cursor.text), "''" | "\"\"") => To::Empty,
        _ => To::Schemas,
    };
    Some((to, local))
}

/// The name of the setting, which may be quoted.
fn named(cursor: &mut Cursor<'_>) -> bool {
    cursor.name().is_some_and(|(schema, name)| schema.is_none() && name == "search_path")
}

/// `set_config('search_path', '…', false)`.
fn called(mut cursor: Cursor<'_>) -> Option<(To, bool)> {
    if !cursor.takes("set_config") || !cursor.kind_is(Kind::OpenParen) {
        return None;
    }
    let argument = cursor.peek_text().to_ascii_lowercase();
    if !(cursor.kind_is(Kind::Str) || cursor.kind_is(Kind::EscapeStr)) || !argument.ends_with("'search_path'") {
        return None;
    }
    // `'search_path'::text` and the like.
    let text = cursor.text;
    let mut comma = || {
        while let Some(token) = cursor.peek().filter(|token| token.kind != Kind::CloseParen) {
            cursor.skip();
            if token.kind == Kind::Comma {
                return cursor.peek();
            }
        }
        None
    };
    let value = comma()?.span.slice(text);
    let last = comma()?.span.slice(text).to_ascii_lowercase();
    let to = if value.replace(' ', "") == "''" { To::Empty } else { To::Schemas };
    Some((to, matches!(last.as_str(), "true" | "'t'" | "'true'" | "'on'" | "'1'" | "'yes'")))
}
