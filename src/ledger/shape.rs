//! Recognises a table by its columns: ours, dbmate's, or another tool's.
//!
//! Several tools call their table `schema_migrations`. A table that is not ours or dbmate's is
//! never altered.

use super::Table;
use super::statements::COLUMNS;
use crate::error::{Code, Error};
use crate::text::fill;

/// What a table is, by its columns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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

/// A tool that keeps a ledger in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tool {
    /// golang-migrate.
    GolangMigrate,
    /// Rails (Active Record).
    Rails,
    /// The Supabase CLI.
    Supabase,
    /// Ecto.
    Ecto,
    /// goose.
    Goose,
    /// Flyway.
    Flyway,
    /// Prisma Migrate.
    Prisma,
    /// Drizzle.
    Drizzle,
    /// sql-migrate.
    SqlMigrate,
    /// Diesel.
    Diesel,
    /// sqlx.
    Sqlx,
    /// Alembic.
    Alembic,
    /// One that is not known here.
    Unknown,
}

/// A tool's name, the word for it, and the columns that only its table has together,
/// each with what its type, as `format_type` writes it, starts with.
type Known = (Tool, &'static str, &'static str, &'static [(&'static str, &'static str)]);

/// The tables are defined in the tools' own repositories:
/// golang-migrate `database/postgres/postgres.go` (`ensureVersionTable`); Ecto
/// `lib/ecto/migration/schema_migration.ex`; Supabase CLI `pkg/migration/history.go`; goose
/// `internal/dialects/postgres.go` (`CreateTable`); Flyway
/// `PostgreSQLDatabase.getRawCreateScript`; Prisma `sql_schema_connector`
/// (`create_migrations_table`); Drizzle `drizzle-orm/src/pg-core/dialect.ts` (`migrate`);
/// sql-migrate `migrate.go` (`MigrationRecord`); Diesel `migrations_internals`
/// (`__diesel_schema_migrations`); sqlx `sqlx-postgres/src/migrate.rs` (`ensure_migrations_table`);
/// Alembic `alembic/runtime/migration.py` (`version_table_impl`).
const KNOWN: &[Known] = &[
    (Tool::GolangMigrate, "golang-migrate", "golang-migrate", &[("version", "bigint"), ("dirty", "boolean")]),
    (Tool::Ecto, "Ecto", "ecto", &[("version", "bigint"), ("inserted_at", "timestamp")]),
    (Tool::Supabase, "the Supabase CLI", "supabase", &[("version", "text"), ("statements", "text[]")]),
    (Tool::Goose, "goose", "goose", &[("version_id", "bigint"), ("is_applied", "boolean")]),
    (Tool::Flyway, "Flyway", "flyway", &[("installed_rank", "integer"), ("script", "character varying")]),
    (Tool::Prisma, "Prisma", "prisma", &[("migration_name", "character varying"), ("applied_steps_count", "integer")]),
    (Tool::Drizzle, "Drizzle", "drizzle", &[("hash", "text"), ("created_at", "bigint")]),
    (Tool::SqlMigrate, "sql-migrate", "sql-migrate", &[("id", "text"), ("applied_at", "timestamp")]),
    (Tool::Diesel, "Diesel", "diesel", &[("version", "character varying"), ("run_on", "timestamp")]),
    (Tool::Sqlx, "sqlx", "sqlx", &[("version", "bigint"), ("installed_on", "timestamp"), ("checksum", "bytea")]),
    (Tool::Alembic, "Alembic", "alembic", &[("version_num", "character varying")]),
    (Tool::Rails, "Rails", "rails", &[]),
    (Tool::Unknown, "another tool", "", &[]),
];

impl Tool {
    /// Its name, for messages.
    pub fn name(self) -> &'static str {
        KNOWN.iter().find(|known| known.0 == self).map_or("another tool", |known| known.1)
    }

    /// The word for it, in lower case. None if it is not known.
    pub fn code(self) -> Option<&'static str> {
        KNOWN.iter().find(|known| known.0 == self).map(|known| known.2).filter(|code| !code.is_empty())
    }
}

/// Recognises a table by its columns: name and type, as `format_type` writes it. No columns: there
/// is no table.
///
/// Rails and dbmate both keep one column, `version`, in `schema_migrations`. dbmate gives it a
/// length (128, and 255 in old releases), Rails none (since 4.2).
pub fn shape(columns: &[(String, String)]) -> Shape {
    if columns.is_empty() {
        return Shape::Missing;
    }
    let kind = |name: &str| columns.iter().find(|column| column.0 == name).map(|column| column.1.as_str());
    let known = KNOWN.iter().find(|(.., marks)| {
        !marks.is_empty() && marks.iter().all(|(name, start)| kind(name).is_some_and(|kind| kind.starts_with(start)))
    });
    if let Some((tool, ..)) = known {
        return Shape::Foreign(*tool);
    }
    let version = kind("version").unwrap_or("");
    if version == "character varying" && columns.len() == 1 {
        return Shape::Foreign(Tool::Rails);
    }
    if !version.starts_with("character varying(") {
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

/// Recognises a table that is, or may become, our ledger.
///
/// # Errors
///
/// `foreign-ledger` for another tool's table, naming the tool and the `table` option.
pub fn recognise(table: &Table, columns: &[(String, String)]) -> Result<Shape, Error> {
    let shape = shape(columns);
    let Shape::Foreign(tool) = shape else { return Ok(shape) };
    let table = table.qualified();
    let message = match tool {
        Tool::Unknown => fill!("the table {} is not a ledger that counterfoil knows: it may be another tool's", table),
        tool => fill!("the table {} is the ledger of {}", table, tool.name()),
    };
    let elsewhere = "keep counterfoil's ledger in another table with the option `table`";
    let help = match tool {
        Tool::Unknown => elsewhere.to_owned(),
        _ => fill!("{}; what that one says is not taken over", elsewhere),
    };
    Err(Error::new(Code::ForeignLedger, message).help(help))
}

/// The ledger lacks the unique key on `version`, which keeps two runners from applying one migration.
pub fn without_key(table: &Table) -> Error {
    let table = table.qualified();
    let message = fill!("the ledger {} has no unique key on version, which keeps two runners apart", table);
    let help = fill!(
        "see that no version is there twice: select version from {} group by version having count(*) > 1; \
         then give it its key: alter table {} add primary key (version); nothing was run",
        table,
        table
    );
    Error::new(Code::DatabaseFailed, message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(expected: Shape, columns: &[(&str, &str)]) {
        let columns: Vec<(String, String)> =
            columns.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect();
        assert_eq!(shape(&columns), expected);
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
    fn dbmate_s_column_has_a_length_and_rails_s_has_none() {
        is(Shape::Dbmate, &[("version", "character varying(128)")]);
        is(Shape::Dbmate, &[("version", "character varying(255)")]);
        is(Shape::Foreign(Tool::Rails), &[("version", "character varying")]);
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
        is(
            Shape::Foreign(Tool::Flyway),
            &[
                ("installed_rank", "integer"),
                ("version", "character varying(50)"),
                ("description", "character varying(200)"),
                ("type", "character varying(20)"),
                ("script", "character varying(1000)"),
                ("checksum", "integer"),
                ("installed_by", "character varying(100)"),
                ("installed_on", "timestamp without time zone"),
                ("execution_time", "integer"),
                ("success", "boolean"),
            ],
        );
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

    #[track_caller]
    fn refused(columns: &[(&str, &str)], message: &str, help: &str) {
        let columns: Vec<(String, String)> =
            columns.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect();
        let error = recognise(&Table::default(), &columns).unwrap_err();
        assert_eq!(error.code(), Code::ForeignLedger);
        assert_eq!(error.message(), message);
        assert_eq!(error.help_text(), help);
    }

    #[test]
    fn a_refusal_names_the_tool_and_both_ways_out() {
        refused(
            &[("version", "bigint"), ("dirty", "boolean")],
            "the table \"public\".\"schema_migrations\" is the ledger of golang-migrate",
            "keep counterfoil's ledger in another table with the option `table`; what that one says is not taken over",
        );
        refused(
            &[("version", "integer")],
            "the table \"public\".\"schema_migrations\" is not a ledger that counterfoil knows: it may be another tool's",
            "keep counterfoil's ledger in another table with the option `table`",
        );
        assert_eq!(recognise(&Table::default(), &[]), Ok(Shape::Missing));
    }

    #[test]
    fn every_known_tool_has_a_name_and_a_code() {
        for (tool, name, code, _) in KNOWN {
            assert_eq!(tool.name(), *name);
            assert_eq!(tool.code().unwrap_or(""), *code);
        }
    }
}
