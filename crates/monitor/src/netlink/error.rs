//! Why bytes are not what the kernel would send, and at which byte.

/// Which rule a datagram breaks, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (byte {offset})")]
#[non_exhaustive]
pub struct DecodeError {
    /// The rule.
    pub kind: DecodeErrorKind,
    /// Bytes from the start of the datagram to what breaks it.
    pub offset: usize,
}

/// The rules that a datagram can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes end in the middle of something.
    #[error("the bytes end in the middle of a header or of a number")]
    Truncated,
    /// `nlmsg_len` is less than its header, or more than the rest of the datagram.
    #[error("the length of a message is less than 16, or more than what is left of the datagram")]
    MessageLength,
    /// `rta_len` is less than its header, or more than the rest of the message.
    #[error("the length of an attribute is less than 4, or more than what is left of the message")]
    AttributeLength,
    /// An attribute that is read here comes twice.
    #[error("an attribute comes a second time")]
    DuplicateAttribute,
    /// The value of an attribute is not as long as its family or its type has it.
    #[error("the value of an attribute is not as long as its family or its type has it")]
    ValueLength,
    /// The prefix has more bits than an address of its family.
    #[error("a prefix has more bits than an address of its family")]
    PrefixLength,
    /// The index of an interface is not from 1 to 2³¹ - 1.
    #[error("the index of an interface is not from 1 to 2147483647")]
    Index,
    /// The name of an interface is not 1 to 15 bytes and a zero.
    #[error("the name of an interface is not 1 to 15 bytes and a zero")]
    Name,
    /// An interface without a name.
    #[error("an interface has no name")]
    MissingName,
}
