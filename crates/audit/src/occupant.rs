//! Whether a process has a socket, found without a word to that process.

use std::os::unix::net::UnixDatagram;
use std::path::Path;

use rustix::io::Errno;

/// Who is at the path of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occupant {
    /// There is nothing.
    Nobody,
    /// A process left its socket there, or something else is there that nobody listens at.
    Dead,
    /// A process has the socket.
    Live,
    /// The kernel doesn't say.
    Unknown,
}

impl Occupant {
    pub(crate) fn of(socket: &Path) -> Self {
        // The kernel finds the process first, and then that a stream is wanted here: the process never hears of it.
        let met = UnixDatagram::unbound().and_then(|probe| probe.connect(socket));
        match met.as_ref().map_err(Errno::from_io_error) {
            Ok(()) | Err(Some(Errno::PROTOTYPE)) => Self::Live,
            Err(Some(Errno::CONNREFUSED)) => Self::Dead,
            Err(Some(Errno::NOENT)) => Self::Nobody,
            Err(_) => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_live_socket_is_told_from_a_dead_one_without_a_connection() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        assert_eq!(Occupant::of(&path), Occupant::Nobody);
        let listener = UnixListener::bind(&path).unwrap();
        listener.set_nonblocking(true).unwrap();
        assert_eq!(Occupant::of(&path), Occupant::Live);
        assert!(listener.accept().is_err(), "nobody has connected");
        drop(listener);
        assert_eq!(Occupant::of(&path), Occupant::Dead);
        fs::remove_file(&path).unwrap();
        let _datagrams = UnixDatagram::bind(&path).unwrap();
        assert_eq!(Occupant::of(&path), Occupant::Live);
        assert_eq!(Occupant::of(&folder.path().join("x".repeat(200))), Occupant::Unknown);
    }
}
