//! The service manager (`sd_notify(3)`): told when the server is ready, that it is alive, and when it stops.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::thread;
use std::time::{Duration, Instant};

use hanotify::server::{Heartbeat, Server};
use rustix::time::{ClockId, clock_gettime};

use super::metrics;
use super::status_socket::StatusSocket;

const READY: &[u8] = b"READY=1";

/// How long a manager that can't take `READY=1` is told again: as long as systemd waits for that
/// (`DefaultTimeoutStartSec=`, systemd-system.conf(5)).
const PATIENCE: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(100);

/// The way to the service manager, if there is one that wants to hear.
pub(crate) struct Manager {
    socket: Option<UnixDatagram>,
    watchdog: Option<Duration>,
}

impl Manager {
    /// What the environment tells of a service manager. The way to it is open from then on, so that a sandbox may
    /// follow.
    pub(crate) fn from_env() -> Self {
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
    pub(crate) fn every(&self) -> Option<Duration> {
        self.watchdog.filter(|_| self.socket.is_some()).map(|watchdog| watchdog / 2)
    }

    /// Says that senders can connect. A manager that can't take this now is told by a thread as soon as it can: without
    /// this, it gives the service up.
    pub(crate) fn ready(&self) {
        if let Some(socket) = self.socket.as_ref().filter(|socket| socket.send(READY).is_err())
            && let Err(cause) = tell_later(socket)
        {
            log_unready(&cause);
        }
    }

    /// Has the server say how it is from now on. When it begins to stop, it leaves the path of this socket to the next
    /// server, as it does that of its own.
    pub(super) fn hear(self, server: Server, asked_at: Option<StatusSocket>) -> Server {
        server.with_heartbeat(self.every(), move |heartbeat| {
            self.pass(heartbeat);
            if let (Heartbeat::Stopping, Some(socket)) = (heartbeat, &asked_at) {
                socket.close();
            }
        })
    }

    /// Passes a heartbeat of the server on.
    pub(crate) fn pass(&self, heartbeat: Heartbeat) {
        match heartbeat {
            Heartbeat::Alive => self.tell("WATCHDOG=1"),
            Heartbeat::Stopping => self.tell("STOPPING=1"),
            _ => {}
        }
    }

    /// Says in one line what it does, for `systemctl status`.
    pub(crate) fn describe(&self, what: &str) {
        self.tell(&format!("STATUS={what}"));
    }

    /// Says that it reads its settings anew; [`ready`](Self::ready) follows when that is done.
    pub(crate) fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let micros = now.tv_sec.saturating_mul(1_000_000).saturating_add(now.tv_nsec / 1_000);
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
    }

    fn tell(&self, what: &str) {
        // It never waits for a manager that doesn't read: senders would wait too.
        if let Some(Err(cause)) = self.socket.as_ref().map(|socket| socket.send(what.as_bytes())) {
            tracing::debug!(%cause, what, "can't tell the service manager");
        }
    }
}

fn tell_later(socket: &UnixDatagram) -> io::Result<()> {
    let socket = socket.try_clone()?;
    let thread = thread::Builder::new().name("ready".into()).stack_size(metrics::STACK);
    thread.spawn(move || tell_within(&socket, PATIENCE).unwrap_or_else(|cause| log_unready(&cause)))?;
    Ok(())
}

/// Says it again and again for so long.
fn tell_within(socket: &UnixDatagram, patience: Duration) -> io::Result<()> {
    let end = Instant::now() + patience;
    while let Err(cause) = socket.send(READY) {
        if Instant::now() >= end {
            return Err(cause);
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

fn log_unready(cause: &io::Error) {
    tracing::error!(%cause, "can't tell the service manager READY=1, for which it waits");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manager_that_never_reads_is_given_up() {
        let (socket, _manager) = UnixDatagram::pair().unwrap();
        socket.set_nonblocking(true).unwrap();
        while socket.send(b"X=1").is_ok() {}
        assert_eq!(tell_within(&socket, PAUSE).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}
