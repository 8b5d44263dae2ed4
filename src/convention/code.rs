//! Files that the set's own tool would run and that are not run here: migrations written in a
//! programming language, Flyway's callbacks, what golang-migrate takes whatever it ends in, and what is named like
//! the migrations beside it and does not end in `.sql`.
//!
//! Each is noted with its turn, so that a plan can tell whether something would run without it. A file
//! is a migration in code by its ending and by the name that its convention gives to migrations.
//! golang-migrate (`source/parse.go`) matches `^([0-9]+)_(.*)\.(down|up)\.(.*)$` and runs it as SQL.

use super::Convention;
use super::files::{File, Set, numbered};
use super::not_run::report;
use super::out::Out;
use super::{flyway, folders, golang_migrate, hasura, refinery};
use crate::migration::{NotRunKind, Turn};
use crate::version::{Identity, Version};

/// Endings of files that can be migrations written in code. The one list: the guards ask for it, and
/// what reads folders in JavaScript (`companions.ts`) has the same, which a test compares.
pub const ENDINGS: &[&str] = &[
    "bash", "bat", "cjs", "clj", "cmd", "cr", "cs", "cts", "dart", "ex", "exs", "fs", "go", "groovy", "java", "js",
    "jsx", "kt", "kts", "mjs", "mts", "php", "pl", "ps1", "py", "rb", "rs", "scala", "sh", "swift", "ts", "tsx",
];

/// What the names of code end in that lies beside migrations and is none: types and tests.
const BESIDE: &[&str] = &[".d", "_test", ".test", ".spec"];

/// Endings of what lies beside migrations under their names and is none. `companions.ts` has the same list.
const OTHERS: &[&str] = &[
    "adoc", "bak", "conf", "csv", "disabled", "html", "jpg", "json", "md", "mdx", "old", "orig", "pdf", "png", "rej",
    "rst", "svg", "swp", "tmp", "toml", "tsv", "txt",
];

/// The name of a file of code without its ending; none for other files, and for what lies beside.
pub fn stem(name: &str) -> Option<&str> {
    is_code(name).filter(|stem| !is_beside_stem(stem))
}

/// Whether a file is code that lies beside migrations and is none.
pub fn is_beside(name: &str) -> bool {
    is_code(name).is_some_and(is_beside_stem)
}

fn is_beside_stem(stem: &str) -> bool {
    BESIDE.iter().any(|end| stem.ends_with(end))
}

fn is_code(name: &str) -> Option<&str> {
    let at = name.rfind('.')?;
    ENDINGS.contains(&&name[at + 1..]).then_some(&name[..at])
}

/// Notes and reports the migrations that are not in SQL. SQL callbacks are Flyway's own matter.
pub(super) fn read(set: &Set<'_>, convention: Convention, out: &mut Out) {
    for file in &set.files {
        if let Some((turn, name)) = stem(file.name()).and_then(|stem| turn(stem, file, convention)) {
            if matches!(convention, Convention::Diesel | Convention::Folders) && set.beside(file, folders::UP).is_some()
            {
                continue;
            }
            let kind = if turn == Turn::Always { NotRunKind::Callback } else { NotRunKind::Code };
            report(file, kind, turn, name, out);
        } else if !file.name().ends_with(".sql")
            && stem(file.name()).is_none()
            && let Some((turn, name)) = unread(set, file, convention)
        {
            report(file, NotRunKind::Ending, turn, name, out);
        }
    }
}

/// When a file that does not end in `.sql` would run if it did, and its name; none if it is no migration.
fn unread<'f>(set: &Set<'_>, file: &'f File<'_>, convention: Convention) -> Option<(Turn, &'f str)> {
    match convention {
        Convention::GolangMigrate => {
            let (digits, name, down) = golang_migrate::any(file.name())?;
            let turn = if down { Turn::Never } else { Turn::At(Version::new(digits, Identity::Digits)) };
            return Some((turn, name));
        }
        Convention::Hasura if hasura::is_metadata(file.name()) => {
            let (digits, name) = folders::version(file.dir_name(), convention.identity())?;
            let version = Version::new(digits, convention.identity());
            let turn = if file.name().starts_with('u') { Turn::At(version) } else { Turn::Never };
            return Some((turn, name));
        }
        Convention::Prisma | Convention::Drizzle | Convention::Diesel | Convention::Hasura | Convention::Folders => {
            return None;
        }
        _ => {}
    }
    let (stem, ending) = file.name().rsplit_once('.').unwrap_or((file.name(), ""));
    if is_code(file.name()).is_some() || OTHERS.contains(&&*ending.to_ascii_lowercase()) || ending.ends_with('~') {
        return None;
    }
    let stem = stem.strip_suffix(".sql").unwrap_or(stem);
    let found = turn(stem, file, convention)?;
    // In the folder of the migrations, and not something that belongs to one of them.
    let mut beside = false;
    for other in set.sql() {
        let Some(of) = other.stem().filter(|of| turn(of, other, convention).is_some()) else { continue };
        if other.dir() == file.dir() {
            beside = true;
            if of.strip_suffix(".up").unwrap_or(of) == stem {
                return None;
            }
        } else if convention != Convention::Flyway && file.dir().starts_with(other.dir()) {
            return None;
        }
    }
    beside.then_some(found)
}

/// When the tool would run this file of code, and its name; none if it is no migration.
fn turn<'f>(stem: &'f str, file: &'f File<'_>, convention: Convention) -> Option<(Turn, &'f str)> {
    if convention == Convention::Flyway {
        return Some(match flyway::kind_of(stem)? {
            flyway::Kind::Versioned(version, name) => {
                (Turn::At(Version::new(version.replace('_', "."), Identity::Dotted)), name)
            }
            flyway::Kind::Repeatable(name) => (Turn::Repeatable(name.to_owned()), name),
            flyway::Kind::Callback { migrates: true } => (Turn::Always, stem),
            // The versioned migrations are run in place of a baseline.
            flyway::Kind::Undo(_, name) | flyway::Kind::Baseline(_, name) => (Turn::Never, name),
            flyway::Kind::Callback { migrates: false } => (Turn::Never, stem),
        });
    }
    if convention == Convention::GraphileMigrate {
        return None;
    }
    if convention == Convention::Refinery {
        let (version, name) = refinery::name(stem).filter(|_| file.name().ends_with(".rs"))?;
        return Some((Turn::At(Version::new(version, Identity::Digits)), name));
    }
    // A folder for each, with up.rs or mod.rs in it.
    if matches!(convention, Convention::Diesel | Convention::Hasura | Convention::Folders)
        && matches!(stem, "up" | "mod")
    {
        let folder = file.dir_name();
        let (_, name) = numbered(folder)?;
        let (version, _) = folders::version(folder, convention.identity())?;
        return Some((Turn::At(Version::new(version, convention.identity())), name));
    }
    let (way, down) = match (stem.strip_suffix(".up"), stem.strip_suffix(".down")) {
        (Some(way), _) => (way, false),
        (_, Some(way)) => (way, true),
        _ => (stem, false),
    };
    let (digits, name) = numbered(way)?;
    if down {
        return Some((Turn::Never, name));
    }
    let identity = convention.identity();
    let version = match identity {
        Identity::Digits | Identity::Dotted => digits,
        Identity::Name if convention == Convention::SqlMigrate => file.name(),
        Identity::Name | Identity::Dated | Identity::Text | Identity::Timed => way,
    };
    Some((Turn::At(Version::new(version, identity)), name))
}
