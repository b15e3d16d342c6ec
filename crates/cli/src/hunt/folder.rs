//! The folder of the findings: two files for each, written when it is found, so that nothing that ends a hunt loses it.

use std::fs;
use std::path::{Path, PathBuf};

use hanotify_audit::hunt::Finding;

use crate::output::{Printable, write_file};

/// Where findings are written, if they are.
pub(super) struct Folder {
    path: Option<PathBuf>,
    /// The first file that could not be written, and why.
    failed: Option<String>,
}

impl Folder {
    /// Makes the folder: a path that can't be one ends the hunt before it begins.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, String> {
        if let Some(path) = path {
            fs::create_dir_all(path).map_err(|error| format!("--findings: {}: {error}", printable(path)))?;
        }
        Ok(Self { path: path.map(Path::to_owned), failed: None })
    }

    pub(super) fn write(&mut self, finding: &Finding) {
        let Some(folder) = &self.path else { return };
        let file = |ending: &str| folder.join(format!("{}.{ending}", finding.name));
        let vector = finding.vector().map(|text| (file("json"), text.into_bytes()));
        for (path, bytes) in vector.into_iter().chain([(file("http"), finding.input.clone())]) {
            if let Err(error) = write_file(&path, &bytes) {
                self.failed.get_or_insert_with(|| format!("--findings: {}: {error}", printable(&path)));
            }
        }
    }

    /// What went wrong with the files, if anything did.
    pub(super) fn failed(self) -> Option<String> {
        self.failed
    }
}

/// The names of the findings in a folder.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, String> {
    let failed = |error| format!("--known: {}: {error}", printable(folder));
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_finding = path.extension().is_some_and(|ending| ending == "http");
        names.extend(path.file_stem().filter(|_| is_finding).map(|name| name.to_string_lossy().into_owned()));
    }
    Ok(names)
}

fn printable(path: &Path) -> String {
    Printable(&path.to_string_lossy()).to_string()
}
