//! A catalog that several runs share, and the digests of the ledgers that it leads to.

use crate::checksum::hex;
use crate::ledger::statements;
use crate::migration::{Catalog, Migration};
use crate::ordered::Lookup;
use sha2::{Digest, Sha256};
use std::ops::Deref;
use std::sync::Arc;

/// How much text [`Shared::prefixes`] hashes again, in bytes, where versions are not in order as
/// texts.
const MOST_AGAIN: usize = 1 << 26;

/// A catalog that several runs share, with what follows from it and is worked out once.
#[derive(Clone, Debug)]
pub struct Shared {
    catalog: Catalog,
    digest: Option<String>,
}

impl From<Catalog> for Shared {
    fn from(catalog: Catalog) -> Self {
        let digest = (!is_unclear(&catalog)).then(|| statements::digest_of(lines(&catalog).into_iter().flatten()));
        Shared { digest, catalog }
    }
}

impl From<Catalog> for Arc<Shared> {
    fn from(catalog: Catalog) -> Self {
        Arc::new(catalog.into())
    }
}

impl Deref for Shared {
    type Target = Catalog;

    fn deref(&self) -> &Catalog {
        &self.catalog
    }
}

impl Shared {
    /// The digest of a ledger that has every migration of the catalog and nothing else; none if
    /// there can be no such ledger.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// For every n from 0 to the number of migrations, the digest of a ledger that has the first n
    /// and nothing else. Of these a new database never gets the ones that a baseline of the set
    /// replaces, so they do not count. Empty if the catalog has no digest.
    ///
    /// The database puts versions in order as texts. Where that is another order than the
    /// catalog's (`9` and `10`), every n takes as long as the whole set; of a very large one the
    /// first n have none.
    pub fn prefixes(&self) -> Vec<Option<String>> {
        let mut out = Vec::new();
        if self.digest.is_none() {
            return out;
        }
        let lines = lines(&self.catalog);
        let rows: Vec<(&str, &str)> = lines.iter().copied().flatten().collect();
        if rows.is_sorted() {
            let mut sum = Sha256::new();
            out.push(Some(bare(&sum)));
            for line in &lines {
                if let Some((version, checksum)) = line {
                    for part in [version, "\t", checksum, "\tapplied\n"] {
                        sum.update(part);
                    }
                }
                out.push(Some(bare(&sum)));
            }
            return out;
        }
        let size: usize = rows.iter().map(|(version, checksum)| version.len() + checksum.len() + 10).sum();
        let from = (lines.len() + 1).saturating_sub(MOST_AGAIN / size.max(1));
        for n in 0..=lines.len() {
            let first = lines[..n].iter().copied().flatten();
            out.push((n >= from).then(|| statements::digest_of(first)));
        }
        out
    }
}

fn bare(sum: &Sha256) -> String {
    hex(&sum.clone().finalize())["sha256:".len()..].to_owned()
}

/// Whether no ledger can be told to have the whole set.
fn is_unclear(catalog: &Catalog) -> bool {
    let migrations = &catalog.migrations;
    migrations.is_empty() || migrations.windows(2).any(|pair| pair[0].version == pair[1].version)
}

/// Version and checksum of every migration; none if a baseline of the set replaces it.
fn lines(catalog: &Catalog) -> Vec<Option<(&str, &str)>> {
    let migrations = &catalog.migrations;
    let replaced =
        Lookup::of(migrations.iter().flat_map(|migration| &migration.replaces).map(|replaced| &replaced.version));
    let mut lines = Vec::with_capacity(migrations.len());
    for Migration { version, checksum, .. } in migrations {
        lines.push((!replaced.contains(&version)).then_some((version.as_str(), checksum.as_str())));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQL: &str = "-- migrate:up\ncreate table notes ();\n";

    fn shared(paths: &[&str]) -> Shared {
        let files: Vec<_> = paths.iter().map(|path| (path.to_string(), SQL.to_owned())).collect();
        crate::convention::read(&files, None).expect("a valid set").into()
    }

    #[track_caller]
    fn prefixes_are_those_of_their_own_sets(paths: &[&str]) {
        let prefixes = shared(paths).prefixes();
        assert_eq!(prefixes.len(), paths.len() + 1);
        // printf '' | sha256sum
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(prefixes[0].as_deref(), Some(empty));
        for n in 1..=paths.len() {
            assert_eq!(prefixes[n].as_deref(), shared(&paths[..n]).digest(), "{n} of {paths:?}");
        }
    }

    #[test]
    fn every_prefix_has_the_digest_of_its_own_set() {
        prefixes_are_those_of_their_own_sets(&["01_a.sql", "02_b.sql", "10_c.sql"]);
        prefixes_are_those_of_their_own_sets(&["1_a.sql", "9_b.sql", "10_c.sql", "11_d.sql"]);
    }

    #[test]
    fn without_a_digest_there_are_no_prefixes() {
        assert!(shared(&["01_a.sql", "1_b.sql"]).prefixes().is_empty());
        assert!(shared(&[]).prefixes().is_empty());
    }

    #[test]
    fn what_a_baseline_replaces_has_no_row_in_a_new_database() {
        let replaces = format!(
            r#"{{ "replaces": [{{ "version": "01", "checksum": "{}" }}] }}"#,
            shared(&["01_a.sql"]).migrations[0].checksum
        );
        let files = [("01_a.sql", SQL), ("02_base.sql", SQL), (".counterfoil/02_base.json", &replaces)];
        let files: Vec<_> = files.iter().map(|(path, sql)| (path.to_string(), sql.to_string())).collect();
        let shared: Shared = crate::convention::read(&files, None).expect("a valid set").into();
        let prefixes = shared.prefixes();
        assert_eq!(prefixes[0], prefixes[1]);
        assert_ne!(prefixes[1], prefixes[2]);
        assert_eq!(prefixes[2].as_deref(), shared.digest());
    }

    #[test]
    fn a_very_large_set_out_of_order_takes_no_square_of_its_size() {
        let paths: Vec<String> = (1..=20_000).map(|n| format!("{n}_a.sql")).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let large = shared(&paths);
        let prefixes = large.prefixes();
        assert_eq!(prefixes.last().and_then(Option::as_deref), large.digest());
        let known = prefixes.iter().flatten().count();
        assert!((10..100).contains(&known), "{known}");
    }
}
