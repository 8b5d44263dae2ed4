//! Tells the convention of a set of files.
//!
//! In this order: a Drizzle journal; folders with `migration.sql` (Prisma, or Drizzle if a snapshot
//! or a breakpoint says so) or `up.sql` (Diesel, Hasura, or folders); the head of a committed migration (graphile-migrate);
//! markers; names. Where two conventions would give
//! the same catalog, the more common one is taken: `.up.sql` and `.down.sql` are golang-migrate's
//! rather than sqlx's, `V1__name.sql` is Flyway's rather than refinery's, `<digits>_name.sql` is plain, also beside `.up.sql`,
//! which golang-migrate alone would read without it. Where two
//! would give different ones, the error names both; so it does where few files of a set have markers.
//!
//! The markers of node-pg-migrate are plain English and head parts of other tools' files, too. They count in
//! names with a number alone, without a trace of another tool, and once one of them marks a way back.
//! `U1__name.sql` undoes a `V` of its version in Flyway and runs like one in refinery, which has no two of one version: one
//! that undoes something is Flyway's, and one beside a file in Rust, or beside no other kind, is refinery's.

use super::files::{File, Set, is_sql, numbered};
use super::markers::{self, Place};
use super::numbered::plain_name;
use super::sections::Direction;
use super::{
    Convention, atlas, dbmate, drizzle, flyway, folders, golang_migrate, goose, graphile_migrate, hasura,
    node_pg_migrate, prisma, sql_migrate, sqlx, tern,
};
use crate::checksum::without_mark;
use crate::error::{Code, Error};
use crate::mention::Mention;
use crate::ordered;
use crate::version::{Identity, Version};

/// What was seen: for each clue the first file that gives it.
#[derive(Default)]
struct Clues<'s> {
    journal: Option<&'s str>,
    prisma_lock: Option<&'s str>,
    drizzle_snapshot: Option<&'s str>,
    breakpoint: Option<&'s str>,
    script_folder: Option<&'s str>,
    up_folder: Option<&'s str>,
    /// The numbers of folders that have an up file; empty for one that is named in another way.
    heads: Vec<&'s str>,
    hasura: Option<&'s str>,
    atlas: Option<&'s str>,
    /// Its `metadata.toml`, or a folder that is named as it names them.
    diesel: Option<&'s str>,
    /// The conventions whose markers were seen, and in how many files.
    marked: Vec<(Convention, &'s str, usize)>,
    /// A numbered file without a marker.
    unmarked: Option<&'s str>,
    /// How many files are numbered or marked.
    candidates: usize,
    down: Option<&'s str>,
    no_transaction: Option<&'s str>,
    supabase_folder: Option<&'s str>,
    /// A way back as node-pg-migrate marks it, and how many files have one of its markers.
    back: Option<&'s str>,
    ways: usize,
    graphile: Option<&'s str>,
    flyway: Option<&'s str>,
    /// Undone in Flyway, run in refinery.
    undo: Option<&'s str>,
    rust: Option<&'s str>,
    half: Option<&'s str>,
    whole: Option<&'s str>,
    /// A name that sqlx and plain do not read alike.
    odd: Option<&'s str>,
    sql: Option<&'s str>,
}

impl<'s> Clues<'s> {
    fn marked(&self) -> impl Iterator<Item = (Convention, &'s str)> {
        self.marked.iter().map(|&(convention, path, _)| (convention, path))
    }
}

/// Why none of them fits.
const LACKS: &str = "it has no marker (dbmate, goose, sql-migrate, tern) and no head (graphile-migrate), its name no \
     number in front (golang-migrate, sqlx, supabase, plain, node-pg-migrate, atlas) and no V with a number (flyway, \
     refinery), and there is neither a folder for each migration (prisma, diesel, hasura, folders) nor a journal (drizzle)";

/// The convention that fits.
///
/// # Errors
///
/// `convention-unclear` if none fits, or more than one.
pub(super) fn detect(set: &Set<'_>) -> Result<Convention, Error> {
    let clues = look(set);
    if clues.journal.is_some() {
        return Ok(Convention::Drizzle);
    }
    if let Some(script) = clues.script_folder {
        return match (clues.prisma_lock, clues.drizzle_snapshot.or(clues.breakpoint)) {
            (Some(lock), Some(_)) if clues.drizzle_snapshot.is_some() => {
                unclear(&[(Convention::Prisma, lock), (Convention::Drizzle, clues.drizzle_snapshot.unwrap_or(script))])
            }
            (Some(_), _) => Ok(Convention::Prisma),
            (None, Some(_)) => Ok(Convention::Drizzle),
            (None, None) => alone(&clues, Convention::Prisma, script),
        };
    }
    if let Some(up) = clues.up_folder {
        return match clues.diesel {
            Some(_) => Ok(Convention::Diesel),
            None => alone(&clues, by_folder(&clues, up)?, up),
        };
    }
    if let Some(path) = clues.graphile {
        return match clues.marked.first() {
            None => Ok(Convention::GraphileMigrate),
            Some(&(convention, other, _)) => unclear(&[(Convention::GraphileMigrate, path), (convention, other)]),
        };
    }
    if let Some(&(convention, path, count)) = clues.marked.first() {
        return match (clues.down, clues.unmarked.or(clues.back)) {
            _ if clues.marked.len() > 1 => unclear(&clues.marked().collect::<Vec<_>>()),
            // A down file of its own and a down section do not go together.
            (Some(down), _) => unclear(&[(by_number(&clues)?, down), (convention, path)]),
            // A marker or two in a large set may be left from another tool.
            (None, Some(other)) if count * 2 < clues.candidates => {
                unclear(&[(convention, path), (by_number(&clues)?, other)])
            }
            _ => Ok(convention),
        };
    }
    match (clues.flyway, clues.undo) {
        (None, None) => by_number(&clues),
        (None, Some(undo)) => alone(&clues, Convention::Refinery, undo),
        (Some(path), Some(undo)) if !flyway::has_undone(set) => match clues.rust {
            Some(_) => alone(&clues, Convention::Refinery, undo),
            None => unclear(&[(Convention::Flyway, path), (Convention::Refinery, undo)]),
        },
        (Some(path), _) => alone(&clues, Convention::Flyway, path),
    }
}

/// Folders with an up file, by their numbers. Diesel's have dates and Hasura's milliseconds; Diesel compares numbers as
/// text, which makes no difference where all have one length.
fn by_folder(clues: &Clues<'_>, up: &str) -> Result<Convention, Error> {
    let heads = &clues.heads;
    let all = |length: usize| heads.iter().all(|head| head.len() == length);
    if clues.hasura.is_some() || all(13) {
        return Ok(Convention::Hasura);
    }
    if all(14) || all(0) {
        return Ok(Convention::Diesel);
    }
    let order = ordered::order(heads.len(), &mut |a, b| heads[a].cmp(heads[b]));
    let number = |at: usize| Version::new(heads[at], Identity::Digits);
    if heads.contains(&"") || order.windows(2).any(|pair| number(pair[0]) > number(pair[1])) {
        return unclear(&[(Convention::Diesel, up), (Convention::Folders, up)]);
    }
    Ok(Convention::Folders)
}

/// Without folders and markers: by what follows the number.
fn by_number(clues: &Clues<'_>) -> Result<Convention, Error> {
    match (clues.half, clues.whole) {
        (None, None) => match (clues.sql, clues.prisma_lock) {
            (None, Some(_)) => Ok(Convention::Prisma),
            (None, None) => Ok(Convention::Dbmate),
            (Some(path), _) => {
                let every: Vec<&str> = Convention::all().map(Convention::as_str).collect();
                let option = option(&every);
                let name = super::files::last_part(path);
                let lead = if name.starts_with(['V', 'v']) {
                    "give it a number, as in V1__name.sql; or "
                } else {
                    "give it a number, as in 0001_name.sql; or "
                };
                Err(Error::new(Code::ConventionUnclear, format!("no convention fits {path}: {LACKS}"))
                    .with_help(format!("{lead}say which one it is: {}", option.text))
                    .with_option(option))
            }
        },
        (half, whole) => match (half, whole, clues.no_transaction, clues.supabase_folder) {
            (_, _, Some(sqlx), Some(supabase)) => {
                unclear(&[(Convention::Sqlx, sqlx), (Convention::Supabase, supabase)])
            }
            (_, _, Some(_), None) => Ok(Convention::Sqlx),
            (_, _, None, Some(_)) => Ok(Convention::Supabase),
            (Some(_), None, None, None) => Ok(Convention::GolangMigrate),
            (None, _, None, None) => match (clues.back, clues.unmarked) {
                (None, _) if clues.atlas.is_some() => Ok(Convention::Atlas),
                (None, _) => Ok(Convention::Plain),
                (Some(back), Some(other)) if clues.ways * 2 < clues.candidates => {
                    unclear(&[(Convention::NodePgMigrate, back), (Convention::Plain, other)])
                }
                _ => Ok(Convention::NodePgMigrate),
            },
            // golang-migrate would leave those without a direction out; sqlx and plain agree.
            (Some(_), Some(_), None, None) if clues.odd.is_none() => Ok(Convention::Plain),
            (Some(half), Some(whole), None, None) => {
                unclear(&[(Convention::GolangMigrate, half), (Convention::Sqlx, whole), (Convention::Plain, whole)])
            }
        },
    }
}

/// The convention, unless files beside it could be migrations of their own.
fn alone(clues: &Clues<'_>, convention: Convention, path: &str) -> Result<Convention, Error> {
    let mut candidates = vec![(convention, path)];
    if !clues.marked.is_empty() {
        candidates.extend(clues.marked());
    } else if let Some(flyway) =
        clues.flyway.or(clues.undo).filter(|_| !matches!(convention, Convention::Flyway | Convention::Refinery))
    {
        candidates.push((Convention::Flyway, flyway));
    } else if let Some(numbered) = clues.whole.or(clues.half) {
        candidates.push((by_number(clues)?, numbered));
    }
    if candidates.len() == 1 { Ok(convention) } else { unclear(&candidates) }
}

fn unclear(candidates: &[(Convention, &str)]) -> Result<Convention, Error> {
    let mut message = String::from("more than one convention fits:");
    for (index, (convention, path)) in candidates.iter().enumerate() {
        message.push_str(match index {
            0 => " ",
            index if index + 1 == candidates.len() => " and ",
            _ => ", ",
        });
        message.push_str(convention.as_str());
        message.push_str(" (");
        message.push_str(path);
        message.push(')');
    }
    let names: Vec<&str> = candidates.iter().map(|(convention, _)| convention.as_str()).collect();
    let option = option(&names);
    Err(Error::new(Code::ConventionUnclear, message)
        .with_help(format!("say which one it is: {}", option.text))
        .with_option(option))
}

/// What to write to choose one.
fn option(names: &[&str]) -> Mention {
    Mention::valued("convention", names, format!("convention: '{}'", names.join("' | '")))
}

/// Looks at every file for clues.
fn look<'s>(set: &'s Set<'_>) -> Clues<'s> {
    let mut clues = Clues::default();
    for file in &set.files {
        let path = Some(file.path);
        let name = file.name();
        if !is_sql(name) {
            let slot = match name {
                "migration_lock.toml" => &mut clues.prisma_lock,
                "metadata.toml" => &mut clues.diesel,
                atlas::SUM => &mut clues.atlas,
                _ if hasura::is_metadata(name) && numbered(file.dir_name()).is_some() => &mut clues.hasura,
                "snapshot.json" => &mut clues.drizzle_snapshot,
                _ if drizzle::is_journal(file) => &mut clues.journal,
                _ if name.ends_with(".rs") => &mut clues.rust,
                _ => continue,
            };
            *slot = slot.or(path);
            continue;
        }
        clues.sql = clues.sql.or(path);
        let in_folder = !file.dir_name().is_empty();
        if name == prisma::SCRIPT && in_folder {
            clues.script_folder = clues.script_folder.or(path);
            if clues.breakpoint.is_none() && !markers::find(file.text, &[drizzle::WORD], Place::Anywhere, 1).is_empty()
            {
                clues.breakpoint = path;
            }
            continue;
        }
        if in_folder && matches!(name, folders::UP | folders::DOWN) {
            clues.up_folder = clues.up_folder.or(path);
            let folder = file.dir_name();
            let head = folder.split('_').next().unwrap_or_default();
            // A date in parts is Diesel's, and so is what it writes first.
            let is_diesel = head.contains('-') && head.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
                || folder.ends_with("_diesel_initial_setup");
            if is_diesel {
                clues.diesel = clues.diesel.or(path);
            }
            clues.heads.push(numbered(folder).map_or("", |(digits, _)| digits));
            continue;
        }
        if super::numbered::underscored(file).is_none() && (name.contains('_') || plain_name(file).is_some()) {
            clues.odd = clues.odd.or(path);
        }
        let marked = look_inside(file, &mut clues);
        let slot = if flyway::fits(name) {
            if name.starts_with('U') { &mut clues.undo } else { &mut clues.flyway }
        } else if golang_migrate::name(name).is_some() {
            &mut clues.half
        } else if plain_name(file).is_some() {
            &mut clues.whole
        } else {
            clues.candidates += usize::from(marked);
            continue;
        };
        *slot = slot.or(path);
        clues.candidates += 1;
        if !marked {
            clues.unmarked = clues.unmarked.or(path);
        }
        if name.ends_with(".down.sql") {
            clues.down = clues.down.or(path);
        }
        if file.dir_name() == "migrations" && last_is(file.parent(), "supabase") {
            clues.supabase_folder = clues.supabase_folder.or(path);
        }
    }
    clues
}

/// Looks for markers; says whether there is one.
fn look_inside<'s>(file: &'s File<'_>, clues: &mut Clues<'s>) -> bool {
    const WORDS: &[(&str, Convention)] = &[
        (dbmate::WORD, Convention::Dbmate),
        (goose::WORD, Convention::Goose),
        (sql_migrate::WORD, Convention::SqlMigrate),
        (tern::WORD, Convention::Tern),
    ];
    let marks = |words: &str| WORDS.iter().find(|(word, _)| words.starts_with(word));
    let text = without_mark(file.text);
    if text.starts_with(sqlx::NO_TRANSACTION) {
        clues.no_transaction = clues.no_transaction.or(Some(file.path));
    }
    if text.starts_with(graphile_migrate::HEAD) {
        clues.graphile = clues.graphile.or(Some(file.path));
    }
    let mut looks = false;
    let found = markers::find_by(text, Place::Line, 1, &mut |words| {
        looks |= node_pg_migrate::marker(words).is_some();
        marks(words).is_some()
    });
    let Some(span) = found.first() else { return looks && look_for_ways(file, text, clues) };
    let Some(&(_, convention)) = marks(span.slice(text)[2..].trim_start()) else { return false };
    match clues.marked.iter_mut().find(|(known, ..)| *known == convention) {
        Some((.., count)) => *count += 1,
        None => clues.marked.push((convention, file.path, 1)),
    }
    true
}

/// Looks for markers of node-pg-migrate that are whole lines; says whether there is one.
fn look_for_ways<'s>(file: &'s File<'_>, text: &str, clues: &mut Clues<'s>) -> bool {
    let way = |words: &str| {
        let (direction, rest) = node_pg_migrate::marker(words)?;
        rest.trim_matches(node_pg_migrate::is_drawn).is_empty().then_some(direction)
    };
    let found = markers::find_by(text, Place::Line, usize::MAX, &mut |words| way(words).is_some());
    if found.iter().any(|span| way(&span.slice(text)[2..]) == Some(Direction::Down)) {
        clues.back = clues.back.or(Some(file.path));
    }
    clues.ways += usize::from(!found.is_empty());
    !found.is_empty()
}

fn last_is(dir: &str, name: &str) -> bool {
    super::files::last_part(dir) == name
}
