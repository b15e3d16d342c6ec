//! An agent on tokio that gives the server a thread of its own and takes the events as a stream.
//!
//!     cargo run --features tokio --example agent_stream -- /tmp/agent.socket

use std::error::Error;
use std::thread;

use hanotify::Notification;
use hanotify::server::{Config, Server};
use hanotify::sink;

fn main() -> Result<(), Box<dyn Error>> {
    let socket = std::env::args_os().nth(1).ok_or("usage: agent_stream SOCKET")?;
    let mut server = Server::bind(Config::new(socket))?;
    server.stop_on_signals()?;
    println!("listening");

    // Bounded: when the agent falls behind, senders are told 503 and come again, and nothing grows without end.
    let (channel, mut events) = sink::channel(1_000);
    let server = thread::spawn(move || server.run(channel));
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        // Or any of a stream's methods, if you have futures-util. It ends when the server has stopped.
        while let Some(event) = events.recv().await {
            let Notification { router_id, state } = event.notification;
            println!("{router_id} is {state}");
        }
    });
    server.join().map_err(|_| "the server panicked")??;
    Ok(())
}
