//! A recorder of the agent's that panics: whatever it is asked for, or told, it ends nothing.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that panics has failed")]

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use hanotify::server::{Config, Server};
use hanotify::sink::{Event, Known, States};
use hanotify_testing::running::{ACCEPTED, message};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};

/// Panics when it is told of a value, and also when it is asked for a meter if `asked`. Counts these.
#[derive(Clone, Default)]
struct Panicking {
    asked: bool,
    panics: Arc<AtomicU64>,
}

impl Panicking {
    fn panic(&self) -> ! {
        self.panics.fetch_add(1, Ordering::Relaxed);
        panic!("the recorder's own affair");
    }

    fn meter(&self) -> Arc<Self> {
        if self.asked { self.panic() } else { Arc::new(self.clone()) }
    }
}

impl CounterFn for Panicking {
    fn increment(&self, _: u64) {
        self.panic();
    }
    fn absolute(&self, _: u64) {
        self.panic();
    }
}

impl GaugeFn for Panicking {
    fn increment(&self, _: f64) {
        self.panic();
    }
    fn decrement(&self, _: f64) {
        self.panic();
    }
    fn set(&self, _: f64) {
        self.panic();
    }
}

impl HistogramFn for Panicking {
    fn record(&self, _: f64) {
        self.panic();
    }
}

impl Recorder for Panicking {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
        self.panic();
    }
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
        self.panic();
    }
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
        self.panic();
    }
    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.meter())
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.meter())
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.meter())
    }
}

#[test]
fn a_recorder_that_panics_ends_no_server_and_no_adapter() {
    std::panic::set_hook(Box::new(|_| ()));
    for asked in [false, true] {
        let recorder = Panicking { asked, ..Panicking::default() };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let at = path.clone();
        let told = recorder.clone();
        let (started, starting) = std::sync::mpsc::channel();
        let serving = thread::spawn(move || {
            with_local_recorder(&told, || {
                let server = Server::bind(Config::new(at)).unwrap();
                started.send(server.stopper()).unwrap();
                let sink = Known::new(|_| true, States::new(1, |_: Event<'_>| Ok(())));
                server.run(sink).unwrap()
            })
        });
        let stopper = starting.recv().unwrap();
        for (sent, expected) in
            [(message("primary"), ACCEPTED), (b"GET / HTTP/1.1\r\n\r\n".to_vec(), &b"HTTP/1.1 4"[..])]
        {
            let mut client = UnixStream::connect(&path).unwrap();
            client.write_all(&sent).unwrap();
            let mut reply = Vec::new();
            client.read_to_end(&mut reply).unwrap();
            assert!(reply.starts_with(expected), "{reply:?}");
        }
        stopper.stop().unwrap();
        let report = serving.join().unwrap();
        assert_eq!((report.accepted, report.notified, report.refused), (2, 1, 1));
        assert!(recorder.panics.load(Ordering::Relaxed) > 20, "it was not asked for much");
    }
}
