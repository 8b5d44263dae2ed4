//! One spelling: what PostgreSQL writes in two ways although it means one thing.
//!
//! Seen between versions 15 and 18, and between a schema that grew and the same one out of a dump:
//! - since 16 the columns of a view are written without the relation where there is one only (`ruleutils.c`,
//!   `get_query_def`): versions before count OLD and NEW, which every view had;
//! - `a BETWEEN …` and comparisons of rows are written as nested `AND` and `OR`, which are read back as flat lists
//!   (`ruleutils.c`, `get_rule_expr`; `parse_expr.c`, `make_and_expr`);
//! - `(ARRAY[a, b])::text[]` is read back as `ARRAY[(a)::text, (b)::text]` (`parse_expr.c`, `transformTypeCast`);
//! - the columns of statistics are written in the order that they have in the table.

use counterfoil::sql::lex::{Kind, tokens};
use serde_json::Value;

/// Whether two definitions mean the same.
pub fn same(a: &str, b: &str) -> bool {
    a == b || canonical(a) == canonical(b)
}

/// Whether two definitions of a view mean the same. `old` comes from a version before 16, `new` from a later one.
///
/// Only what names the one relation that a query reads may be there and not there: `t.id` and `id` are one column then.
/// No schema, no function and no `old` is such a name, and in a query inside another both versions write it.
pub fn same_view(old: &str, new: &str) -> bool {
    let (old, new) = (canonical(old), canonical(new));
    if old == new {
        return true;
    }
    let Some(from) = old.iter().position(|node| is_word(node, "FROM")) else { return false };
    let Some((end, relation)) = one_relation(&old, from) else { return false };
    let (Some(select), Some(rest)) = (old.get(..from), old.get(end..)) else { return false };
    let Some(item) = old.get(from..end) else { return false };
    // What is read is written in one way.
    let Some(at) = new.iter().position(|node| is_word(node, "FROM")) else { return false };
    let until = at + item.len();
    new.get(at..until) == Some(item)
        && new.get(..at).is_some_and(|new| same_but(select, new, relation))
        && new.get(until..).is_some_and(|new| same_but(rest, new, relation))
}

/// Whether two definitions of statistics mean the same: their columns are a set.
pub fn same_statistics(a: &str, b: &str) -> bool {
    let [(head, mut left, tail), (other_head, right, other_tail)] = [a, b].map(|text| columns(canonical(text)));
    let all = right.iter().all(|column| {
        let at = left.iter().position(|there| there == column);
        at.map(|at| left.swap_remove(at)).is_some()
    });
    all && left.is_empty() && head == other_head && tail == other_tail
}

/// Options in one spelling: their order says nothing, and `on` is `true`.
pub fn options(value: &Value) -> Value {
    match value {
        Value::Array(all) => {
            let text = |value: &Value| value.as_str().map(option).unwrap_or_else(|| value.to_string());
            let set: std::collections::BTreeSet<String> = all.iter().map(text).collect();
            set.into_iter().collect()
        }
        Value::Object(parts) => {
            Value::Object(parts.iter().map(|(name, value)| (name.clone(), options(value))).collect())
        }
        other => other.clone(),
    }
}

fn option(text: &str) -> String {
    let Some((name, value)) = text.split_once('=') else { return text.to_owned() };
    let is = |words: [&str; 2]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
    let value = if is(["on", "yes"]) {
        "true"
    } else if is(["off", "no"]) {
        "false"
    } else {
        value
    };
    format!("{name}={value}")
}

/// A token, or what stands between parentheses.
#[derive(Clone, PartialEq, Eq)]
enum Node<'t> {
    Token(&'t str, Kind),
    Group(Vec<Node<'t>>),
}

fn canonical(text: &str) -> Vec<Node<'_>> {
    let mut open: Vec<Vec<Node<'_>>> = vec![Vec::new()];
    for token in tokens(text) {
        match token.kind {
            Kind::OpenParen => open.push(Vec::new()),
            Kind::CloseParen if open.len() > 1 => {
                let group = open.pop().unwrap_or_default();
                push(&mut open, Node::Group(spread(flat(group))));
            }
            kind => push(&mut open, Node::Token(token.span.slice(text), kind)),
        }
    }
    // What is never closed stays as it is.
    while open.len() > 1 {
        let group = open.pop().unwrap_or_default();
        push(&mut open, Node::Group(group));
    }
    spread(flat(open.pop().unwrap_or_default()))
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

/// Casts of whole arrays become casts of their elements.
fn spread(nodes: Vec<Node<'_>>) -> Vec<Node<'_>> {
    let mut out: Vec<Node<'_>> = Vec::with_capacity(nodes.len());
    let mut rest = nodes.into_iter().peekable();
    while let Some(node) = rest.next() {
        out.push(node);
        let Some(Node::Group(array)) = out.last() else { continue };
        if !is_array(array) || !rest.peek().is_some_and(|node| is_mark(node, "::")) {
            continue;
        }
        // `::`, the type, `[`, `]`: whatever else stands there stays as it is.
        let mut cast: Vec<Node<'_>> = rest.next().into_iter().collect();
        while let Some(part) = rest.next_if(is_of_type) {
            cast.push(part);
        }
        let opens = rest.next_if(|node| is_mark(node, "["));
        let closes = rest.next_if(|node| is_mark(node, "]"));
        if opens.is_some() && closes.is_some() {
            if let Some(Node::Group(array)) = out.pop() {
                out.extend(each(array, &cast));
            }
        } else {
            out.extend(cast.into_iter().chain(opens).chain(closes));
        }
    }
    out
}

/// `ARRAY[…]`, and nothing after it.
fn is_array(nodes: &[Node<'_>]) -> bool {
    let [word, open, inner @ .., close] = nodes else { return false };
    let mut depth = 0_i32;
    let closed_once = inner.iter().all(|node| {
        depth += i32::from(is_mark(node, "[")) - i32::from(is_mark(node, "]"));
        depth >= 0
    });
    is_word(word, "ARRAY") && is_mark(open, "[") && is_mark(close, "]") && !inner.is_empty() && closed_once
}

/// The array with a cast of each of its elements.
fn each<'t>(array: Vec<Node<'t>>, cast: &[Node<'t>]) -> Vec<Node<'t>> {
    let last = array.len().saturating_sub(1);
    let (mut out, mut element, mut depth) = (Vec::new(), Vec::new(), 0_i32);
    for (at, node) in array.into_iter().enumerate() {
        let ends = at == last || (depth == 0 && matches!(node, Node::Token(_, Kind::Comma)));
        if at < 2 {
            out.push(node);
        } else if ends {
            let whole = std::mem::take(&mut element);
            if is_array(&whole) {
                out.extend(each(whole, cast));
            } else if !whole.is_empty() {
                out.push(Node::Group(whole));
                out.extend(cast.iter().cloned());
            }
            out.push(node);
        } else {
            depth += i32::from(is_mark(&node, "[")) - i32::from(is_mark(&node, "]"));
            element.push(node);
        }
    }
    out
}

fn is_mark(node: &Node<'_>, mark: &str) -> bool {
    matches!(node, Node::Token(text, Kind::Other) if *text == mark)
}

/// Whether it may stand in the name of a type: `character varying(10)`, `app."a b"`.
fn is_of_type(node: &Node<'_>) -> bool {
    matches!(node, Node::Group(_) | Node::Token(_, Kind::Word | Kind::QuotedIdent | Kind::Dot))
}

/// What ends the list of relations.
const AFTER_FROM: &[&str] = &["WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR"];

/// Where the one relation of a query ends, and the name that it has in there; none if there are more, or nobody can tell.
fn one_relation<'t>(query: &[Node<'t>], from: usize) -> Option<(usize, &'t str)> {
    let rest = query.get(from..)?;
    let ends = |node: &Node<'_>| {
        AFTER_FROM.iter().any(|word| is_word(node, word)) || matches!(node, Node::Token(_, Kind::Semicolon))
    };
    let length = rest.iter().position(ends).unwrap_or(rest.len());
    let more = |node: &Node<'_>| is_word(node, "JOIN") || matches!(node, Node::Token(_, Kind::Comma));
    // `FROM app.t`, `FROM app.t x`, `FROM f(1) x(a, b)`, `FROM ( SELECT …) x`.
    let item = rest.get(1..length)?;
    let item = item.split(|node| is_word(node, "TABLESAMPLE")).next()?;
    if item.iter().any(more) || query.iter().any(is_set) {
        return None;
    }
    let name = match item {
        [.., name, Node::Group(_)] | [.., name] => name,
        [] => return None,
    };
    match name {
        Node::Token(text, Kind::Word | Kind::QuotedIdent) => Some((from + length, text)),
        _ => None,
    }
}

fn is_set(node: &Node<'_>) -> bool {
    ["UNION", "INTERSECT", "EXCEPT"].iter().any(|word| is_word(node, word))
}

/// Whether two parts of a query are the same but for the name of its relation, which `old` may write before a column.
fn same_but(old: &[Node<'_>], new: &[Node<'_>], relation: &str) -> bool {
    let (mut at, mut other) = (0, 0);
    loop {
        let named = |nodes: &[Node<'_>], at: usize| {
            matches!(
                nodes.get(at..),
                Some([Node::Token(name, _), Node::Token(_, Kind::Dot), Node::Token(_, Kind::Word | Kind::QuotedIdent), ..])
                    if *name == relation
            )
        };
        if named(old, at) && !named(new, other) {
            let before = at.checked_sub(1).and_then(|before| old.get(before));
            let is_type = before.is_some_and(|node| {
                is_mark(node, "::") || ["COLLATE", "AS", "RETURNING"].iter().any(|word| is_word(node, word))
            });
            if is_type || matches!(old.get(at + 3), Some(Node::Group(_))) {
                return false;
            }
            at += 2;
        }
        let same = match (old.get(at), new.get(other)) {
            (None, None) => return true,
            (Some(Node::Group(old)), Some(Node::Group(new))) => {
                old == new || (!is_query(old) && same_but(old, new, relation))
            }
            (old, new) => old == new,
        };
        if !same {
            return false;
        }
        (at, other) = (at + 1, other + 1);
    }
}

/// Whether this is a query of its own.
fn is_query(nodes: &[Node<'_>]) -> bool {
    match nodes.first() {
        Some(Node::Group(inner)) => is_query(inner),
        Some(node) => ["SELECT", "WITH", "VALUES"].iter().any(|word| is_word(node, word)),
        None => false,
    }
}

/// A definition of statistics: what is before its columns, they, and what is after.
fn columns(nodes: Vec<Node<'_>>) -> (Vec<Node<'_>>, Vec<Vec<Node<'_>>>, Vec<Node<'_>>) {
    let (mut head, mut list, mut tail) = (Vec::new(), Vec::new(), Vec::new());
    for node in nodes {
        if is_word(&node, "FROM") || !tail.is_empty() {
            tail.push(node);
        } else if let Some(column) = list.last_mut() {
            if matches!(node, Node::Token(_, Kind::Comma)) { list.push(Vec::new()) } else { Vec::push(column, node) }
        } else {
            if is_word(&node, "ON") {
                list.push(Vec::new());
            }
            head.push(node);
        }
    }
    (head, list, tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    // The pairs are what PostgreSQL 18 writes for one condition before and after it was read back from its own text.
    #[test]
    fn lists_of_one_operator_are_flat() {
        assert!(same("CHECK ((((a >= 1) AND (a <= 5)) AND (b > 0)))", "CHECK (((a >= 1) AND (a <= 5) AND (b > 0)))",));
        assert!(same("(((x) OR (y)) OR (z))", "((x) OR (y) OR (z))"));
        assert!(same("WHEN (((a) AND ((b) AND (c))))", "WHEN (((a) AND (b) AND (c)))"));
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
            assert!(!same(a, b), "{a}");
        }
    }

    #[test]
    fn a_cast_of_an_array_is_one_of_its_elements() {
        let grown = "CHECK (((a)::text = ANY ((ARRAY['x'::character varying, 'y,[z'::character varying])::text[])))";
        let read =
            "CHECK (((a)::text = ANY (ARRAY[('x'::character varying)::text, ('y,[z'::character varying)::text])))";
        assert!(same(grown, read));
        assert!(!same(grown, &read.replace("::text]", "::name]")));
        assert!(!same(grown, &read.replace("'x'", "'q'")));
        assert!(same(
            "(ARRAY[f(1, 2), a[1]])::character varying(9)[]",
            "ARRAY[(f(1, 2))::character varying(9), (a[1])::character varying(9)]"
        ));
        assert!(same("(ARRAY[ARRAY[1], ARRAY[2]])::bigint[]", "ARRAY[ARRAY[(1)::bigint], ARRAY[(2)::bigint]]"));
        for other in ["(ARRAY[1])::text", "(ARRAY[1] || ARRAY[2])::bigint[]", "(ARRAY[])::text[]"] {
            assert!(same(other, other));
        }
        assert!(!same("(ARRAY[1])::text", "ARRAY[(1)::text]"));
    }

    // What 15 and 18 write of one view.
    #[test]
    fn a_column_of_the_one_relation_is_compared_without_it_where_versions_differ() {
        for (old, new) in [
            (
                " SELECT t.id,\n    t.a\n   FROM app.t\n  WHERE (t.a > 1);",
                " SELECT id,\n    a\n   FROM app.t\n  WHERE (a > 1);",
            ),
            (
                " SELECT x.id, x.* FROM ONLY app.t x WHERE (EXISTS ( SELECT 1 FROM app.u WHERE (u.id = x.id)));",
                " SELECT id, x.* FROM ONLY app.t x WHERE (EXISTS ( SELECT 1 FROM app.u WHERE (u.id = x.id)));",
            ),
            (" SELECT x.x FROM generate_series(1, 3) x(x);", " SELECT x FROM generate_series(1, 3) x(x);"),
            (
                " SELECT EXTRACT(epoch FROM t.at) AS e FROM app.t ORDER BY t.at;",
                " SELECT EXTRACT(epoch FROM at) AS e FROM app.t ORDER BY t.at;",
            ),
        ] {
            assert!(same_view(old, new), "{old}");
            assert!(!same(old, new), "{old}");
            assert!(!same_view(old, &new.replacen("SELECT ", "SELECT b.", 1)), "{old}");
        }
    }

    #[test]
    fn no_other_name_goes() {
        for (old, new) in [
            (" SELECT count(*) FROM evil.t;", " SELECT count(*) FROM app.t;"),
            (" SELECT t.id FROM evil.t;", " SELECT id FROM app.t;"),
            (" SELECT t.id FROM app.t WHERE evil.ok();", " SELECT id FROM app.t WHERE app.ok();"),
            (" SELECT t.id FROM app.t WHERE t.ok();", " SELECT id FROM app.t WHERE ok();"),
            (" SELECT t.id, 1::t.kind FROM app.t;", " SELECT id, 1::kind FROM app.t;"),
            (
                " SELECT a.id FROM (app.t a JOIN app.u b ON (a.o = b.o));",
                " SELECT id FROM (app.t a JOIN app.u b ON (a.o = b.o));",
            ),
            (" SELECT a.id FROM app.t a, app.u b;", " SELECT id FROM app.t a, app.u b;"),
            (
                " SELECT t.id FROM app.t WHERE (EXISTS ( SELECT 1 FROM app.u WHERE (u.id = t.id)));",
                " SELECT id FROM app.t WHERE (EXISTS ( SELECT 1 FROM app.u WHERE (u.id = id)));",
            ),
        ] {
            assert!(!same_view(old, new), "{old}");
        }
    }

    #[test]
    fn columns_of_statistics_are_a_set() {
        let of = |columns: &str, table: &str| format!("CREATE STATISTICS public.s (mcv) ON {columns} FROM {table}");
        assert!(same_statistics(&of("a, b, lower(c)", "t"), &of("b, a, lower(c)", "t")));
        assert!(!same_statistics(&of("a, b", "t"), &of("b, c", "t")));
        assert!(!same_statistics(&of("a, b", "t"), &of("a, b, c", "t")));
        assert!(!same_statistics(&of("a, b, c", "t"), &of("a, b", "t")));
        assert!(!same_statistics(&of("a, b", "t"), &of("b, a", "u")));
    }

    #[test]
    fn options_have_no_order_and_one_word_for_yes() {
        let of = |text: &str| options(&serde_json::from_str(text).expect("JSON"));
        assert_eq!(of(r#"["fillfactor=80","a=off"]"#), of(r#"["a=false","fillfactor=80"]"#));
        assert_eq!(of(r#"{"options":["a=ON"]}"#), of(r#"{"options":["a=true"]}"#));
        assert_ne!(of(r#"["a=off"]"#), of(r#"["a=on"]"#));
        assert_ne!(of(r#"["a=off"]"#), of(r#"["b=off"]"#));
    }
}
