//! What the scripts do is tested on real databases. Here is what is told before there are any.

use super::{Keep, Request, drops, scripts};
use crate::schema::Snapshot;
use counterfoil::Code;
use std::collections::BTreeMap;

fn snapshot(facts: &[(&str, &str, &str)]) -> Snapshot {
    let mut rows: Vec<_> = facts.iter().map(|(a, b, c)| (a.to_string(), b.to_string(), c.to_string())).collect();
    rows.push(("server".into(), String::new(), r#"{"version":180004,"roles":["clerk"]}"#.into()));
    Snapshot::of_rows(rows).expect("a snapshot")
}

const STAYS: &[(&str, &str, &str)] = &[
    ("table", "app.users", "{}"),
    ("column", "app.users.id", r#"{"of":"app.users","type":"integer","not null":true,"position":1}"#),
    ("constraint", "app.users.users_pkey", r#"{"definition":"PRIMARY KEY (id)"}"#),
    ("privileges", "table app.users", r#"{"clerk":{"more":["SELECT with grant option"]}}"#),
    ("comment", "constraint app.users.users_pkey", r#"{"text":"it's one"}"#),
];

const DEAD: &[(&str, &str, &str)] = &[
    ("column", "app.users.retries", r#"{"of":"app.users","type":"integer","position":2}"#),
    (
        "column",
        "app.users.twice",
        r#"{"of":"app.users","type":"integer","generated":"(retries * 2) stored","position":3}"#,
    ),
    ("table", "app.links", "{}"),
    ("column", "app.links.\"user\"", r#"{"of":"app.links","type":"integer","position":1}"#),
    (
        "constraint",
        "app.links.links_user_fkey",
        r#"{"definition":"FOREIGN KEY (\"user\") REFERENCES app.users(id) ON DELETE CASCADE"}"#,
    ),
];

fn request(wanted: Snapshot, drop: &[&str]) -> Request {
    Request {
        chain: snapshot(&[STAYS, DEAD].concat()),
        wanted,
        drop: drop.iter().map(|name| (*name).to_owned()).collect(),
        kept: "kept_20260131".to_owned(),
        keep: Keep::Schema,
        baseline: "9".to_owned(),
        file: "9_baseline".to_owned(),
        ledger: ("public".to_owned(), "schema_migrations".to_owned()),
        dbmate: false,
        rows: BTreeMap::new(),
    }
}

const ALL: &[&str] = &["table app.links", "column app.users.retries", "column app.users.twice"];

#[test]
fn a_replay_loses_what_is_dead_with_what_stands_in_its_way_first() {
    let names: Vec<String> = ALL.iter().map(|name| (*name).to_owned()).collect();
    let found = drops(&snapshot(&[STAYS, DEAD].concat()), &names).expect("they are there");
    assert_eq!(
        found.statements,
        [
            "ALTER TABLE app.links DROP CONSTRAINT links_user_fkey;",
            "DROP TABLE app.links;",
            "ALTER TABLE app.users DROP COLUMN twice;",
            "ALTER TABLE app.users DROP COLUMN retries;",
        ]
    );
    let key = "FOREIGN KEY (\"user\") REFERENCES app.users(id) ON DELETE CASCADE";
    assert_eq!(found.uses, [format!("foreign key app.links.links_user_fkey: {key}")]);
}

#[test]
fn what_hangs_on_it_is_told_with_what_to_write() {
    let found =
        drops(&snapshot(&[STAYS, DEAD].concat()), &["column app.users.retries".to_owned()]).expect("it is there");
    assert!(found.statements.is_empty());
    let stop = &found.stops[0];
    assert_eq!(stop.message, "column app.users.twice is generated from column app.users.retries");
    assert_eq!(stop.help, "name it as well: column app.users.twice");
}

#[test]
fn what_is_not_there_is_an_error() {
    for (name, message) in [
        ("table links", "there is no table links in the schema that the migrations make"),
        ("app.links", "\"app.links\" does not say what it is"),
    ] {
        let error = drops(&snapshot(STAYS), &[name.to_owned()]).expect_err("it is not");
        assert_eq!((error.code(), error.message()), (Code::InvalidInput, message));
    }
}

#[test]
fn comments_and_privileges_are_part_of_the_scripts() {
    let mut facts = STAYS[..3].to_vec();
    facts.push(("privileges", "table app.users", r#"{"clerk":{"more":["UPDATE"]},"public":{"more":["SELECT"]}}"#));
    let found = scripts(&request(snapshot(&facts), ALL)).expect("a request");
    assert_eq!(found.stops, []);
    let has = |script: &str, lines: &[&str]| {
        for line in lines {
            assert!(script.lines().any(|there| there.trim() == *line), "{line}");
        }
    };
    has(
        &found.adopt,
        &[
            "COMMENT ON CONSTRAINT users_pkey ON app.users IS NULL;",
            r#"REVOKE SELECT ON TABLE app.users FROM "clerk";"#,
            r#"GRANT UPDATE ON TABLE app.users TO "clerk";"#,
            "GRANT SELECT ON TABLE app.users TO PUBLIC;",
        ],
    );
    has(
        &found.restore,
        &[
            "COMMENT ON CONSTRAINT users_pkey ON app.users IS 'it''s one';",
            r#"REVOKE UPDATE ON TABLE app.users FROM "clerk";"#,
            r#"GRANT SELECT ON TABLE app.users TO "clerk" WITH GRANT OPTION;"#,
            "REVOKE SELECT ON TABLE app.users FROM PUBLIC;",
        ],
    );
}

#[test]
fn nothing_is_written_if_a_difference_is_not_explained() {
    let found = scripts(&request(snapshot(&STAYS[..2]), ALL)).expect("a request");
    assert_eq!((found.adopt.as_str(), found.restore.as_str()), ("", ""));
    let messages: Vec<&str> = found.stops.iter().map(|stop| stop.message.as_str()).collect();
    assert!(
        messages.contains(&"constraint app.users.users_pkey is not expected: nothing that is named explains that"),
        "{messages:?}"
    );
}
