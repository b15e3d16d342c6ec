//! What a sink may do with an event.

use hanotify::ErrorKind;
use hanotify::sink::SinkError;

/// What a sink does with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Take,
    Busy,
    Fail,
    Panic,
}

impl Outcome {
    /// What the sender has to get.
    pub(crate) fn answer(self) -> Result<(), ErrorKind> {
        match self {
            Self::Take => Ok(()),
            Self::Busy => Err(ErrorKind::Overloaded),
            Self::Fail | Self::Panic => Err(ErrorKind::SinkFailed),
        }
    }

    /// Does it.
    pub(crate) fn act(self) -> Result<(), SinkError> {
        match self {
            Self::Take => Ok(()),
            Self::Busy => Err(SinkError::Busy),
            Self::Fail => Err(SinkError::failed("no disk")),
            // Without the hook, with which a fuzz target would end here.
            Self::Panic => std::panic::resume_unwind(Box::new(())),
        }
    }
}
