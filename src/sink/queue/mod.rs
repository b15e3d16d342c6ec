//! Events handed to a thread of their own.

mod meters;
#[cfg(test)]
mod model;
mod options;
mod shared;
mod worker;

use std::io;

pub use options::{QueueCounts, QueueOptions};
use shared::{Shared, Telling};

use super::monitor::{self, Arc, JoinHandle};
use super::{Event, EventSink, Omitted, Refusal, SinkError, TimedSink};
use crate::notification::RouterId;

/// A bounded queue to a thread that drives an inner sink: an event is taken when it is queued, and every taken event is
/// delivered, in order, exactly once, also when the queue is closed or dropped; a full queue is [`SinkError::Busy`]
/// (503) and counted.
///
/// **When the inner sink fails or panics**, its event was not delivered. It is offered again after a pause, as often as
/// it takes, before any later event; meanwhile the queue fills, and senders are told 503. A panic is contained, counted
/// apart, and otherwise a failure like others. An event on which the sink fails for ever therefore holds up all others:
/// [`QueueOptions::with_attempts`] gives such an event up, counted as lost.
///
/// **When it is closed or dropped**, no event is taken any more, what is queued is delivered, and the thread is joined.
/// A sink that fails then is given a grace (5 s unless the [options](QueueOptions) say otherwise), after which each
/// event is offered once more and then lost and counted. A sink that never returns is waited for without end: no thread
/// can be ended from outside. The sink itself may close or drop the queue: then the thread ends when the sink returns.
///
/// **What the process loses** when it is killed is what the queue holds, although senders were told 200. A sink that
/// must not lose even that writes it down before it returns, without a queue before it.
///
/// Refusals and events of unknown routers are passed on in the same order, but never take room from events: they are
/// dropped and counted while the queue is at least half full.
///
/// ```
/// use std::sync::mpsc;
/// use hanotify::sink::{Event, EventSink, Peer, Queue, SinkError};
/// # use hanotify::{HaState, Notification};
/// # let router_id = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10".parse()?;
/// # let notification = Notification { router_id, state: HaState::Primary };
/// # let event = Event::new(notification, Peer { pid: Some(7), uid: 0, gid: 0 }, 1, std::time::UNIX_EPOCH);
///
/// let (agent, events) = mpsc::channel();
/// let mut queue = Queue::new(1_024, move |event: Event<'_>| agent.send(event.sequence).map_err(SinkError::failed))?;
/// queue.notified(event)?;
/// assert_eq!(queue.close().delivered, 1);
/// assert_eq!(events.recv()?, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Queue {
    shared: Arc<Shared>,
    worker: Option<JoinHandle<()>>,
}

impl Queue {
    /// A queue of at most `capacity` events, the one that the inner sink has in hand included.
    ///
    /// # Errors
    ///
    /// When no thread can be started.
    pub fn new(capacity: usize, inner: impl TimedSink + Send + 'static) -> io::Result<Self> {
        Self::with_options(QueueOptions::new(capacity), inner)
    }

    /// A queue with options.
    ///
    /// # Errors
    ///
    /// When no thread can be started.
    pub fn with_options(options: QueueOptions, inner: impl TimedSink + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::new(options));
        let theirs = Arc::clone(&shared);
        let worker = monitor::spawn("hanotify-sink", move || worker::run(&theirs, inner))?;
        Ok(Self { shared, worker: Some(worker) })
    }

    /// Reads the counters, and asks for states again, from any thread.
    #[must_use]
    pub fn handle(&self) -> QueueHandle {
        QueueHandle { shared: Arc::clone(&self.shared) }
    }

    /// Delivers what is queued, ends the thread, and tells what the queue has done in all.
    #[allow(clippy::must_use_candidate, reason = "closing is what it is called for")]
    pub fn close(mut self) -> QueueCounts {
        self.end();
        self.shared.counts()
    }

    fn end(&mut self) {
        self.shared.close();
        // The thread itself gets here where the sink has the queue in front of it: it ends when the sink returns.
        let is_inside = |worker: &JoinHandle<()>| worker.thread().id() == monitor::this_thread();
        if let Some(worker) = self.worker.take_if(|worker| !is_inside(worker)) {
            // The worker contains the panics of all that it calls; had it panicked all the same, its counters would
            // show what is missing.
            let _ = worker.join();
        }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.end();
    }
}

impl EventSink for Queue {
    fn notified(&mut self, event: Event<'_>) -> Result<(), SinkError> {
        self.shared.take(event)
    }

    fn refused(&mut self, refusal: Refusal) {
        self.shared.tell(|| Telling::Refused(refusal));
    }

    fn omitted(&mut self, omitted: Omitted) {
        self.shared.tell(|| Telling::Omitted(omitted));
    }

    fn unknown(&mut self, event: Event<'_>) {
        self.shared.tell(|| Telling::Unknown(event.into()));
    }
}

/// The queue as others than the server see it: its counters, and requests to a [`Debounce`](super::Debounce) in it.
#[derive(Clone, Debug)]
pub struct QueueHandle {
    shared: Arc<Shared>,
}

impl QueueHandle {
    /// The counters as they are now, all of the same moment.
    #[must_use]
    pub fn counts(&self) -> QueueCounts {
        self.shared.counts()
    }

    /// Lets the inner sink, in order with the events, report the router's state once more, although it may not have
    /// changed: see [`TimedSink::report_again`].
    ///
    /// # Errors
    ///
    /// [`SinkError`], when the queue is full or closed.
    pub fn report_again(&self, router_id: RouterId) -> Result<(), SinkError> {
        self.shared.ask(Telling::Again(router_id))
    }

    /// Lets the inner sink, in order with the events, forget the router, which has been deleted: see
    /// [`TimedSink::forget`].
    ///
    /// # Errors
    ///
    /// [`SinkError`], when the queue is full or closed.
    pub fn forget(&self, router_id: RouterId) -> Result<(), SinkError> {
        self.shared.ask(Telling::Forget(router_id))
    }
}
