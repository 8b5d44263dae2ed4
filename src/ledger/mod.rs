//! The ledger: one row for every migration applied, adopted or running.

pub mod foreign;
pub(crate) mod refusals;
mod row;
pub(crate) mod schema;
pub mod shape;
pub mod statements;
mod table;
pub(crate) mod tools;

pub use foreign::{Existing, Found, LookAgain, Name, Says, Seen};
pub use row::{ALONE, Lease, Ledger, Origin, Row, State};
pub use statements::{Around, TextRow};
pub use table::Table;
pub use tools::Tool;
