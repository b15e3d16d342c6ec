//! `hanotify serve` whose output can't be written: nobody reads its pipes or its terminal, its file may not grow, or
//! there is none. Senders are answered, and SIGTERM ends it.
use std::any::Any;
use std::fs;
use std::io::{self, BufRead, BufReader, PipeReader, PipeWriter, Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hanotify_testing::running::{ACCEPTED, message, reply};
use nix::pty::PtyMaster;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::Signal;

use super::serving::{AT_ONCE, Serving, terminal, through};

/// A pipe with room for so many pages, which hold 4,096 bytes each.
pub(crate) fn pipe_with_room_for(pages: usize) -> (PipeReader, PipeWriter) {
    let (reader, writer) = io::pipe().unwrap();
    let flags = fcntl_getfl(&writer).unwrap();
    fcntl_setfl(&writer, flags | OFlags::NONBLOCK).unwrap();
    while (&writer).write(&[b'\n'; 4_096]).is_ok() {}
    fcntl_setfl(&writer, flags).unwrap();
    (&reader).read_exact(&mut vec![0; pages * 4_096]).unwrap();
    (reader, writer)
}

/// What there is to read now.
fn rest(reader: &PipeReader) -> String {
    fcntl_setfl(reader, OFlags::NONBLOCK).unwrap();
    let mut bytes = Vec::new();
    let _ = (&*reader).read_to_end(&mut bytes);
    fcntl_setfl(reader, OFlags::empty()).unwrap();
    String::from_utf8(bytes).unwrap()
}

const REFUSED: &[u8] = b"BREW / HTTP/1.1\r\n\r\n";

fn metrics(address: &str) -> String {
    let mut client = TcpStream::connect(address).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    client.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    text
}

fn series(metrics: &str, name: &str) -> u64 {
    metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap().parse().unwrap()
}

#[test]
fn a_log_that_nobody_reads_holds_nobody_up_and_its_lost_lines_are_counted() {
    let (reader, writer) = io::pipe().unwrap();
    let args = ["--log-lines", "1000000", "--metrics", "0"];
    let serving = Serving::start(&args, |command| _ = command.stderr(writer));
    // The lines that say where it listens, and where the counters are.
    let mut lines = BufReader::new(&reader).lines();
    let address = lines.find_map(|line| Some(line.unwrap().strip_prefix("metrics at http://")?.to_owned())).unwrap();
    let address = address.strip_suffix("/metrics").unwrap();
    drop(lines);

    let refused = 1_000;
    for _ in 0..refused {
        assert_eq!(serving.ask(REFUSED), reply("405 Method Not Allowed"));
    }
    assert_eq!(serving.ask(&message("primary")), ACCEPTED);
    let lost = series(&metrics(address), "hanotify_log_lines_dropped_total");
    let written = rest(&reader);
    assert_eq!(written.matches("refused: ").count() as u64 + lost, refused, "lines are neither written nor counted");
    assert!(lost > 100, "{lost}");

    // With room again, the next line is written, and how many are missing is said before it.
    assert_eq!(serving.ask(REFUSED), reply("405 Method Not Allowed"));
    let written = rest(&reader);
    let (first, second) = written.trim_end().split_once('\n').unwrap();
    assert!(first.contains(&format!("{lost} lines")) && second.contains("refused: "), "{written}");
    serving.stop();
}

#[test]
fn a_signal_ends_it_at_once_while_nobody_reads_its_log() {
    let (_reader, writer) = pipe_with_room_for(1);
    let serving = Serving::start(&["--log-lines", "1000000"], |command| _ = command.stderr(writer));
    for _ in 0..100 {
        assert_eq!(serving.ask(REFUSED), reply("405 Method Not Allowed"));
    }
    serving.stop();
}

#[test]
fn counters_that_nobody_reads_hold_nobody_up() {
    let (_reader, writer) = pipe_with_room_for(1);
    let serving = Serving::start(&[], |command| _ = command.stderr(writer));
    for _ in 0..200 {
        serving.signal(Signal::USR1);
        assert_eq!(serving.ask(REFUSED), reply("405 Method Not Allowed"));
    }
    assert_eq!(serving.ask(&message("primary")), ACCEPTED);
    serving.stop();
}

#[test]
fn it_starts_and_fails_though_nobody_reads_what_it_says() {
    let (_reader, writer) = pipe_with_room_for(0);
    let serving = Serving::start(&["--metrics", "0"], |command| _ = command.stderr(writer.try_clone().unwrap()));
    assert_eq!(serving.ask(&message("primary")), ACCEPTED);
    let mut second = Serving::command(serving.folder.path(), &[]);
    let child = second.stderr(writer).spawn().unwrap();
    let mut second = Serving { child, folder: tempfile::tempdir().unwrap() };
    assert_eq!(second.end_within(Duration::from_secs(5)).code(), Some(2));
    serving.stop();
}

/// Sends until a sender is told to come again, and again then: that is quick.
fn is_busy_and_answers(serving: &Serving) {
    let busy = reply("503 Service Unavailable");
    let start = Instant::now();
    let full = (0..10_000).find(|_| serving.ask(&message("backup")) == busy);
    assert!(full.is_some(), "it never filled up");
    for _ in 0..20 {
        assert_eq!(serving.ask(&message("backup")), busy);
    }
    assert_eq!(serving.ask(REFUSED), reply("405 Method Not Allowed"));
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}

/// The lines that are no JSON object.
fn torn(events: &str) -> Vec<&str> {
    events.lines().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_err()).collect()
}

#[test]
fn a_terminal_that_nobody_reads_makes_senders_come_again() {
    for args in [&["--format", "json"][..], &["--format", "text"]] {
        let (mut terminal, slave) = terminal();
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(crate::HANOTIFY);
        command.arg("serve").arg("--socket").arg(folder.path().join("socket")).args(args);
        let child = command.stdin(Stdio::null()).stdout(slave).stderr(Stdio::null()).spawn().unwrap();
        let serving = Serving { child, folder }.listening();
        is_busy_and_answers(&serving);
        // It is read again: what was cut off has a line of its own, and all others are whole.
        let mut events = read_for(&mut terminal, Duration::from_millis(500));
        assert_eq!(serving.ask(&message("fault")), ACCEPTED);
        events += &read_for(&mut terminal, Duration::from_millis(500));
        assert!(events.lines().last().unwrap().contains("fault"), "{events}");
        if args.contains(&"json") {
            assert!(torn(&events).len() <= 1, "{:?}", torn(&events));
        }
        serving.stop();
    }
}

/// What a terminal gives in this time.
fn read_for(terminal: &mut PtyMaster, time: Duration) -> String {
    fcntl_setfl(&*terminal, OFlags::NONBLOCK).unwrap();
    let (end, mut text) = (Instant::now() + time, Vec::new());
    while Instant::now() < end {
        let mut piece = [0; 4_096];
        match terminal.read(&mut piece) {
            Ok(length) => text.extend_from_slice(&piece[..length]),
            Err(_) => sleep(Duration::from_millis(5)),
        }
    }
    String::from_utf8(text).unwrap()
}

/// Another process fills the pipe between the server's look at it and its write.
#[test]
fn a_pipe_that_others_fill_too_makes_senders_come_again() {
    let (reader, writer) = io::pipe().unwrap();
    let serving = Serving::start(&["--log-lines", "1000000"], |command| {
        command.stdout(writer.try_clone().unwrap()).stderr(writer.try_clone().unwrap());
    });
    is_busy_and_answers(&serving);
    let events = rest(&reader);
    assert!(events.lines().filter(|line| line.starts_with('{')).count() > 100, "{events}");
    assert_eq!(events.lines().filter(|line| line.is_empty()).count(), 0, "{events}");
    serving.stop();
}

#[test]
fn a_socket_that_nobody_reads_makes_senders_come_again() {
    let (_reader, writer) = UnixStream::pair().unwrap();
    let serving = Serving::start(&[], |command| _ = command.stdout(OwnedFd::from(writer)));
    is_busy_and_answers(&serving);
    serving.stop();
}

#[test]
fn it_stops_with_2_when_its_terminal_or_its_socket_is_gone() {
    let (master, slave) = terminal();
    let (reader, writer) = UnixStream::pair().unwrap();
    let others: [(OwnedFd, Box<dyn Any>); 2] = [(slave, Box::new(master)), (writer.into(), Box::new(reader))];
    for (stdout, other) in others {
        let mut serving = Serving::start(&[], |command| _ = command.stdout(stdout));
        assert_eq!(serving.ask(&message("backup")), ACCEPTED);
        // What the socket has not read makes its end a reset.
        drop(other);
        assert_eq!(serving.ask(&message("backup")), reply("500 Internal Server Error"));
        assert_eq!(serving.end_within(AT_ONCE).code(), Some(2));
        assert!(!serving.socket().exists());
    }
}

/// The flags of what the server was given stay as they are: whoever started it writes there too.
#[test]
fn a_pipe_that_is_shared_stays_blocking() {
    let (_reader, writer) = io::pipe().unwrap();
    let serving = Serving::start(&[], |command| _ = command.stdout(writer.try_clone().unwrap()));
    assert_eq!(serving.ask(&message("primary")), ACCEPTED);
    assert!(!fcntl_getfl(&writer).unwrap().contains(OFlags::NONBLOCK));
    serving.stop();
}

/// A pipe or a terminal that another user has made can't be opened again.
#[test]
fn pipes_and_terminals_of_another_user_hold_nobody_up() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can run a program as another user");
        return;
    }
    for sandbox in [&[][..], &["--sandbox"]] {
        let (log, log_writer) = io::pipe().unwrap();
        let (master, slave) = terminal();
        let (events, events_writer) = io::pipe().unwrap();
        for stdout in [OwnedFd::from(events_writer), slave] {
            let args = [&["--log-lines", "1000000", "--allow-uid", "root"], sandbox].concat();
            let serving = as_another_user(&args, stdout, log_writer.try_clone().unwrap());
            for _ in 0..1_000 {
                assert_eq!(serving.ask(REFUSED), reply("405 Method Not Allowed"));
            }
            is_busy_and_answers(&serving);
            serving.stop();
        }
        assert_eq!(torn(&rest(&events)), [""; 0], "a line is cut off");
        drop((log, master));
    }
}

fn as_another_user(args: &[&str], stdout: OwnedFd, stderr: PipeWriter) -> Serving {
    let folder = tempfile::tempdir().unwrap();
    let mut command = another_users(&folder, r#"exec "$0" "$@""#);
    let child = command.args(args).stdout(stdout).stderr(stderr).spawn().unwrap();
    std::os::unix::fs::symlink("own/socket", folder.path().join("socket")).unwrap();
    Serving { child, folder }.listening()
}

/// `hanotify serve` of another user, with its socket in a folder of that user's, through a line of shell.
pub(crate) fn another_users(folder: &tempfile::TempDir, shell: &str) -> Command {
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let own = folder.path().join("own");
    fs::create_dir(&own).unwrap();
    std::os::unix::fs::chown(&own, Some(65_534), Some(65_534)).unwrap();
    let program = folder.path().join("hanotify");
    // By another process: see `any_user_has_a_default_socket`.
    assert!(Command::new("cp").arg(crate::HANOTIFY).arg(&program).status().unwrap().success());
    let mut command = Command::new("sh");
    command.args(["-c", shell]).arg(&program).args(["serve", "--format", "json", "--socket"]).arg(own.join("socket"));
    command.uid(65_534).gid(65_534).stdin(Stdio::null());
    command
}

#[test]
fn a_file_that_may_not_grow_makes_senders_come_again() {
    for args in [&[][..], &["--sandbox"]] {
        let serving = through(r#"ulimit -f 8; exec "$0" "$@" >events"#, args).listening();
        is_busy_and_answers(&serving);
        let events = fs::read_to_string(serving.folder.path().join("events")).unwrap();
        assert!(events.lines().count() > 10 && torn(&events).len() <= 1, "{events}");
        serving.stop();
    }
}

#[test]
fn there_has_to_be_an_output() {
    for shell in [r#"exec "$0" "$@" >&-"#, r#"exec "$0" "$@" <&- >&-"#, r#"exec "$0" "$@" </dev/null >&-"#] {
        through(shell, &[]).fails("standard output is closed");
    }
    through(r#"exec "$0" "$@" 1</dev/null"#, &[]).fails("standard output is not open for writing");
    for shell in [r#"exec "$0" "$@" >/dev/null"#, r#"exec "$0" "$@" >>/dev/null"#, r#"exec "$0" "$@" 1<>pipe"#] {
        let serving = through(&format!("mkfifo pipe; {shell}"), &[]).listening();
        assert_eq!(serving.ask(&message("primary")), ACCEPTED, "{shell}");
        serving.stop();
    }
}
