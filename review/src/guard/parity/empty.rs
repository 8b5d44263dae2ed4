//! A track that looks at nothing.
//!
//! A slip of the pen in a glob, an expression that fits no entry, a file that has moved away: such a track
//! registers nothing, whatever a change does, and every verdict is good. So each track has to have a file,
//! and where entries register an entry that its expression matches, where the change began and with it.
//!
//! A track that the change itself brings or alters need not have been there before, and one that was dead
//! already may go. But files and track may not go in one change: nobody would have looked at what goes.

use super::tracks::{Track, track, tracks};
use crate::guard::report::Report;
use crate::guard::{Options, Tracked, TrackedFiles};
use counterfoil::error::Error;

const CODE: &str = "track-empty";

/// What a track does not find.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lack {
    /// A file.
    File,
    /// An entry in its files.
    Entry,
}

/// Judges whether the tracks look at anything.
pub(in crate::guard) fn judge(tracked: &Tracked, options: &Options, report: &mut Report<'_>) -> Result<(), Error> {
    for track in tracks(options)? {
        let excused =
            |earlier: &std::collections::BTreeMap<_, _>| earlier.get(track.name) != options.tracks.get(track.name);
        let new = options.earlier_tracks.as_ref().is_some_and(excused);
        let base = tracked.base.as_ref().filter(|_| !new).and_then(|files| lack(&track, files));
        let head = lack(&track, &tracked.head);
        let Some(lack) = head.or(base) else { continue };
        let place = match (base, head) {
            (_, None) => "at the merge base",
            (Some(base), Some(head)) if base == head => "at the merge base and at the head",
            _ => "at the head",
        };
        let (globs, name) = (track.files.join(", "), track.name);
        let (message, mend) = match lack {
            Lack::File => (
                format!("the globs of the track {name:?} match no file {place}: {globs}"),
                "mend the globs, which begin at the root of the repository",
            ),
            Lack::Entry => {
                let line = track.line.as_ref().map_or("", |line| line.as_str());
                (
                    format!("the expression of the track {name:?} matches no entry {place}: {line} in {globs}"),
                    "mend the expression, or the globs of the files that it looks at",
                )
            }
        };
        let more = match head {
            None => "a track that is new comes into the configuration together with its first migration",
            Some(_) => "if the track is to go, take it out of the configuration in a change of its own",
        };
        report.add(CODE, None, message, format!("{mend}; {more}"));
    }
    let gone = options.earlier_tracks.iter().flatten().filter(|(name, _)| !options.tracks.contains_key(*name));
    for (name, given) in gone {
        // What could not be followed before has looked at nothing.
        let Ok(track) = track(name, given) else { continue };
        let was = tracked.base.as_ref().is_some_and(|files| lack(&track, files).is_none());
        if was && lack(&track, &tracked.head).is_some() {
            report.add(
                CODE,
                None,
                format!(
                    "the track {name:?} is taken out of the configuration, and what it looked at goes with it: {}",
                    track.files.join(", ")
                ),
                "take the track out in a change of its own, and remove its files in the next",
            );
        }
    }
    Ok(())
}

/// What a track does not find in these files. What could not be read is there, and told elsewhere.
fn lack(track: &Track<'_>, files: &TrackedFiles) -> Option<Lack> {
    let mut own = files.iter().filter(|(path, _)| track.has(path)).peekable();
    if own.peek().is_none() {
        return Some(Lack::File);
    }
    let registers = |(path, text): (&String, &Option<String>)| {
        text.as_ref().is_none_or(|text| !super::marks(track, path, text).is_empty())
    };
    (track.line.is_some() && !own.any(registers)).then_some(Lack::Entry)
}

#[cfg(test)]
mod tests {
    use crate::guard::testing::lines;
    use crate::guard::{Change, Level, Options, Registers, Track, Tracked, TrackedFiles, check};

    fn track(glob: &str, line: Option<&str>) -> Track {
        let registers = line.map_or(Registers::File, |line| Registers::Line(line.to_owned()));
        Track { files: vec![glob.to_owned()], ignore: vec!["**/README.md".to_owned()], registers, ddl: None }
    }

    /// A list of SQLite migrations in a file, and a folder of PostgreSQL ones.
    fn options(lite: Track, pg: Track) -> Options {
        Options { tracks: [("lite".to_owned(), lite), ("pg".to_owned(), pg)].into(), ..Options::default() }
    }

    fn right() -> Options {
        options(track("app/lite.py", Some("^add")), track("pg/*.sql", None))
    }

    const LIST: &str = "add(1)\n";
    const BOTH: &[(&str, &str)] = &[("app/lite.py", LIST), ("pg/1.sql", "select 1")];

    fn files(list: &[(&str, &str)]) -> TrackedFiles {
        list.iter().map(|(path, text)| ((*path).to_owned(), Some((*text).to_owned()))).collect()
    }

    #[track_caller]
    fn judged(base: &[(&str, &str)], head: &[(&str, &str)], options: &Options, expected: &[(&str, &str)]) {
        let tracked = Some(Tracked { base: Some(files(base)), head: files(head) });
        let verdict = check(&Change { tracked, ..Change::default() }, options).unwrap();
        let helps: Vec<&str> = verdict.findings.iter().map(|finding| finding.help.as_str()).collect();
        let found = lines(&verdict);
        assert_eq!(found.iter().map(String::as_str).zip(helps).collect::<Vec<_>>(), expected);
        assert_eq!(verdict.ok, expected.is_empty());
    }

    const GLOBS: &str = "mend the globs, which begin at the root of the repository; if the track is to go, take it out of the configuration in a change of its own";
    const EXPRESSION: &str = "mend the expression, or the globs of the files that it looks at; if the track is to go, take it out of the configuration in a change of its own";

    #[test]
    fn a_track_that_finds_something_before_and_after_is_fine() {
        judged(BOTH, BOTH, &right(), &[]);
        judged(&[], &[], &Options::default(), &[]);
        // Nothing has shipped, or nobody says what there is.
        let first = Change { tracked: Some(Tracked { base: None, head: files(BOTH) }), ..Change::default() };
        assert_eq!(check(&first, &right()).unwrap().findings, []);
        assert_eq!(check(&Change::default(), &right()).unwrap().findings, []);
    }

    #[test]
    fn globs_that_match_no_file_are_an_error() {
        let slip = options(track("app/light.py", Some("^add")), track("pgs/*.sql", None));
        judged(
            BOTH,
            BOTH,
            &slip,
            &[
                (
                    "error track-empty: the globs of the track \"lite\" match no file at the merge base and at the head: app/light.py",
                    GLOBS,
                ),
                (
                    "error track-empty: the globs of the track \"pg\" match no file at the merge base and at the head: pgs/*.sql",
                    GLOBS,
                ),
            ],
        );
        // What is ignored is not looked at.
        let ignored = [("app/lite.py", LIST), ("pg/README.md", "")];
        judged(
            &ignored,
            &ignored,
            &options(track("app/lite.py", Some("^add")), track("pg/*", None)),
            &[(
                "error track-empty: the globs of the track \"pg\" match no file at the merge base and at the head: pg/*",
                GLOBS,
            )],
        );
    }

    #[test]
    fn an_expression_that_matches_no_entry_is_an_error() {
        let slip = options(track("app/lite.py", Some("^Add")), track("pg/*.sql", None));
        let message = "error track-empty: the expression of the track \"lite\" matches no entry at the merge base and at the head: ^Add in app/lite.py";
        judged(BOTH, BOTH, &slip, &[(message, EXPRESSION)]);
        // Nor does one in a comment count.
        let comment = [("app/lite.py", "# x\n# add(1)\n"), BOTH[1]];
        judged(
            &comment,
            &comment,
            &options(track("app/lite.py", Some("add")), track("pg/*.sql", None)),
            &[(
                "error track-empty: the expression of the track \"lite\" matches no entry at the merge base and at the head: add in app/lite.py",
                EXPRESSION,
            )],
        );
        // What cannot be read is told elsewhere.
        let unread: TrackedFiles = [("app/lite.py".to_owned(), None), ("pg/1.sql".to_owned(), None)].into();
        let tracked = Some(Tracked { base: Some(unread.clone()), head: unread });
        assert_eq!(check(&Change { tracked, ..Change::default() }, &right()).unwrap().findings, []);
    }

    #[test]
    fn what_a_change_moves_away_is_an_error_then_and_from_then_on() {
        let moved = [("app/list.py", LIST), BOTH[1]];
        let message = |place: &str| {
            format!("error track-empty: the globs of the track \"lite\" match no file {place}: app/lite.py")
        };
        judged(BOTH, &moved, &right(), &[(&message("at the head"), GLOBS)]);
        judged(&moved, &moved, &right(), &[(&message("at the merge base and at the head"), GLOBS)]);
        let back = "mend the globs, which begin at the root of the repository; a track that is new comes into the configuration together with its first migration";
        judged(&moved, BOTH, &right(), &[(&message("at the merge base"), back)]);
        let emptied = [("app/lite.py", ""), BOTH[1]];
        let message =
            "error track-empty: the expression of the track \"lite\" matches no entry at the head: ^add in app/lite.py";
        judged(BOTH, &emptied, &right(), &[(message, EXPRESSION)]);
        judged(&moved, &emptied, &right(), &[(message, EXPRESSION)]);
    }

    #[test]
    fn a_change_that_mends_a_track_or_brings_one_is_fine() {
        let since = |earlier: Options| Options { earlier_tracks: Some(earlier.tracks), ..right() };
        // It moves the file and says so, mends the globs, or brings the tracks with their first files.
        let before = options(track("app/list.py", Some("^add")), track("pg/*.sql", None));
        judged(&[("app/list.py", LIST), BOTH[1]], BOTH, &since(before.clone()), &[]);
        judged(BOTH, BOTH, &since(before), &[]);
        judged(&[], BOTH, &since(Options::default()), &[]);
        // What it does not alter has to have been there.
        let message = "error track-empty: the globs of the track \"pg\" match no file at the merge base: pg/*.sql";
        let back = "mend the globs, which begin at the root of the repository; a track that is new comes into the configuration together with its first migration";
        judged(&BOTH[..1], BOTH, &since(right()), &[(message, back)]);
        // And what it brings has to be there afterwards.
        judged(
            BOTH,
            &BOTH[..1],
            &since(Options::default()),
            &[("error track-empty: the globs of the track \"pg\" match no file at the head: pg/*.sql", GLOBS)],
        );
    }

    #[test]
    fn a_track_does_not_go_together_with_its_files() {
        let without = Options { earlier_tracks: Some(right().tracks), ..Options::default() };
        judged(
            BOTH,
            &BOTH[1..],
            &without,
            &[(
                "error track-empty: the track \"lite\" is taken out of the configuration, and what it looked at goes with it: app/lite.py",
                "take the track out in a change of its own, and remove its files in the next",
            )],
        );
        // As the help says: first the one, then the other.
        judged(BOTH, BOTH, &without, &[]);
        judged(BOTH, &BOTH[1..], &Options::default(), &[]);
        // One that has looked at nothing may go.
        judged(&[], &[], &without, &[]);
        let broken = Options {
            earlier_tracks: Some(options(track("[", None), track("pg/*.sql", None)).tracks),
            ..Options::default()
        };
        judged(BOTH, BOTH, &broken, &[]);
    }

    #[test]
    fn its_level_can_be_set() {
        let mut options = options(track("app/light.py", None), track("pg/*.sql", None));
        options.severities.insert("track-empty".to_owned(), Level::Off);
        judged(BOTH, BOTH, &options, &[]);
    }
}
