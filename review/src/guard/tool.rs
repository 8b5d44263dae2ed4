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
    let mut by_version: BTreeMap<String, usize> = BTreeMap::new();
    for (at, item) in head.list.iter().enumerate().filter(|(_, item)| !item.repeatable) {
        // Two of one version are no clear successors.
        if by_version.insert(key(item), at).is_some() {
            return None;
        }
    }
    let (mut now, mut taken) = (BTreeMap::new(), vec![false; head.list.len()]);
    for item in base.list.iter().filter(|item| !item.repeatable) {
        // Each has one successor of its own.
        let at = *by_version.get(&key(item))?;
        if std::mem::replace(&mut taken[at], true) {
            return None;
        }
        let path = &*head.list[at].path;
        // Another tool wants something else of every file. What stays as it was is no other tool's.
        if item.path == path && set.base.get(path) == set.head.get(path) {
            return None;
        }
        now.insert(item.path.clone(), path.to_owned());
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

#[cfg(test)]
mod tests {
    use crate::guard::Change;
    use crate::guard::testing::{change, files, says, verdict};

    /// Three migrations as golang-migrate has them, and as goose has them.
    fn golang(table: &str) -> Vec<(String, String)> {
        let of = |at: u32| {
            [
                (format!("db/00{at}_t{at}.up.sql"), format!("create table {table}{at} (id int);\n")),
                (format!("db/00{at}_t{at}.down.sql"), format!("drop table {table}{at};\n")),
            ]
        };
        (1..4).flat_map(of).collect()
    }

    fn goose(table: &str) -> Vec<(String, String)> {
        let of = |at: u32| {
            let text = format!(
                "-- +goose Up\ncreate table {table}{at} (id int);\n\n-- +goose Down\ndrop table {table}{at};\n"
            );
            (format!("db/00{at}_t{at}.sql"), text)
        };
        (1..4).map(of).collect()
    }

    fn switch(base: &[(String, String)], head: &[(String, String)]) -> Change {
        let own = |list: &[(String, String)]| -> Vec<(String, String)> { list.to_vec() };
        let (base, head) = (own(base), own(head));
        let of = |list: &[(String, String)]| list.iter().map(|(path, text)| (path.clone(), text.clone())).collect();
        let mut change = change(&[], &[]);
        (change.sets[0].base, change.sets[0].head) = (of(&base), of(&head));
        change
    }

    const SAYS: &str = "the migrations in db have shipped as golang-migrate and are now goose: 3 shipped migrations, each with its version";

    #[test]
    fn a_change_of_tool_is_one_finding() {
        let mut switched = switch(&golang("t"), &goose("t"));
        says(&switched, &[&format!("warning tool-changed: {SAYS}")]);
        assert_eq!(verdict(&switched).renumber, []);
        // The target has got one more since, or a new one comes with it.
        let mut target = switched.sets[0].base.clone();
        target.extend(files(&[("db/004_t4.up.sql", "select 4;"), ("db/004_t4.down.sql", "")]));
        switched.sets[0].target = Some(target);
        says(&switched, &[&format!("warning tool-changed: {SAYS}")]);
        switched.sets[0].target = None;
        switched.sets[0].head.extend(files(&[("db/004_t4.sql", "-- +goose Up\nselect 4;\n")]));
        says(&switched, &[&format!("warning tool-changed: {SAYS}")]);
        // And from then on there is nothing to say.
        says(&switch(&goose("t"), &goose("t")), &[]);
    }

    #[test]
    fn what_differs_beside_the_tool_is_told_as_ever() {
        let mut edited = goose("t");
        edited[1].1 = edited[1].1.replace("id int", "id bigint");
        says(
            &switch(&golang("t"), &edited),
            &[
                &format!("warning tool-changed: {SAYS}"),
                "error shipped-edited db/002_t2.sql:1:1: db/002_t2.sql has shipped, and its statements have changed",
            ],
        );
        // One that is not there has not only changed its tool.
        assert!(!verdict(&switch(&golang("t"), &goose("t")[1..])).ok);
    }

    #[test]
    fn a_convention_that_is_still_named_as_it_was_is_one_finding_too() {
        let mut switched = switch(&golang("t"), &goose("t"));
        switched.sets[0].convention = Some("golang-migrate".to_owned());
        says(&switched, &[&format!("error head-unreadable: {SAYS}")]);
        assert_eq!(verdict(&switched).findings[0].options.len(), 1);
        switched.sets[0].convention = Some("goose".to_owned());
        says(&switched, &[&format!("warning tool-changed: {SAYS}")]);
    }
}
