//! A server that may open 64 files, and 1,000 senders.
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hanotify_testing::running::{ACCEPTED, connect, message, read_all, reply};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const SENDERS: usize = 1_000;
const LOOKS: usize = 20;

struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve_with_64_files(socket: &Path, more: &str) -> Serving {
    let mut command = Command::new("sh");
    let script = format!("ulimit -n 64; exec \"$0\" serve --format json --total-time 3s --socket \"$1\" {more}");
    command.arg("-c").arg(script).arg(crate::HANOTIFY).arg(socket);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("listening"));
    std::thread::spawn(move || lines.for_each(drop));
    Serving(child)
}

/// Whether a process waits for something, by its state (proc(5)): it neither runs nor would if it were let.
fn is_asleep(child: &Child) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    stat.rsplit_once(") ").unwrap().1.starts_with('S')
}

fn raise_own_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: Some(limit.maximum.unwrap_or(8_192).min(8_192)), maximum: limit.maximum };
    setrlimit(Resource::Nofile, raised).unwrap();
}

fn sent(socket: &Path, bytes: &[u8]) -> UnixStream {
    let mut client = connect(socket);
    client.write_all(bytes).unwrap();
    client
}

#[test]
fn everybody_is_answered_and_nothing_spins() {
    run("");
}

/// What the server does then takes system calls that it never needs otherwise.
#[test]
fn in_the_sandbox_too() {
    run("--sandbox");
}

fn run(more: &str) {
    raise_own_limit();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let serving = serve_with_64_files(&socket, more);
    let message = message("primary");

    // These take every descriptor there is, and say so little that they wait for their deadline.
    let mut holders: Vec<_> = (0..200).map(|_| sent(&socket, b"P")).collect();
    sleep(Duration::from_millis(200));
    let looks = (0..LOOKS).filter(|_| {
        sleep(Duration::from_millis(50));
        is_asleep(&serving.0)
    });
    let asleep = looks.count();

    // Without a descriptor to be had, whole messages are taken, and the others are told to come again: also those that
    // are accepted in the moment between their sender's connect and its write.
    let start = Instant::now();
    let mut whole: Vec<_> = (0..SENDERS).map(|_| sent(&socket, &message)).collect();
    let answers: Vec<_> = whole.iter_mut().map(read_all).collect();
    let full = start.elapsed();
    let busy = answers.iter().filter(|answer| **answer == reply("503 Service Unavailable")).count();
    let taken = answers.iter().filter(|answer| *answer == ACCEPTED).count();
    assert_eq!(taken + busy, SENDERS);
    assert!(taken >= SENDERS / 2, "{taken} of {SENDERS} were taken");
    let mut half: Vec<_> = (0..100).map(|_| sent(&socket, &message[..40])).collect();
    for client in &mut half {
        assert_eq!(read_all(client), reply("503 Service Unavailable"));
    }
    // The latest of them was kept, so that it can finish sending.
    half.last_mut().unwrap().write_all(&message[40..]).unwrap();

    let mut statuses = std::collections::BTreeMap::new();
    for client in &mut holders {
        let answer = String::from_utf8(read_all(client)).unwrap();
        *statuses.entry(answer.get(9..12).unwrap().to_owned()).or_insert(0) += 1;
    }
    println!(
        "64 files, 200 holders answered {statuses:?}: {SENDERS} senders answered in {full:?} ({taken} with 200), \
        asleep in {asleep} of {LOOKS} looks with no file left"
    );
    // Who spins never is.
    assert!(asleep >= LOOKS / 2, "asleep in {asleep} of {LOOKS} looks without work");
    assert!(statuses["408"] >= 40 && statuses["503"] >= 100, "{statuses:?}");

    // And with descriptors again, all is as before.
    drop((holders, half, whole));
    sleep(Duration::from_millis(100));
    let mut slow = sent(&socket, &message[..40]);
    sleep(Duration::from_millis(50));
    slow.write_all(&message[40..]).unwrap();
    assert_eq!(read_all(&mut slow), ACCEPTED);
}

/// From the limit at which nothing works up to the first at which it serves.
#[test]
fn where_too_few_files_may_be_open_it_says_what_to_raise() {
    let serves = (5..40).any(|limit| {
        let folder = tempfile::tempdir().unwrap();
        let script = format!("ulimit -n {limit}; exec \"$0\" serve --format json --socket \"$1\"");
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).arg(crate::HANOTIFY).arg(folder.path().join("socket"));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let listens = line.contains("listening");
        if listens {
            let _ = child.kill();
        }
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(listens || (output.status.code() == Some(2) && said.contains("`ulimit -n`")), "{limit}: {said}");
        listens
    });
    assert!(serves);
}
