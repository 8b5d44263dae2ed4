//! The JSON texts that come in and go out.

use counterfoil::mention::Mention;
use counterfoil::{Code, Error, Location};
use serde::{Serialize, de::DeserializeOwned};

/// A JSON text, or what is wrong.
pub type Answer = Result<String, Error>;

/// What an error is in JavaScript.
#[derive(Serialize)]
pub struct Failure<'a> {
    code: Code,
    message: &'a str,
    help: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    options: &'a [Mention],
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<&'a str>,
}

impl<'a> From<&'a Error> for Failure<'a> {
    fn from(error: &'a Error) -> Self {
        Failure {
            code: error.code(),
            message: error.message(),
            help: error.json_help(),
            options: error.options(),
            at: error.location(),
            statement: error.statement(),
        }
    }
}

/// Reads what came in. `what` names it in the message of an error.
///
/// # Errors
///
/// `invalid-input` if it has another form.
pub fn given<T: DeserializeOwned>(json: &str, what: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|error| {
        // Where it is wrong in a text that nobody wrote by hand says nothing.
        let text = error.to_string();
        let reason = text.split(" at line ").next().unwrap_or_default();
        Error::new(Code::InvalidInput, format!("{what} cannot be read: {reason}"))
            .with_help("see the types of the function for what it takes")
    })
}

/// Writes what goes out.
///
/// # Errors
///
/// `invalid-input` if it cannot be written, which none of our types can cause.
pub fn text<T: Serialize>(value: &T) -> Answer {
    serde_json::to_string(value)
        .map_err(|error| Error::new(Code::InvalidInput, format!("the answer cannot be written: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_another_form_is_an_error_that_names_it() {
        let error = given::<Vec<u8>>("{}", "the list").expect_err("it is no list");
        assert_eq!(error.code(), Code::InvalidInput);
        assert_eq!(error.message(), "the list cannot be read: invalid type: map, expected a sequence");
    }
}
