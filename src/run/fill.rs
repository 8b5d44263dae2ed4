//! Fills in what a section asks for, as its own tool does: before it is split. What is told of it afterwards is told of the
//! text as it is written (see [`Section::location`] and [`Section::as_written`]).

use super::options::Options;
use crate::convention::envsub::{Wrong, evaluate};
use crate::error::{Code, Error};
use crate::ledger::TextRow;
use crate::ledger::statements::first;
use crate::migration::{Fill, Section, With};
use crate::plan::unnamed;
use crate::span::Span;

/// What the database is asked for once, if a section needs it. Flyway's own: `PostgreSQLConnection.java` and
/// `ParsingContext.java`.
pub(super) const VALUES: &str = "select current_user::text as \"user\", pg_catalog.current_database()::text as database, \
     pg_catalog.current_schema()::text as \"defaultSchema\", \
     pg_catalog.to_char(pg_catalog.clock_timestamp(), 'YYYY-MM-DD HH24:MI:SS') as timestamp";

/// The section as it is run. `said`: the row of [`VALUES`].
///
/// # Errors
///
/// `unsupported` for a variable that the run has not been given, or that has no value where one is needed.
pub(super) fn filled(section: &Section, options: &Options, said: &[TextRow]) -> Result<Section, Error> {
    if let Some(error) = &section.refused {
        return Err(error.clone());
    }
    if let Some(error) = unnamed(section, &options.env.names()) {
        return Err(error);
    }
    let mut joined = Joined::new(section);
    let mut from = 0;
    for fill in &section.fills {
        joined.copy(section, Span::new(from, fill.span.start));
        from = fill.span.end;
        let written = fill.span.slice(&section.text);
        let builtin = |name: &str| match name {
            "table" => Some(options.table.name.as_str()),
            "defaultSchema" if !options.schema.is_empty() => options.schema.first().map(String::as_str),
            name => first(said, name),
        };
        let evaluated;
        let value = match &fill.with {
            With::Text(text) => text.as_str(),
            With::Builtin(name) => builtin(name).unwrap_or_default(),
            _ => match evaluate(written, &mut |name| options.env.value(name)) {
                Ok(value) => {
                    evaluated = value;
                    &evaluated
                }
                Err(wrong) => return Err(without(section, fill, wrong)),
            },
        };
        joined.fill(value, With::Written(written.to_owned()));
    }
    joined.copy(section, Span::new(from, section.text.len()));
    Ok(joined.whole(&section.breaks))
}

fn without(section: &Section, fill: &Fill, wrong: Wrong) -> Error {
    let (mut message, says) = match wrong {
        Wrong::Unset(name, says) => (["the environment variable ", &name, " is not set"].concat(), says),
        Wrong::Form(_) => ("goose would fail here".to_owned(), String::new()),
    };
    if !says.is_empty() {
        message.push_str(": ");
        message.push_str(&says);
    }
    Error::new(Code::Unsupported, message)
        .with_help("give it a value, or write one into the file: `${NAME:-value}`; nothing was run")
        .with_location(section.location(fill.span.start))
}

/// A section that is put together.
struct Joined {
    section: Section,
    /// What has been copied: where it stood, and where it stands now.
    moved: Vec<(Span, usize)>,
}

impl Joined {
    fn new(section: &Section) -> Self {
        let section = Section {
            path: section.path.clone(),
            text: String::new(),
            line: section.line,
            pieces: section.pieces.clone(),
            transaction: section.transaction,
            breaks: Vec::new(),
            refused: None,
            fills: Vec::new(),
        };
        Joined { section, moved: Vec::new() }
    }

    /// A part of the section as it stands.
    fn copy(&mut self, section: &Section, part: Span) {
        self.moved.push((part, self.section.text.len()));
        self.section.text.push_str(part.slice(&section.text));
    }

    /// All of it, with the comments that end statements where they stand now. One may begin before what is filled in and end
    /// behind it.
    fn whole(mut self, breaks: &[Span]) -> Section {
        let place = |at: usize| {
            let (part, to) = self.moved.iter().rev().find(|(part, _)| part.start <= at)?;
            Some(at.min(part.end) - part.start + to)
        };
        let moved = |span: &Span| Some(Span::new(place(span.start)?, place(span.end)?));
        self.section.breaks.extend(breaks.iter().filter_map(moved));
        self.section
    }

    fn fill(&mut self, text: &str, with: With) {
        let start = self.section.text.len();
        self.section.text.push_str(text);
        self.section.fills.push(Fill { span: Span::new(start, self.section.text.len()), with });
    }
}

/// Sections before and behind one, in one transaction with it. All are filled.
pub(super) fn between(before: Vec<Section>, section: Section, after: Vec<Section>) -> Section {
    let mut joined = Joined::new(&section);
    for other in before {
        joined.other(other);
    }
    let at = joined.section.text.len();
    joined.section.text.push_str(&section.text);
    let moved = |span: Span| Span::new(span.start + at, span.end + at);
    joined.section.breaks.extend(section.breaks.into_iter().map(moved));
    joined.section.fills.extend(section.fills.into_iter().map(|fill| Fill { span: moved(fill.span), ..fill }));
    for other in after {
        joined.section.text.push_str(END);
        joined.other(other);
    }
    joined.section
}

/// Ends a statement that is not ended, also behind a comment.
const END: &str = "\n;\n";

impl Joined {
    fn other(&mut self, mut section: Section) {
        section.text.push_str(END);
        let text = section.text.clone();
        self.fill(&text, With::Other(Box::new(section)));
    }
}
