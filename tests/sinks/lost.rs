//! What the log says of an event that a sink did not take: which router, which state, and why.

use std::io;
use std::sync::{Arc, Mutex, Once, OnceLock};
use std::time::Duration;

use hanotify::HaState;
use hanotify::sink::{Debounce, Event, EventSink, Queue, QueueOptions, SinkError};
use hanotify_testing::running::{Running, message};

use super::flaky::{event, router};

/// Everything that any thread of this test program logs.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines that have both words.
fn lines_with(word: &str, other: &str) -> Vec<String> {
    let text = String::from_utf8(log().0.lock().unwrap().clone()).unwrap();
    text.lines().filter(|line| line.contains(word) && line.contains(other)).map(str::to_owned).collect()
}

/// The log, kept from the first call on.
fn log() -> &'static Lines {
    static LINES: OnceLock<Lines> = OnceLock::new();
    static BEGUN: Once = Once::new();
    let lines = LINES.get_or_init(Lines::default);
    BEGUN.call_once(|| {
        let writer = || log().clone();
        let format = tracing_subscriber::fmt().with_ansi(false).without_time().with_writer(writer);
        tracing::subscriber::set_global_default(format.finish()).unwrap();
    });
    lines
}

/// The agent's error, with a cause of its own.
fn failure() -> SinkError {
    SinkError::failed(SinkError::failed(io::Error::other("no disk")))
}

#[test]
fn a_server_names_router_state_and_all_causes() {
    log();
    let server = Running::start(|config| config, |_: Event<'_>| Err(failure()));
    server.ask(&message("fault"));
    server.stop();
    let lines = lines_with("the event sink failed", "state=\"fault\"");
    assert!(lines[0].contains("router_id=9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10"), "{lines:?}");
    assert!(lines[0].contains("the sink failed: no disk"), "{lines:?}");
}

#[test]
fn a_queue_names_router_state_and_all_causes() {
    log();
    let mut queue = Queue::with_options(QueueOptions::new(1).with_attempts(1), |_: Event<'_>| Err(failure())).unwrap();
    queue.notified(event((0xa6, HaState::Backup), 1)).unwrap();
    assert_eq!(queue.close().lost, 1);
    let lines = lines_with("the event is lost", &router(0xa6).to_string());
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("state=\"backup\"") && lines[0].contains("the sink failed: no disk"), "{lines:?}");
}

/// The sender has its 200, and nothing but the log can say why the agent never heard of the state.
#[test]
fn a_debounce_filter_names_router_state_and_all_causes_once() {
    log();
    let options = QueueOptions::new(4).with_grace(Duration::from_millis(20));
    let filter = Debounce::new(|_: Event<'_>| Err(failure())).with_retry(Duration::from_millis(1));
    let mut queue = Queue::with_options(options, filter).unwrap();
    queue.notified(event((0xa7, HaState::Fault), 1)).unwrap();
    assert_eq!(queue.close().lost, 1);
    let lines = lines_with("debounce filter's inner sink failed", &router(0xa7).to_string());
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("state=\"fault\"") && lines[0].contains("the sink failed: no disk"), "{lines:?}");
    assert!(!lines_with("the grace is over", "lost=1").is_empty());
}

/// Panics when it is put into words.
#[derive(Debug)]
struct Bomb;

impl std::fmt::Display for Bomb {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::panic::resume_unwind(Box::new("a panic of the test's, in a text"))
    }
}

impl std::error::Error for Bomb {}

#[test]
fn an_error_that_panics_when_it_is_put_into_words_ends_no_thread() {
    let options = QueueOptions::new(4).with_attempts(1).with_pause(Duration::ZERO);
    let mut queue = Queue::with_options(options, |event: Event<'_>| match event.sequence {
        1 => Err(SinkError::failed(Bomb)),
        _ => Ok(()),
    })
    .unwrap();
    for sequence in [1, 2] {
        queue.notified(event((0, HaState::Backup), sequence)).unwrap();
    }
    let counts = queue.close();
    assert_eq!((counts.delivered, counts.lost, counts.panics, counts.depth), (1, 1, 1, 0));
}
