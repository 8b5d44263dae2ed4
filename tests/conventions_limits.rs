//! Any set of files is a catalog or a typed error; the order of the files does not matter; huge sets
//! are read to their end.

use counterfoil::convention::{self, Convention};
use proptest::prelude::*;

/// Paths that look like those of migrations, and some that do not.
fn path() -> impl Strategy<Value = String> {
    let folder = prop_oneof![
        Just(""),
        Just("m/"),
        Just("m/meta/"),
        Just("m/.counterfoil/"),
        Just("m/1_a/"),
        Just("m/2024-01-01-1_b/"),
        Just("./"),
        Just("..\\"),
        Just("supabase/migrations/"),
        Just("/"),
        Just("__proto__/"),
    ];
    let name = prop_oneof![
        "[VRUB]?[0-9]{0,3}[._-]{0,2}[a-z]{0,2}(\\.up|\\.down)?\\.(sql|SQL|go|json|conf)",
        Just("migration.sql".to_owned()),
        Just("up.sql".to_owned()),
        Just("down.sql".to_owned()),
        Just("metadata.toml".to_owned()),
        Just("_journal.json".to_owned()),
        Just("snapshot.json".to_owned()),
        Just("migration_lock.toml".to_owned()),
        Just("1_a.json".to_owned()),
        Just(".sql".to_owned()),
        Just("constructor".to_owned()),
        "\\PC{0,8}",
    ];
    (folder, name).prop_map(|(folder, name)| format!("{folder}{name}"))
}

/// Texts made of the parts that readers look for.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("-- migrate:up\n"),
        Just("-- migrate:down transaction:false\n"),
        Just("-- +goose Up\n"),
        Just("-- +goose Down\n"),
        Just("-- +goose StatementBegin\n"),
        Just("-- +goose StatementEnd\n"),
        Just("-- +goose NO TRANSACTION\n"),
        Just("-- +goose ENVSUB ON\n"),
        Just("-- +migrate Up notransaction\n"),
        Just("-- +migrate Down\n"),
        Just("-- no-transaction\n"),
        Just("--> statement-breakpoint"),
        Just("select 1;\n"),
        Just("'"),
        Just("\""),
        Just("$$"),
        Just("$a$"),
        Just("/*"),
        Just("*/"),
        Just("\\"),
        Just("\n"),
        Just("\r\n"),
        Just("\r"),
        Just("\u{feff}"),
        Just("é😀"),
        Just("\0"),
        Just("${x}"),
        Just("E'"),
        Just("--"),
        Just(" "),
        Just("{\"entries\":[{\"tag\":\"1_a\",\"when\":1}]}"),
        Just("{\"replaces\":[]}"),
        Just("run_in_transaction = false\n"),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

fn set() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((path(), text()), 0..8)
}

fn forced() -> impl Strategy<Value = Option<Convention>> {
    prop::option::of(prop::sample::select(Convention::all().collect::<Vec<_>>()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_set_is_a_catalog_or_an_error_whatever_its_order(files in set(), forced in forced()) {
        let read = convention::read(&files, forced);
        let mut turned = files.clone();
        turned.reverse();
        prop_assert_eq!(&convention::read(&turned, forced), &read);
        match read {
            Err(error) => {
                prop_assert!(!error.message().is_empty() && !error.help().is_empty());
                if let Some(at) = error.location() {
                    prop_assert!(files.iter().any(|(path, _)| *path == at.path), "{at}");
                }
            }
            Ok(catalog) => {
                prop_assert!(catalog.migrations.len() <= files.len() + 8);
                for migration in &catalog.migrations {
                    prop_assert_eq!(&migration.checksum, &counterfoil::checksum::checksum(&migration.up.text));
                    for section in std::iter::once(&migration.up).chain(&migration.down) {
                        // A section is a part of its file, where it says it is.
                        let (_, text) = files.iter().find(|(path, _)| *path == section.path).expect("its file");
                        let text = counterfoil::checksum::canonical(text);
                        let start: usize =
                            text.split_inclusive('\n').take(section.line as usize - 1).map(str::len).sum();
                        prop_assert!(text[start..].starts_with(&section.text));
                        for span in &section.breaks {
                            prop_assert!(span.slice(&section.text).starts_with("--"));
                            prop_assert!(!span.slice(&section.text).contains('\n'));
                        }
                    }
                }
                for pair in catalog.migrations.windows(2) {
                    prop_assert!(pair[0].repeatable <= pair[1].repeatable);
                    if catalog.convention != Convention::Drizzle && !pair[1].repeatable {
                        prop_assert!(pair[0].version <= pair[1].version);
                    }
                }
            }
        }
    }

    #[test]
    fn any_text_can_be_anything(files in prop::collection::vec((any::<String>(), any::<String>()), 0..6), forced in forced()) {
        let _ = convention::read(&files, forced);
    }
}

/// Reads a set of a size at which a reader that is quadratic in it would not end while anybody
/// watches. How time grows with size is measured in `benches/core.rs`.
#[track_caller]
fn is_read(what: &str, make: impl Fn(usize) -> Vec<(String, String)>, size: usize) {
    let files = make(size);
    match convention::read(&files, None) {
        Ok(catalog) => assert!(catalog.migrations.len() <= files.len(), "{what}"),
        Err(error) => assert!(!error.message().is_empty() && !error.help().is_empty(), "{what}: {error}"),
    }
}

#[test]
fn a_hundred_thousand_files_are_read() {
    let numbered = |text: &'static str| {
        move |count: usize| -> Vec<(String, String)> {
            (0..count).map(|at| (format!("m/{:014}_a.sql", at * 7919 % count), text.to_owned())).collect()
        }
    };
    is_read("dbmate", numbered("-- migrate:up\nselect 'a';\n-- migrate:down\n"), 100_000);
    is_read("plain", numbered("select 1;\n"), 100_000);
    is_read("strays", |count| (0..count).map(|at| (format!("{at:x}z.sql"), String::new())).collect(), 100_000);
    is_read(
        "folders",
        |count| (0..count).map(|at| (format!("a{at}/1_a.sql"), "-- migrate:up\n".to_owned())).collect(),
        100_000,
    );
    is_read(
        "one number",
        |count| {
            (0..count).flat_map(|at| ["up", "down"].map(|half| (format!("1_{at}.{half}.sql"), String::new()))).collect()
        },
        32_000,
    );
    is_read(
        "journal",
        |count| {
            let entries: Vec<String> =
                (0..count).map(|at| format!("{{\"tag\":\"{at:06}\",\"when\":{}}}", count - at)).collect();
            let mut files: Vec<_> = (0..count).map(|at| (format!("{at:06}.sql"), String::new())).collect();
            files.push(("meta/_journal.json".to_owned(), format!("{{\"entries\":[{}]}}", entries.join(","))));
            files
        },
        64_000,
    );
    is_read(
        "chain of baselines",
        |count| {
            let sum = counterfoil::checksum::checksum("");
            let list = |at: usize| format!("{{\"replaces\":[{{\"version\":\"{at}\",\"checksum\":\"{sum}\"}}]}}");
            (1..=count)
                .flat_map(|at| {
                    [(format!("{at}_a.sql"), String::new()), (format!(".counterfoil/{at}_a.json"), list(at - 1))]
                })
                .collect()
        },
        32_000,
    );
}

#[test]
fn a_huge_file_is_read() {
    let one = |part: &'static str| {
        move |count: usize| vec![("1_a.sql".to_owned(), format!("-- +goose Up\n{}", part.repeat(count)))]
    };
    for part in [
        "-- +goose StatementBegin\nselect '';\n-- +goose StatementEnd\n",
        "----",
        "-- - ",
        "'\n-- +goose Down\n",
        "/*\n-- +goose NO TRANSACTION\n",
        "$a$\n-- +goose NO TRANSACTION\n",
        "\"\n--\t+goose\n",
        "${",
        "\r\n",
    ] {
        is_read(part, one(part), 160_000);
    }
    is_read(
        "breakpoints with text",
        |count| vec![("1_a/migration.sql".to_owned(), "select 1;--> statement-breakpoint x\n".repeat(count))],
        160_000,
    );
    is_read("a long path", |count| vec![(format!("{}1_a.sql", "a/".repeat(count)), String::new())], 800_000);
    is_read("a long number", |count| vec![(format!("{}_a.sql", "1".repeat(count)), String::new())], 800_000);
}
