//! A report from a running server, or from a monitor.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hanotify::RouterId;
use hanotify::client::{ConnectError, connect};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::place;

/// How long a server may take for the whole report.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest report that is read.
const LONGEST: u64 = 64 << 20;

/// Why there is no report of a server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("can't ask the server at {path:?}: {cause}; does `{command}` run there?")]
    NotReached { path: PathBuf, cause: ConnectError, command: &'static str },
    #[error(
        "can't ask the server at {path:?}: {cause}: run this as a user that may write to the socket and enter its \
         folders"
    )]
    NotPermitted { path: PathBuf, cause: ConnectError },
    #[error("the server at {path:?} broke off: {cause}")]
    BrokeOff { path: PathBuf, cause: io::Error },
    #[error("the server at {path:?} has not sent its report within {} s", PATIENCE.as_secs())]
    TooSlow { path: PathBuf },
    #[error("the server at {path:?} lets only root, its own user and its allowed senders look")]
    Refused { path: PathBuf },
    #[error("the server at {path:?} lets only root and its own user have a router forgotten")]
    NotItsUser { path: PathBuf },
    #[error("the server at {path:?} knows no router {router_id}")]
    Unknown { path: PathBuf, router_id: RouterId },
    #[error("what the server at {path:?} says is no report")]
    Malformed { path: PathBuf },
    #[error("the server at {path:?} writes version {version} of its report, and this program reads {read}")]
    Version { path: PathBuf, version: u32, read: u32 },
}

/// What serves the report of a node.
pub(super) const SERVER: &str = "hanotify serve --status";

/// Asks the server that answers at this path for its report, of this version. `command` is what answers there.
pub(crate) fn ask<T: DeserializeOwned>(path: PathBuf, version: u32, command: &'static str) -> Result<T, AskError> {
    let reply = exchange(&path, "GET /status", command)?;
    parse(&reply, path, version)
}

/// Has the server forget a router.
pub(super) fn forget(socket: &Path, router_id: RouterId) -> Result<(), AskError> {
    let path = place::status_of(socket);
    let reply = exchange(&path, &format!("DELETE /routers/{router_id}"), SERVER)?;
    match reply.get(..13) {
        Some(b"HTTP/1.1 200 ") => Ok(()),
        Some(b"HTTP/1.1 403 ") => Err(AskError::NotItsUser { path }),
        Some(b"HTTP/1.1 404 ") => Err(AskError::Unknown { path, router_id }),
        _ => Err(AskError::Malformed { path }),
    }
}

/// What the server replies.
fn exchange(path: &Path, request: &str, command: &'static str) -> Result<Vec<u8>, AskError> {
    let deadline = Instant::now() + PATIENCE;
    let not_reached = |cause| match cause {
        ConnectError::Unreachable(ref error) if error.kind() == io::ErrorKind::PermissionDenied => {
            AskError::NotPermitted { path: path.into(), cause }
        }
        cause => AskError::NotReached { path: path.into(), cause, command },
    };
    let stream = connect(path, deadline).map_err(not_reached)?;
    read(stream, request, deadline).map_err(|cause| match cause.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => AskError::TooSlow { path: path.into() },
        _ => AskError::BrokeOff { path: path.into(), cause },
    })
}

fn read(mut stream: UnixStream, request: &str, deadline: Instant) -> io::Result<Vec<u8>> {
    stream.set_write_timeout(Some(PATIENCE))?;
    match stream.write_all(format!("{request} HTTP/1.1\r\nHost: status\r\n\r\n").as_bytes()) {
        // Whoever may not look is answered before the request is read.
        Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => return Err(cause),
        _ => {}
    }
    let mut reply = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    while reply.len() as u64 <= LONGEST {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        match stream.read(&mut piece) {
            Ok(0) => return Ok(reply),
            // Of a request that nobody read, the end is a reset.
            Err(cause) if cause.kind() == io::ErrorKind::ConnectionReset && !reply.is_empty() => return Ok(reply),
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
            Ok(len) => reply.extend_from_slice(piece.get(..len).unwrap_or_default()),
        }
    }
    Err(io::Error::other("the report is too long"))
}

fn parse<T: DeserializeOwned>(reply: &[u8], path: PathBuf, read: u32) -> Result<T, AskError> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    if reply.starts_with(b"HTTP/1.1 403 ") {
        return Err(AskError::Refused { path });
    }
    let end = reply.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let content = end.filter(|_| reply.starts_with(b"HTTP/1.1 200 ")).and_then(|end| reply.get(end + 4..));
    let version = content.and_then(|content| serde_json::from_slice(content).ok());
    match (content, version) {
        (Some(content), Some(Version { version })) if version == read => {
            serde_json::from_slice(content).map_err(|_| AskError::Malformed { path })
        }
        (_, Some(Version { version })) => Err(AskError::Version { path, version, read }),
        _ => Err(AskError::Malformed { path }),
    }
}
