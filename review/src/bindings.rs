//! The bindings: no logic, and the one place that knows `JsValue`.

use crate::message::{Answer, Failure};
use wasm_bindgen::prelude::*;

/// The text, or the error as a plain object.
fn handed(answer: Answer) -> Result<String, JsValue> {
    answer.map_err(|error| {
        let text = serde_json::to_string(&Failure::from(&error)).unwrap_or_default();
        js_sys::JSON::parse(&text).unwrap_or_else(|_| JsValue::from_str(error.message()))
    })
}

/// See [`crate::check`].
#[wasm_bindgen]
pub fn check(json: &str) -> Result<String, JsValue> {
    handed(crate::check::check(json))
}

/// See [`crate::check::tracked`].
#[wasm_bindgen]
pub fn tracked(json: &str) -> Result<String, JsValue> {
    handed(crate::check::tracked(json))
}

/// See [`crate::lint`].
#[wasm_bindgen]
pub fn lint(json: &str) -> Result<String, JsValue> {
    handed(crate::lint::lint(json))
}

/// See [`crate::lint`].
#[wasm_bindgen]
pub fn rules() -> Result<String, JsValue> {
    handed(crate::lint::rules())
}

/// See [`crate::explain`].
#[wasm_bindgen]
pub fn explain(json: &str) -> Result<String, JsValue> {
    handed(crate::explain::explain(json))
}

/// See [`crate::losses`].
#[wasm_bindgen]
pub fn losses(json: &str) -> Result<String, JsValue> {
    handed(crate::losses::losses(json))
}
