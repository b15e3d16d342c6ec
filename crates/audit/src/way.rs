//! The ways in which a server may go wrong with one message.

/// What a server does otherwise than it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Way {
    /// The agent was told of a message that has to be refused.
    ActedOn,
    /// A message that has to be refused was answered with 200.
    Answered,
    /// A message that has to be accepted was refused.
    Lost,
    /// A message was answered with 200, and the agent was told nothing.
    NoEvent,
    /// The agent was told something else than the message says.
    OtherEvent,
    /// The agent was told more than once.
    ManyEvents,
    /// The agent was told of a later one before an earlier one, whose reply had been read.
    Reordered,
    /// The connection ended without a reply, or none came in time.
    NoReply,
    /// The reply is none by RFC 9112.
    Malformed,
    /// The reply shows the server's inside.
    Leaked,
    /// The reply came after a second or more.
    Late,
    /// The server ended, hung, or stopped its events.
    Broken,
}

impl Way {
    /// The name, in kebab case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ActedOn => "acted-on",
            Self::Answered => "answered-200",
            Self::Lost => "lost",
            Self::NoEvent => "no-event",
            Self::OtherEvent => "other-event",
            Self::ManyEvents => "many-events",
            Self::Reordered => "reordered",
            Self::NoReply => "no-reply",
            Self::Malformed => "malformed-reply",
            Self::Leaked => "leaked",
            Self::Late => "late",
            Self::Broken => "broken",
        }
    }

    /// Whether it is wrong with replies, whatever the message is.
    pub(crate) const fn is_of_all_replies(self) -> bool {
        matches!(self, Self::Malformed | Self::Leaked | Self::Late)
    }

    /// The same in a few words for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::ActedOn => "the agent is told of what has to be refused",
            Self::Answered => "what has to be refused is answered with 200",
            Self::Lost => "a correct notification is refused",
            Self::NoEvent => "a correct notification is answered with 200 and lost",
            Self::OtherEvent => "the agent is told something else",
            Self::ManyEvents => "the agent is told more than once",
            Self::Reordered => "the agent is told in another order",
            Self::NoReply => "there is no reply",
            Self::Malformed => "the reply is malformed",
            Self::Leaked => "the reply shows the server's internals",
            Self::Late => "the reply is late",
            Self::Broken => "the server breaks",
        }
    }
}
