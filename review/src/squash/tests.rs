//! The parts of a dump are as `pg_dump` 18 writes them.

use super::*;
use serde_json::json;

const DUMP: &str = r#"--
-- PostgreSQL database dump
--

\restrict abc

-- Dumped from database version 18.4
-- Dumped by pg_dump version 18.4

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET row_security = off;

--
-- Name: app; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA app;


ALTER SCHEMA app OWNER TO postgres;

--
-- Name: EXTENSION citext; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON EXTENSION citext IS 'data type for case-insensitive character strings';

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE FUNCTION app.f() RETURNS text
    LANGUAGE sql
    AS $$
-- Name: t; Type: CONSTRAINT; Schema: app
select 'SET x = 1; ALTER TABLE t OWNER TO postgres'
$$;

--
-- Name: t; Type: TABLE; Schema: app; Owner: other
--

CREATE TABLE app.t (
    id integer NOT NULL
);


ALTER TABLE app.t OWNER TO other;
ALTER FUNCTION app.f() OWNER TO postgres;

--
-- Name: t t_pkey; Type: CONSTRAINT; Schema: app; Owner: postgres
--

ALTER TABLE ONLY app.t
    ADD CONSTRAINT t_pkey PRIMARY KEY (id);

\unrestrict abc
"#;

#[track_caller]
fn made(more: serde_json::Value) -> Baseline {
    let mut given = json!({ "dump": DUMP, "ledger": ["public", "schema_migrations"] });
    for (name, value) in more.as_object().expect("an object") {
        given[name] = value.clone();
    }
    baseline(&serde_json::from_value(given).expect("a chain")).expect("a baseline")
}

/// The first words of each statement.
fn begins(baseline: &Baseline) -> Vec<String> {
    let first = |text: &String| text.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    baseline.statements.iter().map(first).collect()
}

#[test]
fn the_head_goes_and_a_role_of_the_chain_stays_owner() {
    let found = made(json!({ "roles": [{ "name": "other" }] }));
    let expected = [
        "SET LOCAL check_function_bodies",
        "DO $$ BEGIN",
        "CREATE SCHEMA app",
        "CREATE FUNCTION app.f()",
        "CREATE TABLE app.t",
        "ALTER TABLE app.t",
        "ALTER TABLE ONLY",
    ];
    assert_eq!(begins(&found), expected);
    assert_eq!(found.statements[5], "ALTER TABLE app.t OWNER TO other");
    // A role that was there before the chain is whoever ran it.
    assert!(!made(json!({})).statements.iter().any(|text| text.starts_with("ALTER TABLE app.t OWNER")));
}

// What the pg_dump of pglite-tools 0.4.8 writes of a PGlite 0.5.17.
#[test]
fn what_a_pglite_keeps_for_itself_goes() {
    let dump = "CREATE TABLE public.a (\n    id integer NOT NULL,\n    t text\n);\n\
        ALTER TABLE ONLY public.a ALTER COLUMN id SET (pg_attver=24227864);\n\
        ALTER TABLE ONLY public.a ALTER COLUMN t SET (pg_attver=24227864, n_distinct=5);\n";
    let found = made(json!({ "dump": dump }));
    assert_eq!(found.statements.len(), 3);
    assert_eq!(found.statements[2], "ALTER TABLE ONLY public.a ALTER COLUMN t SET (n_distinct=5)");
}

#[test]
fn rows_stand_between_the_tables_and_their_keys() {
    let table = |value: &str, default: Option<&str>| {
        json!({
            "tables": [{ "name": "app.t", "columns": [{ "name": "id" }, { "name": "at", "default": default }], "key": [0],
                "rows": [["1", value], ["2", null], ["3", "it's"]] }],
            "sequences": [{ "name": "app.s", "last": "7", "called": true, "moved": true }, { "name": "app.n", "last": "1", "called": false, "moved": false }],
        })
    };
    let found = made(json!({ "contents": table("now", Some("one")), "again": table("later", Some("two")) }));
    assert_eq!(
        found.statements[4..6],
        [
            "INSERT INTO app.t (id, at) VALUES\n  ('1', DEFAULT),\n  ('2', NULL),\n  ('3', 'it''s')",
            "SELECT pg_catalog.setval('app.s', 7, true)"
        ]
    );
    assert!(found.statements[6].contains("PRIMARY KEY"));
    assert_eq!(found.not_repeatable, ["app.t.at"]);
    // A default that gives the same every time made neither value.
    let refused = made(json!({ "contents": table("now", Some("one")), "again": table("later", Some("one")) }));
    assert_eq!(refused.refused, ["app.t.at"]);
    let kept = json!({ "contents": table("now", None), "again": table("later", None), "literal": ["app.t.at"] });
    assert!(made(kept).statements[4].contains("('1', 'now')"));
}

#[test]
fn the_schema_of_the_ledger_may_be_there() {
    let found = made(json!({ "ledger": ["app", "ledger"] }));
    assert_eq!(found.statements[1], "CREATE SCHEMA IF NOT EXISTS \"app\"");
}

#[test]
fn other_places_for_tables_hold_for_the_transaction() {
    let dump = "SET default_tablespace = fast;\nCREATE TABLE a ();\nSET default_tablespace = '';\nCREATE TABLE b ();\n";
    let found = made(json!({ "dump": dump }));
    let expected = [
        "SET LOCAL check_function_bodies",
        "SET LOCAL default_tablespace",
        "CREATE TABLE a",
        "SET LOCAL default_tablespace",
        "CREATE TABLE b",
    ];
    assert_eq!(begins(&found), expected);
}

#[test]
fn rows_without_a_key_that_lasts_are_joined_by_their_order() {
    let table = |id: &str, name: &str| json!({ "tables": [{ "name": "t", "columns": [{ "name": "id", "default": id }, { "name": "name" }], "key": [0], "rows": [[id, name]] }], "sequences": [] });
    let found = made(json!({ "contents": table("x", "a"), "again": table("y", "a") }));
    assert!(found.statements.contains(&String::from("INSERT INTO t (id, name) VALUES\n  (DEFAULT, 'a')")));
}
