//! The ledger: one row for every migration applied, adopted or running.

pub(crate) mod by_hand;
pub mod foreign;
mod row;
pub mod shape;
pub mod statements;
mod table;
pub(crate) mod tools;

pub use foreign::{Existing, Found, LookAgain, Name, Seen};
pub use row::{Lease, Ledger, Origin, Row, State};
pub use statements::TextRow;
pub use table::Table;
pub use tools::Tool;
