//! Splits a text into statements.

use super::{Analysis, Problem};
use crate::span::Span;

/// Splits a text and classifies its statements.
///
/// `breaks` are comments of the text that end a statement (see [`crate::migration::Section`]).
pub fn analyze(_text: &str, _breaks: &[Span]) -> Result<Analysis, Problem> {
    todo!()
}
