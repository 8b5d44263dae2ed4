//! How to go on by hand where another tool has migrated the database, and the errors that say so.
//!
//! What is applied is written into a ledger of the one column that makes a table ours; the rest is
//! added when the next run writes to it.

use super::Table;
use super::foreign::{Found, Says};
use super::tools::{Rows, Tool};
use crate::error::{Code, Error};
use crate::migration::{Catalog, Migration};
use crate::sql::quote::{identifier, literal};
use crate::version::Version;

/// Makes a ledger of the one column that it needs.
pub(crate) fn create(table: &Table) -> String {
    let mut sql = String::new();
    if table.schema != "public" {
        sql.push_str(&format!("create schema if not exists {}; ", identifier(&table.schema)));
    }
    sql.push_str(&format!("create table {} (version varchar(128) primary key); ", table.qualified()));
    sql
}

/// Writes down that these are applied.
pub(crate) fn insert<'a>(table: &Table, versions: impl Iterator<Item = &'a str>) -> String {
    let rows: Vec<String> = versions.map(|version| format!("({})", literal(version))).collect();
    format!("insert into {} (version) values {}", table.qualified(), rows.join(", "))
}

fn known_by_hash(found: &Found) -> bool {
    found.tool.known().is_some_and(|known| known.rows == Rows::Hash)
}

/// Which migrations of the set the other tool has applied. None: what it says is not to be told from a set of files.
fn applied<'a>(tool: Tool, says: &'a Says, catalog: &'a Catalog) -> Option<Vec<&'a str>> {
    let identity = catalog.convention.identity();
    let rows = tool.known().map_or(Rows::Other, |known| known.rows);
    let up_to = says.up_to.as_deref().map(|version| Version::new(version, identity));
    let is_applied = |migration: &Migration| {
        let is = |row: &String| match rows {
            Rows::Same => Version::new(row.as_str(), identity) == migration.version,
            Rows::Hash => hashes(migration).contains(row),
            Rows::Dated => {
                let date = migration.version.as_str().split('_').next().unwrap_or_default();
                date.replace('-', "") == *row
            }
            Rows::Counter | Rows::Other => false,
        };
        up_to.as_ref().is_some_and(|up_to| !migration.repeatable && migration.version <= *up_to)
            || says.applied.iter().any(is)
    };
    if rows == Rows::Other {
        return None;
    }
    let found = catalog.migrations.iter().filter(|m| is_applied(m));
    if rows == Rows::Hash && !hashes_agree(says, catalog) {
        // It counts, and does not compare: a file that was edited later is applied all the same.
        return Some(catalog.migrations.iter().take(says.applied.len()).map(|m| m.version.as_str()).collect());
    }
    Some(found.map(|m| m.version.as_str()).collect())
}

/// Whether every hash is a file's.
fn hashes_agree(says: &Says, catalog: &Catalog) -> bool {
    says.applied.iter().all(|row| catalog.migrations.iter().any(|migration| hashes(migration).contains(row)))
}

/// The SHA-256 of a file with either kind of line ending.
fn hashes(migration: &Migration) -> [String; 2] {
    let bare = |text: &str| crate::checksum::checksum(text)["sha256:".len()..].to_owned();
    let text = &migration.up.text;
    [bare(text), bare(&text.replace("\n", "\r\n"))]
}

/// The SQL that takes over what another tool's ledger says, as far as it can be told.
fn take_over(found: &Found, says: &Says, table: &Table, exists: bool, catalog: &Catalog) -> String {
    let mut sql = if exists { String::new() } else { create(table) };
    let same = found.tool.known().is_some_and(|known| known.rows == Rows::Same);
    if same && says.up_to.is_none() {
        sql.push_str(&format!("insert into {} (version) {}", table.qualified(), found.applied()));
        return sql;
    }
    match applied(found.tool, says, catalog) {
        Some(versions) if !versions.is_empty() => sql.push_str(&insert(table, versions.into_iter())),
        _ => sql.push_str(&insert(table, catalog.migrations.iter().map(|m| m.version.as_str()).take(1))),
    }
    sql
}

/// What the rows of the ledger come to, in words.
fn in_words(found: &Found, says: &Says, catalog: &Catalog) -> String {
    let counter = found.tool.known().is_some_and(|known| known.rows == Rows::Counter);
    let version = |row: &&String| Version::new(row.as_str(), catalog.convention.identity());
    // A hash tells nobody anything.
    let newest = says.applied.iter().max_by_key(version).filter(|_| !known_by_hash(found));
    let mut out = match (says.applied.len(), newest) {
        _ if !found.readable => return String::from(", and this role may not read all of it"),
        (0, _) => String::new(),
        (_, Some(newest)) if counter => format!(", and says that everything up to {newest} is applied"),
        (1, Some(newest)) => format!(", and says that {newest} is applied"),
        (1, None) => String::from(", and says that 1 migration is applied"),
        (count, Some(newest)) => {
            format!(", and says that {count} migrations are applied, the last of them {newest}")
        }
        (count, None) => format!(", and says that {count} migrations are applied"),
    };
    if let Some(half) = says.half.first() {
        out.push_str(&format!(", and that {half} has not come to its end"));
    }
    out
}

/// A database that another tool has migrated. `own`: its table has the name that our ledger was to have. `exists`: our
/// ledger is there, without rows.
pub(crate) fn foreign(
    found: &Found,
    says: Option<&Says>,
    others: &[&Found],
    own: bool,
    exists: bool,
    table: &Table,
    catalog: &Catalog,
) -> Error {
    let theirs = found.table.qualified();
    let nothing = Says::default();
    let mut message = match found.tool {
        Tool::Unknown => {
            format!("the table {theirs} is not a ledger that counterfoil knows: it may be another tool's")
        }
        tool => {
            format!(
                "the table {theirs} is the ledger of {}{}",
                tool.name(),
                in_words(found, says.unwrap_or(&nothing), catalog)
            )
        }
    };
    for other in others {
        message.push_str(&format!("; {} is the ledger of {}", other.table.qualified(), other.tool.name()));
    }
    // Its table stays as it is: the tool would begin from nothing without it.
    let beside = Table {
        schema: table.schema.clone(),
        name: if table.name == "counterfoil_migrations" { "counterfoil_ledger" } else { "counterfoil_migrations" }
            .into(),
    };
    let ours = if own { &beside } else { table };
    let named = || format!("name {} with the option `table`", literal(&format!("{}.{}", ours.schema, ours.name)));
    let mut help = String::from("nothing was run; ");
    let Some(says) = says else {
        // Nothing is applied by it: only its name is in the way.
        help.push_str(&format!("no migration is applied by it: drop it if nobody needs it, or {}", named()));
        return Error::new(Code::ForeignLedger, message).help(help);
    };
    if let Some(half) = says.half.first() {
        help.push_str(&format!("first see how much of {half} is in the database, and finish or undo it; "));
    }
    let versions = applied(found.tool, says, catalog);
    let can_tell = found.readable && versions.as_ref().is_some_and(|versions| !versions.is_empty());
    let same = found.tool.known().is_some_and(|known| known.rows == Rows::Same) && says.up_to.is_none();
    help.push_str(match (can_tell || (same && found.readable), versions) {
        (true, _) => "to go on from there, write what it says into a ledger of counterfoil's: ",
        (false, Some(_)) if found.readable => {
            "none of it is a migration of this set; to go on from there, write a row for each migration that is applied: "
        }
        (false, _) => "to go on from there, write a row for each migration that is applied: ",
    });
    help.push_str(&take_over(found, says, ours, exists && !own, catalog));
    if found.readable && known_by_hash(found) && !hashes_agree(says, catalog) {
        help.push_str(" (its hashes are not all those of these files: see that these are the right ones)");
    }
    help.push_str("; and look at the plan before you run it");
    if own {
        help.push_str(&format!(", and {} from then on", named()));
    } else {
        let words: Vec<&str> =
            std::iter::once(found).chain(others.iter().copied()).filter_map(|f| f.tool.code()).collect();
        help.push_str(&format!(
            "; if that is of no concern to these migrations, say so: existing: {{ ignore: ['{}'] }}",
            words.join("', '")
        ));
    }
    Error::new(Code::ForeignLedger, message).help(help)
}

/// A table that the set creates is there already. `versions`: what would be run.
pub(crate) fn not_empty(
    there: &Table,
    more: usize,
    path: &str,
    exists: bool,
    table: &Table,
    versions: &[&str],
) -> Error {
    let mut message = format!("{path} creates {}, which is there already", there.qualified());
    if more > 0 {
        message.push_str(&format!(", and so {}", if more == 1 { "is one more table" } else { "are more tables" }));
    }
    message.push_str(&format!(", and no migration is recorded in {}", table.qualified()));
    let make = if exists { String::new() } else { create(table) };
    let help = format!(
        "nothing was run; if migrations are applied here that counterfoil does not know of, write a row for each of them: \
         {make}{}; and look at the plan before you run it; if the tables may be there, say so: existing: {{ ignore: ['tables'] }}",
        insert(table, versions.iter().copied())
    );
    Error::new(Code::DatabaseNotEmpty, message).help(help)
}
