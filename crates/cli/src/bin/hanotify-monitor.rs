//! The program `hanotify-monitor`: `hanotify monitor` alone, for a node that runs a process for each router. It is
//! linked without the other commands, and has less memory of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    hanotify_cli::monitor()
}
