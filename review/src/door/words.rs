//! The codes as unions in the package's declarations: each is made of the tables that have the codes.

use crate::guard;
use crate::import;
use crate::lint::{IGNORE, LOOKS, PLANNED};
#[cfg(feature = "squawk")]
use crate::squawk::{ABOUT, UNREAD};
use counterfoil::{convention, union, words_of};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const LINT: &'static str = union!(
    "OwnRule",
    "A rule of our own, or what is noticed as lint reads the set.",
    words_of!(LOOKS, entry => entry.0.code),
    words_of!(PLANNED, rule => rule.code),
    &[IGNORE.code],
    convention::CODES,
);

#[cfg(feature = "squawk")]
#[wasm_bindgen(typescript_custom_section)]
const SQUAWK: &'static str =
    union!("SquawkRule", "A rule of squawk's.", words_of!(ABOUT, rule => rule.code), &[UNREAD.code]);

#[wasm_bindgen(typescript_custom_section)]
const IMPORT: &'static str =
    union!("ImportCode", "What is found when another tool's ledger is taken over.", import::CODES,);

#[wasm_bindgen(typescript_custom_section)]
const GUARD: &'static str = union!(
    "GuardCode",
    "What a guard finds, or what is noticed as it reads the set.",
    words_of!(guard::CODES, entry => entry.0),
    guard::READING,
);
