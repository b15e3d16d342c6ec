//! Every example runs as an agent would: it listens, takes a notification, and refuses a bad one.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that panics has failed")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use hanotify_testing::running::{ID, connect, message, read_all};

/// Ends the example with the test, whatever its outcome.
struct Example(Child);

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs an example, which cargo has built beside the command: the example, and what it said of the second message.
fn take_two_messages(name: &str) -> (Example, String) {
    take_two_messages_with(name, &[])
}

/// As [`take_two_messages`], with more arguments; what the example says on standard error can be read if there are any.
fn take_two_messages_with(name: &str, arguments: &[&str]) -> (Example, String) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    // This program is in `deps` of the folder that has `examples` too.
    let own = std::env::current_exe().unwrap();
    let program = own.ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(
        program.exists(),
        "{} is not built: `cargo test` builds it, `cargo test --test examples` does not",
        program.display()
    );
    let mut command = Command::new(program);
    command.arg(&socket).args(arguments).stdout(Stdio::piped());
    if !arguments.is_empty() {
        command.stderr(Stdio::piped());
    }
    let mut example = Example(command.spawn().unwrap());
    let mut lines = BufReader::new(example.0.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "listening");

    let ask = |bytes: &[u8]| {
        let mut client = connect(&socket);
        client.write_all(bytes).unwrap();
        String::from_utf8(read_all(&mut client)).unwrap()
    };
    assert!(ask(&message("primary")).starts_with("HTTP/1.1 200 OK\r\n"));
    assert_eq!(lines.next().unwrap().unwrap(), format!("{ID} is primary"));
    let reply = ask(&message("Primary"));
    assert!(reply.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{reply}");
    assert!(reply.to_lowercase().contains("\r\nconnection: close\r\n"), "{reply}");
    assert!(ask(&message("backup")).starts_with("HTTP/1.1 200 OK\r\n"));
    let rest: Vec<_> = lines.map(Result::unwrap).take_while(|line| !line.ends_with("is backup")).collect();
    (example, rest.concat())
}

#[test]
fn an_agent_with_the_server_on_a_thread() {
    let (_example, rest) = take_two_messages("agent_thread");
    assert_eq!(rest, "");
}

#[test]
fn an_agent_whose_counters_prometheus_reads() {
    let (mut example, rest) = take_two_messages_with("agent_metrics", &["127.0.0.1:0"]);
    assert_eq!(rest, "");
    let line = BufReader::new(example.0.stderr.take().unwrap()).lines().next().unwrap().unwrap();
    let address = line.strip_prefix("metrics at http://").and_then(|rest| rest.strip_suffix("/metrics")).unwrap();
    let mut reader = TcpStream::connect(address).unwrap();
    reader.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut page = String::new();
    // The example closes no connection before its end, but for one that it has answered.
    reader.read_to_string(&mut page).unwrap();
    for line in [
        "hanotify_notified_total 2",
        "hanotify_refused_total{error=\"state\"} 1",
        "hanotify_queue_depth 0",
        "hanotify_queue_lost_total 0",
        "hanotify_answer_seconds_bucket{le=\"+Inf\"} 3",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} is not in {page}");
    }
}

#[test]
fn an_agent_on_tokio_that_takes_a_stream() {
    let (_example, rest) = take_two_messages("agent_stream");
    assert_eq!(rest, "");
}

#[test]
fn an_agent_on_tokio() {
    let (_example, rest) = take_two_messages("agent_tokio");
    assert!(rest.contains("refused: unknown state"), "{rest}");
}

#[test]
fn an_agent_on_hyper() {
    let (_example, rest) = take_two_messages("agent_hyper");
    assert!(rest.contains("refused: unknown state"), "{rest}");
}
