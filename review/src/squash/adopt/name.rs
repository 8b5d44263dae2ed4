//! Names as the facts have them: qualified, and quoted where PostgreSQL would quote them.

use counterfoil::sql::lex::{Kind, Token, tokens};
use counterfoil::sql::quote::identifier;

/// How many bytes of a name PostgreSQL keeps: `NAMEDATALEN` less one.
pub(super) const LONGEST: usize = 63;

/// Where the last part begins: behind the last point that stands in no quotes.
fn cut(name: &str) -> Option<usize> {
    let mut quoted = false;
    let mut at = None;
    for (place, letter) in name.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '.' if !quoted => at = Some(place),
            _ => {}
        }
    }
    at
}

/// `app.t` of `app.t.c`; empty if there is one part only.
pub(super) fn parent(name: &str) -> &str {
    cut(name).map_or("", |at| &name[..at])
}

/// `c` of `app.t.c`.
pub(super) fn last(name: &str) -> &str {
    cut(name).map_or(name, |at| &name[at + 1..])
}

/// A part without its quotes.
pub(super) fn plain(part: &str) -> String {
    match part.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => part.to_owned(),
    }
}

/// A name that is no keyword, quoted if it has to be.
pub(super) fn quoted(name: &str) -> String {
    let simple = |(at, letter): (usize, char)| {
        letter == '_' || letter.is_ascii_lowercase() || (at > 0 && letter.is_ascii_digit())
    };
    if !name.is_empty() && name.char_indices().all(simple) { name.to_owned() } else { identifier(name) }
}

/// Code of SQL, without comments.
fn code(text: &str) -> Vec<Token> {
    tokens(text).filter(|token| !matches!(token.kind, Kind::LineComment | Kind::BlockComment)).collect()
}

/// Whether a definition, as PostgreSQL spells it, names this column.
pub(super) fn names(definition: &str, part: &str) -> bool {
    tokens(definition)
        .any(|token| matches!(token.kind, Kind::Word | Kind::QuotedIdent) && token.span.slice(definition) == part)
}

/// Whether a definition, as PostgreSQL spells it under an empty `search_path`, names this relation.
pub(super) fn names_relation(definition: &str, relation: &str) -> bool {
    let (schema, table) = (parent(relation), last(relation));
    let all = code(definition);
    all.windows(3).any(|window| {
        let text = |at: usize| window[at].span.slice(definition);
        window[1].kind == Kind::Dot && text(0) == schema && text(2) == table
    })
}

/// Whether a text that somebody wrote has this word, in whichever case.
pub(super) fn has_word(text: &str, part: &str) -> bool {
    let word = plain(part).to_lowercase();
    let text = text.to_lowercase();
    let of_word = |letter: Option<char>| letter.is_some_and(|letter| letter == '_' || letter.is_alphanumeric());
    text.match_indices(&word)
        .any(|(at, _)| !of_word(text[..at].chars().next_back()) && !of_word(text[at + word.len()..].chars().next()))
}

/// The names of the first group in parentheses behind a token.
pub(super) fn group(definition: &str, from: usize) -> Vec<&str> {
    let inside =
        tokens(definition).skip_while(|token| token.span.start < from || token.kind != Kind::OpenParen).skip(1);
    inside
        .take_while(|token| token.kind != Kind::CloseParen)
        .filter(|token| matches!(token.kind, Kind::Word | Kind::QuotedIdent))
        .map(|token| token.span.slice(definition))
        .collect()
}

/// The relation behind a keyword, and where its name ends: `REFERENCES app.t(id)`, `FROM app.t`.
pub(super) fn behind<'t>(definition: &'t str, keyword: &str) -> Option<(&'t str, usize)> {
    let all = code(definition);
    let is_keyword = |token: &Token| token.kind == Kind::Word && token.span.slice(definition) == keyword;
    let at = all.iter().rposition(is_keyword)?;
    let (first, second) = (all.get(at + 1)?, all.get(at + 3)?);
    Some((definition.get(first.span.start..second.span.end)?, second.span.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart_outside_of_quotes() {
        assert_eq!((parent("app.\"a.b\".c"), last("app.\"a.b\".c")), ("app.\"a.b\"", "c"));
        assert_eq!((parent("app.\"a.b\""), last("app.\"a.b\"")), ("app", "\"a.b\""));
        assert_eq!((parent("app"), last("app"), plain("\"a\"\"b\"")), ("", "app", "a\"b".to_owned()));
    }

    #[test]
    fn what_a_definition_names_is_found() {
        let key = "FOREIGN KEY (a, \"B\") REFERENCES app.\"user\"(id, x) ON DELETE CASCADE";
        assert_eq!(group(key, 0), ["a", "\"B\""]);
        let (table, end) = behind(key, "REFERENCES").expect("a table");
        assert_eq!((table, group(key, end)), ("app.\"user\"", vec!["id", "x"]));
        assert!(names(key, "\"B\"") && !names(key, "b") && !names("CHECK ((t = 'a'::text))", "a"));
        assert!(names_relation(" SELECT app.t.a FROM app.t", "app.t") && !names_relation("SELECT x.t", "app.t"));
        assert!(has_word("select RETRY_delay from t", "retry_delay") && !has_word("my_retry_delay", "retry_delay"));
    }
}
