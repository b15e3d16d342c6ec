//! What every subcommand needs in order to say something: the format, complaints, and output that fails.

use std::fmt::{self, Display, Write as _};
use std::io::{self, IsTerminal, Write as _};
use std::process::ExitCode;

use clap::ValueEnum;

use super::FAILED;

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object a line, for programs
    Json,
    /// For people; coloured on a terminal, unless `NO_COLOR` is set
    Text,
}

impl Format {
    /// What suits the reader of standard output: a person at a terminal, or a program.
    pub(crate) fn for_stdout() -> Self {
        if io::stdout().is_terminal() { Self::Text } else { Self::Json }
    }
}

/// Says on standard error what went wrong.
pub(crate) fn complain(what: impl Display) {
    // When this fails too, there is nobody left to tell.
    let _ = writeln!(io::stderr().lock(), "hanotify: {what}");
}

/// The exit code when standard output fails; quietly where its reader has gone, as `head` does.
pub(crate) fn failed(error: &io::Error) -> ExitCode {
    if error.kind() != io::ErrorKind::BrokenPipe {
        complain(format_args!("can't write to standard output: {error}"));
    }
    ExitCode::from(FAILED)
}

/// A path for a terminal: what is not printable is escaped, so that a file's name can't steer the terminal.
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '"' | '\'' => f.write_char(char),
            _ => write!(f, "{}", char.escape_debug()),
        })
    }
}
