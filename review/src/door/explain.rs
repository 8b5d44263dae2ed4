//! `explain`: a plan in words.

use super::message::{Answer, given, text};
use crate::explain::{self, Look};
use counterfoil::ledger::Row;
use counterfoil::plan::Plan;
use serde::Deserialize;

/// A plan, and how it is to look.
#[derive(Deserialize)]
struct Request {
    plan: Plan,
    #[serde(default)]
    form: Form,
    /// See [`Look::all`].
    #[serde(default)]
    all: bool,
    /// See [`Look::width`].
    width: Option<usize>,
    /// See [`Look::colours`].
    #[serde(default)]
    colours: bool,
    /// See [`Look::rows`].
    rows: Option<Vec<Row>>,
}

/// What it is rendered as.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Form {
    #[default]
    Text,
    Mermaid,
    Summary,
}

/// A `Plan` and how it is to look in, a text out: `{ plan, form?, all?, width?, colours?, rows? }`,
/// where `form` is `text`, `mermaid` or `summary`.
///
/// # Errors
///
/// `invalid-input` if what comes in has another form.
pub fn explain(json: &str) -> Answer {
    let Request { plan, form, all, width, colours, rows } = given(json, "what is to be explained")?;
    let default = Look::default();
    let look = Look { all, width: width.unwrap_or(default.width), colours, rows: rows.as_deref() };
    text(&match form {
        Form::Text => explain::text(&plan, &look),
        Form::Mermaid => explain::mermaid(&plan),
        Form::Summary => explain::summary(&plan),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil::{convention, ledger::Ledger, plan};

    #[test]
    fn a_plan_that_went_through_json_is_shown_as_it_was() {
        let files = [
            ("001_a.sql".to_owned(), "select 1;".to_owned()),
            ("001_b.sql".to_owned(), "select 'open".to_owned()),
            ("2_c.sql".to_owned(), "create index concurrently i on t (x);".to_owned()),
        ];
        let rows = vec![
            Row { version: "9".into(), name: Some("z".into()), ..Row::default() },
            Row { version: "2".into(), checksum: Some("sha256:0".into()), ..Row::default() },
        ];
        let catalog = convention::read(&files, Some(convention::Convention::Plain)).expect("a set");
        let plan = plan::plan(&catalog, &Ledger { exists: true, rows }, &plan::Options::default());
        let json = format!(r#"{{"plan":{},"all":true}}"#, plan.to_json());
        let shown: String = serde_json::from_str(&explain(&json).expect("a text")).expect("a text");
        assert_eq!(shown, explain::text(&plan, &Look { all: true, ..Look::default() }));
        assert!(shown.contains("duplicate") && shown.contains("edited") && shown.contains("ahead"), "{shown}");
    }

    #[test]
    fn another_form_is_an_error() {
        let error = explain(r#"{"plan":{"decisions":[]}}"#).expect_err("no digest");
        assert_eq!(error.message(), "what is to be explained cannot be read: missing field `digest`");
    }
}
