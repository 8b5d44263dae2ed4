//! Recognises a table by its columns: ours, dbmate's, or another tool's.
//!
//! Several tools call their table `schema_migrations`. A table that is not ours or dbmate's is
//! never altered.

use super::Table;
use super::statements::{self, COLUMNS, TextRow};
use super::tools::Tool;
use crate::error::{Code, Error};
use crate::mention::Mention;

/// What a table is, by its columns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shape {
    /// There is no such table.
    Missing,
    /// It has all of our columns, perhaps more.
    Counterfoil,
    /// It has some of our columns: another release of Counterfoil made it, or was stopped while it
    /// did. It may be completed.
    Partial,
    /// dbmate's one column. It may be extended.
    Dbmate,
    /// Another tool's. It may not be touched.
    Foreign(Tool),
}

/// Recognises a table by its columns: name and type, as `format_type` writes it. No columns: there
/// is no table.
///
/// Rails and dbmate both keep one column, `version`, in `schema_migrations`. dbmate gave it a length
/// (255, later 128) and gives it none now, as Rails does (since 4.2). `rails`: a table beside it is Rails'.
pub fn shape(columns: &[(String, String)], rails: bool) -> Shape {
    if columns.is_empty() {
        return Shape::Missing;
    }
    let kind = |name: &str| columns.iter().find(|column| column.0 == name).map(|column| column.1.as_str());
    if let Some(tool) =
        Tool::of_columns(columns).filter(|tool| *tool != Tool::Dbmate && (rails || *tool != Tool::Rails))
    {
        return Shape::Foreign(tool);
    }
    let version = kind("version").unwrap_or("");
    if version != "character varying" && !version.starts_with("character varying(") {
        return Shape::Foreign(Tool::Unknown);
    }
    if columns.len() == 1 {
        return Shape::Dbmate;
    }
    // `version` and `applied_at` are in many a home-made table; a fingerprint is in ours alone.
    if kind("fingerprint") != Some("text") || kind("checksum") != Some("text") {
        return Shape::Foreign(Tool::Unknown);
    }
    if COLUMNS.iter().all(|(name, ..)| kind(name).is_some()) { Shape::Counterfoil } else { Shape::Partial }
}

/// What may have the ledger's name and cannot have a key: `relkind` of `pg_class`.
const NO_TABLES: [(&str, &str); 3] = [("v", "view"), ("m", "materialized view"), ("f", "foreign table")];

/// Row security may hide rows of the ledger, if the rows of [`rows`](super::statements::rows) say so. `writes`: who asks
/// wants to write to it, too.
pub fn hidden(table: &Table, rows: &[TextRow], writes: bool) -> Option<Error> {
    let role = statements::first(rows, "hidden")?;
    let table = table.qualified();
    let message = ["row security may hide rows of the ledger ", &table, " from the role ", role];
    let (name, what) = if writes { ("counterfoil", " to ") } else { ("counterfoil_reads", " for select to ") };
    let help =
        ["let its owner run: create policy ", name, " on ", &table, what, role, " using (true); nothing was run"];
    Some(Error::new(Code::DatabaseFailed, message.concat()).with_help(help.concat()))
}

/// The ledger lacks the unique key on `version`, which keeps two runners from applying one migration. `kind`: see
/// [`lacks_key`](super::statements::lacks_key).
pub fn without_key(table: &Table, kind: &str) -> Error {
    let table = table.qualified();
    if let Some((_, what)) = NO_TABLES.iter().find(|(known, _)| *known == kind) {
        let message = format!("the ledger {table} is a {what}, which has no unique key to keep two runners apart");
        let help = "name the table that is behind it with the option `table`; nothing was run";
        return Error::new(Code::DatabaseFailed, message).with_help(help).with_option(Mention::named("table"));
    }
    let message = format!("the ledger {table} has no unique key on version, which keeps two runners apart");
    let help = format!(
        "see that no version is null or there twice: select version from {table} group by version having count(*) > 1 or version is null; \
         then give it its key: alter table {table} add primary key (version); nothing was run"
    );
    Error::new(Code::DatabaseFailed, message).with_help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(expected: Shape, columns: &[(&str, &str)]) {
        let columns: Vec<(String, String)> =
            columns.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect();
        assert_eq!(shape(&columns, false), expected);
    }

    const OURS: &[(&str, &str)] = &[
        ("version", "character varying(128)"),
        ("name", "text"),
        ("checksum", "text"),
        ("fingerprint", "text"),
        ("applied_at", "timestamp with time zone"),
        ("duration_ms", "integer"),
        ("state", "text"),
        ("steps_done", "integer"),
        ("steps_total", "integer"),
        ("claimed_until", "timestamp with time zone"),
        ("claimed_by", "text"),
        ("origin", "text"),
        ("replaced_by", "text"),
    ];

    #[test]
    fn our_table_is_ours_whole_or_in_part_or_with_more() {
        is(Shape::Missing, &[]);
        is(Shape::Counterfoil, OURS);
        is(Shape::Partial, &OURS[..OURS.len() - 1]);
        is(Shape::Partial, &OURS[..4]);
        let mut more = OURS.to_vec();
        more.push(("note", "text"));
        is(Shape::Counterfoil, &more);
    }

    #[test]
    fn dbmate_s_column_may_have_a_length_and_rails_s_has_another_table_beside_it() {
        is(Shape::Dbmate, &[("version", "character varying(128)")]);
        is(Shape::Dbmate, &[("version", "character varying(255)")]);
        is(Shape::Dbmate, &[("version", "character varying")]);
        let column = |kind: &str| vec![("version".to_owned(), kind.to_owned())];
        assert_eq!(shape(&column("character varying"), true), Shape::Foreign(Tool::Rails));
        assert_eq!(shape(&column("character varying(128)"), true), Shape::Dbmate);
        is(Shape::Foreign(Tool::Unknown), &[("version", "character varying[]")]);
    }

    // Columns and types: from the definitions named above.
    #[test]
    fn other_tools_are_known_by_their_columns() {
        is(Shape::Foreign(Tool::GolangMigrate), &[("version", "bigint"), ("dirty", "boolean")]);
        is(Shape::Foreign(Tool::Ecto), &[("version", "bigint"), ("inserted_at", "timestamp(0) without time zone")]);
        is(Shape::Foreign(Tool::Supabase), &[("version", "text"), ("statements", "text[]"), ("name", "text")]);
        is(
            Shape::Foreign(Tool::Goose),
            &[
                ("id", "integer"),
                ("version_id", "bigint"),
                ("is_applied", "boolean"),
                ("tstamp", "timestamp without time zone"),
            ],
        );
        is(Shape::Foreign(Tool::Flyway), super::super::tools::FLYWAY);
        is(
            Shape::Foreign(Tool::Prisma),
            &[
                ("id", "character varying(36)"),
                ("checksum", "character varying(64)"),
                ("finished_at", "timestamp with time zone"),
                ("migration_name", "character varying(255)"),
                ("logs", "text"),
                ("rolled_back_at", "timestamp with time zone"),
                ("started_at", "timestamp with time zone"),
                ("applied_steps_count", "integer"),
            ],
        );
        is(Shape::Foreign(Tool::Drizzle), &[("id", "integer"), ("hash", "text"), ("created_at", "bigint")]);
        is(Shape::Foreign(Tool::SqlMigrate), &[("id", "text"), ("applied_at", "timestamp with time zone")]);
        is(
            Shape::Foreign(Tool::Diesel),
            &[("version", "character varying(50)"), ("run_on", "timestamp without time zone")],
        );
        is(
            Shape::Foreign(Tool::Sqlx),
            &[
                ("version", "bigint"),
                ("description", "text"),
                ("installed_on", "timestamp with time zone"),
                ("success", "boolean"),
                ("checksum", "bytea"),
                ("execution_time", "bigint"),
            ],
        );
        is(Shape::Foreign(Tool::Alembic), &[("version_num", "character varying(32)")]);
    }

    #[test]
    fn a_home_made_table_is_nobody_s() {
        is(Shape::Foreign(Tool::Unknown), &[("version", "text")]);
        is(Shape::Foreign(Tool::Unknown), &[("id", "integer"), ("filename", "text")]);
        is(
            Shape::Foreign(Tool::Unknown),
            &[("version", "character varying(255)"), ("applied_at", "timestamp with time zone")],
        );
    }
}
