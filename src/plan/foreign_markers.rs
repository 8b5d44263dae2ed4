//! Other tools' markers of a way back, in text that would run as a way up.
//!
//! Many tools keep both ways in one file, and tell them apart by a comment. Read by another
//! convention such a file is a way up from its first line to its last: what it makes, it throws away
//! again, and the run ends as a success. So a marker of a way back with a statement below it is
//! found before anything runs. What counts as one, `convention/ways.rs` says.

use super::{Finding, Severity};
use crate::convention::ways::{Line, MARKERS, Marker, Way, lines};
use crate::mention::Mention;
use crate::migration::{Convention, Section};
use crate::sql::Analysis;

/// The code of the finding.
pub const CODE: &str = "foreign-marker";

/// The finding about the first such marker in a way up, if there is one.
pub fn finding(section: &Section, analysis: &Analysis, convention: Convention, severity: Severity) -> Option<Finding> {
    let (line, marker) = first(&section.text, analysis)?;
    let shown = line.span.slice(&section.text).trim_end();
    let message = format!(
        "`{shown}` marks a way back for {}, and the statements below it would run as a part of the way up",
        marker.tool
    );
    let mut options = Vec::new();
    let help = match marker.convention {
        Some(own) if own == convention => {
            let (dashes, end) = if own == Convention::Tern { ("----", " ----") } else { ("--", "") };
            format!("write it as `{dashes} {}{end}`, at the start of its line", marker.down[0])
        }
        Some(own) => {
            let option = own.as_option();
            let help = format!(
                "if these are the files of {}, say so: {}; else {}",
                marker.tool,
                option.text,
                move_it(convention, &mut options)
            );
            options.push(option);
            help
        }
        None => move_it(convention, &mut options),
    };
    let finding = Finding::new(CODE, severity, message).with_help(help);
    Some(finding.with_location(section.location(line.span.start)).with_options(options))
}

/// What to do with a way back in a set of this convention.
fn move_it(convention: Convention, options: &mut Vec<Mention>) -> String {
    let home = match convention {
        Convention::Dbmate => "below `-- migrate:down`",
        Convention::Goose => "below `-- +goose Down`",
        Convention::SqlMigrate => "below `-- +migrate Down`",
        Convention::NodePgMigrate => "below `-- Down Migration`",
        Convention::Tern => "below `---- create above / drop below ----`",
        Convention::Flyway => "to a U file of the same version",
        Convention::Diesel | Convention::Hasura | Convention::Folders => "to the down.sql beside it",
        Convention::GolangMigrate | Convention::Sqlx | Convention::Supabase => {
            "to a file of the same name that ends in .down.sql"
        }
        // Files with and without a way back might be golang-migrate's or sqlx's.
        Convention::Plain => {
            options.push(convention.as_option());
            "to a file of the same name that ends in .down.sql (with convention: 'plain')"
        }
        _ => return String::from("take out what is below it; only the line, if that belongs to the way up"),
    };
    format!("move what is below it {home}; take only the line out, if that belongs to the way up")
}

/// The first marker of a way back with a statement below it.
fn first<'t>(text: &'t str, analysis: &Analysis) -> Option<(Line<'t>, &'static Marker)> {
    let mut ups: Vec<&str> = Vec::new();
    for line in lines(text) {
        let (start, end) = (line.span.start, line.span.end);
        let inside = analysis.statements.iter().any(|it| it.span.start < start && start < it.span.end);
        let below = analysis.statements.iter().any(|it| it.span.end > end);
        for marker in MARKERS {
            match marker.way(line.words) {
                Some(Way::Up) => ups.push(marker.up),
                Some(Way::Down { whole }) => {
                    let counts = whole || ups.contains(&marker.up);
                    if below && counts && !(inside && marker.plain) {
                        return Some((line, marker));
                    }
                }
                None => {}
            }
        }
    }
    None
}
