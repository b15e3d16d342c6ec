//! The command `hanotify`: what it accepts, and where each subcommand is. It is for the programs of this package, and
//! promises nothing to others.
//!
//! A subcommand is a module with its arguments, and a function `run` that makes them an exit code.

mod audit;
mod bar;
mod burst;
mod check;
mod descriptors;
mod generate;
mod ha_confs;
mod hunt;
mod ids;
mod monitor;
mod outlet;
mod output;
#[cfg(test)]
mod pages;
mod place;
mod replace;
mod sandbox;
mod send;
mod serve;
mod status;

use std::env;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use self::output::Printable;

/// The exit code for arguments that don't make sense, and for input or output that fails.
const FAILED: u8 = 2;

/// The exit code of a sender that has reached no receiver.
const NOT_REACHED: u8 = 3;

/// A strict receiver for the HA state-change notifications of OpenStack Neutron
///
/// When a virtual router changes its state on a host, its monitor tells the host's L3 agent with one HTTP/1.1 request
/// over a Unix socket. hanotify receives, checks and sends these notifications. It refuses everything else, by name and
/// byte, and tests other receivers.
#[derive(Parser)]
#[command(
    name = "hanotify",
    version,
    // The arguments of a command are put together when it is named, so that `send` and `serve` don't pay for those of
    // the others. The list of commands is there before: what it says of a command stands here, and not beside the
    // command's arguments.
    defer = true,
    after_long_help = "\
Exit status:
  0  success
  1  something was refused, lost or failed, or needs a person
  2  the arguments make no sense, or input or output failed
  3  the receiver was not reached

`hanotify help COMMAND` says what each means for a command, and gives examples."
)]
enum Cli {
    /// Receive notifications, and write each as an event to standard output.
    Serve(Box<serve::Serve>),
    /// Show the state of each router of this node, and whether anything needs a person
    ///
    /// It asks a server that runs with `--status`, or reads Neutron's folder. The exit status is one that a check of
    /// Nagios' kind can use.
    Status(status::Status),
    /// Check that each input is exactly one acceptable notification
    ///
    /// Each input is read as one whole message, byte for byte as a sender writes it: with CR LF at the end of each
    /// line, and nothing after it. A refusal names the rule, and points at the byte that breaks it.
    Check(check::Check),
    /// Send one notification and wait for the reply
    ///
    /// A sender for scripts, in place of curl: it waits while the receiver's backlog is full, tries again while the
    /// receiver is restarted or overloaded, and never takes longer than its timeout. It says nothing when the
    /// notification is accepted.
    Send(send::Send),
    /// Watch one router's address, keep its state file, and tell the agent
    ///
    /// The sender's side: it stands in for Neutron's `neutron-keepalived-state-change`, with the options of Neutron 24
    /// and 29, and does the same under that name. It goes on until the agent has acknowledged the newest state. The
    /// program `hanotify-monitor` is this command alone, and takes less memory.
    Monitor(Box<monitor::Monitor>),
    /// Test a live server with the published vectors, and probe its behaviour
    ///
    /// Any receiver of HA state-change notifications can be audited, in whatever language it is written: the audit
    /// needs its socket, and, to see what the agent behind it is told, its events. Its connections and its time are
    /// bounded, and it stops by itself; but the server's agent is told of routers that it doesn't know, so audit a
    /// server of your own.
    Audit(Box<audit::Audit>),
    /// Send a live server what nobody has thought of, and shrink what it gets wrong
    ///
    /// A fuzz campaign against any receiver of HA state-change notifications, in whatever language it is written: each
    /// message has one right verdict, which hanotify's own parser gives. What the server gets wrong is shrunk, checked
    /// again, and kept as a file for its CI. Hunt only on a server of your own: its agent is told of routers that it
    /// doesn't know.
    Hunt(Box<hunt::Hunt>),
    /// Make many routers fail over at once, and report what happened to their notifications
    ///
    /// Operators run this to size a node. Each router is a sender with its own id. It opens a connection for each
    /// notification, and sends its notifications one after the other. Point it at `hanotify serve`, or at an agent that
    /// ignores unknown routers.
    Burst(burst::Burst),
    /// Write man pages or shell completions, for packagers
    #[command(subcommand, hide = true)]
    Generate(generate::Generate),
}

impl Cli {
    fn run(&self) -> ExitCode {
        match self {
            Self::Serve(serve) => serve::run(serve),
            Self::Status(status) => status::run(status),
            Self::Check(check) => check::run(check),
            Self::Send(send) => send::run(send),
            Self::Audit(audit) => audit::run(audit),
            Self::Hunt(hunt) => hunt::run(hunt),
            Self::Burst(burst) => burst::run(burst),
            Self::Monitor(monitor) => monitor::run(monitor),
            Self::Generate(generate) => generate::run(generate),
        }
    }
}

/// The program `hanotify`: reads the arguments and does what they say.
#[must_use]
pub fn main() -> ExitCode {
    match read(env::args_os().collect()) {
        Ok(cli) => cli.run(),
        Err(answer) => tell(&quote_printably(answer, |words| read(words).err())),
    }
}

/// The program `hanotify-monitor`: `hanotify monitor` alone.
#[must_use]
pub fn monitor() -> ExitCode {
    match monitor::read(env::args_os().collect()) {
        Ok(monitor) => monitor::run(&monitor),
        Err(answer) => tell(&quote_printably(answer, |words| monitor::read(words).err())),
    }
}

/// What the words of a command line say. Under the name of Neutron's monitor, they are the options of one.
fn read(words: Vec<OsString>) -> Result<Cli, clap::Error> {
    if words.first().is_some_and(|name| monitor::is_name(name)) {
        monitor::read(words).map(|monitor| Cli::Monitor(Box::new(monitor)))
    } else {
        Cli::try_parse_from(words)
    }
}

/// The same answer, with the arguments that it quotes in printable characters: a shell puts the names of files in the
/// place of `*`, and one of these may look like an option and steer the terminal.
fn quote_printably(answer: clap::Error, read: impl FnOnce(Vec<OsString>) -> Option<clap::Error>) -> clap::Error {
    let words: Vec<_> = env::args_os().collect();
    let printable = |word: &OsString| Printable(&word.to_string_lossy()).to_string().into();
    let steers = |word: &OsString| word.to_string_lossy().chars().any(|char| char.is_control() || !char.is_ascii());
    if !answer.use_stderr() || !words.iter().any(steers) {
        return answer;
    }
    // The other answer says that a word is no UTF-8, and quotes none.
    read(words.iter().map(printable).collect()).unwrap_or(answer)
}

/// Prints the help, the version, or what is wrong with the arguments.
fn tell(answer: &clap::Error) -> ExitCode {
    let written = if answer.use_stderr() {
        answer.print()
    } else {
        let mut stdout = output::coloured_stdout();
        write!(stdout, "{}", answer.render().ansi()).and_then(|()| stdout.flush())
    };
    match written {
        Ok(()) if !answer.use_stderr() => ExitCode::SUCCESS,
        Err(error) if !answer.use_stderr() => output::failed(&error),
        _ => ExitCode::from(FAILED),
    }
}

#[cfg(test)]
mod tests;
