//! `hanotify check`: is each of these inputs exactly one acceptable message?

mod advice;
mod excerpt;
mod input;
mod report;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use hanotify::{Limits, decode_exact};

use self::report::Report;
use super::FAILED;
use super::output::{self, Format, Printable};

/// Every input was accepted.
const ACCEPTED: u8 = 0;
/// At least one input was refused.
const REFUSED: u8 = 1;

#[derive(Args)]
#[command(after_long_help = "\
Exit status:
  0  every input was accepted
  1  at least one input was refused
  2  the arguments make no sense, output failed, or an input could not be
     read (the others are still checked)

Output:
  With --format json there is one line for each input, either of
  {\"input\":\"PATH\",\"verdict\":\"accepted\",\"router_id\":\"…\",\"state\":\"…\"}
  {\"input\":\"PATH\",\"verdict\":\"refused\",\"error\":\"…\",\"field\":\"…\",
   \"offset\":N,\"status\":N,\"message\":\"…\"}
  in which `offset` counts bytes from the start of the input, `status` is what
  a server replies with, `field` is null where the refusal is about no one
  field, and standard input has the name `-`.

Examples:
  hanotify check message.http
  hanotify check --format json - < message.http
  printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' | hanotify check --format text")]
pub(crate) struct Check {
    /// How to write the verdicts [default: text on a terminal, json otherwise]
    #[arg(long, value_enum)]
    format: Option<Format>,

    /// Accept the state `master` of older senders, and read it as `primary`
    #[arg(long)]
    legacy: bool,

    /// Accept a body of up to this many bytes; its content is never interpreted
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.body())]
    max_body_len: usize,

    /// The files to check; `-`, or no file at all, is standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(crate) fn run(check: &Check) -> ExitCode {
    let format = check.format.unwrap_or_else(Format::for_stdout);
    let verdicts = match format {
        Format::Json => check_all(check, format, &mut output::stdout()),
        Format::Text => check_all(check, format, &mut output::coloured_stdout()),
    };
    match verdicts {
        Ok(worst) => ExitCode::from(worst),
        Err(error) => output::failed(&error),
    }
}

/// Checks every input, and returns the worst exit code.
fn check_all(check: &Check, format: Format, out: &mut dyn Write) -> io::Result<u8> {
    let limits = Limits::DEFAULT.with_body(check.max_body_len).with_legacy_state(check.legacy);
    let stdin = [PathBuf::from("-")];
    let files = if check.files.is_empty() { &stdin } else { check.files.as_slice() };
    let mut worst = ACCEPTED;
    for file in files {
        let name = file.to_string_lossy();
        let exit = match input::read(file, &limits) {
            Ok(bytes) => {
                let report = Report { name: &name, bytes: &bytes, verdict: decode_exact(&bytes, &limits) };
                report.write(format, out)?;
                if report.verdict.is_ok() { ACCEPTED } else { REFUSED }
            }
            Err(error) => {
                output::complain(format_args!("{}: {error}", Printable(&name)));
                FAILED
            }
        };
        worst = worst.max(exit);
    }
    out.flush()?;
    Ok(worst)
}
