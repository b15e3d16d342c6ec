//! `hanotify burst`: what is sent, what is counted, and that it ends.
use std::collections::HashMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hanotify::sink::{Event, SinkError};
use hanotify::{HaState, RouterId};
use hanotify_testing::running::{ACCEPTED, Running, Told, reply};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with};
use serde_json::{Value, json};

fn burst(socket: &Path, args: &[&str]) -> Output {
    Command::new(crate::HANOTIFY).arg("burst").arg("--socket").arg(socket).args(args).output().unwrap()
}

/// The exit code and the report.
fn report(output: &Output) -> (i32, Value) {
    let report = serde_json::from_slice(&output.stdout);
    (output.status.code().unwrap(), report.unwrap_or_else(|error| panic!("{error}: {output:?}")))
}

/// A socket at which every connection gets these bytes and is closed, some time after its message.
fn replying(answer: &'static [u8], after: Duration) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1_024]).unwrap();
            sleep(after);
            stream.write_all(answer).unwrap();
        }
    });
    (folder, path)
}

#[test]
fn every_router_tells_its_states_in_order() {
    let (server, told) = Running::telling();
    let output = burst(&server.socket, &["--routers", "300", "--flaps", "3", "--seed", "5"]);
    let (code, report) = report(&output);
    assert_eq!(code, 0, "{output:?}");
    assert_eq!(report["accepted"], 1_200);
    assert_eq!(server.stop().notified, 1_200);
    let mut states: HashMap<RouterId, Vec<HaState>> = HashMap::new();
    for event in told {
        let Told::Notified { notification, .. } = event else { panic!("{event:?}") };
        states.entry(notification.router_id).or_default().push(notification.state);
    }
    assert_eq!(states.len(), 300);
    for states in states.values() {
        assert_eq!(states[..], [HaState::Primary, HaState::Backup, HaState::Primary, HaState::Backup]);
    }
}

#[test]
fn the_report_adds_up() {
    let (server, _told) = Running::telling();
    let (_, report) = report(&burst(&server.socket, &["--routers", "50", "--format", "json"]));
    assert_eq!(report["notifications"], 50);
    assert_eq!((&report["refused"], &report["lost"], &report["unreachable"]), (&json!(0), &json!(0), &json!(0)));
    let bars = report["histogram"].as_array().unwrap();
    assert_eq!(bars.iter().map(|bar| bar["count"].as_u64().unwrap()).sum::<u64>(), 50);
    let latency = |name: &str| report["latency_us"][name].as_u64().unwrap();
    assert!(latency("p50") > 0 && latency("p50") <= latency("p90") && latency("p99") <= latency("max"), "{report}");
    assert!(report["seed"].is_u64() && report["seconds"].as_f64().unwrap() > 0.0);
    let text = burst(&server.socket, &["--routers", "50", "--format", "text"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("accepted            50\n") && text.contains('█') && text.contains("p99"), "{text}");
    assert!(!text.contains('\x1b'), "colour without a terminal: {text:?}");
}

#[test]
fn refusals_are_counted_by_status() {
    let mut calls = 0;
    let server = Running::start(
        |config| config,
        move |_: Event<'_>| {
            calls += 1;
            match calls {
                1..=4 => Ok(()),
                5..=7 => Err(SinkError::Busy),
                _ => Err(SinkError::failed("no")),
            }
        },
    );
    let (code, report) = report(&burst(&server.socket, &["--routers", "10"]));
    assert_eq!((code, &report["accepted"], &report["refused"]), (1, &json!(4), &json!(6)));
    assert_eq!(report["refused_by_status"], json!({"500": 3, "503": 3}));
    let bars = report["histogram"].as_array().unwrap();
    assert_eq!(bars.iter().map(|bar| bar["count"].as_u64().unwrap()).sum::<u64>(), 10);
}

#[test]
fn what_is_no_reply_is_lost() {
    let whole = reply("200 OK");
    assert_eq!(whole, ACCEPTED);
    for (answer, cause) in [(&b""[..], "no-reply"), (&ACCEPTED[..20], "cut-off"), (b"hello", "malformed")] {
        let (_folder, socket) = replying(answer, Duration::ZERO);
        let (code, report) = report(&burst(&socket, &["--routers", "3"]));
        assert_eq!((code, &report["lost_by_cause"]), (3, &json!({cause: 3})), "{cause}");
    }
}

#[test]
fn it_ends_when_the_time_is_up() {
    let (_folder, socket) = replying(ACCEPTED, Duration::from_millis(200));
    let start = Instant::now();
    let (code, report) = report(&burst(&socket, &["--routers", "100", "--flaps", "2", "--timeout", "700ms"]));
    assert!(start.elapsed() < Duration::from_secs(10));
    let (accepted, lost) = (report["accepted"].as_u64().unwrap(), report["lost_by_cause"]["time-up"].as_u64().unwrap());
    assert!(code == 1 && accepted > 0 && accepted + lost == 300, "{report}");
}

#[test]
fn a_full_backlog_is_counted_and_waited_out_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let fd = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    bind(&fd, &SocketAddrUnix::new(&path).unwrap()).unwrap();
    listen(&fd, 9).unwrap();
    let stalled = |args: &[&str]| {
        let (code, report) = report(&burst(&path, &[&["--routers", "25", "--timeout", "500ms"], args].concat()));
        assert_eq!((code, &report["backlog_full"]), (3, &json!(15)), "{report}");
        report
    };
    // backlog(9) + 1 connections succeed, and nobody answers them.
    let report = stalled(&["--no-wait"]);
    assert_eq!(report["lost_by_cause"], json!({"backlog-full": 15, "time-up": 10}));
    assert_eq!(report["backlog_full_tries"], 15);
    // The first burst's connections are still in the backlog until they are accepted.
    let listener = UnixListener::from(fd);
    (0..10).for_each(|_| drop(listener.accept().unwrap()));
    let report = stalled(&[]);
    assert_eq!(report["lost_by_cause"], json!({"time-up": 25}));
    assert!(report["backlog_full_tries"].as_u64().unwrap() > 15);
}

#[test]
fn with_few_descriptors_the_routers_go_in_waves() {
    let (server, _told) = Running::telling();
    let command = r#"ulimit -n 64; exec "$0" burst --socket "$1" --routers 500"#;
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).arg(crate::HANOTIFY).arg(&server.socket);
    let output = shell.output().unwrap();
    let (code, report) = report(&output);
    assert_eq!((code, &report["accepted"], &report["connections_possible"]), (0, &json!(500), &json!(32)));
    assert!(report["connections_highest"].as_u64().unwrap() <= 32);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("at most 32 connections at once"), "{stderr}");
    drop(server);
}

#[test]
fn a_soft_limit_is_raised() {
    let (server, _told) = Running::telling();
    let command = r#"ulimit -S -n 64; exec "$0" burst --socket "$1" --routers 500"#;
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).arg(crate::HANOTIFY).arg(&server.socket);
    let (code, report) = report(&shell.output().unwrap());
    assert_eq!((code, &report["connections_possible"]), (0, &json!(500)));
}

#[test]
fn nobody_there_is_3_and_nonsense_is_2() {
    let output = burst(Path::new("/nonexistent/socket"), &["--routers", "5"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stderr).unwrap().contains("not reached: No such file or directory"));
    for args in [&["--routers", "0"][..], &["--routers", "1000001"], &[], &["--routers", "1", "--timeout", "0s"]] {
        assert_eq!(burst(Path::new("/nonexistent/socket"), args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn the_largest_burst_ends_in_time_and_takes_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    let begun = Instant::now();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v 1000000; exec \"$0\" burst \"$@\"", crate::HANOTIFY, "--socket"]).arg(&socket);
    let output = command.args(["--routers=1000000", "--flaps=1000", "--timeout=1s"]).output().unwrap();
    let (code, report) = report(&output);
    assert_eq!((code, &report["lost_by_cause"]["time-up"]), (3, &json!(1_001_000_000)), "{output:?}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
