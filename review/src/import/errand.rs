//! The errand: which ledger, what it says, and what is to be written.

use super::IMPORTERS;
use super::asked::Import;
use super::draw;
use super::importer::Importer;
use crate::amend::{Draft, Errand, Seen, must};
use counterfoil::ledger::foreign::{self, Found};
use counterfoil::ledger::statements::{self, TextRow};
use counterfoil::ledger::{Table, Tool};
use counterfoil::mention::{Mention, quoted};
use counterfoil::run::Setup;
use counterfoil::sql::quote::{identifier, literal};
use counterfoil::{Code, Error};

/// Which ledger is asked for.
#[derive(Default)]
struct From {
    tool: Option<Tool>,
    table: Option<Table>,
}

/// Which ledger it is, as far as is known.
enum Which {
    /// This one.
    This(Found),
    /// One of these: whose has something applied?
    OneOf(Vec<Found>),
}

impl Errand for Import {
    fn question(&self, setup: &Setup, seen: &Seen, heard: &[Vec<TextRow>]) -> Result<Option<String>, Error> {
        let from = self.from(setup)?;
        let Some(looked) = heard.first() else {
            return Ok(Some(match &from.table {
                Some(table) => statements::shape(table),
                None => foreign::look(&setup.options.table, &setup.here(), Some(&[]), false),
            }));
        };
        let (found, rest) = match (which(setup, seen, &from, looked)?, &heard[1..]) {
            (Which::This(found), rest) => (found, rest),
            (Which::OneOf(found), []) => return Ok(Some(foreign::says(&found, &versions(setup)))),
            (Which::OneOf(found), [said, rest @ ..]) => (one_of(setup, &found, said)?, rest),
        };
        if !rest.is_empty() {
            return Ok(None);
        }
        if !found.readable {
            let theirs = found.table.qualified();
            let message = format!(
                "the table {theirs} is the ledger of {}, and this role may not read all of it",
                found.tool.name()
            );
            return Err(Error::new(Code::ForeignLedger, message).with_help(format!(
                "let its owner say: grant select on {theirs} to the role that this runs as; nothing was written"
            )));
        }
        let query = query(importer(found.tool)?, &found.table);
        Ok(Some(format!(
            "with q as materialized ({query}) select q.*, d.*, r.* from (select {DIGEST} as digest from q) d \
             cross join ({}) r left join (select *, 'true' as there from q) q on true",
            rights(&found.table)
        )))
    }

    fn draft(&self, setup: &Setup, seen: &Seen, heard: &[Vec<TextRow>]) -> Result<Draft, Error> {
        let from = self.from(setup)?;
        let [looked, rest @ ..] = heard else { return Ok(Draft::default()) };
        let (found, rest) = match (which(setup, seen, &from, looked)?, rest) {
            (Which::This(found), rest) => (found, rest),
            (Which::OneOf(found), [said, rest @ ..]) => (one_of(setup, &found, said)?, rest),
            (Which::OneOf(_), []) => return Ok(Draft::default()),
        };
        let rows = rest.first().map_or(&[][..], Vec::as_slice);
        let importer = importer(found.tool)?;
        let theirs = found.table.qualified();
        allowed(&theirs, rows)?;
        let digest = rows.first().and_then(|row| row.get("digest").cloned().flatten()).unwrap_or_default();
        let mut draft = draw::draw(self, setup, seen, importer, &theirs, rows)?;
        let query = format!("select {DIGEST} as digest from ({}) q", query(importer, &found.table));
        draft.first = vec![format!("lock table {theirs} in share mode"), must(&query, "digest", &digest)];
        draft.basis = vec![found.tool.code().unwrap_or_default().to_owned(), theirs, digest];
        Ok(draft)
    }

    fn taken(&self, setup: &Setup, tool: Tool) -> Error {
        let theirs = setup.options.table.qualified();
        let what = match tool {
            Tool::Unknown => format!("the table {theirs} is no ledger that counterfoil knows"),
            tool => format!("the table {theirs} is the ledger of {}, and stays as it is", tool.name()),
        };
        let beside = setup.options.beside("counterfoil_migrations");
        let option = Mention::valued("table", &[&beside], format!("table: {}", quoted(&beside)));
        let help = format!("nothing was written; give ours another name, here and in every run: {}", option.text);
        Error::new(Code::ForeignLedger, what).with_help(help).with_option(option)
    }
}

/// The digest of all rows of a query `q`, whatever their order.
const DIGEST: &str = "pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(pg_catalog.string_agg(q::text, \
                      E'\\n' order by q::text collate \"C\"), ''), 'UTF8')), 'hex')";

/// What this role may do with a table: one row, of `role`, `hidden` (row security may keep rows from it) and `locks`
/// (`LOCK TABLE … IN SHARE MODE` wants one of these rights; PostgreSQL manual, LOCK).
fn rights(table: &Table) -> String {
    let oid = format!("{}::pg_catalog.regclass", literal(&table.qualified()));
    format!(
        "select current_user::text as role, pg_catalog.row_security_active({oid})::text as hidden, \
         (pg_catalog.has_table_privilege({oid}, 'update') or pg_catalog.has_table_privilege({oid}, 'delete') \
         or pg_catalog.has_table_privilege({oid}, 'truncate'))::text as locks"
    )
}

/// Whether its rows can be read whole, and be kept from changing.
fn allowed(theirs: &str, rows: &[TextRow]) -> Result<(), Error> {
    let says = |name: &str, what: &str| {
        rows.first().and_then(|row| row.get(name)).is_some_and(|cell| cell.as_deref() == Some(what))
    };
    let role = rows.first().and_then(|row| row.get("role").cloned().flatten()).unwrap_or_default();
    let role = identifier(&role);
    if says("hidden", "true") {
        let message = format!("row security may keep rows of {theirs} from the role {role}");
        let help = "connect as its owner, or as a role with BYPASSRLS; nothing was written";
        return Err(Error::new(Code::DatabaseFailed, message).with_help(help));
    }
    if says("locks", "false") {
        let message =
            format!("the role {role} may not lock {theirs}, so that nobody writes to it while it is taken over");
        let help = format!("let its owner say: grant update on {theirs} to {role}; nothing was written");
        return Err(Error::new(Code::DatabaseFailed, message).with_help(help));
    }
    Ok(())
}

/// Whether somebody holds the lock of a tool that keeps it in a table beside its ledger, named as that is with `_lock`.
fn lock(table: &Table) -> String {
    format!(
        "(select pg_catalog.strpos(pg_catalog.query_to_xml('select 1 as held from ' || c.oid::pg_catalog.regclass || \
         ' where is_locked = 1', true, true, '')::text, '<held>') > 0 from pg_catalog.pg_class c \
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = {} and c.relname = {} \
         and pg_catalog.has_table_privilege(c.oid, 'select'))::text",
        literal(&table.schema),
        literal(&format!("{}_lock", table.name))
    )
}

/// The query of a tool's rows, of this table.
fn query(importer: &Importer, table: &Table) -> String {
    // Piece by piece: a name may have braces.
    let parts =
        importer.query.split("{lock}").map(|part| part.split("{}").collect::<Vec<_>>().join(&table.qualified()));
    parts.collect::<Vec<_>>().join(&lock(table))
}

fn importer(tool: Tool) -> Result<&'static Importer, Error> {
    let unknown = || Error::new(Code::InvalidInput, format!("the ledger of {} cannot be taken over", tool.name()));
    IMPORTERS.iter().find(|importer| importer.tool == tool).ok_or_else(unknown)
}

fn versions(setup: &Setup) -> Vec<&str> {
    setup.catalog.migrations.iter().map(|migration| migration.version.as_str()).collect()
}

impl Import {
    fn from(&self, setup: &Setup) -> Result<From, Error> {
        let Some(from) = &self.from else { return Ok(From::default()) };
        let (tool, table) = from.split_once('=').map_or((&**from, None), |(tool, table)| (tool, Some(table)));
        let table = table.map(|table| {
            let (schema, name) = table.split_once('.').unwrap_or((&setup.options.table.schema, table));
            Table { schema: schema.to_owned(), name: name.to_owned() }
        });
        if table.as_ref().is_some_and(|table| table.schema.is_empty() || table.name.is_empty()) {
            return Err(Error::new(Code::InvalidInput, format!("{from:?} names no table"))
                .with_help("write the tool, or the tool with its table: goose=schema.table")
                .with_option(Mention::named("from")));
        }
        Ok(From { tool: Some(tool.parse()?), table })
    }
}

/// Which ledger is meant, from what was found.
fn which(setup: &Setup, seen: &Seen, from: &From, looked: &[TextRow]) -> Result<Which, Error> {
    let ours = &setup.options.table;
    if let (Some(tool), Some(table)) = (from.tool, &from.table) {
        if table == ours {
            return Err(is_ours(table, tool));
        }
        let columns: Vec<&str> = looked.iter().filter_map(|row| row.get("name")?.as_deref()).collect();
        if columns.is_empty() {
            return Err(Error::new(Code::InvalidInput, format!("there is no table {}", table.qualified()))
                .with_help("see that its schema is named, too: goose=schema.table")
                .with_option(Mention::named("from")));
        }
        if !tool.is_known_by(&columns) {
            let message = format!("the table {} has not the columns of a ledger of {}", table.qualified(), tool.name());
            return Err(Error::new(Code::InvalidInput, message)
                .with_help(format!("it has {}", columns.join(", ")))
                .with_option(Mention::named("from")));
        }
        return Ok(Which::This(Found::new(tool, table.clone())));
    }
    let mut found = foreign::seen(looked).ledgers;
    found.retain(|found| from.tool.is_none_or(|tool| found.tool == tool));
    if found.len() > 1 {
        return Ok(Which::OneOf(found));
    }
    found.pop().map(Which::This).ok_or_else(|| none(from.tool, ours, seen))
}

/// There is no ledger of another tool.
fn none(tool: Option<Tool>, ours: &Table, seen: &Seen) -> Error {
    let rows = seen.ledger.rows.len();
    if tool == Some(Tool::Dbmate) && rows > 0 {
        return is_ours(ours, Tool::Dbmate);
    }
    let whose = tool.map_or("another tool", Tool::name);
    // Such as the rows that dbmate has written into it.
    let own = match rows {
        0 => String::new(),
        1 => format!("1 row of {} counts as it is, and has not to be taken over; ", ours.qualified()),
        rows => format!("{rows} rows of {} count as they are, and have not to be taken over; ", ours.qualified()),
    };
    let code = tool.and_then(Tool::code).unwrap_or("goose");
    let named = format!("{code}=schema.table");
    let from = Mention::valued("from", &[&named], format!("from: {}", quoted(&named)));
    Error::new(Code::InvalidInput, format!("there is no ledger of {whose} here"))
        .with_help(format!(
            "{own}looked for were tables as the tools make them, in {}, the session's schema and the tools' own: if it lies \
             elsewhere or has another name, name it: {}; nothing was written",
            identifier(&ours.schema),
            from.text
        ))
        .with_option(from)
}

/// Its ledger is ours: there is nothing to take over.
fn is_ours(table: &Table, tool: Tool) -> Error {
    let message = format!("{} is ours, and no other ledger of {} is here", table.qualified(), tool.name());
    let help = match tool {
        Tool::Dbmate => "its rows count as they are: go on with `up`",
        _ => "give ours another name with the option `table`",
    };
    let error = Error::new(Code::InvalidInput, message).with_help(help);
    if tool == Tool::Dbmate { error } else { error.with_option(Mention::named("table")) }
}

/// Of several the one in which something is applied.
fn one_of(setup: &Setup, found: &[Found], said: &[TextRow]) -> Result<Found, Error> {
    let says = foreign::read(found, said);
    let at_work: Vec<&Found> =
        found.iter().zip(&says).filter(|(_, says)| says.is_some()).map(|(found, _)| found).collect();
    match at_work[..] {
        [] => Ok(found[0].clone()),
        [one] => Ok(one.clone()),
        _ => {
            let named: Vec<String> = at_work
                .iter()
                .map(|found| format!("{} is the ledger of {}", found.table.qualified(), found.tool.name()))
                .collect();
            let values: Vec<String> = at_work
                .iter()
                .map(|Found { tool, table, .. }| {
                    let code = tool.code().unwrap_or_default();
                    // The first dot ends the schema; in ours the name alone does.
                    match table.schema == setup.options.table.schema && table.schema.contains('.') {
                        true => format!("{code}={}", table.name),
                        false => format!("{code}={}.{}", table.schema, table.name),
                    }
                })
                .collect();
            let texts: Vec<String> = values.iter().map(|value| format!("from: {}", quoted(value))).collect();
            let mut error = Error::new(Code::ForeignLedger, named.join("; "))
                .with_help(format!("say which of them counts: {}; nothing was written", texts.join(", or ")));
            for (value, text) in values.iter().zip(texts) {
                error = error.with_option(Mention::valued("from", &[value], text));
            }
            Err(error)
        }
    }
}
