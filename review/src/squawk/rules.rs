//! Which of squawk's rules there are here, and how bad each is by default.
//!
//! | by default | which |
//! |---|---|
//! | error | what PostgreSQL refuses, or what takes away a database |
//! | warning | what makes a table wait, fails on a table with rows, or loses rows |
//! | note | what a program of the release before may trip over |
//! | off | taste, and what may be wanted by some: `lint.rules` in the configuration turns it on |
//!
//! Left out, because the planner or a rule of ours says it: `transaction-nesting`, `ban-uncommitted-transaction` and
//! `ban-concurrent-index-creation-in-transaction` (`transaction-control`), `identifier-too-long`, `unused-ignore`.

use crate::lint::{Level, Rule};

/// Where squawk documents a rule.
pub fn url(code: &str) -> String {
    format!("https://squawkhq.com/docs/{code}")
}

/// Deeper than anybody writes.
const DEEP: &str = "SELECT ARRAY[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]];\n";

/// squawk has its own grammar of SQL.
pub const UNREAD: Rule = Rule {
    code: "squawk-unread",
    level: Level::Note,
    summary: "a statement that squawk cannot read",
    why: "\
squawk has a grammar of its own, which lacks some of PostgreSQL's, and statements that nest very deeply are kept from it. Its
rules are not looked for in such a statement; those of the other statements are, and Counterfoil's own.",
    bad: &[DEEP],
    good: &["SELECT 1;\n"],
};

/// Rules about the rows of a table, which one that was made in the same file does not have.
pub(super) const OF_ROWS: &[&str] = &[
    "require-concurrent-index-creation",
    "constraint-missing-not-valid",
    "adding-foreign-key-constraint",
    "disallowed-unique-constraint",
    "adding-serial-primary-key-field",
    "changing-column-type",
    "adding-not-nullable-field",
    "adding-required-field",
    "adding-field-with-default",
    "renaming-column",
    "renaming-table",
    "ban-drop-column",
    "ban-drop-table",
    "ban-drop-not-null",
];

/// Rules about a kind of constraint, which `constraint-missing-not-valid` is about too.
pub(super) const CONSTRAINTS: [squawk_linter::Rule; 3] = [
    squawk_linter::Rule::AddingForeignKeyConstraint,
    squawk_linter::Rule::DisallowedUniqueConstraint,
    squawk_linter::Rule::AddingSerialPrimaryKeyField,
];

/// What is said of those that are on: the message, with the table in place of `{}`, and the help.
pub(super) const WORDS: &[(&str, &str, &str)] = &[
    (
        "require-concurrent-index-creation",
        "writes to {} wait while this index is built",
        "write CREATE INDEX CONCURRENTLY; the file is then run step by step, and needs no marker",
    ),
    (
        "require-concurrent-index-deletion",
        "dropping {} waits for every query on its table, and every later query waits for it",
        "write DROP INDEX CONCURRENTLY; the file is then run step by step, and needs no marker",
    ),
    (
        "require-concurrent-reindex",
        "writes to the table of {} wait while it is rebuilt",
        "write REINDEX … CONCURRENTLY",
    ),
    (
        "require-concurrent-partition-detach",
        "everything on {} waits while the partition is detached",
        "write DETACH PARTITION … CONCURRENTLY",
    ),
    (
        "constraint-missing-not-valid",
        "every row of {} is checked for this constraint, and everything on it waits meanwhile",
        "add it NOT VALID, and VALIDATE CONSTRAINT in a later migration",
    ),
    (
        "adding-foreign-key-constraint",
        "every row of {} is checked for this foreign key, and writes to both tables wait meanwhile",
        "add it NOT VALID, and VALIDATE CONSTRAINT in a later migration",
    ),
    (
        "disallowed-unique-constraint",
        "everything on {} waits while the index of this unique constraint is built",
        "build a unique index CONCURRENTLY first, and add the constraint with USING INDEX",
    ),
    (
        "adding-serial-primary-key-field",
        "everything on {} waits while the index of this primary key is built",
        "build a unique index CONCURRENTLY first, and add the key with USING INDEX",
    ),
    (
        "changing-column-type",
        "everything on {} waits for this, while the table is rewritten if the new type is not stored like the old one; programs may expect the old type",
        "add a column of the new type, fill it in steps, and change over to it",
    ),
    (
        "adding-not-nullable-field",
        "SET NOT NULL reads every row of {} while everything on it waits, unless a CHECK that is valid says the same",
        "add CHECK (… IS NOT NULL) NOT VALID, validate it in a later migration, and then set NOT NULL",
    ),
    (
        "adding-required-field",
        "this fails if {} has a row: the new column is NOT NULL and has no default",
        "give it a default; or add it without NOT NULL, fill it, and set NOT NULL later",
    ),
    (
        "adding-field-with-default",
        "{} is rewritten while everything on it waits: the value of the new column is computed for every row",
        "add the column without it, fill it in steps, and set the default afterwards",
    ),
    (
        "ban-alter-domain-with-add-constraint",
        "every column of the domain {} is checked while everything on its tables waits",
        "put the constraint on the tables, NOT VALID, and validate it in a later migration",
    ),
    (
        "ban-truncate-cascade",
        "CASCADE also empties every table with a foreign key to {}",
        "name the tables that are to be emptied",
    ),
    ("ban-drop-database", "this drops the database {}", "take it out of the migrations"),
    ("ban-drop-schema", "this drops the schema {}", "drop what is in it by name, once nothing uses it"),
    (
        "ban-duplicate-column-assignments",
        "one column of {} is set twice, which PostgreSQL refuses",
        "keep one of the two",
    ),
    (
        "renaming-column",
        "programs of the release before use the old name of this column of {}",
        "add a column of the new name, fill it, and drop the old one in a later release",
    ),
    (
        "renaming-table",
        "programs of the release before use the name {}",
        "leave a view of the old name behind, and drop it in a later release",
    ),
    (
        "ban-drop-column",
        "programs of the release before may still use this column of {}",
        "release what does not use it first, and drop it with the next release",
    ),
    (
        "ban-drop-table",
        "programs of the release before may still use {}",
        "release what does not use it first, and drop it with the next release",
    ),
    (
        "ban-drop-not-null",
        "programs of the release before may not expect a null in this column of {}",
        "release what can read a null first",
    ),
];

/// The same where a constraint is validated in the transaction that added it.
pub(super) const VALIDATED: (&str, &str) = (
    "NOT VALID and VALIDATE CONSTRAINT in one transaction: the lock of the first is held while the second reads every row of {}",
    "validate the constraint in a later migration",
);

/// The rules.
pub const ABOUT: &[Rule] = &[
    rule(
        "require-concurrent-index-creation",
        Level::Warning,
        "an index that is built while writes to its table wait",
        &["CREATE INDEX rooms_by_floor ON rooms (floor);\n"],
        &["CREATE INDEX CONCURRENTLY rooms_by_floor ON rooms (floor);\n"],
    ),
    rule(
        "require-concurrent-index-deletion",
        Level::Note,
        "an index that is dropped while its table waits",
        &["DROP INDEX rooms_by_floor;\n"],
        &["DROP INDEX CONCURRENTLY rooms_by_floor;\n"],
    ),
    rule(
        "require-concurrent-reindex",
        Level::Warning,
        "an index that is rebuilt while its table waits",
        &["REINDEX INDEX rooms_by_floor;\n"],
        &["REINDEX INDEX CONCURRENTLY rooms_by_floor;\n"],
    ),
    rule(
        "require-concurrent-partition-detach",
        Level::Warning,
        "a partition that is detached while its table waits",
        &["ALTER TABLE stays DETACH PARTITION stays_2025;\n"],
        &["ALTER TABLE stays DETACH PARTITION stays_2025 CONCURRENTLY;\n"],
    ),
    rule(
        "constraint-missing-not-valid",
        Level::Warning,
        "a constraint that is checked against every row while the table waits",
        &["ALTER TABLE rooms ADD CONSTRAINT floor_is_real CHECK (floor > 0);\n"],
        &["ALTER TABLE rooms ADD CONSTRAINT floor_is_real CHECK (floor > 0) NOT VALID;\n"],
    ),
    rule(
        "adding-foreign-key-constraint",
        Level::Warning,
        "a foreign key that is checked against every row while both tables wait",
        &["ALTER TABLE rooms ADD CONSTRAINT in_house FOREIGN KEY (house) REFERENCES houses (id);\n"],
        &["ALTER TABLE rooms ADD CONSTRAINT in_house FOREIGN KEY (house) REFERENCES houses (id) NOT VALID;\n"],
    ),
    rule(
        "disallowed-unique-constraint",
        Level::Warning,
        "a unique constraint whose index is built while the table waits",
        &["ALTER TABLE rooms ADD CONSTRAINT one_number UNIQUE (number);\n"],
        &["ALTER TABLE rooms ADD CONSTRAINT one_number UNIQUE USING INDEX rooms_by_number;\n"],
    ),
    rule(
        "adding-serial-primary-key-field",
        Level::Warning,
        "a primary key whose index is built while the table waits",
        &["ALTER TABLE rooms ADD PRIMARY KEY (id);\n"],
        &["ALTER TABLE rooms ADD CONSTRAINT rooms_id PRIMARY KEY USING INDEX rooms_by_id;\n"],
    ),
    rule(
        "changing-column-type",
        Level::Warning,
        "a type that changes: the table may be rewritten, and programs may not expect it",
        &["ALTER TABLE rooms ALTER COLUMN floor TYPE text;\n"],
        &["ALTER TABLE rooms ADD COLUMN floor_name text;\n"],
    ),
    rule(
        "adding-not-nullable-field",
        Level::Warning,
        "SET NOT NULL, which reads every row while the table waits",
        &["ALTER TABLE rooms ALTER COLUMN floor SET NOT NULL;\n"],
        &["ALTER TABLE rooms ALTER COLUMN floor SET DEFAULT 1;\n"],
    ),
    rule(
        "adding-required-field",
        Level::Warning,
        "a NOT NULL column without a default, which fails if the table has rows",
        &["ALTER TABLE rooms ADD COLUMN floor bigint NOT NULL;\n"],
        &["ALTER TABLE rooms ADD COLUMN floor bigint NOT NULL DEFAULT 1;\n"],
    ),
    rule(
        "adding-field-with-default",
        Level::Warning,
        "a column whose default is computed for every row while the table waits",
        &["ALTER TABLE rooms ADD COLUMN drawn double precision DEFAULT random();\n"],
        &["ALTER TABLE rooms ADD COLUMN floor bigint DEFAULT 1;\n"],
    ),
    rule(
        "ban-alter-domain-with-add-constraint",
        Level::Warning,
        "a constraint on a domain, checked against every column that uses it",
        &["ALTER DOMAIN room_number ADD CONSTRAINT positive CHECK (VALUE > 0);\n"],
        &["CREATE TABLE rooms (number bigint CHECK (number > 0));\n"],
    ),
    rule(
        "ban-truncate-cascade",
        Level::Warning,
        "TRUNCATE … CASCADE, which empties tables that are not named",
        &["TRUNCATE rooms CASCADE;\n"],
        &["TRUNCATE rooms;\n"],
    ),
    rule(
        "ban-drop-database",
        Level::Error,
        "a migration that drops a database",
        &["DROP DATABASE booking;\n"],
        &["CREATE TABLE rooms (id bigint);\n"],
    ),
    rule(
        "ban-drop-schema",
        Level::Warning,
        "a migration that drops a schema",
        &["DROP SCHEMA booking;\n"],
        &["CREATE SCHEMA booking;\n"],
    ),
    rule(
        "ban-duplicate-column-assignments",
        Level::Error,
        "an UPDATE that sets one column twice, which PostgreSQL refuses",
        &["UPDATE rooms SET floor = 1, floor = 2;\n"],
        &["UPDATE rooms SET floor = 2;\n"],
    ),
    rule(
        "renaming-column",
        Level::Note,
        "a column that is renamed under programs that use its old name",
        &["ALTER TABLE rooms RENAME COLUMN floor TO storey;\n"],
        &["ALTER TABLE rooms ADD COLUMN storey bigint;\n"],
    ),
    rule(
        "renaming-table",
        Level::Note,
        "a table that is renamed under programs that use its old name",
        &["ALTER TABLE rooms RENAME TO chambers;\n"],
        &["CREATE VIEW chambers AS SELECT id FROM rooms;\n"],
    ),
    rule(
        "ban-drop-column",
        Level::Note,
        "a column that is dropped under programs that may still use it",
        &["ALTER TABLE rooms DROP COLUMN floor;\n"],
        &["ALTER TABLE rooms ADD COLUMN storey bigint;\n"],
    ),
    rule(
        "ban-drop-table",
        Level::Note,
        "a table that is dropped under programs that may still use it",
        &["DROP TABLE rooms;\n"],
        &["CREATE TABLE chambers (id bigint);\n"],
    ),
    rule(
        "ban-drop-not-null",
        Level::Note,
        "a column that may be null from now on",
        &["ALTER TABLE rooms ALTER COLUMN floor DROP NOT NULL;\n"],
        &["ALTER TABLE rooms ALTER COLUMN floor SET DEFAULT 1;\n"],
    ),
    off("ban-char-field", "a column of type char, which is padded with spaces"),
    off("prefer-bigint-over-int", "an id that may run out of numbers"),
    off("prefer-bigint-over-smallint", "an id that may run out of numbers"),
    off("prefer-identity", "serial where an identity column would do"),
    off("prefer-text-field", "varchar(n) where text would do"),
    off("prefer-timestamp-tz", "timestamp without time zone"),
    off("prefer-repack", "VACUUM FULL or CLUSTER where pg_repack would do"),
    off(
        "prefer-robust-stmts",
        "no IF [NOT] EXISTS. Counterfoil records each step, so a migration that failed goes on where it stopped",
    ),
    off("require-lock-timeout", "no lock_timeout. Counterfoil sets one for every step"),
    off("require-statement-timeout", "no statement_timeout"),
    off("require-table-schema", "a table without its schema"),
    off("require-enum-value-ordering", "a new value of an enum without BEFORE or AFTER"),
    off("ban-create-domain-with-constraint", "a domain with a constraint"),
    off("ban-drop-view", "a view that is dropped"),
    off("ban-drop-function", "a function that is dropped"),
    off("ban-drop-type", "a type that is dropped"),
    off("ban-drop-default", "a default that is dropped"),
    off("ban-drop-trigger", "a trigger that is dropped"),
    off("ban-drop-sequence", "a sequence that is dropped"),
    off("ban-drop-domain", "a domain that is dropped"),
    off("ban-drop-constraint", "a constraint that is dropped"),
    off("ban-drop-generated-expression", "a generated column that becomes an ordinary one"),
    off("ban-drop-extension", "an extension that is dropped"),
    off("ban-drop-index", "an index that is dropped"),
    off("ban-drop-policy", "a policy that is dropped"),
    off("renaming-object", "an object that is renamed"),
    off("ban-set-schema", "an object that moves to another schema"),
    off("ban-set-default", "a default that changes"),
    off("ban-alter-identity", "an identity column that changes"),
    off("ban-alter-generated-expression", "a generated column whose expression changes"),
    off("ban-disable-trigger", "a trigger that is switched off"),
    off("ban-replica-identity", "a table whose replica identity changes"),
    off("ban-revoke", "a right that is taken away"),
    off("ban-replace-view-function", "a view or function that is replaced"),
    off("ban-alter-policy-condition", "a policy whose condition changes"),
    off("ban-alter-policy-roles", "a policy whose roles change"),
    off("ban-create-policy", "a new policy"),
    off("ban-alter-function-options", "options of a function that change"),
    off("ban-alter-view-options", "options of a view that change"),
    off("ban-alter-role-options", "options of a role that change"),
    off("ban-alter-database-options", "options of a database that change"),
    off("ban-alter-row-level-security", "row level security that is switched"),
    off("ban-new-write-restriction", "a new restriction on what may be written"),
    off("ban-add-enum-value", "a new value of an enum"),
    off("ban-add-composite-attribute", "a new attribute of a composite type"),
    off("ban-add-column", "a new column"),
    off("ban-detach-inheritance", "a table that no longer inherits"),
    off("ban-alter-sequence-values", "a sequence whose values change"),
    off("ban-alter-system-options", "ALTER SYSTEM"),
    off("ban-alter-extension", "an extension that changes"),
];

const fn rule(
    code: &'static str,
    level: Level,
    summary: &'static str,
    bad: &'static [&'static str],
    good: &'static [&'static str],
) -> Rule {
    Rule { code, level, summary, why: "", bad, good }
}

const fn off(code: &'static str, summary: &'static str) -> Rule {
    Rule { code, level: Level::Off, summary, why: "", bad: &[], good: &[] }
}
