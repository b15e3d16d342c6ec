//! The vectors: the cases that test a server, read from JSON as strictly as `corpus/vectors/schema.json` says.
//!
//! `docs/vectors.md` has the form.

mod case;
mod embedded;
mod raw;
mod weakness;

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub use self::case::{Case, Expand, Expected, Given, Group, Level, With};
pub use self::weakness::Weakness;
use crate::results::{printable, printable_text, quoted};

/// How many bytes the vector files of a folder may have together.
const LONGEST_FILES: u64 = 16 << 20;
/// How many bytes the inputs of all cases may have together.
const LONGEST_TOTAL: usize = 64 << 20;

/// Why there are no vectors.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VectorError {
    /// A file or a folder can't be read.
    #[error("{}: {cause}", printable(.path))]
    Read {
        /// Which one.
        path: PathBuf,
        /// What the kernel said.
        cause: io::Error,
    },
    /// There is no vector file in the folder.
    #[error("{}: there is no vector file (*.json)", printable(.path))]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// A file is not JSON of the schema's form.
    #[error("{}: {}", printable_text(.file), quoted(&.cause.to_string()))]
    Json {
        /// The file's name.
        file: String,
        /// What is wrong, and where.
        cause: serde_json::Error,
    },
    /// A case contradicts itself.
    #[error("{}: case \"{}\": {fault}", printable_text(.file), quoted(.id))]
    Case {
        /// The file's name.
        file: String,
        /// The case's id.
        id: String,
        /// What is wrong.
        fault: &'static str,
    },
    /// A file contradicts itself.
    #[error("{}: {fault}", printable_text(.file))]
    File {
        /// The file's name.
        file: String,
        /// What is wrong.
        fault: &'static str,
    },
}

/// The vectors that this crate was built with.
///
/// # Errors
///
/// [`VectorError`], which a test of this crate excludes.
pub fn embedded() -> Result<Vec<Group>, VectorError> {
    all(embedded::FILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
}

/// Name and text of every file that makes a folder of the vectors which this crate was built with: the vector files,
/// their schema, a README with readers in Python, Go and JavaScript, and the licences.
pub fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    embedded::FILES.iter().chain(embedded::BESIDE).copied()
}

/// The vectors in a folder: every `*.json` but the schema.
///
/// # Errors
///
/// [`VectorError`] names the file and the case.
pub fn in_folder(folder: &Path) -> Result<Vec<Group>, VectorError> {
    let mut files = Vec::new();
    let mut room = LONGEST_FILES;
    for entry in fs::read_dir(folder).map_err(|cause| unread(folder, cause))? {
        let path = entry.map_err(|cause| unread(folder, cause))?.path();
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        if is_json && path.file_stem().is_some_and(|stem| stem != "schema") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, read(&path, &mut room).map_err(|cause| unread(&path, cause))?));
        }
    }
    if files.is_empty() {
        return Err(VectorError::Empty { path: folder.into() });
    }
    files.sort();
    all(files)
}

/// The text of a file, which takes what it needs of `room`, in bytes. A set of vectors may come from anywhere: what is
/// not a file is not read, and neither is more than there is room for.
fn read(path: &Path, room: &mut u64) -> io::Result<String> {
    let other = |what: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, what.to_owned()));
    // A FIFO would be waited for when it is opened.
    if !fs::metadata(path)?.is_file() {
        return other("it is not a file");
    }
    let mut text = String::new();
    let read = File::open(path)?.take(*room + 1).read_to_string(&mut text)?;
    match u64::try_from(read).ok().and_then(|read| room.checked_sub(read)) {
        Some(left) => *room = left,
        None => return other("the vector files have over 16 MiB in all"),
    }
    Ok(text)
}

fn unread(path: &Path, cause: io::Error) -> VectorError {
    VectorError::Read { path: path.into(), cause }
}

fn all(files: impl IntoIterator<Item = (String, String)>) -> Result<Vec<Group>, VectorError> {
    let mut ids = HashSet::new();
    let mut room = LONGEST_TOTAL;
    let mut groups = Vec::new();
    for (file, text) in files {
        let group = raw::group(&file, &text, &mut room)?;
        if let Some(twice) = group.cases.iter().find(|case| !ids.insert(case.id.clone())) {
            return Err(VectorError::Case { file, id: twice.id.clone(), fault: "this id is there twice" });
        }
        groups.push(group);
    }
    Ok(groups)
}
