//! What holds for every change: against a slow and plain oracle, and on inputs that mean no good.

use counterfoil_review::guard::{self, Branch, Change, Edit, Files, Options, Registers, Set, Track, Verdict};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn verdict(change: &Change) -> Verdict {
    guard::check(change, &options()).unwrap_or_else(|error| panic!("{error}; {}", error.help()))
}

fn options() -> Options {
    let track = |glob: &str, registers| Track { files: vec![glob.to_owned()], ignore: vec![], registers, ddl: None };
    let tracks = [
        ("sql".to_owned(), track("sql/**", Registers::File)),
        ("list".to_owned(), track("*.py", Registers::Line(r"^\s*\(\d+,".to_owned()))),
    ];
    Options { tracks: tracks.into(), ..Options::default() }
}

fn codes(verdict: &Verdict) -> Vec<(&str, &str)> {
    verdict.findings.iter().map(|finding| (&*finding.code, finding.at.as_ref().map_or("", |at| &*at.path))).collect()
}

/// A file of a set: its number, how many zeros come before it, its name, its text.
type Name = (u8, u8, u8, u8);

fn file(&(number, zeros, name, text): &Name) -> (String, String) {
    let zeros = "0".repeat(usize::from(zeros));
    (format!("db/{zeros}{number}_{}.sql", char::from(b'a' + name)), format!("select {text};\n"))
}

fn names(count: usize) -> impl Strategy<Value = Vec<Name>> {
    prop::collection::vec((1..7_u8, 0..2_u8, 0..3_u8, 0..3_u8), 0..count)
}

/// A shipped set with numbers that nothing else has, and what two branches add to it.
fn two_branches() -> impl Strategy<Value = (Files, Files, Files)> {
    (prop::collection::btree_set(1..7_u8, 0..4), names(5), names(5)).prop_map(|(shipped, mine, theirs)| {
        let base: Files = shipped.iter().map(|number| file(&(*number, 0, 9, 0))).collect();
        let with = |more: &[Name]| base.clone().into_iter().chain(more.iter().map(file)).collect::<Files>();
        (base.clone(), with(&mine), with(&theirs))
    })
}

fn number(path: &str) -> u64 {
    path.trim_start_matches("db/").split('_').next().unwrap_or("").parse().expect("a number")
}

fn change(base: &Files, head: &Files, target: Option<&Files>) -> Change {
    let set = Set {
        dir: "db".to_owned(),
        convention: Some("plain".to_owned()),
        base: base.clone(),
        head: head.clone(),
        target: target.cloned(),
        against: Vec::new(),
    };
    Change { sets: vec![set], ..Change::default() }
}

/// By comparing every file with every other one: the files that collide, and those that come late.
fn expected(base: &Files, head: &Files, target: &Files) -> (Vec<String>, Vec<String>) {
    let is_new =
        |path: &str, text: &str| !base.contains_key(path) && target.get(path).is_none_or(|other| other != text);
    let newest = target.keys().map(|path| number(path)).max().unwrap_or(0);
    let (mut collides, mut late) = (Vec::new(), Vec::new());
    for (path, _) in head.iter().filter(|(path, text)| is_new(path, text)) {
        let with_target = target.keys().any(|other| number(other) == number(path));
        let earlier =
            |(other, text): (&String, &String)| number(other) == number(path) && other < path && is_new(other, text);
        if with_target || head.iter().any(earlier) {
            collides.push(path.clone());
        } else if number(path) < newest {
            late.push(path.clone());
        }
    }
    (collides, late)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn collisions_and_gaps_are_those_that_comparing_all_pairs_finds((base, head, target) in two_branches()) {
        let verdict = verdict(&change(&base, &head, Some(&target)));
        let (collides, late) = expected(&base, &head, &target);
        let found = |code: &str| -> Vec<String> {
            codes(&verdict).into_iter().filter(|(found, _)| *found == code).map(|(_, path)| path.to_owned()).collect()
        };
        prop_assert_eq!(found("version-collision"), collides);
        prop_assert_eq!(found("version-behind"), late);
        prop_assert_eq!(verdict.findings.len(), found("version-collision").len() + found("version-behind").len());
    }

    #[test]
    fn after_the_proposed_moves_nothing_is_left_and_the_order_is_kept((base, head, target) in two_branches()) {
        let verdict = verdict(&change(&base, &head, Some(&target)));
        let mut moved = head.clone();
        let mut now: BTreeMap<String, String> = head.keys().map(|path| (path.clone(), path.clone())).collect();
        for step in &verdict.renumber {
            let text = moved.remove(&step.path).expect("a file of the head");
            // No step meets a file that is still there.
            prop_assert_eq!(moved.insert(step.to.clone(), text), None);
            now.insert(step.path.clone(), step.to.clone());
        }
        let again = guard::check(&change(&base, &moved, Some(&target)), &Options::default()).expect("a verdict");
        prop_assert_eq!(codes(&again), vec![]);
        prop_assert!(again.renumber.is_empty());
        let mut new: Vec<&String> = head.keys().filter(|path| !base.contains_key(*path) && !target.contains_key(*path)).collect();
        new.sort_by_key(|path| (number(path), (*path).clone()));
        for pair in new.windows(2) {
            prop_assert!(number(&now[pair[0]]) < number(&now[pair[1]]), "{} {}", now[pair[0]], now[pair[1]]);
        }
    }

    #[test]
    fn a_change_with_itself_says_nothing((_, head, _) in two_branches()) {
        let verdict = verdict(&change(&head, &head, None));
        prop_assert_eq!(codes(&verdict), vec![]);
    }

    #[test]
    fn every_shipped_file_has_its_own_finding((base, mut head, _) in two_branches(), what in prop::collection::vec(0..4_u8, 4)) {
        let mut expected = Vec::new();
        head.retain(|path, _| base.contains_key(path));
        for ((path, text), what) in base.iter().zip(what) {
            match what {
                0 => expected.push((path.clone(), "shipped-edited", head.insert(path.clone(), format!("{text}select 9;")))),
                1 => expected.push((path.clone(), "shipped-edited-cosmetic", head.insert(path.clone(), format!("-- x\n{text}")))),
                2 => expected.push((path.clone(), "shipped-deleted", head.remove(path))),
                _ => {}
            }
        }
        let verdict = verdict(&change(&base, &head, None));
        let expected: Vec<(&str, &str)> = expected.iter().map(|(path, code, _)| (*code, path.as_str())).collect();
        prop_assert_eq!(codes(&verdict), expected);
    }

    #[test]
    fn the_order_in_which_things_are_given_does_not_matter(
        (base, head, target) in two_branches(),
        edits in prop::collection::vec((0..4_u8, ".{0,40}", ".{0,40}"), 0..6),
    ) {
        let mut given = change(&base, &head, Some(&target));
        let other = Set { dir: "other".to_owned(), ..change(&base, &target, Some(&head)).sets.remove(0) };
        given.sets.push(other);
        given.sets[0].against = vec![
            Branch { name: "x".to_owned(), files: target.clone() },
            Branch { name: "y".to_owned(), files: base.clone() },
        ];
        for (at, (path, base, head)) in edits.into_iter().enumerate() {
            let path = if path < 2 { format!("sql/{at}.sql") } else { format!("{at}.py") };
            given.edits.push(Edit { path, from: None, base: Some(base), head: Some(format!("(1,'drop table t')\n{head}")), added: vec![(2, 1), (1, 1)], ..Edit::default() });
        }
        let mut turned = given.clone();
        turned.sets.reverse();
        turned.edits.reverse();
        turned.sets.iter_mut().for_each(|set| set.against.reverse());
        turned.edits.iter_mut().for_each(|edit| edit.added.reverse());
        prop_assert_eq!(verdict(&given), verdict(&turned));
    }

    #[test]
    fn any_texts_at_all_get_a_verdict(
        paths in prop::collection::vec("(db/|sql/|a/)?[0-9VUR_.]{0,6}[a-z_.-]{0,6}(\\.up|\\.down)?(\\.sql|\\.py|\\.go|/migration\\.sql|/up\\.sql)", 1..5),
        texts in prop::collection::vec("((-- |#|'|\"|\\$\\$|/\\*|`|\\\\|def down\\(\\):\n|op\\.drop_table\\(|create table |;|\n|\\(1,|\r\n|é|\u{0}|\\)|-- migrate:up\n|-- \\+goose Up\n)[a-z ]{0,3}){0,12}", 10),
        convention in prop::option::of(prop::sample::select(counterfoil::convention::Convention::all().map(|it| it.as_str().to_owned()).collect::<Vec<_>>())),
    ) {
        let tree = |from: usize| -> Files { paths.iter().enumerate().map(|(at, path)| (path.clone(), texts[(at + from) % 10].clone())).collect() };
        let mut given = Change::default();
        let against = vec![Branch { name: "b".to_owned(), files: tree(3) }];
        given.sets.push(Set { dir: "db".to_owned(), convention, base: tree(0), head: tree(1), target: Some(tree(2)), against });
        for (path, text) in tree(4) {
            let base = tree(5).remove(&path);
            given.edits.push(Edit { path, from: None, base, head: Some(text), added: vec![(1, 9)], ..Edit::default() });
        }
        let found = verdict(&given);
        let lines = |path: &str| given.sets[0].head.get(path).or(given.sets[0].base.get(path)).map_or(1, |text| text.matches('\n').count() + 1);
        for finding in &found.findings {
            let at = finding.at.as_ref();
            prop_assert!(at.is_none_or(|at| at.line >= 1 && at.column >= 1), "{finding:?}");
            if finding.code.starts_with("shipped") {
                prop_assert!(at.is_some_and(|at| at.line as usize <= lines(&at.path)), "{finding:?}");
            }
        }
    }

    #[test]
    fn any_json_is_read_or_refused(json in ".{0,60}", field in "[a-z]{0,8}") {
        let _ = guard::given::read(&json);
        let error = guard::given::read(&format!(r#"{{ "change": {{ "x{field}": 1 }} }}"#)).expect_err("no such field");
        prop_assert!(error.message().starts_with("change"), "{}", error.message());
    }
}

/// With work that grows with the square of the input this would take hours.
#[test]
fn large_and_hostile_changes_are_judged() {
    const MANY: usize = 20_000;
    let tree = |text: &dyn Fn(usize) -> String| -> Files {
        (0..MANY).map(|at| (format!("db/{at}_a.sql"), text(at))).collect()
    };
    let renamed = |text: &dyn Fn(usize) -> String| -> Files {
        (0..MANY).map(|at| (format!("db/{}_b.sql", at + MANY), text(at))).collect()
    };
    // Everything has one content, and another name.
    let same = verdict(&change(&tree(&|_| "select 1;".to_owned()), &renamed(&|_| "select 1;".to_owned()), None));
    assert_eq!(same.findings.iter().filter(|finding| finding.code == "shipped-renamed").count(), MANY);
    // Everything is edited; everything is gone and something else is there.
    let edited = verdict(&change(&tree(&|_| "select 1;".to_owned()), &tree(&|_| "select 2;".to_owned()), None));
    assert_eq!(edited.findings.len(), MANY);
    let gone = verdict(&change(&tree(&|at| format!("select {at};")), &renamed(&|at| format!("select -{at};")), None));
    assert_eq!(gone.findings.iter().filter(|finding| finding.code == "shipped-deleted").count(), MANY);
    // Everything collides, with one file and with each other.
    let one: Files = [("db/1_a.sql".to_owned(), "select 1;".to_owned())].into();
    let head: Files = (0..MANY)
        .map(|at| (format!("db/{}1_x{at}.sql", "0".repeat(at % 7)), format!("select {at};")))
        .chain(one.clone())
        .collect();
    let collisions = verdict(&change(&one, &head, None));
    assert_eq!(collisions.findings.len(), MANY);
    assert_eq!(collisions.renumber.len(), MANY);

    for text in [
        "#\n",
        "'",
        "/*",
        "(",
        "def down():\n",
        "\"\"\"",
        "create ",
        "$a$ $b$ ",
        "execute '",
        "\\",
        "`",
        "alter table t add column ",
        "-- x\n",
        "'x' ",
        "    (1, _m_a),  # counterfoil-allow track-parity: x\n",
        "    # counterfoil-allow track-parity: x\n",
        "    (1, f),\ndef f():\n  x('create table t ()')\n",
        "def f():\n x('create table t ()')\n",
        " x('create table t ()')\n",
        "create temp table t (); drop table t; ",
        "create table if not exists ",
        "x.createTable(",
        "console.log(",
        "down(",
    ] {
        let text = text.repeat(400_000 / text.len());
        let edit = |path: &str| Edit {
            path: path.to_owned(),
            from: None,
            base: None,
            head: Some(text.clone()),
            added: vec![(1, 1); 100_000],
            ..Edit::default()
        };
        let edits = vec![edit("sql/1.sql"), edit("sql/1.ts"), edit("1.py"), edit("sql/2.py")];
        verdict(&Change { edits, ..Change::default() });
    }
    let edit = |at: usize| Edit {
        path: format!("sql/{at}.sql"),
        from: None,
        base: None,
        head: Some("create table t ()".to_owned()),
        added: vec![],
        ..Edit::default()
    };
    assert_eq!(verdict(&Change { edits: (0..MANY).map(edit).collect(), ..Change::default() }).findings.len(), 1);
}
