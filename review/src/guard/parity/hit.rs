//! A change of the schema that was found in a file.

/// A piece of DDL: where in the text, and in short words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) at: usize,
    pub(super) what: String,
}
