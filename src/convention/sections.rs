//! Cuts a file into its up and down section at its markers.

use super::files::File;
use super::markers::{self, Place, first_token};
use super::out::Out;
use crate::error::{Code, Error};
use crate::finding::Severity;
use crate::migration::{Piece, Section, Transaction};
use crate::span::Span;

/// A direction marker.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
}

/// A marker that begins a section.
pub(super) struct Begin {
    pub direction: Direction,
    pub span: Span,
    pub transaction: Transaction,
}

/// How often a marker may come in a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Recurs {
    /// Once.
    Never,
    /// An up and a down marker in turn: the ways up run in their order, the ways back in reverse.
    Pairs,
    /// As it likes: it says which way the text below leads, and the pieces of each run in their order.
    Freely,
}

/// How a convention writes its markers, for messages.
pub(super) struct Words {
    /// The tool's name.
    pub tool: &'static str,
    /// The marker of the up section.
    pub up: &'static str,
    /// The marker of the down section.
    pub down: &'static str,
    /// Whether the up section has to come first.
    pub up_first: bool,
    /// How often they may come.
    pub recurs: Recurs,
}

/// The markers of a file with one line that divides it: the way up above it, the way back below it.
pub(super) fn divided(divider: Span) -> Vec<Begin> {
    let begin = |direction, span| Begin { direction, span, transaction: Transaction::Auto };
    vec![begin(Direction::Up, Span::new(0, 0)), begin(Direction::Down, divider)]
}

/// Cuts `text` at `begins`: each piece runs from its marker's line up to the next marker.
/// `breaks` are the comments that end a statement; so does the marker of a further piece. If one marker of a direction asks
/// for no transaction, all of that direction is run without.
///
/// # Errors
///
/// `no-up-section` if there is no up marker, `invalid-marker` if one is doubled or in the wrong
/// order.
pub(super) fn cut(
    file: &File<'_>,
    text: &str,
    begins: &[Begin],
    breaks: &[Span],
    words: &Words,
) -> Result<(Section, Option<Section>), Error> {
    let at = |direction: Direction| {
        let mut found: Vec<usize> = Vec::new();
        found.extend((0..begins.len()).filter(|&index| begins[index].direction == direction));
        found
    };
    let (ups, mut downs) = (at(Direction::Up), at(Direction::Down));
    let second = (1..begins.len()).find(|&index| {
        let before = match words.recurs {
            Recurs::Never => &begins[..index],
            Recurs::Pairs => &begins[index - 1..index],
            Recurs::Freely => &[],
        };
        before.iter().any(|begin| begin.direction == begins[index].direction)
    });
    if let Some(second) = second {
        let (marker, help) = match begins[second].direction {
            Direction::Up => (words.up, words.down),
            Direction::Down => (words.down, words.up),
        };
        return Err(file.error_at(
            Code::InvalidMarker,
            &format!("a second `{marker}`"),
            &match words.recurs {
                Recurs::Pairs => format!("write `{help}` between them, or move what follows to a file of its own"),
                _ => String::from("a file is one migration: move what follows to a file of its own"),
            },
            text,
            begins[second].span.start,
        ));
    }
    if words.up_first && downs.first() == Some(&0) && !ups.is_empty() {
        return Err(file.error_at(
            Code::InvalidMarker,
            &format!("`{}` comes before `{}`", words.down, words.up),
            &format!("{} wants the up section first", words.tool),
            text,
            begins[0].span.start,
        ));
    }
    if words.recurs == Recurs::Pairs {
        if ups.len() > 1 && ups.len() != downs.len() {
            return Err(file.error_at(
                Code::InvalidMarker,
                &format!("a `{}` without its `{}`", words.up, words.down),
                "where a file has several pairs, each has a way back; it may be empty",
                text,
                begins[begins.len() - 1].span.start,
            ));
        }
        downs.reverse();
    }
    let up = joined(file, text, begins, breaks, &ups).ok_or_else(|| no_up(file, words))?;
    Ok((up, joined(file, text, begins, breaks, &downs)))
}

/// The section of some of the pieces, in this order.
fn joined(file: &File<'_>, text: &str, begins: &[Begin], breaks: &[Span], pieces: &[usize]) -> Option<Section> {
    let mut section = Section::of(file.path, String::new());
    for (nth, &index) in pieces.iter().enumerate() {
        let Begin { span, transaction, .. } = begins[index];
        // Play writes `# --- !Ups`, which is no comment in SQL.
        let start = if text[span.start..].starts_with('#') { text.len().min(span.end + 1) } else { span.start };
        let end = begins.get(index + 1).map_or(text.len(), |next| next.span.start);
        let line = file.location(text, start).line;
        if nth > 0 && !section.text.ends_with('\n') {
            section.text.push('\n');
        }
        let at = section.text.len();
        if nth == 0 {
            section.line = line;
        } else {
            let above = section.text.matches('\n').count() as u32;
            section.pieces.push(Piece { at, above, line });
            section.breaks.push(Span::new(at, at + 2));
        }
        let inside = breaks.iter().filter(|span| start <= span.start && span.start < end);
        section.breaks.extend(inside.map(|span| Span::new(at + span.start - start, at + span.end - start)));
        section.text.push_str(&text[start..end]);
        if transaction == Transaction::Off {
            section.transaction = transaction;
        }
    }
    (!pieces.is_empty()).then_some(section)
}

/// Says so if there is a statement before the first marker, which the tool does not run.
pub(super) fn ignored(file: &File<'_>, first: usize, words: &Words, out: &mut Out) -> Result<(), Error> {
    let text = file.canonical()?;
    if let Some(offset) = first_token(&text, first) {
        out.report(
            "ignored-text",
            Severity::Warning,
            "the text before the first marker is not run",
            &format!("move it below `{}` if it is to be run", words.up),
            file.location(&text, offset),
        );
    }
    Ok(())
}

/// Refuses a section for what lies between `start` and `end`, once it is to be run.
pub(super) fn refuse_placeholder(section: &mut Section, tool: &str, (start, end): (usize, usize), help: &str) {
    let message = format!("{tool} would fill in the placeholder {}", &section.text[start..end]);
    refuse(section, &message, start, help);
}

/// Refuses a section for what stands at an offset of it, once it is to be run.
pub(super) fn refuse(section: &mut Section, message: &str, at: usize, help: &str) {
    let refused = Error::new(Code::Unsupported, message).with_help(help).with_location(section.location(at));
    section.refused = Some(refused);
}

/// What asks for no transaction where the set's own tool has no marker for it.
const NO_TRANSACTION: &str = "-- counterfoil: no-transaction";

/// Looks for `-- counterfoil: no-transaction` in every section: a line of its own above the first statement.
///
/// # Errors
///
/// `invalid-marker` if it stands elsewhere, or says something else.
pub(super) fn no_transaction(out: &mut Out) -> Result<(), Error> {
    let migrations = out.migrations().iter_mut();
    for section in migrations.flat_map(|it| [Some(&mut it.up), it.down.as_mut()]).flatten() {
        for span in markers::find(&section.text, &["counterfoil:"], Place::Line, usize::MAX) {
            let line = span.slice(&section.text).trim_end();
            if line != NO_TRANSACTION || first_token(&section.text, span.start).is_some() {
                return Err(Error::new(Code::InvalidMarker, format!("`{line}` marks nothing here"))
                    .with_help(format!("the marker is `{NO_TRANSACTION}`, above the first statement"))
                    .with_location(section.location(span.start)));
            }
            section.transaction = Transaction::Off;
        }
    }
    Ok(())
}

/// The error for a file without an up marker.
pub(super) fn no_up(file: &File<'_>, words: &Words) -> Error {
    file.error(
        Code::NoUpSection,
        &format!("there is no `{}`", words.up),
        &format!("write `{}` on a line of its own before the statements to run", words.up),
    )
}
