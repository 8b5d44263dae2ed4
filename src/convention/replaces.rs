//! What a baseline replaces: `.counterfoil/<stem>.json` beside the migrations.
//!
//! ```json
//! { "replaces": [ { "version": "20240101", "checksum": "sha256:…" } ] }
//! ```
//!
//! `<stem>` is the baseline file's name without `.sql` (without `.up.sql` where there are up and
//! down files), or the name of its folder. Other tools pass over a folder whose name starts with a
//! dot, so the same directory still works under them.

use super::files::{File, Out, Set};
use crate::error::{Code, Error, Location};
use crate::migration::Replaced;
use crate::plan::{Finding, Severity};
use crate::version::Version;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    replaces: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    version: String,
    checksum: String,
}

/// Parses JSON; an error says where.
pub(super) fn json<'t, T: Deserialize<'t>>(file: &File<'_>, text: &'t str, what: &str, help: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| {
        let mut message = error.to_string();
        if let Some(at) = message.rfind(" at line ") {
            message.truncate(at);
        }
        let line_start = match error.line() {
            0 | 1 => 0,
            line => text.match_indices('\n').nth(line - 2).map_or(0, |(at, _)| at + 1),
        };
        Error::new(Code::InvalidInput, format!("{what} cannot be read: {message}"))
            .help(help)
            .at(file.location(text, line_start + error.column().saturating_sub(1)))
    })
}

/// Reads the lists and gives each to its baseline.
///
/// # Errors
///
/// `invalid-input` if a list has the wrong form, names a migration twice or the baseline itself, if
/// two baselines replace one migration, or if baselines replace each other in a circle.
pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    if set.lists.is_empty() {
        return Ok(());
    }
    let mut baselines: BTreeMap<String, usize> = BTreeMap::new();
    for (at, key) in out.keys().iter().enumerate() {
        baselines.entry(key.clone()).or_insert(at);
    }
    let identity = out.identity();
    // Who replaces a version: the baseline and its list.
    let mut replaced: BTreeMap<Version, (usize, &File<'_>)> = BTreeMap::new();
    for file in &set.lists {
        let stem = file.name().strip_suffix(".json").unwrap_or("");
        let text = file.canonical()?;
        let list: List = json(
            file,
            &text,
            "the list of replaced migrations",
            r#"its form is { "replaces": [ { "version": "…", "checksum": "sha256:…" } ] }"#,
        )?;
        let Some(&baseline) = baselines.get(&format!("{}{stem}", file.parent())) else {
            out.find(Finding {
                code: "unknown-baseline",
                severity: Severity::Error,
                message: format!("there is no migration {stem} that could replace others"),
                help: "give the list the name of its baseline, or remove it".to_owned(),
                at: Some(file.start()),
            });
            continue;
        };
        let mut items = Vec::with_capacity(list.replaces.len());
        for item in list.replaces {
            let version = Version::new(item.version, identity);
            let wrong = |message: String, help: &str| {
                Err(Error::new(Code::InvalidInput, message).help(help).at(place(file, &text, version.as_str())))
            };
            if version.as_str().is_empty() || version.as_str().chars().count() > super::files::MAX_VERSION {
                return wrong(
                    "a replaced version is empty or too long".to_owned(),
                    "write the version as the ledger has it",
                );
            }
            if !is_checksum(&item.checksum) {
                return wrong(
                    format!("the checksum of version {version} is not `sha256:` and 64 hexadecimal digits"),
                    "copy it from the plan of the set before the squash",
                );
            }
            if version == out.migrations()[baseline].version {
                return wrong(format!("the baseline {version} replaces itself"), "remove the entry");
            }
            if let Some((other, list)) = replaced.insert(version.clone(), (baseline, file)) {
                return if other == baseline {
                    wrong(format!("version {version} is listed twice"), "remove one of the entries")
                } else {
                    wrong(
                        format!("version {version} is replaced by two baselines; the other list is {}", list.path),
                        "let only the newer baseline list it, or let it list the older baseline",
                    )
                };
            }
            items.push(Replaced { version, checksum: item.checksum });
        }
        out.migrations()[baseline].replaces = items;
    }
    circles(out, &replaced)
}

/// Refuses baselines that replace each other in a circle. Every version has at most one that
/// replaces it, so following those from each baseline is enough.
fn circles(out: &mut Out, replaced: &BTreeMap<Version, (usize, &File<'_>)>) -> Result<(), Error> {
    let migrations = out.migrations();
    // The last walk that came by: a baseline met again in the same walk closes a circle.
    let mut walk_of: Vec<Option<usize>> = vec![None; migrations.len()];
    for start in 0..migrations.len() {
        if migrations[start].replaces.is_empty() {
            continue;
        }
        let mut at = start;
        while walk_of[at].is_none() {
            walk_of[at] = Some(start);
            let Some(&(by, file)) = replaced.get(&migrations[at].version) else { break };
            if walk_of[by] == Some(start) {
                return Err(Error::new(
                    Code::InvalidInput,
                    format!(
                        "the baselines {} and {} replace each other in a circle",
                        migrations[at].version, migrations[by].version
                    ),
                )
                .help("a baseline can only replace older migrations")
                .at(file.start()));
            }
            at = by;
        }
    }
    Ok(())
}

/// Where the list speaks of a version.
fn place(file: &File<'_>, text: &str, version: &str) -> Location {
    file.location(text, text.find(&format!("\"{version}\"")).unwrap_or(0))
}

fn is_checksum(text: &str) -> bool {
    text.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
}
