//! A migration that the change adds has a version of its own, and one that comes last.
//!
//! It is compared with what will be there once the change is merged: the target branch as it is now,
//! without what the change deletes, and the change itself. What is new there already in the same words
//! and under the same path is one migration, not two.
//!
//! | what | code |
//! |---|---|
//! | another migration of the target, or of the change, has its version | `version-collision` |
//! | a new migration of another open branch has its version | `version-collision-elsewhere` |
//! | another one has its number; but the whole name is the version | `version-shared` |
//! | the target has a newer one: where that has run, this one is a gap | `version-behind` |
//!
//! A file that another open branch has under the same path is no finding, whatever it says there: when
//! both are merged, git itself stops at it. And most often it is the same migration, on the branch that
//! this one began on or on an older copy of this branch.
//!
//! Versions are compared as the convention does: `001` and `1` are one, `1.2` and `1_2_0` too. In
//! conventions whose identity is the whole name equal numbers are fine, with one exception: in
//! Drizzle's journal the number is the place in a list. Of two branches that add the same place only
//! one is listed in the end, so there it counts as a collision, and so does a file that the journal
//! passes over because another one has its number.

use super::allow::Exception;
use super::items::{self, Item, Items};
use super::renumber::{self, number};
use super::report::Report;
use super::{Renumber, Set};
use crate::tree;
use counterfoil::convention::Convention;
use counterfoil::finding::Finding;
use counterfoil::ordered;
use counterfoil::version::next::{Now, next};
use counterfoil::version::{Identity, Version, leading_digits};
use std::collections::{BTreeMap, BTreeSet};

/// One set of a change, read.
pub(super) struct Sides<'a> {
    pub set: &'a Set,
    pub base: &'a Items,
    pub head: &'a Items,
    pub target: &'a Items,
    /// Other open branches, by name.
    pub against: &'a [(&'a str, Items)],
    /// Migrations of the head that have their place whatever comes later: a baseline, and what has
    /// only got another name.
    pub settled: &'a BTreeSet<usize>,
    pub now: Option<&'a Now>,
}

/// A migration that has, or wants, a version. In the order in which they may keep it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    /// The change has it, and it is not new.
    Shipped,
    /// It is new on the target branch.
    Target,
    /// It is new in the change.
    New,
}

/// Migrations of the head and of the target, each with its owner.
type Claims<'a, Key> = BTreeMap<Key, Vec<(Owner, &'a Item)>>;

/// What a comment of the file allows.
fn exception(sides: &Sides<'_>, item: &Item, code: &str) -> Option<Exception> {
    let reason = |files: &super::Files| {
        let text = files.get(&item.path).or_else(|| files.get(&item.up.path))?;
        super::parity::allowed(&item.path, text, code)
    };
    let in_base = reason(&sides.set.base).or_else(|| reason(sides.set.target.as_ref()?)).is_some();
    Some(Exception { reason: reason(&sides.set.head)?, in_base })
}

impl Wrong<'_> {
    fn code(&self) -> &'static str {
        match self {
            Wrong::Taken(..) | Wrong::PlaceTaken(..) => "version-collision",
            Wrong::TakenElsewhere(..) => "version-collision-elsewhere",
            Wrong::Behind(_) => "version-behind",
        }
    }
}

/// What is wrong with the version of a new migration.
enum Wrong<'a> {
    Taken(Owner, &'a Item),
    TakenElsewhere(&'a str, &'a Item),
    /// Another one has its place in Drizzle's journal.
    PlaceTaken(String, &'a Item),
    Behind(&'a Item),
}

/// Judges one set. Takes out of `noticed` what it says better.
pub(super) fn judge(sides: &Sides<'_>, noticed: &mut Vec<Finding>, report: &mut Report<'_>) -> Vec<Renumber> {
    let head = sides.head;
    hidden(head, noticed, report);
    let convention = head.convention;
    let new = new(sides);
    if new.is_empty() {
        return Vec::new();
    }
    let identity = convention.map_or(Identity::Digits, Convention::identity);
    let is_name = !matches!(identity, Identity::Digits | Identity::Dotted);
    let is_journal =
        convention == Some(Convention::Drizzle) && sides.set.head.keys().any(|path| items::is_journal(path));

    let owned = owned(sides, &new);
    let (mut by_version, mut by_number): (Claims<'_, &Version>, Claims<'_, Version>) = Default::default();
    for &(owner, item) in &owned {
        by_version.entry(&item.version).or_default().push((owner, item));
        if let Some(number) = number_key(item, convention).filter(|_| is_name) {
            by_number.entry(number).or_default().push((owner, item));
        }
    }
    let elsewhere = elsewhere(sides, is_journal);
    let newest = newest(sides);

    let mut wrong: BTreeMap<usize, Vec<Wrong<'_>>> = BTreeMap::new();
    let mut allowed: Vec<(usize, Vec<Wrong<'_>>)> = Vec::new();
    for &at in &new {
        let item = &head.list[at];
        let holder = by_version.get(&item.version).and_then(|claims| claims.first()).copied();
        let mut found = Vec::new();
        if let Some((owner, other)) = holder.filter(|(_, other)| !std::ptr::eq(*other, item)) {
            found.push(Wrong::Taken(owner, other));
        }
        let key = number_key(item, convention);
        if let Some(key) = key.as_ref().filter(|_| is_name)
            && let Some((owner, other)) = by_number.get(key).and_then(|claims| claims.first()).copied()
            && !std::ptr::eq(other, item)
            && other.version != item.version
        {
            if is_journal && owner == Owner::Target {
                let number = number(item, convention).unwrap_or_default().to_owned();
                found.push(Wrong::PlaceTaken(number, other));
            } else {
                shared(item, other, exception(sides, item, "version-shared").as_ref(), report);
            }
        }
        for (branch, versions, numbers) in &elsewhere {
            let other = versions.get(&item.version).copied();
            let other = other.or_else(|| key.as_ref().and_then(|key| numbers.get(key)).copied());
            if let Some(other) = other.filter(|other| other.path != item.path) {
                found.push(Wrong::TakenElsewhere(branch, other));
            }
        }
        let is_late = newest.is_some_and(|newest| item.version < newest.version) && key.is_some();
        if let Some(newest) = newest.filter(|_| is_late && found.is_empty())
            && item.replaces.is_empty()
            && !sides.settled.contains(&at)
        {
            found.push(Wrong::Behind(newest));
        }
        let allows = |wrong: &Wrong<'_>| {
            exception(sides, item, wrong.code()).is_some_and(|exception| report.allows(&exception, wrong.code()))
        };
        if found.is_empty() {
            continue;
        }
        // What may stay where it is gets no other version.
        if found.iter().all(allows) { allowed.push((at, found)) } else { drop(wrong.insert(at, found)) }
    }

    let free = free(sides, &new, &wrong, &owned, &elsewhere, newest);
    for (at, found) in wrong.iter().chain(allowed.iter().map(|(at, found)| (at, found))) {
        let item = &head.list[*at];
        let proposal = free.get(at).and_then(|number| renumber::version(item, number, convention));
        for wrong in found {
            let exception = exception(sides, item, wrong.code());
            say(item, wrong, proposal.as_ref(), is_journal, exception.as_ref(), report);
        }
    }
    let last_first = new.iter().rev().filter_map(|at| Some((&head.list[*at], free.get(at)?)));
    last_first.flat_map(|(item, number)| renumber::moves(item, number, convention, &sides.set.head)).collect()
}

/// The head's migrations that neither the base nor the target has, in order.
fn new(sides: &Sides<'_>) -> Vec<usize> {
    let base: BTreeSet<&str> = tree::set(sides.base.list.iter().map(|item| &*item.path));
    let target: BTreeSet<(&str, &str)> = tree::set(sides.target.list.iter().map(identical));
    let is_new = |item: &Item| !item.repeatable && !base.contains(&*item.path) && !target.contains(&identical(item));
    let list = &sides.head.list;
    let mut new: Vec<usize> = (0..list.len()).filter(|&at| is_new(&list[at])).collect();
    ordered::sort_by(&mut new, |&a, &b| (&list[a].version, a).cmp(&(&list[b].version, b)));
    new
}

/// What makes two files of two branches one migration.
fn identical(item: &Item) -> (&str, &str) {
    (&item.path, &item.checksum)
}

/// Everything that will be there once the change is merged, those that may keep their version first.
fn owned<'a>(sides: &Sides<'a>, new: &[usize]) -> Vec<(Owner, &'a Item)> {
    let new: BTreeSet<usize> = tree::set(new.iter().copied());
    let ours = sides.head.list.iter().enumerate().map(|(at, item)| {
        let owner = if new.contains(&at) { Owner::New } else { Owner::Shipped };
        (owner, item)
    });
    let base: BTreeSet<&str> = tree::set(sides.base.list.iter().map(|item| &*item.path));
    let head: BTreeSet<(&str, &str)> = tree::set(sides.head.list.iter().map(identical));
    let is_theirs = |item: &&Item| !base.contains(&*item.path) && !head.contains(&identical(item));
    let theirs = sides.target.list.iter().filter(is_theirs).map(|item| (Owner::Target, item));
    let mut all: Vec<_> = ours.chain(theirs).filter(|(_, item)| !item.repeatable).collect();
    ordered::sort_by(&mut all, |(a, x), (b, y)| (a, &x.version, &x.path).cmp(&(b, &y.version, &y.path)));
    all
}

/// The newest migration of the target that the change does not delete.
fn newest<'a>(sides: &Sides<'a>) -> Option<&'a Item> {
    let base: BTreeSet<&str> = tree::set(sides.base.list.iter().map(|item| &*item.path));
    let head: BTreeSet<&str> = tree::set(sides.head.list.iter().map(|item| &*item.path));
    let stays = |item: &&Item| !base.contains(&*item.path) || head.contains(&*item.path);
    let counts = |item: &&Item| !item.repeatable && number(item, sides.head.convention).is_some();
    let all = sides.target.list.iter().filter(stays).filter(counts);
    all.max_by(|a, b| (&a.version, &a.path).cmp(&(&b.version, &b.path)))
}

/// New migrations of another branch: by version, and where the number alone counts, by number.
type Elsewhere<'a> = (&'a str, BTreeMap<&'a Version, &'a Item>, BTreeMap<Version, &'a Item>);

fn elsewhere<'a>(sides: &Sides<'a>, is_journal: bool) -> Vec<Elsewhere<'a>> {
    let known: BTreeSet<&str> = tree::set(sides.base.list.iter().chain(&sides.target.list).map(|item| &*item.path));
    let mut all: Vec<Elsewhere<'a>> = Vec::new();
    for (name, items) in sides.against {
        let (mut versions, mut numbers) = (BTreeMap::new(), BTreeMap::new());
        for item in items.list.iter().filter(|item| !item.repeatable && !known.contains(&*item.path)) {
            versions.entry(&item.version).or_insert(item);
            if let Some(key) = number_key(item, sides.head.convention).filter(|_| is_journal) {
                numbers.entry(key).or_insert(item);
            }
        }
        all.push((name, versions, numbers));
    }
    ordered::sort_by(&mut all, |a, b| a.0.cmp(b.0));
    all
}

/// The number as a key; no two migrations of a set may share it.
fn number_key(item: &Item, convention: Option<Convention>) -> Option<Version> {
    Some(renumber::key(number(item, convention)?, convention))
}

/// A free number for everything that is wrong, and for what is new and has to stay behind it.
fn free(
    sides: &Sides<'_>,
    new: &[usize],
    wrong: &BTreeMap<usize, Vec<Wrong<'_>>>,
    owned: &[(Owner, &Item)],
    elsewhere: &[Elsewhere<'_>],
    newest: Option<&Item>,
) -> BTreeMap<usize, String> {
    let convention = sides.head.convention;
    let mut used: BTreeSet<Version> = owned
        .iter()
        .filter(|(owner, _)| *owner != Owner::New)
        .filter_map(|(_, item)| number_key(item, convention))
        .collect();
    let others = elsewhere.iter().flat_map(|(_, versions, _)| versions.values());
    used.extend(others.filter_map(|item| number_key(item, convention)));
    let mut free = BTreeMap::new();
    // The version that the next one has to come after, and its number.
    let mut last: Option<(Version, String)> =
        newest.and_then(|newest| Some((newest.version.clone(), number(newest, convention)?.to_owned())));
    for &at in new {
        let item = &sides.head.list[at];
        let Some(own) = number(item, convention) else { continue };
        let is_before = last.as_ref().is_some_and(|(version, _)| item.version <= *version);
        // Behind what has moved, everything new has to move on as well.
        if !wrong.contains_key(&at) && (!is_before || free.is_empty()) {
            if !is_before {
                last = Some((item.version.clone(), own.to_owned()));
            }
            continue;
        }
        let mut from = match &last {
            Some((_, number)) if is_before => number.clone(),
            _ => own.to_owned(),
        };
        let found = loop {
            let Some(number) = next(&from, sides.now) else { break None };
            let Some(version) = renumber::version(item, &number, convention) else { break None };
            let key = renumber::key(&number, convention);
            // Each of the numbers that are used is met once.
            if used.remove(&key) {
                from = number;
                continue;
            }
            let is_after = version > item.version && last.as_ref().is_none_or(|(last, _)| version > *last);
            break is_after.then_some((version, number));
        };
        if let Some((version, number)) = found {
            free.insert(at, number.clone());
            last = Some((version, number));
        }
    }
    free
}

fn say(
    item: &Item,
    wrong: &Wrong<'_>,
    proposal: Option<&Version>,
    is_journal: bool,
    exception: Option<&Exception>,
    report: &mut Report<'_>,
) {
    let path = &item.path;
    let such_as = proposal.map_or(String::new(), |version| format!(", such as {version}"));
    let such_as =
        if is_journal { such_as + ", in the journal too; or let drizzle-kit generate it again" } else { such_as };
    let (message, help) = match wrong {
        Wrong::Taken(_, other) if other.path == *path => (
            format!("{path} is on the target branch too, with other content"),
            format!("if it is another migration, give it a version of its own{such_as}"),
        ),
        Wrong::Taken(owner, other) => {
            let place = if *owner == Owner::Target { ", which is new on the target branch," } else { "" };
            (
                format!("{path} and {}{place} have one version, {}", other.path, item.version),
                format!("give {path} a version of its own{such_as}"),
            )
        }
        Wrong::PlaceTaken(number, other) => (
            format!(
                "{path} and {}, which is new on the target branch, have one place in the journal, {number}",
                other.path
            ),
            format!("give {path} a number of its own{such_as}"),
        ),
        Wrong::TakenElsewhere(branch, other) => {
            let what = if item.version == other.version {
                format!("version, {}", item.version)
            } else {
                format!("place in the journal, {}", leading_digits(items::label(path)))
            };
            let help = format!("agree on who moves; here {path} could get a version of its own{such_as}");
            (format!("{path} and {} on the branch {branch} have one {what}", other.path), help)
        }
        Wrong::Behind(newest) => {
            let help = format!(
                "it is applied as a gap here, and passed over by some other tools; give it a later version{such_as}"
            );
            (format!("{path} comes before {}: a database that has the latter gets it late", newest.path), help)
        }
    };
    report.add_unless(exception, wrong.code(), Some(items::start(path)), message, help, "");
}

/// Notes a number that two names have.
fn shared(item: &Item, other: &Item, exception: Option<&Exception>, report: &mut Report<'_>) {
    let (first, second) = if item.version < other.version { (item, other) } else { (other, item) };
    report.add_unless(
        exception,
        "version-shared",
        Some(items::start(&item.path)),
        format!("{} and {} start with one number; their names make them two versions", item.path, other.path),
        format!(
            "{} is run before {}: if that is meant, there is nothing to do",
            items::label(&first.path),
            items::label(&second.path)
        ),
        "",
    );
}

/// A file that Drizzle's journal passes over, while another one has its number.
fn hidden(head: &Items, noticed: &mut Vec<Finding>, report: &mut Report<'_>) {
    let mut numbers: BTreeMap<&str, &Item> = BTreeMap::new();
    for item in &head.list {
        numbers.entry(leading_digits(items::label(&item.path))).or_insert(item);
    }
    noticed.retain(|finding| {
        let Some(at) = finding.at.as_ref().filter(|_| finding.code == "not-in-journal") else { return true };
        let number = leading_digits(items::label(&at.path));
        let Some(rival) = numbers.get(number).filter(|_| !number.is_empty()) else { return true };
        report.add(
            "version-collision",
            Some(at.clone()),
            format!(
                "{} and {} have one number, {number}, and the journal lists the latter only: the former is never run",
                at.path, rival.path
            ),
            "remove the file, and let drizzle-kit generate its change again",
        );
        false
    });
}

#[cfg(test)]
mod tests {
    use super::super::testing::{change, files, lines, moves, says, verdict};
    use super::super::{Branch, Change, Options, check};

    type Tree<'a> = &'a [(&'a str, &'a str)];

    const A: (&str, &str) = ("db/001_a.sql", "select 1;");

    /// A change beside what has been merged into the target since.
    fn merged(base: Tree<'_>, head: Tree<'_>, target: Tree<'_>) -> Change {
        let mut change = change(base, head);
        change.sets[0].target = Some(files(target));
        change
    }

    #[track_caller]
    fn proposes(change: &Change, expected: &[&str]) {
        assert_eq!(moves(&verdict(change)), expected);
    }

    #[test]
    fn two_branches_with_one_version_collide() {
        let (mine, theirs) = (("db/002_mine.sql", "select 2;"), ("db/2_theirs.sql", "select 3;"));
        let change = merged(&[A], &[A, mine], &[A, theirs]);
        says(
            &change,
            &[
                "error version-collision db/002_mine.sql:1:1: db/002_mine.sql and db/2_theirs.sql, which is new on the target branch, have one version, 002",
            ],
        );
        proposes(&change, &["db/002_mine.sql -> db/3_mine.sql (3)"]);
        assert_eq!(verdict(&change).findings[0].help, "give db/002_mine.sql a version of its own, such as 3");
    }

    #[test]
    fn what_is_merged_already_is_no_collision() {
        let mine = ("db/002_mine.sql", "select 2;");
        says(&merged(&[A], &[A, mine], &[A, mine]), &[]);
        says(&merged(&[A], &[A, mine], &[A, mine, ("db/003_x.sql", "select 3;")]), &[]);
        says(
            &merged(&[A], &[A, mine], &[A, ("db/002_mine.sql", "select 3;")]),
            &[
                "error version-collision db/002_mine.sql:1:1: db/002_mine.sql is on the target branch too, with other content",
            ],
        );
    }

    #[test]
    fn one_name_twice_is_a_collision_and_no_shared_number() {
        let a = ("db/20240101_a/migration.sql", "select 1;");
        let (mine, theirs) = ("db/20240102_b/migration.sql", "db/20240102_b/migration.sql");
        says(
            &merged(&[a], &[a, (mine, "select 2;")], &[a, (theirs, "select 3;")]),
            &[
                "error version-collision db/20240102_b/migration.sql:1:1: db/20240102_b/migration.sql is on the target branch too, with other content",
            ],
        );
    }

    #[test]
    fn a_new_file_with_the_version_of_a_shipped_one_collides() {
        says(
            &change(&[A], &[A, ("db/1_b.sql", "select 2;")]),
            &["error version-collision db/1_b.sql:1:1: db/1_b.sql and db/001_a.sql have one version, 1"],
        );
        let b = ("db/002_b.sql", "select 1;");
        let two = change(&[A], &[A, b, ("db/002_c.sql", "select 2;")]);
        says(&two, &["error version-collision db/002_c.sql:1:1: db/002_c.sql and db/002_b.sql have one version, 002"]);
        proposes(&two, &["db/002_c.sql -> db/003_c.sql (003)"]);
        // What was so before is not the change's doing.
        let before = [A, ("db/1_b.sql", "select 2;")];
        says(&change(&before, &before), &[]);
        // What the change deletes makes room.
        assert!(
            lines(&verdict(&change(&[A], &[("db/1_b.sql", "select 2;")])))
                .iter()
                .all(|line| !line.contains("version-"))
        );
    }

    #[test]
    fn other_open_branches_are_asked() {
        let mine = ("db/002_mine.sql", "select 2;");
        let mut change = change(&[A], &[A, mine]);
        let branch = |name: &str, list: Tree<'_>| Branch { name: name.to_owned(), files: files(list) };
        change.sets[0].against = vec![
            branch("z", &[A, ("db/002_z.sql", "select 3;"), ("db/003_z.sql", "select 3;")]),
            branch("stacked", &[A, mine, ("db/004_more.sql", "select 4;")]),
            branch("elder", &[A, ("db/002_mine.sql", "select 9;")]),
        ];
        says(
            &change,
            &[
                "error version-collision-elsewhere db/002_mine.sql:1:1: db/002_mine.sql and db/002_z.sql on the branch z have one version, 002",
            ],
        );
        // 003 and 004 are taken by others.
        proposes(&change, &["db/002_mine.sql -> db/005_mine.sql (005)"]);
        assert_eq!(
            verdict(&change).findings[0].help,
            "agree on who moves; here db/002_mine.sql could get a version of its own, such as 005"
        );
        // What it has in common with the target is not its own.
        change.sets[0].target = Some(files(&[A, ("db/002_z.sql", "select 3;")]));
        assert!(lines(&verdict(&change)).iter().all(|line| !line.contains("elsewhere")));
    }

    #[test]
    fn a_version_below_the_newest_is_a_gap_to_come() {
        let change = merged(
            &[A],
            &[A, ("db/002_b.sql", "select 2;"), ("db/004_d.sql", "select 4;")],
            &[A, ("db/003_c.sql", "select 3;")],
        );
        says(
            &change,
            &[
                "note version-behind db/002_b.sql:1:1: db/002_b.sql comes before db/003_c.sql: a database that has the latter gets it late",
            ],
        );
        // What came after it still does.
        proposes(&change, &["db/004_d.sql -> db/005_d.sql (005)", "db/002_b.sql -> db/004_b.sql (004)"]);
    }

    #[test]
    fn files_of_one_migration_move_together() {
        let base = [("db/0009_a.up.sql", "select 1;")];
        let mine = [
            base[0],
            ("db/0009_b.up.sql", "select 2;"),
            ("db/0009_b.down.sql", "select 3;"),
            ("db/.counterfoil/0009_b.json", r#"{ "replaces": [] }"#),
        ];
        proposes(
            &change(&base, &mine),
            &[
                "db/0009_b.up.sql -> db/0010_b.up.sql (0010)",
                "db/0009_b.down.sql -> db/0010_b.down.sql (0010)",
                "db/.counterfoil/0009_b.json -> db/.counterfoil/0010_b.json (0010)",
            ],
        );
        let flyway = [("db/V1_9__a.sql", "select 1;")];
        let mine =
            [flyway[0], ("db/V1.9__b.sql", "select 2;"), ("db/U1.9__b.sql", "select 3;"), ("db/V1.9__b.sql.conf", "")];
        proposes(
            &change(&flyway, &mine),
            &[
                "db/V1.9__b.sql -> db/V1_10__b.sql (1.10)",
                "db/U1.9__b.sql -> db/U1_10__b.sql (1.10)",
                "db/V1.9__b.sql.conf -> db/V1_10__b.sql.conf (1.10)",
            ],
        );
        let prisma = [("db/20240229235959_a/migration.sql", "select 1;"), ("db/migration_lock.toml", "")];
        let late = [
            prisma[0],
            prisma[1],
            ("db/20240101000000_b/migration.sql", "select 2;"),
            ("db/20240101000000_b/x.md", ""),
        ];
        proposes(
            &change(&prisma, &late),
            &[
                "db/20240101000000_b/migration.sql -> db/20240301000000_b/migration.sql (20240301000000_b)",
                "db/20240101000000_b/x.md -> db/20240301000000_b/x.md (20240301000000_b)",
            ],
        );
        let diesel = [("db/2024-12-31-235959_a/up.sql", "select 1;"), ("db/2024-12-31-235959_a/down.sql", "select 1;")];
        let late = [diesel[0], diesel[1], ("db/2024-01-01-000000_b/up.sql", "select 2;")];
        proposes(
            &change(&diesel, &late),
            &["db/2024-01-01-000000_b/up.sql -> db/2025-01-01-000000_b/up.sql (2025-01-01-000000_b)"],
        );
        // Both letters of refinery's count together, in every folder.
        let refinery = [("db/U1__a.sql", "select 1;"), ("db/more/U09__b.sql", "select 2;")];
        proposes(
            &change(&refinery, &[refinery[0], refinery[1], ("db/U1__c.sql", "select 3;")]),
            &["db/U1__c.sql -> db/U10__c.sql (10)"],
        );
        let head = "--! Previous: -\n--! Hash: sha1:0\n\n";
        let graphile = [("db/committed/000001-a.sql", head)];
        proposes(
            &change(&graphile, &[graphile[0], ("db/committed/000001-b.sql", head)]),
            &["db/committed/000001-b.sql -> db/committed/000002-b.sql (000002)"],
        );
        // 1704153600000 is 2024-01-02T00:00:00Z.
        let both = "-- Up Migration\n-- Down Migration\n";
        let pg = [("db/20240102000000001_a.sql", both)];
        proposes(
            &change(&pg, &[pg[0], ("db/1704153600000_b.sql", both)]),
            &["db/1704153600000_b.sql -> db/20240102000000002_b.sql (20240102000000002_b)"],
        );
    }

    #[test]
    fn where_the_name_is_the_version_one_number_is_noted() {
        let up = "-- +migrate Up\nselect 1;\n";
        says(
            &change(&[("db/5-b.sql", up)], &[("db/5-b.sql", up), ("db/5-c.sql", "-- +migrate Up\nselect 2;\n")]),
            &[
                "note version-shared db/5-c.sql:1:1: db/5-c.sql and db/5-b.sql start with one number; their names make them two versions",
            ],
        );
    }

    #[test]
    fn where_the_name_is_the_version_one_number_of_two_branches_is_noted() {
        let up = |text: &str| format!("-- +migrate Up\nselect {text};\n");
        let (a, b, c) = (up("1"), up("2"), up("3"));
        let base = ("db/4-a.sql", &*a);
        says(
            &merged(&[base], &[base, ("db/5-c.sql", &c)], &[base, ("db/5-b.sql", &b)]),
            &[
                "note version-shared db/5-c.sql:1:1: db/5-c.sql and db/5-b.sql start with one number; their names make them two versions",
            ],
        );
    }

    #[test]
    fn drizzles_journal_has_one_place_for_each_number() {
        let journal = |tags: &[&str]| {
            let entries: Vec<String> = tags.iter().map(|tag| format!(r#"{{ "tag": "{tag}" }}"#)).collect();
            format!(r#"{{ "entries": [{}] }}"#, entries.join(", "))
        };
        let path = "db/meta/_journal.json";
        let (a, b, c) =
            (("db/0000_a.sql", "select 1;"), ("db/0001_b.sql", "select 2;"), ("db/0001_c.sql", "select 3;"));
        let (one, with_b, with_c) =
            (journal(&["0000_a"]), journal(&["0000_a", "0001_b"]), journal(&["0000_a", "0001_c"]));
        let change = merged(&[a, (path, &one)], &[a, b, (path, &with_b)], &[a, c, (path, &with_c)]);
        says(
            &change,
            &[
                "error version-collision db/0001_b.sql:1:1: db/0001_b.sql and db/0001_c.sql, which is new on the target branch, have one place in the journal, 0001",
            ],
        );
        proposes(&change, &["db/0001_b.sql -> db/0002_b.sql (0002_b)"]);
        let mut open = super::super::testing::change(&[a, (path, &one)], &[a, b, (path, &with_b)]);
        open.sets[0].against = vec![Branch { name: "other".to_owned(), files: files(&[a, c, (path, &with_c)]) }];
        says(
            &open,
            &[
                "error version-collision-elsewhere db/0001_b.sql:1:1: db/0001_b.sql and db/0001_c.sql on the branch other have one place in the journal, 0001",
            ],
        );
        // Both are merged, and one of the journals won.
        says(
            &super::super::testing::change(&[a, c, (path, &with_c)], &[a, b, c, (path, &with_c)]),
            &[
                "error version-collision db/0001_b.sql:1:1: db/0001_b.sql and db/0001_c.sql have one number, 0001, and the journal lists the latter only: the former is never run",
            ],
        );
    }

    #[test]
    fn a_version_that_is_a_time_takes_the_time_of_the_options() {
        let change = merged(
            &[("db/20240101000000_a.sql", "select 1;")],
            &[
                ("db/20240101000000_a.sql", "select 1;"),
                ("db/20240102000000_b.sql", "select 2;"),
                ("db/20240103000000_c.sql", "select 3;"),
            ],
            &[
                ("db/20240101000000_a.sql", "select 1;"),
                ("db/20240102000000_x.sql", "select 4;"),
                ("db/20240104000000_y.sql", "select 4;"),
            ],
        );
        let proposed = |now: &str| {
            let options = Options { now: Some(now.to_owned()), ..Options::default() };
            moves(&check(&change, &options).expect("a verdict"))
        };
        assert_eq!(
            proposed("2024-02-29T23:59:59.123Z"),
            [
                "db/20240103000000_c.sql -> db/20240301000000_c.sql (20240301000000)",
                "db/20240102000000_b.sql -> db/20240229235959_b.sql (20240229235959)",
            ]
        );
        // A clock that is behind is of no use.
        assert_eq!(
            proposed("2020-01-01T00:00:00Z")[1],
            "db/20240102000000_b.sql -> db/20240104000001_b.sql (20240104000001)"
        );
        let options = Options { now: Some("today".to_owned()), ..Options::default() };
        let error = check(&change, &options).expect_err("no time");
        assert_eq!(error.message(), "now is \"today\", which is not a time");
    }

    #[test]
    fn a_baseline_may_come_before_what_stays() {
        let (a, c) = (("db/001_a.sql", "select 1;"), ("db/003_c.sql", "select 3;"));
        let list = format!(
            r#"{{ "replaces": [{{ "version": "001", "checksum": "{}" }}] }}"#,
            counterfoil::checksum::checksum(a.1)
        );
        let head = [("db/002_base.sql", "select 2;"), c, ("db/.counterfoil/002_base.json", &*list)];
        assert_eq!(lines(&verdict(&change(&[a, c], &head))).len(), 1);
        // So may one whose files stay for a while.
        says(&change(&[a, c], &[a, head[0], head[1], head[2]]), &[]);
    }

    #[test]
    fn a_branch_that_cannot_be_read_is_compared_by_its_names() {
        let mut change = change(
            &[("db/1_a.sql", "-- migrate:up\n")],
            &[("db/1_a.sql", "-- migrate:up\n"), ("db/2_b.sql", "-- migrate:up\n")],
        );
        change.sets[0].against =
            vec![Branch { name: "broken".to_owned(), files: files(&[("db/2_c.sql", "select 1;")]) }];
        says(
            &change,
            &[
                "error version-collision-elsewhere db/2_b.sql:1:1: db/2_b.sql and db/2_c.sql on the branch broken have one version, 2",
                "note branch-unreadable db/2_c.sql:1:1: the migrations in db on the branch broken cannot be read: there is no `-- migrate:up`",
            ],
        );
    }

    #[test]
    fn what_is_noticed_while_reading_is_passed_on_if_it_is_new() {
        let odd = ("db/odd.sql", "select 1;");
        says(
            &change(&[A], &[A, odd]),
            &["warning unknown-file db/odd.sql:1:1: odd.sql is not run: its name does not start with digits"],
        );
        says(&change(&[A, odd], &[A, odd]), &[]);
        // A migration in code is only noted there, and no more than that is to be done about it.
        let goose = ("db/1_a.sql", "-- +goose Up\nselect 1;\n");
        says(&change(&[goose], &[goose, ("db/2_b.go", "package db\n")]), &[]);
    }

    #[test]
    fn a_comment_of_the_file_allows_a_version_once_it_was_reviewed() {
        let late = ("db/002_mine.sql", "-- counterfoil-allow version-behind: it has to come before 003\nselect 2;");
        let newer = ("db/003_x.sql", "select 3;");
        let mut change = merged(&[A], &[A, late], &[A, newer]);
        let says = "version-behind db/002_mine.sql:1:1: db/002_mine.sql comes before db/003_x.sql: a database that has the latter gets it late";
        let unseen = format!(
            "note {says}; its exception (it has to come before 003) comes with this change, and counts once somebody has looked at it: with [counterfoil-allow version-behind] in a commit message, or merged in a change before"
        );
        assert_eq!(lines(&verdict(&change)), [&*unseen]);
        proposes(&change, &["db/002_mine.sql -> db/004_mine.sql (004)"]);
        change.messages = vec!["[counterfoil-allow version-behind]".to_owned()];
        assert_eq!(lines(&verdict(&change)), [format!("note {says}; allowed: it has to come before 003")]);
        // What may stay where it is is not moved.
        proposes(&change, &[]);
        // A collision is an error until then.
        let twice = ("db/2_b.sql", "-- counterfoil-allow version-collision: one of them is to go\nselect 2;");
        let mut change = merged(&[A], &[A, twice], &[A, ("db/002_c.sql", "select 3;")]);
        assert!(!verdict(&change).ok);
        change.messages = vec!["[counterfoil-allow version-collision]".to_owned()];
        assert!(verdict(&change).ok);
        // The target has had the comment already.
        let before = (late.0, "-- counterfoil-allow version-collision: both are one\nselect 1;");
        let after = (late.0, "-- counterfoil-allow version-collision: both are one\nselect 2;");
        assert!(verdict(&merged(&[A], &[A, after], &[A, before])).ok);
    }
}
