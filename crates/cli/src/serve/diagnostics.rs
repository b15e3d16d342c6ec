//! Standard error of a server: what nobody reads is dropped, counted, and its number said with the next line that can
//! be written. No thread of the server waits for a reader of its log.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use crate::outlet::Outlet;

/// One for the process.
static DIAGNOSTICS: Mutex<Option<Diagnostics>> = Mutex::new(None);

struct Diagnostics {
    outlet: Outlet,
    /// How many lines were dropped since the last that could be written.
    dropped: u64,
}

/// Opens the way to standard error. Before that, nothing is written.
pub(super) fn start() -> io::Result<()> {
    let outlet = Outlet::stderr()?;
    *DIAGNOSTICS.lock().unwrap_or_else(PoisonError::into_inner) = Some(Diagnostics { outlet, dropped: 0 });
    // The hook of the standard library would wait for the reader.
    std::panic::set_hook(Box::new(|panic| complain(panic)));
    Ok(())
}

/// Says what went wrong.
pub(super) fn complain(what: impl Display) {
    say(format_args!("hanotify: {what}"));
}

/// Writes this and the end of a line, in one go.
pub(super) fn say(what: impl Display) {
    // It never fails.
    let _ = Stderr.write_all(format!("{what}\n").as_bytes());
}

/// Writes whole lines to standard error, and never fails.
pub(super) struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(diagnostics) = &mut *DIAGNOSTICS.lock().unwrap_or_else(PoisonError::into_inner) {
            diagnostics.write(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Diagnostics {
    fn write(&mut self, bytes: &[u8]) {
        let written = match self.dropped {
            0 => self.outlet.write_all(bytes),
            // In one go, so that a report has its line after it.
            dropped => {
                let report = format!("hanotify: {dropped} lines were not written here, because they could not be\n");
                self.outlet.write_all(&[report.as_bytes(), bytes].concat())
            }
        };
        self.dropped = match written {
            Ok(()) => 0,
            Err(_) => self.dropped.saturating_add(count_dropped(bytes)),
        };
    }
}

/// Counts these lines as dropped: how many they are.
fn count_dropped(bytes: &[u8]) -> u64 {
    let lines = bytes.split_inclusive(|&byte| byte == b'\n').count();
    let lines = u64::try_from(lines).unwrap_or(u64::MAX);
    metrics::counter!("hanotify_log_lines_dropped_total").increment(lines);
    lines
}
