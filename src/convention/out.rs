//! What a convention has read so far: migrations and findings, and their order.

use super::Convention;
use super::files::File;
use crate::checksum::checksum;
use crate::error::{Code, Error, Location};
use crate::finding::{Finding, Severity};
use crate::migration::{Callback, Catalog, Migration, NotRun, Section};
use crate::ordered;
use crate::version::{Identity, Version};

/// The ledger's column is `varchar(128)`.
pub(super) const MAX_VERSION: usize = 128;

/// The codes of the findings: see the [table](super#findings).
pub const CODES: &[&str] = &[
    "unknown-file",
    "not-run",
    "not-in-journal",
    "journal-order",
    "breakpoint-text",
    "other-database",
    "ignored-text",
    "baseline-migration",
    "unknown-baseline",
];

/// What has been read so far.
pub(super) struct Out {
    identity: Identity,
    migrations: Vec<Migration>,
    findings: Vec<Finding>,
    not_run: Vec<NotRun>,
    pub(super) callbacks: Vec<Callback>,
    /// Set if the migrations already are in order.
    ordered: bool,
    /// For each migration its folder and stem, as a list of replaced migrations names it. Kept
    /// only where there are such lists.
    keys: Option<Vec<String>>,
}

impl Out {
    pub(super) fn new(convention: Convention, lists: bool) -> Self {
        Out {
            identity: convention.identity(),
            migrations: Vec::new(),
            findings: Vec::new(),
            not_run: Vec::new(),
            callbacks: Vec::new(),
            ordered: false,
            keys: lists.then(Vec::new),
        }
    }

    /// Adds a migration. `folder` and `stem` say where its list of replaced migrations would lie.
    #[allow(clippy::too_many_arguments)] // the parts of a migration, in their order
    pub(super) fn push(
        &mut self,
        file: &File<'_>,
        version: &str,
        name: &str,
        up: Section,
        down: Option<Section>,
        folder: &str,
        stem: &str,
    ) {
        if let Some(keys) = &mut self.keys {
            keys.push(format!("{folder}{stem}"));
        }
        self.migrations.push(Migration {
            version: Version::new(version, self.identity),
            name: name.to_owned(),
            path: file.path.to_owned(),
            checksum: checksum(&up.text),
            up,
            down,
            repeatable: false,
            replaces: Vec::new(),
        });
    }

    /// The migrations so far.
    pub(super) fn migrations(&mut self) -> &mut Vec<Migration> {
        &mut self.migrations
    }

    /// What the convention takes for a migration's identity.
    pub(super) fn identity(&self) -> Identity {
        self.identity
    }

    /// Says that the migrations are added in the order in which they are applied.
    pub(super) fn keep_order(&mut self) {
        self.ordered = true;
    }

    /// Adds a finding.
    #[inline(never)] // there are many of them: keeps the module small
    pub(super) fn report(&mut self, code: &'static str, severity: Severity, message: &str, help: &str, at: Location) {
        debug_assert!(CODES.contains(&code), "{code} is not among the codes");
        let (message, help) = (message.to_owned(), help.to_owned());
        self.findings.push(Finding::new(code, severity, message).with_help(help).with_location(at));
    }

    /// Adds a file that the set's own tool would run.
    pub(super) fn not_run(&mut self, file: NotRun) {
        self.not_run.push(file);
    }

    /// Whether the migration of this version is one that is not run here.
    pub(super) fn is_not_run(&self, version: &Version) -> bool {
        self.not_run.iter().any(|file| file.turn.version() == Some(version))
    }

    /// Adds the finding that a `.sql` file is not a migration here, if nothing has been said about it.
    pub(super) fn unknown(&mut self, file: &File<'_>, why: &str, help: &str) {
        if self.not_run.iter().any(|known| known.path == file.path) {
            return;
        }
        self.report(
            "unknown-file",
            Severity::Warning,
            &format!("{} is not run: {why}", file.name()),
            help,
            file.start(),
        );
    }

    /// For each migration its folder and stem, as a list of replaced migrations names it; empty if
    /// there are no lists.
    pub(super) fn keys(&self) -> &[String] {
        self.keys.as_deref().unwrap_or(&[])
    }

    /// Puts the migrations in order and looks at their versions.
    ///
    /// # Errors
    ///
    /// `version-too-long`.
    pub(super) fn order(&mut self) -> Result<(), Error> {
        for migration in &self.migrations {
            let length = migration.version.as_str().chars().count();
            if length > MAX_VERSION {
                return Err(Error::new(
                    Code::VersionTooLong,
                    format!("the version has {length} characters; the ledger takes {MAX_VERSION}"),
                )
                .with_help("give the migration a shorter name")
                .with_location(Location { path: migration.path.clone(), line: 1, column: 1 }));
            }
        }
        if !self.ordered {
            // Ties go by path, which is the order so far.
            let migrations = &self.migrations;
            let order = ordered::order(migrations.len(), &mut |a, b| {
                let (a, b) = (&migrations[a], &migrations[b]);
                a.repeatable.cmp(&b.repeatable).then_with(|| match a.repeatable {
                    false => a.version.cmp(&b.version),
                    // Flyway compares descriptions, which have spaces for underscores.
                    true => spaced(&a.name).cmp(spaced(&b.name)),
                })
            });
            ordered::permute(&mut self.migrations, &order);
            if let Some(keys) = &mut self.keys {
                ordered::permute(keys, &order);
            }
        }
        Ok(())
    }

    /// The catalog. The findings are in the order of their places.
    pub(super) fn catalog(mut self, convention: Convention) -> Catalog {
        let order = ordered::order(self.findings.len(), &mut |a, b| {
            let (a, b) = (&self.findings[a], &self.findings[b]);
            (&a.at, &a.code, &a.message).cmp(&(&b.at, &b.code, &b.message))
        });
        ordered::permute(&mut self.findings, &order);
        Catalog {
            convention,
            migrations: self.migrations,
            findings: self.findings,
            not_run: self.not_run,
            callbacks: self.callbacks,
        }
    }
}

fn spaced(name: &str) -> impl Iterator<Item = u8> + '_ {
    name.bytes().map(|byte| if byte == b'_' { b' ' } else { byte })
}
