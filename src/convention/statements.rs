//! `StatementBegin` and `StatementEnd`, which goose and sql-migrate share.

use super::files::File;
use crate::error::{Code, Error};
use crate::span::Span;

/// Follows the pairs through a file.
pub(super) struct Pairs {
    begin: Option<Span>,
    /// From each `StatementBegin` to the end of its `StatementEnd`.
    pub ends: Vec<Span>,
}

impl Pairs {
    pub(super) fn new() -> Self {
        Pairs { begin: None, ends: Vec::new() }
    }

    /// A `StatementBegin`.
    pub(super) fn begin(&mut self, file: &File<'_>, text: &str, span: Span) -> Result<(), Error> {
        if self.begin.is_some() {
            return Err(file.error_at(
                Code::InvalidMarker,
                "a second `StatementBegin` before `StatementEnd`",
                "end the statement before with a `StatementEnd` marker",
                text,
                span.start,
            ));
        }
        self.begin = Some(span);
        Ok(())
    }

    /// A `StatementEnd`.
    pub(super) fn end(&mut self, file: &File<'_>, text: &str, span: Span) -> Result<(), Error> {
        let Some(begin) = self.begin.take() else {
            return Err(file.error_at(
                Code::InvalidMarker,
                "`StatementEnd` without `StatementBegin`",
                "write a `StatementBegin` marker before the statement, or remove this one",
                text,
                span.start,
            ));
        };
        self.ends.push(Span::new(begin.start, span.end));
        Ok(())
    }

    /// The end of a section or of the file: no pair may be open.
    pub(super) fn close(&self, file: &File<'_>, text: &str) -> Result<(), Error> {
        match self.begin {
            None => Ok(()),
            Some(span) => Err(file.error_at(
                Code::InvalidMarker,
                "`StatementBegin` without `StatementEnd`",
                "write a `StatementEnd` marker after the statement",
                text,
                span.start,
            )),
        }
    }
}
