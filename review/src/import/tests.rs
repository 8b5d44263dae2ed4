use super::IMPORTERS;
use super::importer::{Entry, Sums};
use counterfoil::ledger::Tool;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Every word for a tool, as the core knows them.
const WORDS: &str = "alembic atlas dbmate diesel django drizzle ecto flyway golang-migrate goose graphile-migrate hasura knex \
                     kysely node-pg-migrate prisma rails refinery sql-migrate sqlx supabase tern";

#[test]
fn every_tool_that_the_core_knows_has_an_importer() {
    let words: Vec<&str> = IMPORTERS.iter().filter_map(|importer| importer.tool.code()).collect();
    assert_eq!(words.join(" "), WORDS);
    let error = "other".parse::<Tool>().expect_err("nobody's word");
    let all: Vec<&str> =
        error.help().trim_start_matches("use one of ").split(", ").map(|w| &*w.to_owned().leak()).collect();
    let mut sorted = all.clone();
    sorted.sort_unstable();
    assert_eq!(sorted.join(" "), WORDS);
}

#[test]
fn queries_are_of_the_table_and_in_an_order() {
    for importer in IMPORTERS {
        assert_eq!(importer.query.matches("{}").count(), 1, "{}", importer.query);
        assert!(importer.query.contains(" order by "), "{}", importer.query);
    }
}

// The standard library's hasher is SipHash-1-3 with a key of zeros, and was what refinery used.
#[test]
fn refinery_s_sum_is_what_rust_s_hash_makes_of_name_version_and_text() {
    let Some(Sums::Each(sums)) = super::refinery::IMPORTER.sums else { panic!("it keeps sums") };
    let entry = Entry { label: "12".into(), name: Some("add_users".into()), ..Entry::default() };
    let text = "create table users (id int);\r\n";
    let expected = |hash: &dyn Fn(&mut DefaultHasher)| {
        let mut hasher = DefaultHasher::new();
        "add_users".hash(&mut hasher);
        hash(&mut hasher);
        text.hash(&mut hasher);
        hasher.finish().to_string()
    };
    let all = [expected(&|hasher| 12_i32.hash(hasher)), expected(&|hasher| 12_i64.hash(hasher))];
    assert_eq!(sums(&entry, text), all);
}
