//! Options that a help text speaks of, as data: Rust, JavaScript and the command line each call them by another name.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// An option that a help text speaks of.
///
/// The text itself has the option as JavaScript and JSON call it. Whoever shows it elsewhere puts other words in place of
/// [`text`](Self::text).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[non_exhaustive]
pub struct Mention {
    /// The option's name in JavaScript and JSON, such as `waitTimeout`.
    #[cfg_attr(feature = "wasm", tsify(type = "string"))]
    pub option: Cow<'static, str>,
    /// The values that are proposed for it; none if the text only names it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub values: Vec<String>,
    /// How it stands in the text.
    pub text: String,
}

impl Mention {
    /// An option that is named: ``the option `waitTimeout` ``.
    pub fn named(option: &'static str) -> Self {
        Self::valued(option, &[], format!("the option `{option}`"))
    }

    /// An option with the values that are proposed for it, and how that stands in the text: `when: 'apply'`.
    pub fn valued(option: &'static str, values: &[&str], text: String) -> Self {
        Mention { option: option.into(), values: values.iter().map(|&value| value.to_owned()).collect(), text }
    }
}

/// The help as Rust calls its options: `wait_timeout`, `when: "apply"`.
pub(crate) fn in_rust<'h>(help: &'h str, options: &[Mention]) -> Cow<'h, str> {
    options.iter().fold(Cow::Borrowed(help), |help, mention| {
        let mut name = String::new();
        for letter in mention.option.chars() {
            if letter.is_ascii_uppercase() {
                name.push('_');
            }
            name.push(letter.to_ascii_lowercase());
        }
        let text = mention.text.replacen(&*mention.option, &name, 1).replace('\'', "\"");
        Cow::Owned(help.replacen(&mention.text, &text, 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_calls_options_by_its_own_names() {
        let help = "it's locked: allow more time with the option `waitTimeout`, or say when: 'apply'";
        let options =
            [Mention::named("waitTimeout"), Mention::valued("when", &["apply"], String::from("when: 'apply'"))];
        let expected = "it's locked: allow more time with the option `wait_timeout`, or say when: \"apply\"";
        assert_eq!(in_rust(help, &options), expected);
        assert_eq!(in_rust(help, &[]), help);
    }
}
