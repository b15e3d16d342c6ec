//! The counters of a server: kept in this process, written to standard error on SIGUSR1, and to Prometheus where that is asked for.

mod exposition;
mod http;
mod recorder;
mod summary;

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::net::UnixStream;
use std::thread;

use signal_hook::consts::SIGUSR1;

use self::recorder::Registry;

/// One for the process, as the facade wants it.
static REGISTRY: Registry = Registry::new();

/// Keeps what the server counts from now on, and writes it to standard error whenever SIGUSR1 comes.
///
/// A thread does that and not the server, so that it answers also while the server waits for whoever reads its events.
pub(super) fn start() -> io::Result<()> {
    metrics::set_global_recorder(&REGISTRY).map_err(io::Error::other)?;
    let (mut arrivals, sender) = UnixStream::pair()?;
    signal_hook::low_level::pipe::register(SIGUSR1, sender)?;
    thread::Builder::new().name("status".into()).stack_size(STACK).spawn(move || {
        while matches!(arrivals.read(&mut [0; 64]), Ok(1..)) {
            // When this fails, there is nobody left to tell.
            let _ = io::stderr().lock().write_all(summary::summary(&REGISTRY).as_bytes());
        }
    })?;
    Ok(())
}

/// Lets Prometheus read the counters at `address`: the address at which it can, which has a port also where none was given.
pub(super) fn expose(address: SocketAddr) -> io::Result<SocketAddr> {
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "the counters can be read from other hosts, by anybody who reaches this address");
    }
    let listener = std::net::TcpListener::bind(address)?;
    let address = listener.local_addr()?;
    thread::Builder::new().name("metrics".into()).stack_size(STACK).spawn(move || http::serve(&listener, &REGISTRY))?;
    Ok(address)
}

/// Enough for what these threads do, and an upper bound of what they can take.
const STACK: usize = 128 * 1024;

/// An address for the counters: a port alone is one of the loopback's, so that nobody opens it to other hosts by accident.
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
