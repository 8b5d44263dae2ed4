//! Which table the ledger is.

use crate::sql::quote::identifier;
use serde::Serialize;

/// Which table the ledger is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
// Exhaustive: callers build it.
pub struct Table {
    /// The schema.
    pub schema: String,
    /// The table.
    pub name: String,
}

impl Table {
    /// The table's name, qualified and quoted.
    pub fn qualified(&self) -> String {
        format!("{}.{}", identifier(&self.schema), identifier(&self.name))
    }
}

impl Default for Table {
    fn default() -> Self {
        Table { schema: "public".into(), name: "schema_migrations".into() }
    }
}
