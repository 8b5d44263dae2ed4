//! The digest of a plan: what a reviewer approves.

use super::{Action, Decision};
use crate::migration::Catalog;

/// One line for each decision that is not a skip: action, code, version, name, the row's version
/// and the file's checksum, each with its length in bytes before it; a part that is not there is
/// empty.
///
/// A plan that goes up to a version begins with a line of that.
///
/// Neither messages nor severities count: a plan does not change with wording, nor with a policy
/// that lets it through.
pub(super) fn digest(catalog: &Catalog, decisions: &[Decision], to: Option<&str>) -> String {
    let mut text = String::new();
    if let Some(to) = to {
        text.push_str(&format!("to {} {to}\n", to.len()));
    }
    for (index, decision) in decisions.iter().enumerate() {
        let action = match decision.action {
            Action::Skip => continue,
            Action::Apply => "apply",
            Action::Adopt => "adopt",
            Action::Drift => "drift",
        };
        let checksum = catalog.migrations.get(index).map_or("", |migration| migration.checksum.as_str());
        let row = decision.row.as_deref().unwrap_or("");
        for part in [action, decision.code.as_str(), &decision.version, &decision.name, row, checksum] {
            // The length keeps a name with a space in it from looking like two parts.
            text.push_str(&part.len().to_string());
            text.push(' ');
            text.push_str(part);
            text.push(' ');
        }
        text.push('\n');
    }
    crate::checksum::checksum(&text)
}
