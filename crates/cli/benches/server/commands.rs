//! `hanotify send` beside /bin/true, which does nothing, and curl, which the shell monitors use.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use hanotify::reply;
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};

use super::Scale;
use super::bars::{Aim, Bars, Spread, figure};
use super::program::hanotify;
use super::running::{Running, kib};

const ID: &str = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10";

pub(crate) fn step(scale: Scale, bars: &mut Bars) {
    let server = Running::role("hanotify");
    let socket = server.socket();
    let mut times: Vec<[f64; 3]> = Vec::new();
    for _ in 0..scale.rounds(400) {
        times.push([timed(Command::new("/bin/true")), timed(send(&socket)), timed(curl(&socket))]);
    }
    for (index, name) in ["/bin/true", "hanotify send", "curl"].into_iter().enumerate() {
        let spread = Spread::of(times.iter().map(|times| times[index]));
        let (low, high) = (spread.at(0.25), spread.at(0.75));
        let (best, median) = (spread.at(0.1), spread.median());
        figure(name, format_args!("{median:.3} ms (middle half {low:.3} to {high:.3}, a tenth below {best:.3})"));
    }
    let more = Spread::of(times.iter().map(|[nothing, send, _]| send - nothing));
    bars.raw("`send`, more than /bin/true", more.median(), "ms", Aim::AtMost(0.3));
    let ratios = Spread::of(times.iter().map(|[_, send, curl]| curl / send));
    bars.ratio("curl's time, to that of `send`", &ratios, Aim::AtLeast(6.0));
    bars.raw("most memory of `send`", peak(send) as f64 * 1_024.0 / 1e6, "MB", Aim::AtMost(2.0));
    figure("that of curl, in MB", format_args!("{:.2}", peak(curl) as f64 * 1_024.0 / 1e6));
}

/// Milliseconds from the start of a command to its end.
fn timed(mut command: Command) -> f64 {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let start = Instant::now();
    let status = command.status().unwrap();
    let time = start.elapsed();
    assert!(status.success(), "{command:?}: {status}");
    time.as_secs_f64() * 1_000.0
}

pub(crate) fn send(socket: &Path) -> Command {
    let mut command = Command::new(hanotify());
    command.arg("send").arg("--socket").arg(socket).args(["--router-id", ID, "--state", "primary"]);
    command
}

/// The shell monitor's command line.
fn curl(socket: &Path) -> Command {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--connect-timeout", "5", "-X", "POST"]);
    command.args(["-H", &format!("X-Neutron-Router-Id: {ID}"), "-H", "X-Neutron-State: primary"]);
    command.args(["-H", "Connection: close", "--unix-socket"]).arg(socket).arg("http://127.0.0.1/");
    command
}

/// The most memory that a sender has had, in KiB, when it waits for its reply. What wait4(2) tells isn't it: that
/// counts the process before its exec too.
fn peak(sender: fn(&Path) -> Command) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let mut child = sender(&socket).stdout(Stdio::null()).spawn().unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    stream.read_exact(&mut [0; 100]).unwrap();
    let pid = getsockopt(&stream, PeerCredentials).unwrap().pid();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    stream.write_all(reply::ACCEPTED).unwrap();
    drop(stream);
    assert!(child.wait().unwrap().success());
    kib(&status, "VmHWM:")
}
