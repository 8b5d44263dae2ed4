//! What is found.

use serde::Serialize;
use serde_json::Value;

/// What has happened to a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Change {
    /// It is expected and not there.
    Missing,
    /// It is there and not expected.
    Extra,
    /// It is there and otherwise.
    Changed,
}

/// A property of a thing that is otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Property {
    /// Its name, such as `type`.
    pub property: String,
    /// What is expected; none if it should not be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Value>,
    /// What is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<Value>,
}

/// A thing that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// `table`, `column`, …
    pub kind: String,
    /// Its name, as PostgreSQL quotes it.
    pub name: String,
    /// What has happened to it.
    pub change: Change,
    /// What of it is otherwise. Empty for what is missing or extra.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Property>,
    /// It in words.
    pub message: String,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Differences {
    /// What makes the schemas two.
    pub differences: Vec<Difference>,
    /// What differs and changes nothing for those who use the schema: the order of a table's columns, most owners, versions
    /// of extensions, storage, and what belongs to the whole server.
    pub notes: Vec<Difference>,
    /// What could not be compared, and why.
    pub not_compared: Vec<String>,
}
