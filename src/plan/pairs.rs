//! Files with several pairs of ways, of which dbmate until 2.36 runs no more than the first.
//!
//! dbmate 2.29 to 2.36 records the version behind each pair, and fails at the second (`pkg/dbmate/db.go`, `Migrate`); older
//! ones take all below the first way up for the way back. Either way the row is there.

use super::{Action, Decision, Reason};
use crate::finding::{Finding, Severity, list};
use crate::mention::Mention;
use crate::migration::{Catalog, Convention, Migration};

/// The code of the finding.
pub(crate) const CODE: &str = "several-pairs";

/// Whether a row of the migration that dbmate wrote tells less than that all of it is there.
pub(super) fn may_lack(convention: Convention, migration: &Migration) -> bool {
    convention == Convention::Dbmate && !migration.up.pieces.is_empty()
}

/// The warnings about rows that dbmate wrote; and, where it is asked for, notes about files that are to run.
pub(crate) fn findings(catalog: &Catalog, decisions: &[Decision], pending: bool, out: &mut Vec<Finding>) {
    for (migration, decision) in catalog.migrations.iter().zip(decisions) {
        if !may_lack(catalog.convention, migration) {
            continue;
        }
        let up = &migration.up;
        let piece = up.pieces[0].at;
        if decision.code == Reason::Unverified {
            let analysis = crate::sql::analyze(&up.text, &up.breaks).unwrap_or_default();
            let later = analysis.statements.iter().filter(|statement| statement.span.start > piece);
            let mut texts: Vec<String> = Vec::new();
            texts.extend(later.map(|statement| shortened(statement.span.slice(&up.text))));
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let stamp = Mention::stamp("", &[migration.version.as_str()]);
            let message = format!(
                "dbmate has applied {}, of which it runs the first pair only, until 2.36: these may never have run: {}",
                migration.path,
                list(&texts)
            );
            let help =
                format!("see which of them are in the database, run the others, and then say so: {}", stamp.text);
            let finding = Finding::new(CODE, Severity::Warning, message).with_help(help);
            out.push(finding.with_location(up.location(piece)).with_option(stamp));
        } else if pending && decision.action == Action::Apply {
            let message = "dbmate 2.29 to 2.36 stops here, at the second pair of the file";
            let finding = Finding::new(CODE, Severity::Note, message)
                .with_help("if dbmate is to run it too, move each pair to a file of its own");
            out.push(finding.with_location(up.location(piece)));
        }
    }
}

/// A statement on one line that is not too long.
fn shortened(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_ascii_whitespace() {
        if out.len() + word.len() > 80 {
            out.push_str(" …");
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}
