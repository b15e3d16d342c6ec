//! The background: the program is started once more, and this process returns when that one watches.

use std::env;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};

use rustix::io::Errno;
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};

use crate::output;

/// Starts the same command line in the background. Its options stay as they are: the agent looks for them in
/// `/proc/PID/cmdline`.
pub(super) fn start(words: &[OsString]) -> ExitCode {
    let [name, rest @ ..] = words else { return ExitCode::FAILURE };
    let mut command = Command::new("/proc/self/exe");
    command.arg0(name).args(rest).arg("--detached").stdin(Stdio::null()).stdout(Stdio::piped());
    match command.spawn().and_then(|mut child| {
        let mut word = Vec::new();
        // It ends with the word, or with the process.
        child.stdout.take().map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut word))?;
        if word.is_empty() { child.wait().map(|status| status.code()) } else { Ok(Some(0)) }
    }) {
        Ok(Some(code)) => u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from),
        Ok(None) => ExitCode::FAILURE,
        Err(error) => {
            output::complain(format_args!("can't start a process for the background: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Leaves the terminal and the folder of whoever has started it.
pub(super) fn leave_session() -> io::Result<()> {
    match rustix::process::setsid() {
        // It leads its session already.
        Ok(_) | Err(Errno::PERM) => env::set_current_dir("/"),
        Err(errno) => Err(errno.into()),
    }
}

/// Says that it watches, and has nothing of whoever has started it open from now on.
pub(super) fn report() -> io::Result<()> {
    let mut stdout = io::stdout();
    // Whoever has started it may be gone.
    let _ = stdout.write_all(b"watching\n").and_then(|()| stdout.flush());
    let nothing = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    dup2_stdin(&nothing)?;
    dup2_stdout(&nothing)?;
    Ok(dup2_stderr(&nothing)?)
}
