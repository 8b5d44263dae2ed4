//! Comments and string literals of languages that write them as C does: TypeScript, Go, Java, Rust, …;
//! and of PHP, Ruby and Elixir. What goes over lines is told by the file's ending.
//!
//! In code also the builders of Knex, Kysely and TypeORM, which call the same things by the same names: methods such
//! as `.createTable(`. A way down (`down(…) { … }`, `down: …`, Go's `func downX`) and what is logged, thrown or asserted
//! do not count.

use super::hit::settle;
use super::{Hit, sql};
use counterfoil::span::Span;

/// What a language has beside comments and literals as C writes them. Backticks go over lines everywhere.
#[derive(Clone, Copy, Default)]
struct Language {
    /// Quotes that may go over lines.
    long: &'static [u8],
    /// Three quotes are one.
    triple: bool,
    /// `#` begins a comment.
    hash: bool,
    /// `<<<SQL`, `<<~SQL`.
    heredoc: bool,
    /// `r#"…"#`, and `'` is for characters and lifetimes.
    rust: bool,
}

fn language(path: &str) -> Language {
    let plain = Language::default();
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "rs" => Language { long: b"\"", rust: true, ..plain },
        "php" | "rb" | "pl" => Language { long: b"'\"", hash: true, heredoc: true, ..plain },
        "ex" | "exs" => Language { long: b"\"", triple: true, hash: true, ..plain },
        "cs" | "fs" => Language { long: b"\"", triple: true, ..plain },
        "java" | "kt" | "kts" | "scala" | "swift" | "dart" | "groovy" => Language { triple: true, ..plain },
        _ => plain,
    }
}

/// What a file says, as far as it matters here.
#[derive(Default)]
pub(super) struct Source {
    pub comments: Vec<Span>,
    /// DDL in literals.
    pub sql: Vec<Hit>,
    /// DDL of builders.
    pub builders: Vec<Hit>,
}

/// What methods of builders do, and to what. Names may go on with `s`, `IfNotExists` and the like.
/// <https://knexjs.org/guide/schema-builder.html>, <https://kysely-org.github.io/kysely-apidoc/classes/SchemaModule.html>,
/// <https://github.com/typeorm/typeorm/blob/master/src/query-runner/QueryRunner.ts>
const VERBS: &[&str] = &["create", "drop", "alter", "rename", "add", "change", "update"];
const NOUNS: &[&str] = &[
    "Table",
    "Column",
    "Index",
    "Indices",
    "View",
    "MaterializedView",
    "Schema",
    "Type",
    "PrimaryKey",
    "ForeignKey",
    "UniqueConstraint",
    "CheckConstraint",
    "ExclusionConstraint",
];
const ENDINGS: &[&str] = &["s", "IfNotExists", "IfExists", "OrReplace", "Like"];

/// Whether a method changes a schema.
fn is_builder(name: &str) -> bool {
    let rest = |verb: &&str| name.strip_prefix(*verb);
    VERBS.iter().find_map(rest).is_some_and(|what| {
        let mut ends = ENDINGS.iter().filter_map(|end| what.strip_suffix(end)).chain([what]);
        ends.any(|what| NOUNS.contains(&what))
    })
}

/// Names of what only tells somebody something.
fn is_telling(path: &str) -> bool {
    const FIRST: &[&str] = &[
        "console", "log", "logger", "logging", "assert", "expect", "print", "println", "printf", "fmt", "errors",
        "panic", "warn", "debug",
    ];
    let first = path.split(['.', ':', '!']).next().unwrap_or("");
    FIRST.iter().any(|name| first.eq_ignore_ascii_case(name)) || path.ends_with("Error") || path.ends_with("Exception")
}

/// A bracket that is open.
struct Open {
    tells: bool,
    curly: bool,
}

/// Reads a file. Its DDL is that of one migration.
pub(super) fn read(path: &str, text: &str) -> Source {
    let language = language(path);
    let bytes = text.as_bytes();
    let (mut comments, mut hits, mut builders) = (Vec::new(), Vec::new(), Vec::new());
    let mut stack: Vec<Open> = Vec::new();
    // How many brackets were open where a way down began.
    let mut down: Option<usize> = None;
    // Where the chain of calls ends that makes a temporary table.
    let (mut temporary, has_temporary) = (0, text.contains(".temporary()"));
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let rest = &bytes[at..];
        let is_hash = language.hash && byte == b'#' && !rest.starts_with(b"#[");
        let mut inner = None;
        if is_hash || rest.starts_with(b"//") {
            at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            comments.push(Span::new(start, at));
        } else if rest.starts_with(b"/*") {
            at += rest.windows(2).skip(2).position(|pair| pair == b"*/").map_or(rest.len(), |end| end + 4);
            comments.push(Span::new(start, at));
        } else if language.rust && byte == b'\'' {
            at += character(rest);
        } else if let Some(marks) = raw(bytes, at).filter(|_| language.rust) {
            let from = at + marks + 2;
            let end = raw_end(bytes, from, marks);
            inner = Some((from, end));
            at = (end + 1 + marks).min(bytes.len());
        } else if let Some((from, end)) = heredoc(bytes, at).filter(|_| language.heredoc) {
            inner = Some((from, end));
            at = end;
        } else if language.triple && (rest.starts_with(b"\"\"\"") || rest.starts_with(b"'''")) {
            let end = triple_end(bytes, at + 3, byte);
            inner = Some((at + 3, end));
            at = (end + 3).min(bytes.len());
        } else if matches!(byte, b'\'' | b'"' | b'`') {
            at = literal_end(bytes, at, byte == b'`' || language.long.contains(&byte));
            let is_closed = at > start + 1 && bytes.get(at - 1) == Some(&byte);
            inner = Some((start + 1, if is_closed { at - 1 } else { at }));
        } else if is_letter(byte) && !is_part(bytes, at) {
            at += rest.iter().take_while(|byte| is_letter(**byte) || byte.is_ascii_digit()).count();
            let word = text.get(start..at).unwrap_or("");
            let next = bytes[at..].iter().find(|byte| !byte.is_ascii_whitespace());
            if down.is_none() && is_down(word) && matches!(next, Some(b'(' | b':' | b'=' | b'<')) {
                down = Some(stack.len());
            }
            let is_method = start > 0 && bytes[start - 1] == b'.';
            let of_schema = word == "table" && text[..start].ends_with("schema.");
            if down.is_none() && is_method && next == Some(&b'(') && (is_builder(word) || of_schema) {
                // Kysely's temporary tables.
                if has_temporary
                    && temporary <= start
                    && let Some(end) = temporary_until(text, at)
                {
                    temporary = end;
                }
                if temporary <= start {
                    builders.push(Hit::new(start, word));
                }
            }
        } else {
            match byte {
                b'(' | b'[' | b'{' => {
                    let callee = callee(text, at).filter(|_| byte == b'(');
                    let tells = stack.last().is_some_and(|open| open.tells) && byte != b'{';
                    stack.push(Open { tells: tells || callee.is_some_and(is_telling), curly: byte == b'{' });
                }
                b')' | b']' | b'}' => {
                    let closed = stack.pop();
                    // The braces of a body end it, and so does the end of what it is in.
                    down = down.filter(|depth| {
                        stack.len() > *depth || stack.len() == *depth && !closed.is_some_and(|open| open.curly)
                    });
                }
                b';' | b',' => down = down.filter(|depth| stack.len() > *depth),
                _ => {}
            }
            at += 1;
        }
        if stack.last().is_some_and(|open| open.tells) || down.is_some() {
            continue;
        }
        if let Some((from, end)) = inner {
            // Escapes keep their length: `\n` is white space.
            let inner = text.get(from..end).unwrap_or("");
            let blank = inner.replace("\\n", "  ").replace("\\t", "  ").replace('\\', " ");
            hits.extend(sql::ddl(&blank, true).into_iter().map(|hit| Hit { at: from + hit.at, ..hit }));
        }
    }
    settle(&mut hits, &|_| Some(0));
    Source { comments, sql: hits, builders }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$')
}

/// Whether a letter goes on with a word.
fn is_part(bytes: &[u8], at: usize) -> bool {
    at > 0 && (is_letter(bytes[at - 1]) || bytes[at - 1].is_ascii_digit())
}

/// Whether a function or a key of this name goes back: `down`, `downAddUsers`, `Down0001`.
fn is_down(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("down").or_else(|| name.strip_prefix("Down")) else { return name == "rollback" };
    rest.chars().next().is_none_or(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// Where a chain of calls ends, if one of them is `.temporary()`.
fn temporary_until(text: &str, from: usize) -> Option<usize> {
    let mut end = text.len().min(from + 2_000);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let chain = text.get(from..end)?;
    let ends = [";", ".execute(", "await ", "\n\n"].iter().filter_map(|mark| chain.find(mark));
    let len = ends.min().unwrap_or(chain.len());
    chain[..len].contains(".temporary()").then_some(from + len)
}

/// What is called by the bracket at a place: `console.log` of `console.log(`.
fn callee(text: &str, open: usize) -> Option<&str> {
    let before = text.get(..open)?.trim_end();
    let is_path = |byte: &u8| is_letter(*byte) || byte.is_ascii_digit() || matches!(byte, b'.' | b':' | b'!');
    let len = before.bytes().rev().take(100).take_while(is_path).count();
    before.get(before.len() - len..)
}

/// Just past the literal that begins at `start`. One that is not `long` ends with its line.
fn literal_end(bytes: &[u8], start: usize, long: bool) -> usize {
    let quote = bytes[start];
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\n' if !long => return at,
            _ if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// How long a character of Rust is; of a lifetime only the quote counts.
fn character(rest: &[u8]) -> usize {
    match rest {
        [_, b'\\', _, more @ ..] => 3 + more.iter().take(10).position(|byte| *byte == b'\'').map_or(0, |end| end + 1),
        [_, _, b'\'', ..] => 3,
        _ => 1,
    }
}

/// How many marks Rust's raw literal has that begins here.
fn raw(bytes: &[u8], at: usize) -> Option<usize> {
    let is_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() && bytes[at - 1] != b'b' || bytes[at - 1] == b'_');
    if bytes[at] != b'r' || is_word {
        return None;
    }
    let marks = bytes[at + 1..].iter().take(256).take_while(|byte| **byte == b'#').count();
    (bytes.get(at + 1 + marks) == Some(&b'"')).then_some(marks)
}

/// Where the quote stands that ends a raw literal.
fn raw_end(bytes: &[u8], from: usize, marks: usize) -> usize {
    let is_end = |at: &usize| {
        bytes[*at] == b'"' && bytes[at + 1..].iter().take_while(|byte| **byte == b'#').take(marks).count() == marks
    };
    (from..bytes.len()).find(is_end).unwrap_or(bytes.len())
}

/// Where three quotes stand that are not escaped.
fn triple_end(bytes: &[u8], from: usize, quote: u8) -> usize {
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            _ if byte == quote && bytes[at..].starts_with(&[quote; 3]) => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Where the lines of a here-document begin and end.
fn heredoc(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let rest = bytes[at..].strip_prefix(b"<<")?;
    let rest =
        rest.strip_prefix(b"<").or_else(|| rest.strip_prefix(b"~")).or_else(|| rest.strip_prefix(b"-")).unwrap_or(rest);
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let word = &rest[..rest.iter().take(64).take_while(|byte| is_letter(byte)).count()];
    if !word.first().is_some_and(u8::is_ascii_uppercase) {
        return None;
    }
    let line = |from: usize| bytes[from..].iter().position(|byte| *byte == b'\n').map(|end| from + end + 1);
    let from = line(at)?;
    let mut next = from;
    while next < bytes.len() {
        let blank = bytes[next..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let text = &bytes[next + blank..];
        if text.starts_with(word) && !text.get(word.len()).is_some_and(is_letter) {
            return Some((from, next));
        }
        next = line(next).unwrap_or(bytes.len());
    }
    Some((from, bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_carry_sql_and_comments_do_not() {
        let text =
            "// 'create table a'\n/* `drop table b` */\nx('create table c', \"d\", `\n  alter table e\n`)\n'it\\'s'";
        let Source { comments, sql: hits, .. } = read("a.ts", text);
        let comments: Vec<&str> = comments.iter().map(|span| span.slice(text)).collect();
        assert_eq!(comments, ["// 'create table a'", "/* `drop table b` */"]);
        let hits: Vec<(&str, &str)> = hits.iter().map(|hit| (&*hit.what, &text[hit.at..hit.at + 7])).collect();
        assert_eq!(hits, [("CREATE TABLE", "create "), ("ALTER TABLE", "alter t")]);
        for broken in ["'", "`\\", "/*", "/*/", "//", "\"é\\", "r#\"é", "r##", "<<<SQL", "<<~SQL\n", "\"\"\"\\", "'\\é"]
        {
            for path in ["a.ts", "a.rs", "a.php", "a.kt"] {
                read(path, broken);
            }
        }
    }

    #[track_caller]
    fn finds(path: &str, text: &str, expected: &[(&str, usize)]) {
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        let found: Vec<(String, usize)> =
            read(path, text).sql.into_iter().map(|hit| (hit.what, line(hit.at))).collect();
        let expected: Vec<(String, usize)> = expected.iter().map(|(what, line)| ((*what).to_owned(), *line)).collect();
        assert_eq!(found, expected, "{path}: {text}");
    }

    #[test]
    fn literals_go_over_lines_where_the_language_has_that() {
        let alter = [("ALTER TABLE", 2)];
        finds("a.rs", "db.run(r#\"\nALTER TABLE \"t\" x\"#, 'a', \"\\n\")", &alter);
        finds("a.rs", "fn f<'a>(q: char) { g('\"', '\\'', \"\n alter table t\") }", &alter);
        finds("a.java", "run(\"\"\"\n  ALTER TABLE t\n\"\"\");", &alter);
        finds("a.kt", "run(\"\"\"\n  ALTER TABLE \"t\"\n\"\"\")", &alter);
        finds("a.cs", "Sql(@\"\n  ALTER TABLE t\");", &alter);
        finds("a.exs", "execute \"\"\"\nalter table t\n\"\"\" # 'drop table u'", &alter);
        finds(
            "a.php",
            "$db->run('\nALTER TABLE t'); # don't 'drop table u'\nf(\"drop view v\");",
            &[("ALTER TABLE", 2), ("DROP VIEW", 3)],
        );
        finds(
            "a.php",
            "$db->run(<<<'SQL'\nALTER TABLE t\nSQL);\nf('drop view v');",
            &[("ALTER TABLE", 2), ("DROP VIEW", 4)],
        );
        finds("a.rb", "execute <<~SQL\n  ALTER TABLE t\nSQL\nlist << X\n", &alter);
        // A quote that is none of a literal ends with its line.
        finds("a.ts", "const a = <b>don't</b>\nf('drop view v')", &[("DROP VIEW", 2)]);
        finds("a.go", "run(`\nalter table t`)", &alter);
    }

    #[track_caller]
    fn builds(text: &str, expected: &[(&str, usize)]) {
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        let found: Vec<(String, usize)> =
            read("a.ts", text).builders.into_iter().map(|hit| (hit.what, line(hit.at))).collect();
        let expected: Vec<(String, usize)> = expected.iter().map(|(what, line)| ((*what).to_owned(), *line)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_builders_do_is_found() {
        // As the documentation of each writes it.
        builds(
            "exports.up = function (knex) {\n  return knex.schema\n    .createTable('users', function (table) {\n      table.increments('id');\n    })\n    .dropTableIfExists('old');\n};\n\nexports.down = function (knex) {\n  return knex.schema.dropTable('users');\n};\n",
            &[("createTable", 3), ("dropTableIfExists", 6)],
        );
        builds("exports.up = (knex) => knex.schema.table('users', (t) => {\n t.text('a')\n})", &[("table", 1)]);
        builds("exports.up = (knex) => knex('users').table('x').insert({ a: 1 })", &[]);
        builds(
            "export async function up(db: Kysely<any>): Promise<void> {\n  await db.schema.alterTable('pet').addColumn('age', 'integer').execute()\n}\n\nexport async function down(db: Kysely<any>): Promise<void> {\n  await db.schema.alterTable('pet').dropColumn('age').execute()\n}\n",
            &[("alterTable", 2), ("addColumn", 2)],
        );
        builds(
            "export class A1 implements MigrationInterface {\n  async down(queryRunner: QueryRunner): Promise<void> {\n    await queryRunner.dropTable('question')\n  }\n  async up(queryRunner: QueryRunner): Promise<void> {\n    await queryRunner.createForeignKeys('answer', [])\n  }\n}\n",
            &[("createForeignKeys", 6)],
        );
        builds(
            "const m = { down: (db) => db.schema.dropTable('t'), up: (db) => db.schema.createType('t') }",
            &[("createType", 1)],
        );
        builds(
            "await db.schema.createTable('x').temporary().addColumn('a', 'text').execute()\nawait db.schema.dropIndex('i').execute()",
            &[("dropIndex", 2)],
        );
        builds("await db.insertInto('t').values({ a: 1 }).execute(); api.createUser('x'); // .createTable('t')", &[]);
    }

    #[test]
    fn what_is_told_and_the_way_down_do_not_count() {
        finds(
            "a.ts",
            "console.log('create table t'); throw new Error(`drop table ${t}`); logger.info({ a: 1 }, 'drop table t')",
            &[],
        );
        finds("a.ts", "assert.ok(x, 'alter table t')\nawait q.query('alter table t')", &[("ALTER TABLE", 2)]);
        finds(
            "a.go",
            "func downX(tx *sql.Tx) error {\n  tx.Exec(`drop table t`)\n}\nfunc upX(tx *sql.Tx) error {\n  tx.Exec(`create table t ()`)\n  return fmt.Errorf(`drop table t`)\n}",
            &[("CREATE TABLE", 5)],
        );
        finds(
            "a.ts",
            "export const down = async (q) => { await q('drop table t') }\nexport const up = async (q) => { await q('drop view v') }",
            &[("DROP VIEW", 2)],
        );
        finds(
            "a.ts",
            "await q('create temp table x (a int)')\nawait q('drop table x')\nawait q('drop table y')",
            &[("DROP TABLE", 3)],
        );
    }
}
