//! The program `hanotify`.

use std::process::ExitCode;

fn main() -> ExitCode {
    hanotify_cli::main()
}
