//! The schemas where a set lives: its ledger and what it creates.

use super::Table;
use crate::error::{Code, Error};
use crate::mention::Mention;
use crate::sql::quote::identifier;

/// The longest name that PostgreSQL keeps, in bytes (`NAMEDATALEN` - 1). It cuts longer ones off.
const LONGEST: usize = 63;

const INFORMATION: &str = "information_schema";

/// In a `search_path` it is another schema for every user.
const USER: &str = "$user";

/// Checks the names of schemas as they are given, and that the ledger is in the first.
///
/// # Errors
///
/// `invalid-input` for a name that there cannot be, or that means no schema of the set's own.
pub(crate) fn check(schemas: &[String], table: &Table) -> Result<(), Error> {
    let is_wrong = |name: &&String| {
        name.is_empty()
            || name.len() > LONGEST
            || name.contains('\0')
            || name.starts_with("pg_")
            || [INFORMATION, USER].contains(&name.as_str())
    };
    if let Some(name) = schemas.iter().find(is_wrong) {
        return Err(wrong(
            &["the schema ", &identifier(name), " cannot be that of a set"],
            "name another one with the option `schema`: of 1 to 63 bytes, and not PostgreSQL's own",
        ));
    }
    match schemas.first() {
        Some(first) if *first != table.schema => Err(wrong(
            &["the ledger ", &table.qualified(), " is not in the schema ", &identifier(first)],
            "name its table without a schema, or leave out the option `schema`",
        )),
        _ => Ok(()),
    }
}

fn wrong(message: &[&str], help: &'static str) -> Error {
    Error::new(Code::InvalidInput, message.concat()).with_help(help).with_option(Mention::named("schema"))
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
        for wrong in ["", &long, "a\0b", "pg_catalog", "information_schema", "$user"] {
            let expected = format!("the schema \"{wrong}\" cannot be that of a set");
            refused(&expected, &[wrong], wrong);
            refused(&expected, &["tenant", wrong], "tenant");
        }
        refused("the ledger \"public\".\"schema_migrations\" is not in the schema \"tenant\"", &["tenant"], "public");
    }
}
