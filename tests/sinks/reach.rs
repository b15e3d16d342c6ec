//! Every method of a sink gets through every adapter. A method of the traits has a default that does nothing, so that
//! an adapter which forgets one compiles, and loses what is told by it.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use hanotify::sink::{
    Debounce, Event, EventSink, Known, Omitted, Queue, QueueOptions, Refusal, SinkError, States, Tee, TimedSink, Traced,
};
use hanotify::{ErrorKind, HaState, RouterId};

use super::flaky::{event, router};

/// Notes each call.
#[derive(Clone, Default)]
struct Probe(Arc<Mutex<Vec<&'static str>>>);

impl Probe {
    fn note(&self, call: &'static str) {
        self.0.lock().unwrap().push(call);
    }

    fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[deny(clippy::missing_trait_methods, reason = "a method that the trait gets is to be tested here too")]
impl EventSink for Probe {
    fn notified(&mut self, _: Event<'_>) -> Result<(), SinkError> {
        self.note("notified");
        Ok(())
    }

    fn refused(&mut self, _: Refusal) {
        self.note("refused");
    }

    fn omitted(&mut self, _: Omitted) {
        self.note("omitted");
    }

    fn unknown(&mut self, _: Event<'_>) {
        self.note("unknown");
    }
}

const CALLS: [&str; 4] = ["notified", "omitted", "refused", "unknown"];

fn omitted() -> Omitted {
    Omitted::new(7, None, UNIX_EPOCH)
}

fn refusal() -> Refusal {
    Refusal::new(ErrorKind::State.at(0), None, UNIX_EPOCH)
}

/// Calls every method of the adapter.
fn call_all(mut adapter: impl EventSink) {
    adapter.notified(event((0, HaState::Backup), 1)).unwrap();
    adapter.refused(refusal());
    adapter.omitted(omitted());
    adapter.unknown(event((1, HaState::Backup), 2));
}

/// A queue in which there is always room for what may be dropped.
fn roomy(inner: impl TimedSink + Send + 'static) -> Queue {
    Queue::new(100, inner).unwrap()
}

#[test]
fn every_method_of_an_event_sink_gets_through_every_adapter() {
    let probe = Probe::default();
    let adapters: [(&str, Box<dyn EventSink>); 8] = [
        ("States", Box::new(States::new(1, probe.clone()))),
        ("Known", Box::new(Known::new(|_| true, probe.clone()))),
        ("Traced", Box::new(Traced::new(probe.clone()))),
        ("Tee, first", Box::new(Tee::new(probe.clone(), |_: Event<'_>| Ok(())))),
        ("Tee, second", Box::new(Tee::new(|_: Event<'_>| Ok(()), probe.clone()))),
        ("Queue", Box::new(roomy(probe.clone()))),
        ("Queue of Debounce", Box::new(roomy(Debounce::new(probe.clone())))),
        ("Box", Box::new(Box::new(probe.clone()) as Box<dyn EventSink + Send>)),
    ];
    for (name, mut adapter) in adapters {
        call_all(&mut *adapter as &mut dyn EventSink);
        drop(adapter);
        let mut seen = probe.take();
        // A filter has its own time for an event.
        seen.sort_unstable();
        assert_eq!(seen, CALLS, "{name}");
    }
}

/// Notes each call of a queue, and always has something due a little later.
struct TimedProbe {
    probe: Probe,
    due_at: Instant,
}

#[deny(clippy::missing_trait_methods, reason = "a method that the trait gets is to be tested here too")]
impl TimedSink for TimedProbe {
    fn notified_at(&mut self, event: Event<'_>, _: Instant) -> Result<(), SinkError> {
        self.probe.notified(event)
    }

    fn refused_at(&mut self, refusal: Refusal, _: Instant) {
        self.probe.refused(refusal);
    }

    fn omitted_at(&mut self, omitted: Omitted, _: Instant) {
        self.probe.omitted(omitted);
    }

    fn unknown_at(&mut self, event: Event<'_>, _: Instant) {
        self.probe.unknown(event);
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.probe.note("next_deadline");
        Some(self.due_at)
    }

    fn report_due(&mut self, now: Instant) {
        self.due_at = now + Duration::from_millis(5);
        self.probe.note("report_due");
    }

    fn flush(&mut self, _: Instant) {
        self.probe.note("flush");
    }

    fn waiting(&self) -> usize {
        self.probe.note("waiting");
        0
    }

    fn report_again(&mut self, _: RouterId, _: Instant) {
        self.probe.note("report_again");
    }

    fn forget(&mut self, _: RouterId) {
        self.probe.note("forget");
    }
}

#[test]
fn every_method_of_a_timed_sink_is_reached_by_a_queue() {
    let probe = Probe::default();
    let options = QueueOptions::new(100).with_grace(Duration::from_millis(20));
    let inner = TimedProbe { probe: probe.clone(), due_at: Instant::now() };
    let mut queue = Queue::with_options(options, inner).unwrap();
    call_all(&mut queue as &mut dyn EventSink);
    queue.handle().report_again(router(0)).unwrap();
    queue.handle().forget(router(0)).unwrap();
    queue.close();
    let mut seen = probe.take();
    seen.sort_unstable();
    seen.dedup();
    let all = [
        "flush",
        "forget",
        "next_deadline",
        "notified",
        "omitted",
        "refused",
        "report_again",
        "report_due",
        "unknown",
        "waiting",
    ];
    assert_eq!(seen, all);
}

#[test]
fn a_filter_passes_on_what_has_no_time() {
    let probe = Probe::default();
    let mut filter = Debounce::new(probe.clone());
    let now = Instant::now();
    filter.refused_at(refusal(), now);
    filter.omitted_at(omitted(), now);
    filter.unknown_at(event((1, HaState::Backup), 2), now);
    filter.notified_at(event((0, HaState::Backup), 1), now).unwrap();
    filter.report_due(now);
    assert_eq!(probe.take(), ["refused", "omitted", "unknown", "notified"]);
}

#[test]
fn a_sink_that_closes_the_queue_in_front_of_it_waits_for_nothing() {
    for closes in [true, false] {
        let place = Arc::<Mutex<Option<Queue>>>::default();
        let inside = Arc::clone(&place);
        let queue = Queue::new(4, move |_: Event<'_>| {
            let queue = inside.lock().unwrap().take();
            match queue {
                Some(queue) if closes => assert_eq!(queue.close().taken, 2),
                Some(queue) => drop(queue),
                None => {}
            }
            Ok(())
        });
        let mut queue = queue.unwrap();
        let handle = queue.handle();
        {
            let mut place = place.lock().unwrap();
            queue.notified(event((0, HaState::Primary), 1)).unwrap();
            queue.notified(event((0, HaState::Backup), 2)).unwrap();
            *place = Some(queue);
        }
        let start = Instant::now();
        while handle.counts().depth > 0 {
            assert!(start.elapsed() < Duration::from_secs(10), "{:?}", handle.counts());
            thread::sleep(Duration::from_millis(1));
        }
        let counts = handle.counts();
        assert_eq!((counts.delivered, counts.failures, counts.panics), (2, 0, 0), "{counts:?}");
    }
}
