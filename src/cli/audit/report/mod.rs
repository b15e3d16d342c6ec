//! Reports: as a table for people, as JSON, as `JUnit` for a CI, and as a page.

mod html;
mod junit;
mod table;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::args::ReportKind;
use super::result::{Audit, FORMAT};
use crate::cli::output::Printable;

/// Writes the table by weakness.
pub(super) fn table(audits: &[Audit], all: bool, out: &mut dyn Write) -> io::Result<()> {
    for audit in audits {
        table::write(audit, all, out)?;
    }
    out.flush()
}

/// Writes one report to its file.
pub(super) fn write(kind: ReportKind, path: &Path, audits: &[Audit]) -> Result<(), String> {
    let text = match (kind, audits) {
        (ReportKind::Json, [audit]) => serde_json::to_string_pretty(audit).map_err(|error| error.to_string())? + "\n",
        (ReportKind::Json, _) => serde_json::to_string_pretty(audits).map_err(|error| error.to_string())? + "\n",
        (ReportKind::Junit, _) => junit::page(audits),
        (ReportKind::Html, _) => html::page(audits)?,
    };
    fs::write(path, text).map_err(|error| format!("{}: {error}", Printable(&path.to_string_lossy())))
}

/// Reads audits back that were reported as JSON.
pub(super) fn load(files: &[PathBuf]) -> Result<Vec<Audit>, String> {
    let mut audits = Vec::new();
    for path in files {
        let name = Printable(&path.to_string_lossy()).to_string();
        let text = fs::read(path).map_err(|error| format!("{name}: {error}"))?;
        let audit: Audit = serde_json::from_slice(&text).map_err(|error| format!("{name}: it is no audit: {error}"))?;
        if audit.format != FORMAT || audit.version != 1 {
            return Err(format!("{name}: it is no audit of version 1"));
        }
        audits.push(audit);
    }
    Ok(audits)
}
