//! What is noticed of the ledger while it is read, besides what its rows say.

use super::{Goal, Machine};
use crate::error::Error;
use crate::ledger::shape;
use crate::ledger::statements::{self, TextRow};
use crate::mention::{Mention, quoted};
use crate::plan::{Finding, Severity};
use crate::sql::quote::identifier;

/// The code of the finding that the ledger is in another schema than what the migrations create.
pub(super) const APART: &str = "ledger-apart";

/// The code of the finding that others may write to the ledger.
pub(super) const WRITABLE: &str = "ledger-writable";

impl Machine {
    /// Keeps what the answer to the question for the rows says of the ledger itself.
    ///
    /// # Errors
    ///
    /// `database-failed` if row security may hide rows: then what is applied cannot be told.
    pub(super) fn notice(&mut self, rows: &[TextRow]) -> Result<(), Error> {
        let named = &self.setup.options.table;
        let table = named.qualified();
        if let Some(error) = shape::hidden(named, rows, !matches!(self.setup.goal, Goal::Plan | Goal::Ready)) {
            return Err(error);
        }
        self.state.noticed.clear();
        if let Some(writers) = statements::first(rows, "writers") {
            let message = [writers, " may write to the ledger ", &table].concat();
            let help = ["unless that is wanted, run: ", &statements::revoke(named), writers].concat();
            self.state.noticed.push(Finding::new(WRITABLE, Severity::Warning, message).with_help(help));
        }
        self.notice_place(rows);
        Ok(())
    }

    /// Where the session creates tables elsewhere, the migrations are not where the ledger is.
    pub(super) fn notice_place(&mut self, rows: &[TextRow]) {
        let (table, schemas) = (&self.setup.options.table, &self.setup.options.schema);
        let here = rows.iter().find_map(|row| row.get("here")?.as_deref());
        let Some(here) = here.filter(|here| schemas.is_empty() && *here != table.schema) else { return };
        let message = [
            "the ledger is in the schema ",
            &identifier(&table.schema),
            ", and tables without a schema are created in ",
            &identifier(here),
        ];
        // Whoever names a table in a schema may have meant the migrations, too; and whoever names none, the ledger.
        let meant = if table.schema == "public" { here } else { &*table.schema };
        let option = Mention::valued("schema", &[meant], "schema: ".to_owned() + &quoted(meant));
        let help = "to have both there, say ".to_owned() + &option.text;
        let finding = Finding::new(APART, Severity::Note, message.concat());
        self.state.noticed.push(finding.with_help(help).with_option(option));
    }
}
