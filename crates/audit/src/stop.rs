//! Why an audit ends before all of it was done.

use std::io;

/// Why an audit ended early. What was found until then is in the results.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Stop {
    /// The server can't be connected to.
    #[error("the server can't be reached: {0}: is it running, and is this its socket?")]
    Lost(io::Error),
    /// This process, or the whole system, has no descriptor left for a connection.
    #[error("no connection can be made: {0}: raise `ulimit -n`")]
    NoDescriptor(io::Error),
    /// The server's backlog stayed full.
    #[error("the server accepts no connection any more: its backlog stayed full for 5 s")]
    Stuck,
    /// An acceptable notification was not answered with 200.
    #[error("the server doesn't take an acceptable notification any more: {0}")]
    Refuses(String),
    /// The events are not where the audit reads them.
    #[error(
        "no event came for a notification that was answered 200: is that where the server under test writes its events?"
    )]
    NoEvent,
    /// The server writes more events than the audit can keep.
    #[error("the server wrote events without end: {dropped} more than were kept while one was waited for")]
    EventFlood {
        /// How many were dropped.
        dropped: u64,
    },
    /// The audit took as long as it may.
    #[error("the audit's time limit was reached")]
    Time,
    /// The caller asked for it.
    #[error("interrupted")]
    Interrupted,
    /// The server that the audit had started has ended; its last words are escaped.
    #[error("{0}")]
    ServerEnded(String),
    /// A server that is broken could not be started again; why is said in escaped words.
    #[error("{0}")]
    NotRestarted(String),
    /// The server broke again and again.
    #[error("the server was started again {restarts} times, and the audit gives up; at last: {last}")]
    GaveUp {
        /// How often it was started again.
        restarts: u32,
        /// What was wrong at last, in escaped words.
        last: String,
    },
    /// This process has too few descriptors for the burst.
    #[error("{senders} senders at once need {needed} descriptors: raise `ulimit -n`, or let fewer send at once")]
    Descriptors {
        /// How many senders the burst has.
        senders: usize,
        /// How many descriptors this process needs for them.
        needed: u64,
    },
    /// This process or this user can start no more threads.
    #[error("can't start a thread: {0}: raise `ulimit -u`")]
    Thread(io::Error),
    /// The burst could not be sent.
    #[error("the burst failed on this side: {0}")]
    Burst(io::Error),
}
