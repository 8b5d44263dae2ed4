//! `losses`: what migrations throw away.

use super::message::{Answer, given, text};
use crate::losses;
use counterfoil::convention::{self, Convention};
use serde::Deserialize;

/// Files, and which way which of their migrations go.
#[derive(Deserialize)]
struct Request {
    files: Vec<(String, String)>,
    convention: Option<String>,
    /// The migrations, by the paths of their up sections.
    paths: Vec<String>,
    /// Whether they are taken back.
    #[serde(default)]
    down: bool,
}

/// `{ files, convention?, paths, down? }` in, a list of `{ path, at, what, whole }` out.
///
/// # Errors
///
/// `invalid-input` for another form; what is wrong with the files.
pub fn losses(json: &str) -> Answer {
    let Request { files, convention, paths, down } = given(json, "what is to be looked through")?;
    let convention = convention.map(|name| name.parse::<Convention>()).transpose()?;
    let catalog = convention::read(&files, convention)?;
    text(&losses::found(&catalog, &paths, down))
}
