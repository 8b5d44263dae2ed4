//! What has shipped stays as it is.
//!
//! A migration has shipped if it is there at the merge base. At the head its up section must have
//! the same checksum: what a ledger keeps. Then:
//!
//! | what has changed | code |
//! |---|---|
//! | statements of the up section | `shipped-edited` |
//! | comments, white space, letter case: the fingerprint is the same | `shipped-edited-cosmetic` |
//! | statements of the down section, or there is none any more | `shipped-down-edited` |
//! | whether it runs in a transaction (Diesel's `metadata.toml`, Flyway's `.conf`) | `shipped-settings-edited` |
//! | the list of what it replaces | `shipped-replaces-edited` |
//! | the text of a migration that is written in code | `shipped-code-edited` |
//! | it is gone, or Drizzle's journal does not list it any more | `shipped-deleted` |
//! | its name, and not its statements | `shipped-renamed` |
//! | its name, and at the merge base another file had its version | `collision-resolved` |
//! | its place in Drizzle's journal | `shipped-reordered` |
//!
//! A byte order mark and the kind of line ends are no change, and a repeatable migration may change.
//! Nor is another folder a change, where version, name and statements stay. Files that are made from
//! the migrations (Drizzle's snapshots, `atlas.sum`) are not looked at.
//!
//! # The two ways out
//!
//! Shipped migrations may go in a squash, if it is reviewed (`squash-reviewed`):
//!
//! - A baseline at the head lists them in its `replaces`, with the checksums that they have at the
//!   merge base. Every database then adopts it by rule. This is judged file by file.
//! - A commit message of the range has the word `[squash-baseline]`, and the head has a baseline: a
//!   new migration, or as the head's first migration a shipped one that was edited (teams without
//!   `replaces` put the whole schema into the file that was first). It allows deletions and that one
//!   edit, nothing else: any other edit is drift in every database, squash or not, and with nothing
//!   deleted there is no squash. Without a baseline, new databases would lack what was deleted.

use super::items::{self, Item, Items};
use super::report::Report;
use super::{Files, Set};
use crate::checksum::fingerprint;
use crate::convention::Convention;
use crate::error::Location;
use crate::migration::{Section, Transaction};
use crate::version::Version;
use std::collections::{BTreeMap, BTreeSet};

/// The word of a commit message that lets a squash pass.
pub const SENTINEL: &str = "[squash-baseline]";

/// What became of a migration of the base.
enum Fate {
    /// It is at the head, by index.
    Kept(usize),
    /// The head has its statements under another name.
    Renamed(usize),
    Gone,
}

/// Judges one set. Returns the head's migrations that have their place whatever their version is: a
/// baseline, and what has only got another name.
pub(super) fn judge(
    set: &Set,
    base: &Items,
    head: &Items,
    messages: &[String],
    report: &mut Report<'_>,
) -> BTreeSet<usize> {
    let fates = fates(base, head);
    let pairs = || {
        base.list.iter().zip(&fates).filter_map(|(item, fate)| match fate {
            Fate::Kept(at) => Some((item, *at)),
            _ => None,
        })
    };
    let gone: Vec<&Item> =
        base.list.iter().zip(&fates).filter(|(_, fate)| matches!(fate, Fate::Gone)).map(|(item, _)| item).collect();
    let first_edited = pairs().any(|(item, at)| at == 0 && differs(item, &head.list[0]));
    let mut new = vec![true; head.list.len()];
    for fate in &fates {
        if let Fate::Kept(at) | Fate::Renamed(at) = fate {
            new[*at] = false;
        }
    }
    let new = (0..new.len()).find(|&at| new[at] && !head.list[at].repeatable);
    let squash = squash(set, head, &gone, first_edited, new, messages, report);
    for (item, at) in pairs() {
        // What was edited to become the baseline is a new migration in all but its name.
        if !(at == 0 && squash.in_place) {
            edit(item, &head.list[at], report);
            surroundings(set, item, &head.list[at], report);
        }
    }
    let mut twins: BTreeMap<&Version, Vec<&str>> = BTreeMap::new();
    for item in &base.list {
        twins.entry(&item.version).or_default().push(&item.path);
    }
    for (item, fate) in base.list.iter().zip(&fates) {
        if let Fate::Renamed(at) = fate {
            let rival = twins.get(&item.version).and_then(|paths| paths.iter().find(|path| **path != item.path));
            renamed(item, &head.list[*at], rival.copied(), report);
        }
    }
    order(set, head, pairs().map(|(_, at)| at), report);
    let renamed = fates.iter().filter_map(|fate| match fate {
        Fate::Renamed(at) => Some(*at),
        _ => None,
    });
    renamed.chain(squash.baseline).collect()
}

/// Finds every migration of the base again: by path, then by version and name (another folder),
/// then by what it does (another name).
fn fates(base: &Items, head: &Items) -> Vec<Fate> {
    let by_path: BTreeMap<&str, usize> = (head.list.iter().enumerate()).map(|(at, item)| (&*item.path, at)).collect();
    let base_paths: BTreeSet<&str> = base.list.iter().map(|item| &*item.path).collect();
    let mut free: BTreeSet<usize> =
        (0..head.list.len()).filter(|&at| !base_paths.contains(&*head.list[at].path)).collect();
    let mut fates: Vec<Option<Fate>> =
        base.list.iter().map(|item| by_path.get(&*item.path).map(|&at| Fate::Kept(at))).collect();
    let lost = |fates: &[Option<Fate>]| -> Vec<usize> { (0..fates.len()).filter(|&at| fates[at].is_none()).collect() };

    let mut by_name: BTreeMap<(&Version, &str), usize> = BTreeMap::new();
    for &at in free.iter().rev() {
        by_name.insert((&head.list[at].version, items::label(&head.list[at].path)), at);
    }
    for at in lost(&fates) {
        let item = &base.list[at];
        let found = by_name.get(&(&item.version, items::label(&item.path))).copied();
        if let Some(found) = found.filter(|found| free.remove(found)) {
            fates[at] = Some(Fate::Kept(found));
        }
    }
    if free.is_empty() {
        return fates.into_iter().map(|fate| fate.unwrap_or(Fate::Gone)).collect();
    }
    // What it does, then what it is called; the last entry stands for any name.
    let mut by_content: BTreeMap<(bool, String, &str), BTreeSet<usize>> = BTreeMap::new();
    let content = |item: &Item| (item.code, fingerprint(&item.up.text));
    for &at in &free {
        let (code, print) = content(&head.list[at]);
        by_content.entry((code, print.clone(), &head.list[at].name)).or_default().insert(at);
        by_content.entry((code, print, "")).or_default().insert(at);
    }
    for named in [true, false] {
        for at in lost(&fates) {
            let item = &base.list[at];
            let (code, print) = content(item);
            let Some(candidates) = by_content.get_mut(&(code, print, if named { &item.name } else { "" })) else {
                continue;
            };
            // What is taken already is dropped once and for all.
            while let Some(found) = candidates.pop_first() {
                if free.remove(&found) {
                    fates[at] = Some(Fate::Renamed(found));
                    break;
                }
            }
        }
    }
    fates.into_iter().map(|fate| fate.unwrap_or(Fate::Gone)).collect()
}

/// Whether statements of the up section differ.
fn differs(item: &Item, now: &Item) -> bool {
    item.checksum != now.checksum
        && !now.repeatable
        && !item.code
        && fingerprint(&item.up.text) != fingerprint(&now.up.text)
}

/// Judges the up section of a migration that is still there.
fn edit(item: &Item, now: &Item, report: &mut Report<'_>) {
    if item.checksum == now.checksum || now.repeatable {
        return;
    }
    let (code, what, help) = if item.code {
        (
            "shipped-code-edited",
            "its code has changed",
            "a database where it has run keeps what it did then: make sure that this is meant",
        )
    } else if differs(item, now) {
        (
            "shipped-edited",
            "its statements have changed",
            "put the old text back, and make the change in a new migration",
        )
    } else {
        (
            "shipped-edited-cosmetic",
            "only its comments or white space have changed",
            "put the old text back, or leave it: nothing has to run, but its checksum is another one now",
        )
    };
    let at = difference(&item.up.text, &now.up);
    report.add(code, Some(at), format!("{} has shipped, and {what}", now.path), help);
}

/// Judges what belongs to a migration and is not in the ledger's checksum.
fn surroundings(set: &Set, item: &Item, now: &Item, report: &mut Report<'_>) {
    let path = &now.path;
    match (&item.down, &now.down) {
        (Some(before), Some(after)) if before.text == after.text || fingerprint(&before.text) == fingerprint(&after.text) => {}
        (Some(before), Some(after)) => report.add(
            "shipped-down-edited",
            Some(difference(&before.text, after)),
            format!("{path} has shipped, and its down section has changed"),
            "the checksum of a ledger leaves out the down section, so no database will notice: make sure that it still undoes what has run",
        ),
        (Some(_), None) => report.add(
            "shipped-down-edited",
            Some(items::start(path)),
            format!("{path} has shipped with a down section, which is gone"),
            "put it back, or no database can go back over this migration",
        ),
        (None, _) => {}
    }
    if item.up.transaction != now.up.transaction && item.checksum == now.checksum {
        let word = |section: &Section| match section.transaction {
            Transaction::Auto => "in a transaction",
            Transaction::Off => "outside a transaction",
        };
        report.add(
            "shipped-settings-edited",
            Some(items::start(&settings_path(&set.head, path))),
            format!("{path} has shipped to be run {}, and would now be run {}", word(&item.up), word(&now.up)),
            "put the setting back: a new database would be made in another way than those that are there",
        );
    }
    let list = |item: &Item| -> BTreeMap<Version, String> {
        item.replaces.iter().map(|replaced| (replaced.version.clone(), replaced.checksum.clone())).collect()
    };
    if list(item) != list(now) {
        let at = items::list_path(path);
        let at = if set.head.contains_key(&at) { at } else { path.clone() };
        report.add(
            "shipped-replaces-edited",
            Some(items::start(&at)),
            format!("{path} has shipped, and the list of what it replaces has changed"),
            "put the list back: a database that has not adopted the baseline yet would take it in another way",
        );
    }
}

/// The file that says whether a migration runs in a transaction, if there is one.
fn settings_path(files: &Files, path: &str) -> String {
    let beside =
        if items::is_folder(path) { format!("{}metadata.toml", items::folder(path)) } else { format!("{path}.conf") };
    if files.contains_key(&beside) { beside } else { path.to_owned() }
}

/// Judges a rename. `rival` had the same version at the base.
fn renamed(item: &Item, now: &Item, rival: Option<&str>, report: &mut Report<'_>) {
    // Renumbering is the only way out of a collision that has been merged.
    if let Some(rival) = rival.filter(|_| now.version != item.version) {
        report.add(
            "collision-resolved",
            Some(items::start(&now.path)),
            format!("{} has shipped and is now {}: {rival} had its version, {}, too", item.path, now.path, item.version),
            "a database where it has run gets its row moved to the new version, and does not run it again; with another tool, move the row by hand",
        );
        return;
    }
    let edited = if item.checksum == now.checksum { "" } else { ", with other comments or white space" };
    report.add(
        "shipped-renamed",
        Some(items::start(&now.path)),
        format!("{} has shipped and is renamed to {}{edited}", item.path, now.path),
        "put the old name back: a tool that knows migrations by their names would run it again",
    );
}

/// What became of a squash.
#[derive(Default)]
struct Squash {
    /// The head's baseline, if the squash is allowed.
    baseline: Option<usize>,
    /// Whether the head's first migration, which has shipped, was edited to be the baseline.
    in_place: bool,
}

/// Judges what is gone. `first_edited` says whether the head's first migration is an edited one,
/// `new` is the first one that is new.
fn squash(
    set: &Set,
    head: &Items,
    gone: &[&Item],
    first_edited: bool,
    new: Option<usize>,
    messages: &[String],
    report: &mut Report<'_>,
) -> Squash {
    let mut squash = Squash::default();
    if gone.is_empty() {
        return squash;
    }
    let other_list = head.list.iter().find(|item| !item.replaces.is_empty()).map(|item| items::list_path(&item.path));
    let mut listed: BTreeMap<&Version, (usize, &str)> = BTreeMap::new();
    for (at, item) in head.list.iter().enumerate() {
        for replaced in &item.replaces {
            listed.insert(&replaced.version, (at, &replaced.checksum));
        }
    }
    let mut covered: BTreeMap<usize, usize> = BTreeMap::new();
    let mut left: Vec<(&Item, String)> = Vec::new();
    for item in gone {
        let why = match listed.get(&item.version) {
            Some((at, checksum)) if **checksum == *item.checksum => {
                *covered.entry(*at).or_default() += 1;
                continue;
            }
            Some((at, checksum)) => format!(
                "; {} lists it with the checksum {}, and it has {}",
                items::list_path(&head.list[*at].path),
                short(checksum),
                short(&item.checksum)
            ),
            None => other_list.as_ref().map_or(String::new(), |list| format!("; {list} does not list it")),
        };
        left.push((item, why));
    }
    for (&at, &count) in &covered {
        let path = &head.list[at].path;
        report.add(
            "squash-reviewed",
            Some(items::start(path)),
            format!("{} gone: {path} replaces {}, with matching checksums", counted(count, "is", "are"), them(count)),
            "nothing has to be done: a database that has all of them adopts the baseline",
        );
    }
    squash.baseline = covered.keys().next().copied();
    let subject = messages.iter().find(|message| has_sentinel(message)).map(|message| subject(message));
    if let (Some(subject), false) = (subject, left.is_empty()) {
        match if first_edited { Some(0) } else { new } {
            Some(at) => {
                let path = &head.list[at].path;
                squash.in_place = first_edited;
                squash.baseline = squash.baseline.or(Some(at));
                let changed = if first_edited { "has changed to stand" } else { "stands" };
                report.add(
                    "squash-reviewed",
                    Some(items::start(path)),
                    format!(
                        "{} gone, and {path} {changed} for {}: the commit {subject:?} says {SENTINEL}",
                        counted(left.len(), "is", "are"),
                        them(left.len())
                    ),
                    format!(
                        "databases that have {} need their ledgers put right by hand; with {} they adopt the baseline by rule",
                        them(left.len()),
                        items::list_path(path)
                    ),
                );
                left.clear();
            }
            None => {
                for (_, why) in &mut left {
                    why.push_str(&format!(
                        "; the commit {subject:?} says {SENTINEL}, but no migration at the head can be the baseline: none is new, and the first one is as it was"
                    ));
                }
            }
        }
    }
    for (item, why) in left {
        let (what, help) = if set.head.contains_key(&item.path) {
            let journal = head.convention == Some(Convention::Drizzle);
            let what = if journal { "is not in the journal any more" } else { "is not read as a migration any more" };
            (what, "put it back as it was".to_owned())
        } else {
            let squash = format!(
                "for a squash, list it in the `replaces` of the baseline, or write {SENTINEL} in a commit message"
            );
            ("is deleted", format!("put it back; {squash}"))
        };
        report.add(
            "shipped-deleted",
            Some(items::start(&item.path)),
            format!("{} has shipped and {what}{why}", item.path),
            help,
        );
    }
    squash
}

/// Reports the first shipped migration that was put before another one that it came after.
fn order(set: &Set, head: &Items, kept: impl Iterator<Item = usize>, report: &mut Report<'_>) {
    let mut last: Option<usize> = None;
    for at in kept {
        if let Some(before) = last.filter(|&before| before > at) {
            let (item, other) = (&head.list[at], &head.list[before]);
            let journal = set.head.keys().find(|path| items::is_journal(path));
            report.add(
                "shipped-reordered",
                Some(items::start(journal.unwrap_or(&item.path))),
                format!("{} has shipped after {}, and would now be run before it", item.path, other.path),
                "put the old order back: a new database would be made in another order than those that are there",
            );
            return;
        }
        last = Some(at);
    }
}

/// Whether the message has the sentinel as a word of its own.
fn has_sentinel(message: &str) -> bool {
    message.split_whitespace().any(|word| word.trim_end_matches(['.', ',', ';', ':', '!']) == SENTINEL)
}

/// The first line that says anything.
fn subject(message: &str) -> &str {
    message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("")
}

/// The place in the head's section where it begins to differ.
fn difference(before: &str, now: &Section) -> Location {
    let text = &now.text;
    let same = before.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
    // What was cut off at the end has its place at the end of the last line.
    let at = if same == text.len() { text.trim_end_matches('\n').len() } else { same };
    now.location(at)
}

/// The beginning of a checksum, long enough to tell two apart.
fn short(checksum: &str) -> &str {
    checksum.get(.."sha256:".len() + 12).unwrap_or(checksum)
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 shipped migration {one}") } else { format!("{count} shipped migrations {many}") }
}

fn them(count: usize) -> &'static str {
    if count == 1 { "it" } else { "them" }
}
