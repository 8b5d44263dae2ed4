//! `next`: what a new migration is called.

use super::message::{Answer, given, text};
use crate::guard::renumber;
use counterfoil::convention::Convention;
use counterfoil::version::next::Now;
use serde::{Deserialize, Serialize};

/// A set, and the time.
#[derive(Deserialize)]
struct Request {
    convention: String,
    /// Paths of migrations, in the order in which they are applied.
    migrations: Vec<String>,
    /// Paths of all files.
    files: Vec<String>,
    /// Such as `2026-01-31T12:00:00.000Z`.
    now: String,
}

/// Where the new one belongs, and how its name starts.
#[derive(Serialize)]
struct Next<'a> {
    /// The path of the migration beside which it belongs.
    newest: &'a str,
    /// What stands before its own name.
    start: String,
}

/// `{ convention, migrations, files, now }` in; out `{ newest, start }`, or `null` if no migration has a number.
///
/// # Errors
///
/// `invalid-input` if what comes in has another form, or `now` is not a time.
pub fn next(json: &str) -> Answer {
    let Request { convention, migrations, files, now } = given(json, "the set")?;
    let (convention, now) = (convention.parse::<Convention>()?, Now::read(&now)?);
    let found = renumber::after(convention, &migrations, &files, &now);
    text(&found.map(|(newest, start)| Next { newest, start }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn starts(convention: &str, paths: &[&str], expected: &str) {
        let json = serde_json::json!({
            "convention": convention, "migrations": paths, "files": paths, "now": "2026-03-01T08:30:00.123Z",
        });
        assert_eq!(next(&json.to_string()).expect("it can be read"), expected, "{convention} {paths:?}");
    }

    #[test]
    fn a_new_migration_is_called_as_the_others_are() {
        starts("dbmate", &["20250101000000_a.sql"], r#"{"newest":"20250101000000_a.sql","start":"20260301083000_"}"#);
        starts("plain", &["a/0009_a.sql", "b/x.sql"], r#"{"newest":"a/0009_a.sql","start":"0010_"}"#);
        starts("sql-migrate", &["1-a.sql"], r#"{"newest":"1-a.sql","start":"2-"}"#);
        starts("flyway", &["V1.2__a.sql", "R__v.sql"], r#"{"newest":"V1.2__a.sql","start":"V1.3__"}"#);
        starts(
            "diesel",
            &["2024-01-31-120000_a/up.sql"],
            r#"{"newest":"2024-01-31-120000_a/up.sql","start":"2026-03-01-083000_"}"#,
        );
        // The newest is so by text.
        starts(
            "diesel",
            &["2020-02-03-040506_a/up.sql", "2020-12-7-190800_b/up.sql"],
            r#"{"newest":"2020-12-7-190800_b/up.sql","start":"2020-12-7-190801_"}"#,
        );
        // Not as Diesel writes it, but as it reads it: a shorter number would come before.
        starts(
            "diesel",
            &["20240131-120000_a/up.sql"],
            r#"{"newest":"20240131-120000_a/up.sql","start":"20260301-083000_"}"#,
        );
        starts("refinery", &["V1__a.sql", "U02__b.sql"], r#"{"newest":"U02__b.sql","start":"U03__"}"#);
        starts("graphile-migrate", &["committed/000009.sql"], r#"{"newest":"committed/000009.sql","start":"000010-"}"#);
        // A date of 17 digits is earlier than what comes after it by its milliseconds. `date -u -d 2026-03-01T08:30:00Z +%s`
        starts(
            "node-pg-migrate",
            &["20240102000000000_a.sql", "1704240000000_b.sql"],
            r#"{"newest":"1704240000000_b.sql","start":"1772353800123_"}"#,
        );
        starts("plain", &["add_users.sql"], "null");
        starts("plain", &[], "null");
    }

    #[test]
    fn files_that_are_not_migrations_count_where_their_tool_would_meet_them() {
        let next = |convention: &str, files: &[&str]| {
            let json = serde_json::json!({
                "convention": convention, "migrations": files[..1], "files": files, "now": "2026-03-01T08:30:00Z",
            });
            next(&json.to_string()).expect("it can be read")
        };
        assert!(next("goose", &["m/1_a.sql", "m/2_b.go", "other/7_c.sql"]).contains(r#""start":"3_""#));
        assert!(
            next("flyway", &["m/V1__a.sql", "m/V2__b.java", "other/V7__c.sql", "m/U9__a.sql", "m/v9__a.sql"])
                .contains(r#""start":"V8__""#)
        );
        // What has a letter in its version has none, wherever a byte of it ends.
        for other in ["m/V1_draft2__b.java", "m/VA2__b.md", "m/Vé3__b.java", "m/V1.5-rc__b.java", "m/V1.__b.java"] {
            assert!(next("flyway", &["m/V1__a.sql", other]).contains(r#""start":"V2__""#), "{other}");
        }
        // refinery counts both letters together, in SQL and in Rust, in every folder.
        for other in ["U7__b.sql", "other/V7__c.sql", "V7__d.rs"] {
            assert!(next("refinery", &["V1__a.sql", other]).contains(r#""start":"V8__""#), "{other}");
        }
        // The highest is told by number, and its folder is the migration.
        assert!(next("prisma", &["m/9_a/migration.sql", "m/10_b/migration.sql"]).contains(r#""start":"11_""#));
    }
}
