//! The errors about a database that somebody else has migrated, and how to go on from there.

use super::Table;
use super::foreign::{Existing, Found, Says, TABLES};
use super::tools::{Rows, Tool};
use crate::error::{Code, Error};
use crate::finding::list;
use crate::mention::{Mention, quoted};
use crate::migration::Catalog;
use crate::version::Version;

/// What to do where only of the migrations `told` it is known that they have run: what is guessed is never run, nor passed
/// over.
pub(crate) fn look_at_each(told: &[&str], catalog: &Catalog) -> (String, Mention) {
    let versions = catalog.migrations.iter().filter(|m| !m.repeatable).map(|m| m.version.as_str());
    let others: Vec<&str> = versions.filter(|version| !told.contains(version)).collect();
    let stamp = Mention::stamp("", told);
    let mut help = String::new();
    if !others.is_empty() {
        help = format!("nobody can tell from here whether {} ran: look at each, and ", list(&others));
    }
    help.push_str(&format!("mark what has run: {}; and look at the plan before you run it", stamp.text));
    (help, stamp)
}

fn names(rows: &[String]) -> String {
    list(&rows.iter().map(String::as_str).collect::<Vec<_>>())
}

/// What the rows of the ledger come to, in words.
fn in_words(found: &Found, says: &Says, catalog: &Catalog) -> String {
    let rows = found.tool.known().map(|known| known.rows);
    let version = |row: &&String| Version::new(row.as_str(), catalog.convention.identity());
    // A hash tells nobody anything.
    let newest = says.applied.iter().max_by_key(version).filter(|_| rows != Some(Rows::Hash));
    let mut out = match (says.applied.len(), newest) {
        _ if !found.readable => return String::from(", and this role may not read all of it"),
        (0, _) => String::new(),
        (_, Some(newest)) if rows == Some(Rows::Counter) => {
            format!(", and says that everything up to {newest} is applied")
        }
        (1, Some(newest)) => format!(", and says that {newest} is applied"),
        (1, None) => String::from(", and says that 1 migration is applied"),
        (count, Some(newest)) => {
            format!(", and says that {count} migrations are applied, the last of them {newest}")
        }
        (count, None) => format!(", and says that {count} migrations are applied"),
    };
    if !says.half.is_empty() {
        out.push_str(&format!(", and that {} has not come to its end", names(&says.half)));
    }
    out
}

/// A database that another tool has migrated. `own`: its table has the name that our ledger was to
/// have, which is to have this one.
pub(crate) fn foreign(
    found: &Found,
    says: Option<&Says>,
    others: &[&Found],
    own: Option<&str>,
    catalog: &Catalog,
) -> Error {
    let theirs = found.table.qualified();
    let mut message = match found.tool {
        Tool::Unknown => {
            format!("the table {theirs} is not a ledger that counterfoil knows: it may be another tool's")
        }
        tool => {
            let says = says.map_or_else(String::new, |says| in_words(found, says, catalog));
            format!("the table {theirs} is the ledger of {}{says}", tool.name())
        }
    };
    for other in others {
        message.push_str(&format!("; {} is the ledger of {}", other.table.qualified(), other.tool.name()));
    }
    let (mut help, mut options) = (String::from("nothing was run; "), Vec::new());
    match says {
        // Nothing is applied by it: only its name is in the way.
        None => help.push_str("no migration is applied by it: drop it if nobody needs it, or "),
        _ if !found.readable || found.tool == Tool::Unknown => {
            let (each, stamp) = look_at_each(&[], catalog);
            help.push_str(&each);
            options.push(stamp);
        }
        _ => {
            let import = Mention::import(own);
            help.push_str(&format!("to go on from there, take it over: {}", import.text));
            options.push(import);
        }
    }
    if let Some(beside) = own {
        help.push_str(if says.is_some() { "; for that and from then on, " } else { "" });
        help.push_str(&format!("name {} with the option `table`", quoted(beside)));
        options.push(Mention::named("table"));
    } else {
        let words: Vec<&str> =
            std::iter::once(found).chain(others.iter().copied()).filter_map(|f| f.tool.code()).collect();
        let option = Existing::as_option(&words);
        help.push_str(&format!("; if that is of no concern to these migrations, say so: {}", option.text));
        options.push(option);
    }
    Error::new(Code::ForeignLedger, message).with_help(help).with_options(options)
}

/// A table that the set creates is there already. `versions`: of whose tables one is there.
pub(crate) fn not_empty(
    there: &Table,
    more: usize,
    path: &str,
    table: &Table,
    versions: &[&str],
    catalog: &Catalog,
) -> Error {
    let mut message = format!("{path} creates {}, which is there already", there.qualified());
    if more > 0 {
        message.push_str(&format!(", and so {}", if more == 1 { "is one more table" } else { "are more tables" }));
    }
    message.push_str(&format!(", and no migration is recorded in {}", table.qualified()));
    let option = Existing::as_option(&[TABLES]);
    let (each, stamp) = look_at_each(versions, catalog);
    let help = format!(
        "nothing was run; if migrations have run here that counterfoil does not know of, each needs a row, or it runs a \
         second time: `counterfoil stamp --proved` records those that have made this schema; without that {each}; if the tables may be \
         there, say so: {}",
        option.text
    );
    Error::new(Code::DatabaseNotEmpty, message).with_help(help).with_option(stamp).with_option(option)
}
