//! Renders plans for people: as text, as JSON and as a Mermaid timeline.
//!
//! ```
//! use counterfoil::{convention, ledger::Ledger, plan::{Options, plan}};
//! use counterfoil_review::explain;
//! let files = [("db/001_users.sql".to_owned(), "create table users ();".to_owned())];
//! let catalog = convention::read(&files, None).unwrap();
//! let plan = plan(&catalog, &Ledger::default(), &Options::default());
//! assert_eq!(
//!     explain::text(&plan, &explain::Look::default()),
//!     "1 to apply\n\n  +  001  users  apply  1 statement, one transaction\n"
//! );
//! ```

mod line;
mod look;
mod mermaid;
mod summary;
mod text;

use counterfoil::plan::Plan;

pub use look::Look;
pub use mermaid::mermaid;
pub use summary::summary;
pub use text::text;

/// The plan as canonical JSON: [`Plan::to_json`].
pub fn json(plan: &Plan) -> String {
    plan.to_json()
}

#[cfg(test)]
mod tests;
