//! `check`: the verdict of the guards on a change.

use crate::message::{Answer, text};
use counterfoil::guard;

/// `{ change, options }` in, a verdict out.
///
/// # Errors
///
/// Those of [`guard::given::read`] and [`guard::check`].
pub fn check(json: &str) -> Answer {
    let (change, options) = guard::given::read(json)?;
    text(&guard::check(&change, &options)?)
}
