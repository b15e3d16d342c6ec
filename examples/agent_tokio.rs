//! An agent on tokio that drives the core itself: its own sockets and its own clock, hanotify's rules.
//!
//!     cargo run --example agent_tokio -- /tmp/agent.socket
//!
//! The socket's file stays behind: remove it before the next run. `hanotify::server` does that by itself.

use std::error::Error;
use std::io;
use std::time::Duration;

use hanotify::{Decoder, ErrorKind, Limits, Notification, Status, reply};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

const TOTAL_TIME: Duration = Duration::from_secs(10);
const DRAIN_TIME: Duration = Duration::from_secs(2);

fn main() -> Result<(), Box<dyn Error>> {
    let socket = std::env::args_os().nth(1).ok_or("usage: agent_tokio SOCKET")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(async { serve(UnixListener::bind(socket)?).await })?)
}

async fn serve(listener: UnixListener) -> io::Result<()> {
    println!("listening");
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            if let Err(error) = converse(stream).await {
                eprintln!("a connection failed: {error}");
            }
        });
    }
}

/// One message, one reply.
async fn converse(mut stream: UnixStream) -> io::Result<()> {
    let mut received = Vec::new();
    let verdict = match timeout(TOTAL_TIME, receive(&mut stream, &mut received)).await {
        Ok(verdict) => verdict?,
        Err(_) => Err(ErrorKind::Deadline.at(received.len())),
    };
    let reply = match verdict {
        Ok(Notification { router_id, state }) => {
            println!("{router_id} is {state}");
            reply::ACCEPTED
        }
        Err(refused) => {
            println!("refused: {refused}");
            reply::refused(refused.kind)
        }
    };
    stream.write_all(reply).await?;
    stream.shutdown().await?;
    // A close with bytes unread would cost the sender its reply.
    let mut rest = stream.take(65_536);
    let _ = timeout(DRAIN_TIME, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
    Ok(())
}

async fn receive(stream: &mut UnixStream, received: &mut Vec<u8>) -> io::Result<Result<Notification, hanotify::Error>> {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    loop {
        if stream.read_buf(received).await? == 0 {
            return Ok(Err(decoder.refuse(ErrorKind::Truncated.at(received.len()))));
        }
        match decoder.decode(received) {
            Ok(Status::Complete { notification, .. }) => return Ok(Ok(notification)),
            Ok(Status::Incomplete) => {}
            Err(refused) => return Ok(Err(refused)),
        }
    }
}
