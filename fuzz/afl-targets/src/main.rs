//! The fuzz targets for AFL++: one executable, which is told the target's name. `fuzz/afl` builds and runs it.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let Some((_, oracle)) = hanotify_fuzz::ALL.iter().find(|(target, _)| *target == name) else {
        let names: Vec<&str> = hanotify_fuzz::ALL.iter().map(|(target, _)| *target).collect();
        eprintln!("usage: hanotify-afl TARGET, which is one of {}", names.join(", "));
        return ExitCode::from(2);
    };
    afl::fuzz!(|input: &[u8]| oracle(input));
    ExitCode::SUCCESS
}
