//! Every example runs as an agent would: it listens, takes a notification, and refuses a bad one.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that panics has failed")]

use std::io::{BufRead, BufReader, Write};
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
    let mut example = Example(Command::new(program).arg(&socket).stdout(Stdio::piped()).spawn().unwrap());
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
fn an_agent_on_tokio() {
    let (_example, rest) = take_two_messages("agent_tokio");
    assert!(rest.contains("refused: unknown state"), "{rest}");
}

#[test]
fn an_agent_on_hyper() {
    let (_example, rest) = take_two_messages("agent_hyper");
    assert!(rest.contains("refused: unknown state"), "{rest}");
}
