//! Flyway: `V1.2__name.sql`, `R__name.sql` (repeatable), `U1.2__name.sql` (undo).
//!
//! Rules: <https://github.com/flyway/flyway>, `ResourceNameParser.java` and `MigrationVersion.java`;
//! documented at <https://documentation.red-gate.com/fd> (migrations, script configuration). The
//! prefix is a capital letter, the version digits with `.` or `_` between them, the separator two
//! underscores. Versions compare part by part, missing parts are zero. Repeatable migrations have
//! no version and come last, by description. Sub-folders are read. `<file>.conf` may say
//! `executeInTransaction=false` and `placeholderReplacement=false`. Files with other names are
//! passed over.
//!
//! Callbacks (`SqlScriptCallbackFactory.java`, `Event.java`, `DbMigrate.java`): a file that is called as an event, with a
//! description behind two underscores or without, in any folder; those of one event in the order of their descriptions.
//! Those before and after all migrations are run in a transaction of their own, those of each migration in that
//! migration's; `executeInTransaction=false` holds for the former. Placeholders: see `placeholders.rs`.
//!
//! Where Counterfoil differs: callbacks are run where there is something to do, and not with every run (`src/run/callbacks.rs`);
//! what one sets in the session ends with it. Those of each statement, of connecting and of `createSchema` are not run,
//! nor is code of any kind, which is an error where something would run without it: Flyway's own connections and their
//! settings are not there, and nothing comes between the statements of a migration. Nor are those of failures, and of
//! other commands, which have no part in going up. A baseline migration (`B`) is
//! reported, and is an error if no versioned migration stands for it; a file with a placeholder
//! (`${name}`) that has no value is refused when it has to be run.

use super::files::{File, Set, is_sql};
use super::out::Out;
use super::placeholders::Placeholders;
use crate::error::{Code, Error};
use crate::finding::Severity;
use crate::migration::{Callback, Event, NotRunKind, Section, Transaction, Turn};
use crate::ordered;
use crate::version::{Identity, Version};

/// What a file is by its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind<'n> {
    Versioned(&'n str, &'n str),
    Undo(&'n str, &'n str),
    Baseline(&'n str, &'n str),
    Repeatable(&'n str),
    /// `migrates`: Flyway runs it on the way up.
    Callback {
        migrates: bool,
    },
}

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    let placeholders = Placeholders::of(set)?;
    let section = |file: &File<'_>| section(set, file, &placeholders);
    let mut versioned = Vec::new();
    let mut undos: Vec<(Version, &File<'_>)> = Vec::new();
    let mut baselines = Vec::new();
    for file in set.sql() {
        match kind(file.name()) {
            Some(Kind::Versioned(version, name)) => versioned.push((file, version.replace('_', "."), name)),
            Some(Kind::Undo(version, _)) => {
                let key = Version::new(version.replace('_', "."), Identity::Dotted);
                undos.push((key, file));
            }
            Some(Kind::Baseline(version, _)) => baselines.push((file, version.replace('_', "."))),
            Some(Kind::Repeatable(name)) => {
                let version = format!("R__{}", name.replace(' ', "_"));
                let up = section(file)?;
                out.push(file, &version, name, up, None, file.dir(), file.stem().unwrap_or(""));
                if let Some(migration) = out.migrations().last_mut() {
                    migration.repeatable = true;
                }
            }
            Some(Kind::Callback { migrates }) => {
                let Some((event, description)) = event(file.name()) else {
                    let turn = if migrates { Turn::Always } else { Turn::Never };
                    super::not_run::report(file, NotRunKind::Callback, turn, file.name(), out);
                    continue;
                };
                let callback = Callback { event, description: description.to_owned(), section: section(file)? };
                let is_first = |known: &Callback| (known.event, &known.description) >= (event, &callback.description);
                let at = out.callbacks.iter().position(is_first).unwrap_or(out.callbacks.len());
                if let Some(known) = out.callbacks.get(at)
                    && (known.event, &known.description) == (event, &callback.description)
                {
                    let message = format!("{} and {} are one callback", known.section.path, file.path);
                    return Err(file.error(Code::InvalidName, &message, "keep one of them, or give one a description"));
                }
                out.callbacks.insert(at, callback);
            }
            None => {
                out.unknown(file, why(file.name()), "rename it if it is a migration; else keep it in another folder")
            }
        }
    }
    let order = ordered::order(undos.len(), &mut |a, b| undos[a].0.cmp(&undos[b].0));
    for pair in order.windows(2) {
        let (first, second) = (&undos[pair[0]], &undos[pair[1]]);
        if first.0 == second.0 {
            let message = format!("{} and {} undo one version", first.1.name(), second.1.name());
            return Err(second.1.error(Code::InvalidName, &message, "keep one of them"));
        }
    }
    let mut undone = vec![false; undos.len()];
    let mut oldest: Option<Version> = None;
    for (file, version, name) in versioned {
        let key = Version::new(version.as_str(), Identity::Dotted);
        let undo = ordered::find(&order, &mut |at| undos[at].0.cmp(&key)).filter(|&at| !undone[at]);
        let down = match undo {
            Some(at) => {
                undone[at] = true;
                Some(section(undos[at].1)?)
            }
            None => None,
        };
        oldest = Some(match oldest {
            Some(oldest) => oldest.min(key),
            None => key,
        });
        out.push(file, &version, name, section(file)?, down, file.dir(), file.stem().unwrap_or(""));
    }
    for ((_, file), _) in undos.iter().zip(undone).filter(|(_, undone)| !undone) {
        out.unknown(file, "there is no versioned migration that it undoes", "add the migration, or remove this file");
    }
    for (file, version) in baselines {
        let version = Version::new(version, Identity::Dotted);
        let stands = oldest.as_ref().is_some_and(|oldest| *oldest <= version);
        out.report(
            "baseline-migration",
            if stands { Severity::Warning } else { Severity::Error },
            &format!("{} is a Flyway baseline migration and is not run", file.name()),
            if stands {
                "the versioned migrations are run in its place"
            } else {
                "name it V instead of B and list what it replaces in .counterfoil"
            },
            file.start(),
        );
    }
    Ok(())
}

/// What the file is by its name.
pub(super) fn kind(name: &str) -> Option<Kind<'_>> {
    kind_of(name.strip_suffix(".sql")?)
}

/// What a file is by its name without the ending.
pub(super) fn kind_of(stem: &str) -> Option<Kind<'_>> {
    if let Some(migrates) = callback(stem) {
        return Some(Kind::Callback { migrates });
    }
    let mut letters = stem.chars();
    let prefix = letters.next()?;
    let (version, name) = letters.as_str().split_once("__")?;
    let is_version = version.split(['.', '_']).all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    match prefix {
        'V' if is_version => Some(Kind::Versioned(version, name)),
        'U' if is_version => Some(Kind::Undo(version, name)),
        'B' if is_version => Some(Kind::Baseline(version, name)),
        'R' if version.is_empty() => Some(Kind::Repeatable(name)),
        _ => None,
    }
}

/// `beforeMigrate`, `afterEachMigrateError`, …, with a description or without: whether it has a part in
/// going up where nothing fails. None for what is no callback.
fn callback(stem: &str) -> Option<bool> {
    /// The commands, and what belongs to `migrate`: it validates first, connects, and may create schemas.
    const EVENTS: &[(&str, bool)] = &[
        ("Migrate", true),
        ("EachMigrate", true),
        ("Repeatables", true),
        ("Versioned", true),
        ("Validate", true),
        ("Connect", true),
        ("CreateSchema", true),
        ("Clean", false),
        ("Info", false),
        ("Undo", false),
        ("EachUndo", false),
        ("Baseline", false),
        ("Repair", false),
        ("Test", false),
    ];
    let event = stem.split("__").next().unwrap_or_default();
    let Some(event) = event.strip_prefix("before").or_else(|| event.strip_prefix("after")) else {
        return (event == "createSchema").then_some(true);
    };
    let (_, migrates) = EVENTS.iter().find(|(name, _)| event.starts_with(name))?;
    Some(*migrates && !event.ends_with("Error"))
}

/// Callbacks that are run. Flyway's own order is that of `Event.java`.
const RUN: &[(&str, Event)] = &[
    ("beforeValidate", Event::BeforeValidate),
    ("afterValidate", Event::AfterValidate),
    ("beforeMigrate", Event::BeforeMigrate),
    ("afterVersioned", Event::AfterVersioned),
    ("beforeRepeatables", Event::BeforeRepeatables),
    ("afterMigrateApplied", Event::AfterMigrateApplied),
    ("afterMigrate", Event::AfterMigrate),
    ("afterMigrateOperationFinish", Event::AfterMigrateOperationFinish),
    ("beforeEachMigrate", Event::BeforeEachMigrate),
    ("afterEachMigrate", Event::AfterEachMigrate),
];

/// The event of a callback that is run, and its description.
fn event(name: &str) -> Option<(Event, &str)> {
    let stem = name.strip_suffix(".sql")?;
    let (id, description) = stem.split_once("__").unwrap_or((stem, ""));
    RUN.iter().find(|(known, _)| *known == id).map(|(_, event)| (*event, description))
}

fn why(name: &str) -> &'static str {
    if !name.ends_with(".sql") {
        "its extension is not `.sql`"
    } else if !name.contains("__") {
        "there are no two underscores between version and name"
    } else if name.starts_with("V__") {
        "there is no version between V and the underscores"
    } else if name.starts_with(['v', 'r', 'u']) {
        "its prefix is not a capital letter"
    } else {
        "its name has not the form `V1.2__name.sql`, `U1.2__name.sql` or `R__name.sql`"
    }
}

/// The file with what its configuration says.
#[inline(never)] // it is called in several places
fn section(set: &Set<'_>, file: &File<'_>, placeholders: &Placeholders) -> Result<Section, Error> {
    let mut section = file.section()?;
    let mut replaced = true;
    if let Some(config) = set.beside(file, &format!("{}.conf", file.name())) {
        let text = config.canonical()?;
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            let on = match (key.trim(), value.trim()) {
                ("executeInTransaction" | "placeholderReplacement" | "shouldExecute", "true") => true,
                ("executeInTransaction" | "placeholderReplacement" | "shouldExecute", "false") => false,
                (key @ ("executeInTransaction" | "placeholderReplacement" | "shouldExecute"), value) => {
                    return Err(config.error_at(
                        Code::InvalidInput,
                        &format!("{key} is {value:?}"),
                        "write true or false",
                        &text,
                        offset,
                    ));
                }
                _ => {
                    offset += line.len();
                    continue;
                }
            };
            match key.trim() {
                "executeInTransaction" if !on => section.transaction = Transaction::Off,
                "placeholderReplacement" => replaced = on,
                "shouldExecute" if !on => {
                    section.refused = Some(config.error_at(
                        Code::Unsupported,
                        "its configuration says that it should not be run",
                        "remove the file, or the line",
                        &text,
                        offset,
                    ));
                }
                _ => {}
            }
            offset += line.len();
        }
    }
    if replaced {
        placeholders.note(&mut section, file);
    }
    Ok(section)
}

/// Whether a file undoes another one.
pub(super) fn has_undone(set: &Set<'_>) -> bool {
    let mut all = Vec::new();
    for file in set.sql() {
        if let Some(Kind::Versioned(version, _) | Kind::Undo(version, _)) = kind(file.name()) {
            all.push((Version::new(version.replace('_', "."), Identity::Dotted), file.name().starts_with('U')));
        }
    }
    let order = ordered::order(all.len(), &mut |a, b| all[a].cmp(&all[b]));
    order.windows(2).any(|pair| all[pair[0]].0 == all[pair[1]].0 && all[pair[0]].1 != all[pair[1]].1)
}

/// Whether the file looks like Flyway's, for detection.
pub(super) fn fits(name: &str) -> bool {
    is_sql(name) && matches!(kind(name), Some(kind) if !matches!(kind, Kind::Callback { .. }))
}
