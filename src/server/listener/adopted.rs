//! A socket that listens already: a service manager made it, keeps it open, and is the one to remove it.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;

use rustix::net::{AddressFamily, SocketType, sockopt};

use super::{Listener, SocketFile, listen};
use crate::server::config::Config;
use crate::server::error::BindError;

impl Listener {
    /// Takes over a listening socket, whose file stays.
    pub(in crate::server) fn adopt(socket: UnixListener, config: &Config) -> Result<Self, BindError> {
        let system = |action| move |cause| BindError::System { action, path: config.socket().into(), cause };
        socket.set_nonblocking(true).map_err(system("set the flags of the socket handed over for"))?;
        let fd = OwnedFd::from(socket);
        if !is_listening_stream(&fd).map_err(|cause| system("look at the socket handed over for")(cause.into()))? {
            return Err(BindError::NotListening { path: config.socket().into() });
        }
        // To listen again sets the length anew, and who is told apart is this process and not the manager.
        let backlog =
            listen(&fd, config).map_err(|cause| system("listen at the socket handed over for")(cause.into()))?;
        let file = SocketFile::of_another(config.socket());
        Ok(Self { file, fd, backlog, lock: None, is_adopted: true, is_past_help: false })
    }
}

fn is_listening_stream(fd: &OwnedFd) -> rustix::io::Result<bool> {
    Ok(sockopt::socket_domain(fd)? == AddressFamily::UNIX
        && sockopt::socket_type(fd)? == SocketType::STREAM
        && sockopt::socket_acceptconn(fd)?)
}
