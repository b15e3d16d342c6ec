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

    /// See [`with_request_line`](Self::with_request_line).
    #[must_use]
    pub const fn request_line(&self) -> usize {
        self.request_line
    }

    /// See [`with_fields`](Self::with_fields).
    #[must_use]
    pub const fn fields(&self) -> usize {
        self.fields
    }

    /// See [`with_field_line`](Self::with_field_line).
    #[must_use]
    pub const fn field_line(&self) -> usize {
        self.field_line
    }

    /// See [`with_head`](Self::with_head).
    #[must_use]
    pub const fn head(&self) -> usize {
        self.head
    }

    /// See [`with_body`](Self::with_body).
    #[must_use]
    pub const fn body(&self) -> usize {
        self.body
    }

    /// See [`with_legacy_state`](Self::with_legacy_state).
    #[must_use]
    pub const fn legacy_state(&self) -> bool {
        self.legacy_state
    }

    /// Sets how many bytes the request line may have, its CRLF included. Default: 64; the real one has 17.
    #[must_use]
    pub const fn with_request_line(self, request_line: usize) -> Self {
        Self { request_line, ..self }
    }

    /// Sets how many fields there may be. Default: 32; real senders send 5 to 8.
    #[must_use]
    pub const fn with_fields(self, fields: usize) -> Self {
        Self { fields, ..self }
    }

    /// Sets how many bytes one field line may have, its CRLF included. Default: 1,024.
    #[must_use]
    pub const fn with_field_line(self, field_line: usize) -> Self {
        Self { field_line, ..self }
    }

    /// Sets how many bytes the head may have, from the first of the request line to the last of the blank line.
    /// Default: 8,192.
    #[must_use]
    pub const fn with_head(self, head: usize) -> Self {
        Self { head, ..self }
    }

    /// Sets how many bytes the body may have, as `Content-Length` gives them. Default: 0, as no sender has a body.
    #[must_use]
    pub const fn with_body(self, body: usize) -> Self {
        Self { body, ..self }
    }

    /// Sets whether the word `master` of older senders is read as `primary`: the one switch of the vocabulary. Default:
    /// `false`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_default_but_the_default() {
        assert_eq!(Limits::default(), Limits::DEFAULT);
        assert_ne!(Limits::default(), Limits::DEFAULT.with_legacy_state(true));
    }
}
