//! The fields of a sender in use, in its order.
//!
//! Where they come as expected, the processor guesses each branch right, and goes on with the next line before it has
//! found the end of this one.

#![allow(clippy::inline_always, reason = "the validator then stays in registers")]

use super::usual::{self, TakeUsual};
use crate::limits::Limits;

/// The field lines of a head that are behind.
#[derive(Clone, Copy)]
pub(crate) struct InOrder<'a> {
    /// What follows them.
    pub(crate) rest: &'a [u8],
    /// Number of fields in them.
    pub(crate) fields: usize,
}

/// The fields that are expected, at most.
const MOST: usize = 8;

impl<'a> InOrder<'a> {
    /// Reads the fields of a sender in use, and those without a meaning behind them, at the start of `lines`; and tells
    /// whether they were in the order of one. Reads nothing where the first isn't `Host`, as theirs is. The limit of a
    /// line is at least [`usual::LONGEST_FIXED`].
    #[inline(always)]
    pub(crate) fn read(lines: &'a [u8], limits: &Limits, take: &mut impl TakeUsual) -> (Self, bool) {
        let mut behind = Self { rest: lines, fields: 0 };
        let limit = limits.field_line();
        if limits.fields() < MOST || !behind.then(|input| usual::host(input, take)) {
            return (behind, false);
        }
        behind.then(|input| usual::user_agent(input, limit));
        behind.then(usual::accept);
        if !behind.then(|input| usual::router_id(input, take)) || !behind.then(|input| usual::state(input, take)) {
            return (behind, false);
        }
        behind.then(usual::connection);
        behind.then(|input| usual::user_agent(input, limit));
        behind.then(usual::accept_encoding);
        (if behind.is_at_blank_line() { behind } else { behind.read_others(limits) }, true)
    }

    /// Reads on as long as the fields have no meaning. It takes nothing, so that the validator can stay in registers.
    #[inline(never)]
    pub(crate) fn read_others(mut self, limits: &Limits) -> Self {
        while self.fields < limits.fields() && self.then(|input| usual::other(input, limits.field_line())) {}
        self
    }

    /// Whether the head ends here.
    #[inline(always)]
    pub(crate) fn is_at_blank_line(&self) -> bool {
        self.rest.starts_with(b"\r\n")
    }

    /// Reads one field, if it is what `read` expects.
    #[inline(always)]
    fn then(&mut self, read: impl FnOnce(&'a [u8]) -> Option<&'a [u8]>) -> bool {
        let Some(rest) = read(self.rest) else { return false };
        self.rest = rest;
        self.fields += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::Validator;

    const CURL: &[u8] = b"Host: 127.0.0.1\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\
        X-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\nX-Neutron-State: primary\r\n\
        Connection: close\r\n\r\n";
    const HTTPLIB2: &[u8] = b"Host: 127.0.0.1\r\nx-neutron-router-id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\n\
        x-neutron-state: fault\r\nconnection: close\r\nuser-agent: Python-httplib2/0.32.1 (gzip)\r\n\
        accept-encoding: gzip, deflate\r\n\r\n";

    fn read(lines: &[u8], limits: Limits) -> (&[u8], usize, bool) {
        let (behind, in_order) = InOrder::read(lines, &limits, &mut Validator::new());
        (behind.rest, behind.fields, in_order)
    }

    #[test]
    fn the_fields_of_each_sender_are_read() {
        for lines in [CURL, HTTPLIB2] {
            assert_eq!(read(lines, Limits::DEFAULT), (&b"\r\n"[..], 6, true));
            assert_eq!(read(lines, Limits::DEFAULT.with_fields(8)), (&b"\r\n"[..], 6, true));
            assert_eq!(read(lines, Limits::DEFAULT.with_fields(7)), (lines, 0, false));
            assert_eq!(read(&lines[17..], Limits::DEFAULT), (&lines[17..], 0, false));
        }
    }

    #[test]
    fn fields_without_a_meaning_are_read_behind_them_up_to_the_limits() {
        let lines = [&CURL[..CURL.len() - 2], b"A: b\r\nDate: today\r\nX: y\r\n\r\n"].concat();
        assert_eq!(read(&lines, Limits::DEFAULT), (&b"\r\n"[..], 9, true));
        assert_eq!(read(&lines, Limits::DEFAULT.with_fields(8)), (&b"X: y\r\n\r\n"[..], 8, true));
        let lines = [&lines[..lines.len() - 2], b"TE: trailers\r\nX: y\r\n\r\n"].concat();
        assert_eq!(read(&lines, Limits::DEFAULT), (&b"TE: trailers\r\nX: y\r\n\r\n"[..], 9, true));
    }

    #[test]
    fn behind_an_order_that_is_another_nothing_is_expected() {
        let lines = b"Host: 127.0.0.1\r\nX-Neutron-State: fault\r\nConnection: close\r\n\r\n";
        assert_eq!(read(lines, Limits::DEFAULT), (&lines[17..], 1, false));
        // Both lines are whole, and nothing follows them.
        assert_eq!(read(&HTTPLIB2[..76], Limits::DEFAULT), (&b""[..], 2, false));
    }
}
