//! Reads a folder into the form that `convention::read` takes.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, dead_code)] // tests do I/O

use std::path::{Path, PathBuf};

/// All files below `dir`, with paths relative to it, sorted.
#[track_caller]
pub(crate) fn read_tree(dir: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(dir.join(&folder)).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
        for entry in entries {
            let entry = entry.expect("a folder's entry");
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(entry.path()).expect("UTF-8 text");
                files.push((path.to_str().expect("a UTF-8 name").replace('\\', "/"), text));
            }
        }
    }
    files.sort();
    files
}

/// Where the real migration sets are; none if they are not there.
pub(crate) fn corpora() -> Option<PathBuf> {
    let path = std::env::var("COUNTERFOIL_CORPORA").ok();
    if path.is_none() {
        eprintln!("skipped: COUNTERFOIL_CORPORA is not set");
    }
    path.map(PathBuf::from)
}
