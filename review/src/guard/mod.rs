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
//! [`parity`].

pub mod collisions;
pub mod given;
pub mod immutability;
mod items;
pub mod parity;
mod renumber;
mod report;
#[cfg(test)]
mod testing;

use counterfoil::convention::Convention;
use counterfoil::error::Error;
use counterfoil::finding::{Finding, Severity};
use items::Items;
use report::Report;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Files by path. Paths are relative to the repository's root.
pub type Files = BTreeMap<String, String>;

/// A change: what a pull request or a push does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Change {
    /// What it is called, such as `origin/main...HEAD`: for whoever keeps changes. No guard reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The sets of migrations that are guarded.
    #[serde(default)]
    pub sets: Vec<Set>,
    /// The commit messages of the range, newest first. One of them may have `[squash-baseline]`.
    #[serde(default)]
    pub messages: Vec<String>,
    /// Every file that the change touches and that the globs of a track match.
    #[serde(default)]
    pub edits: Vec<Edit>,
    /// The files of the tracks, whether the change touches them or not. Without it nobody can tell whether
    /// a track looks at nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracked: Option<Tracked>,
}

/// The files that the globs of tracks match (see [`parity::matched`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tracked {
    /// At the merge base. Without it nothing has shipped yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<TrackedFiles>,
    /// At the head of the change.
    pub head: TrackedFiles,
}

/// Files by path. The text is wanted where a line registers; none if it is not, or cannot be read.
pub type TrackedFiles = BTreeMap<String, Option<String>>;

/// A set of migrations before and after the change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Set {
    /// The folder, relative to the repository's root: for messages.
    pub dir: String,
    /// The name of the convention. Without it, it is told from the files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub convention: Option<String>,
    /// All files of the folder at the merge base: what has shipped. Where there are several merge bases,
    /// every file that any of them has.
    pub base: Files,
    /// All files of the folder at the head of the change.
    pub head: Files,
    /// All files of the folder at the tip of the target branch as it is now. Without it, `base`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Files>,
    /// The folder as other open branches have it.
    #[serde(default)]
    pub against: Vec<Branch>,
}

/// Another open branch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Branch {
    /// Its name.
    pub name: String,
    /// All files of the folder at its tip.
    pub files: Files,
}

/// A file that the change touches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Edit {
    /// Its path at the head; where it is deleted, at the merge base.
    pub path: String,
    /// Its path at the merge base, if it was renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Its text at the merge base; none if it is new.
    #[serde(default)]
    pub base: Option<String>,
    /// Its text at the head; none if it is deleted.
    #[serde(default)]
    pub head: Option<String>,
    /// The added lines of the head as `git diff -U0` gives them: the first one, counted from 1, and
    /// how many.
    #[serde(default)]
    pub added: Vec<(u32, u32)>,
    /// Why one of its texts, before or after, cannot be read, though it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
}

/// How bad a finding is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// It is not reported.
    Off,
    /// Worth knowing.
    Note,
    /// Worth a look; the verdict stays good.
    Warning,
    /// The verdict is bad.
    Error,
}

/// What can be said about how to judge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Options {
    /// The level per code, where it differs from [`CODES`].
    pub severities: BTreeMap<String, Level>,
    /// The tracks by name. With none, parity is not looked at; one alone is refused.
    pub tracks: BTreeMap<String, Track>,
    /// The tracks as they were where the change began, if it changes how it is judged. A track that the
    /// change brings or alters need not have been there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_tracks: Option<BTreeMap<String, Track>>,
    /// The time, such as `2026-01-31T12:00:00Z` (UTC), from which a new version that is a time is
    /// proposed. Without it the newest version is counted up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
}

/// One of several places where every change of the schema has to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Track {
    /// Globs of its files, from the repository's root.
    pub files: Vec<String>,
    /// Globs of files that are not its own after all.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// What registers a migration.
    pub registers: Registers,
    /// What counts as DDL. Without it: SQL, and in `.py` files SQLAlchemy too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ddl: Option<Vec<Ddl>>,
}

/// What registers a migration in a track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Registers {
    /// A new file.
    File,
    /// A line that the regular expression matches.
    Line(String),
}

/// What counts as DDL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ddl {
    /// `CREATE`, `ALTER` and `DROP`, in SQL files and in string literals.
    Sql,
    /// `op.add_column`, `op.create_table`, ….
    Sqlalchemy,
}

/// What the guards say about a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// What was found, by place.
    pub findings: Vec<Finding>,
    /// Whether none of the findings is an error.
    pub ok: bool,
    /// Files of the head that could move to a free version: those that collide, those that would be
    /// a gap, and new ones that have to stay behind such a file. The last migration comes first: in
    /// this order no step meets a file that is still there. Every file of a migration has an entry.
    pub renumber: Vec<Renumber>,
}

/// A file that could move to a free version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Renumber {
    /// Its path at the head.
    pub path: String,
    /// The path that it could have.
    pub to: String,
    /// The version that it would have.
    pub version: String,
}

/// Every code of a guard with its default level.
pub const CODES: &[(&str, Level)] = &[
    ("shipped-edited", Level::Error),
    ("shipped-edited-cosmetic", Level::Warning),
    ("shipped-down-edited", Level::Warning),
    ("shipped-settings-edited", Level::Warning),
    ("shipped-code-edited", Level::Warning),
    ("shipped-replaces-edited", Level::Warning),
    ("shipped-deleted", Level::Error),
    ("shipped-renamed", Level::Error),
    ("shipped-reordered", Level::Warning),
    ("collision-resolved", Level::Warning),
    ("squash-reviewed", Level::Note),
    ("base-unreadable", Level::Warning),
    ("head-unreadable", Level::Error),
    ("branch-unreadable", Level::Note),
    ("version-collision", Level::Error),
    ("version-collision-elsewhere", Level::Error),
    ("version-shared", Level::Note),
    ("version-behind", Level::Note),
    ("track-parity", Level::Error),
    ("track-empty", Level::Error),
    ("unreadable-file", Level::Error),
];

/// Codes of what is noticed while reading the head. They keep their own levels (see
/// [`convention`](counterfoil::convention)), unless the options say another one. Notes are left out.
pub const READING: &[&str] = &[
    "baseline-migration",
    "breakpoint-text",
    "ignored-text",
    "journal-order",
    "not-in-journal",
    "not-run",
    "other-database",
    "unknown-baseline",
    "unknown-file",
];

/// Judges a change. The verdict does not depend on the order in which anything is given, but for
/// `messages`, whose first fitting one is named.
///
/// # Errors
///
/// `invalid-input` for options that cannot be followed: an unknown code or convention, a track
/// without files or alone, a glob or a regular expression that is not one, a time that is not one.
pub fn check(change: &Change, options: &Options) -> Result<Verdict, Error> {
    options.validate()?;
    let now = options.now.as_deref().map(renumber::Now::read).transpose()?;
    let mut report = Report::new(options);
    let mut sets: Vec<&Set> = change.sets.iter().collect();
    sets.sort_by(|a, b| (&a.dir, &a.convention, &a.base, &a.head).cmp(&(&b.dir, &b.convention, &b.base, &b.head)));
    let (mut renumber, mut settled) = (Vec::new(), BTreeSet::new());
    for set in sets {
        renumber.extend(check_set(set, &change.messages, now.as_ref(), &mut settled, &mut report)?);
    }
    let squash = change.messages.iter().any(|message| immutability::has_sentinel(message));
    parity::judge(&change.edits, &settled, squash, options, &mut report)?;
    if let Some(tracked) = &change.tracked {
        parity::empty::judge(tracked, options, &mut report)?;
    }
    let findings = report.into_findings();
    let ok = findings.iter().all(|finding| finding.severity != Severity::Error);
    Ok(Verdict { findings, ok, renumber })
}

fn check_set(
    set: &Set,
    messages: &[String],
    now: Option<&renumber::Now>,
    all_settled: &mut BTreeSet<String>,
    report: &mut Report<'_>,
) -> Result<Vec<Renumber>, Error> {
    let given = set.convention.as_deref().map(Convention::from_name).transpose()?;
    let mut base = Items::read(&set.base, given);
    // What has shipped says what the convention is.
    let convention = given.or(base.convention.filter(|_| !base.list.is_empty()));
    let mut head = Items::read(&set.head, given);
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
        let items = Items::read(files, convention);
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
    let shipped: BTreeSet<&str> = base.list.iter().map(|item| &*item.path).collect();
    noticed.retain(|finding| {
        finding.code != "not-in-journal" || finding.at.as_ref().is_none_or(|at| !shipped.contains(&*at.path))
    });
    let settled = immutability::judge(set, &base, &head, messages, report);
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
    report.add(
        "head-unreadable",
        at,
        format!("the migrations in {} have shipped as {shipped}, and at the head their convention {what}", set.dir),
        format!("name the new files as the others are; or say which convention it is, here and where they are run: convention: '{shipped}'"),
    );
}

/// Whether a folder cannot be read for the same reason as before, in the same file if it is in one.
fn is_same(before: &Error, now: &Error) -> bool {
    let path = |error: &Error| error.location().map(|at| at.path.clone());
    before.code() == now.code() && path(before) == path(now)
}

/// Reports that a folder cannot be read by its convention, and is judged file by file.
fn unreadable(code: &'static str, dir: &str, place: &str, error: &Error, report: &mut Report<'_>) {
    report.add(
        code,
        error.location().cloned(),
        format!("the migrations in {dir} {place} cannot be read: {}", error.message()),
        error.help_text(),
    );
}

/// What was noticed while reading the head and not while reading the base, and is more than a note.
fn new_findings(base: &Items, head: &Items) -> Vec<Finding> {
    fn key(finding: &Finding) -> (&str, Option<&str>, &str) {
        (&*finding.code, finding.at.as_ref().map(|at| at.path.as_str()), &finding.message)
    }
    let known: BTreeSet<_> = base.findings.iter().map(key).collect();
    let is_new = |finding: &&Finding| finding.severity != Severity::Note && !known.contains(&key(finding));
    head.findings.iter().filter(is_new).cloned().collect()
}
