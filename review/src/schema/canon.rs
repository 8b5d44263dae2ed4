//! One spelling: what PostgreSQL writes in two ways although it means one thing.
//!
//! Seen between versions 15 and 18, and between a schema that grew and the same one out of a dump:
//! - since 16 the columns of a query with one relation are written without it (`ruleutils.c`, `get_query_def`);
//! - `a BETWEEN …` and comparisons of rows are written as nested `AND` and `OR`, which are read back as flat lists
//!   (`ruleutils.c`, `get_rule_expr`; `parse_expr.c`, `make_and_expr`).

use counterfoil::sql::lex::{Kind, tokens};

/// Whether two definitions mean the same. `qualified`: one of them comes from a version that qualifies columns of a query
/// with one relation, the other from one that does not.
pub fn same(a: &str, b: &str, qualified: bool) -> bool {
    a == b || canonical(a, qualified) == canonical(b, qualified)
}

/// A token, or what stands between parentheses.
#[derive(PartialEq, Eq)]
enum Node<'t> {
    Token(&'t str, Kind),
    Group(Vec<Node<'t>>),
}

fn canonical(text: &str, qualified: bool) -> Vec<Node<'_>> {
    let mut open: Vec<Vec<Node<'_>>> = vec![Vec::new()];
    for token in tokens(text) {
        match token.kind {
            Kind::OpenParen => open.push(Vec::new()),
            Kind::CloseParen if open.len() > 1 => {
                let group = open.pop().unwrap_or_default();
                push(&mut open, Node::Group(flat(group)));
            }
            kind => push(&mut open, Node::Token(token.span.slice(text), kind)),
        }
    }
    // What is never closed stays as it is.
    while open.len() > 1 {
        let group = open.pop().unwrap_or_default();
        push(&mut open, Node::Group(group));
    }
    let all = flat(open.pop().unwrap_or_default());
    if qualified { unqualified(all) } else { all }
}

fn push<'t>(open: &mut [Vec<Node<'t>>], node: Node<'t>) {
    if let Some(last) = open.last_mut() {
        last.push(node);
    }
}

/// The one operator that joins a list of conditions, if it is one: `AND` or `OR`.
fn joins(nodes: &[Node<'_>]) -> Option<&'static str> {
    let has = |word: &str| nodes.iter().any(|node| is_word(node, word));
    match (has("AND"), has("OR"), has("BETWEEN")) {
        (true, false, false) => Some("AND"),
        (false, true, false) => Some("OR"),
        _ => None,
    }
}

fn is_word(node: &Node<'_>, word: &str) -> bool {
    matches!(node, Node::Token(text, Kind::Word) if text.eq_ignore_ascii_case(word))
}

/// Takes the parentheses off operands of `AND` that are lists of `AND` themselves, and so for `OR`.
fn flat(nodes: Vec<Node<'_>>) -> Vec<Node<'_>> {
    let Some(word) = joins(&nodes) else { return nodes };
    let edge = |at: Option<usize>| at.and_then(|at| nodes.get(at)).is_none_or(|node| is_word(node, word));
    let operand: Vec<bool> = (0..nodes.len()).map(|at| edge(at.checked_sub(1)) && edge(Some(at + 1))).collect();
    let mut out = Vec::with_capacity(nodes.len());
    for (node, operand) in nodes.into_iter().zip(operand) {
        match node {
            Node::Group(inner) if operand && joins(&inner) == Some(word) => out.extend(inner),
            node => out.push(node),
        }
    }
    out
}

/// Without what qualifies a name, however often.
fn unqualified(nodes: Vec<Node<'_>>) -> Vec<Node<'_>> {
    let mut out: Vec<Node<'_>> = Vec::with_capacity(nodes.len());
    for node in nodes {
        match node {
            Node::Token(".", _) if matches!(out.last(), Some(Node::Token(_, Kind::Word | Kind::QuotedIdent))) => {
                out.pop();
            }
            Node::Group(inner) => out.push(Node::Group(unqualified(inner))),
            node => out.push(node),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    // The pairs are what PostgreSQL 18 writes for one condition before and after it was read back from its own text.
    #[test]
    fn lists_of_one_operator_are_flat() {
        assert!(same(
            "CHECK ((((a >= 1) AND (a <= 5)) AND (b > 0)))",
            "CHECK (((a >= 1) AND (a <= 5) AND (b > 0)))",
            false
        ));
        assert!(same("(((x) OR (y)) OR (z))", "((x) OR (y) OR (z))", false));
        assert!(same("WHEN (((a) AND ((b) AND (c))))", "WHEN (((a) AND (b) AND (c)))", false));
    }

    #[test]
    fn no_other_parenthesis_goes() {
        for (a, b) in [
            ("((a OR b) AND c)", "(a OR b AND c)"),
            ("((a AND b) OR c)", "(a AND b OR c)"),
            ("(NOT (a AND b) AND c)", "(NOT a AND b AND c)"),
            ("f((a AND b) = c AND d)", "f(a AND b = c AND d)"),
            ("(x BETWEEN (a AND b) AND c)", "(x BETWEEN a AND b AND c)"),
            ("((a - b) - c)", "(a - b - c)"),
            ("'((a AND b) AND c)'", "'(a AND b AND c)'"),
        ] {
            assert!(!same(a, b, false), "{a}");
        }
    }

    #[test]
    fn columns_are_compared_without_their_relation_where_versions_differ() {
        let (old, new) = (
            " SELECT t.id,\n    t.a\n   FROM app.t\n  WHERE (t.a > 1);",
            " SELECT id,\n    a\n   FROM app.t\n  WHERE (a > 1);",
        );
        assert!(same(old, new, true));
        assert!(!same(old, new, false));
        assert!(!same(old, " SELECT id,\n    b\n   FROM app.t\n  WHERE (a > 1);", true));
        assert!(!same("1.5", "2.5", true));
    }
}
