//! An agent that gives the server a thread of its own and takes the events from a channel.
//!
//!     cargo run --example agent_thread -- /tmp/agent.socket

use std::error::Error;
use std::sync::mpsc::{TrySendError, sync_channel};

use hanotify::Notification;
use hanotify::server::{Config, Server};
use hanotify::sink::{Event, SinkError};

fn main() -> Result<(), Box<dyn Error>> {
    let socket = std::env::args_os().nth(1).ok_or("usage: agent_thread SOCKET")?;
    let mut server = Server::bind(Config::new(socket))?;
    server.stop_on_signals()?;
    println!("listening");

    // Bounded: when the agent falls behind, senders are told 503 and come again, and nothing grows without end.
    let (sender, events) = sync_channel::<Notification>(1_000);
    let thread = std::thread::spawn(move || {
        server.run(move |event: Event<'_>| {
            sender.try_send(event.notification).map_err(|error| match error {
                TrySendError::Full(_) => SinkError::Busy,
                TrySendError::Disconnected(_) => SinkError::failed("the agent is gone"),
            })
        })
    });

    for Notification { router_id, state } in events {
        println!("{router_id} is {state}");
    }
    thread.join().map_err(|_| "the server panicked")??;
    Ok(())
}
