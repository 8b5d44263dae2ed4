//! Changes and options as JSON, and what can be wrong with them.

use super::{CODES, Change, Options, READING, parity};
use counterfoil::error::{Code, Error};
use serde::Deserialize;

/// The arguments of [`check`](super::check()) in one text: `{ "change": …, "options": … }`.
///
/// # Errors
///
/// `invalid-input`, saying where in the text, for what is not JSON or has the wrong form.
///
/// ```
/// use counterfoil_review::guard::given;
/// let error = given::read(r#"{ "change": { "sets": [{ "dir": 1 }] } }"#).unwrap_err();
/// assert_eq!(error.message(), "change.sets[0].dir: invalid type: integer `1`, expected a string");
/// ```
pub fn read(json: &str) -> Result<(Change, Options), Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        change: Change,
        #[serde(default)]
        options: Options,
    }
    let given: Given = from_json(json, "see the types of `check` in counterfoil/guard")?;
    Ok((given.change, given.options))
}

/// Options alone, as a configuration file has them.
///
/// # Errors
///
/// As [`read`]; and `invalid-input` for options that cannot be followed.
pub fn read_options(json: &str) -> Result<Options, Error> {
    let options: Options = from_json(json, "see `check` in the documentation of the configuration file")?;
    options.validate()?;
    Ok(options)
}

fn from_json<T: for<'de> Deserialize<'de>>(json: &str, help: &str) -> Result<T, Error> {
    let mut reader = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let at = error.path().to_string();
        let reason = error.into_inner().to_string();
        // The line of a text that a program has made says nothing to a person.
        let reason = reason.rfind(" at line ").map_or(reason.as_str(), |end| &reason[..end]);
        let message = if at == "." { reason.to_owned() } else { format!("{at}: {reason}") };
        Error::new(Code::InvalidInput, message).with_help(help)
    })
}

impl Options {
    /// Checks what can be checked without a change.
    ///
    /// # Errors
    ///
    /// `invalid-input`, naming the key.
    pub fn validate(&self) -> Result<(), Error> {
        for code in self.severities.keys() {
            let mut known = CODES.iter().map(|(known, _)| *known).chain(READING.iter().copied());
            if !known.any(|known| known == code) {
                let known: Vec<&str> = CODES.iter().map(|(known, _)| *known).collect();
                return Err(Error::new(Code::InvalidInput, format!("severities has an unknown code, {code:?}"))
                    .with_help(format!("use one of: {}", known.join(", "))));
            }
        }
        if let Some(at) = self.allow.iter().position(|entry| entry.reason.trim().is_empty()) {
            return Err(Error::new(Code::InvalidInput, format!("allow[{at}].reason is empty"))
                .with_help("say why this may differ from what has shipped: whoever reviews it reads that"));
        }
        parity::validate(self)
    }
}
