//! Errors, as JavaScript sees them.

use crate::error::{Code, Error, Location};
use crate::mention::Mention;
use serde::Serialize;
use tsify::Tsify;
use wasm_bindgen::JsValue;

/// What an error is in JavaScript.
#[derive(Serialize, Tsify)]
pub struct Failure {
    /// Stable code, kebab-case.
    #[tsify(type = "CoreCode")]
    pub(super) code: Code,
    /// What is wrong: lower-case, no full stop.
    pub(super) message: String,
    /// What to do next. Empty if there is nothing to say.
    pub(super) help: String,
    /// The options that the help speaks of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[tsify(optional)]
    pub(super) options: Vec<Mention>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<Location>,
    /// The statement that the error is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) statement: Option<String>,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Failure {
            code: error.code(),
            message: error.message().to_owned(),
            help: error.json_help().to_owned(),
            options: error.options().to_vec(),
            at: error.location().cloned(),
            statement: error.statement().map(str::to_owned),
        }
    }
}

pub(super) fn thrown(error: Error) -> JsValue {
    object(&Failure::from(&error)).unwrap_or_else(|_| JsValue::from_str(error.message()))
}

/// The value as plain objects and arrays; what is not there is null, as in JSON.
pub(super) fn object<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}
