//! Tracks as the options give them, ready to be asked.

use crate::guard::{Ddl, Options, Registers, Track as Given};
use counterfoil::error::{Code, Error};
use fast_glob::glob_match;
use regex_lite::{Regex, RegexBuilder};

/// A track.
pub(super) struct Track<'o> {
    pub name: &'o str,
    pub files: &'o [String],
    ignore: &'o [String],
    /// What registers a migration, other than a new file.
    pub line: Option<Regex>,
    ddl: Option<&'o [Ddl]>,
    /// Expressions of what counts as DDL.
    pub ddl_lines: Vec<Regex>,
}

impl Track<'_> {
    /// Whether a file belongs to the track.
    pub(super) fn has(&self, path: &str) -> bool {
        let any = |globs: &[String]| globs.iter().any(|glob| glob_match(glob, path));
        any(self.files) && !any(self.ignore)
    }

    /// Whether a glob names an ending of files.
    pub(super) fn names(&self, ending: &str) -> bool {
        let is = |glob: &String| glob.strip_suffix(ending).is_some_and(|rest| rest.ends_with('.'));
        !ending.is_empty() && self.files.iter().any(is)
    }

    /// Whether a kind of DDL counts.
    pub(super) fn counts(&self, ddl: &Ddl) -> bool {
        self.ddl.map_or(*ddl != Ddl::Any, |list| list.contains(ddl))
    }

    /// What one would do to register a migration.
    pub(super) fn how(&self) -> String {
        let (what, globs) = match &self.line {
            Some(line) => (format!("an entry that matches {:?}", line.as_str()), self.files),
            None => ("a new file".to_owned(), self.files),
        };
        format!("{what} in {}", globs.join(", "))
    }
}

/// All tracks, by name.
///
/// # Errors
///
/// `invalid-input`, naming the key, for what cannot be followed.
pub(super) fn tracks(options: &Options) -> Result<Vec<Track<'_>>, Error> {
    let mut tracks = Vec::new();
    for (name, given) in &options.tracks {
        tracks.push(track(name, given)?);
    }
    if let [only] = &tracks[..] {
        return Err(Error::new(Code::InvalidInput, format!("tracks has only one track, {:?}", only.name))
            .with_help("name the other track too, or leave out tracks"));
    }
    Ok(tracks)
}

/// One track.
///
/// # Errors
///
/// As [`tracks`].
pub(super) fn track<'o>(name: &'o str, given: &'o Given) -> Result<Track<'o>, Error> {
    fn wrong<T>(message: String, help: &str) -> Result<T, Error> {
        Err(Error::new(Code::InvalidInput, message).with_help(help))
    }
    let key = format!("tracks.{name}");
    if given.files.is_empty() {
        return wrong(format!("{key}.files is empty"), "name the track's files, such as \"db/migrations/*.sql\"");
    }
    for (field, globs) in [("files", &given.files), ("ignore", &given.ignore)] {
        for (at, glob) in globs.iter().enumerate() {
            if let Some(why) = flaw(glob) {
                return wrong(
                    format!("{key}.{field}[{at}] is {glob:?}: {why}"),
                    "write a path from the repository's root, with *, ** , ?, [a-z] and {a,b}",
                );
            }
        }
    }
    let expression = |field: String, pattern: &str| match RegexBuilder::new(pattern).multi_line(true).build() {
        Ok(regex) => Ok(regex),
        Err(error) => wrong(
            format!("{key}.{field}.line is {pattern:?}, which is not a regular expression: {error}"),
            "see https://docs.rs/regex-lite for what it may say",
        ),
    };
    let line = match &given.registers {
        Registers::File => None,
        Registers::Line(pattern) => Some(expression("registers".to_owned(), pattern)?),
    };
    let mut ddl_lines = Vec::new();
    for (at, ddl) in given.ddl.iter().flatten().enumerate() {
        if let Ddl::Line(pattern) = ddl {
            ddl_lines.push(expression(format!("ddl[{at}]"), pattern)?);
        }
    }
    if given.ddl.as_ref().is_some_and(Vec::is_empty) {
        return wrong(
            format!("{key}.ddl is empty"),
            "say what counts as DDL: \"sql\", \"sqlalchemy\", \"builders\", \"any\", or leave it out",
        );
    }
    Ok(Track { name, files: &given.files, ignore: &given.ignore, line, ddl: given.ddl.as_deref(), ddl_lines })
}

/// What is wrong with a glob. The matcher takes what is not closed for something that nothing matches.
fn flaw(glob: &str) -> Option<&'static str> {
    let (mut braces, mut all_braces, mut bracket, mut escaped) = (0_usize, 0_usize, false, false);
    for c in glob.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ']' => bracket = false,
            _ if bracket => {}
            '[' => bracket = true,
            '{' => (braces, all_braces) = (braces + 1, all_braces + 1),
            '}' if braces == 0 => return Some("a } that closes nothing"),
            '}' => braces -= 1,
            _ => {}
        }
    }
    if glob.is_empty() {
        Some("it is empty")
    } else if glob.starts_with(['/', '!']) || glob.starts_with("./") || glob.starts_with("../") {
        Some("it has to start at the repository's root")
    } else if bracket {
        Some("a [ is not closed")
    } else if braces > 0 {
        Some("a { is not closed")
    } else if escaped {
        Some("there is nothing after the \\")
    } else if all_braces > 5 || glob.len() > 1_000 {
        // What the matcher tries is multiplied by each of them.
        Some("it has more than 5 pairs of braces or 1000 characters")
    } else {
        None
    }
}
