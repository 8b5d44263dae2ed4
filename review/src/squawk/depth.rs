//! How deep a statement may lead a parser. squawk's calls itself for every level, and its trees are
//! taken down in the same way: a text made for it would overflow the stack.

use counterfoil::sql::lex::{Kind, Token};

/// Levels that the stack of a browser's tab has room for several times over.
pub(super) const DEEPEST: usize = 200;

/// Words that begin or continue something that may hold the like of itself.
const NESTS: &[&str] = &[
    "and",
    "or",
    "not",
    "is",
    "in",
    "like",
    "ilike",
    "between",
    "collate",
    "at",
    "case",
    "when",
    "then",
    "else",
    "union",
    "except",
    "intersect",
    "select",
    "with",
    "join",
    "from",
    "array",
    "row",
    "exists",
    "any",
    "all",
    "distinct",
    "operator",
    "isnull",
    "notnull",
    "overlaps",
    "similar",
    "escape",
    "begin",
    // Statements in statements: one of these begins each.
    "explain",
    "prepare",
    "create",
    "declare",
    "recursive",
    "values",
    "lateral",
    "filter",
    "over",
    "interval",
];

/// Whether a statement may lead deeper than [`DEEPEST`]. It counts what could nest between two commas or
/// semicolons on each level of parentheses, and adds up the levels: more than there is, never less.
pub(super) fn too_deep(text: &str, tokens: &[Token]) -> bool {
    let mut levels: Vec<usize> = vec![0];
    let mut sum = 0_usize;
    for token in tokens {
        let slice = token.span.slice(text);
        let outer = levels.len();
        let top = levels.last_mut();
        match token.kind {
            Kind::OpenParen => {
                levels.push(1);
                sum += 1;
            }
            _ if slice == "[" => {
                // `a[1][1][1]` nests too.
                if let Some(top) = top {
                    *top += 1;
                }
                levels.push(1);
                sum += 2;
            }
            Kind::CloseParen => sum -= levels.pop().unwrap_or(0),
            _ if slice == "]" => sum -= levels.pop().unwrap_or(0),
            Kind::Comma | Kind::Semicolon => {
                // A parenthesis itself still counts.
                let base = usize::from(outer > 1);
                if let Some(top) = top {
                    sum = sum + base - *top;
                    *top = base;
                }
            }
            Kind::Operator | Kind::Other | Kind::Dot => {
                if let Some(top) = top {
                    *top += 1;
                    sum += 1;
                }
            }
            Kind::Word if slice.len() < 10 && NESTS.iter().any(|word| slice.eq_ignore_ascii_case(word)) => {
                if let Some(top) = top {
                    *top += 1;
                    sum += 1;
                }
            }
            _ => {}
        }
        if levels.is_empty() {
            (sum, levels) = (0, vec![0]);
        }
        if sum > DEEPEST {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil::sql::lex::tokens;

    fn deep(text: &str) -> bool {
        too_deep(text, &tokens(text).collect::<Vec<_>>())
    }

    #[test]
    fn what_nests_is_counted_and_what_stands_side_by_side_is_not() {
        for (text, expected) in [
            (format!("select {}1{}", "(".repeat(300), ")".repeat(300)), true),
            (format!("select {}1", "- ".repeat(300)), true),
            (format!("select {}true", "not ".repeat(300)), true),
            (format!("select 1{}", " + 1".repeat(300)), true),
            (format!("select 1{}", "::int".repeat(300)), true),
            (format!("select 1{}", " union select 1".repeat(300)), true),
            (format!("select a{}", "[1]".repeat(300)), true),
            (format!("select {}", "case when true then ".repeat(300)), true),
            (format!("select {}", "a.".repeat(300)), true),
            (format!("{}select 1", "declare c cursor for ".repeat(300)), true),
            (format!("{}select 1", "create view v as ".repeat(300)), true),
            (format!("{}select 1", "explain analyze ".repeat(300)), true),
            (format!("{}select 1", "prepare p as ".repeat(300)), true),
            (format!("{}select 1", "create table t as ".repeat(300)), true),
            (format!("{}select 1", "create rule r as on insert to t do also ".repeat(300)), true),
            (format!("insert into t values (1, (2)){}", ", (1, (2))".repeat(5_000)), false),
            (format!("create table t (a int{})", ", b int default (1 + 2) check (b > 0 and b < 5)".repeat(500)), false),
            (format!("select {}1", "xmlelement(name a, ".repeat(300)), true),
            ("))))".to_owned(), false),
            (format!("{}select 1", ")".repeat(300)), false),
        ] {
            assert_eq!(deep(&text), expected, "{:.60}", text);
        }
    }
}
