//! Other tools' ledgers beside ours, and tables that are there before the first migration: the look
//! at the catalog that finds them, and what is made of it.
//!
//! It is taken where our ledger is missing, or empty without a trace of us: whatever a set of
//! migrations would do to such a database may have been done already. It is a text of SQL that
//! stands in a query which is sent anyway, and in the one that makes our ledger.

use super::Table;
use super::statements::{OF_RAILS, TextRow};
use super::tools::{Home, Rows, TOOLS, Tool};
use super::{Ledger, Origin};
use crate::error::{Code, Error};
use crate::mention::Mention;
use crate::ordered;
use crate::sql::quote::{literal, nullable};
use serde::Serialize;

/// What stands in the comment of a ledger whose last row was taken back: it is empty, and ours.
pub(crate) const TRACE: &str = "counterfoil: every migration of this ledger was taken back";

/// The word for tables of the set's own that are there already.
pub(crate) const TABLES: &str = "tables";

/// What may be there before the first migration, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(default)]
// Exhaustive: callers build it.
pub struct Existing {
    /// Tools whose ledgers are of no concern (`goose`, `prisma`, …), and `tables` for tables that the migrations
    /// create.
    #[cfg_attr(feature = "wasm", tsify(type = "readonly ExistingName[]"))]
    pub ignore: Vec<String>,
}

impl Existing {
    /// Checks the words.
    ///
    /// # Errors
    ///
    /// `invalid-input` for one that names nothing.
    pub fn validate(&self) -> Result<(), Error> {
        let Some(wrong) = self.ignore.iter().find(|word| *word != TABLES && Tool::of_code(word).is_none()) else {
            return Ok(());
        };
        let known: Vec<&str> = TOOLS.iter().map(|known| known.code).chain([TABLES]).collect();
        Err(Error::new(Code::InvalidInput, format!("nothing that can be ignored is called {wrong:?}"))
            .with_help(format!("with the option `existing`, ignore one of: {}", known.join(", ")))
            .with_option(Mention::named("existing")))
    }

    /// The option that ignores these, as a help names it.
    pub(crate) fn as_option(words: &[&str]) -> Mention {
        Mention::valued("existing", words, format!("existing: {{ ignore: ['{}'] }}", words.join("', '")))
    }

    /// Whether this is ignored.
    pub fn ignores(&self, word: &str) -> bool {
        self.ignore.iter().any(|known| known == word)
    }
}

/// A table by its names. Without a schema it is where the session would create it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Name {
    /// The schema, if it is written.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
}

/// Another tool's ledger.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Found {
    /// Whose.
    pub tool: Tool,
    /// Where.
    pub table: Table,
    /// Whether this role sees all its rows.
    pub readable: bool,
}

/// What the look has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Seen {
    /// Other tools' ledgers.
    pub ledgers: Vec<Found>,
    /// Tables of the set's own that are there.
    pub tables: Vec<Table>,
    /// Whether any table is there, if those of the set's own were not asked for.
    pub any: bool,
    /// Whether our ledger says that it was emptied by going back.
    pub ours: bool,
    /// Whether our ledger has a row.
    pub rows: bool,
}

/// What another tool's ledger says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Says {
    /// What is applied, as our ledger would write it.
    pub applied: Vec<String>,
    /// What has begun and did not end.
    pub half: Vec<String>,
    /// Everything up to this version is applied.
    pub up_to: Option<String>,
}

/// What the statement that makes our ledger fails without: the look still sees what it saw, and ledgers that had
/// no applied row have none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LookAgain {
    /// The tables that the set creates.
    pub creates: Vec<Name>,
    /// What was seen.
    pub seen: Seen,
    /// Ledgers without an applied row.
    pub idle: Vec<Found>,
}

/// The look: a row for everything that is found, of `kind` (a tool's word, `tables`, `any`, `trace`, `rows`), `schema`,
/// `relation` and `readable`. `there`: our ledger is there, so whether it has rows can be asked. `creates`: the tables of
/// the set's own that are looked for; if none are named, whether there is any table.
///
/// All of it is read from the catalog's tables, so that it is one moment's: who sees a table of a migration sees the
/// ledger that was made before it. `here`: where tables without a schema are created, as an expression.
pub fn look(table: &Table, here: &str, creates: Option<&[Name]>, there: bool) -> String {
    let (schema, name) = (literal(&table.schema), literal(&table.name));
    let mut known = String::new();
    let mut own = Vec::new();
    for tool in TOOLS {
        for home in tool.homes {
            known.push_str(if known.is_empty() { "" } else { ", " });
            known.push_str(&signature(tool.code, home));
            own.extend(home.schema.map(literal));
        }
    }
    let mut sql = format!(
        "select distinct k.tool as kind, t.nspname::text as schema, t.relname::text as relation, \
         (pg_catalog.has_schema_privilege(t.nspname, 'usage') and pg_catalog.has_table_privilege(t.oid, 'select') \
         and not (t.relrowsecurity and pg_catalog.row_security_active(t.oid)))::text as readable \
         from (select c.oid, n.nspname, c.relname, c.relrowsecurity, \
         array(select a.attname || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod) \
         from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
         order by a.attname) as columns, \
         pg_catalog.array_to_string(array(select a.attname from pg_catalog.pg_index i \
         join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey) \
         where i.indrelid = c.oid and i.indisprimary order by a.attname), ',') as key, \
         case when {OF_RAILS} then 'dbmate' else 'rails' end as other \
         from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         where c.relkind in ('r', 'p') and c.relnatts <= 24 and not (n.nspname = {schema} and c.relname = {name}) \
         and n.nspname in ({schema}, {here}, {})) t \
         join (values {known}) k (tool, columns, more, key, name, usual, schema) \
         on ((t.columns = k.columns or k.more and t.columns @> k.columns) and t.key = coalesce(k.key, t.key) \
         and t.relname = coalesce(k.name, t.relname) or t.relname = k.usual \
         and array(select pg_catalog.split_part(c, ' ', 1) from pg_catalog.unnest(t.columns) c) \
         @> array(select pg_catalog.split_part(c, ' ', 1) from pg_catalog.unnest(k.columns) c)) \
         and (t.nspname in ({schema}, {here}) or t.nspname = k.schema) \
         and (k.tool <> t.other or k.columns <> array['version character varying'])",
        own.join(", ")
    );
    if creates.is_none() {
        sql.push_str(
            " union all select 'any', null, null, null where exists (select 1 from pg_catalog.pg_class c \
             join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
             where n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%')",
        );
    }
    if let Some(creates) = creates.filter(|creates| !creates.is_empty()) {
        let mut values = String::new();
        for Name { schema, table } in creates {
            values.push_str(if values.is_empty() { "(" } else { ", (" });
            values.push_str(&format!("{}, {})", nullable(schema.as_deref()), literal(table)));
        }
        // What `create table` would run into, and `if not exists` takes for it: every relation, an index too.
        sql.push_str(&format!(" union all select 'tables', n.nspname::text, c.relname::text, null from (values {values}) v (schema, name) \
             join pg_catalog.pg_namespace n on n.nspname = coalesce(v.schema::text, {here}) \
             join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = v.name"));
    }
    sql.push_str(&format!(
        " union all select 'trace', null, null, null from pg_catalog.pg_class c \
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = {schema} and c.relname = {name} \
         and pg_catalog.strpos(pg_catalog.obj_description(c.oid, 'pg_class'), {}) > 0",
        literal(TRACE)
    ));
    if there {
        sql.push_str(&format!(
            " union all select 'rows', null, null, null where exists (select 1 from {} where version is not null)",
            table.qualified()
        ));
    }
    sql
}

/// A form of a tool's table, as [`look`] compares it.
fn signature(code: &str, home: &Home) -> String {
    let mut columns: Vec<String> = home.columns.iter().map(|(name, kind)| literal(&format!("{name} {kind}"))).collect();
    // In the order of their names, in which no name is the beginning of another one's.
    ordered::sort(&mut columns);
    format!(
        "({}, array[{}], {}, {}::text, {}::text, {}::text, {}::text)",
        literal(code),
        columns.join(", "),
        if home.more { "true" } else { "false" },
        nullable(home.key),
        nullable(home.name),
        nullable(home.usual),
        nullable(home.schema)
    )
}

/// What the rows of [`look`] say.
pub fn seen(rows: &[TextRow]) -> Seen {
    let mut seen = Seen::default();
    for row in rows {
        let text = |name: &str| row.get(name).cloned().flatten();
        let table = || Table { schema: text("schema").unwrap_or_default(), name: text("relation").unwrap_or_default() };
        match text("kind").as_deref() {
            Some("any") => seen.any = true,
            Some("trace") => seen.ours = true,
            Some("rows") => seen.rows = true,
            Some(TABLES) => seen.tables.push(table()),
            Some(code) => {
                if let Some(tool) = Tool::of_code(code) {
                    let readable = text("readable").as_deref() == Some("true");
                    seen.ledgers.push(Found { tool, table: table(), readable });
                }
            }
            None => {}
        }
    }
    seen
}

impl Found {
    /// A ledger that is where somebody said.
    pub fn new(tool: Tool, table: Table) -> Self {
        Found { tool, table, readable: true }
    }

    /// A query of the tool's, of this table.
    fn query(&self, query: &str) -> String {
        query.replace("{}", &self.table.qualified())
    }

    /// What is applied, as a query of one column, `version`.
    pub(super) fn applied(&self) -> String {
        self.query(self.tool.known().map_or("select null::text as version from {} where false", |known| known.applied))
    }

    /// A query for a row more than none, if it says that something is applied or half-done. dbmate's ledger is another
    /// set's unless it has one of these versions.
    fn count(&self, versions: &[&str]) -> String {
        let mut sql = format!("select count(*) from ({}) a", self.applied());
        if self.tool == Tool::Dbmate {
            let versions: Vec<String> = versions.iter().map(|version| literal(version)).collect();
            // `in ()` is no SQL.
            let some = if versions.is_empty() { String::from("null") } else { versions.join(", ") };
            sql.push_str(&format!(" where version in ({some})"));
        }
        match self.tool.known().and_then(|known| known.half) {
            Some(half) => format!("({sql}) + (select count(*) from ({}) h)", self.query(half)),
            None => format!("({sql})"),
        }
    }
}

/// What the ledgers say: a row for each that can be read, with its place in the list as `place`. `versions` are those of
/// the set.
pub fn says(found: &[Found], versions: &[&str]) -> String {
    let mut out =
        String::from("select '' as place, null::text as applied, null::text as half, null::text as up_to where false");
    for (place, found) in found.iter().enumerate().filter(|(_, found)| found.readable) {
        let list = |query: &str| {
            format!("(select pg_catalog.string_agg(version, E'\\n' order by version collate \"C\") from ({query}) l)")
        };
        let known = found.tool.known();
        let nothing = || "null::text".to_owned();
        out.push_str(&format!(
            " union all select '{place}', case when {} > 0 then coalesce({}, '') end, {}, {}",
            found.count(versions),
            list(&found.applied()),
            known.and_then(|known| known.half).map_or_else(nothing, |half| list(&found.query(half))),
            known.and_then(|known| known.up_to).map_or_else(nothing, |up_to| format!("({})", found.query(up_to)))
        ));
    }
    out
}

/// What the rows of [`says`] say, in the order of the list; none of a ledger in which nothing is applied. One that
/// cannot be read may say anything.
pub fn read(found: &[Found], rows: &[TextRow]) -> Vec<Option<Says>> {
    let mut out: Vec<Option<Says>> = found.iter().map(|found| (!found.readable).then(Says::default)).collect();
    for row in rows {
        let text = |name: &str| row.get(name).cloned().flatten();
        let lines = |text: Option<String>| -> Vec<String> {
            text.iter().flat_map(|text| text.split('\n')).filter(|line| !line.is_empty()).map(str::to_owned).collect()
        };
        let place = text("place").and_then(|place| place.parse::<u64>().ok()).unwrap_or(u64::MAX) as usize;
        if let (Some(says), Some(applied)) = (out.get_mut(place), text("applied")) {
            *says = Some(Says { applied: lines(Some(applied)), half: lines(text("half")), up_to: text("up_to") });
        }
    }
    out
}

/// What another tool's ledger has that ours, into which it was taken over, has not.
pub(crate) fn news<'s>(tool: Tool, says: &'s Says, ledger: &Ledger) -> Vec<&'s str> {
    let kind = tool.known().map(|known| known.rows);
    let applied = says.applied.iter();
    if kind == Some(Rows::Hash) {
        // A hash is in no row of ours; each row of theirs became one.
        let taken = ledger.rows.iter().filter(|row| row.origin == Origin::Imported).count();
        return applied.skip(taken).map(String::as_str).collect();
    }
    let mut ours: Vec<String> = Vec::new();
    for row in &ledger.rows {
        let (version, name) = (row.version.as_str(), row.name.as_deref().unwrap_or_default());
        let dated = version.split('_').next().unwrap_or_default();
        ours.extend([key(version), key(dated), key(&format!("{version}{name}"))]);
    }
    ordered::sort(&mut ours);
    // All up to a baseline was taken for applied, and need not be there.
    let baseline = says.up_to.as_ref().filter(|_| kind != Some(Rows::Counter));
    applied.filter(|row| ours.binary_search(&key(row)).is_err() && baseline != Some(*row)).map(String::as_str).collect()
}

/// A version or a name by its letters, digits and dots: tools differ in what stands between them, and in the ending.
fn key(text: &str) -> String {
    let is_word = |ending: &str| ending.chars().all(char::is_alphabetic);
    let stem = text.rsplit_once('.').filter(|(_, ending)| is_word(ending)).map_or(text, |(stem, _)| stem);
    let letters: String = stem.chars().filter(|letter| letter.is_alphanumeric() || *letter == '.').collect();
    letters.trim_start_matches('0').to_owned()
}

/// A statement that fails unless the database is as it was seen.
pub(crate) fn look_again(table: &Table, here: &str, again: &LookAgain, versions: &[&str]) -> String {
    let mut idle = String::new();
    for found in &again.idle {
        idle.push_str(&format!(" and {} = 0", found.count(versions)));
    }
    // The column in the cast keeps the planner from trying it early.
    format!(
        "select case when l.seen = {}{idle} then 1 else ('counterfoil: the database has changed: ' || l.seen)::integer end \
         from (select coalesce(pg_catalog.string_agg(s.kind || ' ' || s.schema || '.' || s.relation, ', ' \
         order by (s.kind || ' ' || s.schema || '.' || s.relation) collate \"C\"), '') as seen \
         from ({}) s where s.kind not in ('trace', 'rows')) l",
        literal(&summary(&again.seen)),
        look(table, here, Some(&again.creates), false)
    )
}

/// What was seen, as [`look_again`] writes it.
fn summary(seen: &Seen) -> String {
    let line = |kind: &str, table: &Table| format!("{kind} {}.{}", table.schema, table.name);
    let ledgers = seen.ledgers.iter().map(|found| line(found.tool.code().unwrap_or_default(), &found.table));
    let mut lines: Vec<String> = ledgers.chain(seen.tables.iter().map(|table| line(TABLES, table))).collect();
    ordered::sort(&mut lines);
    lines.join(", ")
}

/// Leaves the trace on our ledger, if it has no row. What else its comment says stays.
pub(crate) fn trace(table: &Table, lock_timeout: u32) -> String {
    let qualified = table.qualified();
    let comment = literal(&format!("comment on table {qualified} is "));
    let body = format!(
        "begin perform pg_catalog.set_config('lock_timeout', '{lock_timeout}', true); \
         if not exists (select 1 from {qualified}) then execute {comment} || pg_catalog.quote_literal(pg_catalog.concat_ws(E'\\n', \
         nullif(pg_catalog.rtrim(pg_catalog.replace(pg_catalog.obj_description({}::pg_catalog.regclass, 'pg_class'), {}, ''), \
         E'\\n'), ''), {})); \
         end if; end",
        literal(&qualified),
        literal(TRACE),
        literal(TRACE)
    );
    format!("do {}", literal(&body))
}

#[cfg(test)]
mod tests {
    use super::super::Row;
    use super::*;

    #[track_caller]
    fn is_news(tool: Tool, theirs: &str, ours: &[(&str, &str)], expected: bool) {
        let row = |(version, name): &(&str, &str)| Row {
            version: (*version).to_owned(),
            name: Some((*name).to_owned()),
            origin: Origin::Imported,
            ..Row::default()
        };
        let ledger = Ledger { exists: true, rows: ours.iter().map(row).collect() };
        let says = Says { applied: vec![theirs.to_owned()], ..Says::default() };
        assert_eq!(!news(tool, &says, &ledger).is_empty(), expected, "{theirs} {ours:?}");
    }

    #[test]
    fn what_was_taken_over_is_no_news_however_each_writes_it() {
        is_news(Tool::Goose, "1", &[("00001", "a")], false);
        is_news(Tool::Goose, "2", &[("00001", "a")], true);
        is_news(Tool::Knex, "20240101000000_a_b.js", &[("20240101000000", "a_b")], false);
        is_news(Tool::Kysely, "2024-01-01_a", &[("20240101", "a")], false);
        is_news(Tool::Diesel, "20240101000000", &[("2024-01-01-000000_a", "a")], false);
        is_news(Tool::SqlMigrate, "1_a.sql", &[("1_a.sql", "a")], false);
        is_news(Tool::GraphileMigrate, "000001.sql", &[("000001", "accounts")], false);
        is_news(Tool::Flyway, "1.1", &[("1.1", "a")], false);
        is_news(Tool::Flyway, "1.1", &[("11", "a")], true);
        is_news(Tool::Alembic, "ae1027a6acf", &[("ae1027a6acf", "")], false);
        is_news(Tool::Drizzle, "a hash", &[("0000_a", "a")], false);
        is_news(Tool::Drizzle, "a hash", &[], true);
    }
}
