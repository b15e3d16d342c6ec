//! What a sink makes of an event, and what its sender is told.
use hanotify::sink::{Event, SinkError};
use hanotify_testing::running::{ACCEPTED, Running, message, reply};

#[test]
fn a_sink_that_fails_or_panics_is_answered_for_and_the_server_goes_on() {
    let mut calls = 0;
    let server = Running::start(
        |config| config,
        move |_: Event<'_>| {
            calls += 1;
            match calls {
                1 => Err(SinkError::Busy),
                2 => Err(SinkError::failed("no disk")),
                3 => panic!("a panic of the test's"),
                _ => Ok(()),
            }
        },
    );
    let message = message("primary");
    assert_eq!(server.ask(&message), reply("503 Service Unavailable"));
    assert_eq!(server.ask(&message), reply("500 Internal Server Error"));
    assert_eq!(server.ask(&message), reply("500 Internal Server Error"));
    assert_eq!(server.ask(&message), ACCEPTED);
    let report = server.stop();
    assert_eq!((report.notified, report.refused), (1, 3));
    assert_eq!((report.sink_failures, report.sink_panics), (2, 1));
}

#[test]
fn an_event_that_was_not_taken_leaves_its_number_to_the_next() {
    let (sender, sequences) = std::sync::mpsc::channel();
    let mut fail = true;
    let server = Running::start(
        |config| config,
        move |event: Event<'_>| {
            fail = !fail;
            sender.send(event.sequence).unwrap();
            if fail { Err(SinkError::Busy) } else { Ok(()) }
        },
    );
    for _ in 0..5 {
        server.ask(&message("primary"));
    }
    assert_eq!(server.stop().notified, 3);
    assert_eq!(sequences.iter().collect::<Vec<_>>(), [1, 2, 2, 3, 3]);
}

/// Panics wherever it can.
#[derive(Debug)]
struct Bomb;

impl std::fmt::Display for Bomb {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("a panic of the test's, in a text")
    }
}

impl std::error::Error for Bomb {}

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "a panic of the test's, in a drop");
    }
}

#[test]
fn neither_the_error_of_a_sink_nor_what_it_throws_gets_through() {
    let mut calls = 0;
    let server = Running::start(
        |config| config,
        move |_: Event<'_>| {
            calls += 1;
            match calls {
                1 => Err(SinkError::failed(Bomb)),
                2 => std::panic::panic_any(Bomb),
                _ => Ok(()),
            }
        },
    );
    assert_eq!(server.ask(&message("primary")), reply("500 Internal Server Error"));
    assert_eq!(server.ask(&message("primary")), reply("500 Internal Server Error"));
    assert_eq!(server.ask(&message("primary")), ACCEPTED);
    assert_eq!(server.stop().sink_panics, 2);
}
