//! The files of a set, by normalised path.

use crate::checksum::canonical;
use crate::error::{Code, Error, Location};
use crate::migration::Section;
use crate::ordered;
use crate::span::line_column;
use std::borrow::Cow;

/// One file.
pub(super) struct File<'a> {
    /// The path as given: for messages.
    pub path: &'a str,
    /// The text as given.
    pub text: &'a str,
    /// The path with `/` only and without `.` parts.
    full: Cow<'a, str>,
    /// Where the file's name begins in `full`.
    name_at: usize,
}

impl<'a> File<'a> {
    pub(super) fn new(path: &'a str, text: &'a str) -> Result<Self, Error> {
        if path.is_empty() {
            return Err(
                Error::new(Code::InvalidInput, "a file has an empty path").with_help("give every file its path")
            );
        }
        if path.contains('\0') {
            return Err(Error::new(Code::InvalidInput, format!("a path has a NUL byte: {path:?}"))
                .with_help("rename the file or leave it out"));
        }
        let full = normalise(path);
        let name_at = full.rfind('/').map_or(0, |at| at + 1);
        Ok(File { path, text, full, name_at })
    }

    /// The folder, with a slash at its end; empty if there is none.
    pub(super) fn dir(&self) -> &str {
        &self.full[..self.name_at]
    }

    /// The name of the innermost folder; empty if there is none.
    pub(super) fn dir_name(&self) -> &str {
        last_part(self.dir())
    }

    /// The folder that holds the innermost folder, with a slash at its end.
    pub(super) fn parent(&self) -> &str {
        let dir = self.dir().trim_end_matches('/');
        &dir[..dir.rfind('/').map_or(0, |at| at + 1)]
    }

    /// The file's name.
    pub(super) fn name(&self) -> &str {
        &self.full[self.name_at..]
    }

    /// The name without `.sql`; none for other files.
    pub(super) fn stem(&self) -> Option<&str> {
        self.name().strip_suffix(".sql")
    }

    /// The whole normalised path.
    pub(super) fn full(&self) -> &str {
        &self.full
    }

    /// The text without BOM and with LF only.
    ///
    /// # Errors
    ///
    /// `invalid-text` for a NUL byte, which PostgreSQL cannot take.
    pub(super) fn canonical(&self) -> Result<Cow<'a, str>, Error> {
        let text = canonical(self.text);
        match text.find('\0') {
            None => Ok(text),
            Some(offset) => Err(self.error_at(
                Code::InvalidText,
                "the file has a NUL byte",
                "PostgreSQL cannot take one; save the file as UTF-8 text",
                &text,
                offset,
            )),
        }
    }

    /// Where a byte offset of the canonical text lies.
    pub(super) fn location(&self, text: &str, offset: usize) -> Location {
        let place = line_column(text, offset);
        Location { path: self.path.to_owned(), line: place.line, column: place.column }
    }

    /// The start of the file, as a place.
    pub(super) fn start(&self) -> Location {
        Location { path: self.path.to_owned(), line: 1, column: 1 }
    }

    /// An error about the file as a whole.
    #[inline(never)] // there are many of them: keeps the module small
    pub(super) fn error(&self, code: Code, message: &str, help: &str) -> Error {
        Error::new(code, message).with_help(help).with_location(self.start())
    }

    /// An error at a byte offset of the canonical text.
    #[inline(never)]
    pub(super) fn error_at(&self, code: Code, message: &str, help: &str, text: &str, offset: usize) -> Error {
        Error::new(code, message).with_help(help).with_location(self.location(text, offset))
    }

    /// The whole file as a section.
    pub(super) fn section(&self) -> Result<Section, Error> {
        Ok(Section::of(self.path, self.canonical()?.into_owned()))
    }
}

/// The last part of a path; one slash at the end does not count.
pub(super) fn last_part(path: &str) -> &str {
    let path = path.strip_suffix('/').unwrap_or(path);
    &path[path.rfind('/').map_or(0, |at| at + 1)..]
}

/// `\` becomes `/`; empty parts and `.` parts are dropped, a leading slash is kept.
fn normalise(path: &str) -> Cow<'_, str> {
    let clean = !path.contains('\\') && !path.contains("//") && !path.contains("./");
    // `a./b` is clean too, but rare enough to take the long way.
    if clean {
        return Cow::Borrowed(path);
    }
    let path = path.replace('\\', "/");
    let mut out = String::with_capacity(path.len());
    if path.starts_with('/') {
        out.push('/');
    }
    let mut parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
    if let Some(first) = parts.next() {
        out.push_str(first);
    }
    for part in parts {
        out.push('/');
        out.push_str(part);
    }
    Cow::Owned(out)
}

/// The folder, beside migrations, of the lists of what baselines replace.
pub const LISTS: &str = ".counterfoil";

/// A set of files, sorted by normalised path.
pub(super) struct Set<'a> {
    /// All files but those in a `.counterfoil` folder and those whose name starts with a dot.
    pub files: Vec<File<'a>>,
    /// The `.json` files of `.counterfoil` folders.
    pub lists: Vec<File<'a>>,
}

impl<'a> Set<'a> {
    /// Sorts the files and looks at their paths.
    ///
    /// # Errors
    ///
    /// `invalid-input` for an empty path, one with a NUL byte, and one that is given twice.
    pub(super) fn new(given: &'a [(String, String)]) -> Result<Self, Error> {
        let mut all = Vec::with_capacity(given.len());
        for (path, text) in given {
            all.push(File::new(path, text)?);
        }
        let order =
            ordered::order(all.len(), &mut |a, b| (all[a].full(), all[a].path).cmp(&(all[b].full(), all[b].path)));
        ordered::permute(&mut all, &order);
        for pair in all.windows(2) {
            if pair[0].full == pair[1].full {
                let message = if pair[0].path == pair[1].path {
                    format!("the path {} is given twice", pair[0].path)
                } else {
                    format!("the paths {} and {} are one file", pair[0].path, pair[1].path)
                };
                return Err(Error::new(Code::InvalidInput, message).with_help("give every file once"));
            }
        }
        let mut set = Set { files: Vec::with_capacity(all.len()), lists: Vec::new() };
        for file in all {
            if file.dir().split('/').any(|folder| folder == LISTS) {
                if file.dir_name() == LISTS && file.name().ends_with(".json") {
                    set.lists.push(file);
                }
            } else if !file.name().starts_with('.') {
                set.files.push(file);
            }
        }
        Ok(set)
    }

    /// The position in `files` of the file with that normalised path.
    pub(super) fn position(&self, path: &str) -> Option<usize> {
        self.files.binary_search_by(|file| file.full().cmp(path)).ok()
    }

    /// The file with that name in the same folder.
    pub(super) fn beside(&self, file: &File<'_>, name: &str) -> Option<&File<'a>> {
        self.position(&format!("{}{name}", file.dir())).map(|at| &self.files[at])
    }

    /// The files whose name ends in `.sql`, whatever its case.
    pub(super) fn sql(&self) -> impl Iterator<Item = &File<'a>> {
        self.files.iter().filter(|file| is_sql(file.name()))
    }
}

/// Which of these folders (with a slash at their end) lie below another one of them: most tools
/// read one folder and nothing below it. Then the first two that lie beside each other.
pub(super) fn nested<'d>(dirs: &[&'d str]) -> (Vec<bool>, Option<(&'d str, &'d str)>) {
    // Sorted with their slash, everything below a folder follows right after it.
    let order = ordered::order(dirs.len(), &mut |a, b| dirs[a].cmp(dirs[b]));
    let mut nested = vec![false; dirs.len()];
    let mut beside = None;
    let mut top: Option<&str> = None;
    for at in order {
        let dir = dirs[at];
        match top {
            Some(above) if dir == above => {}
            Some(above) if is_below(above, dir) => nested[at] = true,
            above => {
                beside = beside.or(above.map(|above| (above, dir)));
                top = Some(dir);
            }
        }
    }
    (nested, beside)
}

/// Whether a folder lies below another one. Nothing is known to lie below the empty path that goes
/// up or starts at the root.
fn is_below(above: &str, dir: &str) -> bool {
    dir.starts_with(above) && (!above.is_empty() || !(dir.starts_with('/') || dir.starts_with("../")))
}

/// The error for migrations in folders beside each other.
pub(super) fn several_folders((first, second): (&str, &str)) -> Error {
    // Tools that keep several files for a version have each their own names, order and lists.
    let help = if last_part(first).trim_start_matches('v').starts_with(|first: char| first.is_ascii_digit()) {
        "give one folder of migrations at a time; if each is a version, number all their files in one folder, or write \
         those of each into one, as in 0001_name/up.sql"
    } else {
        "give one folder of migrations at a time"
    };
    Error::new(Code::InvalidInput, format!("the migrations lie in more than one folder: {first} and {second}"))
        .with_help(help)
}

/// Whether the name ends in `.sql`, whatever its case.
pub(super) fn is_sql(name: &str) -> bool {
    name.len() >= 4 && name.as_bytes()[name.len() - 4..].eq_ignore_ascii_case(b".sql")
}

/// `<digits>`, `<digits>_name` or `<digits>-name`: the digits and the name.
pub(super) fn numbered(stem: &str) -> Option<(&str, &str)> {
    let digits = crate::version::leading_digits(stem);
    let rest = &stem[digits.len()..];
    match rest.bytes().next() {
        _ if digits.is_empty() => None,
        None => Some((digits, "")),
        Some(b'_' | b'-') => Some((digits, &rest[1..])),
        Some(_) => None,
    }
}

/// What a person calls a migration whose identity is the whole name: the name without its number.
pub(super) fn title(name: &str) -> &str {
    match numbered(name) {
        Some((_, rest)) if !rest.is_empty() => rest,
        _ => name,
    }
}
