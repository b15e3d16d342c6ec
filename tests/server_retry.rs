//! A process that can't open a single file: senders wait, nothing spins, and nothing sleeps for good.
//!
//! The limit is that of this whole process: there is one test here.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::sync::mpsc::channel;
use std::thread::sleep;
use std::time::{Duration, Instant};

use hanotify::sink::Event;
use hanotify_testing::running::{ACCEPTED, Running, message, read_all};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How often the threads of this process have gone to sleep, and been woken up.
fn sleeps() -> u64 {
    let of = |task: std::io::Result<fs::DirEntry>| {
        let status = fs::read_to_string(task.unwrap().path().join("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).unwrap();
        line.trim().parse::<u64>().unwrap()
    };
    fs::read_dir("/proc/self/task").unwrap().map(of).sum()
}

#[test]
fn senders_wait_for_a_descriptor_and_the_server_for_its_timer() {
    let limit = getrlimit(Resource::Nofile);
    let (began, wait_for_begin) = channel();
    let (release, blocked) = channel::<()>();
    let server = Running::start(
        |config| config,
        move |event: Event<'_>| {
            if event.sequence == 1 {
                began.send(()).unwrap();
                blocked.recv().unwrap();
            }
            Ok(())
        },
    );
    let connect_and_send = || {
        let mut client = server.connect();
        client.write_all(&message("fault")).unwrap();
        client
    };
    let mut first = connect_and_send();
    wait_for_begin.recv().unwrap();
    let mut waiting: Vec<_> = (0..100).map(|_| connect_and_send()).collect();
    let (before, start) = (sleeps(), Instant::now());
    // Not even the spare descriptor helps where no number is low enough.
    setrlimit(Resource::Nofile, Rlimit { current: Some(3), maximum: limit.maximum }).unwrap();
    release.send(()).unwrap();
    assert_eq!(read_all(&mut first), ACCEPTED);

    sleep(Duration::from_secs(1));
    let last = waiting.last_mut().unwrap();
    last.set_nonblocking(true).unwrap();
    assert_eq!(last.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock, "it was not without descriptors");
    last.set_nonblocking(false).unwrap();

    setrlimit(Resource::Nofile, limit).unwrap();
    let (slept, window) = (sleeps() - before, start.elapsed());
    let start = Instant::now();
    for client in &mut waiting {
        assert_eq!(read_all(client), ACCEPTED);
    }
    let answered = start.elapsed();
    println!("slept {slept} times in {window:?} without descriptors; all answered {answered:?} after there were some");
    // Who spins doesn't sleep, and who tries too often does so too often: here it is once in 100 ms, and this thread
    // once.
    assert!((4..30 * window.as_secs().max(1)).contains(&slept), "{slept} times in {window:?}");
    assert!(answered < Duration::from_secs(1), "{answered:?}");
    assert_eq!(server.stop().notified, 101);
}
