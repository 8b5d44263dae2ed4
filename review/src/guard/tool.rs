//! A change of tool is one finding.
//!
//! A folder that was golang-migrate's and is goose's now has other files throughout: each migration keeps its version and its
//! statements, while its name and its markers change. So where the head is read by another convention and has every
//! version that has shipped, each file is compared with the one of its version, and what is said once is `tool-changed`.
//! What differs beside that is told as ever: statements, ways back, settings.

use super::items::{Item, Items};
use super::report::Report;
use super::{Files, Set};
use counterfoil::convention::Convention;
use std::collections::BTreeMap;

/// The version as every convention has it.
fn key(item: &Item) -> String {
    let version = item.version.as_str();
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    let key = if digits.is_empty() { version } else { digits.trim_start_matches('0') };
    key.to_owned()
}

/// Where the tool has changed: the base and the head, each read as its own tool does, and by the path that each shipped file
/// had the one that it has now. `given` is the convention that somebody named.
pub(super) fn changed(set: &Set, given: Option<Convention>) -> Option<(Items, Items, BTreeMap<String, String>)> {
    let base = Items::read(&set.base, None);
    let mut head = Items::read(&set.head, given);
    if head.list.is_empty() || head.unread.is_some() {
        // Where the convention is still named as it was, the files tell.
        head = Items::read(&set.head, None);
    }
    if base.unread.is_some() || head.unread.is_some() || base.list.is_empty() || base.convention == head.convention {
        return None;
    }
    let mut by_version: BTreeMap<String, &Item> = BTreeMap::new();
    for item in head.list.iter().filter(|item| !item.repeatable) {
        // Two of one version are no clear successors.
        if by_version.insert(key(item), item).is_some() {
            return None;
        }
    }
    let mut now = BTreeMap::new();
    for item in base.list.iter().filter(|item| !item.repeatable) {
        let path = &by_version.get(&key(item))?.path;
        // Another tool wants something else of every file. What stays as it was is no other tool's.
        if item.path == *path && set.base.get(path) == set.head.get(path) {
            return None;
        }
        now.insert(item.path.clone(), path.clone());
    }
    let distinct: std::collections::BTreeSet<&String> = now.values().collect();
    if distinct.len() < now.len() {
        return None;
    }
    let base = renamed(base, &now);
    Some((base, head, now))
}

/// The same migrations under their new paths.
pub(super) fn renamed(mut items: Items, now: &BTreeMap<String, String>) -> Items {
    for item in &mut items.list {
        if let Some(path) = now.get(&item.path) {
            item.migration.path.clone_from(path);
        }
    }
    items
}

/// Reads files as the tool does that has shipped them, under their new paths.
pub(super) fn read(files: &Files, convention: Option<Convention>, now: &BTreeMap<String, String>) -> Items {
    renamed(Items::read(files, convention), now)
}

/// Says it. `given` is the convention that somebody names still.
pub(super) fn say(set: &Set, given: Option<Convention>, before: &Items, now: &Items, report: &mut Report<'_>) {
    let (Some(was), Some(is)) = (before.convention, now.convention) else { return };
    let what = match before.list.len() {
        1 => "1 shipped migration".to_owned(),
        count => format!("{count} shipped migrations"),
    };
    let message =
        format!("the migrations in {} have shipped as {was} and are now {is}: {what}, each with its version", set.dir);
    let option = is.as_option();
    let (code, help) = match given.filter(|given| *given != is) {
        Some(_) => ("head-unreadable", format!("say so here and where they are run: {}", option.text)),
        None => (
            "tool-changed",
            "a ledger of ours keeps its rows; where another tool has run them, put its new ledger right before it runs"
                .to_owned(),
        ),
    };
    if let Some(finding) = report.added(code, None, message, help)
        && code == "head-unreadable"
    {
        finding.options.push(option);
    }
}
