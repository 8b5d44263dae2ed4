//! The statements of a baseline: those of a dump without its head, with what `pg_dump` does not write put in.

use super::contents::{Contents, Sequence};
use super::dollar;
use super::head::{Fate, Usual, words};
use crate::tree;
use counterfoil::ledger::Table;
use counterfoil::sql::lex::{Kind, tokens};
use counterfoil::sql::quote::{identifier, literal};
use counterfoil::sql::{Act, analyze};
use counterfoil::{Code, Error};
use serde::{Deserialize, Serialize};

/// How many rows a statement has at most.
const ROWS: usize = 500;

/// What `pg_dump` writes after the rows (`pg_backup_archiver.c`, `SECTION_POST_DATA`, and what comes last).
const AFTER_ROWS: &[&str] = &[
    "ACL",
    "CHECK CONSTRAINT",
    "CONSTRAINT",
    "DEFAULT ACL",
    "EVENT TRIGGER",
    "FK CONSTRAINT",
    "INDEX",
    "INDEX ATTACH",
    "MATERIALIZED VIEW DATA",
    "POLICY",
    "PUBLICATION",
    "PUBLICATION TABLE",
    "PUBLICATION TABLES IN SCHEMA",
    "ROW SECURITY",
    "RULE",
    "STATISTICS",
    "SUBSCRIPTION",
    "SUBSCRIPTION TABLE",
    "TRIGGER",
];

/// A role that the migrations made.
#[derive(Clone, Debug, Deserialize)]
// Exhaustive: callers build it.
pub struct Role {
    /// Its name.
    pub name: String,
    /// Whether it has the rights of the roles that it is a member of.
    #[serde(default = "always")]
    pub inherits: bool,
    /// Its comment.
    #[serde(default)]
    pub comment: Option<String>,
}

fn always() -> bool {
    true
}

/// `GRANT role TO member`.
#[derive(Clone, Debug, Deserialize)]
// Exhaustive: callers build it.
pub struct Membership {
    /// The role.
    pub role: String,
    /// Who is a member of it.
    pub member: String,
    /// What is otherwise than a plain `GRANT` makes it: `ADMIN TRUE`, `INHERIT FALSE`, `SET FALSE`.
    #[serde(default)]
    pub with: Vec<String>,
}

/// `ALTER DATABASE … SET`, `ALTER ROLE … SET`.
#[derive(Clone, Debug, Deserialize)]
// Exhaustive: callers build it.
pub struct Setting {
    /// Whose it is; none for everybody's.
    #[serde(default)]
    pub role: Option<String>,
    /// Whether it is this database's alone.
    pub database: bool,
    /// What is set.
    pub name: String,
    /// To what.
    pub value: String,
}

/// What the chain has made.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
// Exhaustive: callers build it.
pub struct Chain {
    /// What `pg_dump --schema-only` has written of it.
    pub dump: String,
    /// Schema and name of the ledger.
    pub ledger: (String, String),
    /// The path that the chain ran under and the schemas of extensions, if that is not the usual one.
    #[serde(default)]
    pub search_path: Vec<String>,
    /// Whether the schema `public` is gone.
    #[serde(default)]
    pub drops_public: bool,
    /// Roles that were not there before.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// Memberships that were not there before.
    #[serde(default)]
    pub memberships: Vec<Membership>,
    /// Settings that were not there before.
    #[serde(default)]
    pub settings: Vec<Setting>,
    /// The database's comment, if it was not there before.
    #[serde(default)]
    pub description: Option<String>,
    /// Rows and what goes with them; none if they are to be left out.
    #[serde(default)]
    pub contents: Option<Contents>,
    /// The same after a second replay.
    #[serde(default)]
    pub again: Option<Contents>,
    /// Columns whose values are written as they are, although another replay has others.
    #[serde(default)]
    pub literal: Vec<String>,
    /// Materialised views that are filled, those first that others read.
    #[serde(default)]
    pub filled: Vec<String>,
}

/// Rows of one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Carried {
    /// The table.
    pub table: String,
    /// How many.
    pub rows: usize,
}

/// What was written.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Baseline {
    /// Its statements, without semicolons.
    pub statements: Vec<String>,
    /// Rows that it carries.
    pub rows: Vec<Carried>,
    /// How many sequences go on where they were.
    pub sequences: usize,
    /// Columns that each database fills by its own default, since their values differ from one replay to the next.
    pub not_repeatable: Vec<String>,
    /// Tables whose rows cannot be carried, since each replay leaves others. No baseline is made.
    pub unlike: Vec<String>,
    /// Columns whose values cannot: they differ, and no default makes them. No baseline is made.
    pub refused: Vec<String>,
}

/// Writes the baseline of a chain.
///
/// # Errors
///
/// `invalid-input` if the dump holds the ledger; what is wrong with a text that cannot be split: `psql-command`,
/// `copy-from-stdin`, …
pub fn baseline(chain: &Chain) -> Result<Baseline, Error> {
    let (before, after) = schema(chain)?;
    let mut out = Baseline::default();
    out.statements.push(String::from("SET LOCAL check_function_bodies = false"));
    // `$user` is one, in quotes.
    if !chain.search_path.is_empty() {
        let path: Vec<String> = chain.search_path.iter().map(|schema| identifier(schema)).collect();
        out.statements.push(format!("SET LOCAL search_path = {}", path.join(", ")));
    }
    if chain.drops_public {
        out.statements.push(String::from("DROP SCHEMA IF EXISTS public"));
    }
    out.statements.extend(chain.roles.iter().map(role));
    for role in &chain.roles {
        let member = identifier(&role.name);
        out.statements
            .extend(role.comment.iter().map(|comment| format!("COMMENT ON ROLE {member} IS {}", literal(comment))));
    }
    let granted = |one: &Membership| {
        let with = match one.with.as_slice() {
            [] => String::new(),
            // As every version has it; the others are known since 16.
            [admin] if admin == "ADMIN TRUE" => String::from(" WITH ADMIN OPTION"),
            more => format!(" WITH {}", more.join(", ")),
        };
        format!("GRANT {} TO {}{with}", identifier(&one.role), identifier(&one.member))
    };
    out.statements.extend(chain.memberships.iter().map(granted));
    out.statements.extend(before);
    if let Some(contents) = &chain.contents {
        let moved: Vec<&Sequence> = contents.sequences.iter().filter(|sequence| sequence.moved).collect();
        rows(&mut out, contents, chain.again.as_ref().unwrap_or(contents), &chain.literal);
        out.sequences = moved.len();
        out.statements.extend(moved.into_iter().map(setval));
    }
    out.statements.extend(after);
    out.statements.extend(chain.filled.iter().map(|view| format!("REFRESH MATERIALIZED VIEW {view}")));
    out.statements.extend(chain.settings.iter().map(setting));
    out.statements.extend(chain.description.as_deref().map(description));
    Ok(out)
}

/// The statements of the dump: those that stand before rows, and those after.
fn schema(chain: &Chain) -> Result<(Vec<String>, Vec<String>), Error> {
    let ledger = Table { schema: chain.ledger.0.clone(), name: chain.ledger.1.clone() };
    let dump = &chain.dump;
    let analysis = analyze(dump, &[]).map_err(|problem| {
        let line = dump.get(..problem.span.start).unwrap_or_default().lines().count().max(1);
        Error::new(problem.code, format!("line {line} of the dump: {}", problem.message)).with_help(WRITTEN_SO)
    })?;
    let mut usual = Usual::of(chain.roles.iter().map(|role| role.name.as_str()));
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let (mut end, mut is_after) = (0, false);
    for statement in &analysis.statements {
        is_after = is_after || is_after_rows(dump.get(end..statement.span.start).unwrap_or_default());
        end = statement.span.end;
        let is_ledger = |act: &counterfoil::sql::TableAct| {
            act.act == Act::Create
                && act.table == ledger.name
                && act.schema.as_ref().is_none_or(|s| *s == ledger.schema)
        };
        if statement.tables.iter().any(is_ledger) {
            return Err(Error::new(Code::InvalidInput, format!("the dump holds the ledger, {}", ledger.qualified()))
                .with_help(format!("leave it out: pg_dump --schema-only --exclude-table='{}'", ledger.qualified())));
        }
        let text = statement.span.slice(dump);
        let kept = match usual.fate(text) {
            Fate::Dropped => continue,
            Fate::Instead(text) => text,
            Fate::Kept => with_schema_there(text, &ledger),
        };
        if is_after { &mut after } else { &mut before }.push(kept);
    }
    Ok((before, after))
}

const WRITTEN_SO: &str =
    "write it with `pg_dump --schema-only`, as plain text, and leave the ledger out with --exclude-table";

/// Whether a comment between two statements says that what follows comes after the rows:
/// `-- Name: t_pkey; Type: CONSTRAINT; Schema: public; Owner: -`.
fn is_after_rows(gap: &str) -> bool {
    let comments = tokens(gap).filter(|token| token.kind == Kind::LineComment);
    comments.map(|token| token.span.slice(gap)).any(|comment| {
        let of_type = comment.strip_prefix("-- Name: ").and_then(|rest| rest.split_once("; Type: "));
        of_type.and_then(|(_, rest)| rest.split(';').next()).is_some_and(|kind| AFTER_ROWS.contains(&kind))
    })
}

/// The ledger's schema is there before the first migration runs.
fn with_schema_there(text: &str, ledger: &Table) -> String {
    if text.starts_with("CREATE SCHEMA ")
        && let [_, _, name] = words(text).as_slice()
        && (*name == ledger.schema || *name == identifier(&ledger.schema))
    {
        return format!("CREATE SCHEMA IF NOT EXISTS {}", identifier(&ledger.schema));
    }
    text.to_owned()
}

fn role(role: &Role) -> String {
    let (name, quoted) = (literal(&role.name), identifier(&role.name));
    let inherits = if role.inherits { "" } else { " NOINHERIT" };
    let body = format!(
        "BEGIN\n  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {name}) THEN\n    CREATE ROLE {quoted} NOLOGIN{inherits};\n  END IF;\nEND"
    );
    dollar::quoted("$$", &body)
}

/// What a database or a role sets, by what the setting is at that moment: so its value needs no quoting of its own.
fn setting(setting: &Setting) -> String {
    let (name, value) = (literal(&setting.name), literal(&setting.value));
    let database = "pg_catalog.current_database()";
    let alter = match (&setting.role, setting.database) {
        (None, _) => format!("format('ALTER DATABASE %I SET %s FROM CURRENT', {database}, {name})"),
        (Some(role), true) => {
            format!("format('ALTER ROLE %I IN DATABASE %I SET %s FROM CURRENT', {}, {database}, {name})", literal(role))
        }
        (Some(role), false) => format!("format('ALTER ROLE %I SET %s FROM CURRENT', {}, {name})", literal(role)),
    };
    let body = format!(
        "DECLARE\n  before text := pg_catalog.current_setting({name}, true);\nBEGIN\n  PERFORM pg_catalog.set_config({name}, {value}, true);\n  EXECUTE pg_catalog.{alter};\n  PERFORM pg_catalog.set_config({name}, coalesce(before, ''), true);\nEND"
    );
    dollar::quoted("$$", &body)
}

/// What the database is said to be: only a program knows what it is called.
fn description(text: &str) -> String {
    let text = literal(text);
    let body = format!(
        "BEGIN\n  EXECUTE pg_catalog.format('COMMENT ON DATABASE %I IS %L', pg_catalog.current_database(), {text});\nEND"
    );
    dollar::quoted("$$", &body)
}

fn setval(sequence: &Sequence) -> String {
    format!("SELECT pg_catalog.setval({}, {}, {})", literal(&sequence.name), sequence.last, sequence.called)
}

/// A value as a literal. A carriage return is written as an escape: before a line feed, one in a file is an end of line.
fn exact(value: &str) -> String {
    let text = literal(value);
    if !text.contains('\r') {
        return text;
    }
    let escapes = if text.starts_with('E') { "" } else { "E" };
    format!("{escapes}{}", text.replace('\r', "\\r"))
}

/// Writes the rows. What differs between the replays is left to the default of its column, if that is another each time.
fn rows(out: &mut Baseline, contents: &Contents, again: &Contents, literals: &[String]) {
    let mut own = tree::set(std::iter::empty::<String>());
    for table in contents.tables.iter().filter(|table| !table.rows.is_empty()) {
        let Some(pairs) = again.table(&table.name).and_then(|other| table.paired(other)) else {
            out.unlike.push(table.name.clone());
            continue;
        };
        let mut written = Vec::with_capacity(pairs.len());
        let mut refused = tree::set(std::iter::empty::<String>());
        for (row, other) in pairs {
            let values = table.columns.iter().enumerate().map(|(at, column)| {
                let value = row.get(at).and_then(Option::as_deref);
                let name = format!("{}.{}", table.name, column.name);
                if value == other.get(at).and_then(Option::as_deref) || literals.contains(&name) {
                    return value.map_or_else(|| String::from("NULL"), exact);
                }
                let default = again.column(&table.name, &column.name).and_then(|other| other.default.as_deref());
                let differs = column.default.is_some() && column.default.as_deref() != default;
                if differs { &mut own } else { &mut refused }.insert(name);
                String::from("DEFAULT")
            });
            written.push(format!("  ({})", values.collect::<Vec<_>>().join(", ")));
        }
        out.refused.extend(refused);
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let overriding = if table.identity { " OVERRIDING SYSTEM VALUE" } else { "" };
        let into = format!("INSERT INTO {} ({}){overriding} VALUES", table.name, columns.join(", "));
        out.statements.extend(written.chunks(ROWS).map(|chunk| format!("{into}\n{}", chunk.join(",\n"))));
        out.rows.push(Carried { table: table.name.clone(), rows: table.rows.len() });
    }
    out.not_repeatable.extend(own);
}
