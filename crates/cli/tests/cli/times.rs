//! Options that are times, at their ends: each is taken, or refused by name, and none stops the program.
use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use hanotify_testing::running::{ID, Running, connect, message, read_all};
use rustix::process::Signal;

use super::serving::Serving;

const ENDS: [&str; 4] = ["0s", "1ns", "18446744073709551615s", "18446744073709551615years"];

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The program's options that are times, as its help has them.
fn options(command: &str, value: &str) -> Vec<String> {
    let output = Command::new(crate::HANOTIFY).args([command, "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let words = help.lines().filter_map(|line| line.trim_start().strip_suffix(value));
    words.map(|option| option.trim_end().to_owned()).collect()
}

#[test]
fn no_time_stops_a_server() {
    let times = options("serve", "<TIME>");
    assert_eq!(times, ["--total-time", "--drain-time", "--stop-grace", "--log-window", "--settle-time"]);
    for option in times {
        for time in ENDS {
            let folder = tempfile::tempdir().unwrap();
            let mut command = Serving::command(folder.path(), &[&option, time, "--log-lines", "1", "--status"]);
            command.stderr(Stdio::piped());
            let mut serving = Serving { child: command.spawn().unwrap(), folder };
            std::thread::sleep(Duration::from_millis(200));
            if let Some(status) = serving.child.try_wait().unwrap() {
                let output = serving.child.stderr.take().map(std::io::read_to_string).unwrap().unwrap();
                assert!(status.code() == Some(2) && output.starts_with("error: ") && output.contains(&option));
                continue;
            }
            let mut half = connect(&serving.socket());
            half.write_all(b"PO").unwrap();
            for bytes in [&message("primary")[..], b"\0", b"\0"] {
                let mut client = connect(&serving.socket());
                client.write_all(bytes).unwrap();
                assert!(read_all(&mut client).starts_with(b"HTTP/1.1 "), "{option} {time}");
            }
            serving.signal(Signal::TERM);
            std::thread::sleep(Duration::from_millis(20));
            drop(half);
            assert_eq!(serving.end_within(Duration::from_secs(5)).code(), Some(0), "{option} {time}");
        }
    }
}

#[test]
fn no_time_stops_a_sender() {
    let (server, _told) = Running::telling();
    let socket = server.socket.to_str().unwrap();
    let commands: [(&str, &[&str]); 3] = [
        ("send", &["--socket", socket, "--router-id", ID, "--state", "backup"]),
        ("burst", &["--socket", socket, "--routers", "1"]),
        ("audit", &["--socket", socket, "--only-vectors"]),
    ];
    for (command, args) in commands {
        let times = options(command, "<DURATION>");
        assert_eq!(times.len(), if command == "audit" { 2 } else { 1 }, "{command} {times:?}");
        for option in times {
            for time in ENDS {
                let mut program = Command::new(crate::HANOTIFY);
                let output = program.arg(command).args(args).args([&option, time]).output().unwrap();
                let refused = output.status.code() == Some(2) && said(&output).starts_with("error: invalid value");
                // There is nothing that can be done in a nanosecond.
                let late = time == "1ns" && matches!(output.status.code(), Some(1 | 3));
                assert!(refused || late, "{command} {option} {time}: {:?} {}", output.status, said(&output));
            }
        }
    }
}
