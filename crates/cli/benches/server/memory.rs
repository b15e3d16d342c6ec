//! Resident memory of `hanotify serve`, before the first connection and with many that are held.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use hanotify_testing::corpus::root;

use super::Scale;
use super::bars::{Aim, Bars, figure};
use super::program::hanotify;
use super::roles::connect;
use super::running::Running;

const HELD: [(usize, f64); 2] = [(4_096, 3.0), (10_000, 4.0)];

pub(crate) fn step(_: Scale, bars: &mut Bars) {
    let server = Running::start(|socket| Some(serve(&hanotify(), socket))).unwrap();
    sleep(Duration::from_millis(200));
    bars.raw("resident memory of `serve`, idle", megabytes(&server), "MB", Aim::AtMost(2.5));
    figure("of this its own, and not the program's file, in KiB", server.resident().1);
    let message = std::fs::read(root().join("corpus/captures/curl-7.88.1-post.http")).unwrap();
    // Half a message each, since a connection that sends nothing is cheaper than any real one.
    let half = &message[..message.len() / 2];
    let before = server.descriptors();
    let mut clients: Vec<UnixStream> = Vec::new();
    for (count, bar) in HELD {
        while clients.len() < count {
            let mut client = connect(&server.socket());
            client.write_all(half).unwrap();
            clients.push(client);
        }
        sleep(Duration::from_millis(500));
        assert_eq!(server.descriptors() - before, count, "not all are held");
        let name = format!("resident memory with {count} connections held, half a message each");
        bars.raw(&name, megabytes(&server), "MB", Aim::AtMost(bar));
    }
    figure("of this its own, and not the program's file, in KiB", server.resident().1);
}

fn megabytes(server: &Running) -> f64 {
    server.resident().0 as f64 * 1_024.0 / 1e6
}

/// `hanotify serve` with places for all of these connections, and with time for them.
pub(crate) fn serve(program: &Path, socket: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("serve").arg("--socket").arg(socket).args(["--format", "json", "--log", "error"]);
    command.args(["--connections", "10000", "--total-time", "60s"]);
    command
}
