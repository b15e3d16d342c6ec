//! `hanotify send`: one notification, delivered within a total time.

mod outcome;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use clap::builder::{PathBufValueParser, PossibleValuesParser, TypedValueParser};
use hanotify::client::{ConnectError, ExchangeError, MAX_SOCKET_PATH, Reply, exchange, pause_before_retry};
use hanotify::{HaState, Notification, RouterId, encode};

use self::outcome::Outcome;
use super::output::{Complaints, Printable};
use super::{NOT_REACHED, place};

/// The longest time that makes sense, and that every clock can add.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Args)]
#[command(after_long_help = "\
Exit status:
  0  the receiver accepted the notification (status 200)
  1  the receiver refused it (any other status)
  2  the arguments make no sense
  3  the receiver was not reached: no socket, nobody listening, no reply before
     the timeout, or one that is empty or malformed

Examples:
  hanotify send --socket /var/lib/neutron/keepalived-state-change \\
    --router-id 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10 --state primary
  hanotify send --router-id 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10 --state backup
  hanotify send --verbose --timeout 500ms --retries 0 --socket ./notify \\
    --router-id 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10 --state fault")]
pub(crate) struct Send {
    /// The receiver's socket: a path of at most 107 bytes [default: where `hanotify serve` of the same user listens]
    #[arg(long, value_name = "PATH", value_parser = PathBufValueParser::new().try_map(socket))]
    socket: Option<PathBuf>,

    /// The router: a UUID as 36 bytes in lower case with dashes, not all zero
    #[arg(long, value_name = "ID")]
    router_id: RouterId,

    /// The state that the router has now
    #[arg(long, value_parser = state())]
    state: HaState,

    /// The total time, all tries included: a number with a unit, such as 10s or 500ms
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = timeout)]
    timeout: Duration,

    /// How many more times to try when nobody listens, when the connection breaks before a reply, when the host is
    /// short of memory, and when the receiver is overloaded (status 503; its Retry-After is honoured)
    #[arg(long, value_name = "N", default_value_t = 3)]
    retries: u32,

    /// Say on standard error what happens
    #[arg(short, long)]
    verbose: bool,
}

/// The three words, which completions can offer too.
fn state() -> impl TypedValueParser<Value = HaState> {
    PossibleValuesParser::new(HaState::ALL.map(HaState::as_str)).try_map(|word| word.parse::<HaState>())
}

/// A path that a socket can have.
pub(super) fn socket(path: PathBuf) -> Result<PathBuf, String> {
    match path.as_os_str().len() {
        0..=MAX_SOCKET_PATH => Ok(path),
        len => Err(format!(
            "a socket's path has at most {MAX_SOCKET_PATH} bytes, and this has {len}: change to its folder and give a \
            relative path"
        )),
    }
}

/// A time that is neither nothing nor for ever.
pub(super) fn timeout(text: &str) -> Result<Duration, &'static str> {
    match humantime::parse_duration(text) {
        Ok(timeout) if !timeout.is_zero() && timeout <= LONGEST_TIMEOUT => Ok(timeout),
        _ => Err("expected a number with a unit, such as 10s or 500ms; more than zero, and at most one day"),
    }
}

pub(crate) fn run(send: &Send) -> ExitCode {
    let deadline = Instant::now() + send.timeout;
    match place::find(send.socket.as_deref()) {
        Ok(socket) => deliver(send, &socket, deadline),
        Err(error) => {
            Complaints::default().complain_until(deadline, error);
            ExitCode::from(NOT_REACHED)
        }
    }
}

/// One try. Another user may have made the directory of the default socket since the last one.
fn attempt(send: &Send, socket: &Path, message: &[u8], deadline: Instant) -> Result<Reply, ExchangeError> {
    if send.socket.is_none() {
        place::check(socket).map_err(ConnectError::Unreachable)?;
    }
    exchange(socket, message, deadline)
}

fn deliver(send: &Send, socket: &Path, deadline: Instant) -> ExitCode {
    let start = Instant::now();
    let name = socket.to_string_lossy();
    let name = Printable(&name);
    let message = encode(&Notification { router_id: send.router_id, state: send.state });
    let (mut tries, mut complaints) = (1, Complaints::default());
    let outcome = loop {
        let result = attempt(send, socket, message.as_bytes(), deadline);
        let pause = pause_before_retry(&result, tries, deadline.saturating_duration_since(Instant::now()));
        let outcome = Outcome(result);
        match pause {
            Some(pause) if tries <= send.retries => {
                let next = Instant::now() + pause;
                if send.verbose {
                    // While it rests it may as well wait for a reader.
                    let what = format_args!("{name}: {outcome}; trying again in {pause:.1?}");
                    complaints.complain_until(next, what);
                }
                thread::sleep(next.saturating_duration_since(Instant::now()));
                tries += 1;
            }
            _ => break outcome,
        }
    };
    if send.verbose || !outcome.is_accepted() {
        let plural = if tries == 1 { "y" } else { "ies" };
        let other = if outcome.exit() == NOT_REACHED { place::advice(send.socket.as_deref()) } else { "" };
        let (took, advice) = (start.elapsed(), outcome.advice());
        let what = format_args!("{name}: {outcome} ({tries} tr{plural}, {took:.1?}){advice}{other}");
        complaints.complain_until(deadline, what);
    }
    ExitCode::from(outcome.exit())
}
