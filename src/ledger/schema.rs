//! The schemas where a set lives: its ledger and what it creates.

use super::Table;
use crate::error::{Code, Error};
use crate::mention::Mention;
use crate::sql::quote::identifier;

/// The longest name that PostgreSQL keeps, in bytes (`NAMEDATALEN` - 1). It cuts longer ones off.
const LONGEST: usize = 63;

/// Checks the names of schemas as they are given, and that the ledger is in the first.
///
/// # Errors
///
/// `invalid-input` for a name that there cannot be, or that means no schema of the set's own.
pub(crate) fn check(schemas: &[String], table: &Table) -> Result<(), Error> {
    for name in schemas {
        let why = if name.is_empty() || name.contains('\0') {
            "is no name"
        } else if name.len() > LONGEST {
            "has more than the 63 bytes of a name in PostgreSQL"
        } else if name.starts_with("pg_") || name == "information_schema" {
            "is PostgreSQL's own"
        } else if name == "$user" {
            "is another one for every user"
        } else {
            continue;
        };
        return Err(wrong(
            format!("the schema {} {why}", identifier(name)),
            "name another one with the option `schema`",
        ));
    }
    match schemas.first() {
        Some(first) if *first != table.schema => Err(wrong(
            format!("the ledger {} is not in the schema {} of its migrations", table.qualified(), identifier(first)),
            "name its table without a schema, or leave out the option `schema`",
        )),
        _ => Ok(()),
    }
}

fn wrong(message: String, help: &'static str) -> Error {
    Error::new(Code::InvalidInput, message).with_help(help).with_option(Mention::named("schema"))
}

/// The schemas as a value of `search_path`.
pub(crate) fn path(schemas: &[String]) -> String {
    let names: Vec<String> = schemas.iter().map(|name| identifier(name)).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(expected: &str, schemas: &[&str], table: &str) {
        let schemas: Vec<String> = schemas.iter().map(|&name| name.to_owned()).collect();
        let table = Table { schema: table.into(), name: "schema_migrations".into() };
        let said = check(&schemas, &table).err().map(|error| error.message().to_owned());
        assert_eq!(said.unwrap_or_default(), expected);
    }

    #[test]
    fn a_schema_is_a_name_of_the_set_s_own() {
        refused("", &[], "public");
        refused("", &["tenant"], "tenant");
        refused("", &["a.b;\",'", "public"], "a.b;\",'");
        refused("", &["PG_mine"], "PG_mine");
        // 63 bytes are a name: 31 letters of two bytes each, and one more.
        refused("", &[&("ä".repeat(31) + "a")], &("ä".repeat(31) + "a"));
        let long = "ä".repeat(32);
        refused(
            &format!("the schema \"{long}\" has more than the 63 bytes of a name in PostgreSQL"),
            &["tenant", &long],
            "tenant",
        );
        refused("the schema \"\" is no name", &[""], "");
        refused("the schema \"pg_catalog\" is PostgreSQL's own", &["tenant", "pg_catalog"], "tenant");
        refused("the schema \"information_schema\" is PostgreSQL's own", &["information_schema"], "information_schema");
        refused("the schema \"$user\" is another one for every user", &["$user"], "$user");
        refused(
            "the ledger \"public\".\"schema_migrations\" is not in the schema \"tenant\" of its migrations",
            &["tenant"],
            "public",
        );
    }
}
