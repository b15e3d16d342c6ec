//! What the server has to make of a plan: docs/protocol.md in a few lines, over the decoder, which is given everything
//! at once.

use hanotify::{Decoder, Error, ErrorKind, HaState, Limits, RouterId, Status, reply};
use serde_json::Value;

use super::plan::{End, Plan};

/// What becomes of a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Accepted(RouterId, HaState),
    Refused { name: String, offset: usize, status: u16 },
}

/// The verdict on a plan. It depends on all the bytes and on how they end, never on how they are split.
pub(crate) fn verdict(plan: &Plan) -> Verdict {
    let bytes = plan.chunks.concat();
    let mut decoder = Decoder::new(Limits::DEFAULT);
    match decoder.decode(&bytes) {
        Ok(Status::Complete { notification, .. }) => Verdict::Accepted(notification.router_id, notification.state),
        Ok(Status::Incomplete) => {
            let kind = if plan.end == End::Stall { ErrorKind::Deadline } else { ErrorKind::Truncated };
            Verdict::refused(decoder.refuse(kind.at(bytes.len())))
        }
        Err(error) => Verdict::refused(error),
    }
}

impl Verdict {
    fn refused(error: Error) -> Self {
        Self::Refused { name: error.kind.name().into(), offset: error.offset, status: error.status() }
    }

    /// What an event of the server's says; nothing if it is no verdict.
    pub(crate) fn told(event: &Value) -> Option<Self> {
        let text = |name: &str| event[name].as_str().unwrap_or_else(|| panic!("no {name}: {event}"));
        let number = |name: &str| event[name].as_u64().unwrap_or_else(|| panic!("no {name}: {event}"));
        match text("event") {
            "notified" => Some(Self::Accepted(text("router_id").parse().unwrap(), text("state").parse().unwrap())),
            "refused" => Some(Self::Refused {
                name: text("error").into(),
                offset: usize::try_from(number("offset")).unwrap(),
                status: u16::try_from(number("status")).unwrap(),
            }),
            _ => None,
        }
    }

    /// Its name in the figures.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Accepted(..) => "accepted".into(),
            Self::Refused { name, status, .. } => format!("{status} {name}"),
        }
    }

    /// The reply that it gets, byte for byte.
    pub(crate) fn reply(&self) -> &'static [u8] {
        match self {
            Self::Accepted(..) => reply::ACCEPTED,
            Self::Refused { status, .. } => {
                let kind = ErrorKind::ALL.iter().find(|kind| kind.status() == *status);
                reply::refused(*kind.unwrap_or_else(|| panic!("no kind has the status {status}")))
            }
        }
    }
}
