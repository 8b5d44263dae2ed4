//! What has shipped stays as it is.
//!
//! A migration has shipped if it is there at the merge base. At the head its up section must have
//! the same checksum: what a ledger keeps. Then:
//!
//! | what has changed | code |
//! |---|---|
//! | statements of the up section | `shipped-edited` |
//! | comments, white space, letter case, `BEGIN` and `COMMIT` around all of it: it runs the same | `shipped-edited-cosmetic` |
//! | statements of the down section; or there is none any more, or one now | `shipped-down-edited` |
//! | whether it runs in a transaction (a marker, Diesel's `metadata.toml`, Flyway's `.conf`) | `shipped-settings-edited` |
//! | a marker that only its own tool can follow (goose's `ENVSUB ON`) | `shipped-settings-edited` |
//! | `when` or `breakpoints` of its entry in Drizzle's journal | `shipped-settings-edited` |
//! | the list of what it replaces | `shipped-replaces-edited` |
//! | the text of a migration that is written in code | `shipped-code-edited` |
//! | it is gone, or Drizzle's journal does not list it any more | `shipped-deleted` |
//! | its name, and not its statements | `shipped-renamed` |
//! | its name, and at the merge base another file had its version | `collision-resolved` |
//! | its place in Drizzle's journal | `shipped-reordered` |
//!
//! A byte order mark and the kind of line ends are no change, and a repeatable migration may change.
//! Nor is another folder a change, where version, name and statements stay; nor the repair of a file that could never have
//! run, for which the folder could not be read at the merge base. A change of tool is told once, as `tool-changed`. Files that are made from
//! the migrations (Drizzle's snapshots, `atlas.sum`) are not looked at.
//!
//! # The two ways out
//!
//! Shipped migrations may go in a squash, if it is reviewed (`squash-reviewed`):
//!
//! - A baseline at the head lists them in its `replaces`, with the checksums that they have at the
//!   merge base. Every database then adopts it by rule. This is judged file by file. The baseline is
//!   new, or has shipped with these entries: a database that has run it would never read a list that
//!   came later.
//! - A commit message of the range has the word `[squash-baseline]`, and the head has a baseline: a
//!   new migration, or as the head's first migration a shipped one that was edited (teams without
//!   `replaces` put the whole schema into the file that was first). It allows deletions and that one
//!   edit, nothing else: any other edit is drift in every database, squash or not, and with nothing
//!   deleted there is no squash. Without a baseline, new databases would lack what was deleted.

use super::items::{self, Item, Items};
use super::report::Report;
use super::{Files, Set};
use crate::tree;
use counterfoil::checksum::{canonical, checksum, fingerprint, is_alike, unwrapped};
use counterfoil::convention::Convention;
use counterfoil::error::Location;
use counterfoil::migration::{Replaced, Section, Transaction};
use counterfoil::version::Version;
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
/// baseline, and what has only got another name. `switched`: the tool has changed, so what does not run differs everywhere.
pub(super) fn judge(
    set: &Set,
    base: &Items,
    head: &Items,
    messages: &[String],
    switched: bool,
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
    let first_new = (0..new.len()).find(|&at| new[at] && !head.list[at].repeatable);
    let stand_in = if first_edited { Some((0, true)) } else { first_new.map(|at| (at, false)) };
    let mut lists: Vec<Vec<&Replaced>> = head.list.iter().map(|item| item.replaces.iter().collect()).collect();
    for (item, fate) in base.list.iter().zip(&fates) {
        if let Fate::Kept(at) | Fate::Renamed(at) = fate {
            let shipped: BTreeSet<_> = tree::set(item.replaces.iter().map(entry));
            lists[*at].retain(|replaced| shipped.contains(&entry(replaced)));
        }
    }
    let squash = squash(set, head, &gone, &lists, stand_in, messages, report);
    for (item, at) in pairs() {
        // What was edited to become the baseline is a new migration in all but its name.
        // And what its own tool could not have run may be repaired.
        if at == 0 && squash.in_place || could_not_run(set, base, item) {
            continue;
        }
        edit(set, item, &head.list[at], switched, report);
        surroundings(set, item, &head.list[at], report);
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
    journal(set, pairs().map(|(item, at)| (&*item.path, &*head.list[at].path)), report);
    let renamed = fates.iter().filter_map(|fate| match fate {
        Fate::Renamed(at) => Some(*at),
        _ => None,
    });
    renamed.chain(squash.baseline).collect()
}

/// Whether a file that has shipped could never have run, whatever stands beside it: it has no up marker, say.
fn could_not_run(set: &Set, base: &Items, item: &Item) -> bool {
    let Some(error) = base.unread.as_ref() else { return false };
    if error.location().is_some_and(|at| at.path == item.path) {
        return true;
    }
    let Some(text) = set.base.get(&item.path) else { return false };
    let alone = counterfoil::convention::read(&[(item.path.clone(), text.clone())], base.convention);
    alone.is_err_and(|error| error.location().is_some_and(|at| at.path == item.path))
}

/// Whether two sections run the same: they may differ in comments, white space, the letter case of words, and where no marker
/// asks for no transaction, in `BEGIN` and `COMMIT` around all of it.
fn runs_alike(before: &Section, now: &Section) -> bool {
    let print = fingerprint(&before.text);
    match (before.transaction, now.transaction) {
        (Transaction::Auto, Transaction::Auto) => is_alike(&now.text, &print),
        _ => fingerprint(&now.text) == print,
    }
}

/// Finds every migration of the base again: by path, then by version and name (another folder),
/// then by what it does (another name).
fn fates(base: &Items, head: &Items) -> Vec<Fate> {
    let by_path: BTreeMap<&str, usize> = tree::map((head.list.iter().enumerate()).map(|(at, item)| (&*item.path, at)));
    let base_paths: BTreeSet<&str> = tree::set(base.list.iter().map(|item| &*item.path));
    let mut free: BTreeSet<usize> =
        tree::set((0..head.list.len()).filter(|&at| !base_paths.contains(&*head.list[at].path)));
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
    let content = |item: &Item| {
        let auto = item.up.transaction == Transaction::Auto;
        (item.code, fingerprint(if auto { unwrapped(&item.up.text) } else { &item.up.text }))
    };
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

/// What makes two entries of lists of replaced migrations one.
fn entry(replaced: &Replaced) -> (&Version, &str) {
    (&replaced.version, &replaced.checksum)
}

/// Whether statements of the up section differ.
fn differs(item: &Item, now: &Item) -> bool {
    item.checksum != now.checksum && !now.repeatable && !runs_alike(&item.up, &now.up)
}

/// Judges the up section of a migration that is still there.
fn edit(set: &Set, item: &Item, now: &Item, switched: bool, report: &mut Report<'_>) {
    if item.checksum == now.checksum || now.repeatable || switched && !item.code && !differs(item, now) {
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
    } else if item.up.transaction != now.up.transaction && !has_settings_beside(set, &now.path) {
        // Its marker says something else: that is told better as what it means.
        return;
    } else if item.up.refused.is_some() != now.up.refused.is_some()
        || item.up.fills.is_empty() != now.up.fills.is_empty()
    {
        (
            "shipped-settings-edited",
            "a marker that says how it is run has changed",
            "put the marker back: a new database would be made in another way than those that are there",
        )
    } else {
        (
            "shipped-edited-cosmetic",
            "only what does not run has changed",
            "put the old text back, or leave it: nothing has to run, but its checksum is another one now",
        )
    };
    let at = difference(&item.up.text, &now.up);
    let change = (&*now.path, Some(&*item.checksum), Some(&*now.checksum));
    report.add_shipped(code, at, format!("{} has shipped, and {what}", now.path), help, change);
}

/// Judges what belongs to a migration and is not in the ledger's checksum.
fn surroundings(set: &Set, item: &Item, now: &Item, report: &mut Report<'_>) {
    let path = &now.path;
    let up = (&**path, Some(&*item.checksum), Some(&*now.checksum));
    let sum = |down: &Option<Section>| down.as_ref().map(|down| checksum(&down.text));
    let (was, is) = (sum(&item.down), sum(&now.down));
    let down = (&**path, was.as_deref(), is.as_deref());
    match (&item.down, &now.down) {
        (Some(before), Some(after)) if before.text == after.text || fingerprint(&before.text) == fingerprint(&after.text) => {}
        (Some(before), Some(after)) => report.add_shipped(
            "shipped-down-edited",
            difference(&before.text, after),
            format!("{path} has shipped, and its down section has changed"),
            "the checksum of a ledger leaves out the down section, so no database will notice: make sure that it still undoes what has run",
            down,
        ),
        (Some(_), None) => report.add_shipped(
            "shipped-down-edited",
            items::start(path),
            format!("{path} has shipped with a down section, which is gone"),
            "put it back, or no database can go back over this migration",
            down,
        ),
        (None, Some(after)) if fingerprint(&after.text) != fingerprint("") => report.add_shipped(
            "shipped-down-edited",
            after.location(after.text.len() - after.text.trim_start().len()),
            format!("{path} has shipped without a down section, and now has one"),
            "the checksum of a ledger leaves out the down section, so no database will notice: make sure that it undoes what has run, and nothing else",
            down,
        ),
        (None, _) => {}
    }
    if item.up.transaction != now.up.transaction {
        let at = match item.checksum == now.checksum || has_settings_beside(set, path) {
            true => items::start(&settings_path(&set.head, path)),
            false => difference(&item.up.text, &now.up),
        };
        let word = |section: &Section| match section.transaction {
            Transaction::Off => "outside a transaction",
            _ => "in a transaction",
        };
        report.add_shipped(
            "shipped-settings-edited",
            at,
            format!("{path} has shipped to be run {}, and would now be run {}", word(&item.up), word(&now.up)),
            "put the setting back: a new database would be made in another way than those that are there",
            up,
        );
    }
    let list = |item: &Item| -> BTreeMap<Version, String> {
        item.replaces.iter().map(|replaced| (replaced.version.clone(), replaced.checksum.clone())).collect()
    };
    if list(item) != list(now) {
        let at = items::list_path(path);
        let at = if set.head.contains_key(&at) { at } else { path.clone() };
        report.add_shipped(
            "shipped-replaces-edited",
            items::start(&at),
            format!("{path} has shipped, and the list of what it replaces has changed"),
            "put the list back: a database that has not adopted the baseline yet would take it in another way",
            up,
        );
    }
}

/// The file that says whether a migration runs in a transaction, if there is one.
fn settings_path(files: &Files, path: &str) -> String {
    let beside =
        if items::is_folder(path) { format!("{}metadata.toml", items::folder(path)) } else { format!("{path}.conf") };
    if files.contains_key(&beside) { beside } else { path.to_owned() }
}

/// Whether the file beside a migration that says how it is run is there now, or was.
fn has_settings_beside(set: &Set, path: &str) -> bool {
    settings_path(&set.head, path) != path || settings_path(&set.base, path) != path
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
    let edited = if item.checksum == now.checksum { "" } else { ", and what does not run differs" };
    report.add_shipped(
        "shipped-renamed",
        items::start(&now.path),
        format!("{} has shipped and is renamed to {}{edited}", item.path, now.path),
        match now.version == item.version {
            true => "put the old name back: ledgers and other branches have that one",
            false => "put the old name back: a tool that knows it by its version would run it again",
        },
        (&now.path, Some(&item.checksum), Some(&now.checksum)),
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

/// Judges what is gone. `lists` has for every migration of the head what it may replace, `stand_in` is
/// what can be the baseline without a list, and whether it is a shipped one that was edited.
fn squash(
    set: &Set,
    head: &Items,
    gone: &[&Item],
    lists: &[Vec<&Replaced>],
    stand_in: Option<(usize, bool)>,
    messages: &[String],
    report: &mut Report<'_>,
) -> Squash {
    let mut squash = Squash::default();
    if gone.is_empty() {
        return squash;
    }
    let other_list = head.list.iter().find(|item| !item.replaces.is_empty()).map(|item| items::list_path(&item.path));
    let mut listed: BTreeMap<&Version, (usize, &str)> = BTreeMap::new();
    for (at, list) in lists.iter().enumerate() {
        for replaced in list {
            listed.insert(&replaced.version, (at, &replaced.checksum));
        }
    }
    let mut late: BTreeMap<&Version, usize> = BTreeMap::new();
    for (at, item) in head.list.iter().enumerate() {
        late.extend(item.replaces.iter().map(|replaced| (&replaced.version, at)));
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
            None if late.contains_key(&item.version) => {
                let path = &head.list[late[&item.version]].path;
                format!(
                    "; {} lists it, but {path} has shipped without that: a database that has run {path} does not read the list",
                    items::list_path(path)
                )
            }
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
        match stand_in {
            Some((at, first_edited)) => {
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
        report.add_shipped(
            "shipped-deleted",
            items::start(&item.path),
            format!("{} has shipped and {what}{why}", item.path),
            &help,
            (&item.path, Some(&item.checksum), None),
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
            let path = journal.unwrap_or(&item.path);
            let sum = |files: &Files| files.get(path).map(|text| checksum(&canonical(text)));
            let (was, is) = (sum(&set.base), sum(&set.head));
            report.add_shipped(
                "shipped-reordered",
                items::start(path),
                format!("{} has shipped after {}, and would now be run before it", item.path, other.path),
                "put the old order back: a new database would be made in another order than those that are there",
                (path, was.as_deref(), is.as_deref()),
            );
            return;
        }
        last = Some(at);
    }
}

/// Reports the first shipped migration of whose entry in Drizzle's journal more has changed than its
/// place. `kept` has its path at the base and at the head.
fn journal<'a>(set: &Set, kept: impl Iterator<Item = (&'a str, &'a str)>, report: &mut Report<'_>) {
    let journal = |files: &Files| -> Option<(String, serde_json::Value)> {
        let (path, text) = files.iter().find(|(path, _)| items::is_journal(path))?;
        Some((path.clone(), serde_json::from_str(&canonical(text)).ok()?))
    };
    let (Some((old, before)), Some((path, now))) = (journal(&set.base), journal(&set.head)) else { return };
    if before == now {
        return;
    }
    let (before, now) = (entries(&old, &before), entries(&path, &now));
    let mut changed = kept.filter_map(|(was, is)| {
        let (was, now) = (before.get(was)?, now.get(is)?);
        let field = ["when", "breakpoints"].into_iter().find(|field| was.get(field) != now.get(field))?;
        let value = |entry: &serde_json::Value| entry.get(field).map_or("nothing".to_owned(), ToString::to_string);
        Some(format!(
            "{is} has shipped, and in the journal its `{field}` has changed from {} to {}",
            value(was),
            value(now)
        ))
    });
    let Some(first) = changed.next() else { return };
    let more = match changed.count() {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let sum = |files: &Files, path: &str| files.get(path).map(|text| checksum(&canonical(text)));
    report.add_shipped(
        "shipped-settings-edited",
        items::start(&path),
        first + &more,
        "put the entry back as it was: Drizzle tells by `when` what a database has run, and would run it again or pass something over",
        (&path, sum(&set.base, &old).as_deref(), sum(&set.head, &path).as_deref()),
    );
}

/// The entries of Drizzle's journal, by the path of their files.
fn entries<'j>(path: &str, journal: &'j serde_json::Value) -> BTreeMap<String, &'j serde_json::Value> {
    let root = path.strip_suffix("meta/_journal.json").unwrap_or("");
    let list = journal.get("entries").and_then(serde_json::Value::as_array);
    let named = |entry: &'j serde_json::Value| Some((format!("{root}{}.sql", entry.get("tag")?.as_str()?), entry));
    list.into_iter().flatten().filter_map(named).collect()
}

/// Whether the message has the sentinel as a word of its own.
pub(super) fn has_sentinel(message: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::super::testing::{change, lines, says, verdict};
    use super::super::{Change, Level, Options, check};

    const A: (&str, &str) = ("db/1_a.sql", "-- migrate:up\ncreate table a ();\n-- migrate:down\ndrop table a;\n");
    const B: (&str, &str) = ("db/2_b.sql", "-- migrate:up\ncreate table b ();\n");

    /// `A` with another text.
    #[track_caller]
    fn edited(text: &str, expected: &[&str]) {
        says(&change(&[A, B], &[("db/1_a.sql", text), B]), expected);
    }

    #[test]
    fn a_change_with_itself_and_a_new_migration_say_nothing() {
        says(&change(&[A, B], &[A, B]), &[]);
        says(&change(&[A], &[A, B]), &[]);
        says(&change(&[], &[A, B]), &[]);
        says(&change(&[], &[]), &[]);
        says(&Change::default(), &[]);
    }

    #[test]
    fn edited_statements_are_an_error_at_the_first_place_that_differs() {
        edited(
            "-- migrate:up\ncreate table a (id int);\n-- migrate:down\ndrop table a;\n",
            &["error shipped-edited db/1_a.sql:2:17: db/1_a.sql has shipped, and its statements have changed"],
        );
        edited(
            "-- a head\n-- migrate:up\ncreate table a ();\nselect 1;\n-- migrate:down\ndrop table a;\n",
            &["error shipped-edited db/1_a.sql:4:1: db/1_a.sql has shipped, and its statements have changed"],
        );
        edited(
            "-- migrate:up\n-- migrate:down\ndrop table a;\n",
            &["error shipped-edited db/1_a.sql:1:14: db/1_a.sql has shipped, and its statements have changed"],
        );
    }

    #[test]
    fn line_ends_and_a_byte_order_mark_are_no_edit() {
        edited(&format!("\u{feff}{}", A.1.replace('\n', "\r\n")), &[]);
        edited(&format!("-- what is before the marker is in no section\n{}", A.1), &[]);
    }

    #[test]
    fn a_cosmetic_edit_is_a_warning() {
        edited(
            "-- migrate:up\nCREATE TABLE a (); -- é\n-- migrate:down\ndrop table a;\n",
            &[
                "warning shipped-edited-cosmetic db/1_a.sql:2:1: db/1_a.sql has shipped, and only what does not run has changed",
            ],
        );
    }

    #[test]
    fn the_way_down_may_change_with_a_warning() {
        edited(
            "-- migrate:up\ncreate table a ();\n-- migrate:down\ndrop table a cascade;\n",
            &["warning shipped-down-edited db/1_a.sql:4:13: db/1_a.sql has shipped, and its down section has changed"],
        );
        edited("-- migrate:up\ncreate table a ();\n-- migrate:down\ndrop  table a; -- x\n", &[]);
        edited(
            "-- migrate:up\ncreate table a ();\n",
            &["warning shipped-down-edited db/1_a.sql:1:1: db/1_a.sql has shipped with a down section, which is gone"],
        );
        says(
            &change(
                &[("db/1_a.up.sql", "select 1;"), ("db/1_a.down.sql", "select 2;")],
                &[("db/1_a.up.sql", "select 1;"), ("db/1_a.down.sql", "select 3;")],
            ),
            &[
                "warning shipped-down-edited db/1_a.down.sql:1:8: db/1_a.up.sql has shipped, and its down section has changed",
            ],
        );
    }

    #[test]
    fn a_way_down_that_comes_later_is_a_warning() {
        let down = |text: &str| format!("-- migrate:up\ncreate table b ();\n-- migrate:down\n{text}");
        says(
            &change(&[A, B], &[A, ("db/2_b.sql", &down("drop schema public cascade;\n"))]),
            &[
                "warning shipped-down-edited db/2_b.sql:3:1: db/2_b.sql has shipped without a down section, and now has one",
            ],
        );
        let up = ("db/1_a.up.sql", "select 1;");
        says(
            &change(&[up], &[up, ("db/1_a.down.sql", "\ndrop schema public cascade;")]),
            &[
                "warning shipped-down-edited db/1_a.down.sql:2:1: db/1_a.up.sql has shipped without a down section, and now has one",
            ],
        );
        // Without a statement it does nothing.
        says(&change(&[up], &[up, ("db/1_a.down.sql", "-- nothing to undo\n")]), &[]);
    }

    #[test]
    fn a_deleted_file_is_an_error() {
        says(&change(&[A, B], &[A]), &["error shipped-deleted db/2_b.sql:1:1: db/2_b.sql has shipped and is deleted"]);
        says(&change(&[A], &[]), &["error shipped-deleted db/1_a.sql:1:1: db/1_a.sql has shipped and is deleted"]);
    }

    #[test]
    fn a_renamed_file_is_an_error_and_another_folder_is_not() {
        says(
            &change(&[A, B], &[A, ("db/2_c.sql", B.1)]),
            &["error shipped-renamed db/2_c.sql:1:1: db/2_b.sql has shipped and is renamed to db/2_c.sql"],
        );
        says(
            &change(&[A, B], &[A, ("db/3_b.sql", "-- migrate:up\nCREATE TABLE b ();\n")]),
            &[
                "error shipped-renamed db/3_b.sql:1:1: db/2_b.sql has shipped and is renamed to db/3_b.sql, and what does not run differs",
            ],
        );
        says(&change(&[A, B], &[("new/1_a.sql", A.1), ("new/2_b.sql", B.1)]), &[]);
        says(
            &change(&[A, B], &[("new/1_a.sql", A.1), ("new/2_b.sql", "-- migrate:up\nselect 1;\n")]),
            &["error shipped-edited new/2_b.sql:2:1: new/2_b.sql has shipped, and its statements have changed"],
        );
    }

    #[test]
    fn a_renamed_file_is_no_gap() {
        let c = ("db/3_c.sql", "-- migrate:up\nselect 3;\n");
        says(
            &change(&[A, B, c], &[A, ("db/2_x.sql", B.1), c]),
            &["error shipped-renamed db/2_x.sql:1:1: db/2_b.sql has shipped and is renamed to db/2_x.sql"],
        );
    }

    #[test]
    fn of_several_files_with_one_content_each_is_found_by_its_name() {
        let same = "-- migrate:up\nselect 1;\n";
        let base = [("db/1_a.sql", same), ("db/2_b.sql", same), ("db/3_c.sql", same)];
        says(
            &change(&base, &[("db/1_a.sql", same), ("db/4_c.sql", same), ("db/5_b.sql", same)]),
            &[
                "error shipped-renamed db/4_c.sql:1:1: db/3_c.sql has shipped and is renamed to db/4_c.sql",
                "error shipped-renamed db/5_b.sql:1:1: db/2_b.sql has shipped and is renamed to db/5_b.sql",
            ],
        );
    }

    #[test]
    fn renumbering_a_file_out_of_a_collision_is_a_warning() {
        let (one, other) = (("db/2_b.sql", B.1), ("db/02_c.sql", "-- migrate:up\ncreate table c ();\n"));
        says(
            &change(&[A, one, other], &[A, one, ("db/3_c.sql", other.1)]),
            &[
                "warning collision-resolved db/3_c.sql:1:1: db/02_c.sql has shipped and is now db/3_c.sql: db/2_b.sql had its version, 02, too",
            ],
        );
    }

    #[test]
    fn a_new_name_alone_resolves_no_collision() {
        let (one, other) = (("db/2_b.sql", B.1), ("db/02_c.sql", "-- migrate:up\ncreate table c ();\n"));
        let found = verdict(&change(&[A, one, other], &[A, one, ("db/2_d.sql", other.1)]));
        let renamed = "error shipped-renamed db/2_d.sql:1:1: db/02_c.sql has shipped and is renamed to db/2_d.sql";
        assert!(lines(&found).iter().any(|line| line == renamed), "{found:?}");
    }

    #[test]
    fn repeatable_migrations_may_change() {
        let v = ("db/V1__a.sql", "select 1;");
        says(&change(&[v, ("db/R__v.sql", "select 1;")], &[v, ("db/R__v.sql", "select 2;")]), &[]);
        says(
            &change(&[v, ("db/R__v.sql", "select 1;")], &[v]),
            &["error shipped-deleted db/R__v.sql:1:1: db/R__v.sql has shipped and is deleted"],
        );
    }

    #[test]
    fn settings_beside_a_migration_are_a_warning() {
        let v = ("db/V1__a.sql", "select 1;");
        says(
            &change(&[v], &[v, ("db/V1__a.sql.conf", "executeInTransaction=false\n")]),
            &[
                "warning shipped-settings-edited db/V1__a.sql.conf:1:1: db/V1__a.sql has shipped to be run in a transaction, and would now be run outside a transaction",
            ],
        );
        let up = ("db/2024-01-01-000000_a/up.sql", "select 1;");
        let settings = ("db/2024-01-01-000000_a/metadata.toml", "run_in_transaction = false\n");
        says(
            &change(&[up, settings], &[up, (settings.0, "run_in_transaction = true\n")]),
            &[
                "warning shipped-settings-edited db/2024-01-01-000000_a/metadata.toml:1:1: db/2024-01-01-000000_a/up.sql has shipped to be run outside a transaction, and would now be run in a transaction",
            ],
        );
        edited(
            "-- migrate:up transaction:false\ncreate table a ();\n-- migrate:down\ndrop table a;\n",
            &[
                "warning shipped-settings-edited db/1_a.sql:1:14: db/1_a.sql has shipped to be run in a transaction, and would now be run outside a transaction",
            ],
        );
        // With a comment besides, the text has changed too, and the setting is in the file beside it.
        says(
            &change(&[v], &[("db/V1__a.sql", "select 1; -- x"), ("db/V1__a.sql.conf", "executeInTransaction=false\n")]),
            &[
                "warning shipped-edited-cosmetic db/V1__a.sql:1:10: db/V1__a.sql has shipped, and only what does not run has changed",
                "warning shipped-settings-edited db/V1__a.sql.conf:1:1: db/V1__a.sql has shipped to be run in a transaction, and would now be run outside a transaction",
            ],
        );
        let goose = ("db/1_a.sql", "-- +goose Up\nselect '${X}';\n");
        says(
            &change(&[goose], &[("db/1_a.sql", "-- +goose Up\n-- +goose ENVSUB ON\nselect '${X}';\n")]),
            &[
                "warning shipped-settings-edited db/1_a.sql:2:1: db/1_a.sql has shipped, and a marker that says how it is run has changed",
            ],
        );
        says(&change(&[up, ("db/atlas.sum", "a")], &[up, ("db/atlas.sum", "b")]), &[]);
    }

    #[test]
    fn code_is_compared_as_a_whole() {
        let sql = ("db/1_a.sql", "-- +goose Up\nselect 1;\n");
        let code = ("db/2_b.go", "package db\n");
        says(&change(&[sql, code], &[sql, code]), &[]);
        says(
            &change(&[sql, code], &[sql, ("db/2_b.go", "package db\n\n// x\n")]),
            &["warning shipped-code-edited db/2_b.go:2:1: db/2_b.go has shipped, and its code has changed"],
        );
        says(
            &change(&[sql, code], &[sql]),
            &["error shipped-deleted db/2_b.go:1:1: db/2_b.go has shipped and is deleted"],
        );
    }

    fn journal(tags: &[&str]) -> String {
        let entries: Vec<String> =
            (1..).zip(tags).map(|(at, tag)| format!(r#"{{ "idx": {at}, "when": {at}, "tag": "{tag}" }}"#)).collect();
        format!(r#"{{ "dialect": "postgresql", "entries": [{}] }}"#, entries.join(", "))
    }

    #[test]
    fn what_drizzles_journal_does_not_list_any_more_is_deleted() {
        let (a, b) = (("db/0000_a.sql", "select 1;"), ("db/0001_b.sql", "select 2;"));
        let (both, one, turned) =
            (journal(&["0000_a", "0001_b"]), journal(&["0000_a"]), journal(&["0001_b", "0000_a"]));
        let path = "db/meta/_journal.json";
        says(
            &change(&[a, b, (path, &both)], &[a, b, (path, &one)]),
            &["error shipped-deleted db/0001_b.sql:1:1: db/0001_b.sql has shipped and is not in the journal any more"],
        );
        says(
            &change(&[a, b, (path, &both)], &[a, b, (path, &turned)]),
            &[
                "warning shipped-reordered db/meta/_journal.json:1:1: db/0001_b.sql has shipped after db/0000_a.sql, and would now be run before it",
                "warning shipped-settings-edited db/meta/_journal.json:1:1: db/0000_a.sql has shipped, and in the journal its `when` has changed from 1 to 2 (and 1 more)",
            ],
        );
        says(&change(&[a, b, (path, &both)], &[a, b, (path, &both), ("db/meta/0001_snapshot.json", "{}")]), &[]);
    }

    #[test]
    fn what_drizzles_journal_says_about_a_shipped_migration_stays() {
        let (a, b) = (("db/0000_a.sql", "select 1;"), ("db/0001_b.sql", "select 2;"));
        let path = "db/meta/_journal.json";
        let before = journal(&["0000_a", "0001_b"]);
        let judged =
            |after: &str, expected: &[&str]| says(&change(&[a, b, (path, &before)], &[a, b, (path, after)]), expected);
        judged(
            &before.replace("\"when\": 2", "\"when\": 1780000000000"),
            &[
                "warning shipped-settings-edited db/meta/_journal.json:1:1: db/0001_b.sql has shipped, and in the journal its `when` has changed from 2 to 1780000000000",
            ],
        );
        judged(
            &before.replace("\"tag\"", "\"breakpoints\": false, \"tag\""),
            &[
                "warning shipped-settings-edited db/meta/_journal.json:1:1: db/0000_a.sql has shipped, and in the journal its `breakpoints` has changed from nothing to false (and 1 more)",
            ],
        );
        judged(&before.replace(", ", ",\r\n  "), &[]);
        judged(&before.replace("\"idx\": 2", "\"idx\": 7"), &[]);
    }

    #[test]
    fn a_folder_that_cannot_be_read_is_judged_file_by_file() {
        let broken = ("db/2_b.sql", "select 1;\n");
        says(
            &change(&[A, B], &[("db/1_a.sql", "-- migrate:up\nselect 2;\n"), broken]),
            &[
                "error shipped-edited db/1_a.sql:2:1: db/1_a.sql has shipped, and its statements have changed",
                "error head-unreadable db/2_b.sql:1:1: the migrations in db at the head cannot be read: there is no `-- migrate:up`",
                "error shipped-edited db/2_b.sql:1:1: db/2_b.sql has shipped, and its statements have changed",
            ],
        );
        // The file that could not be read may be repaired.
        let other = ("db/1_a.sql", "-- migrate:up\nselect 2;\n");
        says(
            &change(&[A, broken], &[other, B]),
            &[
                "error shipped-edited db/1_a.sql:2:1: db/1_a.sql has shipped, and its statements have changed",
                "warning base-unreadable db/2_b.sql:1:1: the migrations in db at the merge base cannot be read: there is no `-- migrate:up`",
            ],
        );
        // What was broken before and still is, is the base's.
        says(
            &change(&[A, broken], &[A, broken]),
            &[
                "warning base-unreadable db/2_b.sql:1:1: the migrations in db at the merge base cannot be read: there is no `-- migrate:up`",
            ],
        );
    }

    #[test]
    fn files_that_make_the_convention_unclear_are_an_error() {
        let plain = ("db/1_a.sql", "select 1;");
        says(
            &change(&[plain], &[plain, ("db/2_b.sql", "-- migrate:up\nselect 2;\n")]),
            &[
                "error head-unreadable db/1_a.sql:1:1: the migrations in db have shipped as plain, and at the head their convention cannot be told: there is no `-- migrate:up`",
            ],
        );
        let flyway = ("db/V2__b.sql", "select 2;");
        says(
            &change(&[plain], &[plain, ("db/2_b.sql", "-- no-transaction\nselect 2;\n")]),
            &[
                "error head-unreadable: the migrations in db have shipped as plain, and at the head their convention seems to be sqlx",
            ],
        );
        assert!(!verdict(&change(&[plain], &[plain, flyway])).ok);
        // Nothing has shipped from which it could be told.
        let new = ("db/1_a.sql", "-- +goose Up\nselect 1;\n");
        let unclear = verdict(&change(&[], &[new, ("db/2_b.sql", "-- migrate:up\nselect 2;\n")]));
        assert_eq!(unclear.findings[0].help, "say which one it is: convention: 'goose' | 'dbmate'");
        assert_eq!(unclear.findings[0].help(), "say which one it is: convention: \"goose\" | \"dbmate\"");
        let mut said = change(&[plain], &[plain, ("db/2_b.sql", "-- migrate:up\nselect 2;\n")]);
        said.sets[0].convention = Some("plain".to_owned());
        says(&said, &[]);
    }

    const BASELINE: (&str, &str) = ("db/3_baseline.sql", "-- migrate:up\ncreate table a ();\ncreate table b ();\n");

    fn list(entries: &[(&str, &str)]) -> String {
        let entry = |(version, text): &(&str, &str)| {
            let up = text.split("-- migrate:down").next().unwrap_or("");
            format!(r#"{{ "version": "{version}", "checksum": "{}" }}"#, counterfoil::checksum::checksum(up))
        };
        let entries: Vec<String> = entries.iter().map(entry).collect();
        format!(r#"{{ "replaces": [{}] }}"#, entries.join(", "))
    }

    #[test]
    fn a_baseline_that_replaces_what_is_deleted_needs_no_sentinel() {
        let all = list(&[("1", A.1), ("2", B.1)]);
        says(
            &change(&[A, B], &[BASELINE, ("db/.counterfoil/3_baseline.json", &all)]),
            &[
                "note squash-reviewed db/3_baseline.sql:1:1: 2 shipped migrations are gone: db/3_baseline.sql replaces them, with matching checksums",
            ],
        );
        // The files may stay for a while, and go later.
        let listed = ("db/.counterfoil/3_baseline.json", &*all);
        says(
            &change(&[A, B, BASELINE, listed], &[BASELINE, listed]),
            &[
                "note squash-reviewed db/3_baseline.sql:1:1: 2 shipped migrations are gone: db/3_baseline.sql replaces them, with matching checksums",
            ],
        );
    }

    #[test]
    fn a_list_that_comes_after_its_migration_has_shipped_allows_nothing() {
        let path = "db/.counterfoil/2_b.json";
        let one = list(&[("1", A.1)]);
        let late = "error shipped-deleted db/1_a.sql:1:1: db/1_a.sql has shipped and is deleted; db/.counterfoil/2_b.json lists it, but db/2_b.sql has shipped without that: a database that has run db/2_b.sql does not read the list";
        let edited = "warning shipped-replaces-edited db/.counterfoil/2_b.json:1:1: db/2_b.sql has shipped, and the list of what it replaces has changed";
        says(&change(&[A, B], &[B, (path, &one)]), &[edited, late]);
        // Nor does an entry that was added.
        let (zero, both) = (list(&[("0", "select 0;")]), list(&[("0", "select 0;"), ("1", A.1)]));
        says(&change(&[A, B, (path, &zero)], &[B, (path, &both)]), &[edited, late]);
    }

    #[test]
    fn what_a_baseline_does_not_replace_is_named() {
        let part = list(&[("1", A.1)]);
        says(
            &change(&[A, B], &[BASELINE, ("db/.counterfoil/3_baseline.json", &part)]),
            &[
                "error shipped-deleted db/2_b.sql:1:1: db/2_b.sql has shipped and is deleted; db/.counterfoil/3_baseline.json does not list it",
                "note squash-reviewed db/3_baseline.sql:1:1: 1 shipped migration is gone: db/3_baseline.sql replaces it, with matching checksums",
            ],
        );
        let other = list(&[("1", A.1), ("2", "-- migrate:up\nselect 1;\n")]);
        let found = verdict(&change(&[A, B], &[BASELINE, ("db/.counterfoil/3_baseline.json", &other)]));
        // printf '%b' '-- migrate:up\nselect 1;\n' | sha256sum; and of B the same.
        assert_eq!(
            lines(&found)[0],
            "error shipped-deleted db/2_b.sql:1:1: db/2_b.sql has shipped and is deleted; db/.counterfoil/3_baseline.json lists it with the checksum sha256:b25711afa723, and it has sha256:c371f54e9b61"
        );
    }

    #[track_caller]
    fn squashed(base: &[(&str, &str)], head: &[(&str, &str)], message: &str, expected: &[&str]) {
        let messages = vec!["later".to_owned(), message.to_owned()];
        says(&Change { messages, ..change(base, head) }, expected);
    }

    #[test]
    fn the_sentinel_allows_deletions_for_a_new_baseline() {
        for message in ["Squash [squash-baseline]", "Squash\n\nAll of it ([squash-baseline] x) [squash-baseline]."] {
            squashed(
                &[A, B],
                &[BASELINE],
                message,
                &[
                    "note squash-reviewed db/3_baseline.sql:1:1: 2 shipped migrations are gone, and db/3_baseline.sql stands for them: the commit \"Squash\" says [squash-baseline]"
                        .replace("Squash", message.lines().next().unwrap_or(""))
                        .as_str(),
                ],
            );
        }
        for message in
            ["[squash-baseline]s", "`[squash-baseline]`", "Revert \"Squash [squash-baseline]\"", "squash-baseline"]
        {
            squashed(
                &[A, B],
                &[A, BASELINE],
                message,
                &["error shipped-deleted db/2_b.sql:1:1: db/2_b.sql has shipped and is deleted"],
            );
        }
    }

    #[test]
    fn the_sentinel_allows_one_edit_the_first_file_made_a_baseline() {
        let whole = ("db/1_a.sql", BASELINE.1);
        squashed(
            &[A, B],
            &[whole],
            "Squash [squash-baseline]",
            &[
                "note squash-reviewed db/1_a.sql:1:1: 1 shipped migration is gone, and db/1_a.sql has changed to stand for it: the commit \"Squash [squash-baseline]\" says [squash-baseline]",
            ],
        );
        let c = ("db/3_c.sql", "-- migrate:up\ncreate table c ();\n");
        squashed(
            &[A, B, c],
            &[whole, ("db/3_c.sql", "-- migrate:up\nselect 3;\n")],
            "[squash-baseline]",
            &[
                "note squash-reviewed db/1_a.sql:1:1: 1 shipped migration is gone, and db/1_a.sql has changed to stand for it: the commit \"[squash-baseline]\" says [squash-baseline]",
                "error shipped-edited db/3_c.sql:2:1: db/3_c.sql has shipped, and its statements have changed",
            ],
        );
    }

    #[test]
    fn the_sentinel_takes_a_new_migration_for_the_baseline_where_the_first_stayed() {
        let c = ("db/3_c.sql", "-- migrate:up\nselect 3;\n");
        squashed(
            &[A, B, c],
            &[A, ("db/2_b.sql", "-- migrate:up\nselect 2;\n"), ("db/4_d.sql", "-- migrate:up\nselect 4;\n")],
            "[squash-baseline]",
            &[
                "error shipped-edited db/2_b.sql:2:1: db/2_b.sql has shipped, and its statements have changed",
                "note squash-reviewed db/4_d.sql:1:1: 1 shipped migration is gone, and db/4_d.sql stands for it: the commit \"[squash-baseline]\" says [squash-baseline]",
            ],
        );
    }

    #[test]
    fn the_sentinel_allows_nothing_without_a_baseline_or_a_deletion() {
        squashed(
            &[A, B],
            &[A],
            "Squash [squash-baseline]",
            &[
                "error shipped-deleted db/2_b.sql:1:1: db/2_b.sql has shipped and is deleted; the commit \"Squash [squash-baseline]\" says [squash-baseline], but no migration at the head can be the baseline: none is new, and the first one is as it was",
            ],
        );
        squashed(
            &[A, B],
            &[("db/1_a.sql", BASELINE.1), B],
            "Squash [squash-baseline]",
            &[
                "warning shipped-down-edited db/1_a.sql:1:1: db/1_a.sql has shipped with a down section, which is gone",
                "error shipped-edited db/1_a.sql:3:1: db/1_a.sql has shipped, and its statements have changed",
            ],
        );
        // A rename is none either.
        squashed(
            &[A, B],
            &[A, ("db/3_b.sql", B.1)],
            "Squash [squash-baseline]",
            &["error shipped-renamed db/3_b.sql:1:1: db/2_b.sql has shipped and is renamed to db/3_b.sql"],
        );
    }

    #[test]
    fn the_list_of_a_shipped_baseline_stays() {
        let (one, two) = (list(&[("1", A.1)]), list(&[("1", A.1), ("2", B.1)]));
        let path = "db/.counterfoil/3_baseline.json";
        says(
            &change(&[A, B, BASELINE, (path, &one)], &[A, B, BASELINE, (path, &two)]),
            &[
                "warning shipped-replaces-edited db/.counterfoil/3_baseline.json:1:1: db/3_baseline.sql has shipped, and the list of what it replaces has changed",
            ],
        );
        says(
            &change(&[A, B, BASELINE, (path, &one)], &[A, B, BASELINE]),
            &[
                "warning shipped-replaces-edited db/3_baseline.sql:1:1: db/3_baseline.sql has shipped, and the list of what it replaces has changed",
            ],
        );
    }

    #[test]
    fn levels_can_be_set_by_code() {
        let change = change(&[A, B], &[A]);
        for (level, count, ok) in [(Level::Off, 0, true), (Level::Note, 1, true), (Level::Error, 1, false)] {
            let options = Options { severities: [("shipped-deleted".to_owned(), level)].into(), ..Options::default() };
            let verdict = check(&change, &options).expect("a verdict");
            assert_eq!((verdict.findings.len(), verdict.ok), (count, ok));
        }
    }

    #[test]
    fn begin_and_commit_around_a_file_are_a_cosmetic_edit() {
        let says = "warning shipped-edited-cosmetic db/1_a.up.sql:1:1: db/1_a.up.sql has shipped, and only what does not run has changed";
        let (bare, wrapped) = ("create table a (id int);\n", "BEGIN;\n  create table a (id int);\nCOMMIT;\n");
        let down = ("db/1_a.down.sql", "drop table a;");
        let edited = |before: &str, after: &str| {
            lines(&verdict(&change(&[("db/1_a.up.sql", before), down], &[("db/1_a.up.sql", after), down])))
        };
        assert_eq!(edited(wrapped, bare), [says]);
        assert_eq!(edited(bare, wrapped), [says]);
        assert_eq!(edited(wrapped, "start transaction;\nCREATE TABLE a (ID int);\nend work;"), [says]);
        let statements =
            "error shipped-edited db/1_a.up.sql:1:1: db/1_a.up.sql has shipped, and its statements have changed";
        assert_eq!(edited(bare, "begin; create table b (id int); commit;"), [statements]);
        assert_eq!(edited(bare, "begin isolation level serializable; create table a (id int); commit;"), [statements]);
        // In another file it is the same migration.
        says_renamed(wrapped, bare);
    }

    #[track_caller]
    fn says_renamed(before: &str, after: &str) {
        let found = lines(&verdict(&change(
            &[A, ("db/3_c.sql", &format!("-- migrate:up\n{before}"))],
            &[A, ("db/4_c.sql", &format!("-- migrate:up\n{after}"))],
        )));
        assert_eq!(
            found,
            [
                "error shipped-renamed db/4_c.sql:1:1: db/3_c.sql has shipped and is renamed to db/4_c.sql, and what does not run differs"
            ]
        );
    }

    #[test]
    fn a_file_that_could_never_have_run_may_be_repaired() {
        // dbmate itself stops at a file without `-- migrate:up`.
        let without = ("db/2_b.sql", "create table b ();\n-- migrate:down\n");
        let without_too = ("db/3_c.sql", "create table c ();\n-- migrate:down\n");
        let codes = |change: &Change| {
            verdict(change).findings.iter().map(|finding| finding.code.to_string()).collect::<Vec<_>>()
        };
        let repaired =
            change(&[A, without, without_too], &[A, B, ("db/3_c.sql", "-- migrate:up\ncreate table c ();\n")]);
        assert_eq!(codes(&repaired), ["base-unreadable"]);
        // What could run stays as it was.
        let edited = change(&[A, without], &[("db/1_a.sql", "-- migrate:up\ncreate table x ();\n"), B]);
        assert_eq!(codes(&edited), ["shipped-edited", "base-unreadable"]);
    }

    /// The change with an entry that allows what the verdict proposes.
    fn allowing(change: &Change, earlier: bool) -> Options {
        let allow: Vec<_> = verdict(change)
            .allow
            .into_iter()
            .map(|entry| crate::guard::Allow { reason: "it never ran".to_owned(), ..entry })
            .collect();
        assert!(!allow.is_empty());
        let earlier_allow = if earlier { None } else { Some(Vec::new()) };
        Options { allow, earlier_allow, ..Options::default() }
    }

    #[test]
    fn an_entry_of_the_options_allows_what_it_names_once_it_was_reviewed() {
        use counterfoil::checksum::checksum;
        let edit = change(&[A, B], &[A, ("db/2_b.sql", "-- migrate:up\ncreate table b (id int);\n")]);
        let [entry] = &verdict(&edit).allow[..] else { panic!("one entry") };
        // printf -- '-- migrate:up\ncreate table b ();\n' | sha256sum
        let up = |text: &str| Some(checksum(text));
        assert_eq!(
            (&*entry.path, &entry.old, &entry.new),
            (
                "db/2_b.sql",
                &up("-- migrate:up\ncreate table b ();\n"),
                &up("-- migrate:up\ncreate table b (id int);\n")
            )
        );
        let says = "shipped-edited db/2_b.sql:2:17: db/2_b.sql has shipped, and its statements have changed";
        let note = format!(
            "note {says}; allowed: it never ran; databases that ran the old text will refuse it as `edited-semantic`: have them put that policy at warning, and bring them what differs in a new migration"
        );
        let found = |change: &Change, options: &Options| lines(&check(change, options).unwrap());
        assert_eq!(found(&edit, &allowing(&edit, true)), [&*note]);
        // Brought by the change itself it has to be looked at.
        let own = allowing(&edit, false);
        assert_eq!(
            found(&edit, &own),
            [format!(
                "error {says}; its exception (it never ran) comes with this change, and counts once somebody has looked at it: with [counterfoil-allow shipped-edited] in a commit message, or merged in a change before"
            )]
        );
        let seen = Change { messages: vec!["fix: [counterfoil-allow shipped-edited]".to_owned()], ..edit.clone() };
        assert_eq!(found(&seen, &own), [&*note]);
        // A comment in the file does not do it, nor another text than the one that was looked at.
        let comment = change(
            &[A, B],
            &[A, ("db/2_b.sql", "-- migrate:up\n-- counterfoil-allow shipped-edited: x\ncreate table b (id int);\n")],
        );
        assert_eq!(found(&comment, &allowing(&edit, true)).len(), 1);
        assert!(found(&comment, &allowing(&edit, true))[0].starts_with("error shipped-edited"));
        // The same for what else there is.
        for (other, code) in [
            (change(&[A, B], &[A]), "shipped-deleted"),
            (change(&[A, B], &[A, ("db/3_b.sql", B.1)]), "shipped-renamed"),
            (change(&[A], &[(A.0, &A.1.replace("drop table a", "select 1"))]), "shipped-down-edited"),
            (change(&[A], &[(A.0, &A.1.replace("up", "up transaction:false"))]), "shipped-settings-edited"),
            (change(&[A], &[(A.0, &A.1.replace("create", "CREATE"))]), "shipped-edited-cosmetic"),
        ] {
            let verdict = check(&other, &allowing(&other, true)).unwrap();
            let found = lines(&verdict);
            assert!(found.len() == 1 && found[0].starts_with(&format!("note {code} ")), "{found:?}");
            assert!(found[0].contains("; allowed: it never ran; databases that"), "{found:?}");
            assert!(verdict.ok && verdict.allow.is_empty());
        }
        let error = check(&edit, &Options { allow: vec![Default::default()], ..Options::default() }).unwrap_err();
        assert_eq!(error.message(), "allow[0].reason is empty");
    }
}
