//! Fields as real senders spell them, recognised whole: name, colon, one space, value, line ending.
//!
//! What is recognised here is exactly what the grammar and the validator would make of the line, only sooner; what isn't, they look at from the
//! line's start. A property holds the two together.

use super::scan::{name_len, visible_len};
use crate::notification::{FieldName, HaState, RouterId};

/// What takes the usual fields. Each method returns false, having done nothing, where the field is to be refused.
pub(crate) trait TakeUsual {
    /// `Host: 127.0.0.1`
    fn host(&mut self) -> bool;
    /// `X-Neutron-Router-Id`, with a value of the right length
    fn router_id(&mut self, text: &[u8; RouterId::TEXT_LEN]) -> bool;
    /// `X-Neutron-State`, with one of the three words
    fn state(&mut self, state: HaState) -> bool;
    /// `Content-Length: 0`
    fn no_body(&mut self) -> bool;
}

/// Bytes in the longest line whose length is fixed: the router id's.
pub(crate) const LONGEST_FIXED: usize = 59;

/// What follows the request line at the start of `input`, if that is spelled as usual.
#[inline]
pub(crate) fn request_line(input: &[u8]) -> Option<&[u8]> {
    input.strip_prefix(b"POST / HTTP/1.1\r\n").or_else(|| input.strip_prefix(b"GET / HTTP/1.1\r\n"))
}

/// What follows the field line at the start of `input`, if that is spelled as usual and has at most `limit` bytes, which is at least
/// [`LONGEST_FIXED`]. What has a meaning was taken then. `Connection: close` has none here, as every connection is closed.
#[inline]
pub(crate) fn field_line<'a>(input: &'a [u8], limit: usize, take: &mut impl TakeUsual) -> Option<&'a [u8]> {
    let known = match input.first()? | 0x20 {
        b'x' => neutron(input, take),
        b'h' => HOST.strip(input).filter(|_| take.host()),
        b'u' => ignored(input, limit, &USER_AGENT),
        b'a' => ignored(input, limit, &ACCEPT).or_else(|| ignored(input, limit, &ACCEPT_ENCODING)),
        b'c' => CONNECTION
            .strip(input)
            .or_else(|| CONTENT_LENGTH.strip(input).filter(|_| take.no_body()))
            .or_else(|| ignored(input, limit, &CONTENT_TYPE)),
        // The blank line, as good as always.
        BLANK => return None,
        _ => None,
    };
    known.or_else(|| other(input, limit))
}

const BLANK: u8 = b'\r' | 0x20;

const HOST: Spelling<17> = Spelling::new(*b"host: 127.0.0.1\r\n");
const ROUTER_ID: Spelling<21> = Spelling::new(*b"x-neutron-router-id: ");
const STATE: Spelling<17> = Spelling::new(*b"x-neutron-state: ");
const CONNECTION: Spelling<19> = Spelling::new(*b"connection: close\r\n");
const CONTENT_LENGTH: Spelling<19> = Spelling::new(*b"content-length: 0\r\n");
const CONTENT_TYPE: Spelling<14> = Spelling::new(*b"content-type: ");
const USER_AGENT: Spelling<12> = Spelling::new(*b"user-agent: ");
const ACCEPT: Spelling<8> = Spelling::new(*b"accept: ");
const ACCEPT_ENCODING: Spelling<17> = Spelling::new(*b"accept-encoding: ");

/// A text of which each letter may be in either case.
struct Spelling<const N: usize> {
    lower: [u8; N],
    /// The bit that tells the cases apart, where there is a letter.
    fold: [u8; N],
}

impl<const N: usize> Spelling<N> {
    const fn new(lower: [u8; N]) -> Self {
        let mut fold = [0; N];
        let mut at = 0;
        while at < N {
            #[expect(clippy::indexing_slicing, reason = "`at` is below the length, and this runs in the compiler")]
            if lower[at].is_ascii_lowercase() {
                fold[at] = 0x20;
            }
            at += 1;
        }
        Self { lower, fold }
    }

    /// What follows this text, if `input` begins with it.
    #[inline]
    fn strip<'a>(&self, input: &'a [u8]) -> Option<&'a [u8]> {
        let (have, rest) = input.split_first_chunk::<N>()?;
        let word = |bytes: &[u8; N], at: usize| {
            bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |word| u64::from_le_bytes(*word))
        };
        let differs = |at| (word(have, at) | word(&self.fold, at)) ^ word(&self.lower, at);
        let (mut all, mut at) = (0, 0);
        while at + 8 <= N {
            all |= differs(at);
            at += 8;
        }
        // The last word overlaps the one before it.
        if at < N {
            all |= differs(N - 8);
        }
        (all == 0).then_some(rest)
    }
}

#[inline]
fn ignored<'a, const N: usize>(input: &'a [u8], limit: usize, spelling: &Spelling<N>) -> Option<&'a [u8]> {
    behind_value(spelling.strip(input)?, limit - N)
}

/// A field with any name that has no meaning.
#[inline(never)]
fn other(input: &[u8], limit: usize) -> Option<&[u8]> {
    let (name, rest) = input.split_at_checked(name_len(input))?;
    let value = rest.strip_prefix(b":")?;
    if name.is_empty() || FieldName::parse(name).is_some() {
        return None;
    }
    behind_value(value, limit.checked_sub(name.len() + 1)?)
}

/// What follows a value of no meaning and its line ending, which have at most `limit` bytes.
#[inline]
fn behind_value(value: &[u8], limit: usize) -> Option<&[u8]> {
    let (visible, rest) = value.split_at_checked(visible_len(value))?;
    if visible.len() + 2 > limit { None } else { rest.strip_prefix(b"\r\n") }
}

#[inline]
fn neutron<'a>(input: &'a [u8], take: &mut impl TakeUsual) -> Option<&'a [u8]> {
    if let Some(value) = ROUTER_ID.strip(input) {
        let (id, rest) = value.split_first_chunk()?;
        return rest.strip_prefix(b"\r\n").filter(|_| take.router_id(id));
    }
    let value = STATE.strip(input)?;
    if let Some(rest) = value.strip_prefix(b"primary\r\n") {
        take.state(HaState::Primary).then_some(rest)
    } else if let Some(rest) = value.strip_prefix(b"backup\r\n") {
        take.state(HaState::Backup).then_some(rest)
    } else {
        value.strip_prefix(b"fault\r\n").filter(|_| take.state(HaState::Fault))
    }
}
