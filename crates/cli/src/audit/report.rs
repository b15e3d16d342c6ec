//! The report files: written, and read back for a comparison.

use std::path::{Path, PathBuf};

use hanotify_audit::{Results, report};

use super::args::ReportKind;
use crate::output::{Printable, read_file, write_file};

/// How many bytes the audits that are compared may have together.
const LONGEST: u64 = 64 << 20;

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
    let mut room = LONGEST;
    let mut load = |path: &PathBuf| {
        let name = Printable(&path.to_string_lossy()).to_string();
        let text = read_file(path, room.saturating_add(1)).map_err(|error| format!("{name}: {error}"))?;
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        room = room.checked_sub(length).ok_or(format!("the audits have over {} MiB in all", LONGEST >> 20))?;
        report::load(&text).map_err(|error| format!("{name}: {error}"))
    };
    files.iter().map(&mut load).collect()
}
