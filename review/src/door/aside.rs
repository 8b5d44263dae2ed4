//! `squashDrops` and `squashAside`.

use super::message::{Answer, given, text};
use crate::schema::Snapshot;
use crate::squash::adopt;
use serde::Deserialize;

/// A schema, and what is dead in it.
#[derive(Deserialize)]
struct Named {
    chain: Snapshot,
    drop: Vec<String>,
}

/// `{ chain, drop }` in, `{ statements, uses, stops }` out: what takes that out of a replay.
///
/// # Errors
///
/// `invalid-input` for another form, or if something named is not there.
pub fn drops(json: &str) -> Answer {
    let Named { chain, drop } = given(json, "what is to be put aside")?;
    text(&adopt::drops(&chain, &drop)?)
}

/// An [`adopt::Request`] in, `{ adopt, restore, commands, moves, uses, stops }` out: both scripts, or what stops them.
///
/// # Errors
///
/// `invalid-input` for another form, or if something named is not there.
pub fn scripts(json: &str) -> Answer {
    text(&adopt::scripts(&given(json, "what is to be put aside")?)?)
}
