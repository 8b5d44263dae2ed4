//! Notes and reports what is not run here.

use super::files::File;
use super::out::Out;
use crate::finding::Severity;
use crate::migration::{NotRun, NotRunKind, Turn};

/// What to do about a name that does not end in `.sql`.
pub(crate) const ENDING: &str = "give it a name that ends in .sql, or keep it in another folder if it is no migration";

/// Notes a file that is not run, and says so.
pub(super) fn report(file: &File<'_>, kind: NotRunKind, turn: Turn, name: &str, out: &mut Out) {
    let (severity, message, help) = match (kind, &turn) {
        (NotRunKind::Code, _) => (
            Severity::Note,
            "is a migration written in code; only SQL files are run",
            "write it in SQL, or run it with its own tool before the migrations that need it",
        ),
        (NotRunKind::Callback, Turn::Always) => (
            Severity::Warning,
            "is a Flyway callback and is not run",
            "make it a repeatable migration, or run it yourself",
        ),
        (NotRunKind::Callback, _) => (
            Severity::Note,
            "is a Flyway callback and is not run",
            "nothing has to be done: it has no part in going up",
        ),
        (NotRunKind::Ending, _) => (Severity::Warning, "is not run: its name does not end in .sql", ENDING),
        (NotRunKind::Down, Turn::Empty(_)) => (
            Severity::Note,
            "takes back a version that has no up file, and is not run",
            "nothing has to be done: its own tool counts that version, and runs nothing for it on the way up",
        ),
        (NotRunKind::Down, _) => {
            (Severity::Note, "takes back what is written in code, and is not run", "take it back with its own tool")
        }
    };
    out.report("not-run", severity, &format!("{} {message}", file.name()), help, file.start());
    out.not_run(NotRun { path: file.path.to_owned(), name: name.to_owned(), kind, turn });
}
