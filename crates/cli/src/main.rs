//! The command `hanotify`: what it accepts, and where each subcommand is.
//!
//! A subcommand is a module with its arguments, and a function `run` that makes them an exit code.

mod audit;
mod burst;
mod check;
mod descriptors;
mod generate;
mod output;
mod quick;
mod send;
mod serve;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

/// The exit code for arguments that don't make sense, and for input or output that fails.
const FAILED: u8 = 2;

/// A strict receiver for the HA state-change notifications of Neutron's L3 agents
///
/// When a virtual router changes its state on a host, its monitor tells the host's L3 agent by one HTTP/1.1 request over a Unix
/// socket. hanotify reads, checks and sends these notifications, and refuses by name and byte whatever is not exactly one.
#[derive(Parser)]
#[cfg_attr(test, derive(Debug, PartialEq))]
#[command(
    name = "hanotify",
    version,
    after_long_help = "\
Exit status:
  0  it went well
  1  something was refused, lost or failed
  2  the arguments make no sense, or input or output failed
  3  the receiver was not reached

`hanotify help COMMAND` says what each means for a command, and gives examples."
)]
enum Cli {
    Serve(Box<serve::Serve>),
    Check(check::Check),
    Send(send::Send),
    Audit(audit::Audit),
    Burst(burst::Burst),
    #[command(hide = true)]
    Generate(generate::Generate),
}

impl Cli {
    fn run(&self) -> ExitCode {
        match self {
            Self::Serve(serve) => serve::run(serve),
            Self::Check(check) => check::run(check),
            Self::Send(send) => send::run(send),
            Self::Audit(audit) => audit::run(audit),
            Self::Burst(burst) => burst::run(burst),
            Self::Generate(generate) => generate::run(generate),
        }
    }
}

/// Reads the arguments and does what they say.
fn main() -> ExitCode {
    match quick::understood(std::env::args_os()).or_else(|quick::ForClap| Cli::try_parse()) {
        Ok(cli) => cli.run(),
        Err(answer) => tell(&answer),
    }
}

/// Prints the help, the version, or what is wrong with the arguments.
fn tell(answer: &clap::Error) -> ExitCode {
    match answer.print().and_then(|()| io::stdout().flush()) {
        Ok(()) if !answer.use_stderr() => ExitCode::SUCCESS,
        Err(error) if !answer.use_stderr() => output::failed(&error),
        _ => ExitCode::from(FAILED),
    }
}
