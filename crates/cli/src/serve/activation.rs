//! Socket activation, as in `sd_listen_fds(3)`: a service manager has made the socket, and hands it over.

use std::env;
use std::io;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use listenfd::ListenFd;

use crate::place;

/// Why what was handed over can't be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum ActivationError {
    #[error("LISTEN_FDS is {0:?}, which is not a number of sockets")]
    Count(String),
    #[error(
        "{count} sockets were handed over ({names:?}), but this listens at one: give it one ListenStream=, and for \
        `hanotify status` a second one whose path is that of the first and .status, or start it without them"
    )]
    TooMany { count: usize, names: String },
    #[error("what was handed over is not a Unix stream socket: use ListenStream= with a path")]
    NotAUnixStream(#[source] io::Error),
    #[error("the socket that was handed over has no path: use ListenStream= with a path")]
    NoPath,
    #[error("a socket at {handed_over:?} was handed over, and another is given by --socket: leave one of them out")]
    Two { handed_over: PathBuf },
}

/// What a service manager has handed over.
pub(super) struct HandedOver {
    pub(super) socket: UnixListener,
    pub(super) path: PathBuf,
    /// The socket for `hanotify status`, beside it.
    pub(super) status: Option<UnixListener>,
}

/// What was handed over to this process, if anything was.
///
/// This takes the variables `LISTEN_PID` and `LISTEN_FDS` out of the environment: it has to be called before there are
/// other threads.
pub(super) fn handed_over(given: Option<&PathBuf>) -> Result<Option<HandedOver>, ActivationError> {
    let is_ours = env::var("LISTEN_PID").is_ok_and(|pid| pid == std::process::id().to_string());
    let Some(count) = env::var("LISTEN_FDS").ok().filter(|_| is_ours) else { return Ok(None) };
    let count = count.parse().map_err(|_| ActivationError::Count(count))?;
    let too_many = || {
        let names = env::var("LISTEN_FDNAMES").unwrap_or_else(|_| "without names".into());
        ActivationError::TooMany { count, names }
    };
    if count > 2 {
        return Err(too_many());
    }
    let mut fds = ListenFd::from_env();
    let mut sockets = Vec::new();
    for number in 0..count {
        let taken = fds.take_unix_listener(number);
        let socket =
            taken.map_err(|cause| if count == 1 { ActivationError::NotAUnixStream(cause) } else { too_many() })?;
        let Some(socket) = socket else { return Ok(None) };
        sockets.push((path_of(&socket)?, socket));
    }
    // The name of the one for the status is the longer one.
    sockets.sort_by_key(|(path, _)| path.as_os_str().len());
    let mut sockets = sockets.into_iter();
    let Some((path, socket)) = sockets.next() else { return Ok(None) };
    let status = match sockets.next() {
        Some((beside, status)) if beside == place::status_of(&path) => Some(status),
        Some(_) => return Err(too_many()),
        None => None,
    };
    if given.is_some_and(|given| *given != path) {
        return Err(ActivationError::Two { handed_over: path });
    }
    Ok(Some(HandedOver { socket, path, status }))
}

fn path_of(socket: &UnixListener) -> Result<PathBuf, ActivationError> {
    let address = socket.local_addr().map_err(ActivationError::NotAUnixStream)?;
    Ok(address.as_pathname().ok_or(ActivationError::NoPath)?.to_path_buf())
}
