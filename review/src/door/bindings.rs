//! The bindings: no logic, and the one place here that knows `JsValue`.

use super::message::{Answer, Failure};
use wasm_bindgen::prelude::*;

/// The text, or the error as a plain object.
fn handed(answer: Answer) -> Result<String, JsValue> {
    answer.map_err(|error| {
        let text = serde_json::to_string(&Failure::from(&error)).unwrap_or_default();
        js_sys::JSON::parse(&text).unwrap_or_else(|_| JsValue::from_str(error.message()))
    })
}

/// See [`super::check`].
#[wasm_bindgen]
pub fn check(json: &str) -> Result<String, JsValue> {
    handed(super::check::check(json))
}

/// See [`crate::door::check::tracked`].
#[wasm_bindgen]
pub fn tracked(json: &str) -> Result<String, JsValue> {
    handed(crate::door::check::tracked(json))
}

/// See [`crate::door::lint`].
#[wasm_bindgen]
pub fn lint(json: &str) -> Result<String, JsValue> {
    handed(super::lint::lint(json))
}

/// See [`super::lint`].
#[wasm_bindgen]
pub fn rules() -> Result<String, JsValue> {
    handed(super::lint::rules())
}

/// See [`super::explain`].
#[wasm_bindgen]
pub fn explain(json: &str) -> Result<String, JsValue> {
    handed(super::explain::explain(json))
}

/// See [`super::losses`].
#[wasm_bindgen]
pub fn losses(json: &str) -> Result<String, JsValue> {
    handed(super::losses::losses(json))
}

/// See [`super::next`].
#[wasm_bindgen]
pub fn next(json: &str) -> Result<String, JsValue> {
    handed(super::next::next(json))
}
