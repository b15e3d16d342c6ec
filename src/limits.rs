//! How long, and how many: the bounds of a message.

/// The bounds of an acceptable message, each exact: at the limit passes, one more is refused.
///
/// ```
/// use hanotify::Limits;
///
/// const LIMITS: Limits = Limits::DEFAULT.with_fields(16).with_body(1_000);
/// assert_eq!(LIMITS.fields(), 16);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    request_line: usize,
    fields: usize,
    field_line: usize,
    head: usize,
    body: usize,
    legacy_state: bool,
}

impl Limits {
    /// The limits that every real sender is far below.
    pub const DEFAULT: Self =
        Self { request_line: 64, fields: 32, field_line: 1_024, head: 8_192, body: 0, legacy_state: false };

    /// Bytes in the request line, its CRLF included; 64 by default (the real one has 17).
    #[must_use]
    pub const fn request_line(&self) -> usize {
        self.request_line
    }

    /// Number of fields; 32 by default (real senders send 5 to 8).
    #[must_use]
    pub const fn fields(&self) -> usize {
        self.fields
    }

    /// Bytes in one field line, its CRLF included; 1,024 by default.
    #[must_use]
    pub const fn field_line(&self) -> usize {
        self.field_line
    }

    /// Bytes from the first of the request line to the last of the blank line; 8,192 by default.
    #[must_use]
    pub const fn head(&self) -> usize {
        self.head
    }

    /// Bytes in the body, as `Content-Length` gives them; 0 by default, as no sender has one.
    #[must_use]
    pub const fn body(&self) -> usize {
        self.body
    }

    /// Whether the word `master` of older senders is read as `primary`; not by default.
    #[must_use]
    pub const fn legacy_state(&self) -> bool {
        self.legacy_state
    }

    /// Sets the limit of [`request_line`](Self::request_line), in bytes.
    #[must_use]
    pub const fn with_request_line(self, request_line: usize) -> Self {
        Self { request_line, ..self }
    }

    /// Sets the limit of [`fields`](Self::fields).
    #[must_use]
    pub const fn with_fields(self, fields: usize) -> Self {
        Self { fields, ..self }
    }

    /// Sets the limit of [`field_line`](Self::field_line), in bytes.
    #[must_use]
    pub const fn with_field_line(self, field_line: usize) -> Self {
        Self { field_line, ..self }
    }

    /// Sets the limit of [`head`](Self::head), in bytes.
    #[must_use]
    pub const fn with_head(self, head: usize) -> Self {
        Self { head, ..self }
    }

    /// Sets the limit of [`body`](Self::body), in bytes.
    #[must_use]
    pub const fn with_body(self, body: usize) -> Self {
        Self { body, ..self }
    }

    /// Sets whether `master` is read as `primary`: the one switch of the vocabulary.
    #[must_use]
    pub const fn with_legacy_state(self, legacy_state: bool) -> Self {
        Self { legacy_state, ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
