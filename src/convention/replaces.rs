//! What a baseline replaces: `.counterfoil/<stem>.json` beside the migrations.
//!
//! ```json
//! { "replaces": [ { "version": "20240101", "checksum": "sha256:…" } ] }
//! ```
//!
//! `<stem>` is the baseline file's name without `.sql` (without `.up.sql` where there are up and
//! down files), or the name of its folder. Other tools pass over a folder whose name starts with a
//! dot, so the same directory still works under them.

use super::files::{File, Set};
use super::json::Document;
use super::out::Out;
use crate::error::{Code, Error, Location};
use crate::finding::Severity;
use crate::migration::{Migration, Replaced};
use crate::ordered;
use crate::version::Version;

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
    let keys = out.keys().to_vec();
    let by_key = ordered::order(keys.len(), &mut |a, b| keys[a].cmp(&keys[b]));
    let identity = out.identity();
    // Every entry: the version, its baseline, its list.
    let mut entries: Vec<(Version, usize, &File<'_>)> = Vec::new();
    for file in &set.lists {
        let stem = file.name().strip_suffix(".json").unwrap_or("");
        let text = file.canonical()?;
        let document = Document {
            file,
            text: &text,
            what: "the list of replaced migrations",
            help: r#"its form is { "replaces": [ { "version": "…", "checksum": "sha256:…" } ] }"#,
        };
        let list = document.parse()?;
        // What the command that wrote it says of its proof.
        document.only(&list, &["replaces", "squash"])?;
        let list = document.list(document.field(&list, "replaces")?)?;
        let key = format!("{}{stem}", file.parent());
        let Some(baseline) = ordered::find(&by_key, &mut |at| keys[at].cmp(&key)) else {
            out.report(
                "unknown-baseline",
                Severity::Error,
                &format!("there is no migration {stem} that could replace others"),
                "give the list the name of its baseline, or remove it",
                file.start(),
            );
            continue;
        };
        let mut items = Vec::with_capacity(list.len());
        for item in list {
            document.only(item, &["version", "checksum"])?;
            let version = Version::new(document.text(document.field(item, "version")?)?, identity);
            let checksum = document.text(document.field(item, "checksum")?)?;
            let wrong = |message: String, help: &str| {
                Err(Error::new(Code::InvalidInput, message).with_help(help).with_location(place(
                    file,
                    &text,
                    version.as_str(),
                )))
            };
            if version.as_str().is_empty() || version.as_str().chars().count() > super::out::MAX_VERSION {
                return wrong(
                    "a replaced version is empty or too long".to_owned(),
                    "write the version as the ledger has it",
                );
            }
            if !is_checksum(checksum) {
                return wrong(
                    format!("the checksum of version {} is not `sha256:` and 64 hexadecimal digits", version.as_str()),
                    "copy it from the plan of the set before the squash",
                );
            }
            if version == out.migrations()[baseline].version {
                return wrong(format!("the baseline {} replaces itself", version.as_str()), "remove the entry");
            }
            entries.push((version.clone(), baseline, file));
            items.push(Replaced { version, checksum: checksum.to_owned() });
        }
        out.migrations()[baseline].replaces = items;
    }
    let order = ordered::order(entries.len(), &mut |a, b| entries[a].0.cmp(&entries[b].0));
    ordered::permute(&mut entries, &order);
    for pair in entries.windows(2) {
        let ((_, first, list), (version, second, file)) = (&pair[0], &pair[1]);
        if pair[0].0 == *version {
            let (message, help) = if first == second {
                (format!("version {} is listed twice", version.as_str()), "remove one of the entries")
            } else {
                (
                    format!(
                        "version {} is replaced by two baselines; the other list is {}",
                        version.as_str(),
                        list.path
                    ),
                    "let only the newer baseline list it, or let it list the older baseline",
                )
            };
            let at = place(file, &file.canonical()?, version.as_str());
            return Err(Error::new(Code::InvalidInput, message).with_help(help).with_location(at));
        }
    }
    circles(out.migrations(), &entries)
}

/// Refuses baselines that replace each other in a circle. Every version has at most one that
/// replaces it, so following those from each baseline is enough. `entries` are sorted.
fn circles(migrations: &[Migration], entries: &[(Version, usize, &File<'_>)]) -> Result<(), Error> {
    // The last walk that came by: a baseline met again in the same walk closes a circle.
    let mut walk_of: Vec<Option<usize>> = vec![None; migrations.len()];
    for start in 0..migrations.len() {
        if migrations[start].replaces.is_empty() {
            continue;
        }
        let mut at = start;
        while walk_of[at].is_none() {
            walk_of[at] = Some(start);
            let version = &migrations[at].version;
            let Ok(entry) = entries.binary_search_by(|(replaced, ..)| replaced.cmp(version)) else { break };
            let (_, by, file) = &entries[entry];
            if walk_of[*by] == Some(start) {
                return Err(file.error(
                    Code::InvalidInput,
                    &format!(
                        "the baselines {} and {} replace each other in a circle",
                        version.as_str(),
                        migrations[*by].version.as_str()
                    ),
                    "a baseline can only replace older migrations",
                ));
            }
            at = *by;
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
