//! The files of the repository that tests replay: `corpus/` and what is below it.

use std::fs;
use std::path::{Path, PathBuf};

/// The top folder of the repository.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The folder `corpus/`.
pub fn folder() -> PathBuf {
    root().join("corpus")
}

/// What is in a folder, in order. The folder has to be there, and not to be empty.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths
}

/// The messages in a folder and below: all files but the notes.
pub fn messages(folder: &Path) -> Vec<PathBuf> {
    let below = |path: PathBuf| if path.is_dir() { messages(&path) } else { vec![path] };
    let is_note = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    entries(folder).into_iter().flat_map(below).filter(|path| !is_note(path)).collect()
}

/// The bytes of a file, which has to be there.
pub fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The name of a file.
pub fn name(path: &Path) -> String {
    path.file_name().expect("a file").to_string_lossy().into_owned()
}
