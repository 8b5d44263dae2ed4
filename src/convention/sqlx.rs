//! sqlx: `<digits>_name.sql`, or `.up.sql` and `.down.sql`; `-- no-transaction` at the very start.
//!
//! Rules: <https://github.com/launchbadge/sqlx>, `sqlx-core/src/migrate/source.rs` and
//! `migration_type.rs`. A file whose name has no underscore or does not end in `.sql` is passed
//! over; one with an underscore whose first part is not a number is an error. Sub-folders are
//! passed over. A file that starts with `-- no-transaction` is run outside a transaction.

use super::files::{File, Set};
use super::numbered::{Part, accept, pairs, underscored, unnumbered};
use super::out::Out;
use crate::error::Error;
use crate::migration::{Section, Transaction};

/// What such a file starts with.
pub(super) const NO_TRANSACTION: &str = "-- no-transaction";

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    let accepted = accept(set, out, &|file| file.stem().is_some() && file.name().contains('_'))?;
    let mut parts = Vec::with_capacity(accepted.len());
    for file in accepted {
        let Some((digits, name)) = underscored(file) else {
            return Err(unnumbered(file, "sqlx"));
        };
        parts.push(Part::new(file, digits, name));
    }
    pairs(&parts, out, false, section)
}

fn section(file: &File<'_>) -> Result<Section, Error> {
    let mut section = file.section()?;
    if section.text.starts_with(NO_TRANSACTION) {
        section.transaction = Transaction::Off;
    }
    Ok(section)
}
