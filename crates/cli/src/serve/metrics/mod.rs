//! The counters of a server, and the states of its routers: kept in this process, written to standard error on SIGUSR1
//! (the counters alone), and to Prometheus where that is asked for.

mod accept;
mod desk;
mod exposition;
mod http;
mod recorder;
mod routers;
mod status;
mod summary;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::thread;

use hanotify::sink::StatesHandle;

pub(crate) use self::accept::Format;
pub(crate) use self::exposition::Besides;
use self::exposition::exposition;
use self::http::Door;
pub(crate) use self::http::{Look, Pages};
use self::recorder::Registry;
pub(super) use self::status::Shown;
use super::diagnostics;

/// One for the process, as the facade wants it.
static REGISTRY: Registry = Registry::new();

/// Keeps what is counted from now on.
pub(crate) fn keep() -> io::Result<()> {
    metrics::set_global_recorder(&REGISTRY).map_err(io::Error::other)
}

/// Keeps what the server counts from now on.
pub(super) fn start() -> io::Result<()> {
    keep()?;
    metrics::describe_counter!(
        "hanotify_output_reopens_total",
        "Times that SIGHUP began a new output file, or failed to."
    );
    metrics::describe_counter!(
        "hanotify_lines_lost_total",
        "Lines for which no sender waits, those of refusals among them, that could not be written."
    );
    // It is there before the first of them is lost.
    metrics::counter!("hanotify_lines_lost_total").absolute(0);
    Ok(())
}

/// Writes the counters to standard error.
pub(super) fn tell() {
    diagnostics::say(summary::summary(&REGISTRY).trim_end());
}

/// Where readers can connect: nobody answers yet.
#[derive(Default)]
pub(crate) struct Readers(Vec<Door>);

impl Readers {
    /// Shows these pages at `address`; one without a port gets one. Gives the address.
    pub(crate) fn listen(&mut self, address: SocketAddr, pages: impl Pages + 'static) -> io::Result<SocketAddr> {
        let readers = TcpListener::bind(address)?;
        readers.set_nonblocking(true)?;
        let address = readers.local_addr()?;
        self.0.push(Door::new(readers.into(), Box::new(pages)));
        Ok(address)
    }

    /// Shows these pages at this socket.
    pub(crate) fn show(&mut self, socket: OwnedFd, pages: impl Pages + 'static) {
        self.0.push(Door::new(socket, Box::new(pages)));
    }

    /// Answers them from now on, on a thread, so that they are answered also while the server waits for whoever reads
    /// its events.
    pub(crate) fn answer(self) -> io::Result<()> {
        if !self.0.is_empty() {
            let thread = thread::Builder::new().name("metrics".into()).stack_size(PACKING_STACK);
            thread.spawn(move || http::serve(self.0))?;
        }
        Ok(())
    }
}

/// What Prometheus reads.
pub(super) struct Metrics(pub(super) StatesHandle);

impl Pages for Metrics {
    fn admit(&self, _: BorrowedFd<'_>) -> bool {
        true
    }

    fn page(&self, path: &str, format: Format) -> Option<(&'static str, String)> {
        (path == "/metrics").then(|| page(&self.0, format))
    }

    fn directions(&self) -> &'static str {
        "the counters are at /metrics\n"
    }
}

/// The type and the content of a page of all counters, and what else there is.
pub(crate) fn page(besides: &(impl Besides + Clone), format: Format) -> (&'static str, String) {
    (format.media_type(), exposition(&REGISTRY, besides, format))
}

/// Enough for the tables of gzip, which are put together on the stack.
const PACKING_STACK: usize = 1024 * 1024;

/// Enough for what the other threads beside the server do, and an upper bound of what they can take.
pub(super) const STACK: usize = 128 * 1024;

/// An address for the counters: a port alone is one of the loopback's, so that nobody opens it to other hosts by
/// accident.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse() {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    text.parse().map_err(|_| "expected a port, or an address with a port such as 127.0.0.1:9100 or [::1]:9100".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_one_of_the_loopbacks() {
        assert_eq!(address("9100").unwrap().to_string(), "127.0.0.1:9100");
        assert_eq!(address("[::1]:9100").unwrap().to_string(), "[::1]:9100");
        assert_eq!(address("0.0.0.0:9100").unwrap().to_string(), "0.0.0.0:9100");
        for text in ["", ":9100", "localhost:9100", "127.0.0.1", "65536"] {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
