//! What has been found so far, with the levels that were asked for.

use super::{CODES, Level, Options};
use counterfoil::error::Location;
use counterfoil::finding::{Finding, Severity};

/// What has been found so far.
pub(super) struct Report<'o> {
    options: &'o Options,
    findings: Vec<Finding>,
}

impl<'o> Report<'o> {
    pub(super) fn new(options: &'o Options) -> Self {
        Report { options, findings: Vec::new() }
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

    /// All findings, by place.
    pub(super) fn into_findings(mut self) -> Vec<Finding> {
        self.findings.sort_by(|a, b| (&a.at, &a.code, &a.message).cmp(&(&b.at, &b.code, &b.message)));
        self.findings
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
