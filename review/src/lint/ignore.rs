//! Comments that allow what a rule finds.
//!
//! `-- counterfoil-ignore <rule>[, <rule>…]: <reason>` allows it on its own line or, if it stands
//! alone on its line, in the statement that follows; inside a statement, on the next line that is
//! not a comment. `-- counterfoil-ignore-file <rule>` allows it in the whole file. squawk's `-- squawk-ignore` works as squawk reads it.

use super::{Level, Rule};
use counterfoil::error::Location;
use counterfoil::finding::{Finding, Severity};
use counterfoil::span::Cursor;
use counterfoil::sql::lex::{Kind, tokens};

pub(crate) const RULE: Rule = Rule {
    code: "unused-ignore",
    level: Level::Note,
    summary: "an ignore comment that ignores nothing",
    why: "\
The rule that it names has no finding on that line, or there is no rule of that name. A comment that stays behind hides the
next mistake. Take it out, or correct the name.",
    bad: &[
        "-- counterfoil-ignore session-search-path: there is none here\nSELECT 1;\n",
        "-- counterfoil-ignore-file no-such-rule\nSELECT 1;\n",
    ],
    good: &["-- counterfoil-ignore session-search-path: this file runs alone\nSET search_path TO app;\n"],
};

/// Rules, and whether each was used.
type Named = Vec<(String, bool)>;

/// A comment that allows something.
struct Ignore {
    /// Whose comment it is: squawk does not say when one is not used.
    ours: bool,
    /// The lines that it is about; none: the whole file.
    lines: Option<(u32, u32)>,
    /// The rules, and whether each was used. None at all: every rule (squawk's way).
    codes: Named,
    /// Where it stands.
    line: u32,
    column: u32,
}

/// The comments of a file that allow something.
pub(super) struct Ignores(Vec<Ignore>);

impl Ignores {
    /// Reads them. `text` is canonical.
    pub(super) fn read(text: &str) -> Ignores {
        let mut all: Vec<Ignore> = Vec::new();
        if !text.contains("-ignore") {
            return Ignores(all);
        }
        let mut cursor = Cursor::new(text);
        // Those that wait for the next line that is not a comment.
        let mut waiting = 0;
        // Those that reach to the end of the statement that has begun, and whether one has.
        let mut reaching = Vec::new();
        let mut inside = false;
        for token in tokens(text) {
            let slice = token.span.slice(text);
            let body = match token.kind {
                Kind::LineComment => slice.trim_start_matches('-'),
                Kind::BlockComment => slice.trim_start_matches("/*").trim_end_matches("*/"),
                _ => {
                    if waiting < all.len() {
                        cursor.advance(token.span.start);
                        for ignore in &mut all[waiting..] {
                            ignore.lines = ignore.lines.map(|(from, _)| (from, cursor.line()));
                        }
                        if !inside {
                            reaching.extend(waiting..all.len());
                        }
                        waiting = all.len();
                    }
                    inside = token.kind != Kind::Semicolon;
                    if !inside && !reaching.is_empty() {
                        cursor.advance(token.span.start);
                        for ignore in reaching.drain(..) {
                            reach(&mut all[ignore], cursor.line());
                        }
                    }
                    continue;
                }
            };
            let Some((ours, file, codes)) = parse(body) else { continue };
            cursor.advance(token.span.start);
            let (line, column) = (cursor.line(), cursor.column());
            let start = text[..token.span.start].rfind('\n').map_or(0, |at| at + 1);
            let alone = text[start..token.span.start].trim().is_empty();
            let lines = match (file, ours) {
                (true, _) => None,
                (_, false) => Some((line, line + 1)),
                _ => Some((line, line)),
            };
            all.push(Ignore { ours, lines, codes, line, column });
            if !(ours && alone && !file) {
                // What stands before it and waits goes on waiting.
                let last = all.len() - 1;
                all.swap(waiting, last);
                waiting += 1;
            }
        }
        for ignore in reaching {
            reach(&mut all[ignore], u32::MAX);
        }
        Ignores(all)
    }

    /// Whether a finding is allowed; the comment that allows it has been used then.
    pub(super) fn take(&mut self, line: u32, code: &str) -> bool {
        let mut taken = false;
        for ignore in &mut self.0 {
            if ignore.lines.is_some_and(|(from, to)| line < from || line > to) {
                continue;
            }
            taken |= ignore.codes.is_empty() && !ignore.ours;
            for (named, used) in &mut ignore.codes {
                if named == code {
                    (*used, taken) = (true, true);
                }
            }
        }
        taken
    }

    /// Says which were not used.
    pub(super) fn unused(
        &self,
        path: &str,
        known: &dyn Fn(&str) -> bool,
        off: &dyn Fn(&str) -> bool,
        out: &mut Vec<Finding>,
    ) {
        for ignore in self.0.iter().filter(|ignore| ignore.ours) {
            let mut say = |message: String, help: &str| {
                let at = Location { path: path.to_owned(), line: ignore.line, column: ignore.column };
                out.push(Finding::new(RULE.code, Severity::Note, message).with_help(help).with_location(at));
            };
            if ignore.codes.is_empty() {
                say(
                    "this comment names no rule, and ignores nothing".to_owned(),
                    "write -- counterfoil-ignore <rule>: <reason>",
                );
            }
            for (code, used) in &ignore.codes {
                if !known(code) {
                    say(format!("there is no rule {code}"), "see docs/rules.md for the rules that there are");
                } else if !used && !off(code) {
                    let place = if ignore.lines.is_some() { "there" } else { "in this file" };
                    say(format!("{code} has no finding {place}, so this comment ignores nothing"), "take it out");
                }
            }
        }
    }
}

/// Lets a comment reach to a line.
fn reach(ignore: &mut Ignore, line: u32) {
    ignore.lines = ignore.lines.map(|(from, _)| (from, line));
}

/// Whether it is ours, whether it is for the file, and the rules.
fn parse(body: &str) -> Option<(bool, bool, Named)> {
    let body = body.trim();
    let (ours, rest) = match body.strip_prefix("counterfoil-ignore") {
        Some(rest) => (true, rest),
        None => (false, body.strip_prefix("squawk-ignore")?),
    };
    let (file, rest) = rest.strip_prefix("-file").map_or((false, rest), |rest| (true, rest));
    if !(rest.is_empty() || rest.starts_with([' ', '\t', ':', '\n'])) {
        return None;
    }
    let end = if ours { rest.find(':') } else { rest.find("--") };
    let names = rest[..end.unwrap_or(rest.len())].split(',').map(str::trim).filter(|name| !name.is_empty());
    let codes: Named = names.map(|name| (name.to_owned(), false)).collect();
    // squawk takes no rules for all of them only in the whole file.
    (ours || file || !codes.is_empty()).then_some((ours, file, codes))
}
