//! Cuts a file into its up and down section at its markers.

use super::files::File;
use super::markers::first_token;
use super::out::Out;
use crate::error::{Code, Error};
use crate::finding::Severity;
use crate::migration::{Section, Transaction};
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
}

/// Cuts `text` at `begins`: each section runs from its marker's line up to the next marker.
/// `breaks` are the comments that end a statement.
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
    let mut up = None;
    let mut down = None;
    for (index, begin) in begins.iter().enumerate() {
        let end = begins.get(index + 1).map_or(text.len(), |next| next.span.start);
        let (slot, marker) = match begin.direction {
            Direction::Up => (&mut up, words.up),
            Direction::Down => (&mut down, words.down),
        };
        if slot.is_some() {
            return Err(file.error_at(
                Code::InvalidMarker,
                &format!("a second `{marker}`"),
                "a file is one migration: move what follows to a file of its own",
                text,
                begin.span.start,
            ));
        }
        let start = begin.span.start;
        *slot = Some(Section {
            path: file.path.to_owned(),
            text: text[start..end].to_owned(),
            line: file.location(text, start).line,
            transaction: begin.transaction,
            breaks: breaks
                .iter()
                .filter(|span| start <= span.start && span.start < end)
                .map(|span| Span::new(span.start - start, span.end - start))
                .collect(),
            refused: None,
            fills: Vec::new(),
        });
    }
    if words.up_first && begins.first().is_some_and(|begin| begin.direction == Direction::Down) && up.is_some() {
        return Err(file.error_at(
            Code::InvalidMarker,
            &format!("`{}` comes before `{}`", words.down, words.up),
            &format!("{} wants the up section first", words.tool),
            text,
            begins[0].span.start,
        ));
    }
    match up {
        Some(up) => Ok((up, down)),
        None => Err(no_up(file, words)),
    }
}

/// Says so if there is a statement before the first marker, which the tool does not run.
pub(super) fn ignored(file: &File<'_>, text: &str, begins: &[Begin], words: &Words, out: &mut Out) {
    if let Some(offset) = begins.first().and_then(|first| first_token(text, first.span.start)) {
        out.report(
            "ignored-text",
            Severity::Warning,
            "the text before the first marker is not run",
            &format!("move it below `{}` if it is to be run", words.up),
            file.location(text, offset),
        );
    }
}

/// Refuses a section for what lies between `start` and `end`, once it is to be run.
pub(super) fn refuse_placeholder(section: &mut Section, tool: &str, (start, end): (usize, usize), help: &str) {
    let message = format!("{tool} would fill in the placeholder {}", &section.text[start..end]);
    let refused = Error::new(Code::Unsupported, message).with_help(help).with_location(section.location(start));
    section.refused = Some(refused);
}

/// The error for a file without an up marker.
pub(super) fn no_up(file: &File<'_>, words: &Words) -> Error {
    file.error(
        Code::NoUpSection,
        &format!("there is no `{}`", words.up),
        &format!("write `{}` on a line of its own before the statements to run", words.up),
    )
}
