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

    /// `stamp` of these versions, or of some: what a function and a command are is data, as options are. `mark` is empty for *applied*, or
    /// `:not-applied`, `:step-done`, `:step-not-done`, or `:step-2` for so many steps; it stands behind the name in `option`.
    pub fn stamp(mark: &str, versions: &[&str]) -> Self {
        let (option, value) = match mark.strip_prefix(":step-") {
            Some(step) => (", { step: ", step),
            None => (", { as: ", mark.trim_start_matches(':')),
        };
        let quote = if is_number(value) { "" } else { "'" };
        let with = if mark.is_empty() { String::new() } else { [option, quote, value, quote, " }"].concat() };
        let listed: Vec<String> = versions.iter().map(|version| quoted(version)).collect();
        let listed = if versions.is_empty() { "versions".into() } else { format!("[{}]", listed.join(", ")) };
        let text = format!("stamp(db, migrations, {listed}{with})");
        Mention { option: format!("stamp{mark}").into(), ..Self::valued("", versions, text) }
    }

    /// `importLedger`, into a ledger of this name if it is not to be the usual one.
    pub fn import(table: Option<&str>) -> Self {
        let with = table.map_or_else(String::new, |table| format!(", {{ table: {} }}", quoted(table)));
        Self::valued("importLedger", table.as_slice(), format!("importLedger(db, migrations{with})"))
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A text as JavaScript writes it, on one line.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("'");
    for letter in text.chars() {
        match letter {
            '\'' | '\\' => out.extend(['\\', letter]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            _ => out.push(letter),
        }
    }
    out.push('\'');
    out
}

/// The help as Rust calls its options: `wait_timeout`, `when: "apply"`.
pub(crate) fn in_rust<'h>(help: &'h str, options: &[Mention]) -> Cow<'h, str> {
    options.iter().fold(Cow::Borrowed(help), |help, mention| {
        if let Some(mark) = mention.option.strip_prefix("stamp") {
            let mark = if mark.is_empty() { "applied".into() } else { mark[1..].replace('-', "_") };
            let values = &mention.values;
            let mut given = if values.is_empty() { "versions".into() } else { format!("{values:?}") };
            let mut mark = mark;
            if let Some(steps) = mark.strip_prefix("step_").filter(|step| is_number(step)) {
                given.push_str(&format!(", {steps}"));
                mark = "steps".into();
            }
            return Cow::Owned(help.replacen(&mention.text, &format!("Stamp::{mark}({given})"), 1));
        }
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

    #[test]
    fn a_name_is_handed_on_as_it_is() {
        let import = Mention::import(Some("'it''s'.\\t"));
        assert_eq!(import.values, ["'it''s'.\\t"]);
        assert_eq!(import.text, r"importLedger(db, migrations, { table: '\'it\'\'s\'.\\t' })");
        assert_eq!(Mention::import(None).text, "importLedger(db, migrations)");
    }

    #[test]
    fn stamp_is_called_as_each_calls_it() {
        let stamp = Mention::stamp(":not-applied", &["005", "it's"]);
        assert_eq!(stamp.text, "stamp(db, migrations, ['005', 'it\\'s'], { as: 'not-applied' })");
        let help = format!("undo it by hand: {}", stamp.text);
        assert_eq!(in_rust(&help, &[stamp]), "undo it by hand: Stamp::not_applied([\"005\", \"it's\"])");
        let stamp = Mention::stamp("", &["a\\'\n"]);
        assert_eq!(stamp.text, r"stamp(db, migrations, ['a\\\'\n'])");
        let stamp = Mention::stamp("", &["1"]);
        assert_eq!(in_rust(&stamp.text.clone(), &[stamp]), "Stamp::applied([\"1\"])");
        let stamp = Mention::stamp(":step-12", &["1"]);
        assert_eq!(stamp.text, "stamp(db, migrations, ['1'], { step: 12 })");
        assert_eq!(in_rust(&stamp.text.clone(), &[stamp]), "Stamp::steps([\"1\"], 12)");
    }
}
