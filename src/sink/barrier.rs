//! The panic barrier in front of a sink: neither what a sink throws nor what its errors do gets through.

use std::any::Any;
use std::boxed::Box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::string::{String, ToString};

use super::SinkError;
use crate::chain::Chain;
use crate::facade::tracing;
use crate::notification::Notification;

/// Why a sink did not take an event, without code of the sink's: an error's own text may panic as well.
#[derive(Debug)]
pub(crate) enum Failure {
    /// As [`SinkError::Busy`].
    Busy,
    /// As [`SinkError::Failed`], with the texts of all causes.
    Failed(String),
    Panicked,
}

impl Failure {
    #[expect(clippy::needless_pass_by_value, reason = "it has to be dropped behind the barrier too")]
    fn new(error: SinkError) -> Self {
        match &error {
            SinkError::Busy => Self::Busy,
            SinkError::Failed(cause) => Self::Failed(Chain(&**cause).to_string()),
        }
    }

    /// Logs that the inner sink of `whose` did not take an event, and what becomes of the event.
    #[cfg_attr(
        not(feature = "tracing"),
        allow(clippy::match_same_arms, reason = "without `tracing` there are no lines to tell the arms apart")
    )]
    pub(crate) fn log(&self, notification: Notification, whose: &str, next: &str) {
        let Notification { router_id, state } = notification;
        let state = state.as_str();
        match self {
            Self::Busy => tracing::warn!(%router_id, state, "the {whose}'s inner sink is busy: {next}"),
            Self::Failed(cause) => {
                tracing::error!(%router_id, state, cause, "the {whose}'s inner sink failed: {next}");
            }
            Self::Panicked => tracing::error!(%router_id, state, "the {whose}'s inner sink panicked: {next}"),
        }
    }
}

/// Offers an event to a sink.
pub(crate) fn offer(offer: impl FnOnce() -> Result<(), SinkError>) -> Result<(), Failure> {
    contain(|| offer().map_err(Failure::new)).unwrap_or(Err(Failure::Panicked))
}

/// Runs code of a sink's; `None` if it panics. What a sink is like after a panic is its own affair: the caller keeps no
/// part of it.
pub(crate) fn contain<T>(run: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).map_err(discard).ok()
}

/// What was thrown may panic when it is dropped, and what that throws too: there it ends. Each count of the server's
/// goes through the barrier, and this has no part in it.
#[cold]
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(payload);
    }
}
