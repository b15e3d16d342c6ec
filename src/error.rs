//! What was refused, and at which byte.

use crate::field_name::FieldName;

/// A refusal: which rule was broken, and the offset of the byte that broke it.
///
/// The first offending byte decides, so one message has one refusal, however its bytes arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{kind} (byte {offset})")]
#[non_exhaustive]
pub struct Error {
    /// The rule that was broken.
    pub kind: ErrorKind,
    /// Bytes from the start of the message to the offending one.
    pub offset: usize,
}

impl Error {
    /// The HTTP status code of the reply that this refusal gets (RFC 9110 section 15).
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.kind.status()
    }
}

macro_rules! error_kinds {
    ($(
        $(#[doc = $doc:literal])+
        $variant:ident $({ $($member:ident: $type:ty = $sample:expr),+ })? $name:literal $message:literal
    )+) => {
        /// The rules that a message can break: one variant for each row of the refusal table in `docs/protocol.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $(
                $(#[doc = $doc])+
                #[error($message)]
                $variant $({
                    $(#[allow(missing_docs, reason = "the variant's own text says it")] $member: $type),+
                })?,
            )+
        }

        impl ErrorKind {
            /// One kind for each row of the refusal table, in the table's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant $({ $($member: $sample),+ })?),+];

            /// The kind's name in the refusal table, in logs and in JSON: kebab-case, for example `duplicate-field`.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $name,)+
                }
            }
        }
    };
}

error_kinds! {
    /// The request line is malformed (RFC 9112 section 3).
    RequestLine "request-line" "malformed request line: expected `GET / HTTP/1.1` or `POST / HTTP/1.1` and CRLF"
    /// The method is a token, but neither `GET` nor `POST` (RFC 9110 section 15.5.6).
    Method "method" "method not allowed: use GET or POST"
    /// The target is visible ASCII, but not `/` (RFC 9112 section 3.2).
    Target "target" "unknown target: use `/`"
    /// The version is well-formed, but not `HTTP/1.1` (RFC 9110 section 15.6.6).
    Version "version" "unsupported version: use HTTP/1.1"
    /// The request line is longer than its limit (RFC 9112 section 3).
    RequestLineTooLong "request-line-too-long" "request line over its length limit"
    /// The field name is empty, has no colon after it, or has a byte that no token has (RFC 9112 section 5.1).
    FieldName "field-name" "malformed field name: expected a token with a colon right after it"
    /// The field name has an underscore, which CGI-style servers take for a dash.
    AmbiguousFieldName "ambiguous-field-name" "ambiguous field name: `_` is read as `-` by some servers"
    /// The field value has a byte that is neither visible ASCII, space nor tab (RFC 9110 section 5.5).
    FieldValue "field-value" "malformed field value: only visible ASCII, space and tab are allowed"
    /// A CR without LF, or a LF without CR (RFC 9112 section 2.2).
    LineEnding "line-ending" "malformed line ending: a line ends in CR LF, and neither stands alone"
    /// A field line is longer than its limit (RFC 6585 section 5).
    FieldTooLong "field-too-long" "field line over its length limit"
    /// There are more fields than the limit (RFC 6585 section 5).
    TooManyFields "too-many-fields" "more fields than the limit"
    /// The head is longer than its limit (RFC 6585 section 5).
    HeadTooLong "head-too-long" "head over its length limit"
    /// A required field is absent.
    MissingField { field: FieldName = FieldName::Host } "missing-field"
        "missing field {field}: it is required exactly once"
    /// A field that must be there once is there again (RFC 9110 section 5.3).
    DuplicateField { field: FieldName = FieldName::Host } "duplicate-field"
        "duplicate field {field}: it is allowed once only"
    /// The value of `Host` is not a `uri-host [ ":" port ]` (RFC 9110 section 7.2, RFC 3986 section 3.2.2).
    Host "host" "malformed Host: expected a host name or address, and at most a port of 0 to 65535"
    /// The value of `Content-Length` is not a canonical decimal number (RFC 9110 section 8.6).
    ContentLength "content-length" "malformed Content-Length: expected a decimal number without sign or leading zero"
    /// `Content-Length` is over the limit (RFC 9110 section 15.5.14).
    BodyTooLong "body-too-long" "Content-Length over the limit for the body"
    /// A `Transfer-Encoding` (RFC 9112 section 6.1); whether the head has a `Content-Length` too decides the status.
    TransferCoding { with_content_length: bool = false } "transfer-coding"
        "Transfer-Encoding is not supported: send no body, or a Content-Length"
    /// An `Expect` (RFC 9110 section 10.1.1).
    Expectation "expectation" "Expect is not supported: leave it out"
    /// `TE`, `Trailer` or `Upgrade` (RFC 9110 sections 10.1.4, 6.6.2 and 7.8).
    UnsupportedField { field: FieldName = FieldName::Te } "unsupported-field" "unsupported field {field}: leave it out"
    /// `Connection` is not a list of `close` and `keep-alive` (RFC 9110 section 7.6.1).
    ConnectionOption "connection-option" "unsupported Connection option: use `close` or `keep-alive`"
    /// The router id is not exactly the 36 bytes of a lower-case UUID in canonical form, or it is all zero.
    RouterId "router-id" "malformed router id: expected a UUID as 36 bytes in lower case with dashes, not all zero"
    /// The state is none of the three words.
    State "state" "unknown state: expected exactly `primary`, `backup` or `fault`"
    /// The peer finished sending before the message was whole (RFC 9112 section 8).
    Truncated "truncated" "the message ends before it is whole"
    /// There are bytes after the message where exactly one is expected.
    TrailingBytes "trailing-bytes" "there are bytes after the message: expected exactly one"
    /// The message was not whole within the connection's total time (RFC 9110 section 15.5.9).
    Deadline "deadline" "the message was not whole within the connection's total time"
    /// The peer's uid and gid are not allowed (RFC 9110 section 15.5.4).
    PeerNotAllowed "peer-not-allowed" "the peer's uid and gid are not allowed"
    /// The server has too many connections, or the sink can't take the event now (RFC 9110 section 15.6.4).
    Overloaded "overloaded" "overloaded: try again later"
    /// The sink failed or panicked (RFC 9110 section 15.6.1).
    SinkFailed "sink-failed" "the event sink failed"
}

impl ErrorKind {
    /// The refusal of this kind at the byte `offset`.
    #[must_use]
    pub const fn at(self, offset: usize) -> Error {
        Error { kind: self, offset }
    }

    /// The HTTP status code of the reply that this refusal gets (RFC 9110 section 15).
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::PeerNotAllowed => 403,
            Self::Target => 404,
            Self::Method => 405,
            Self::Deadline => 408,
            Self::BodyTooLong => 413,
            Self::RequestLineTooLong => 414,
            Self::Expectation => 417,
            Self::FieldTooLong | Self::TooManyFields | Self::HeadTooLong => 431,
            Self::SinkFailed => 500,
            Self::TransferCoding { with_content_length: false } => 501,
            Self::Overloaded => 503,
            Self::Version => 505,
            _ => 400,
        }
    }

    /// The field that the refusal is about, where it is about one.
    #[must_use]
    pub const fn field(&self) -> Option<FieldName> {
        match self {
            Self::MissingField { field } | Self::DuplicateField { field } | Self::UnsupportedField { field } => {
                Some(*field)
            }
            Self::Host => Some(FieldName::Host),
            Self::ContentLength | Self::BodyTooLong => Some(FieldName::ContentLength),
            Self::TransferCoding { .. } => Some(FieldName::TransferEncoding),
            Self::Expectation => Some(FieldName::Expect),
            Self::ConnectionOption => Some(FieldName::Connection),
            Self::RouterId => Some(FieldName::RouterId),
            Self::State => Some(FieldName::State),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::string::ToString;
    use std::vec::Vec;

    use super::*;

    #[test]
    fn every_name_is_kebab_case_and_its_own() {
        let names: HashSet<_> = ErrorKind::ALL.iter().map(ErrorKind::name).collect();
        assert_eq!(names.len(), 29);
        for name in names {
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name}");
        }
    }

    /// What the refusal table in `docs/protocol.md` says of those that the core does not decide, and of all that are
    /// about a field.
    #[test]
    fn a_kind_has_the_status_of_its_row_and_names_its_field() {
        let status = |name: &str| ErrorKind::ALL.iter().find(|kind| kind.name() == name).map(ErrorKind::status);
        for (name, expected) in
            [("deadline", 408), ("peer-not-allowed", 403), ("overloaded", 503), ("sink-failed", 500)]
        {
            assert_eq!(status(name), Some(expected), "{name}");
        }
        let about: Vec<_> =
            ErrorKind::ALL.iter().filter_map(|kind| Some((kind.name(), kind.field()?.as_str()))).collect();
        let expected = [
            ("missing-field", "Host"),
            ("duplicate-field", "Host"),
            ("host", "Host"),
            ("content-length", "Content-Length"),
            ("body-too-long", "Content-Length"),
            ("transfer-coding", "Transfer-Encoding"),
            ("expectation", "Expect"),
            ("unsupported-field", "TE"),
            ("connection-option", "Connection"),
            ("router-id", "X-Neutron-Router-Id"),
            ("state", "X-Neutron-State"),
        ];
        assert_eq!(about, expected);
    }

    #[test]
    fn a_transfer_coding_beside_a_content_length_is_a_bad_request() {
        assert_eq!(ErrorKind::TransferCoding { with_content_length: false }.status(), 501);
        assert_eq!(ErrorKind::TransferCoding { with_content_length: true }.status(), 400);
    }

    #[test]
    fn the_message_says_what_and_where() {
        let error = ErrorKind::DuplicateField { field: FieldName::State }.at(123);
        assert_eq!(error.to_string(), "duplicate field X-Neutron-State: it is allowed once only (byte 123)");
    }
}
