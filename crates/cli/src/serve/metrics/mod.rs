//! The counters of a server: kept in this process, written to standard error on SIGUSR1, and to Prometheus where that
//! is asked for.

mod exposition;
mod http;
mod recorder;
mod summary;

use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::thread;

use signal_hook::consts::SIGUSR1;

use self::recorder::Registry;
use super::diagnostics;

/// One for the process, as the facade wants it.
static REGISTRY: Registry = Registry::new();

/// Who may ask for the counters, before anybody answers.
pub(super) struct Askers {
    signals: UnixStream,
    readers: Option<TcpListener>,
}

/// Keeps what the server counts from now on, and takes note whenever SIGUSR1 comes.
pub(super) fn start() -> io::Result<Askers> {
    metrics::set_global_recorder(&REGISTRY).map_err(io::Error::other)?;
    let (signals, sender) = UnixStream::pair()?;
    signal_hook::low_level::pipe::register(SIGUSR1, sender)?;
    Ok(Askers { signals, readers: None })
}

impl Askers {
    /// Lets Prometheus read the counters at `address`: the address at which it can, which has a port also where none
    /// was given.
    pub(super) fn expose(&mut self, address: SocketAddr) -> io::Result<SocketAddr> {
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "the counters can be read from other hosts, by anybody who reaches this address");
        }
        let readers = TcpListener::bind(address)?;
        readers.set_nonblocking(true)?;
        self.readers.insert(readers).local_addr()
    }

    /// Answers from now on: SIGUSR1 on standard error, readers by HTTP.
    ///
    /// Threads do that and not the server, so that they answer also while the server waits for whoever reads its
    /// events.
    pub(super) fn answer(self) -> io::Result<()> {
        let Self { mut signals, readers } = self;
        let thread = |name: &str| thread::Builder::new().name(name.into()).stack_size(STACK);
        thread("status").spawn(move || {
            while matches!(signals.read(&mut [0; 64]), Ok(1..)) {
                diagnostics::say(summary::summary(&REGISTRY).trim_end());
            }
        })?;
        if let Some(readers) = readers {
            thread("metrics").spawn(move || http::serve(&readers, &REGISTRY))?;
        }
        Ok(())
    }
}

/// Enough for what these threads do, and an upper bound of what they can take.
const STACK: usize = 128 * 1024;

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
