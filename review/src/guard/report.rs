//! What has been found so far, with the levels that were asked for.

use super::allow::{self, Exception};
use super::{Allow, CODES, Level, Options};
use counterfoil::error::Location;
use counterfoil::finding::{Finding, Severity};
use counterfoil::ordered;

/// What has been found so far.
pub(super) struct Report<'o> {
    options: &'o Options,
    messages: &'o [String],
    findings: Vec<Finding>,
    /// What would allow what was found of shipped migrations.
    allow: Vec<Allow>,
}

impl<'o> Report<'o> {
    /// `messages` are those of the commits.
    pub(super) fn new(options: &'o Options, messages: &'o [String]) -> Self {
        Report { options, messages, findings: Vec::new(), allow: Vec::new() }
    }

    /// Whether an exception counts.
    pub(super) fn allows(&self, exception: &Exception, code: &str) -> bool {
        !exception.reason.is_empty() && (exception.in_base || allow::is_reviewed(code, self.messages))
    }

    /// Adds what an exception may allow: then it is a note, which says `way` too. Gives whether it does.
    pub(super) fn add_unless(
        &mut self,
        exception: Option<&Exception>,
        code: &'static str,
        at: Option<Location>,
        mut message: String,
        help: String,
        way: &str,
    ) -> bool {
        let counts = exception.is_some_and(|exception| self.allows(exception, code));
        match exception {
            Some(Exception { reason, .. }) if counts => message += &format!("; allowed: {reason}{way}"),
            Some(Exception { reason, .. }) if reason.is_empty() => {
                message += "; its exception gives no reason, and does not count without";
            }
            Some(Exception { reason, .. }) => {
                message += &format!(
                    "; its exception ({reason}) comes with this change, and counts once somebody has looked at it: with \
                     [counterfoil-allow {code}] in a commit message, or merged in a change before"
                );
            }
            None => {}
        }
        if let Some(finding) = self.added(code, at, message, help).filter(|_| counts) {
            finding.severity = Severity::Note;
            finding.help = "nothing has to be done".into();
        }
        counts
    }

    /// Adds what is wrong with a shipped migration, by what an entry of the options may allow.
    pub(super) fn add_shipped(
        &mut self,
        code: &'static str,
        at: Location,
        message: String,
        help: &str,
        (path, old, new): (&str, Option<&str>, Option<&str>),
    ) {
        let is = |entry: &&Allow| entry.path == path && entry.old.as_deref() == old && entry.new.as_deref() == new;
        let exception = self.options.allow.iter().find(is).map(|entry| Exception {
            reason: entry.reason.clone(),
            in_base: self.options.earlier_allow.as_ref().is_none_or(|earlier| earlier.iter().any(|other| is(&other))),
        });
        let counts = self.add_unless(exception.as_ref(), code, Some(at), message, help.to_owned(), way(code));
        if !counts && exception.is_none() {
            let own = |text: Option<&str>| text.map(str::to_owned);
            let entry = Allow { path: path.to_owned(), old: own(old), new: own(new), reason: String::new() };
            if self.allow.last() != Some(&entry) {
                self.allow.push(entry);
            }
        }
    }

    /// Adds a finding, unless its code is off.
    pub(super) fn add(&mut self, code: &'static str, at: Option<Location>, message: String, help: impl Into<String>) {
        self.added(code, at, message, help);
    }

    /// The same, and gives the finding for what there is to add to it.
    pub(super) fn added(
        &mut self,
        code: &'static str,
        at: Option<Location>,
        message: String,
        help: impl Into<String>,
    ) -> Option<&mut Finding> {
        let default = CODES.iter().find(|(known, _)| *known == code).map_or(Level::Error, |(_, level)| *level);
        let level = self.options.severities.get(code).copied().unwrap_or(default);
        let mut finding = Finding::new(code, severity(level)?, message).with_help(help);
        finding.at = at;
        self.findings.push(finding);
        self.findings.last_mut()
    }

    /// Adds what the reading of a set has noticed.
    pub(super) fn pass_on(&mut self, mut finding: Finding) {
        let level = self.options.severities.get(&*finding.code);
        if let Some(severity) = level.map_or(Some(finding.severity), |level| severity(*level)) {
            finding.severity = severity;
            self.findings.push(finding);
        }
    }

    /// All findings, by place; and what would allow those of shipped migrations.
    pub(super) fn into_findings(mut self) -> (Vec<Finding>, Vec<Allow>) {
        ordered::sort_by(&mut self.findings, |a, b| (&a.at, &a.code, &a.message).cmp(&(&b.at, &b.code, &b.message)));
        (self.findings, self.allow)
    }
}

/// What becomes of the databases that have run what has changed, and the way on.
fn way(code: &str) -> &'static str {
    match code {
        "shipped-edited" | "shipped-code-edited" => {
            "; databases that ran the old text will refuse it as `edited-semantic`: have them put that policy at warning, and \
             bring them what differs in a new migration"
        }
        "shipped-edited-cosmetic" => "; databases that ran the old text say `edited-cosmetic`, and go on",
        "shipped-deleted" => {
            "; databases that ran it will say `missing`: have them put that policy at note, and undo it there in a new migration if \
             what it made is to go"
        }
        "shipped-renamed" => "; databases that ran it under the old name know it again by its content",
        _ => "; databases that ran the old one stay as they are: bring them what differs in a new migration",
    }
}

fn severity(level: Level) -> Option<Severity> {
    match level {
        Level::Off => None,
        Level::Note => Some(Severity::Note),
        Level::Warning => Some(Severity::Warning),
        Level::Error => Some(Severity::Error),
    }
}
