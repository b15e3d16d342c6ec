//! Notifications that have all been sent when the server turns to them: the clients cost it nothing, and can't hold it
//! up.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::roles::connect;
use super::running::{Running, own_run_time};

/// What a burst cost.
pub(crate) struct Cost {
    /// The server's processor time.
    pub(crate) cpu: Duration,
    /// From the server's start to the last reply.
    pub(crate) wall: Duration,
    /// The clients' processor time meanwhile.
    pub(crate) clients: Duration,
}

/// Lets `count` clients connect and send while the server stands still, and then the server answer them.
pub(crate) fn burst(server: &Running, message: &[u8], count: usize) -> Cost {
    let mut clients = prepared(server, message, count);
    let before = server.cpu();
    let own = own_run_time();
    let start = Instant::now();
    server.go();
    // The only one that is waited for: no reply before the last wakes anybody up.
    let last = clients.pop().map(reply).unwrap();
    let wall = start.elapsed();
    let own = own_run_time().saturating_sub(own);
    assert!(is_accepted(&last));
    assert!(clients.into_iter().all(|client| is_accepted(&reply(client))), "not every reply was 200");
    server.settle();
    Cost { cpu: server.cpu().saturating_sub(before), wall, clients: own }
}

/// Clients that have sent, at a server that stands still.
pub(crate) fn prepared(server: &Running, message: &[u8], count: usize) -> Vec<UnixStream> {
    server.settle();
    server.halt();
    let socket = server.socket();
    let client = |_| {
        let mut client = connect(&socket);
        client.write_all(message).unwrap();
        client
    };
    (0..count).map(client).collect()
}

fn reply(mut client: UnixStream) -> Vec<u8> {
    let mut reply = Vec::with_capacity(256);
    client.read_to_end(&mut reply).unwrap();
    reply
}

pub(crate) fn is_accepted(reply: &[u8]) -> bool {
    reply.starts_with(b"HTTP/1.1 200 ")
}
