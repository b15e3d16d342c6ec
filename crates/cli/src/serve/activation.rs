//! Socket activation, as in `sd_listen_fds(3)`: a service manager has made the socket, and hands it over.

use std::env;
use std::io;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use listenfd::ListenFd;

/// Why what was handed over can't be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum ActivationError {
    #[error("LISTEN_FDS is {0:?}, which is not a number of sockets")]
    Count(String),
    #[error(
        "{count} sockets were handed over ({names:?}), but this listens at one: give it one ListenStream=, or start it \
        without them"
    )]
    TooMany { count: usize, names: String },
    #[error("what was handed over is not a Unix stream socket: use ListenStream= with a path")]
    NotAUnixStream(#[source] io::Error),
    #[error("the socket that was handed over has no path: use ListenStream= with a path")]
    NoPath,
    #[error("a socket at {handed_over:?} was handed over, and another is given by --socket: leave one of them out")]
    Two { handed_over: PathBuf },
}

/// The socket that was handed over to this process, if one was, and its path.
///
/// This takes the variables `LISTEN_PID` and `LISTEN_FDS` out of the environment: it has to be called before there are
/// other threads.
pub(super) fn handed_over(given: Option<&PathBuf>) -> Result<Option<(UnixListener, PathBuf)>, ActivationError> {
    let is_ours = env::var("LISTEN_PID").is_ok_and(|pid| pid == std::process::id().to_string());
    let Some(count) = env::var("LISTEN_FDS").ok().filter(|_| is_ours) else { return Ok(None) };
    let count = count.parse().map_err(|_| ActivationError::Count(count))?;
    match count {
        0 => return Ok(None),
        1 => {}
        count => {
            let names = env::var("LISTEN_FDNAMES").unwrap_or_else(|_| "without names".into());
            return Err(ActivationError::TooMany { count, names });
        }
    }
    let socket = ListenFd::from_env().take_unix_listener(0).map_err(ActivationError::NotAUnixStream)?;
    let Some(socket) = socket else { return Ok(None) };
    let address = socket.local_addr().map_err(ActivationError::NotAUnixStream)?;
    let path = address.as_pathname().ok_or(ActivationError::NoPath)?.to_path_buf();
    if given.is_some_and(|given| *given != path) {
        return Err(ActivationError::Two { handed_over: path });
    }
    Ok(Some((socket, path)))
}
