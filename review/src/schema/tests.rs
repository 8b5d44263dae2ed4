//! What belongs to more than one file of the module. That the query reads what is there is tested on real databases.

use super::*;
use counterfoil::Code;

fn snapshot(version: u32, facts: &[(&str, &str, &str)]) -> Snapshot {
    let server = format!("{{\"version\":{version},\"roles\":[\"postgres\",\"reader\"]}}");
    let mut rows: Vec<_> = facts.iter().map(|(a, b, c)| (a.to_string(), b.to_string(), c.to_string())).collect();
    rows.push(("server".into(), String::new(), server));
    Snapshot::of_rows(rows).expect("a snapshot")
}

fn lines(all: &[Difference]) -> Vec<&str> {
    all.iter().map(|difference| difference.message.as_str()).collect()
}

#[test]
fn an_empty_schema_is_an_error() {
    let server = ("server".to_owned(), String::new(), "{\"version\":180004}".to_owned());
    let public = ("schema".to_owned(), "public".to_owned(), "{}".to_owned());
    let error = Snapshot::of_rows([server, public]).expect_err("it is empty");
    assert_eq!(error.code(), Code::InvalidInput);
    assert!(error.message().starts_with("there is nothing in this schema"));
}

#[test]
fn a_file_comes_back_as_it_was() {
    let taken = snapshot(180_004, &[("table", "app.t", "{}"), ("column", "app.t.\"a b\"", r#"{"type":"text"}"#)]);
    let read = |json: &str| serde_json::from_str::<Snapshot>(json);
    let json = serde_json::to_string(&taken).expect("JSON");
    assert_eq!(read(&json).ok(), Some(taken));
    assert!(read("{}").is_err());
    assert!(read(r#"{"counterfoil":"snapshot","server":{"version":1},"facts":[]}"#).is_err());
}

#[test]
fn what_differs_is_named() {
    let a = snapshot(
        180_004,
        &[
            ("table", "t", "{}"),
            ("column", "t.a", r#"{"of":"t","type":"text","not null":true,"position":1}"#),
            ("column", "t.b", r#"{"of":"t","type":"text","position":2}"#),
            ("index", "i", "{}"),
        ],
    );
    let b = snapshot(
        180_004,
        &[
            ("table", "t", r#"{"owner":"reader"}"#),
            ("column", "t.a", r#"{"of":"t","type":"integer","position":3}"#),
            ("column", "t.b", r#"{"of":"t","type":"text","default":"NULL::text","position":1}"#),
            ("column", "t.c", r#"{"of":"t","type":"text","position":2}"#),
        ],
    );
    let found = diff(&a, &b, &[]);
    assert_eq!(
        lines(&found.differences),
        [
            "column t.a: may be null; type is integer, expected text",
            "index i is not there",
            "column t.c is not expected"
        ]
    );
    assert_eq!(
        lines(&found.notes),
        ["table t: has owner reader", r#"table t: order of columns is ["t.b","t.a"], expected ["t.a","t.b"]"#]
    );
    assert_eq!(diff(&a, &a, &[]), Differences::default());
}

#[test]
fn privileges_of_a_version_or_a_role_that_the_other_side_lacks_are_not_compared() {
    let table = ("table", "t", "{}");
    let new = snapshot(
        180_004,
        &[
            table,
            ("privileges", "table t", r#"{"reader":{"more":["MAINTAIN","SELECT"]},"stranger":{"more":["SELECT"]}}"#),
        ],
    );
    let old = snapshot(150_018, &[table, ("privileges", "table t", r#"{"reader":{"more":["SELECT"]}}"#)]);
    let found = diff(&new, &old, &[]);
    assert_eq!(lines(&found.differences), Vec::<&str>::new());
    assert_eq!(found.not_compared, ["privileges of the role stranger, which is on one server only"]);
    let other = snapshot(180_004, &[table, ("privileges", "table t", r#"{"public":{"more":["SELECT"]}}"#)]);
    assert_eq!(diff(&old, &other, &[]).differences.len(), 1);
    assert_eq!(diff(&old, &other, &[Ignore::Privileges]).differences, []);
}

#[test]
fn partitions_of_another_day_are_notes() {
    let of = |day: &str| {
        let name = format!("tasks_{}", day.replace('-', ""));
        let column = format!("{name}.id");
        let partition = format!(r#"{{"bound":"FOR VALUES FROM ('{day}')","dated":"near","inherits":["tasks"]}}"#);
        let facts =
            [("table", "tasks", "{}"), ("table", &*name, &*partition), ("column", &*column, r#"{"type":"bigint"}"#)];
        snapshot(180_004, &facts)
    };
    let found = diff(&of("2026-11-26"), &of("2026-11-27"), &[]);
    assert_eq!(lines(&found.differences), Vec::<&str>::new());
    assert_eq!(found.notes.len(), 4);
    // Only what is otherwise the same.
    let mut more = of("2026-11-27");
    let (kind, name) = ("constraint".to_owned(), "tasks_20261127.tasks_20261127_id_check".to_owned());
    more.facts.insert(Fact { kind, name }, serde_json::Map::new());
    let extra = "constraint tasks_20261127.tasks_20261127_id_check is not expected";
    assert_eq!(lines(&diff(&of("2026-11-26"), &more, &[]).differences), [extra]);
    assert_eq!(diff(&more, &of("2026-11-26"), &[]).differences.len(), 1);
    assert_eq!(diff(&more, &of("2026-11-27"), &[]).differences.len(), 1);
}

fn partitions(days: &[(&str, &str, &str)]) -> Snapshot {
    let facts: Vec<(String, String)> = days
        .iter()
        .map(|(name, bound, dated)| {
            let dated = if dated.is_empty() { String::new() } else { format!(r#","dated":"{dated}""#) };
            (format!("log_{name}"), format!(r#"{{"bound":"FOR VALUES {bound}","inherits":["log"]{dated}}}"#))
        })
        .collect();
    let mut all = vec![("table", "log", "{}")];
    all.extend(facts.iter().map(|(name, data)| ("table", &**name, &**data)));
    snapshot(180_004, &all)
}

#[test]
fn one_partition_stands_for_one() {
    let may = ("202605", "FROM ('2026-05-01') TO ('2026-06-01')", "past");
    let october = ("202610", "FROM ('2026-10-01') TO ('2026-11-01')", "near");
    let november = ("202611", "FROM ('2026-11-01') TO ('2026-12-01')", "near");
    let far = ("209901", "FROM ('2099-01-01') TO ('2099-02-01')", "");
    let found = diff(&partitions(&[october, november]), &partitions(&[may]), &[]);
    assert_eq!(lines(&found.differences), ["table log_202611 is not there"]);
    assert_eq!(lines(&found.notes), ["table log_202610 is not there", "table log_202605 is not expected"]);
    // What is expected is of no day but that of the replay, and what is there of none far ahead.
    for (expected, there) in [(may, november), (november, far)] {
        let found = diff(&partitions(&[expected]), &partitions(&[there]), &[]);
        assert_eq!((found.differences.len(), found.notes.len()), (2, 0), "{expected:?}");
    }
}

#[test]
fn a_number_is_no_date() {
    let of = |tenant: &str| partitions(&[(tenant, &format!("IN ({tenant})"), "near")]);
    assert_eq!(diff(&of("100001"), &of("100002"), &[]).differences.len(), 2);
    assert_eq!(diff(&of("202611"), &of("202612"), &[]).differences.len(), 2);
}

#[test]
fn whose_rights_a_view_or_a_function_has_is_a_difference_where_the_migrations_say_it() {
    let of = |owner: &str, most: &str, runner: &str| {
        let owner = format!(r#""owner":"{owner}""#);
        let facts = [
            ("table", "t", format!("{{{owner}}}")),
            ("view", "v", format!("{{{owner}}}")),
            ("view", "w", format!(r#"{{{owner},"options":["security_invoker=true"]}}"#)),
            (
                "function",
                "f()",
                format!(r#"{{{owner},"definition":"CREATE FUNCTION f()\n STABLE SECURITY DEFINER\nAS $$\n"}}"#),
            ),
            (
                "function",
                "g()",
                format!(r#"{{{owner},"definition":"CREATE FUNCTION g()\n STABLE\nAS $$\n SECURITY DEFINER"}}"#),
            ),
        ];
        let mut it = snapshot(180_004, &facts.each_ref().map(|(kind, name, data)| (*kind, *name, &**data)));
        (it.server.owner, it.server.runner) = (Some(most.to_owned()), Some(runner.to_owned()));
        it
    };
    let told = of("boss", "postgres", "postgres");
    let found = diff(&told, &of("<owner>", "deployer", "deployer"), &[]);
    assert_eq!(
        lines(&found.differences),
        ["function f(): owner is <owner>, expected boss", "view v: owner is <owner>, expected boss"]
    );
    assert_eq!(found.notes.len(), 3);
    assert_eq!(diff(&told, &of("clerk", "deployer", "deployer"), &[]).differences.len(), 2);
    assert_eq!(diff(&told, &told, &[]), Differences::default());
    // Where they belong to the same role, and where nobody but the runner was named.
    for (expected, there) in [
        (&told, of("<owner>", "boss", "boss")),
        (&of("<owner>", "postgres", "postgres"), of("clerk", "deployer", "deployer")),
        (&of("postgres", "app", "postgres"), of("deployer", "app", "deployer")),
    ] {
        assert_eq!(diff(expected, &there, &[]).differences, []);
    }
    assert_eq!(diff(&told, &of("clerk", "deployer", "deployer"), &[Ignore::Owners]), Differences::default());
}

#[test]
fn a_default_of_null_is_none_unless_the_type_has_another() {
    let of = |column: &str| {
        let facts = [
            ("domain", "d", r#"{"default":"5"}"#),
            ("domain", "e", "{}"),
            ("table", "t", "{}"),
            ("column", "t.a", column),
        ];
        snapshot(180_004, &facts)
    };
    for (kind, different) in [("d", 1), ("e", 0), ("integer", 0)] {
        let plain = of(&format!(r#"{{"of":"t","type":"{kind}"}}"#));
        let null = of(&format!(r#"{{"of":"t","type":"{kind}","default":"NULL::integer"}}"#));
        assert_eq!(diff(&plain, &null, &[]).differences.len(), different, "{kind}");
    }
}

#[test]
fn a_partition_has_the_identity_of_its_table_since_17() {
    let of = |version: u32, identity: &str| {
        let column = format!(r#"{{"of":"tasks_old","type":"bigint"{identity}}}"#);
        let plain = format!(r#"{{"of":"plain","type":"bigint"{identity}}}"#);
        let bound = r#"{"bound":"DEFAULT","inherits":["tasks"]}"#;
        let facts = [
            ("table", "tasks_old", bound),
            ("column", "tasks_old.id", &*column),
            ("table", "plain", "{}"),
            ("column", "plain.id", &*plain),
        ];
        snapshot(version, &facts)
    };
    let always = r#","identity":"always""#;
    let found = diff(&of(180_004, always), &of(150_018, ""), &[]);
    assert_eq!(lines(&found.differences), ["column plain.id: has no identity, expected always"]);
    assert_eq!(diff(&of(180_004, always), &of(170_010, ""), &[]).differences.len(), 2);
}

#[test]
fn an_extension_that_a_server_does_not_offer_is_not_compared() {
    let table = ("table", "t", "{}");
    let mut small = snapshot(180_004, &[table]);
    let large = snapshot(180_004, &[table, ("extension", "pg_net", "{}"), ("extension", "hstore", "{}")]);
    assert_eq!(diff(&small, &large, &[]).differences.len(), 2);
    small.server.extensions = Some(vec!["hstore".to_owned()]);
    let found = diff(&small, &large, &[]);
    assert_eq!(lines(&found.differences), ["extension hstore is not expected"]);
    assert_eq!(found.not_compared, ["the extension pg_net, which one of the servers does not offer"]);
    // What is expected has to be there, whoever could have it.
    assert_eq!(diff(&large, &small, &[]).differences.len(), 2);
}

#[test]
fn options_that_a_role_may_not_see_are_not_compared() {
    let of = |data: &str| snapshot(180_004, &[("table", "t", "{}"), ("user mapping", "clerk at far", data)]);
    let found = diff(&of(r#"{"options digest":"a"}"#), &of(r#"{"hidden":true}"#), &[]);
    assert_eq!((found.differences.len(), found.notes.len()), (0, 0));
    assert_eq!(found.not_compared, ["options of the user mapping clerk at far, which this role may not see"]);
}
