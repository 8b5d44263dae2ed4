//! As much of Python as tells code from comments, literals and docstrings.
//!
//! Rules: <https://docs.python.org/3/reference/lexical_analysis.html>. A broken file is read as far as
//! it goes; nothing here fails. Every byte is looked at once.

use super::hit::settle;
use super::{Hit, sql};
use counterfoil::span::Span;

/// A token; white space and line ends inside of brackets are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Name,
    /// A literal, with its quotes and prefix.
    Text,
    /// Any other character that is not white space, and numbers.
    Other,
    Comment,
    /// The end of a logical line.
    End,
}

#[derive(Clone, Copy, Debug)]
struct Token {
    kind: Kind,
    span: Span,
}

/// Methods of SQLAlchemy's and Alembic's operations that change a schema.
/// <https://alembic.sqlalchemy.org/en/latest/ops.html>
const METHODS: &[&str] = &[
    "add_column",
    "alter_column",
    "batch_alter_table",
    "create_all",
    "create_check_constraint",
    "create_exclude_constraint",
    "create_foreign_key",
    "create_index",
    "create_primary_key",
    "create_table",
    "create_unique_constraint",
    "drop_all",
    "drop_column",
    "drop_constraint",
    "drop_index",
    "drop_table",
    "rename_table",
];

/// What is made inside the call of such a method, each on a line of its own.
pub(super) const PARTS: &[&str] =
    &["Column", "CheckConstraint", "ForeignKeyConstraint", "PrimaryKeyConstraint", "UniqueConstraint", "Index"];

/// What else tables are declared with, where no operation is called.
const DECLARATIONS: &[&str] = &["Table", "mapped_column", "ExcludeConstraint"];

/// Django's operations that change a schema.
/// <https://docs.djangoproject.com/en/5.2/ref/migration-operations/>
const OPERATIONS: &[&str] = &[
    "AddConstraint",
    "AddField",
    "AddIndex",
    "AlterField",
    "AlterIndexTogether",
    "AlterModelTable",
    "AlterOrderWithRespectTo",
    "AlterUniqueTogether",
    "CreateModel",
    "DeleteModel",
    "RemoveConstraint",
    "RemoveField",
    "RemoveIndex",
    "RenameField",
    "RenameIndex",
    "RenameModel",
];

/// Names of what only tells somebody something.
const TELLS: &[&str] =
    &["print", "log", "logger", "logging", "warnings", "assert", "assert_", "warn", "stdout", "stderr"];

/// Constructs of `sqlalchemy.schema` that are executed as statements.
const CONSTRUCTS: &[&str] = &[
    "AddConstraint",
    "CreateIndex",
    "CreateSchema",
    "CreateSequence",
    "CreateTable",
    "CreateView",
    "DropConstraint",
    "DropIndex",
    "DropSchema",
    "DropSequence",
    "DropTable",
    "DropView",
];

/// What a file says, as far as it matters here.
#[derive(Default)]
pub(super) struct Source {
    /// Comments and docstrings.
    pub silent: Vec<Span>,
    /// What changes the schema, in order: by SQL in literals, and by SQLAlchemy.
    pub sql: Vec<Hit>,
    pub sqlalchemy: Vec<Hit>,
    /// By Django's operations.
    pub django: Vec<Hit>,
    /// What would count as well, if the file registers nothing: declared tables and their parts.
    pub declared: Vec<Hit>,
    /// Functions, in the order in which they begin.
    pub functions: Vec<Function>,
    /// Whether anything is called or written in SQL on the way up.
    pub has_up: bool,
    /// Whether it looks like a migration of Alembic or of another tool.
    pub is_migration: bool,
}

/// A function, with its decorators and what is defined in it.
pub(super) struct Function {
    /// Its name, after those of the classes and functions that it stands in: `Users.up`.
    pub path: String,
    pub span: Span,
}

impl Source {
    /// The innermost function at a place.
    pub(super) fn function(&self, at: usize) -> Option<usize> {
        let before = self.functions.partition_point(|function| function.span.start <= at);
        // What is not nested lies behind each other, so few are looked at.
        (0..before).rev().take(16).find(|it| at < self.functions[*it].span.end)
    }
}

/// A bracket that is open.
#[derive(Clone, Copy, Default)]
struct Open {
    /// Whether it belongs to a call of one of [`METHODS`], itself or one around it.
    ddl: bool,
    /// Whether it is the value of something called down.
    down: bool,
    /// Whether the value that is read is one of something called down.
    value: bool,
    /// The indentation of the line for the outermost level.
    indent: usize,
    /// Whether what follows a comma goes back, as in `RunSQL(forward, back)`.
    then_back: bool,
    /// Whether it is the call of something that only tells.
    tells: bool,
    /// Whether it is what Django only remembers and does not do.
    state: bool,
}

/// Reads a file.
pub(super) fn read(text: &str) -> Source {
    let tokens = tokens(text);
    let mut source = Source::default();
    // Classes and functions that the line stands in: their indentation, their name, and the function.
    let mut scopes: Vec<(usize, &str, Option<usize>)> = Vec::new();
    let mut decorated = None;
    let mut stack = vec![Open::default()];
    // The indentation of `def downgrade`, while its body lasts.
    let mut down: Option<usize> = None;
    let mut line_start = true;
    let code: Vec<Token> = tokens.iter().copied().filter(|token| token.kind != Kind::Comment).collect();
    source.silent.extend(tokens.iter().filter(|token| token.kind == Kind::Comment).map(|token| token.span));
    let is = |at: usize, what: &str| code.get(at).is_some_and(|token| token.span.slice(text) == what);
    let mut docstring_until = 0;
    // Whether operations are called by their bare names, and whether the line only tells somebody something.
    let (mut bare, mut tells) = (false, false);
    for (at, token) in code.iter().enumerate() {
        let word = token.span.slice(text);
        if token.kind == Kind::End {
            // Only the outermost level is open here.
            line_start = true;
            tells = false;
            stack[0].value = false;
            continue;
        }
        if std::mem::take(&mut line_start) {
            let indent = indentation(text, token.span.start);
            stack[0].indent = indent;
            down = down.filter(|down| indent > *down);
            let def = if is(at, "async") { at + 1 } else { at };
            while let Some((_, _, function)) = scopes.pop_if(|(outer, ..)| indent <= *outer) {
                if let Some(function) = function {
                    source.functions[function].span.end = line_before(&code, at);
                }
            }
            let is_function = is(def, "def");
            if let Some(name) = code.get(def + 1).filter(|_| is_function || is(def, "class")) {
                let name = name.span.slice(text);
                let path: Vec<&str> = scopes.iter().map(|(_, name, _)| *name).chain([name]).collect();
                let span = Span::new(decorated.unwrap_or(token.span.start), text.len());
                scopes.push((indent, name, is_function.then_some(source.functions.len())));
                if is_function {
                    source.functions.push(Function { path: path.join("."), span });
                }
            }
            decorated = if word == "@" { decorated.or(Some(token.span.start)) } else { None };
            if down.is_none() && is(def, "def") && code.get(def + 1).is_some_and(|name| is_down(name.span.slice(text)))
            {
                down = Some(indent);
            }
            docstring_until = docstring(&code, at);
            bare |= ["from", "alembic", ".", "op", "import"].iter().enumerate().all(|(more, what)| is(at + more, what));
            tells = is_telling(word);
            source.is_migration |= is_def_of_migration(word, code.get(at + 1).map(|token| token.span.slice(text)))
                || is(def, "def") && code.get(def + 1).is_some_and(|name| is_up(name.span.slice(text)));
        }
        let top = stack.last().copied().unwrap_or_default();
        let is_down_here = down.is_some() || top.down || top.value;
        match token.kind {
            Kind::Text if at < docstring_until => source.silent.push(token.span),
            Kind::Text => {
                // A key, such as "down": …
                if is(at + 1, ":") && is_down(content(word).1) {
                    set_value(&mut stack, true);
                }
                if !is_down_here && !tells && !top.tells {
                    let (start, inner) = content(word);
                    let hits = sql::ddl(&unescaped(inner), true);
                    source.has_up |= hits.iter().any(|hit| !hit.what.is_empty());
                    let from = token.span.start + start;
                    source.sql.extend(hits.into_iter().map(|hit| Hit { at: from + hit.at, ..hit }));
                }
            }
            Kind::Name => {
                if (is(at + 1, "=") && !is(at + 2, "=") || is(at + 1, ":")) && is_down(word) {
                    set_value(&mut stack, true);
                }
                let is_call = is(at + 1, "(");
                let is_def = at > 0 && (is(at - 1, "def") || is(at - 1, "class"));
                source.has_up |= is_call && !is_def && !is_down_here;
                tells |= word == "raise";
                let is_method = at > 0 && is(at - 1, ".");
                let method = is_call && is_method && (METHODS.contains(&word) || is_made(&code, at, text));
                let alone =
                    is_call && !is_def && (CONSTRUCTS.contains(&word) || bare && !is_method && METHODS.contains(&word));
                if !is_down_here && (method || alone || is_call && top.ddl && PARTS.contains(&word)) {
                    let receiver = if method && at > 1 && code[at - 2].kind == Kind::Name {
                        code[at - 2].span.slice(text)
                    } else {
                        ""
                    };
                    let what = if receiver.is_empty() { word.to_owned() } else { format!("{receiver}.{word}") };
                    let key = key(&code, at, text);
                    source.sqlalchemy.push(Hit { key, ..Hit::new(token.span.start, what) });
                } else if is_call && !is_def && !is_down_here && !top.state {
                    if is_method && OPERATIONS.contains(&word) && is(at - 2, "migrations") {
                        source.django.push(Hit::new(token.span.start, format!("migrations.{word}")));
                    } else if PARTS.contains(&word) || DECLARATIONS.contains(&word) {
                        let key = key(&code, at, text);
                        source.declared.push(Hit { key, ..Hit::new(token.span.start, word) });
                    }
                }
            }
            Kind::Other => match word {
                "(" | "[" | "{" => {
                    let callee = if word == "(" && at > 0 { code[at - 1].span.slice(text) } else { "" };
                    let is_method = at > 1 && is(at - 2, ".") && METHODS.contains(&callee);
                    stack.push(Open {
                        ddl: top.ddl || is_method,
                        down: top.down || top.value,
                        value: false,
                        indent: 0,
                        then_back: matches!(callee, "RunSQL" | "RunPython"),
                        tells: top.tells || is_telling(callee) || callee_of(&code, at, text).is_some_and(is_telling),
                        state: top.state || word == "[" && at > 1 && is(at - 2, "state_operations"),
                    });
                }
                ")" | "]" | "}" if stack.len() > 1 => drop(stack.pop()),
                "," => set_value(&mut stack, top.then_back && !is(at + 2, "=")),
                _ => {}
            },
            Kind::Comment | Kind::End => {}
        }
    }
    let mut sql = std::mem::take(&mut source.sql);
    // Outside of functions every literal may be a migration of its own.
    settle(&mut sql, &|at| source.function(at));
    source.sql = sql;
    source
}

/// Where the logical line before a token ends.
fn line_before(code: &[Token], at: usize) -> usize {
    at.checked_sub(1).map_or(0, |before| code[before].span.end)
}

/// Whether what has this name only tells somebody something.
fn is_telling(name: &str) -> bool {
    let name = name.trim_start_matches('_');
    TELLS.iter().any(|tells| name.eq_ignore_ascii_case(tells))
}

/// Of a call of a method, what the method is of: `log` in `log.info(`.
fn callee_of<'t>(code: &[Token], open: usize, text: &'t str) -> Option<&'t str> {
    let word = |back: usize| open.checked_sub(back).map(|at| code[at].span.slice(text));
    word(3).filter(|_| word(2) == Some("."))
}

/// What a call of SQLAlchemy's changes, in the words of SQL; empty if its first arguments do not tell.
fn key(code: &[Token], at: usize, text: &str) -> String {
    // The literal at this place of the call, if it is one; `op.f("x")` is "x".
    let literal = |from: usize| {
        let is_f = code.get(from + 2).is_some_and(|token| token.span.slice(text) == "f");
        let token = code.get(if is_f { from + 4 } else { from }).filter(|token| token.kind == Kind::Text)?;
        let name = content(token.span.slice(text)).1.to_ascii_lowercase();
        let name = name.rsplit('.').next().unwrap_or("").to_owned();
        Some((name, if is_f { from + 6 } else { from + 1 }))
    };
    let Some((first, next)) = literal(at + 2) else { return String::new() };
    let word = code[at].span.slice(text);
    match word {
        "Table" => format!("create table {first}"),
        "create_table" | "drop_table" | "create_index" | "drop_index" => format!("{} {first}", word.replace('_', " ")),
        "add_column" | "drop_column" => {
            // The name stands in the column: `add_column("t", sa.Column("c", …))`.
            let second = (next + 1..next + 8).find_map(literal).map(|(name, _)| name);
            second.map_or(String::new(), |second| format!("{} {first}.{second}", word.replace('_', " ")))
        }
        _ => String::new(),
    }
}

/// Whether `.create(` or `.drop(` gets a connection, as types and tables do; a model's gets values.
fn is_made(code: &[Token], at: usize, text: &str) -> bool {
    let words = code[at..].iter().take(16).map(|token| token.span.slice(text));
    let mut words = words.take_while(|word| *word != "\n");
    matches!(words.next(), Some("create" | "drop"))
        && words.nth(1).is_some_and(|first| {
            matches!(first, "bind" | "conn" | "connection" | "engine")
                || matches!((first, words.nth(1)), ("op", Some("get_bind")))
                || words.any(|word| word == "checkfirst")
        })
}

/// Whether a line begins with what only a migration has: `revision = `, `steps = `, `class Migration`.
fn is_def_of_migration(word: &str, next: Option<&str>) -> bool {
    match word {
        "revision" | "steps" => matches!(next, Some("=" | ":")),
        "class" => next == Some("Migration"),
        "step" => next == Some("("),
        _ => false,
    }
}

/// Whether a function of this name goes forward.
fn is_up(name: &str) -> bool {
    matches!(name, "apply" | "forward" | "forwards" | "migrate" | "up") || name.starts_with("upgrade")
}

fn set_value(stack: &mut [Open], value: bool) {
    if let Some(top) = stack.last_mut() {
        top.value = value;
    }
}

/// If the logical line that begins at `at` consists of literals only, where it ends.
fn docstring(code: &[Token], at: usize) -> usize {
    let literals = code[at..].iter().take_while(|token| token.kind == Kind::Text).count();
    match code.get(at + literals).map(|token| token.kind) {
        None | Some(Kind::End) => at + literals,
        _ => at,
    }
}

/// Whether what has this name goes back.
fn is_down(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.trim_matches('_');
    matches!(name, "down" | "downgrade" | "rollback" | "revert" | "undo" | "reverse_sql" | "reverse_code")
        || ["down_", "downgrade_", "rollback_"].iter().any(|start| name.starts_with(start))
        || ["_down", "_downgrade", "_rollback"].iter().any(|end| name.ends_with(end))
}

/// How far the line is indented; a tab goes to the next multiple of 8, as in Python.
fn indentation(text: &str, at: usize) -> usize {
    let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
    text[line..at].bytes().fold(0, |width, byte| if byte == b'\t' { width / 8 * 8 + 8 } else { width + 1 })
}

/// Where the content of a literal begins, and the content.
fn content(literal: &str) -> (usize, &str) {
    let start = literal.find(['\'', '"']).unwrap_or(0);
    let quoted = &literal[start..];
    let quote = quoted.get(..3).filter(|quote| matches!(*quote, "'''" | "\"\"\"")).map_or(1, str::len);
    let inner = quoted.get(quote..).unwrap_or("");
    let end = inner.len().saturating_sub(quote);
    // A literal that is not closed has all the rest.
    let closed = quoted.get(..quote).is_some_and(|open| inner.ends_with(open));
    (start + quote, if closed { inner.get(..end).unwrap_or(inner) } else { inner })
}

/// The content with escapes blanked: every byte keeps its place.
fn unescaped(content: &str) -> String {
    let mut out = String::with_capacity(content.len());
    let mut chars = content.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        out.push(' ');
        match chars.next() {
            Some('\n') => out.push('\n'),
            Some(escaped) => out.extend(std::iter::repeat_n(' ', escaped.len_utf8())),
            None => {}
        }
    }
    out
}

fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut out: Vec<Token> = Vec::new();
    // Whether the logical line has a token yet.
    let (mut at, mut depth, mut in_line) = (0, 0_usize, false);
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let kind = match byte {
            b'\n' => {
                at += 1;
                if depth > 0 || !in_line {
                    continue;
                }
                Kind::End
            }
            b'\\' => {
                at += 1;
                // A line that goes on: its end is no end.
                at += bytes[at..].iter().take_while(|byte| **byte == b'\r').count();
                at += usize::from(bytes.get(at) == Some(&b'\n'));
                continue;
            }
            b'#' => {
                at += bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len() - at);
                Kind::Comment
            }
            b'\'' | b'"' => {
                at = literal_end(bytes, at);
                Kind::Text
            }
            _ if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            _ if is_letter(byte) => {
                at += bytes[at..].iter().take_while(|byte| is_letter(**byte) || byte.is_ascii_digit()).count();
                if at - start <= 2 && matches!(bytes.get(at), Some(b'\'' | b'"')) && is_prefix(&bytes[start..at]) {
                    at = literal_end(bytes, at);
                    Kind::Text
                } else {
                    Kind::Name
                }
            }
            _ if byte.is_ascii_digit() => {
                at += bytes[at..]
                    .iter()
                    .take_while(|byte| is_letter(**byte) || byte.is_ascii_digit() || **byte == b'.')
                    .count();
                Kind::Other
            }
            _ => {
                at += 1;
                match byte {
                    b'(' | b'[' | b'{' => depth += 1,
                    b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                Kind::Other
            }
        };
        in_line = kind != Kind::End && (in_line || kind != Kind::Comment);
        out.push(Token { kind, span: Span::new(start, at) });
    }
    out
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_prefix(word: &[u8]) -> bool {
    matches!(
        &*word.to_ascii_lowercase(),
        b"r" | b"u" | b"b" | b"f" | b"t" | b"br" | b"rb" | b"fr" | b"rf" | b"tr" | b"rt"
    )
}

/// Just past the literal whose quote is at `start`. One that is not closed ends with its line, or with
/// the text.
fn literal_end(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let triple = bytes[start..].starts_with(&[quote; 3]);
    let mut at = start + if triple { 3 } else { 1 };
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\n' if !triple => return at,
            _ if byte == quote && !triple => return at + 1,
            _ if byte == quote && bytes[at..].starts_with(&[quote; 3]) => return at + 3,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, at: usize) -> usize {
        text[..at].matches('\n').count() + 1
    }

    #[track_caller]
    fn finds(text: &str, sql: &[(&str, usize)], sqlalchemy: &[(&str, usize)]) {
        let source = read(text);
        let list = |hits: &[Hit]| hits.iter().map(|hit| (hit.what.clone(), line(text, hit.at))).collect::<Vec<_>>();
        let own =
            |list: &[(&str, usize)]| list.iter().map(|(what, line)| ((*what).to_owned(), *line)).collect::<Vec<_>>();
        assert_eq!(list(&source.sql), own(sql), "{text}");
        assert_eq!(list(&source.sqlalchemy), own(sqlalchemy), "{text}");
    }

    #[test]
    fn sql_is_found_in_literals_of_every_kind() {
        finds("x = 'CREATE TABLE t (a)'", &[("CREATE TABLE", 1)], &[]);
        finds(
            "x = (1,\n  f\"\"\"\n  alter table {t}\n    add column c\n\"\"\")",
            &[("ALTER TABLE", 3), ("ADD COLUMN", 4)],
            &[],
        );
        finds(r#"x = rb'drop index "i"'"#, &[("DROP INDEX", 1)], &[]);
        finds("x = 'select 1;\\ncreate view v'", &[("CREATE VIEW", 1)], &[]);
        finds("x = 'ALTER TABLE t '\\\n  'ADD COLUMN c'", &[("ALTER TABLE", 1), ("ADD COLUMN", 2)], &[]);
        finds("x = 'it\\'s create table'", &[], &[]);
        finds("raise ValueError('cannot add column twice; do not drop it')", &[], &[]);
    }

    #[test]
    fn comments_and_docstrings_say_nothing() {
        finds(
            "# op.add_column('t')\n'''create table t'''\ndef upgrade():\n  \"\"\"\n  drop table t\n  \"\"\"\n  pass # 'alter table t'\n",
            &[],
            &[],
        );
        let text = "'a'\nx = 'b' # c\n";
        let silent: Vec<&str> = read(text).silent.iter().map(|span| span.slice(text)).collect();
        assert_eq!(silent, ["# c", "'a'"]);
    }

    #[test]
    fn operations_are_found() {
        finds(
            "def upgrade():\n  op.create_table(\n    't',\n    sa.Column('id', sa.Integer()),\n  )\n  with op.batch_alter_table('t') as b:\n    b.add_column(Column('c'))\n",
            &[],
            &[("op.create_table", 2), ("Column", 4), ("op.batch_alter_table", 6), ("b.add_column", 7), ("Column", 7)],
        );
        finds(
            "def upgrade():\n  op.execute('UPDATE t SET a = 1')\n  op.bulk_insert(sa.table('t', sa.Column('x')), [])\n",
            &[],
            &[],
        );
        finds("op.add_column('t', named(sa.Column('c')))", &[], &[("op.add_column", 1), ("Column", 1)]);
        finds("op.execute(sa.text('ALTER TABLE t DROP COLUMN c'))", &[("ALTER TABLE", 1), ("DROP COLUMN", 1)], &[]);
    }

    #[test]
    fn operations_by_other_names_are_found() {
        finds("from alembic.op import add_column\ndef upgrade():\n  add_column('t', x)\n", &[], &[("add_column", 3)]);
        finds("from mine import add_column\nadd_column('t', x)\n", &[], &[]);
        finds("Base.metadata.create_all(bind=engine)", &[], &[("metadata.create_all", 1)]);
        finds("sa.Enum('a', name='e').create(op.get_bind())", &[], &[("create", 1)]);
        finds("e.drop(op.get_bind(), checkfirst=True)\nt.create(bind=x)\n", &[], &[("e.drop", 1), ("t.create", 2)]);
        finds("User.objects.create(name='x')\nframe.drop(columns=['a'])\n", &[], &[]);
        finds("op.execute(CreateSequence(Sequence('s')))", &[], &[("CreateSequence", 1)]);
    }

    #[test]
    fn what_is_only_told_is_not_run() {
        finds("if x:\n  raise RuntimeError(\n    'drop table failed')\ny = 'drop table t'", &[("DROP TABLE", 4)], &[]);
        finds("if x: raise RuntimeError('drop table failed')\n", &[], &[]);
        finds("log.info('create table t is next')\nprint('drop table t')\n", &[], &[]);
        finds("assert x, 'drop table t'\nok and logger.warning(\n    'alter table %s',\n    x)\n", &[], &[]);
        finds("self._log.info(f'create table {x}')\nsys.stderr.write('drop table t')\n", &[], &[]);
    }

    #[test]
    fn temporary_tables_of_a_function_are_no_change_of_the_schema() {
        finds(
            "def a(c):\n  c.execute('CREATE TEMP TABLE x (a)')\n  c.execute('DROP TABLE x')\n\ndef b(c):\n  c.execute('DROP TABLE x')\n",
            &[("DROP TABLE", 6)],
            &[],
        );
        finds("M = ['CREATE TEMPORARY TABLE x (a)', 'CREATE TABLE y (a)']\n", &[("CREATE TABLE", 1)], &[]);
    }

    #[test]
    fn the_way_down_is_passed_over() {
        finds(
            "def upgrade():\n  pass\n\ndef downgrade():\n  if x:\n    op.drop_table('t')\n  op.execute('drop table u')\n",
            &[],
            &[],
        );
        finds(
            "class M:\n  def downgrade(self) -> None:\n    op.drop_table('t')\n  def upgrade(self):\n    op.drop_index('i')\n",
            &[],
            &[("op.drop_index", 5)],
        );
        finds("def downgrade():\n  op.drop_table('''\nx\n''')\nop.drop_index('i')\n", &[], &[("op.drop_index", 5)]);
        finds(
            "M = [{'up': 'create table t', 'down': 'drop table t'}, dict(up='create view v', down=['drop view v'])]",
            &[("CREATE TABLE", 1), ("CREATE VIEW", 1)],
            &[],
        );
        finds("M = dict(down=[('drop view v', ('drop view w',))], up='create view v')", &[("CREATE VIEW", 1)], &[]);
        finds("DOWN = '''\ndrop table t'''\nUP = 'create table t'", &[("CREATE TABLE", 3)], &[]);
        finds("async def downgrade_app(): op.drop_table('t')\n", &[], &[]);
    }

    #[test]
    fn a_revision_that_only_merges_has_nothing_to_run() {
        let merge = "\"\"\"merge\"\"\"\nfrom alembic import op\nrevision = 'c'\ndown_revision = ('a', 'b')\n\ndef upgrade():\n    pass\n\ndef downgrade():\n    op.drop_table('t')\n";
        assert!(!read(merge).has_up);
        assert!(read(&merge.replacen("    pass", "    op.f('x')", 1)).has_up);
    }

    #[test]
    fn what_is_broken_is_read_as_far_as_it_goes() {
        for text in ["x = '''", "x = 'a\nop.drop_table(", ")]}", "'", "\\", "def", "r", "é'", "#", "x = 'é\\", "down:"]
        {
            read(text);
        }
        finds("x = 'a\nop.drop_table('t')", &[], &[("op.drop_table", 2)]);
    }
}
