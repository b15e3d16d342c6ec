//! `hanotify generate`: the man pages and completions that a package ships, and the vectors.

mod manual;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Subcommand};
use clap_complete::Shell;

use crate::{Cli, FAILED, output};

#[derive(Subcommand)]
#[command(
    defer = true,
    after_long_help = "\
Exit status:
  0  written
  2  the arguments make no sense, or writing failed

Examples:
  hanotify generate man target/man
  hanotify generate vectors tests/vectors
  hanotify generate completions bash > /etc/bash_completion.d/hanotify"
)]
pub(crate) enum Generate {
    /// Write a man page for the command and for each subcommand
    #[command(after_long_help = "\
Exit status:
  0  written
  2  the arguments make no sense, or writing failed")]
    Man {
        /// The directory to write to; made if it isn't there
        dir: PathBuf,
    },
    /// Write the vectors that `hanotify audit` sends, with schema, licences, and readers in Python, Go and JavaScript
    #[command(after_long_help = "\
Exit status:
  0  written
  2  the arguments make no sense, or writing failed")]
    Vectors {
        /// The directory to write to; made if it isn't there
        dir: PathBuf,
    },
    /// Write completions for a shell to standard output
    #[command(after_long_help = "\
Exit status:
  0  written
  2  the arguments make no sense, or writing failed")]
    Completions {
        /// The shell
        shell: Shell,
    },
}

pub(crate) fn run(generate: &Generate) -> ExitCode {
    match generate {
        Generate::Man { dir } => of_folder(dir, man(dir)),
        Generate::Vectors { dir } => of_folder(dir, vectors(dir)),
        Generate::Completions { shell } => completions(*shell),
    }
}

fn man(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir).and_then(|()| manual::write_all(Cli::command(), dir))
}

fn vectors(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    hanotify_audit::vectors::files().try_for_each(|(name, text)| output::write_file(&dir.join(name), text.as_bytes()))
}

/// The exit code of what was written to a folder.
fn of_folder(dir: &Path, written: io::Result<()>) -> ExitCode {
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(format_args!("{}: {error}", output::Printable(&dir.to_string_lossy())));
            ExitCode::from(FAILED)
        }
    }
}

fn completions(shell: Shell) -> ExitCode {
    // In memory first: the generator panics where writing fails.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "hanotify", &mut script);
    let mut stdout = output::stdout();
    match stdout.write_all(&script).and_then(|()| stdout.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output::failed(&error),
    }
}
