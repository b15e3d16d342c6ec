//! What a sink makes of an event, and what its sender is told.
use std::sync::{Arc, Mutex};

use hanotify::sink::{Event, EventSink, Omitted, Refusal, SinkError};
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

/// Counts the refusals that it is told of one by one, and by their number; panics at the latter.
#[derive(Clone, Default)]
struct Counting(Arc<Mutex<(u64, u64)>>);

impl EventSink for Counting {
    fn notified(&mut self, _: Event<'_>) -> Result<(), SinkError> {
        Ok(())
    }

    fn refused(&mut self, _: Refusal) {
        self.0.lock().unwrap().0 += 1;
    }

    fn omitted(&mut self, omitted: Omitted) {
        assert_eq!(omitted.uid, Some(rustix::process::geteuid().as_raw()));
        self.0.lock().unwrap().1 += omitted.refusals;
        std::panic::resume_unwind(Box::new(()));
    }
}

#[test]
fn a_sink_is_told_of_all_refusals_unless_the_configuration_says_of_how_many() {
    for (most, told, panics) in [(None, (30, 0), 0), (Some(7), (7, 23), 1), (Some(0), (0, 30), 1)] {
        let counting = Counting::default();
        let server = Running::start(|config| config.with_refusal_events(most), counting.clone());
        for _ in 0..30 {
            assert_eq!(server.ask(b"PUT / HTTP/1.1\r\n"), reply("405 Method Not Allowed"));
        }
        let report = server.stop();
        assert_eq!(report.refused, 30);
        assert_eq!(report.sink_panics, panics, "a panic there is contained like others");
        assert_eq!(*counting.0.lock().unwrap(), told, "{most:?}");
    }
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
