//! `check`: the verdict of the guards on a change.

use crate::door::message::{Answer, given, text};
use crate::guard;
use serde::Deserialize;
use std::collections::BTreeMap;

/// `{ change, options }` in, a verdict out.
///
/// # Errors
///
/// Those of [`guard::given::read`] and [`guard::check`].
pub fn check(json: &str) -> Answer {
    let (change, options) = guard::given::read(json)?;
    text(&guard::check(&change, &options)?)
}

/// `{ tracks, paths }` in; out, by the name of each track, those of the paths that belong to it.
///
/// # Errors
///
/// `invalid-input` for a track that cannot be followed.
pub fn tracked(json: &str) -> Answer {
    #[derive(Deserialize)]
    struct Given {
        tracks: BTreeMap<String, guard::Track>,
        paths: Vec<String>,
    }
    let wanted: Given = given(json, "the tracks and paths")?;
    text(&guard::parity::matched(&wanted.tracks, &wanted.paths)?)
}
