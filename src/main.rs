//! The command `hanotify`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
