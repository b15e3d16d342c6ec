//! What is shown of a server to others: to Prometheus, and to `hanotify status`.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use hanotify::HaState;
use hanotify::server::Config;
use hanotify::sink::StatesHandle;

use super::diagnostics;
use super::known::Watch;
use super::metrics::{Metrics, Readers, Shown};
use super::options::Operation;
use super::status_socket::StatusSocket;
use crate::place;

/// It, where anybody is to see anything.
pub(super) struct View {
    states: StatesHandle,
    readers: Readers,
    /// Where the metrics are.
    exposed: Option<SocketAddr>,
    watch: Option<Watch>,
    socket: Option<StatusSocket>,
}

impl View {
    /// Lets those connect who are to see something, of at most so many routers; `None` where nobody is.
    /// `handed_over` is a socket for `hanotify status` that a service manager has made.
    pub(super) fn open(
        args: &Operation,
        config: &Config,
        routers: usize,
        handed_over: Option<UnixListener>,
    ) -> Result<Option<Self>, Box<dyn Error>> {
        if args.metrics.is_none() && !args.status && handed_over.is_none() {
            return Ok(None);
        }
        let states = StatesHandle::new(routers).with_window(HaState::Primary, *args.settle_time);
        let (mut readers, mut exposed) = (Readers::default(), None);
        if let Some(address) = args.metrics {
            if !address.ip().is_loopback() {
                tracing::warn!(
                    %address,
                    "the counters can be read from other hosts, by anybody who reaches this address"
                );
            }
            let listening = readers.listen(address, Metrics(states.clone()));
            exposed = Some(listening.map_err(|cause| format!("can't expose metrics at {address}: {cause}"))?);
        }
        let shown = |own| Shown::new(config.clone(), states.clone(), own);
        let mut own = None;
        if let Some(socket) = handed_over {
            socket.set_nonblocking(true)?;
            readers.show(socket.into(), shown(None));
        } else if args.status {
            let socket = StatusSocket::bind(place::status_of(config.socket()), config)?;
            readers.show(socket.descriptor()?, shown(Some(socket.clone())));
            own = Some(socket);
        }
        let watch = args.ha_confs.clone().map(|path| Watch::new(path, states.clone()));
        Ok(Some(Self { states, readers, exposed, watch, socket: own }))
    }

    /// Says where the metrics are.
    pub(super) fn announce(&self) {
        if let Some(address) = self.exposed {
            diagnostics::say(format_args!("metrics at http://{address}/metrics"));
        }
    }

    /// The socket for `hanotify status`, where this process has made it.
    pub(super) fn socket(&self) -> Option<PathBuf> {
        self.socket.as_ref().map(StatusSocket::path)
    }

    /// Answers them from now on, on threads, as long as the process lives: gives where the states are to be kept, and
    /// the socket, which is to be closed at the end.
    pub(super) fn answer(self) -> io::Result<(StatesHandle, Option<StatusSocket>)> {
        self.readers.answer()?;
        self.watch.map_or(Ok(()), Watch::start)?;
        Ok((self.states, self.socket))
    }
}
