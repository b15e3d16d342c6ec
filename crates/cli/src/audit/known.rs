//! The file of known failures: read before an audit, held against what it finds, and written.

use std::path::Path;

use anstyle::{AnsiColor, Style};
use std::io::{self, Write};

use hanotify_audit::{KnownFailure, KnownFailures, Results, Stale};

use super::args::Audit;
use crate::output::{Printable, read_file};
use crate::replace::Replacement;

/// More than any list of known failures has, in bytes.
const LONGEST: u64 = 4 << 20;
const NOTE: Style = AnsiColor::Yellow.on_default().bold();

/// The lists that the arguments name.
pub(super) struct Known {
    listed: Option<KnownFailures>,
    write: Option<Replacement>,
    is_strict: bool,
    /// Whether a line that names nothing is a mistake: everything is audited.
    names_all: bool,
    stale: Stale,
}

impl Known {
    /// Reads the one list, and begins to write the other.
    pub(super) fn open(args: &Audit) -> Result<Self, String> {
        let listed = args.known.read.as_deref().map(read).transpose()?;
        let write = args.known.write.as_deref().map(begin).transpose()?;
        let names_all = args.select.is_empty() && args.skip.is_empty() && !args.only_vectors && args.vectors.is_none();
        Ok(Self { listed, write, is_strict: args.known.strict, names_all, stale: Stale::default() })
    }

    /// Marks what is known.
    pub(super) fn mark(&mut self, results: &mut Results) {
        if let Some(listed) = &self.listed {
            self.stale = listed.mark(results);
        }
        if !self.names_all || !results.complete {
            self.stale.unmatched.clear();
        }
    }

    /// Whether the audit failed: by a failure that is not known, or by a line that no longer holds.
    pub(super) fn has_failed(&self, results: &Results) -> bool {
        let is_stale = !self.stale.passing.is_empty() || !self.stale.unmatched.is_empty();
        // What is written is known from now on.
        let is_new = self.write.is_none() && results.new_failures().next().is_some();
        is_new || (self.is_strict && is_stale)
    }

    /// Says which lines no longer hold.
    pub(super) fn report(&self, out: &mut dyn Write) -> io::Result<()> {
        let says = |out: &mut dyn Write, lines: &[KnownFailure], what: &str| {
            lines.iter().try_for_each(|KnownFailure { line, ids, reason, .. }| {
                writeln!(out, "{NOTE}known{NOTE:#} {ids}, line {line}, {what} ({})", Printable(reason))
            })
        };
        says(out, &self.stale.passing, "passes now: remove it from the list")?;
        says(out, &self.stale.unmatched, "names no case or probe of this audit")?;
        out.flush()
    }

    /// Writes the failures of a whole audit.
    pub(super) fn write(self, results: &Results) -> Result<(), String> {
        let Some(replacement) = self.write else { return Ok(()) };
        if !results.complete {
            return Err("the known failures are not written: an audit that ended early hasn't seen all of them".into());
        }
        let text = KnownFailures::of(results).to_string();
        replacement.finish(text.as_bytes()).map_err(|error| format!("the known failures can't be written: {error}"))
    }
}

fn read(path: &Path) -> Result<KnownFailures, String> {
    let name = Printable(&path.to_string_lossy()).to_string();
    let bytes = read_file(path, LONGEST + 1).map_err(|error| format!("{name}: {error}"))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LONGEST) {
        return Err(format!("{name}: it has over {} MiB", LONGEST >> 20));
    }
    let text = String::from_utf8(bytes).map_err(|_| format!("{name}: it is not UTF-8"))?;
    text.parse().map_err(|error| format!("{name}: {error}"))
}

fn begin(path: &Path) -> Result<Replacement, String> {
    Replacement::begin(path).map_err(|error| format!("{}: {error}", Printable(&path.to_string_lossy())))
}
