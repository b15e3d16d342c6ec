//! The report files: written, and read back for a comparison.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use hanotify_audit::{Results, report};
use rustix::io::Errno;

use super::args::{ReportFile, ReportKind};
use crate::FAILED;
use crate::output::{Printable, complain, fill, open_to_write, read_file, write_file};

/// How many bytes the audits that are compared may have together.
const LONGEST: u64 = 64 << 20;

/// A report that is to be written: its file is open before the audit begins, so that no audit is lost to a path.
struct Opened<'a> {
    kind: ReportKind,
    path: &'a Path,
    /// `None` where it is a FIFO that nobody reads yet.
    file: Option<File>,
    /// Whether it was not there before.
    is_new: bool,
}

/// The reports that are asked for. Files that were not there before are removed if nothing is written.
pub(crate) struct Reports<'a>(Vec<Opened<'a>>);

impl<'a> Reports<'a> {
    /// Opens the files.
    pub(crate) fn open(asked: &'a [ReportFile]) -> Result<Self, String> {
        let mut reports = Self(Vec::new());
        for ReportFile { kind, path } in asked {
            let is_new = !path.exists();
            let file = match open_to_write(path) {
                Ok(file) => Some(file),
                Err(error) if Errno::from_io_error(&error) == Some(Errno::NXIO) => None,
                Err(error) => return Err(named(path, &error)),
            };
            reports.0.push(Opened { kind: *kind, path, file, is_new });
        }
        Ok(reports)
    }

    /// Writes them, and complains of those that can't be written: the exit code.
    pub(crate) fn write(mut self, audits: &[Results]) -> u8 {
        let mut exit = 0;
        for mut opened in self.0.drain(..) {
            opened.is_new = false;
            if let Err(error) = opened.write(audits) {
                complain(error);
                exit = FAILED;
            }
        }
        exit
    }
}

impl Opened<'_> {
    fn write(&self, audits: &[Results]) -> Result<(), String> {
        let text = match self.kind {
            ReportKind::Json => report::json(audits).map_err(|error| error.to_string())?,
            ReportKind::Junit => report::junit(audits),
            ReportKind::Sarif => report::sarif(audits).map_err(|error| error.to_string())?,
            ReportKind::Html => report::html(audits).map_err(|error| error.to_string())?,
        };
        let written = match &self.file {
            Some(file) => fill(file, text.as_bytes()),
            None => write_file(self.path, text.as_bytes()),
        };
        written.map_err(|error| named(self.path, &error))
    }
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        if self.is_new {
            let _ = fs::remove_file(self.path);
        }
    }
}

fn named(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", Printable(&path.to_string_lossy()))
}

/// Reads audits back that were reported as JSON.
pub(crate) fn load(files: &[PathBuf]) -> Result<Vec<Results>, String> {
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
