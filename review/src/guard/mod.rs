//! The verdict on a change before it is merged: does it break what has shipped?
//!
//! A change comes in as texts: the folder of migrations at the merge base, at the head, as the
//! target branch is now and as other open branches have it, the commit messages, and the files that
//! the change touches. What comes out are findings. No database is asked, and git is read elsewhere.
//!
//! ```
//! use counterfoil_review::guard::{self, Change, Options, Set};
//! let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
//! let change = Change {
//!     sets: vec![Set {
//!         dir: "db".into(),
//!         base: [file("db/1_a.sql", "select 1;")].into(),
//!         head: [file("db/1_a.sql", "select 2;")].into(),
//!         ..Set::default()
//!     }],
//!     ..Change::default()
//! };
//! let verdict = guard::check(&change, &Options::default()).unwrap();
//! assert!(!verdict.ok);
//! assert_eq!(verdict.findings[0].code, "shipped-edited");
//! ```
//!
//! What each guard decides is told in its own module: [`immutability`], [`collisions`],
//! [`parity`]. What they find may be allowed on purpose: by a comment in the file, or an entry of [`Options::allow`].

mod allow;
mod change;
pub mod collisions;
pub mod given;
pub mod immutability;
mod items;
mod options;
pub mod parity;
pub(crate) mod renumber;
mod report;
#[cfg(test)]
mod testing;
mod tool;
mod verdict;

use crate::tree;
pub use change::{Branch, Change, Edit, Files, Set, Tracked, TrackedFiles};
use counterfoil::convention::Convention;
use counterfoil::error::Error;
use counterfoil::finding::{Finding, Severity};
use counterfoil::ordered;
use counterfoil::version::next::Now;
use items::Items;
pub use options::{Allow, CODES, Ddl, Level, Options, READING, Registers, Track};
use report::Report;
use std::collections::BTreeSet;
pub use verdict::{Renumber, Sees, Verdict};

/// Judges a change. The verdict does not depend on the order in which anything is given, but for
/// `messages`, whose first fitting one is named.
///
/// # Errors
///
/// `invalid-input` for options that cannot be followed: an unknown code or convention, a track
/// without files or alone, a glob or a regular expression that is not one, a time that is not one.
pub fn check(change: &Change, options: &Options) -> Result<Verdict, Error> {
    options.validate()?;
    let now = options.now.as_deref().map(Now::read).transpose()?;
    let mut report = Report::new(options, &change.messages);
    let mut sets: Vec<&Set> = change.sets.iter().collect();
    ordered::sort_by(&mut sets, |a, b| {
        (&a.dir, &a.convention, &a.base, &a.head).cmp(&(&b.dir, &b.convention, &b.base, &b.head))
    });
    let (mut renumber, mut settled) = (Vec::new(), BTreeSet::new());
    for set in sets {
        renumber.extend(check_set(set, &change.messages, now.as_ref(), &mut settled, &mut report)?);
    }
    let squash = change.messages.iter().any(|message| immutability::has_sentinel(message));
    let base = change.tracked.as_ref().and_then(|tracked| tracked.base.as_ref());
    parity::judge(&change.edits, base, &settled, squash, options, &mut report)?;
    let mut tracks = Vec::new();
    if let Some(tracked) = &change.tracked {
        parity::empty::judge(tracked, options, &mut report)?;
        tracks = parity::sees(&tracked.head, options)?;
    }
    let (findings, allow) = report.into_findings();
    let ok = findings.iter().all(|finding| finding.severity != Severity::Error);
    Ok(Verdict { findings, ok, renumber, allow, tracks })
}

fn check_set(
    set: &Set,
    messages: &[String],
    now: Option<&Now>,
    all_settled: &mut BTreeSet<String>,
    report: &mut Report<'_>,
) -> Result<Vec<Renumber>, Error> {
    let given = set.convention.as_deref().map(str::parse::<Convention>).transpose()?;
    let (mut base, mut head) = (Items::read(&set.base, given), Items::read(&set.head, given));
    let mut paths = None;
    let is_one_tool = match given {
        None => base.convention == head.convention,
        Some(_) => base.unread.is_none() && head.unread.is_none() && !head.list.is_empty(),
    };
    if !is_one_tool && let Some((before, now, moved)) = tool::changed(set, given) {
        tool::say(set, given, &before, &now, report);
        (base, head, paths) = (before, now, Some(moved));
    }
    // What has shipped says what the convention is.
    let shipped_as = base.convention.filter(|_| !base.list.is_empty());
    let convention = if paths.is_some() { head.convention } else { given.or(shipped_as) };
    if head.convention != convention && convention.is_some() {
        let detected = std::mem::replace(&mut head, Items::read(&set.head, convention));
        // Where nobody says what the convention is, the next run will not find it, or another one.
        if head.unread.is_none() {
            changed_convention(set, &head, &detected, report);
        }
    }
    // A folder that was broken before is not the change's doing.
    if let Some(error) = &base.unread {
        unreadable("base-unreadable", &set.dir, "at the merge base", error, report);
    }
    if let Some(error) =
        head.unread.as_ref().filter(|error| !base.unread.as_ref().is_some_and(|before| is_same(before, error)))
    {
        unreadable("head-unreadable", &set.dir, "at the head", error, report);
    }
    let mut noticed = new_findings(&base, &head);
    if base.unread.is_some() != head.unread.is_some() {
        let convention = convention.or(head.convention);
        base = base.as_files(&set.base, convention);
        head = head.as_files(&set.head, convention);
    }
    let convention = convention.or(head.convention);
    let mut others = |files: &Files, place: &str| {
        let items = match &paths {
            // The target is as it was; a branch that has begun anew is not.
            Some(paths) if files.keys().any(|path| paths.contains_key(path) && !set.head.contains_key(path)) => {
                tool::read(files, shipped_as, paths)
            }
            _ => Items::read(files, convention),
        };
        if let Some(error) = &items.unread {
            unreadable("branch-unreadable", &set.dir, place, error, report);
        }
        items
    };
    let target = set.target.as_ref().filter(|target| **target != set.base);
    let target = target.map(|files| others(files, "on the target branch"));
    let against: Vec<(&str, Items)> = set
        .against
        .iter()
        .map(|branch| (&*branch.name, others(&branch.files, &format!("on the branch {}", branch.name))))
        .collect();
    // What has shipped and is not listed any more is reported as deleted.
    let shipped: BTreeSet<&str> = tree::set(base.list.iter().map(|item| &*item.path));
    noticed.retain(|finding| {
        finding.code != "not-in-journal" || finding.at.as_ref().is_none_or(|at| !shipped.contains(&*at.path))
    });
    let settled = immutability::judge(set, &base, &head, messages, paths.is_some(), report);
    all_settled.extend(settled.iter().map(|at| head.list[*at].path.clone()));
    let target = target.as_ref().unwrap_or(&base);
    let sides = collisions::Sides { set, base: &base, head: &head, target, against: &against, settled: &settled, now };
    let renumber = collisions::judge(&sides, &mut noticed, report);
    noticed.into_iter().for_each(|finding| report.pass_on(finding));
    Ok(renumber)
}

/// Reports that the files no longer look like the convention that they have shipped with.
fn changed_convention(set: &Set, head: &Items, detected: &Items, report: &mut Report<'_>) {
    let Some(shipped) = head.convention.filter(|_| !head.list.is_empty()) else { return };
    let (at, what) = match (&detected.unread, detected.convention) {
        (Some(error), _) => (error.location().cloned(), format!("cannot be told: {}", error.message())),
        (None, Some(other)) => (None, format!("seems to be {other}")),
        (None, None) => return,
    };
    let option = shipped.as_option();
    let finding = report.added(
        "head-unreadable",
        at,
        format!("the migrations in {} have shipped as {shipped}, and at the head their convention {what}", set.dir),
        format!(
            "name the new files as the others are; or say which convention it is, here and where they are run: {}",
            option.text
        ),
    );
    if let Some(finding) = finding {
        finding.options.push(option);
    }
}

/// Whether a folder cannot be read for the same reason as before, in the same file if it is in one.
fn is_same(before: &Error, now: &Error) -> bool {
    let path = |error: &Error| error.location().map(|at| at.path.clone());
    before.code() == now.code() && path(before) == path(now)
}

/// Reports that a folder cannot be read by its convention, and is judged file by file.
fn unreadable(code: &'static str, dir: &str, place: &str, error: &Error, report: &mut Report<'_>) {
    let message = format!("the migrations in {dir} {place} cannot be read: {}", error.message());
    if let Some(finding) = report.added(code, error.location().cloned(), message, error.json_help()) {
        finding.options = error.options().to_vec();
    }
}

/// What was noticed while reading the head and not while reading the base, and is more than a note.
fn new_findings(base: &Items, head: &Items) -> Vec<Finding> {
    fn key(finding: &Finding) -> (&str, Option<&str>, &str) {
        (&*finding.code, finding.at.as_ref().map(|at| at.path.as_str()), &finding.message)
    }
    let known: BTreeSet<_> = tree::set(base.findings.iter().map(key));
    let is_new = |finding: &&Finding| finding.severity != Severity::Note && !known.contains(&key(finding));
    head.findings.iter().filter(is_new).cloned().collect()
}
