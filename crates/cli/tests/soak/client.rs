//! Senders that the steps share.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hanotify::{HaState, Notification, RouterId, encode, reply};
use serde_json::Value;

/// The notification number `number`, whose router no other number has.
pub(crate) fn notification(number: u64, state: HaState) -> Notification {
    let id = u128::from(number) | (0x5a5a << 64);
    Notification { router_id: RouterId::from_bytes(id.to_be_bytes()).unwrap(), state }
}

/// Sends a notification; whether it got 200.
pub(crate) fn send(socket: &Path, notification: &Notification) -> io::Result<bool> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(encode(notification).as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer == reply::ACCEPTED)
}

/// `hanotify burst`, started.
pub(crate) fn burst(socket: &Path, args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hanotify"));
    command.arg("burst").arg("--socket").arg(socket).args(["--format", "json"]).args(args);
    command.stdout(Stdio::piped()).spawn().unwrap()
}

/// The report of a burst that was started.
pub(crate) fn report(burst: Child) -> Value {
    let output = burst.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("no report ({error}): {output:?}"))
}

/// A count in a report.
pub(crate) fn count(report: &Value, name: &str) -> u64 {
    report[name].as_u64().unwrap_or_else(|| panic!("no {name}: {report}"))
}
