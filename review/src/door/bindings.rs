//! The bindings: no logic, and the one place here that knows `JsValue`.

use super::message::{Answer, Failure};
use counterfoil::Error;
use wasm_bindgen::prelude::*;

/// The text, or the error as a plain object.
fn handed(answer: Answer) -> Result<String, JsValue> {
    answer.map_err(|error| thrown(&error))
}

/// The error as a plain object.
fn thrown(error: &Error) -> JsValue {
    let text = serde_json::to_string(&Failure::from(error)).unwrap_or_default();
    js_sys::JSON::parse(&text).unwrap_or_else(|_| JsValue::from_str(error.message()))
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

/// See [`super::schema::query`].
#[wasm_bindgen(js_name = snapshotQuery)]
pub fn snapshot_query(json: &str) -> Result<String, JsValue> {
    handed(super::schema::query(json))
}

/// See [`super::schema::snapshot`].
#[wasm_bindgen(js_name = snapshotOf)]
pub fn snapshot_of(json: &str) -> Result<String, JsValue> {
    handed(super::schema::snapshot(json))
}

/// See [`super::schema::diff`].
#[wasm_bindgen(js_name = diffSchemas)]
pub fn diff_schemas(json: &str) -> Result<String, JsValue> {
    handed(super::schema::diff(json))
}

/// See [`super::aside::drops`].
#[wasm_bindgen(js_name = squashDrops)]
pub fn squash_drops(json: &str) -> Result<String, JsValue> {
    handed(super::aside::drops(json))
}

/// See [`super::aside::scripts`].
#[wasm_bindgen(js_name = squashAside)]
pub fn squash_aside(json: &str) -> Result<String, JsValue> {
    handed(super::aside::scripts(json))
}

/// See [`super::squash`].
#[wasm_bindgen]
pub fn squash(json: &str) -> Result<String, JsValue> {
    handed(super::squash::squash(json))
}

/// See [`super::squash::rows`].
#[wasm_bindgen(js_name = rowDifferences)]
pub fn row_differences(json: &str) -> Result<String, JsValue> {
    handed(super::squash::rows(json))
}

/// What a schema says of the migrations; see [`super::inquiry`].
#[wasm_bindgen]
pub struct Inquiry(super::inquiry::Inquiry);

#[wasm_bindgen]
impl Inquiry {
    /// One that has not begun.
    #[wasm_bindgen(constructor)]
    pub fn new(json: &str) -> Result<Inquiry, JsValue> {
        super::inquiry::Inquiry::new(json).map(Inquiry).map_err(|error| thrown(&error))
    }

    /// The next replay, or what came of them all, as JSON.
    pub fn next(&mut self, json: &str) -> Result<String, JsValue> {
        handed(self.0.next(json))
    }
}

/// A change to the ledger; see [`super::amend`].
#[wasm_bindgen]
pub struct Amendment(super::amend::Amendment);

#[wasm_bindgen]
impl Amendment {
    /// One that has not begun.
    #[wasm_bindgen(constructor)]
    pub fn new(json: &str) -> Result<Amendment, JsValue> {
        super::amend::Amendment::new(json).map(Amendment).map_err(|error| thrown(&error))
    }

    /// The next request, as JSON.
    pub fn next(&mut self, json: &str, now: f64) -> Result<String, JsValue> {
        handed(self.0.next(json, now))
    }

    /// The request that takes the place of the last, or null, as JSON.
    pub fn abort(&mut self) -> Result<String, JsValue> {
        handed(self.0.abort())
    }
}
