//! `lint` and `rules`: what is wrong with migrations themselves.

use crate::message::{Answer, given, text};
use counterfoil::{Code, Error};
use serde::Deserialize;

#[derive(Deserialize)]
struct Request {
    #[allow(dead_code)]
    files: Vec<(String, String)>,
}

/// Files and options in, findings out.
///
/// # Errors
///
/// `unsupported`: there is no lint in this build yet.
pub fn lint(json: &str) -> Answer {
    let _: Request = given(json, "what is to be linted")?;
    Err(Error::new(Code::Unsupported, "there is no lint in this build"))
}

/// Every rule.
///
/// # Errors
///
/// None.
pub fn rules() -> Answer {
    text(&squawk_linter::Rule::try_from("ban-drop-column").map(|rule| rule.to_string()).into_iter().collect::<Vec<_>>())
}
