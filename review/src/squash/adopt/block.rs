//! Pieces of SQL that both scripts are made of.

use crate::squash::dollar::quoted;
use counterfoil::sql::quote::literal;

/// An anonymous block.
pub(super) fn block(declare: &str, body: &str) -> String {
    let declare = if declare.is_empty() { String::new() } else { format!("DECLARE\n{}", indented(declare)) };
    format!("{};\n", quoted("$counterfoil$", &format!("{declare}BEGIN\n{}END", indented(body))))
}

/// Two spaces in front of each line, but for those that begin inside of quotes: names and texts stay as they are.
fn indented(text: &str) -> String {
    let mut out = String::new();
    let mut open = None;
    for line in text.lines() {
        if open.is_none() && !line.is_empty() {
            out.push_str("  ");
        }
        out.push_str(line);
        out.push('\n');
        for letter in line.chars().filter(|letter| matches!(letter, '\'' | '"')) {
            match open {
                None => open = Some(letter),
                Some(quote) if quote == letter => open = None,
                Some(_) => {}
            }
        }
    }
    out
}

/// `IF condition THEN …`.
pub(super) fn when(condition: &str, then: &str) -> String {
    format!("IF {condition} THEN\n{}END IF;\n", indented(then))
}

/// Stops the script: everything that it has done is undone.
pub(super) fn refuse(message: &str, hint: &str) -> String {
    refuse_with(&literal(message), hint)
}

/// The same with an expression for the message.
pub(super) fn refuse_with(message: &str, hint: &str) -> String {
    format!("RAISE EXCEPTION USING MESSAGE = {message}, HINT = {};\n", literal(hint))
}

/// Says something. `level`: `NOTICE` or `WARNING`.
pub(super) fn say(level: &str, message: &str) -> String {
    format!("RAISE {level} USING MESSAGE = {};\n", literal(message))
}

/// The same with an expression for the message.
pub(super) fn say_with(level: &str, message: &str) -> String {
    format!("RAISE {level} USING MESSAGE = {message};\n")
}

/// A list of texts.
pub(super) fn array<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| literal(item.as_ref())).collect();
    format!("ARRAY[{}]::text[]", items.join(", "))
}

/// A relation by its name, of which `null` says that it is not there.
pub(super) fn relation(name: &str) -> String {
    format!("to_regclass({})", literal(name))
}

/// Whether there is a relation of this name.
pub(super) fn is_there(name: &str) -> String {
    format!("{} IS NOT NULL", relation(name))
}

/// Whether there is none.
pub(super) fn is_not_there(name: &str) -> String {
    format!("{} IS NULL", relation(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_quotes_what_has_its_own_quotes() {
        assert_eq!(
            block("", "PERFORM '$counterfoil$';"),
            "DO $counterfoil_$\nBEGIN\n  PERFORM '$counterfoil$';\nEND\n$counterfoil_$;\n"
        );
    }

    #[test]
    fn lines_inside_of_quotes_stay_as_they_are() {
        assert_eq!(indented("a 'b\"\nc'\nd"), "  a 'b\"\nc'\n  d\n");
        assert_eq!(indented("a \"b'\nc\"\nd"), "  a \"b'\nc\"\n  d\n");
    }
}
