//! Fields as real senders spell them, recognised whole: name, colon, one space, value, line ending.
//!
//! What is recognised here is exactly what the grammar and the validator would make of the line, only sooner; what
//! isn't, they look at from the line's start. A property holds the two together.

#![allow(
    clippy::inline_always,
    reason = "the usual head is read in one loop, which is shorter by a third where nothing in it is called"
)]

use super::scan::{name_len, same_but_case, visible_len};
use crate::field_name::FieldName;
use crate::notification::{HaState, RouterId};

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
    input.strip_prefix(POST).or_else(|| input.strip_prefix(GET))
}

/// Whether `input` is the beginning of a request line that is spelled as usual.
pub(crate) fn is_beginning(input: &[u8]) -> bool {
    [&POST[..], GET].into_iter().any(|line| input.len() < line.len() && line.starts_with(input))
}

const POST: &[u8; 17] = b"POST / HTTP/1.1\r\n";
const GET: &[u8; 16] = b"GET / HTTP/1.1\r\n";

/// What follows the field line at the start of `input`, if that is spelled as usual and has at most `limit` bytes,
/// which is at least [`LONGEST_FIXED`]. What has a meaning was taken then. `Connection: close` has none here, as every
/// connection is closed.
#[inline(always)]
pub(crate) fn field_line<'a>(input: &'a [u8], limit: usize, take: &mut impl TakeUsual) -> Option<&'a [u8]> {
    let known = match input.first()? | 0x20 {
        b'x' => neutron(input, take),
        b'h' => host(input, take),
        b'u' => user_agent(input, limit),
        b'a' => accept(input).or_else(|| accept_encoding(input)),
        b'c' => connection(input).or_else(|| CONTENT_LENGTH.strip(input).filter(|_| take.no_body())),
        // The blank line, as good as always.
        BLANK => return None,
        _ => None,
    };
    if known.is_some() { known } else { other(input, limit) }
}

const BLANK: u8 = b'\r' | 0x20;

const HOST: Spelling<17> = Spelling::new(*b"host: 127.0.0.1\r\n");
const ROUTER_ID: Spelling<21> = Spelling::new(*b"x-neutron-router-id: ");
const STATE: Spelling<17> = Spelling::new(*b"x-neutron-state: ");
const CONNECTION: Spelling<19> = Spelling::new(*b"connection: close\r\n");
const CONTENT_LENGTH: Spelling<19> = Spelling::new(*b"content-length: 0\r\n");

const USER_AGENT: Spelling<12> = Spelling::new(*b"user-agent: ");
const ACCEPT: Spelling<13> = Spelling::new(*b"accept: */*\r\n");
const ACCEPT_ENCODING: Spelling<32> = Spelling::new(*b"accept-encoding: gzip, deflate\r\n");

/// A text of which each letter may be in either case, of 8 to 32 bytes.
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
    #[inline(always)]
    fn strip<'a>(&self, input: &'a [u8]) -> Option<&'a [u8]> {
        let (have, rest) = input.split_first_chunk::<N>()?;
        same_but_case(have, &self.lower, &self.fold).then_some(rest)
    }
}

#[inline(always)]
pub(super) fn host<'a>(input: &'a [u8], take: &mut impl TakeUsual) -> Option<&'a [u8]> {
    HOST.strip(input).filter(|_| take.host())
}

#[inline(always)]
pub(super) fn user_agent(input: &[u8], limit: usize) -> Option<&[u8]> {
    behind_line(USER_AGENT.strip(input)?, limit - USER_AGENT.lower.len())
}

#[inline(always)]
pub(super) fn accept(input: &[u8]) -> Option<&[u8]> {
    ACCEPT.strip(input)
}

#[inline(always)]
pub(super) fn accept_encoding(input: &[u8]) -> Option<&[u8]> {
    ACCEPT_ENCODING.strip(input)
}

#[inline(always)]
pub(super) fn connection(input: &[u8]) -> Option<&[u8]> {
    CONNECTION.strip(input)
}

/// A field with any name that has no meaning.
///
/// The line's end is looked for from its start on, so that neither waits for the other: the end of the name, or that of
/// the line.
#[inline(always)]
pub(super) fn other(input: &[u8], limit: usize) -> Option<&[u8]> {
    let (name, rest) = input.split_at_checked(name_len(input))?;
    if name.is_empty() || rest.first() != Some(&b':') || FieldName::may_be(name) {
        return None;
    }
    behind_line(input, limit)
}

/// What follows the visible bytes at the start of `input` and the line ending behind them, which are at most `limit`
/// bytes.
#[inline(always)]
fn behind_line(input: &[u8], limit: usize) -> Option<&[u8]> {
    let visible = visible_len(input);
    let (ending, rest) = input.get(visible..)?.split_first_chunk()?;
    (ending == b"\r\n" && visible + ending.len() <= limit).then_some(rest)
}

#[inline(always)]
fn neutron<'a>(input: &'a [u8], take: &mut impl TakeUsual) -> Option<&'a [u8]> {
    match input.get(NEUTRON)? | 0x20 {
        b'r' => router_id(input, take),
        b's' => state(input, take),
        _ => None,
    }
}

#[inline(always)]
pub(super) fn router_id<'a>(input: &'a [u8], take: &mut impl TakeUsual) -> Option<&'a [u8]> {
    let (id, rest) = ROUTER_ID.strip(input)?.split_first_chunk()?;
    rest.strip_prefix(b"\r\n").filter(|_| take.router_id(id))
}

#[inline(always)]
pub(super) fn state<'a>(input: &'a [u8], take: &mut impl TakeUsual) -> Option<&'a [u8]> {
    let (state, rest) = word(STATE.strip(input)?)?;
    take.state(state).then_some(rest)
}

/// Where the names of the two fields differ.
const NEUTRON: usize = "x-neutron-".len();

/// The state at the start of `value`, and what follows it and its line ending.
///
/// Which word comes is as good as random, so no branch depends on it.
#[inline(always)]
fn word(value: &[u8]) -> Option<(HaState, &[u8])> {
    let have = u64::from_le_bytes(*value.first_chunk()?);
    let word = WORDS.get(usize::from(value.first()? >> 1 & 3))?;
    let (line, rest) = value.split_at_checked(word.len)?;
    (have & word.mask == word.text && line.last() == Some(&b'\n')).then_some((word.state, rest))
}

/// A state's word and the line ending behind it.
struct Word {
    state: HaState,
    len: usize,
    text: u64,
    /// The bytes of `text` that are not behind the line ending.
    mask: u64,
}

/// Each word at the place that two bits of its first letter name.
static WORDS: [Word; 4] = [
    Word::new(HaState::Primary, b"primary\r"),
    Word::new(HaState::Backup, b"backup\r\n"),
    Word::NONE,
    Word::new(HaState::Fault, b"fault\r\n"),
];

impl Word {
    /// What no value is.
    const NONE: Self = Self { state: HaState::Fault, len: 0, text: 1, mask: 0 };

    /// With as much of the line as fits into eight bytes.
    const fn new(state: HaState, line: &[u8]) -> Self {
        let (mut text, mut mask, mut at) = (0, 0, 0);
        while at < line.len() {
            #[expect(clippy::indexing_slicing, reason = "`at` is below the length, and this runs in the compiler")]
            {
                text |= (line[at] as u64) << (8 * at);
            }
            mask |= 0xff << (8 * at);
            at += 1;
        }
        Self { state, len: state.as_str().len() + 2, text, mask }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes every field.
    struct Taker;

    impl TakeUsual for Taker {
        fn host(&mut self) -> bool {
            true
        }
        fn router_id(&mut self, _: &[u8; RouterId::TEXT_LEN]) -> bool {
            true
        }
        fn state(&mut self, _: HaState) -> bool {
            true
        }
        fn no_body(&mut self) -> bool {
            true
        }
    }

    #[test]
    fn a_line_is_read_up_to_its_limit_and_not_beyond() {
        for name in ["User-Agent", "Accept", "X-Neutron-States", "Server"] {
            for value_len in [LONGEST_FIXED, 150, 1_000] {
                let line = std::format!("{name}: {}\r\n", "v".repeat(value_len));
                let read = |limit| field_line(line.as_bytes(), limit, &mut Taker);
                assert_eq!(read(line.len()), Some(&b""[..]), "{line:?}");
                assert_eq!(read(line.len() - 1), None, "{line:?}");
            }
        }
    }

    fn takes_letters_in_either_case_and_all_else_as_it_is<const N: usize>(text: [u8; N]) {
        let spelling = Spelling::new(text);
        for at in 0..N {
            for byte in 0..=u8::MAX {
                let mut input = [text, text].concat();
                input[at] = byte;
                let fits = byte.to_ascii_lowercase() == text[at];
                assert_eq!(spelling.strip(&input), fits.then_some(&text[..]), "{byte:#x} at {at} of {N}");
            }
        }
        assert_eq!(spelling.strip(&text[1..]), None);
    }

    #[test]
    fn each_word_is_that_of_its_state() {
        for state in HaState::ALL {
            let line = [state.as_str().as_bytes(), b"\r\n, and what follows"].concat();
            let (read, rest) = word(&line).expect("a state's word");
            assert_eq!((read, rest), (state, &b", and what follows"[..]));
            let bytes = &line[..8.min(read.as_str().len() + 2)];
            let again = Word::new(state, bytes);
            assert_eq!(again.text.to_le_bytes().get(..bytes.len()), Some(bytes));
            assert_eq!((again.text & !again.mask, again.mask.count_ones() as usize), (0, 8 * bytes.len()));
        }
    }

    #[test]
    fn a_spelling_folds_letters_alone() {
        takes_letters_in_either_case_and_all_else_as_it_is(*b"x[@~\t: z");
        takes_letters_in_either_case_and_all_else_as_it_is(*b"x-field: 12[@~\t\r\n");
        takes_letters_in_either_case_and_all_else_as_it_is(*b"x-field: 12[@~\t, abcdefgh.0123\r\n");
    }
}
