//! Random texts for the splitter, for as long as one likes:
//!
//! ```sh
//! cargo run --release -p counterfoil-fuzz -- [inputs] [seed]
//! ```
//!
//! It needs no other parser: what is found has to agree with itself, and nothing may panic. `splits.mjs` beside this has
//! PostgreSQL's own parser, and a fiftieth of the speed. The seed is printed, and with it the same inputs come again. The
//! first input that fails is printed, and ends it with 1.

#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // this is no part of the core

use counterfoil::checksum::{fingerprint, is_alike};
use counterfoil::migration::Transaction;
use counterfoil::sql::lex::{Kind, tokens};
use counterfoil::sql::{self, steps::render};
use std::path::{Path, PathBuf};

/// What changes the meaning of what follows.
const PARTS: &[&str] = &[
    "'",
    "''",
    "\"",
    "$$",
    "$a$",
    "$1",
    "$",
    "\\",
    ";",
    "(",
    ")",
    "--",
    "/*",
    "*/",
    "E'",
    "U&'",
    "U&\"",
    "N'",
    "B'1'",
    "X'f'",
    "\n",
    "\r",
    "\r\n",
    "\t",
    " ",
    "\u{a0}",
    "é",
    "😀",
    "\0",
    "begin",
    "begin;",
    "commit;",
    "rollback;",
    "atomic",
    "end",
    "create function f()",
    "create or replace procedure p()",
    "create rule r as on insert to t do also (",
    "do $$",
    "execute '",
    "vacuum;",
    "copy t from stdin;",
    "\\restrict x\n",
    "\\i x\n",
    "1",
    "1.",
    ".5",
    "1..2",
    "0x",
    "::",
    ":=",
    "+",
    "-",
    "@",
    "select set_config(",
    "drop table a;",
    "set local x = 1;",
    "savepoint a;",
];

/// A repeatable sequence of numbers: xorshift64*.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound.max(1)
    }

    /// A place between two characters.
    fn place(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn part(&mut self) -> &'static str {
        PARTS[self.below(PARTS.len())]
    }

    /// A fixture, or nothing, with parts put in, taken out, doubled and crossed.
    fn text(&mut self, fixtures: &[String]) -> String {
        let mut text = String::new();
        if self.below(4) > 0 {
            let fixture = &fixtures[self.below(fixtures.len())];
            let from = self.place(fixture);
            let to = self.place(&fixture[from..]).min(2_000);
            text.push_str(fixture.get(from..from + to).unwrap_or(""));
        }
        for _ in 0..=self.below(12) {
            let (a, b) = (self.place(&text), self.place(&text));
            let (from, to) = (a.min(b), a.max(b));
            match self.below(5) {
                0 if to - from < 200 => text.replace_range(from..to, ""),
                1 if to - from < 200 => {
                    let again = text[from..to].to_owned();
                    text.insert_str(to, &again);
                }
                _ => text.insert_str(from, self.part()),
            }
        }
        text
    }
}

/// What is wrong with what is found in a text.
fn wrong(text: &str) -> Option<String> {
    let print = fingerprint(text);
    if !is_alike(text, &print) {
        return Some("its own fingerprint is not alike".to_owned());
    }
    let analysis = sql::analyze(text, &[]).ok()?;
    let inside = |kind| !matches!(kind, Kind::LineComment | Kind::BlockComment | Kind::Semicolon | Kind::PsqlCommand);
    let mut found = tokens(text).filter(|token| inside(token.kind)).peekable();
    let mut end = 0;
    for statement in &analysis.statements {
        let span = statement.span;
        if span.start < end || text.get(span.start..span.end).is_none_or(str::is_empty) {
            return Some(format!("{span:?} is no statement behind {end}"));
        }
        end = span.end;
        if found.peek().is_none_or(|token| token.span.start != span.start) {
            return Some(format!("something before {} is in no statement", span.start));
        }
        while found.next_if(|token| token.span.end <= span.end).is_some() {}
        let again = match sql::analyze(span.slice(text), &[]) {
            Ok(again) => again,
            Err(problem) => return Some(format!("{span:?} alone: {}", problem.message)),
        };
        let [only] = again.statements.as_slice() else { return Some(format!("{span:?} alone is not one statement")) };
        if (&only.verb, only.transactional, only.session)
            != (&statement.verb, statement.transactional, statement.session)
        {
            return Some(format!("{span:?} alone is another kind of statement"));
        }
    }
    if let Some(token) = found.next() {
        return Some(format!("{token:?} is in no statement"));
    }
    let statements: Vec<&str> = analysis.statements.iter().map(|statement| statement.span.slice(text)).collect();
    if fingerprint(&statements.join("\n;\n")) != print {
        return Some("its statements have another fingerprint than it".to_owned());
    }
    let steps = sql::steps(text, &analysis, Transaction::Auto).ok()?;
    let bad = steps
        .steps
        .iter()
        .find(|step| render(text, step.span, &steps, &analysis).len() != step.span.end - step.span.start);
    bad.map(|step| format!("what is sent of {:?} has another length", step.span))
}

/// The SQL files below a folder.
fn fixtures(folder: &Path, out: &mut Vec<String>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            fixtures(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            out.extend(std::fs::read_to_string(&path));
        }
    }
}

/// Looks at so many inputs; the first that fails, and why.
fn run(inputs: usize, seed: u64) -> Result<(), String> {
    let mut texts = Vec::new();
    fixtures(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data"), &mut texts);
    let mut chance = Chance(seed.max(1));
    for number in 1..=inputs {
        let text = chance.text(&texts);
        // Said before: a panic says nothing of the input.
        let why = std::panic::catch_unwind(|| wrong(&text)).unwrap_or_else(|_| Some("it panics".to_owned()));
        if let Some(why) = why {
            return Err(format!("input {number} of seed {seed}: {text:?}\n{why}"));
        }
    }
    Ok(())
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>().expect("a number"));
    let inputs = arguments.next().unwrap_or(1_000_000);
    let seed = arguments.next().unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(1, |since| since.as_nanos() as u64)
    });
    println!("seed {seed}");
    if let Err(why) = run(inputs as usize, seed) {
        println!("{why}");
        std::process::exit(1);
    }
    println!("{inputs} inputs: nothing wrong");
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_few_inputs_have_nothing_wrong() {
        super::run(5_000, 1).unwrap();
    }
}
