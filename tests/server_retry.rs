//! A process that can't open a single file: senders wait, nothing spins, and nothing sleeps for good.
//!
//! The limit is that of this whole process: there is one test here.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that panics has failed")]

use std::io::{ErrorKind, Read, Write};
use std::sync::mpsc::channel;
use std::thread::sleep;
use std::time::{Duration, Instant};

use hanotify::sink::Event;
use hanotify_testing::running::{ACCEPTED, Running, message, read_all};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// CPU time of this process.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
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
    // Not even the spare descriptor helps where no number is low enough.
    setrlimit(Resource::Nofile, Rlimit { current: Some(3), maximum: limit.maximum }).unwrap();
    release.send(()).unwrap();
    assert_eq!(read_all(&mut first), ACCEPTED);

    let before = cpu();
    sleep(Duration::from_secs(1));
    let spent = cpu().saturating_sub(before);
    let last = waiting.last_mut().unwrap();
    last.set_nonblocking(true).unwrap();
    assert_eq!(last.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock, "it was not without descriptors");
    last.set_nonblocking(false).unwrap();

    setrlimit(Resource::Nofile, limit).unwrap();
    let start = Instant::now();
    for client in &mut waiting {
        assert_eq!(read_all(client), ACCEPTED);
    }
    let answered = start.elapsed();
    println!("CPU in one second without descriptors {spent:?}; all answered {answered:?} after there were some");
    assert!(spent < Duration::from_millis(50), "{spent:?}");
    assert!(answered < Duration::from_secs(1), "{answered:?}");
    assert_eq!(server.stop().notified, 101);
}
