//! What the set's own tool would run and is not run here: an error as soon as something would run
//! without it.

use super::{Action, Decision, Finding, Options};
use crate::ledger::{Ledger, State};
use crate::mention::Mention;
use crate::migration::{Catalog, NotRun, NotRunKind, Turn};
use crate::ordered::{self, Lookup};
use crate::version::Version;

/// Judges the findings `not-run` of the set. One of a migration that the ledger has a row of goes: it has
/// run, by other means. The others are as bad as the options say where something pending comes after
/// them, and else as they were found.
pub(super) fn judge(
    catalog: &Catalog,
    ledger: &Ledger,
    decisions: &[Decision],
    options: &Options,
    findings: &mut Vec<Finding>,
) {
    if catalog.not_run.is_empty() {
        return;
    }
    let applied = applied(catalog, ledger);
    let recorded = Lookup::of(applied.iter());
    let pending = Pending::new(catalog, decisions);
    for file in &catalog.not_run {
        let is_its =
            |finding: &Finding| finding.code == "not-run" && finding.at.as_ref().is_some_and(|at| at.path == file.path);
        let Some(at) = findings.iter().position(is_its) else { continue };
        if file.turn.version().is_some_and(|version| recorded.contains(&version)) {
            findings.remove(at);
        } else if let Some(next) = pending.after(&file.turn) {
            let finding = &mut findings[at];
            finding.severity = options.severity("not-run");
            finding.message = format!(
                "{} is {}, which is not run here, and {} would run without it",
                file.path,
                what(file.kind),
                catalog.migrations[next].path
            );
            (finding.help, finding.options) = help(file, pending.before(&file.turn));
        }
    }
}

/// The first file that is not run although something would run after it, if the options make that an
/// error: its version, or its path if it has none.
pub(crate) fn error<'c>(
    catalog: &'c Catalog,
    ledger: &Ledger,
    decisions: &[Decision],
    options: &Options,
) -> Option<&'c str> {
    if catalog.not_run.is_empty() || options.severity("not-run") != super::Severity::Error {
        return None;
    }
    let applied = applied(catalog, ledger);
    let recorded = Lookup::of(applied.iter());
    let pending = Pending::new(catalog, decisions);
    let is_error = |file: &&NotRun| {
        let is_there = file.turn.version().is_some_and(|version| recorded.contains(&version));
        !is_there && pending.after(&file.turn).is_some()
    };
    let file = catalog.not_run.iter().find(is_error)?;
    Some(file.turn.version().map_or(file.path.as_str(), Version::as_str))
}

/// The versions of applied rows: a migration in code that has one has run.
fn applied(catalog: &Catalog, ledger: &Ledger) -> Vec<Version> {
    let identity = catalog.convention.identity();
    let rows = ledger.rows.iter().filter(|row| row.state == State::Applied);
    rows.map(|row| Version::new(row.version.as_str(), identity)).collect()
}

/// The pending migrations.
struct Pending<'c> {
    catalog: &'c Catalog,
    /// With a version, in the order of versions.
    versioned: Vec<usize>,
    /// Repeatable ones, by name.
    repeatable: Vec<usize>,
}

impl<'c> Pending<'c> {
    fn new(catalog: &'c Catalog, decisions: &[Decision]) -> Self {
        let files = decisions.iter().take(catalog.migrations.len()).enumerate();
        let pending = files.filter(|(_, decision)| decision.action == Action::Apply).map(|(file, _)| file);
        let (mut versioned, mut repeatable) = (Vec::new(), Vec::new());
        for file in pending {
            if catalog.migrations[file].repeatable { &mut repeatable } else { &mut versioned }.push(file);
        }
        ordered::sort_by(&mut versioned, |a, b| {
            (&catalog.migrations[*a].version, a).cmp(&(&catalog.migrations[*b].version, b))
        });
        Pending { catalog, versioned, repeatable }
    }

    /// Whether any runs before a file whose turn this is.
    fn before(&self, turn: &Turn) -> bool {
        let first = self.versioned.first().map(|&file| &self.catalog.migrations[file].version);
        turn.version().zip(first).is_some_and(|(version, first)| first < version)
    }

    /// The first that would run after a file whose turn this is, or with it.
    fn after(&self, turn: &Turn) -> Option<usize> {
        let files = &self.catalog.migrations;
        match turn {
            Turn::At(version) => {
                let at = self.versioned.partition_point(|&file| files[file].version < *version);
                self.versioned.get(at).or(self.repeatable.first()).copied()
            }
            Turn::Repeatable(name) => self.repeatable.iter().find(|&&file| files[file].name >= *name).copied(),
            Turn::Always => self.versioned.first().or(self.repeatable.first()).copied(),
            Turn::Never | Turn::Empty(_) => None,
        }
    }
}

fn what(kind: NotRunKind) -> &'static str {
    match kind {
        NotRunKind::Callback => "a Flyway callback",
        NotRunKind::Ending => "a migration whose name does not end in .sql",
        NotRunKind::Code | NotRunKind::Down => "a migration in code",
    }
}

fn help(file: &NotRun, before: bool) -> (String, Vec<Mention>) {
    let help = match (file.kind, &file.turn) {
        (NotRunKind::Ending, _) => String::from(crate::convention::not_run::ENDING),
        (NotRunKind::Callback, _) => String::from(
            "make it a repeatable migration (R__name.sql), or run it yourself and set the policy of not-run to warning",
        ),
        (_, Turn::At(version)) => {
            // What comes before it has to be there when it runs.
            let (away, back) = if before {
                ("move the files that come after it away, migrate, ", ", and put them back")
            } else {
                ("", "")
            };
            let stamp = Mention::stamp("", &[version.as_str()]);
            let help =
                format!("write it in SQL; or {away}run it with its own tool, and record that: {}{back}", stamp.text);
            return (help, vec![stamp]);
        }
        _ => String::from("write it in SQL, or run it with its own tool and set the policy of not-run to warning"),
    };
    (help, Vec::new())
}
