//! `squash` and `rowDifferences`.

use super::message::{Answer, given, text};
use crate::squash::{self, Chain, Contents};
use serde::Deserialize;

/// What the chain has made in; the statements of its baseline out.
///
/// # Errors
///
/// `invalid-input` for another form, and what [`squash::baseline()`] refuses.
pub fn squash(json: &str) -> Answer {
    let chain: Chain = given(json, "the chain")?;
    text(&squash::baseline(&chain)?)
}

/// What two replays of a chain and one of its baseline have left.
#[derive(Deserialize)]
struct Replays {
    chain: Contents,
    again: Contents,
    baseline: Contents,
}

/// `{ chain, again, baseline }` in, a list of what differs out.
///
/// # Errors
///
/// `invalid-input` for another form.
pub fn rows(json: &str) -> Answer {
    let Replays { chain, again, baseline } = given(json, "the rows")?;
    text(&squash::differences(&chain, &again, &baseline))
}
