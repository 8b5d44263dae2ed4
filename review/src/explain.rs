//! `explain`: a plan in words.

use crate::message::Answer;
use counterfoil::{Code, Error};

/// A `Plan` and how it is to look in, a text out.
///
/// # Errors
///
/// `unsupported`: plans cannot be rendered in this build yet.
pub fn explain(_json: &str) -> Answer {
    Err(Error::new(Code::Unsupported, "plans cannot be rendered in this build"))
}
