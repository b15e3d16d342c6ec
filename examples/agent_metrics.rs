//! An agent whose counters Prometheus reads, of the server and of the sinks in front of the agent.
//!
//!     cargo run --features metrics --example agent_metrics -- /tmp/agent.socket 127.0.0.1:9100
//!     curl http://127.0.0.1:9100/metrics

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::thread;

use hanotify::Notification;
use hanotify::server::{Config, Server};
use hanotify::sink::{Event, Queue, SinkError};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// The upper bounds of the histogram, in seconds: an answer takes microseconds, and its deadline is in seconds.
const BUCKETS: [f64; 8] = [25e-6, 50e-6, 100e-6, 250e-6, 1e-3, 10e-3, 1.0, 10.0];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(socket), Some(address)) = (arguments.next(), arguments.next()) else {
        return Err("usage: agent_metrics SOCKET ADDRESS".into());
    };
    // First of all: what is made before there is a recorder counts for nobody.
    let counters = PrometheusBuilder::new().set_buckets(&BUCKETS)?.install_recorder()?;
    let readers = TcpListener::bind(address)?;
    eprintln!("metrics at http://{}/metrics", readers.local_addr()?);
    thread::spawn(move || expose(&readers, &counters));

    let (sender, events) = channel();
    let queue = Queue::new(1_000, move |event: Event<'_>| sender.send(event.notification).map_err(SinkError::failed))?;
    let mut server = Server::bind(Config::new(socket))?;
    server.stop_on_signals()?;
    println!("listening");
    let server = thread::spawn(move || server.run(queue));
    for Notification { router_id, state } in events {
        println!("{router_id} is {state}");
    }
    server.join().map_err(|_| "the server panicked")??;
    Ok(())
}

/// Gives the counters to each that connects. Most agents have an HTTP server that can do this.
fn expose(readers: &TcpListener, counters: &PrometheusHandle) {
    for mut reader in readers.incoming().flatten() {
        // The request ends with an empty line; there is nothing else to ask for.
        let request = BufReader::new(&reader).lines().map_while(Result::ok);
        request.take_while(|line| !line.is_empty()).for_each(drop);
        // What takes the place of a thread that folds values into the histogram.
        counters.run_upkeep();
        let text = counters.render();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n", text.len());
        // A reader that is gone has no use for the rest.
        let _ = reader.write_all((head + &text).as_bytes());
    }
}
