//! What each signal does to `hanotify serve`: its end with the socket removed, a task, or nothing.
use std::io::Write;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use hanotify_testing::running::{ACCEPTED, connect, message, read_all, reply};
use rustix::process::Signal;

use super::serving::{Serving, terminal, through};

const SOON: Duration = Duration::from_secs(2);

/// Sends a signal by its number.
fn signal(serving: &Serving, number: i32) {
    let kill = Command::new("kill").arg(format!("-{number}")).arg(serving.child.id().to_string()).status();
    assert!(kill.unwrap().success(), "{number}");
}

/// SIGINT, SIGQUIT, SIGTERM, SIGXCPU.
const STOP: [i32; 4] = [2, 3, 15, 24];
/// SIGKILL, and those for a fault of the program's: SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS.
const END: [i32; 8] = [9, 4, 5, 6, 7, 8, 11, 31];
/// SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU: they stop a process until SIGCONT.
const PAUSE: [i32; 4] = [19, 20, 21, 22];

#[test]
fn no_signal_leaves_the_socket_behind_but_those_that_can_not_be_heeded() {
    let mut going_on = Serving::start(&[], |_| ());
    // The C library keeps 32 and 33 to itself.
    for number in (1..=31).chain(34..=64) {
        if STOP.contains(&number) {
            let mut serving = Serving::start(&[], |_| ());
            assert_eq!(serving.ask(&message("primary")), ACCEPTED);
            signal(&serving, number);
            assert_eq!(serving.end_within(SOON).code(), Some(0), "signal {number}");
            assert!(!serving.socket().exists(), "signal {number} leaves the socket behind");
        } else if !END.contains(&number) && !PAUSE.contains(&number) {
            signal(&going_on, number);
            sleep(Duration::from_millis(5));
            assert_eq!(going_on.child.try_wait().unwrap(), None, "signal {number}");
            assert_eq!(going_on.ask(&message("primary")), ACCEPTED, "signal {number}");
        }
    }
    going_on.stop();
}

#[test]
fn a_second_signal_ends_the_grace() {
    for (first, second) in [(Signal::TERM, Signal::TERM), (Signal::QUIT, Signal::INT)] {
        let mut serving = Serving::start(&["--stop-grace", "1h"], |_| ());
        assert_eq!(serving.ask(&message("primary")), ACCEPTED);
        let mut half = connect(&serving.socket());
        half.write_all(b"PO").unwrap();
        sleep(Duration::from_millis(50));
        serving.signal(first);
        // `timeout` and a terminal send one twice.
        serving.signal(first);
        sleep(Duration::from_millis(300));
        assert_eq!(serving.child.try_wait().unwrap(), None, "it has not waited");
        serving.signal(second);
        assert_eq!(serving.end_within(SOON).code(), Some(0));
        assert_eq!(read_all(&mut half), reply("408 Request Timeout"));
    }
}

/// Whoever closes the window of a server wants it gone.
#[test]
fn a_server_at_a_terminal_stops_when_that_hangs_up() {
    let (_master, slave) = terminal();
    let mut serving = Serving::start(&[], |command| _ = command.stdout(slave));
    assert_eq!(serving.ask(&message("primary")), ACCEPTED);
    serving.signal(Signal::HUP);
    assert_eq!(serving.end_within(SOON).code(), Some(0));
    assert!(!serving.socket().exists());
}

/// Whoever starts it may have blocked signals, and a program inherits that.
#[test]
fn blocked_signals_are_heeded() {
    through(r#"exec env --block-signal=TERM "$0" "$@""#, &[]).listening().stop();
}
