//! How to go on by hand where another tool has migrated the database, and the errors that say so.
//!
//! What is applied is written into a ledger of the one column that makes a table ours; the rest is
//! added when the next run writes to it.

use super::Table;
use super::foreign::{Existing, Found, Says, TABLES};
use super::tools::{Rows, Tool};
use crate::error::{Code, Error};
use crate::finding::{MANY, list};
use crate::mention::Mention;
use crate::migration::{Catalog, Migration};
use crate::sql::quote::{identifier, literal};
use crate::version::{Identity, Version};

/// Makes a ledger of the one column that it needs.
pub(crate) fn create(table: &Table) -> String {
    let mut sql = String::new();
    if table.schema != "public" {
        sql.push_str(&format!("create schema if not exists {}; ", identifier(&table.schema)));
    }
    sql.push_str(&format!("create table {} (version varchar(128) primary key); ", table.qualified()));
    sql
}

/// Writes down that `told` have run. The others, of which nobody can tell, stand in a comment: what is guessed is never
/// run, nor passed over.
pub(crate) fn insert(table: &Table, told: &[&str], others: &[&str]) -> String {
    let rows = |versions: &[&str]| {
        let rows: Vec<String> = versions.iter().map(|version| format!("({})", literal(version))).collect();
        rows.join(", ")
    };
    let mut sql = format!("insert into {} (version) values {}", table.qualified(), rows(told));
    if !others.is_empty() {
        let (shown, more) = others.split_at(others.len().min(MANY));
        sql.push_str(if told.is_empty() { "/* " } else { " /* , " });
        sql.push_str(&rows(shown));
        sql.push_str(if more.is_empty() { " */" } else { ", … */" });
    }
    sql
}

/// What to do where only of the migrations `told` it is known that they have run. `first` is SQL that comes before, such as
/// what makes the ledger; `recorded`: they have their rows by then.
pub(crate) fn look_at_each(table: &Table, first: &str, told: &[&str], recorded: bool, catalog: &Catalog) -> String {
    let versions = catalog.migrations.iter().filter(|m| !m.repeatable).map(|m| m.version.as_str());
    let others: Vec<&str> = versions.filter(|version| !told.contains(version)).collect();
    let mut help = String::new();
    if !others.is_empty() {
        help = format!("nobody can tell from here whether {} ran: look at each, and ", list(&others));
    }
    help.push_str("write a row for each migration that has run: ");
    help.push_str(first);
    if !recorded || !others.is_empty() {
        help.push_str(&insert(table, if recorded { &[] } else { told }, &others));
    } else {
        help.truncate(help.len() - "; ".len());
    }
    help.push_str(LOOK);
    help
}

const LOOK: &str = "; and look at the plan before you run it";

fn known_by_hash(found: &Found) -> bool {
    found.tool.known().is_some_and(|known| known.rows == Rows::Hash)
}

/// What another tool's ledger says of this set.
#[derive(Default)]
struct Told<'a> {
    /// What has run.
    applied: Vec<&'a str>,
    /// What has begun and did not end.
    half: Vec<&'a str>,
    /// What this set has no file for.
    strange: Vec<&'a str>,
}

/// A version or a name as another tool writes it. Names are compared by their letters and digits: tools differ in what
/// stands between them, and in the ending.
struct Key {
    versions: [Version; 2],
    names: [String; 2],
}

impl Key {
    fn new(row: &str, identity: Identity) -> Key {
        let is_word = |ending: &str| ending.chars().all(char::is_alphabetic);
        let stem = row.rsplit_once('.').filter(|(_, ending)| is_word(ending)).map_or(row, |(stem, _)| stem);
        let version = |text: &str| Version::new(text, identity);
        Key { versions: [version(row), version(stem)], names: [letters(row), letters(stem)] }
    }

    /// Whether it is this migration. `named`: its version with its name, and alone, by their letters and digits.
    fn is(&self, version: &Version, named: &[String; 2]) -> bool {
        let is_name = |name: &&String| name.contains(char::is_alphabetic);
        self.versions.contains(version) || self.names.iter().filter(is_name).any(|name| named.contains(name))
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).collect()
}

/// What the other tool says of the set. None: that is not to be told from a set of files.
fn told<'a>(found: &Found, says: &'a Says, catalog: &'a Catalog) -> Option<Told<'a>> {
    let identity = catalog.convention.identity();
    let rows = found.tool.known().map_or(Rows::Other, |known| known.rows);
    if rows == Rows::Other || !found.readable {
        return None;
    }
    let mut told = Told::default();
    if rows == Rows::Hash {
        // It counts, and does not compare: a file that was edited later is applied all the same.
        let (all, count) = (hashes_agree(says, catalog), says.applied.len());
        let is = |(at, m): &(usize, &Migration)| {
            if all { hashes(m).iter().any(|hash| says.applied.contains(hash)) } else { *at < count }
        };
        told.applied = catalog.migrations.iter().enumerate().filter(is).map(|(_, m)| m.version.as_str()).collect();
        return Some(told);
    }
    let up_to = says.up_to.as_deref().map(|version| Version::new(version, identity));
    let keys = |rows: &[String]| rows.iter().map(|row| Key::new(row, identity)).collect::<Vec<_>>();
    let (applied, half) = (keys(&says.applied), keys(&says.half));
    let mut known = vec![false; applied.len()];
    // With what is not run here, and what a baseline stands for: they may have run, too.
    let files = catalog.migrations.iter().map(|m| (&m.version, m.name.as_str(), !m.repeatable));
    let in_code = catalog.not_run.iter().filter_map(|file| Some((file.turn.version()?, file.name.as_str(), true)));
    let replaced = catalog.migrations.iter().flat_map(|m| &m.replaces).map(|replaced| (&replaced.version, "", false));
    let mut seen: Vec<&Version> = Vec::new();
    for (version, name, counts) in files.chain(in_code).chain(replaced) {
        let text = version.as_str();
        let alone = match rows {
            Rows::Dated => text.split('_').next().unwrap_or_default(),
            _ => text.strip_suffix(".sql").unwrap_or(text),
        };
        let named = [letters(&format!("{text}{name}")), letters(alone)];
        let is = |key: &Key| key.is(version, &named) || (rows == Rows::Dated && key.names.contains(&named[1]));
        let mut has_run = counts && up_to.as_ref().is_some_and(|up_to| version <= up_to);
        for (key, known) in applied.iter().zip(&mut known) {
            if is(key) {
                *known = true;
                has_run |= rows != Rows::Counter;
            }
        }
        if seen.contains(&version) {
            continue;
        }
        seen.push(version);
        if half.iter().any(is) {
            told.half.push(text);
        } else if has_run {
            told.applied.push(text);
        }
    }
    let strange = says.applied.iter().zip(known).filter(|(row, known)| !known && says.up_to.as_ref() != Some(*row));
    told.strange = strange.map(|(row, _)| row.as_str()).collect();
    Some(told)
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

fn names(rows: &[String]) -> String {
    list(&rows.iter().map(String::as_str).collect::<Vec<_>>())
}

/// What the rows of the ledger come to, in words.
fn in_words(found: &Found, says: &Says, told: Option<&Told<'_>>, catalog: &Catalog) -> String {
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
    if !says.half.is_empty() {
        out.push_str(&format!(", and that {} has not come to its end", names(&says.half)));
    }
    if let Some(told) = told.filter(|told| !told.strange.is_empty()) {
        out.push_str(&format!(", but this set has no file for {}", list(&told.strange)));
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
    let told = says.and_then(|says| told(found, says, catalog));
    let nothing = Says::default();
    let mut message = match found.tool {
        Tool::Unknown => {
            format!("the table {theirs} is not a ledger that counterfoil knows: it may be another tool's")
        }
        tool => {
            format!(
                "the table {theirs} is the ledger of {}{}",
                tool.name(),
                in_words(found, says.unwrap_or(&nothing), told.as_ref(), catalog)
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
        return Error::new(Code::ForeignLedger, message).with_help(help).with_option(Mention::named("table"));
    };
    let words: Vec<&str> = std::iter::once(found).chain(others.iter().copied()).filter_map(|f| f.tool.code()).collect();
    let option = Existing::as_option(&words);
    let ignore = &*option.text;
    let make = if exists && !own { String::new() } else { create(ours) };
    let told = told.unwrap_or_default();
    if !says.half.is_empty() {
        help.push_str(&format!("first see how much of {} is in the database, and undo it; ", names(&says.half)));
    }
    let only_half = told.applied.is_empty() && !told.half.is_empty();
    if only_half {
        help.push_str(&format!("nothing else has run, so then say {ignore}"));
    } else if told.applied.is_empty() {
        help.push_str(&look_at_each(ours, &make, &[], false, catalog));
    } else {
        help.push_str("to go on from there, write what it says into a ledger of counterfoil's: ");
        help.push_str(&make);
        help.push_str(&insert(ours, &told.applied, &[]));
        if known_by_hash(found) && !hashes_agree(says, catalog) {
            help.push_str(" (its hashes are not all those of these files: see that these are the right ones)");
        }
        help.push_str(LOOK);
    }
    if own {
        help.push_str(&format!(", and {} from then on", named()));
    } else if !only_half {
        help.push_str(&format!("; if that is of no concern to these migrations, say so: {ignore}"));
    }
    if !told.half.is_empty() {
        help.push_str("; if you finish it instead of undoing it, write that down, too: ");
        help.push_str(if only_half { &make } else { "" });
        help.push_str(&insert(ours, &told.half, &[]));
    }
    let error = Error::new(Code::ForeignLedger, message).with_help(help);
    let error = if own { error.with_option(Mention::named("table")) } else { error };
    if own && !only_half { error } else { error.with_option(option) }
}

/// A table that the set creates is there already. `versions`: of whose tables one is there.
pub(crate) fn not_empty(
    there: &Table,
    more: usize,
    path: &str,
    exists: bool,
    table: &Table,
    versions: &[&str],
    catalog: &Catalog,
) -> Error {
    let mut message = format!("{path} creates {}, which is there already", there.qualified());
    if more > 0 {
        message.push_str(&format!(", and so {}", if more == 1 { "is one more table" } else { "are more tables" }));
    }
    message.push_str(&format!(", and no migration is recorded in {}", table.qualified()));
    let make = if exists { String::new() } else { create(table) };
    let option = Existing::as_option(&[TABLES]);
    let help = format!(
        "nothing was run; if migrations have run here that counterfoil does not know of, each needs a row, or it runs a \
         second time; {}; if the tables may be there, say so: {}",
        look_at_each(table, &make, versions, false, catalog),
        option.text
    );
    Error::new(Code::DatabaseNotEmpty, message).with_help(help).with_option(option)
}
