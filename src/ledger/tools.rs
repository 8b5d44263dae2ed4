//! Other tools that keep a ledger in the database: how each one's table looks, and what it says.
//!
//! The tables are defined in the tools' own repositories:
//! golang-migrate `database/postgres/postgres.go` (`ensureVersionTable`); Ecto
//! `lib/ecto/migration/schema_migration.ex`; Supabase CLI `pkg/migration/history.go`; goose
//! `internal/dialects/postgres.go` (`CreateTable`; with `serial` before 3.22, which is the same type); Flyway
//! `PostgreSQLDatabase.getRawCreateScript`; Prisma `sql_schema_connector`
//! (`create_migrations_table`); Drizzle `drizzle-orm/src/pg-core/dialect.ts` (`migrate`);
//! sql-migrate `migrate.go` (`MigrationRecord`); Diesel `migrations_internals`
//! (`__diesel_schema_migrations`); sqlx `sqlx-postgres/src/migrate.rs` (`ensure_migrations_table`);
//! refinery `refinery_core/src/traits/mod.rs` (`ASSERT_MIGRATIONS_TABLE_QUERY`; `int8` by a feature);
//! Alembic `alembic/runtime/migration.py` (`version_table_impl`); Django
//! `django/db/migrations/recorder.py`; Rails `active_record/schema_migration.rb`; dbmate
//! `pkg/driver/postgres/postgres.go` (`CreateMigrationsTable`); Kysely `migration/migrator.ts`; Knex
//! `migrations/migrate/table-creator.js`; node-pg-migrate `src/runner.ts`; graphile-migrate
//! `src/migration.ts` (`_migrateMigrationSchema`); tern `migrate/migrate.go` (`ensureSchemaVersionTableExists`); Atlas
//! `cmd/atlas/internal/migrate/ent/schema/revision.go`; Hasura `server/src-rsr/initialise.sql` and
//! `cli/internal/statestore/statestore.go` (`CLIState`): its first releases had a table like golang-migrate's instead.

use crate::error::{Error, unknown};

/// A tool that keeps a ledger in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
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
    /// refinery.
    Refinery,
    /// Alembic.
    Alembic,
    /// Django.
    Django,
    /// Knex.
    Knex,
    /// Kysely.
    Kysely,
    /// node-pg-migrate.
    NodePgMigrate,
    /// graphile-migrate.
    GraphileMigrate,
    /// tern.
    Tern,
    /// Atlas.
    Atlas,
    /// Hasura.
    Hasura,
    /// dbmate. Its table is ours where it has the ledger's name.
    Dbmate,
    /// One that is not known here.
    Unknown,
}

/// What there is to know about a tool.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) tool: Tool,
    /// Its name, for messages.
    pub(crate) name: &'static str,
    /// The word for it.
    pub(crate) code: &'static str,
    /// The forms that its table has had.
    pub(crate) homes: &'static [Home],
    /// A query for what it says is applied, as our ledger writes versions: one column, `version`. The table stands for `{}`.
    pub(crate) applied: &'static str,
    /// The same for what has begun and did not end.
    pub(crate) half: Option<&'static str>,
    /// A value: all versions up to this one are applied, though they have no row.
    pub(crate) up_to: Option<&'static str>,
    /// How its rows become ours.
    pub(crate) rows: Rows,
}

/// How another tool's rows become ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// What is applied is what our ledger has to say.
    Same,
    /// A number: everything up to it.
    Counter,
    /// The SHA-256 of a file.
    Hash,
    /// The digits that a folder's name begins with.
    Dated,
    /// They cannot be told from a set of SQL files.
    Other,
}

/// A table by which a tool is known.
#[derive(Debug)]
pub(crate) struct Home {
    /// All its columns, each with its type as `format_type` writes it.
    pub(crate) columns: &'static [(&'static str, &'static str)],
    /// The columns of its primary key, in order of their names. None: it had none at first.
    pub(crate) key: Option<&'static str>,
    /// The name of the table, where others have tables with such columns.
    pub(crate) name: Option<&'static str>,
    /// The name that the tool gives it: such a table is its ledger whatever was added to it, or changed.
    pub(crate) usual: Option<&'static str>,
    /// A schema of the tool's own.
    pub(crate) schema: Option<&'static str>,
    /// Whether it may have more columns than these.
    pub(crate) more: bool,
}

const fn home(columns: &'static [(&'static str, &'static str)], key: &'static str) -> Home {
    Home { columns, key: Some(key), name: None, usual: None, schema: None, more: false }
}

impl Home {
    const fn named(self, name: &'static str) -> Home {
        Home { name: Some(name), ..self }.usually(name)
    }

    const fn usually(self, name: &'static str) -> Home {
        Home { usual: Some(name), ..self }
    }

    /// Of that name, which others give to tables of their own.
    const fn called(self, name: &'static str) -> Home {
        Home { name: Some(name), ..self }
    }

    /// Named `schema_migrations`, as several tools' tables are.
    const fn shared(self) -> Home {
        self.called("schema_migrations")
    }

    const fn in_schema(self, schema: &'static str) -> Home {
        Home { schema: Some(schema), ..self }
    }

    const fn or_more(self) -> Home {
        Home { more: true, ..self }
    }

    const fn without_key(self) -> Home {
        Home { key: None, ..self }
    }

    /// Whether a table has these columns.
    fn has(&self, columns: &[(String, String)]) -> bool {
        (self.more || self.columns.len() == columns.len())
            && self
                .columns
                .iter()
                .all(|(name, kind)| columns.iter().any(|column| column.0 == *name && column.1 == *kind))
    }
}

const fn known(
    tool: Tool,
    name: &'static str,
    code: &'static str,
    homes: &'static [Home],
    rows: Rows,
    applied: &'static str,
) -> Known {
    Known { tool, name, code, homes, applied, half: None, up_to: None, rows }
}

/// Flyway's columns, which are asked for by others too.
pub(super) const FLYWAY: &[(&str, &str)] = &[
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
];

/// Every tool that is known here.
pub(crate) const TOOLS: &[Known] = &[
    Known {
        half: Some("select version::text as version from {} where dirty"),
        up_to: Some("select pg_catalog.max(version)::text from {}"),
        ..known(
            Tool::GolangMigrate,
            "golang-migrate",
            "golang-migrate",
            &[home(&[("version", "bigint"), ("dirty", "boolean")], "version")],
            Rows::Counter,
            "select version::text as version from {} where version >= 0",
        )
    },
    known(
        Tool::Ecto,
        "Ecto",
        "ecto",
        &[home(&[("version", "bigint"), ("inserted_at", "timestamp(0) without time zone")], "version").shared()],
        Rows::Same,
        "select version::text as version from {}",
    ),
    known(
        Tool::Supabase,
        "the Supabase CLI",
        "supabase",
        &[home(&[("version", "text"), ("statements", "text[]")], "version")
            .shared()
            .in_schema("supabase_migrations")
            .or_more()],
        Rows::Same,
        "select version from {}",
    ),
    known(
        Tool::Goose,
        "goose",
        "goose",
        &[home(
            &[
                ("id", "integer"),
                ("version_id", "bigint"),
                ("is_applied", "boolean"),
                ("tstamp", "timestamp without time zone"),
            ],
            "id",
        )
        .usually("goose_db_version")],
        Rows::Same,
        "select version_id::text as version from (select distinct on (version_id) version_id, is_applied \
         from {} order by version_id, id desc) g where is_applied and version_id > 0",
    ),
    Known {
        half: Some("select coalesce(version, script) as version from {} where not success"),
        up_to: Some(
            "select version from {} where type in ('BASELINE', 'SQL_BASELINE') and success \
             order by installed_rank desc limit 1",
        ),
        ..known(
            Tool::Flyway,
            "Flyway",
            "flyway",
            &[home(FLYWAY, "installed_rank").usually("flyway_schema_history")],
            Rows::Same,
            "select version from (select distinct on (coalesce(version, script)) coalesce(version, \
             pg_catalog.regexp_replace(script, '^.*/|[.][^.]+$', '', 'g')) as version, type, success from {} \
             order by coalesce(version, script), installed_rank desc) f \
             where success and type not in ('SCHEMA', 'DELETE', 'UNDO_SQL')",
        )
    },
    Known {
        half: Some("select migration_name as version from {} where finished_at is null and rolled_back_at is null"),
        ..known(
            Tool::Prisma,
            "Prisma",
            "prisma",
            &[home(
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
                "id",
            )
            .usually("_prisma_migrations")],
            Rows::Same,
            "select distinct migration_name as version from {} where finished_at is not null and rolled_back_at is null",
        )
    },
    known(
        Tool::Drizzle,
        "Drizzle",
        "drizzle",
        &[
            home(&[("id", "integer"), ("hash", "text"), ("created_at", "bigint")], "id")
                .named("__drizzle_migrations")
                .in_schema("drizzle"),
            // Since 1.0.
            home(
                &[
                    ("id", "integer"),
                    ("hash", "text"),
                    ("created_at", "bigint"),
                    ("name", "text"),
                    ("applied_at", "timestamp with time zone"),
                ],
                "id",
            )
            .named("__drizzle_migrations")
            .in_schema("drizzle"),
        ],
        Rows::Hash,
        "select hash as version from {}",
    ),
    known(
        Tool::SqlMigrate,
        "sql-migrate",
        "sql-migrate",
        &[home(&[("id", "text"), ("applied_at", "timestamp with time zone")], "id").named("gorp_migrations")],
        Rows::Same,
        "select id as version from {}",
    ),
    known(
        Tool::Diesel,
        "Diesel",
        "diesel",
        &[home(&[("version", "character varying(50)"), ("run_on", "timestamp without time zone")], "version")
            .named("__diesel_schema_migrations")],
        Rows::Dated,
        "select version from {}",
    ),
    Known {
        half: Some("select version::text as version from {} where not success"),
        ..known(
            Tool::Sqlx,
            "sqlx",
            "sqlx",
            &[
                home(
                    &[
                        ("version", "bigint"),
                        ("description", "text"),
                        ("installed_on", "timestamp with time zone"),
                        ("success", "boolean"),
                        ("checksum", "bytea"),
                        ("execution_time", "bigint"),
                    ],
                    "version",
                )
                .usually("_sqlx_migrations"),
                // Before 0.5.
                home(
                    &[
                        ("version", "bigint"),
                        ("description", "text"),
                        ("installed_on", "timestamp with time zone"),
                        ("success", "boolean"),
                        ("checksum", "bytea"),
                    ],
                    "version",
                )
                .usually("_sqlx_migrations"),
            ],
            Rows::Same,
            "select version::text as version from {} where success",
        )
    },
    known(
        Tool::Refinery,
        "refinery",
        "refinery",
        &[
            home(
                &[
                    ("version", "integer"),
                    ("name", "character varying(255)"),
                    ("applied_on", "character varying(255)"),
                    ("checksum", "character varying(255)"),
                ],
                "version",
            )
            .usually("refinery_schema_history"),
            home(
                &[
                    ("version", "bigint"),
                    ("name", "character varying(255)"),
                    ("applied_on", "character varying(255)"),
                    ("checksum", "character varying(255)"),
                ],
                "version",
            )
            .usually("refinery_schema_history"),
        ],
        Rows::Same,
        "select version::text as version from {}",
    ),
    known(
        Tool::Alembic,
        "Alembic",
        "alembic",
        &[home(&[("version_num", "character varying(32)")], "version_num").named("alembic_version")],
        Rows::Other,
        "select version_num as version from {}",
    ),
    known(
        Tool::Django,
        "Django",
        "django",
        &[
            home(
                &[
                    ("id", "bigint"),
                    ("app", "character varying(255)"),
                    ("name", "character varying(255)"),
                    ("applied", "timestamp with time zone"),
                ],
                "id",
            )
            .named("django_migrations"),
            // Before 3.2.
            home(
                &[
                    ("id", "integer"),
                    ("app", "character varying(255)"),
                    ("name", "character varying(255)"),
                    ("applied", "timestamp with time zone"),
                ],
                "id",
            )
            .named("django_migrations"),
        ],
        Rows::Other,
        "select app || '.' || name as version from {}",
    ),
    known(
        Tool::Knex,
        "Knex",
        "knex",
        &[home(
            &[
                ("id", "integer"),
                ("name", "character varying(255)"),
                ("batch", "integer"),
                ("migration_time", "timestamp with time zone"),
            ],
            "id",
        )
        .named("knex_migrations")],
        Rows::Same,
        "select name as version from {}",
    ),
    known(
        Tool::Kysely,
        "Kysely",
        "kysely",
        &[home(&[("name", "character varying(255)"), ("timestamp", "character varying(255)")], "name")
            .named("kysely_migration")],
        Rows::Same,
        "select name as version from {}",
    ),
    known(
        Tool::NodePgMigrate,
        "node-pg-migrate",
        "node-pg-migrate",
        &[home(
            &[("id", "integer"), ("name", "character varying(255)"), ("run_on", "timestamp without time zone")],
            "id",
        )
        .named("pgmigrations")],
        Rows::Same,
        "select name as version from {}",
    ),
    known(
        Tool::GraphileMigrate,
        "graphile-migrate",
        "graphile-migrate",
        &[home(
            &[("hash", "text"), ("previous_hash", "text"), ("filename", "text"), ("date", "timestamp with time zone")],
            "hash",
        )
        .in_schema("graphile_migrate")],
        Rows::Same,
        "select filename as version from {}",
    ),
    Known {
        up_to: Some("select pg_catalog.max(version)::text from {}"),
        ..known(
            Tool::Tern,
            "tern",
            "tern",
            // It has no primary key.
            &[home(&[("version", "integer")], "").called("schema_version")],
            Rows::Counter,
            "select version::text as version from {} where version > 0",
        )
    },
    Known {
        half: Some("select version from {} where type & 4 = 0 and applied < total"),
        up_to: Some("select pg_catalog.max(version) from {} where type = 1"),
        ..known(
            Tool::Atlas,
            "Atlas",
            "atlas",
            &[home(
                &[
                    ("version", "character varying"),
                    ("type", "bigint"),
                    ("applied", "bigint"),
                    ("total", "bigint"),
                    ("operator_version", "character varying"),
                ],
                "version",
            )
            .usually("atlas_schema_revisions")
            .in_schema("atlas_schema_revisions")
            // With others, of which some came later.
            .or_more()],
            Rows::Same,
            "select version from {} where type <> 1 and applied + (type & 4) > 0",
        )
    },
    known(
        Tool::Hasura,
        "Hasura",
        "hasura",
        &[home(&[("hasura_uuid", "uuid"), ("version", "text"), ("cli_state", "jsonb")], "hasura_uuid")
            .named("hdb_version")
            .in_schema("hdb_catalog")
            .or_more()],
        Rows::Same,
        "select m.key as version from {} t, pg_catalog.jsonb_each(t.cli_state -> 'migrations') d, \
         pg_catalog.jsonb_each(d.value) m",
    ),
    known(
        Tool::Rails,
        "Rails",
        "rails",
        // It has a primary key since 5.0.
        &[home(&[("version", "character varying")], "version").shared().without_key()],
        Rows::Same,
        "select version from {}",
    ),
    known(
        Tool::Dbmate,
        "dbmate",
        "dbmate",
        &[
            home(&[("version", "character varying(128)")], "version").shared(),
            home(&[("version", "character varying(255)")], "version").shared(),
            // Of newer releases. Rails' has another table beside it.
            home(&[("version", "character varying")], "version").shared(),
        ],
        Rows::Same,
        "select version from {}",
    ),
];

impl Tool {
    pub(crate) fn known(self) -> Option<&'static Known> {
        TOOLS.iter().find(|known| known.tool == self)
    }

    /// Its name, for messages.
    pub fn name(self) -> &'static str {
        self.known().map_or("another tool", |known| known.name)
    }

    /// The word for it, in lower case, which [`FromStr`](std::str::FromStr) reads. None if it is not known.
    pub fn code(self) -> Option<&'static str> {
        self.known().map(|known| known.code)
    }

    /// The names that tools give to their tables.
    pub fn tables() -> impl Iterator<Item = &'static str> {
        TOOLS.iter().flat_map(|known| known.homes).filter_map(|home| home.usual.or(home.name))
    }

    /// The tool with that word.
    pub(crate) fn of_code(code: &str) -> Option<Tool> {
        TOOLS.iter().find(|known| known.code == code).map(|known| known.tool)
    }

    /// Whether a table with these columns may be its ledger: all of a form that the tool has made are there.
    pub fn is_known_by(self, columns: &[&str]) -> bool {
        let has = |home: &Home| home.columns.iter().all(|(name, _)| columns.contains(name));
        self.known().is_some_and(|known| known.homes.iter().any(has))
    }

    /// The tool whose table has these columns, whatever its name.
    pub(super) fn of_columns(columns: &[(String, String)]) -> Option<Tool> {
        TOOLS.iter().find(|known| known.homes.iter().any(|home| home.has(columns))).map(|known| known.tool)
    }
}

/// Reads the word for a tool; any other is `invalid-input`.
impl std::str::FromStr for Tool {
    type Err = Error;

    fn from_str(code: &str) -> Result<Self, Error> {
        Tool::of_code(code).ok_or_else(|| unknown("tool", code, TOOLS.iter().map(|known| known.code)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_tool_has_a_name_a_code_and_a_query() {
        for known in TOOLS {
            assert_eq!(known.tool.name(), known.name);
            assert_eq!(known.tool.code(), Some(known.code));
            assert_eq!(Tool::of_code(known.code), Some(known.tool));
            assert!(!known.homes.is_empty());
            for query in [Some(known.applied), known.half, known.up_to].into_iter().flatten() {
                assert_eq!(query.matches("{}").count(), 1, "{query}");
            }
        }
        assert_eq!((Tool::Unknown.name(), Tool::Unknown.code()), ("another tool", None));
        assert_eq!(Tool::of_code("tables"), None);
    }
}
