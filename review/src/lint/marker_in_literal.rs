//! Text that another tool would take for a marker.

use super::{Found, Level, Rule, Subject};
use counterfoil::migration::Convention;
use counterfoil::span::Span;
use counterfoil::sql::lex::Kind;

pub(super) const RULE: Rule = Rule {
    code: "marker-in-literal",
    level: Level::Warning,
    summary: "a marker of the convention inside a string, a dollar-quoted body or a block comment",
    why: "\
Counterfoil reads a marker only where it is a comment. The tools that the conventions come from look at lines: they cut the
file at `-- migrate:down` also in the middle of a function's body, and run half of it.

Write the text in another way, such as with a space less or a word before it.",
    bad: &[
        "-- migrate:up\nCREATE FUNCTION note() RETURNS text LANGUAGE sql AS $$\n-- migrate:down\nSELECT 'kept' $$;\n",
        "-- migrate:up\nSELECT 1;\n/*\n-- migrate:down\nSELECT 2;\n*/\n",
        "-- Up Migration\nSELECT 'a report:\n  --- DOWN migrations ---\n';\n-- Down Migration\nSELECT 2;\n",
    ],
    good: &[
        "-- migrate:up\nSELECT 'a line with -- migrate:down in its middle';\n-- migrate:down\nSELECT 2;\n",
        "-- migrate:up\nCREATE FUNCTION note() RETURNS text LANGUAGE sql AS $$ SELECT 'see -- migrate:down' $$;\n",
    ],
};

pub(super) fn look(subject: &Subject<'_>, found: &mut Vec<Found>) {
    // What the tool looks for, and whether anywhere on a line.
    let (tool, words, anywhere): (_, &[&str], _) = match subject.convention {
        Convention::Dbmate => ("dbmate", &["migrate:up", "migrate:down"], false),
        Convention::Goose => ("goose", &["+goose"], false),
        Convention::SqlMigrate => ("sql-migrate", &["+migrate"], false),
        Convention::NodePgMigrate => ("node-pg-migrate", &["up migration", "down migration"], false),
        Convention::Tern => ("tern", &["-- create above / drop below ----"], true),
        Convention::Drizzle => ("Drizzle", &["> statement-breakpoint"], true),
        _ => return,
    };
    for token in subject.tokens {
        let what = match token.kind {
            Kind::Str | Kind::EscapeStr | Kind::UnicodeStr | Kind::NationalStr => "a string",
            Kind::DollarStr => "a dollar-quoted string",
            Kind::BlockComment => "a block comment",
            Kind::QuotedIdent | Kind::UnicodeIdent => "a quoted name",
            _ => continue,
        };
        let text = token.span.slice(subject.text());
        for (at, _) in text.match_indices("--") {
            let before = match subject.convention {
                Convention::NodePgMigrate => text[..at].trim_end_matches([' ', '\t']),
                _ => &text[..at],
            };
            let starts_line = before.ends_with('\n');
            let after = &text[at + 2..];
            let begin = if anywhere { after } else { after.trim_start_matches([' ', '\t']) };
            let line = text[at..].lines().next().unwrap_or("").trim_end();
            let is_marker = match subject.convention {
                Convention::NodePgMigrate => words.iter().any(|word| plainly(line).starts_with(word)),
                _ => words.iter().any(|word| begin.starts_with(word)),
            };
            if !(starts_line || anywhere) || !is_marker {
                continue;
            }
            let at = token.span.start + at;
            found.push(Found::new(
                RULE.code,
                Span::new(at, at),
                format!("`{line}` stands in {what}: counterfoil reads it as text, {tool} takes it for a marker"),
                "write it in another way, so that no line begins like a marker",
            ));
        }
    }
}

/// The words of a line as node-pg-migrate reads them: without dashes in front, in any case, with any white space between.
fn plainly(line: &str) -> String {
    let words: Vec<&str> = line.trim_start_matches([' ', '\t', '-']).split_whitespace().collect();
    words.join(" ").to_ascii_lowercase()
}
