//! A change of the schema is made on every track.
//!
//! Some programs keep their schema in two places: a list of SQLite migrations in a Python file and
//! Alembic revisions for PostgreSQL, say. A change that registers a migration with DDL on one track has
//! to register one on every other, or it is `track-parity`, at the line of the DDL.
//!
//! *Registers* means net-new: what the head has and the merge base had not, compared over all files of
//! the track. So a file that was renamed, or an entry that was moved, registers nothing. A file is known
//! again by its content; an entry, which is what the expression matches, by the group `name` in it, or else by all that it
//! matches, or by the rest of its line. A new file counts
//! if it can be a migration by its ending (or the glob names the ending) and has anything to run on the
//! way up: not a down file, nor an Alembic revision that only merges heads, nor a Python file that is
//! none. An entry counts if it is not in a comment or docstring. A baseline whose
//! squash is allowed is none that is new.
//!
//! *DDL* is looked for in new files, where those register. Where entries do, it is looked for in the functions of their
//! files that are new, on the lines added there outside of functions, and on the added lines of the track's other files,
//! where declarations of tables count too. Comments, docstrings, ways down (down files and sections, `def downgrade`),
//! `COMMENT ON`, temporary tables, what is logged, raised or asserted, and what works on data do not count. Builders
//! are those of Alembic and SQLAlchemy, and in migrations those of Knex, TypeORM, Kysely and Django: not Rails'.
//!
//! A change that brings only what was forgotten passes: all that it does had been done on the other tracks where it began,
//! and not on its own.

pub(super) mod empty;
mod hit;
mod literals;
mod python;
mod sql;
mod tracks;

use super::allow::{self, Exception};
use super::report::Report;
use super::{Ddl, Edit, Options, Sees, TrackedFiles, items};
use counterfoil::checksum::{canonical, fingerprint};
use counterfoil::convention::code;
use counterfoil::error::{Error, Location};
use counterfoil::ordered;
use counterfoil::span::{Span, line_column};
use counterfoil::sql::lex;
use hit::Hit;
use std::collections::{BTreeMap, BTreeSet};
use tracks::Track;

/// Of these paths those that belong to each of the tracks: what a caller reads into
/// [`Change::tracked`](super::Change::tracked).
///
/// # Errors
///
/// `invalid-input`, naming the key, for a track that cannot be followed.
pub fn matched<'p>(
    tracks: &BTreeMap<String, super::Track>,
    paths: &'p [String],
) -> Result<BTreeMap<String, Vec<&'p str>>, Error> {
    let mut out = BTreeMap::new();
    for (name, given) in tracks {
        let track = tracks::track(name, given)?;
        out.insert(name.clone(), paths.iter().map(String::as_str).filter(|path| track.has(path)).collect());
    }
    Ok(out)
}

/// Checks what the options say about tracks.
pub(super) fn validate(options: &Options) -> Result<(), Error> {
    tracks::tracks(options).map(drop)
}

/// What each track sees in these files.
pub(super) fn sees(files: &TrackedFiles, options: &Options) -> Result<Vec<Sees>, Error> {
    let mut out = Vec::new();
    for track in tracks::tracks(options)? {
        let own = || files.iter().filter(|(path, _)| track.has(path));
        let entries = own().filter_map(|(path, text)| Some(marks(&track, path, text.as_deref()?).len())).sum();
        out.push(Sees { name: track.name.to_owned(), files: own().count(), entries });
    }
    Ok(out)
}

/// Why a comment of a file allows a code.
pub(super) fn allowed(path: &str, text: &str, code: &str) -> Option<String> {
    let text = canonical(text);
    let found = allow::comments(&text, &comments(path, &text), code);
    // One with a reason is the one that counts.
    found.iter().map(|(_, reason)| *reason).max_by_key(|reason| !reason.is_empty()).map(str::to_owned)
}

/// Judges the files that a change touches.
/// `base` has the files of the tracks where it began, `settled` are files that are no new migrations, whatever they look
/// like; `squash` says that a commit message allows one.
pub(super) fn judge(
    edits: &[Edit],
    base: Option<&TrackedFiles>,
    settled: &BTreeSet<String>,
    squash: bool,
    options: &Options,
    report: &mut Report<'_>,
) -> Result<(), Error> {
    let tracks = tracks::tracks(options)?;
    let mut edits: Vec<&Edit> = edits.iter().collect();
    ordered::sort_by(&mut edits, |a, b| (&a.path, &a.from).cmp(&(&b.path, &b.from)));
    for edit in &edits {
        let Some(why) = &edit.unreadable else { continue };
        let paths = [Some(&edit.path), edit.from.as_ref()];
        let of = |track: &&Track<'_>| paths.into_iter().flatten().any(|path| track.has(path));
        if let Some(track) = tracks.iter().find(of) {
            report.add(
                "unreadable-file",
                Some(Location { path: edit.path.clone(), line: 1, column: 1 }),
                format!("{} of the track {:?} cannot be judged, and it was changed: {why}", edit.path, track.name),
                "make it a text in UTF-8 that is kept in the repository itself, or add it to the track's ignore",
            );
        }
    }
    let registered: Vec<Registered<'_>> =
        tracks.iter().map(|track| registered(track, &edits, settled, squash)).collect();
    for (track, own) in tracks.iter().zip(&registered) {
        if !own.any {
            continue;
        }
        let lacks: Vec<&Track<'_>> =
            tracks.iter().zip(&registered).filter(|(_, other)| !other.any).map(|(track, _)| track).collect();
        if lacks.is_empty() {
            continue;
        }
        let known = Known::new(track, &own.edits);
        let found: Vec<Found<'_>> = own.edits.iter().filter_map(|edit| Found::new(track, edit, own, &known)).collect();
        let all = || found.iter().flat_map(|found| found.hits.iter().map(move |hit| (found, hit)));
        if is_repair(all().map(|(_, hit)| hit), track, &lacks, base) {
            continue;
        }
        // What no exception is about comes first, then what one is about that does not count.
        let rank = |(found, hit): &(&Found<'_>, &Hit)| match found.exception(hit.at) {
            None => 0,
            Some(exception) if !exception.in_base => 1,
            Some(_) => 2,
        };
        let Some((found, hit)) = all().min_by_key(rank) else { continue };
        let place = line_column(&found.text, hit.at);
        let names: Vec<String> = lacks.iter().map(|track| format!("{:?}", track.name)).collect();
        let ways: Vec<String> = lacks.iter().map(|track| track.how()).collect();
        // If there is only one new name, it is that.
        let only = own.names.first().filter(|_| own.names.len() == 1).map(String::as_str);
        let migration =
            found.entry(hit.at).or(only).map_or("a migration".to_owned(), |name| format!("the migration {name:?}"));
        let with = if hit.what.is_empty() { String::new() } else { format!(" with {}", hit.what) };
        let exception = found.exception(hit.at);
        report.add_unless(
            exception.as_ref(),
            CODE,
            Some(Location { path: found.edit.path.clone(), line: place.line, column: place.column }),
            format!(
                "the track {:?} registers {migration}{with}, and {} none",
                track.name,
                match &names[..] {
                    [name] => format!("the track {name} registers"),
                    names => format!("the tracks {} register", names.join(" and ")),
                }
            ),
            format!("make the same change there: {}", ways.join("; ")),
            "",
        );
    }
    Ok(())
}

/// Whether the change only brings what was forgotten: all that it does stands on the tracks that lack it now, where it
/// began, and not on its own.
fn is_repair<'h>(
    news: impl Iterator<Item = &'h Hit>,
    own: &Track<'_>,
    lacks: &[&Track<'_>],
    base: Option<&TrackedFiles>,
) -> bool {
    let Some(base) = base else { return false };
    let mut keys = BTreeSet::new();
    for hit in news {
        // Parts of what has a name itself.
        let is_part = hit.what == "ALTER TABLE"
            || python::PARTS.contains(&&*hit.what)
            || ["CONSTRAINT", "INDEX", "index", "constraint", "foreign_key", "batch_alter_table"]
                .iter()
                .any(|end| hit.what.ends_with(end));
        match &*hit.key {
            "" if is_part => {}
            "" => return false,
            key if is_part && !key.contains(" index ") => {}
            key => drop(keys.insert(key)),
        }
    }
    // An index goes with its table, and may have another name there.
    if keys.iter().any(|key| !key.contains(" index ")) {
        keys.retain(|key| !key.contains(" index "));
    }
    let done = |track: &Track<'_>| -> BTreeSet<String> {
        let own = base.iter().filter(|(path, _)| track.has(path) && !is_way_down(path));
        let texts = own.filter_map(|(path, text)| Some((path, canonical(text.as_deref()?))));
        let mut keys = BTreeSet::new();
        texts.for_each(|(path, text)| keys.extend(hits(track, path, &text, true).0.into_iter().map(|hit| hit.key)));
        keys
    };
    let before = done(own);
    !keys.is_empty()
        && keys.iter().all(|key| !before.contains(*key))
        && lacks.iter().all(|track| {
            let there = done(track);
            keys.iter().all(|key| there.contains(*key))
        })
}

/// What a change does to a file of a track that registers something.
struct Found<'a> {
    edit: &'a Edit,
    text: std::borrow::Cow<'a, str>,
    /// What changes the schema.
    hits: Vec<Hit>,
    /// Where exceptions count: the whole file, or parts of it.
    exceptions: Vec<(Span, Exception)>,
    /// New entries that have names: where they are, with the functions that they name.
    entries: Vec<(Span, String)>,
}

impl<'a> Found<'a> {
    fn new(track: &Track<'_>, edit: &'a Edit, own: &Registered<'_>, known: &Known) -> Option<Found<'a>> {
        let path = &edit.path;
        let text = canonical(edit.head.as_deref()?);
        let marks = if track.line.is_some() { marks(track, path, &text) } else { Vec::new() };
        let (mut hits, source) = if is_way_down(path) {
            return None;
        } else {
            hits(track, path, &text, marks.is_empty() && track.line.is_some())
        };
        hit::sort(&mut hits);
        // A file that is a migration only now is new to the last line.
        let added = if track.line.is_some() { Added::new(edit) } else { Added(None) };
        let (mut line, mut seen) = (1_u32, 0);
        let mut new: Vec<Option<bool>> = vec![None; source.as_ref().map_or(0, |source| source.functions.len())];
        hits.retain(|hit| {
            line += text[seen..hit.at].bytes().filter(|byte| *byte == b'\n').count() as u32;
            seen = hit.at;
            // Where entries stand, a function is new as a whole, or is none of this change.
            let function = source.as_ref().filter(|_| !marks.is_empty()).and_then(|source| source.function(hit.at));
            match (function, &source) {
                (Some(at), Some(source)) => {
                    *new[at].get_or_insert_with(|| known.is_new(path, &source.functions[at], &text))
                }
                _ => added.has(line),
            }
        });
        let is_new = |mark: &Mark| own.new.contains(&mark.key);
        if track.counts(&Ddl::Any) {
            let start = Some(code_at(path, &text)).filter(|at| *at < text.len()).unwrap_or(0);
            let places = marks.iter().filter(|mark| is_new(mark)).map(|mark| mark.span.start);
            hits = if track.line.is_some() {
                places.map(|at| Hit::new(at, "")).collect()
            } else {
                vec![Hit::new(start, "")]
            };
        }
        if hits.is_empty() {
            return None;
        }
        let mut entries = Vec::new();
        let mut exceptions = Vec::new();
        let is_list = track.line.is_some();
        {
            let list = List::new(path, &text, &marks, source.as_ref());
            for (at, mark) in marks.iter().enumerate().filter(|(_, mark)| mark.named && is_new(mark)) {
                entries.extend(list.entry(at).into_iter().map(|span| (span, mark.key.clone())));
            }
            // Before, only what was about the whole file can be about what is new.
            let before = edit.base.as_deref().is_some_and(|base| {
                let base = canonical(base);
                let code = code_at(path, &base);
                let found = allow::comments(&base, &comments(path, &base), CODE);
                found.iter().any(|(span, _)| !is_list || span.start < code)
            });
            for (span, reason) in allow::comments(&text, &comments(path, &text), CODE).into_iter().take(MOST) {
                let whole = !is_list || span.start < list.code;
                let exception = Exception { reason: reason.to_owned(), in_base: whole && before };
                let about = if whole { vec![Span::new(0, text.len() + 1)] } else { list.about(span) };
                exceptions.extend(about.into_iter().map(|span| (span, exception.clone())));
            }
        }
        Some(Found { edit, text, hits, exceptions, entries })
    }

    /// The exception for a place; the best one, if there are several.
    fn exception(&self, at: usize) -> Option<Exception> {
        let own = self.exceptions.iter().filter(|(span, _)| (span.start..span.end).contains(&at));
        own.map(|(_, exception)| exception).max_by_key(|it| (it.in_base, !it.reason.is_empty())).cloned()
    }

    /// The name of the entry that a place belongs to; of several, the innermost.
    fn entry(&self, at: usize) -> Option<&str> {
        let own = self.entries.iter().filter(|(span, _)| (span.start..span.end).contains(&at));
        let best = own.min_by_key(|(span, _)| span.end - span.start);
        best.map(|(_, name)| name.as_str())
    }
}

/// How many exceptions of a file, functions of a name and lines of comments are looked at.
const MOST: usize = 500;

/// A list, as exceptions and names are found in it.
struct List<'t> {
    text: &'t str,
    marks: &'t [Mark],
    source: Option<&'t python::Source>,
    /// Functions, and where those of one outermost name in their paths are.
    functions: Vec<Vec<Span>>,
    by_name: BTreeMap<String, usize>,
    /// Where its first line of code begins.
    code: usize,
}

impl<'t> List<'t> {
    fn new(path: &str, text: &'t str, marks: &'t [Mark], source: Option<&'t python::Source>) -> List<'t> {
        let (mut functions, mut by_name): (Vec<Vec<Span>>, BTreeMap<String, usize>) = Default::default();
        for function in source.into_iter().flat_map(|source| &source.functions) {
            let name = function.path.split('.').next().unwrap_or("").to_owned();
            let at = *by_name.entry(name).or_insert(functions.len());
            if at == functions.len() {
                functions.push(Vec::new());
            }
            if functions[at].len() < MOST {
                functions[at].push(function.span);
            }
        }
        List { text, marks, source, functions, by_name, code: code_at(path, text) }
    }

    /// What an entry has said: itself up to where the next one begins or its list ends, and the functions that it names.
    fn entry(&self, at: usize) -> Vec<Span> {
        let (text, mark) = (self.text, &self.marks[at]);
        let next = self.marks.get(at + 1).map_or(text.len(), |next| next.span.start).max(mark.span.end);
        let start = text[..mark.span.start].rfind('\n').map_or(0, |at| at + 1);
        let indent = indentation(&text[start..]);
        let mut end = mark.span.end;
        for line in text[end..next].split_inclusive('\n') {
            if end > mark.span.end && !line.trim().is_empty() && indentation(line) < indent {
                break;
            }
            end += line.len();
        }
        let words = text[mark.span.start..end].split(|c: char| !c.is_alphanumeric() && c != '_');
        let named = words.filter_map(|word| self.by_name.get(word)).flat_map(|at| &self.functions[*at]).take(MOST);
        let mut spans = vec![Span::new(mark.span.start, end)];
        spans.extend(named);
        spans
    }

    /// What a comment is about that is not about the whole file: what it stands in, behind or before.
    fn about(&self, comment: Span) -> Vec<Span> {
        let text = self.text;
        let start = text[..comment.start].rfind('\n').map_or(0, |at| at + 1);
        let mut line = start;
        if text[start..comment.start].trim().is_empty() {
            // It stands alone, so it is about the next line that is no comment.
            for next in text[start..].split_inclusive('\n').take(MOST) {
                let code = next.trim_start();
                if !(code.is_empty() || ["#", "//", "--"].iter().any(|mark| code.starts_with(mark))) {
                    break;
                }
                line += next.len();
            }
        }
        let end = text[line..].find('\n').map_or(text.len(), |len| line + len + 1);
        let mut out = vec![Span::new(line, end)];
        let first = self.marks.partition_point(|mark| mark.span.end <= line);
        let own = (first..self.marks.len()).take_while(|at| self.marks[*at].span.start < end);
        out.extend(own.flat_map(|at| self.entry(at)));
        let code = line + indentation(&text[line..end]);
        out.extend(self.source.and_then(|source| Some(source.functions[source.function(code)?].span)));
        out
    }
}

/// How many bytes of white space a line begins with.
fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// Where the first thing stands that is neither a comment nor a docstring.
fn code_at(path: &str, text: &str) -> usize {
    let masked = mask(path, text);
    masked.len() - masked.trim_start().len()
}

/// The functions that a track's files had.
struct Known {
    /// Each after the path of its file.
    paths: BTreeSet<String>,
    bodies: BTreeSet<String>,
}

impl Known {
    fn new(track: &Track<'_>, edits: &[&Edit]) -> Known {
        let mut known = Known { paths: BTreeSet::new(), bodies: BTreeSet::new() };
        for edit in edits.iter().filter(|edit| track.line.is_some() && matches!(kind(&edit.path), Kind::Python)) {
            let Some(base) = edit.base.as_deref().map(canonical) else { continue };
            for function in python::read(&base).functions {
                known.bodies.insert(function.span.slice(&base).trim().to_owned());
                known.paths.insert(format!("{}\n{}", edit.path, function.path));
            }
        }
        known
    }

    fn is_new(&self, path: &str, function: &python::Function, text: &str) -> bool {
        !self.paths.contains(&format!("{path}\n{}", function.path))
            && !self.bodies.contains(function.span.slice(text).trim())
    }
}

const CODE: &str = "track-parity";

/// What a change registers on a track.
struct Registered<'a> {
    /// Whether it has a migration that was not there before.
    any: bool,
    /// What it is known again by.
    new: BTreeSet<String>,
    /// Those of them that are names.
    names: BTreeSet<String>,
    /// Where its DDL may be.
    edits: Vec<&'a Edit>,
}

/// A migration that a file registers.
struct Mark {
    /// What it is known again by.
    key: String,
    /// What it is, if that has changed; empty if there is nothing.
    rest: String,
    /// Whether the expression says which part of it is the key.
    named: bool,
    span: Span,
}

fn registered<'a>(track: &Track<'_>, edits: &[&'a Edit], settled: &BTreeSet<String>, squash: bool) -> Registered<'a> {
    let mut found = Registered { any: false, new: BTreeSet::new(), names: BTreeSet::new(), edits: Vec::new() };
    // What is there before and after, by what it is known again by.
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for edit in edits {
        let of = |path: &str, text: &Option<String>| match text {
            Some(text) if track.has(path) => marks(track, path, text),
            _ => Vec::new(),
        };
        let was = of(edit.from.as_ref().unwrap_or(&edit.path), &edit.base);
        let is = if settled.contains(&edit.path) { Vec::new() } else { of(&edit.path, &edit.head) };
        let is_file = track.line.is_none();
        if edit.head.is_some() && track.has(&edit.path) && (!is_file || is.len() > was.len()) {
            found.edits.push(edit);
        }
        // A file that stays one is the same, whatever it says now.
        if !is_file || was.len() != is.len() {
            before.extend(was);
            after.extend(is);
        }
    }
    let fewer = after.len() <= before.len();
    without(&mut after, &mut before, |mark| Some(&mark.key));
    without(&mut after, &mut before, |mark| Some(&mark.rest).filter(|rest| rest.contains(char::is_alphanumeric)));
    found.new.extend(after.iter().map(|mark| mark.key.clone()));
    found.names.extend(after.iter().filter(|mark| mark.named).map(|mark| mark.key.clone()));
    found.any = !(after.is_empty() || squash && track.line.is_none() && fewer);
    found
}

/// Takes out of both lists what both have.
fn without(after: &mut Vec<Mark>, before: &mut Vec<Mark>, key: impl Fn(&Mark) -> Option<&String>) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for mark in before.iter() {
        key(mark).into_iter().for_each(|key| *counts.entry(key.clone()).or_default() += 1);
    }
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    after.retain(|mark| {
        let Some(key) = key(mark) else { return true };
        let Some(count) = counts.get_mut(key).filter(|count| **count > 0) else { return true };
        *count -= 1;
        *taken.entry(key.clone()).or_default() += 1;
        false
    });
    before.retain(|mark| {
        let Some(count) = key(mark).and_then(|key| taken.get_mut(key)).filter(|count| **count > 0) else { return true };
        *count -= 1;
        false
    });
}

/// The migrations that a file registers.
fn marks(track: &Track<'_>, path: &str, text: &str) -> Vec<Mark> {
    let text = canonical(text);
    let whole = |key: String| vec![Mark { key, rest: String::new(), named: false, span: Span::new(0, text.len()) }];
    match &track.line {
        Some(line) => {
            let masked = mask(path, &text);
            let mark = |(span, name): (Span, Option<String>)| {
                let rest = masked[span.end..].lines().next().unwrap_or("").trim().trim_end_matches(',');
                Mark {
                    named: name.is_some(),
                    rest: if name.is_some() { String::new() } else { rest.to_owned() },
                    key: name.unwrap_or_else(|| span.slice(&masked).trim_end().to_owned()),
                    span,
                }
            };
            matches(line, &masked).into_iter().map(mark).collect()
        }
        None if registers(track, path, &text) => match kind(path) {
            Kind::Sql => whole(fingerprint(&text)),
            Kind::Python | Kind::Other => whole(text.trim().to_owned()),
        },
        None => Vec::new(),
    }
}

/// What an expression matches, from its first character that is not white space, and its group `name`.
fn matches(line: &regex_lite::Regex, masked: &str) -> Vec<(Span, Option<String>)> {
    let mut out = Vec::new();
    for found in line.captures_iter(masked) {
        let Some(all) = found.get(0).filter(|all| !all.as_str().trim().is_empty()) else { continue };
        let blank = all.as_str().len() - all.as_str().trim_start().len();
        let name = found.name("name").map(|name| name.as_str().to_owned());
        out.push((Span::new(all.start() + blank, all.end()), name));
    }
    out
}

/// Whether a file is a migration that does something.
fn registers(track: &Track<'_>, path: &str, text: &str) -> bool {
    /// What lies beside migrations.
    const BESIDE: &[&str] = &["json", "sum", "toml", "md", "txt", "lock", "yaml", "yml", "conf", "snap", "mako", "ini"];
    /// Migrations in a language of their own: Liquibase's.
    const MARKUP: &[&str] = &["xml"];
    let name = items::name(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    match kind(path) {
        _ if is_way_down(path) || name.starts_with('.') || BESIDE.contains(&ending) => false,
        Kind::Sql => sql::has_up(text),
        Kind::Python => {
            let source = python::read(text);
            source.has_up && source.is_migration
        }
        Kind::Other if code::is_beside(name) => false,
        Kind::Other => {
            let can_be = code::stem(name).is_some() || MARKUP.contains(&ending) || track.names(ending);
            can_be && !mask(path, text).trim().is_empty()
        }
    }
}

/// Whether the file is the way back of a migration.
fn is_way_down(path: &str) -> bool {
    let name = items::name(path);
    let is_undo = name.strip_prefix('U').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    items::is_down(name) || is_undo && name.contains("__")
}

enum Kind {
    Sql,
    Python,
    Other,
}

fn kind(path: &str) -> Kind {
    match path {
        _ if items::is_sql(path) => Kind::Sql,
        _ if path.ends_with(".py") => Kind::Python,
        _ => Kind::Other,
    }
}

/// All DDL of a file, and what its Python says. In one that `declares` and registers nothing, tables that are declared count,
/// and builders do not.
fn hits(track: &Track<'_>, path: &str, text: &str, declares: bool) -> (Vec<Hit>, Option<python::Source>) {
    let counts = |ddl| track.counts(&ddl);
    let mut hits = Vec::new();
    let mut source = None;
    match kind(path) {
        Kind::Sql if counts(Ddl::Sql) => hits = sql::file(text),
        Kind::Python => {
            let mut read = python::read(text);
            let mut take = |list: &mut Vec<Hit>, ddl| {
                if counts(ddl) {
                    hits.append(list)
                }
            };
            take(&mut read.sql, Ddl::Sql);
            take(&mut read.sqlalchemy, Ddl::Sqlalchemy);
            if declares {
                take(&mut read.declared, Ddl::Sqlalchemy);
            } else {
                take(&mut read.django, Ddl::Builders);
            }
            source = Some(read);
        }
        Kind::Other => {
            let mut read = literals::read(path, text);
            if counts(Ddl::Sql) {
                hits = read.sql;
            }
            if counts(Ddl::Builders) && !declares {
                hits.append(&mut read.builders);
            }
        }
        Kind::Sql => {}
    }
    if !track.ddl_lines.is_empty() {
        let masked = mask(path, text);
        for (span, _) in track.ddl_lines.iter().flat_map(|line| matches(line, &masked)) {
            hits.push(Hit::new(span.start, format!("{:?}", span.slice(&masked).trim_end())));
        }
    }
    (hits, source)
}

/// Added lines, as ranges in order.
struct Added(Option<Vec<(u32, u32)>>);

impl Added {
    fn new(edit: &Edit) -> Added {
        // All of a new file is added.
        if edit.base.is_none() {
            return Added(None);
        }
        let mut ranges: Vec<(u32, u32)> =
            edit.added.iter().map(|&(line, count)| (line, line.saturating_add(count))).collect();
        ordered::sort(&mut ranges);
        // So that the end of a range grows with its start.
        let mut end = 0;
        for range in &mut ranges {
            end = end.max(range.1);
            range.1 = end;
        }
        Added(Some(ranges))
    }

    fn has(&self, line: u32) -> bool {
        let Some(ranges) = &self.0 else { return true };
        let after = ranges.partition_point(|range| range.0 <= line);
        after.checked_sub(1).is_some_and(|before| line < ranges[before].1)
    }
}

/// The comments of a file, and the docstrings of Python.
fn silent(path: &str, text: &str) -> Vec<Span> {
    let mut silent: Vec<Span> = match kind(path) {
        Kind::Sql => {
            let is_comment =
                |token: &lex::Token| matches!(token.kind, lex::Kind::LineComment | lex::Kind::BlockComment);
            lex::tokens(text).filter(is_comment).map(|token| token.span).collect()
        }
        Kind::Python => python::read(text).silent,
        Kind::Other => literals::read(path, text).comments,
    };
    ordered::sort(&mut silent);
    silent
}

/// The comments of a file.
fn comments(path: &str, text: &str) -> Vec<Span> {
    let mut comments = silent(path, text);
    comments.retain(|span| !matches!(kind(path), Kind::Python) || span.slice(text).starts_with('#'));
    comments
}

/// The text with comments and docstrings blanked; every byte keeps its place, and lines stay lines.
fn mask(path: &str, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for span in silent(path, text) {
        out.push_str(text.get(at..span.start).unwrap_or(""));
        out.extend(span.slice(text).bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        at = span.end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

#[cfg(test)]
mod tests {
    use super::super::testing::lines;
    use super::super::{Change, Registers, Track as Given, check};
    use super::*;

    /// SQLite migrations in a list of `app/sqlite.py`, and Alembic revisions for PostgreSQL.
    fn options() -> Options {
        let track = |files: &str, registers| Given {
            files: vec![files.to_owned()],
            ignore: vec!["**/__init__.py".to_owned()],
            registers,
            ddl: None,
        };
        let tracks = [
            ("sqlite".to_owned(), track("app/sqlite.py", Registers::Line(r"^    \(\d+,".to_owned()))),
            ("postgres".to_owned(), track("alembic/versions/*.py", Registers::File)),
        ];
        Options { tracks: tracks.into(), ..Options::default() }
    }

    const LIST: &str = "MIGRATIONS = [\n    (1, \"CREATE TABLE t (id INTEGER)\"),\n]\n";
    const REVISION: &str = "\"\"\"add c\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\n\nrevision = 'b'\ndown_revision = 'a'\n\n\ndef upgrade() -> None:\n    op.add_column('t', sa.Column('c', sa.Text()))\n\n\ndef downgrade() -> None:\n    op.drop_column('t', 'c')\n";

    /// An edit with the added lines that `git diff -U0` would give, where lines are only put in or
    /// replaced.
    fn edit(path: &str, base: Option<&str>, head: Option<&str>) -> Edit {
        let (before, after): (Vec<&str>, Vec<&str>) =
            (base.unwrap_or("").lines().collect(), head.unwrap_or("").lines().collect());
        let start = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
        let end = before[start..].iter().rev().zip(after[start..].iter().rev()).take_while(|(a, b)| a == b).count();
        let count = after.len() - start - end;
        let added = if count > 0 { vec![(start as u32 + 1, count as u32)] } else { Vec::new() };
        let own = |text: Option<&str>| text.map(str::to_owned);
        Edit { path: path.to_owned(), base: own(base), head: own(head), added, ..Edit::default() }
    }

    fn sqlite(head: &str) -> Edit {
        edit("app/sqlite.py", Some(LIST), Some(head))
    }

    fn revision(text: &str) -> Edit {
        edit("alembic/versions/b_add_c.py", None, Some(text))
    }

    #[track_caller]
    fn judged(edits: &[Edit], options: &Options, expected: &[&str]) {
        let change = Change { edits: edits.to_vec(), ..Change::default() };
        let verdict = check(&change, options).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(lines(&verdict), expected);
        let turned = Change { edits: edits.iter().rev().cloned().collect(), ..Change::default() };
        assert_eq!(check(&turned, options).expect("a verdict"), verdict);
    }

    #[track_caller]
    fn fine(edits: &[Edit]) {
        judged(edits, &options(), &[]);
    }

    fn with(line: &str) -> String {
        LIST.replace("]\n", &format!("{line}]\n"))
    }

    const ADDS: &str = "    (2, \"ALTER TABLE t ADD COLUMN c TEXT\"),\n";

    #[test]
    fn a_column_on_one_track_only_fails_at_its_line() {
        let sqlite_only = "error track-parity app/sqlite.py:3:10: the track \"sqlite\" registers a migration with ALTER TABLE, and the track \"postgres\" registers none";
        judged(&[sqlite(&with(ADDS))], &options(), &[sqlite_only]);
        judged(
            &[revision(REVISION)],
            &options(),
            &[
                "error track-parity alembic/versions/b_add_c.py:10:8: the track \"postgres\" registers a migration with op.add_column, and the track \"sqlite\" registers none",
            ],
        );
        let change = Change { edits: vec![sqlite(&with(ADDS))], ..Change::default() };
        assert_eq!(
            check(&change, &options()).expect("a verdict").findings[0].help,
            "make the same change there: a new file in alembic/versions/*.py"
        );
    }

    #[test]
    fn both_tracks_pass() {
        fine(&[sqlite(&with(ADDS)), revision(REVISION)]);
        fine(&[]);
    }

    #[test]
    fn an_alembic_head_that_is_merged_late_passes_with_its_counterpart() {
        let late = REVISION.replace("down_revision = 'a'", "down_revision = '0'");
        fine(&[sqlite(&with(ADDS)), revision(&late)]);
        let merge = "\"\"\"merge heads\"\"\"\nrevision = 'd'\ndown_revision = ('b', 'c')\n\n\ndef upgrade() -> None:\n    pass\n\n\ndef downgrade() -> None:\n    pass\n";
        let merge = edit("alembic/versions/d_merge.py", None, Some(merge));
        fine(&[sqlite(&with(ADDS)), revision(&late), merge.clone()]);
        fine(std::slice::from_ref(&merge));
        // It brings nothing, so it is no counterpart.
        judged(
            &[sqlite(&with(ADDS)), merge],
            &options(),
            &[
                "error track-parity app/sqlite.py:3:10: the track \"sqlite\" registers a migration with ALTER TABLE, and the track \"postgres\" registers none",
            ],
        );
    }

    #[test]
    fn comments_and_docstrings_pass() {
        fine(&[sqlite(&with("    # (2, \"ALTER TABLE t ADD COLUMN c TEXT\"),\n"))]);
        fine(&[sqlite(&format!("\"\"\"\n    (2, ALTER TABLE t)\n\"\"\"\n{LIST}"))]);
        fine(&[edit("alembic/versions/b_add_c.py", Some(REVISION), Some(&REVISION.replace("add c", "ALTER TABLE t")))]);
        // What stands in a docstring registers nothing, whatever else there is.
        let rebuild = "\ndef rebuild(db):\n    db.execute(\"CREATE TABLE x (id)\")\n";
        fine(&[sqlite(&format!("\"\"\"\n    (2, \"like this\"),\n\"\"\"\n{LIST}{rebuild}"))]);
        // A migration on data, with DDL in a comment.
        fine(&[sqlite(&with("    (2, \"UPDATE t SET id = 1\"),  # op.add_column('t') CREATE TABLE x\n"))]);
    }

    #[test]
    fn work_on_data_passes() {
        fine(&[sqlite(&with("    (2, \"INSERT INTO t VALUES (1); DELETE FROM t; UPDATE t SET id = 2\"),\n"))]);
        let data = REVISION
            .replace("op.add_column('t', sa.Column('c', sa.Text()))", "op.execute(\"UPDATE t SET c = 'ALTER TABLE'\")");
        fine(&[revision(&data)]);
    }

    #[test]
    fn what_cannot_be_read_is_said_where_it_belongs_to_a_track() {
        let edit = |path: &str| Edit {
            path: path.to_owned(),
            unreadable: Some("it is not UTF-8".to_owned()),
            ..Edit::default()
        };
        judged(
            &[edit("app/sqlite.py"), edit("app/logo.png"), edit("alembic/versions/__init__.py")],
            &options(),
            &[
                "error unreadable-file app/sqlite.py:1:1: app/sqlite.py of the track \"sqlite\" cannot be judged, and it was changed: it is not UTF-8",
            ],
        );
    }

    #[test]
    fn ways_down_pass() {
        let pass = REVISION.replace("    op.add_column('t', sa.Column('c', sa.Text()))", "    op.execute('SELECT 1')");
        fine(&[revision(&pass)]);
    }

    #[test]
    fn a_refactoring_that_registers_nothing_passes() {
        // SQLite's way to change a column: the table is built anew.
        let rebuild = LIST.replace(
            "\"CREATE TABLE t (id INTEGER)\"",
            "\"CREATE TABLE u (id INTEGER); INSERT INTO u SELECT * FROM t; DROP TABLE t; ALTER TABLE u RENAME TO t\"",
        );
        fine(&[sqlite(&rebuild)]);
        fine(&[sqlite(&format!("{LIST}\n\ndef rebuild(db):\n    db.execute(\"CREATE TABLE x (id)\")\n"))]);
    }

    #[test]
    fn what_is_moved_or_renamed_is_not_new() {
        let two = with(ADDS);
        let moved = LIST.replace("    (1", &format!("{ADDS}    (1"));
        fine(&[edit("app/sqlite.py", Some(&two), Some(&moved))]);
        let renamed = Edit {
            path: "alembic/versions/c.py".to_owned(),
            from: Some("alembic/versions/b.py".to_owned()),
            base: Some(REVISION.to_owned()),
            head: Some(REVISION.replace("'c'", "'d'")),
            added: vec![(10, 1), (14, 1)],
            ..Edit::default()
        };
        fine(&[renamed]);
        // Where git does not see the rename.
        fine(&[edit("alembic/versions/b.py", Some(REVISION), None), revision(REVISION)]);
    }

    #[test]
    fn what_takes_the_place_of_another_is_new() {
        let two = LIST.replace("(1, \"CREATE TABLE t (id INTEGER)\")", "(2, \"ALTER TABLE t ADD COLUMN c TEXT\")");
        judged(
            &[sqlite(&two)],
            &options(),
            &[
                "error track-parity app/sqlite.py:2:10: the track \"sqlite\" registers a migration with ALTER TABLE, and the track \"postgres\" registers none",
            ],
        );
        // Renumbered, it is what it was.
        fine(&[sqlite(&LIST.replace("(1,", "(2,"))]);
        let gone = edit("db/pg/1.sql", Some("create table s ();"), None);
        let new = edit("db/pg/2.sql", None, Some("create table t ();"));
        judged(
            &[gone.clone(), new.clone()],
            &folders(),
            &[
                "error track-parity db/pg/2.sql:1:1: the track \"pg\" registers a migration with CREATE TABLE, and the tracks \"lite\" and \"my\" register none",
            ],
        );
        judged(&[gone.clone(), edit("db/pg/2.sql", None, Some("CREATE TABLE s (); -- 2"))], &folders(), &[]);
        // A squash that is allowed brings nothing.
        let squash =
            Change { messages: vec!["[squash-baseline]".to_owned()], edits: vec![gone, new], ..Change::default() };
        assert_eq!(check(&squash, &folders()).expect("a verdict").findings, []);
    }

    #[test]
    fn what_is_no_migration_is_no_counterpart() {
        let track = |files: &str| Given {
            files: vec![files.to_owned()],
            ignore: Vec::new(),
            registers: Registers::File,
            ddl: None,
        };
        let options = |files: &str| Options {
            tracks: [("a".to_owned(), track("a/**")), ("b".to_owned(), track(files))].into(),
            ..Options::default()
        };
        let lacks = "error track-parity a/1.sql:1:1: the track \"a\" registers a migration with CREATE TABLE, and the track \"b\" registers none";
        let new = edit("a/1.sql", None, Some("create table t ();"));
        let with = |path: &str, text: &str| [new.clone(), edit(path, None, Some(text))];
        for (path, text) in [
            ("b/README", "x"),
            ("b/notes.rst", "x"),
            ("b/util.py", "def tables(conn):\n    return conn.execute('SELECT 1')\n"),
            ("b/1.d.ts", "export const up: string"),
            ("b/1_test.go", "package b"),
            ("b/1.ts", "// later\n"),
        ] {
            judged(&with(path, text), &options("b/**"), &[lacks]);
        }
        for (path, text) in [
            ("b/1.ts", "export const up = 1"),
            ("b/1.php", "<?php x();"),
            ("b/1.py", "steps = [step('SELECT 1')]"),
            ("b/1.py", "class Migration(migrations.Migration):\n    operations = [migrations.RunSQL('x')]\n"),
        ] {
            judged(&with(path, text), &options("b/**"), &[]);
        }
        judged(&with("b/1.patch", "x"), &options("b/**"), &[lacks]);
        judged(&with("b/1.patch", "x"), &options("b/*.patch"), &[]);
    }

    #[test]
    fn what_moves_into_a_track_is_new() {
        let into = Edit {
            path: "alembic/versions/c.py".to_owned(),
            from: Some("drafts/c.py".to_owned()),
            base: Some(REVISION.to_owned()),
            head: Some(REVISION.to_owned()),
            added: Vec::new(),
            ..Edit::default()
        };
        judged(
            std::slice::from_ref(&into),
            &options(),
            &[
                "error track-parity alembic/versions/c.py:10:8: the track \"postgres\" registers a migration with op.add_column, and the track \"sqlite\" registers none",
            ],
        );
        fine(&[into, sqlite(&with(ADDS))]);
    }

    #[test]
    fn lines_of_a_literal_count_where_they_stand() {
        let long = with("    (2, \"\"\"\n        ALTER TABLE t\n          ADD COLUMN c TEXT\n    \"\"\"),\n");
        judged(
            &[sqlite(&long)],
            &options(),
            &[
                "error track-parity app/sqlite.py:4:9: the track \"sqlite\" registers a migration with ALTER TABLE, and the track \"postgres\" registers none",
            ],
        );
    }

    /// Three folders of SQL.
    fn folders() -> Options {
        let track = |name: &str| {
            let files = vec![format!("db/{name}/**/*.{{sql,json}}")];
            (name.to_owned(), Given { files, ignore: Vec::new(), registers: Registers::File, ddl: None })
        };
        Options { tracks: [track("pg"), track("lite"), track("my")].into(), ..Options::default() }
    }

    #[test]
    fn there_may_be_more_than_two_tracks() {
        let new = |path: &str| edit(path, None, Some("-- a\ncreate table t ();\n"));
        judged(&[new("db/pg/1.sql"), new("db/my/1.sql"), new("db/lite/x/1.sql")], &folders(), &[]);
        judged(
            &[new("db/pg/1.sql"), new("db/my/1.sql"), new("db/lite/1.json")],
            &folders(),
            &[
                "error track-parity db/my/1.sql:2:1: the track \"my\" registers a migration with CREATE TABLE, and the track \"lite\" registers none",
                "error track-parity db/pg/1.sql:2:1: the track \"pg\" registers a migration with CREATE TABLE, and the track \"lite\" registers none",
            ],
        );
        judged(
            &[new("db/pg/1.sql")],
            &folders(),
            &[
                "error track-parity db/pg/1.sql:2:1: the track \"pg\" registers a migration with CREATE TABLE, and the tracks \"lite\" and \"my\" register none",
            ],
        );
    }

    #[test]
    fn a_down_file_is_no_migration() {
        let down = edit("db/pg/1_a.down.sql", None, Some("drop table t;"));
        judged(&[down.clone(), edit("db/pg/U1__a.sql", None, Some("drop table t;"))], &folders(), &[]);
        judged(&[edit("db/pg/.1_a.sql", None, Some("create table t ();"))], &folders(), &[]);
        let up = edit("db/lite/1_a.up.sql", None, Some("create table t ();"));
        let other = edit("db/my/1_a.up.sql", None, Some("create table t ();"));
        assert_eq!(
            check(&Change { edits: vec![down, up, other], ..Change::default() }, &folders())
                .expect("a verdict")
                .findings
                .len(),
            2
        );
        judged(
            &[edit("db/pg/1.sql", None, Some("-- migrate:up\nselect 1;\n-- migrate:down\ndrop table t;\n"))],
            &folders(),
            &[],
        );
    }

    #[test]
    fn what_counts_as_ddl_can_be_said() {
        let mut options = options();
        let revision =
            revision(&REVISION.replace("    op.add", "    op.execute('ALTER TABLE t DROP COLUMN d')\n    op.add"));
        options.tracks.get_mut("postgres").expect("a track").ddl = Some(vec![Ddl::Sqlalchemy]);
        judged(
            &[revision],
            &options,
            &[
                "error track-parity alembic/versions/b_add_c.py:11:8: the track \"postgres\" registers a migration with op.add_column, and the track \"sqlite\" registers none",
            ],
        );
    }

    #[test]
    fn windows_line_ends_count_no_lines() {
        let crlf = |text: &str| text.replace('\n', "\r\n");
        let edit = Edit { base: Some(crlf(LIST)), head: Some(crlf(&with(ADDS))), ..sqlite(&with(ADDS)) };
        judged(
            &[edit],
            &options(),
            &[
                "error track-parity app/sqlite.py:3:10: the track \"sqlite\" registers a migration with ALTER TABLE, and the track \"postgres\" registers none",
            ],
        );
    }

    #[track_caller]
    fn refused(change: impl FnOnce(&mut Options), message: &str) {
        let mut options = options();
        change(&mut options);
        let error = check(&Change::default(), &options).expect_err(message);
        assert_eq!(error.message(), message);
        assert_eq!(error.code().as_str(), "invalid-input");
        assert!(!error.help().is_empty());
    }

    #[test]
    fn options_that_cannot_be_followed_are_refused() {
        let sqlite = |change: fn(&mut Given)| {
            move |options: &mut Options| change(options.tracks.get_mut("sqlite").expect("a track"))
        };
        refused(sqlite(|track| track.files.clear()), "tracks.sqlite.files is empty");
        refused(
            sqlite(|track| track.files.push("a/[b".to_owned())),
            "tracks.sqlite.files[1] is \"a/[b\": a [ is not closed",
        );
        refused(
            sqlite(|track| track.ignore.push("{a".to_owned())),
            "tracks.sqlite.ignore[1] is \"{a\": a { is not closed",
        );
        refused(
            sqlite(|track| track.ignore.push("/a".to_owned())),
            "tracks.sqlite.ignore[1] is \"/a\": it has to start at the repository's root",
        );
        refused(
            sqlite(|track| track.registers = Registers::Line("(".to_owned())),
            "tracks.sqlite.registers.line is \"(\", which is not a regular expression: found open group without closing ')'",
        );
        refused(sqlite(|track| track.ddl = Some(Vec::new())), "tracks.sqlite.ddl is empty");
        refused(|options| drop(options.tracks.remove("sqlite")), "tracks has only one track, \"postgres\"");
        refused(
            |options| options.severities.extend([("track-party".to_owned(), super::super::Level::Off)]),
            "severities has an unknown code, \"track-party\"",
        );
    }

    #[test]
    fn added_lines_may_come_in_any_order_and_overlap() {
        let edit = Edit {
            base: Some(String::new()),
            added: vec![(9, 2), (1, 1), (2, 5), (3, 1), (u32::MAX, u32::MAX)],
            ..Edit::default()
        };
        let added = Added::new(&edit);
        let lines: Vec<u32> = (0..15).filter(|line| added.has(*line)).collect();
        assert_eq!(lines, [1, 2, 3, 4, 5, 6, 9, 10]);
    }

    /// A list of names with their functions, tables beside it, and Alembic revisions.
    fn named() -> Options {
        let track = |files: &[&str], registers| Given {
            files: files.iter().map(|&glob| glob.to_owned()).collect(),
            ignore: Vec::new(),
            registers,
            ddl: None,
        };
        let entry = r#"\(\s*"(?<name>\w+)",\s*_m_"#;
        let tracks = [
            ("sqlite".to_owned(), track(&["app/list.py", "app/tables.py"], Registers::Line(entry.to_owned()))),
            ("postgres".to_owned(), track(&["versions/*.py"], Registers::File)),
        ];
        Options { tracks: tracks.into(), ..Options::default() }
    }

    const NAMED: &str =
        "def _m_a(c):\n    c.execute(\"CREATE TABLE a (id)\")\n\n\nMIGRATIONS = [\n    (\"a\", _m_a),\n]\n";

    /// The list with one more function and entry.
    fn list(function: &str, entry: &str) -> Edit {
        let head = NAMED.replace("\n\n\nMIGR", &format!("\n\n\n{function}\n\n\nMIGR"));
        let head = head.replace("_m_a),\n]", &format!("_m_a),\n{entry}]"));
        edit("app/list.py", Some(NAMED), Some(&head))
    }

    fn b_only(entry: &str) -> Edit {
        list("def _m_b(c):\n    c.execute(\"CREATE TABLE b (id)\")", entry)
    }

    const B_ONLY: &str = "error track-parity app/list.py:6:16: the track \"sqlite\" registers the migration \"b\" with CREATE TABLE, and the track \"postgres\" registers none";

    #[test]
    fn an_entry_has_a_name_and_may_go_over_lines() {
        judged(&[b_only("    (\"b\", _m_b),\n")], &named(), &[B_ONLY]);
        judged(&[b_only("    (\n        \"b\",\n        _m_b,\n    ),\n")], &named(), &[B_ONLY]);
        // Two on one line are two.
        let two = "    (\"x\", _m_x), (\"b\", _m_b),\n";
        judged(&[b_only(two)], &named(), &[B_ONLY]);
        // One of the same name that is written otherwise is the same.
        let moved = NAMED.replace("    (\"a\", _m_a),\n", "    (\n        \"a\", _m_other),\n");
        judged(&[edit("app/list.py", Some(NAMED), Some(&moved))], &named(), &[]);
        // Of several new ones, the one that the DDL belongs to is named.
        let data = "def _m_x(c):\n    c.execute(\"UPDATE a SET id = 1\")\n\n\ndef _m_b(c):\n    c.execute(\"CREATE TABLE b (id)\")";
        judged(&[list(data, "    (\"x\", _m_x),\n    (\"b\", _m_b),\n")], &named(), &[&B_ONLY.replace(":6:", ":10:")]);
    }

    #[test]
    fn ddl_is_looked_for_in_new_functions_and_not_in_others() {
        // The change mends what has shipped, and brings a migration of data.
        let mended = NAMED.replace("TABLE a (id)\")", "TABLE a (id)\")\n    c.execute(\"CREATE INDEX i ON a (id)\")");
        let data = "def _m_b(c):\n    c.execute(\"UPDATE a SET id = 1\")\n\n\nMIGRATIONS";
        let head = mended.replace("MIGRATIONS", data).replace("_m_a),\n]", "_m_a),\n    (\"b\", _m_b),\n]");
        judged(&[edit("app/list.py", Some(NAMED), Some(&head))], &named(), &[]);
        // A table that is built again, and registered nowhere.
        judged(&[b_only("")], &named(), &[]);
        // A function that only got another name, or another file, is none that is new.
        let renamed = NAMED.replace("_m_a", "_m_first").replace("_m_first),\n]", "_m_first),\n    (\"b\", _m_b),\n]");
        let own = |text: &str| text.replace("_m_first(c)", "_m_a(c)");
        judged(&[edit("app/list.py", Some(NAMED), Some(&own(&renamed)))], &named(), &[]);
        // Classes may all have a function of one name.
        let classes = "class B:\n    name = (\"b\", _m_)\n    def up(self, c):\n        c.execute(\"DROP TABLE a\")\n";
        let base = "class A:\n    name = (\"a\", _m_)\n    def up(self, c):\n        pass\n\n";
        judged(
            &[edit("app/list.py", Some(base), Some(&format!("{base}{classes}")))],
            &named(),
            &[
                "error track-parity app/list.py:9:20: the track \"sqlite\" registers the migration \"b\" with DROP TABLE, and the track \"postgres\" registers none",
            ],
        );
    }

    #[test]
    fn in_the_other_files_of_a_track_declared_tables_count() {
        let tables = "a = Table(\"a\", metadata, Column(\"id\", Integer))\n";
        let made = list("def _m_b(c):\n    metadata.tables[\"b\"].ensure(c)", "    (\"b\", _m_b),\n");
        let says = |what: &str, place: &str| {
            format!(
                "error track-parity app/tables.py:{place}: the track \"sqlite\" registers the migration \"b\" with {what}, and the track \"postgres\" registers none"
            )
        };
        let with = |more: &str| edit("app/tables.py", Some(tables), Some(&format!("{tables}{more}")));
        for (more, what) in [
            ("b = Table(\"b\", metadata)\n", "Table"),
            ("Index(\"i\", a.c.id)\n", "Index"),
            ("CheckConstraint(\"id > 0\")\n", "CheckConstraint"),
            ("Column(\"x\", Text)\n", "Column"),
        ] {
            let at = if more.starts_with("b =") { "2:5" } else { "2:1" };
            judged(&[made.clone(), with(more)], &named(), &[&says(what, at)]);
        }
        // Not where nothing registers anything, and not what was there before.
        judged(&[with("b = Table(\"b\", metadata)\n")], &named(), &[]);
        judged(&[made.clone(), with("# b = Table(\"b\", metadata)\n")], &named(), &[]);
        judged(&[made, with("query = select(a)\n")], &named(), &[]);
    }

    #[test]
    fn what_counts_may_be_an_expression_or_anything() {
        let data = list("def _m_b(c):\n    ensure(c, \"b\")  # CREATE TABLE b", "    (\"b\", _m_b),\n");
        judged(std::slice::from_ref(&data), &named(), &[]);
        let with = |ddl: Ddl| {
            let mut options = named();
            for track in options.tracks.values_mut() {
                track.ddl = Some(vec![ddl.clone()]);
            }
            options
        };
        let line = "error track-parity app/list.py:6:5: the track \"sqlite\" registers the migration \"b\" with \"ensure(c\", and the track \"postgres\" registers none";
        judged(std::slice::from_ref(&data), &with(Ddl::Line(r"ensure\(c".to_owned())), &[line]);
        judged(&[b_only("    (\"b\", _m_b),\n")], &with(Ddl::Line("ensure".to_owned())), &[]);
        let any = "error track-parity app/list.py:11:5: the track \"sqlite\" registers the migration \"b\", and the track \"postgres\" registers none";
        judged(std::slice::from_ref(&data), &with(Ddl::Any), &[any]);
        let file = edit(
            "versions/b.py",
            None,
            Some("revision = 'b'\n\ndef upgrade():\n    op.execute('UPDATE a SET id = 1')\n"),
        );
        judged(
            std::slice::from_ref(&file),
            &with(Ddl::Any),
            &[
                "error track-parity versions/b.py:1:1: the track \"postgres\" registers a migration, and the track \"sqlite\" registers none",
            ],
        );
        judged(&[data, file], &with(Ddl::Any), &[]);
    }

    /// What an exception comes to, with and without the word in a commit message.
    #[track_caller]
    fn excepted(edits: &[Edit], options: &Options, plain: &str, reason: &str) {
        let unseen = format!(
            "error {plain}; its exception ({reason}) comes with this change, and counts once somebody has looked at it: with [counterfoil-allow track-parity] in a commit message, or merged in a change before"
        );
        judged(edits, options, &[&unseen]);
        for (message, expected) in [
            ("Search\n\n[counterfoil-allow track-parity]", format!("note {plain}; allowed: {reason}")),
            ("[counterfoil-allow version-behind]", unseen.clone()),
            ("counterfoil-allow track-parity", unseen),
        ] {
            let change = Change { edits: edits.to_vec(), messages: vec![message.to_owned()], ..Change::default() };
            let verdict = check(&change, options).unwrap();
            assert_eq!(lines(&verdict), [&*expected], "{message}");
            assert_eq!(verdict.ok, expected.starts_with("note"));
        }
    }

    #[test]
    fn a_deliberate_exception_counts_once_it_was_reviewed() {
        let says = "track-parity versions/b.py:4:8: the track \"postgres\" registers a migration with op.create_table, and the track \"sqlite\" registers none";
        let revision = |comment: &str| {
            let text = format!("revision = 'b'\n{comment}\ndef upgrade():\n    op.create_table('b')\n");
            edit("versions/b.py", None, Some(&text))
        };
        let comment = "# counterfoil-allow track-parity: PostgreSQL only";
        excepted(&[revision(comment)], &named(), says, "PostgreSQL only");
        let other = "# counterfoil-allow version-behind, track-parity : for search";
        excepted(&[revision(other)], &named(), says, "for search");
        // Without a reason, for another code, or not in a comment, it is none.
        let none = format!("error {says}; its exception gives no reason, and does not count without");
        judged(&[revision("# counterfoil-allow track-parity")], &named(), &[&none]);
        judged(&[revision("# counterfoil-allow version-behind: x")], &named(), &[&format!("error {says}")]);
        judged(&[revision("x = '# counterfoil-allow track-parity: x'")], &named(), &[&format!("error {says}")]);
        // A file of SQL.
        let sql =
            edit("db/pg/1.sql", None, Some("-- counterfoil-allow track-parity: PostgreSQL only\ncreate table t ();"));
        let says = "track-parity db/pg/1.sql:2:1: the track \"pg\" registers a migration with CREATE TABLE, and the tracks \"lite\" and \"my\" register none";
        excepted(&[sql], &folders(), says, "PostgreSQL only");
    }

    #[test]
    fn an_exception_in_a_list_is_about_what_it_stands_at() {
        let comment = "# counterfoil-allow track-parity: SQLite only";
        let says = "track-parity app/list.py:6:16: the track \"sqlite\" registers the migration \"b\" with CREATE TABLE, and the track \"postgres\" registers none";
        excepted(&[b_only(&format!("    (\"b\", _m_b),  {comment}\n"))], &named(), says, "SQLite only");
        excepted(&[b_only(&format!("    {comment}\n    (\"b\", _m_b),\n"))], &named(), says, "SQLite only");
        let above =
            list(&format!("{comment}\ndef _m_b(c):\n    c.execute(\"CREATE TABLE b (id)\")"), "    (\"b\", _m_b),\n");
        excepted(&[above], &named(), &says.replace(":6:", ":7:"), "SQLite only");
        let inside = list(
            &format!("def _m_b(c):\n    {comment}\n    c.execute(\"CREATE TABLE b (id)\")"),
            "    (\"b\", _m_b),\n",
        );
        excepted(&[inside], &named(), &says.replace(":6:", ":7:"), "SQLite only");
        // Another entry has none.
        let two =
            "def _m_x(c):\n    c.execute(\"DROP TABLE a\")\n\n\ndef _m_b(c):\n    c.execute(\"CREATE TABLE b (id)\")";
        let change = Change {
            edits: vec![list(two, &format!("    (\"x\", _m_x),  {comment}\n    (\"b\", _m_b),\n"))],
            messages: vec!["[counterfoil-allow track-parity]".to_owned()],
            ..Change::default()
        };
        assert_eq!(lines(&check(&change, &named()).unwrap()), [format!("error {}", says.replace(":6:", ":10:"))]);
        // At the head of the file it is about all of it, and once merged it has been reviewed.
        let base = format!("\"\"\"Migrations.\"\"\"\n{comment}\n{NAMED}");
        let head = base.replace("\n\n\nMIGR", "\n\n\ndef _m_b(c):\n    c.execute(\"CREATE TABLE b (id)\")\n\n\nMIGR");
        let head = head.replace("_m_a),\n]", "_m_a),\n    (\"b\", _m_b),\n]");
        let note = format!("note {}; allowed: SQLite only", says.replace(":6:", ":8:"));
        judged(&[edit("app/list.py", Some(&base), Some(&head))], &named(), &[&note]);
        excepted(
            &[edit("app/list.py", Some(NAMED), Some(&head))],
            &named(),
            &says.replace(":6:", ":8:"),
            "SQLite only",
        );
    }

    #[test]
    fn a_change_that_brings_only_the_forgotten_counterpart_passes() {
        let base = |list: &str| -> TrackedFiles {
            let text = |text: &str| Some(text.to_owned());
            [
                ("app/list.py".to_owned(), text(list)),
                ("versions/a.py".to_owned(), text("revision = 'a'\ndef upgrade():\n    op.create_table('a')\n")),
            ]
            .into()
        };
        let there = NAMED.replace("MIGR", "def _m_b(c):\n    c.execute(\"CREATE TABLE IF NOT EXISTS B (id)\")\n    c.execute('ALTER TABLE a ADD COLUMN x')\n\n\nMIGR");
        let upgrade = |body: &str| {
            edit(
                "versions/b.py",
                None,
                Some(&format!(
                    "revision = 'b'\ndef upgrade():\n    {body}\ndef downgrade():\n    op.drop_table('b')\n"
                )),
            )
        };
        let judge = |edits: &[Edit], list: &str| {
            let tracked = Some(super::super::Tracked { base: Some(base(list)), head: base(list) });
            lines(&check(&Change { edits: edits.to_vec(), tracked, ..Change::default() }, &named()).unwrap()).len()
        };
        assert_eq!(judge(&[upgrade("op.create_table('b', sa.Column('id', sa.Integer()))")], &there), 0);
        assert_eq!(judge(&[upgrade("op.add_column('a', sa.Column('x', sa.Text()))")], &there), 0);
        assert_eq!(judge(&[upgrade("op.execute('create table public.b (id int)')")], &there), 0);
        // What is not there, what is more than that, and what can't be compared.
        assert_eq!(judge(&[upgrade("op.create_table('b')")], NAMED), 1);
        assert_eq!(judge(&[upgrade("op.create_table('c')")], &there), 1);
        assert_eq!(judge(&[upgrade("op.create_table('b'); op.create_table('c')")], &there), 1);
        assert_eq!(judge(&[upgrade("op.create_table('b'); op.alter_column('a', 'id')")], &there), 1);
        // What its own track has had already is nothing forgotten.
        assert_eq!(judge(&[upgrade("op.create_table('a')")], &there), 1);
        // The other way round: the list lacks what the revisions have.
        let forgotten = b_only("    (\"b\", _m_b),\n");
        let mut files = base(NAMED);
        files.insert("versions/b.py".to_owned(), upgrade("op.create_table('b')").head);
        let tracked = Some(super::super::Tracked { base: Some(files.clone()), head: files });
        assert_eq!(
            lines(&check(&Change { edits: vec![forgotten], tracked, ..Change::default() }, &named()).unwrap()),
            [""; 0]
        );
    }

    #[test]
    fn what_each_track_sees_is_told() {
        let text = |text: &str| Some(text.to_owned());
        let head: TrackedFiles = [
            ("app/list.py".to_owned(), text(&NAMED.replace("_m_a),", "_m_a), (\n\"b\", _m_b),\n# (\"c\", _m_c)\n"))),
            ("app/tables.py".to_owned(), text("a = 1\n")),
            ("versions/a.py".to_owned(), text(REVISION)),
            ("versions/merge.py".to_owned(), text("revision = 'm'\ndef upgrade():\n    pass\n")),
            ("versions/unread.py".to_owned(), None),
        ]
        .into();
        let change = Change { tracked: Some(super::super::Tracked { base: None, head }), ..Change::default() };
        let sees = check(&change, &named()).unwrap().tracks;
        let sees: Vec<(&str, usize, usize)> = sees.iter().map(|it| (&*it.name, it.files, it.entries)).collect();
        assert_eq!(sees, [("postgres", 3, 1), ("sqlite", 2, 2)]);
    }

    #[test]
    fn builders_count_in_migration_files() {
        let track = |files: &str| Given {
            files: vec![files.to_owned()],
            ignore: Vec::new(),
            registers: Registers::File,
            ddl: None,
        };
        let options = Options {
            tracks: [("a".to_owned(), track("a/*")), ("b".to_owned(), track("b/*"))].into(),
            ..Options::default()
        };
        let lacks = |place: &str, what: &str| {
            format!(
                "error track-parity {place}: the track \"a\" registers a migration with {what}, and the track \"b\" registers none"
            )
        };
        for (path, text, expected) in [
            (
                "a/1.js",
                "exports.up = (knex) => knex.schema.createTable('t', (t) => t.text('a'))\n",
                Some(("1:36", "createTable")),
            ),
            (
                "a/1.ts",
                "export async function up(db) {\n  await db.schema.alterTable('t').addColumn('a', 'text').execute()\n}\n",
                Some(("2:19", "alterTable")),
            ),
            (
                "a/1.ts",
                "export class A {\n  async up(queryRunner) {\n    await queryRunner.addColumn('t', c)\n  }\n}\n",
                Some(("3:23", "addColumn")),
            ),
            (
                "a/1.ts",
                "export class A {\n  async up(q) { await q.query('UPDATE t SET a = 1') }\n  async down(q) { await q.dropColumn('t', 'a') }\n}\n",
                None,
            ),
            (
                "a/0001_a.py",
                "class Migration(migrations.Migration):\n    operations = [\n        migrations.CreateModel(name='T', fields=[]),\n    ]\n",
                Some(("3:20", "migrations.CreateModel")),
            ),
            (
                "a/0001_a.py",
                "class Migration(migrations.Migration):\n    operations = [\n        migrations.RunSQL('UPDATE t SET a = 1', 'DROP TABLE t'),\n        migrations.RunPython(fill, reverse_code=empty),\n        migrations.AlterModelOptions(name='T', options={}),\n    ]\n",
                None,
            ),
            (
                "a/0001_a.py",
                "class Migration(migrations.Migration):\n    operations = [\n        migrations.SeparateDatabaseAndState(state_operations=[migrations.CreateModel('T', [])]),\n    ]\n",
                None,
            ),
        ] {
            let expected: Vec<String> =
                expected.iter().map(|(place, what)| lacks(&format!("{path}:{place}"), what)).collect();
            judged(&[edit(path, None, Some(text))], &options, &expected.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
}
