//! Checkpoints of Atlas: a database without a row starts from the last one, and one with rows runs none.

use super::*;

/// `FilesFromLastCheckpoint` and `SkipCheckpointFiles` of Atlas say what runs.
const FILES: &[(&str, &str)] = &[
    ("1_a.sql", "create table a ();\n"),
    ("2_b.sql", "create table b ();\n"),
    ("3_checkpoint.sql", "-- atlas:checkpoint\n\ncreate table a ();\ncreate table b ();\n"),
    ("4_c.sql", "create table c ();\n"),
    ("5_checkpoint.sql", "-- atlas:checkpoint\n\ncreate table a ();\ncreate table b ();\ncreate table c ();\n"),
    ("6_d.sql", "create table d ();\n"),
];

fn with(rows: &[Row]) -> World {
    let files: Vec<_> = FILES.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let catalog = crate::convention::read(&files, Some(Convention::Atlas)).unwrap();
    World { catalog, ledger: Ledger { exists: true, rows: rows.to_vec() }, options: Options::default() }
}

fn ran(at: usize) -> Row {
    let (version, name) = FILES[at].0.trim_end_matches(".sql").split_once('_').unwrap();
    row(version, name, FILES[at].1)
}

#[test]
fn a_new_database_starts_from_the_last_one() {
    with(&[]).finds(&[]).works(&["apply 5", "apply 6"]).goes();
}

#[test]
fn a_database_with_rows_runs_none() {
    let ran_only = |w: &World| -> Vec<String> {
        let work = w.plan().work;
        work.iter()
            .filter_map(|work| match work {
                Work::Apply { migration, .. } => Some(w.catalog.migrations[*migration].version.as_str().to_owned()),
                _ => None,
            })
            .collect()
    };
    assert_eq!(ran_only(with(&[ran(0)]).goes()), ["2", "4", "6"]);
    assert_eq!(ran_only(with(&[ran(0), ran(1)]).goes()), ["4", "6"]);
    assert_eq!(ran_only(with(&[ran(0), ran(1), ran(3)]).goes()), ["6"]);
    // One that began at the first.
    assert_eq!(ran_only(with(&[ran(2), ran(3)]).goes()), ["6"]);
    assert_eq!(ran_only(with(&[ran(4)]).goes()), ["6"]);
}
