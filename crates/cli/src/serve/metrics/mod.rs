//! The counters of a server: kept in this process, written to standard error on SIGUSR1, and to Prometheus where that
//! is asked for.

mod exposition;
mod http;
mod recorder;
mod summary;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::thread;

use self::recorder::Registry;
use super::diagnostics;

/// One for the process, as the facade wants it.
static REGISTRY: Registry = Registry::new();

/// Keeps what the server counts from now on.
pub(super) fn start() -> io::Result<()> {
    metrics::set_global_recorder(&REGISTRY).map_err(io::Error::other)?;
    metrics::describe_counter!(
        "hanotify_output_reopens_total",
        "Times that SIGHUP began a new output file, or failed to."
    );
    Ok(())
}

/// Writes the counters to standard error.
pub(super) fn tell() {
    diagnostics::say(summary::summary(&REGISTRY).trim_end());
}

/// Where Prometheus can read the counters: nobody answers yet.
pub(super) struct Readers(TcpListener);

impl Readers {
    /// Lets readers connect at `address`; one without a port gets one.
    pub(super) fn listen(address: SocketAddr) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "the counters can be read from other hosts, by anybody who reaches this address");
        }
        let readers = TcpListener::bind(address)?;
        readers.set_nonblocking(true)?;
        let address = readers.local_addr()?;
        diagnostics::say(format_args!("metrics at http://{address}/metrics"));
        Ok(Self(readers))
    }

    /// Answers them from now on, on a thread, so that they are answered also while the server waits for whoever reads
    /// its events.
    pub(super) fn answer(self) -> io::Result<()> {
        let thread = thread::Builder::new().name("metrics".into()).stack_size(STACK);
        thread.spawn(move || http::serve(&self.0, &REGISTRY))?;
        Ok(())
    }
}

/// Enough for what the threads beside the server do, and an upper bound of what they can take.
pub(super) const STACK: usize = 128 * 1024;

/// An address for the counters: a port alone is one of the loopback's, so that nobody opens it to other hosts by
/// accident.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
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
