//! Any text at all: the splitter never panics, its spans are sound, and huge texts of every bad shape
//! are read to their end. How time grows with size is measured in `benches/core.rs`.

use counterfoil::checksum::fingerprint;
use counterfoil::migration::Transaction;
use counterfoil::span::Span;
use counterfoil::sql::lex::{Kind, tokens};
use counterfoil::sql::steps::{render, steps};
use counterfoil::sql::{Analysis, analyze};
use proptest::prelude::*;

/// What makes trouble in SQL.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "'", "''", "\\'", "\"", "$$", "$a$", "$1", "$", "--", "/*", "*/", "/", "*", "+", "-", "@", "\n", "\r\n", " ", "\t", ";",
    ";", "(", ")", ",", ".", ":", "\\", "\\restrict x\n", "\\i x\n", "E'", "e'a'\n'", "U&'", "U&\"", "N'", "x'", "1", "1e", "0x",
    "é", "😀", "\u{feff}", "\u{a0}", "\0", "a", "b$c", "_", "-- mark\n", "create ", "or ", "replace ", "function ",
    "procedure ", "rule ", "begin ", "atomic ", "end ", "case ", "commit ", "rollback ", "start transaction ", "and chain ",
    "savepoint a ", "release a ", "to a ", "copy t from stdin", "vacuum ", "cluster ", "reindex ", "(concurrently) ",
    "index ", "concurrently ", "on ", "only ", "if exists ", "if not exists ", "drop ", "schema ", "owned by ", "table ",
    "alter ", "rename to ", "do ", "do $$", "execute '", "then ", "set ", "local ", "set_config(", "select 1", "prepare ",
];

fn text() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(prop::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat());
    let bytes = prop::collection::vec(any::<u8>(), 0..60).prop_map(|b| String::from_utf8_lossy(&b).into_owned());
    prop_oneof![8 => pieces, 1 => bytes, 1 => any::<String>()]
}

/// Every `-- mark` of the text, in a literal or not.
fn marks(text: &str) -> Vec<Span> {
    text.match_indices("-- mark").map(|(at, mark)| Span::new(at, at + mark.len())).collect()
}

fn texts<'a>(text: &'a str, analysis: &Analysis) -> Vec<&'a str> {
    analysis.statements.iter().map(|statement| statement.span.slice(text)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spans_are_sound(text in text()) {
        fingerprint(&text);
        let Ok(analysis) = analyze(&text, &marks(&text)) else { return Ok(()) };
        let mut end = 0;
        for statement in &analysis.statements {
            let Span { start, end: next } = statement.span;
            prop_assert!(end <= start && start < next);
            prop_assert!(text.get(start..next).is_some());
            end = next;
        }
        // Outside of them there are only comments, semicolons and psql's lines.
        let mut statements = analysis.statements.iter().peekable();
        for token in tokens(&text) {
            while statements.next_if(|statement| statement.span.end <= token.span.start).is_some() {}
            let inside = statements.peek().is_some_and(|statement| statement.span.start <= token.span.start);
            let between = matches!(
                token.kind,
                Kind::LineComment | Kind::BlockComment | Kind::Semicolon | Kind::PsqlCommand
            );
            prop_assert!(inside || between, "{:?} lies in no statement", token);
        }
    }

    #[test]
    fn what_is_sent_has_every_byte_in_its_place(text in text()) {
        let Ok(analysis) = analyze(&text, &marks(&text)) else { return Ok(()) };
        for marker in [Transaction::Auto, Transaction::Off] {
            let Ok(steps) = steps(&text, &analysis, marker) else { continue };
            let mut next = 0;
            for step in &steps.steps {
                let sent = render(&text, step.span, &steps, &analysis);
                let source = step.span.slice(&text);
                prop_assert_eq!(sent.len(), source.len());
                for (sent, source) in sent.bytes().zip(source.bytes()) {
                    prop_assert!(sent == source || (sent == b' ' || sent == b';') && source != b'\n' && source != b'\r');
                }
                prop_assert!(next <= step.statements.start && step.statements.end <= analysis.statements.len());
                prop_assert!(step.transactional || step.statements.len() == 1);
                next = step.statements.end;
            }
        }
    }

    #[test]
    fn statements_stay_the_same_apart_and_together(text in text()) {
        let Ok(analysis) = analyze(&text, &[]) else { return Ok(()) };
        let statements = texts(&text, &analysis);
        // At the start of a text a byte order mark is white space, elsewhere it belongs to a word.
        prop_assume!(!statements.iter().any(|statement| statement.starts_with('\u{feff}')));
        for (statement, source) in analysis.statements.iter().zip(&statements) {
            let mut alone = analyze(source, &[]).expect("a statement can be read alone").statements;
            prop_assert_eq!(alone.len(), 1);
            let alone = alone.remove(0);
            prop_assert_eq!(alone.span, Span::new(0, source.len()));
            prop_assert_eq!(
                (&alone.verb, alone.transactional, alone.control, alone.session, &alone.destructive, &alone.tables),
                (
                    &statement.verb,
                    statement.transactional,
                    statement.control,
                    statement.session,
                    &statement.destructive,
                    &statement.tables
                )
            );
        }
        let joined = statements.join(";\n");
        prop_assert_eq!(texts(&joined, &analyze(&joined, &[]).expect("statements")), statements);
        prop_assert_eq!(fingerprint(&joined), fingerprint(&text));
    }

    #[test]
    fn comments_and_white_space_leave_the_fingerprint_alone(
        text in text(),
        gaps in prop::collection::vec(prop::sample::select(&[" ", "\n", "/* ; ' */", " -- ' ;\n", "\t /* /* */ */"][..]), 1..9),
    ) {
        if analyze(&text, &[]).is_err() || text.contains('\\') {
            return Ok(());
        }
        let mut other = String::new();
        let mut end = 0;
        let mut string = false;
        for (index, token) in tokens(&text).enumerate() {
            if matches!(token.kind, Kind::LineComment | Kind::BlockComment) {
                continue;
            }
            let source = token.span.slice(&text);
            if token.continues {
                other.push('\n');
            } else if string && source.starts_with('\'') {
                other.push(' ');
            } else if end < token.span.start {
                other.push_str(gaps[index % gaps.len()]);
            }
            string = source.ends_with('\'');
            end = token.span.end;
            other.push_str(source);
        }
        prop_assert_eq!(fingerprint(&other), fingerprint(&text));
    }
}

/// What a hostile file could be made of: the name, what comes first, what is repeated, what comes last.
#[rustfmt::skip]
const SHAPES: &[(&str, &str, &str, &str)] = &[
    ("nested comments, not closed", "", "/*", ""),
    ("comments", "", "/* a */", ""),
    ("semicolons", "", ";", ""),
    ("statements", "", "select 1;", ""),
    ("one literal", "'", "literal ", "'"),
    ("doubled quotes", "'", "''", "'"),
    ("dollar quotes", "", "$a$ b $a$;", ""),
    ("dollars", "", "$a", ""),
    ("dollar quote, not closed", "$a$", "$a", ""),
    ("signs", "select 1 ", "+-", "1"),
    ("strings over lines", "select E'a'", "\n'\\''", ""),
    ("strings over lines, odd quotes", "select E'a'", "\n'\\''''", ""),
    ("parentheses", "select ", "(", ""),
    ("nested bodies", "", "create function f() begin atomic ", ""),
    ("rule", "create rule r as on insert to t do (", "select 1;", ")"),
    ("table list", "drop table a", ", a", ""),
    ("schema list", "drop schema a", ", a", ""),
    ("detach", "alter table a ", "detach partition b ", ""),
    ("open groups", "alter table a ", "detach (", ""),
    ("options", "reindex (", "concurrently off, ", "x) table t"),
    ("code", "do $$ ", "then drop table a; ", "$$"),
    ("code without end", "do $$ ", "then drop table a ", "$$"),
    ("strings in code", "do $$ ", "'drop table a' ", "$$"),
    ("quotes in quotes", "do '", "''drop table a'' ", "'"),
    ("names", "drop table a", ".a", ""),
    ("transactions", "", "begin; select 1; commit; ", ""),
    ("begins", "", "begin;", ""),
    ("begins with comments", "", "begin /* a */ -- b\n;", ""),
    ("chains", "", "commit and chain;", ""),
    ("psql lines", "", "\\restrict a\n", ""),
    ("breaks", "", "select 1\n-- mark\n", ""),
    ("words", "", "a", ""),
    ("underscores", "", "_", ""),
    ("bytes order marks", "a", "\u{feff}", ""),
];

/// What takes time that grows as the square of the size does not end here while anybody watches.
#[test]
fn ten_megabytes_of_every_shape_are_read() {
    const SIZE: usize = 10_000_000;
    for (name, first, repeated, last) in SHAPES {
        let text = format!("{first}{}{last}", repeated.repeat(SIZE / repeated.len()));
        assert!(fingerprint(&text).starts_with("sha256:"), "{name}");
        let Ok(analysis) = analyze(&text, &marks(&text)) else { continue };
        let Ok(steps) = steps(&text, &analysis, Transaction::Auto) else { continue };
        for step in &steps.steps {
            assert_eq!(render(&text, step.span, &steps, &analysis).len(), step.span.slice(&text).len(), "{name}");
        }
    }
}
