//! The report files: written, and read back for a comparison.

use std::fs;
use std::path::{Path, PathBuf};

use hanotify_audit::{Results, report};

use super::args::ReportKind;
use crate::output::{Printable, write_file};

/// Writes one report to its file.
pub(super) fn write(kind: ReportKind, path: &Path, audits: &[Results]) -> Result<(), String> {
    let text = match kind {
        ReportKind::Json => report::json(audits).map_err(|error| error.to_string())?,
        ReportKind::Junit => report::junit(audits),
        ReportKind::Html => report::html(audits).map_err(|error| error.to_string())?,
    };
    write_file(path, text.as_bytes()).map_err(|error| format!("{}: {error}", Printable(&path.to_string_lossy())))
}

/// Reads audits back that were reported as JSON.
pub(super) fn load(files: &[PathBuf]) -> Result<Vec<Results>, String> {
    let load = |path: &PathBuf| {
        let name = Printable(&path.to_string_lossy()).to_string();
        let text = fs::read(path).map_err(|error| format!("{name}: {error}"))?;
        report::load(&text).map_err(|error| format!("{name}: {error}"))
    };
    files.iter().map(load).collect()
}
