//! The service manager (`sd_notify(3)`): told when the server is ready, that it is alive, and when it stops.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use hanotify::server::Heartbeat;

/// The way to the service manager, if there is one that wants to hear.
pub(super) struct Manager {
    socket: Option<UnixDatagram>,
    watchdog: Option<Duration>,
}

impl Manager {
    /// What the environment tells of a service manager. The way to it is open from then on, so that a sandbox may
    /// follow.
    pub(super) fn from_env() -> Self {
        let socket = env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()).and_then(|name| {
            let connected = connect(&name);
            if let Err(cause) = &connected {
                tracing::warn!(
                    %cause,
                    "can't reach the service manager at NOTIFY_SOCKET, which waits for this server to say READY=1"
                );
            }
            connected.ok()
        });
        Self { socket, watchdog: watchdog() }
    }

    /// Half the time in which the manager wants a heartbeat, so that a late one is not taken for death.
    pub(super) fn every(&self) -> Option<Duration> {
        self.watchdog.filter(|_| self.socket.is_some()).map(|watchdog| watchdog / 2)
    }

    /// Says that senders can connect.
    pub(super) fn ready(&self) {
        self.tell("READY=1");
    }

    /// Passes a heartbeat of the server on.
    pub(super) fn pass(&self, heartbeat: Heartbeat) {
        match heartbeat {
            Heartbeat::Alive => self.tell("WATCHDOG=1"),
            Heartbeat::Stopping => self.tell("STOPPING=1"),
            _ => {}
        }
    }

    fn tell(&self, what: &str) {
        // It never waits for a manager that doesn't read: senders would wait too.
        if let Some(Err(cause)) = self.socket.as_ref().map(|socket| socket.send(what.as_bytes())) {
            tracing::debug!(%cause, what, "can't tell the service manager");
        }
    }
}

fn connect(name: &OsStr) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    match name.as_bytes() {
        [b'@', rest @ ..] => socket.connect_addr(&SocketAddr::from_abstract_name(rest)?)?,
        _ => socket.connect(name)?,
    }
    Ok(socket)
}

/// The time after which the manager takes this process for dead, if it watches this process.
fn watchdog() -> Option<Duration> {
    let is_ours = env::var("WATCHDOG_PID").map_or(true, |pid| pid == std::process::id().to_string());
    let micros = env::var("WATCHDOG_USEC").ok().filter(|_| is_ours)?.parse().ok()?;
    Some(Duration::from_micros(micros)).filter(|time| !time.is_zero())
}
