//! SQL as far as a planner needs it: where statements begin and end, and what kind each one is.
//!
//! ```
//! let text = "create table a (); -- done\ncreate index concurrently i on a (x)";
//! let sql = counterfoil::sql::analyze(text, &[]).unwrap();
//! assert_eq!(sql.statements.len(), 2);
//! assert!(!sql.statements[1].transactional);
//! ```
//!
//! It is not a parser: it accepts any text that PostgreSQL would split in the same way.

mod classify;
mod inner;
pub(crate) mod judged;
pub mod lex;
pub mod pattern;
pub mod quote;
pub(crate) mod split;
mod statement;
pub mod steps;

pub use inner::content;
pub use judged::Judged;
pub use split::analyze;
pub use statement::{Act, Analysis, Control, Problem, Statement, TableAct};
pub use steps::{Left, Mode, Step, Steps, Transaction, steps};
