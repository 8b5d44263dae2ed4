//! Hasura: `<digits>_name/up.sql` and `down.sql`, in `migrations/<database>/`; no markers.
//!
//! Rules: <https://github.com/hasura/graphql-engine>, `cli/migrate/source/file/file.go` (`Scan`) and
//! `cli/migrate/source/parse.go`. Folder and file together match `^([0-9]+)_(.*)\.(down|up)\.(.*)$`; what does not is passed
//! over. The number is the identity, mostly milliseconds since 1970. Each database has a folder of its own and is migrated
//! alone. A version with a down file only is counted and runs nothing on the way up. `up.yaml` and `down.yaml` hold calls
//! of the server, among them `run_sql`: they are migrations in code. `V1` of its configuration had files
//! `<digits>_name.up.sql` in one folder: those are golang-migrate's, of which this is a branch.

use super::files::Set;
use super::folders::read_with;
use super::out::Out;
use crate::error::Error;
use crate::migration::Transaction;

pub(super) fn read(set: &Set<'_>, out: &mut Out) -> Result<(), Error> {
    read_with(set, out, true, |_, _| Ok(Transaction::Auto))
}

/// Whether the file holds calls of the server.
pub(super) fn is_metadata(name: &str) -> bool {
    matches!(name, "up.yaml" | "down.yaml")
}
