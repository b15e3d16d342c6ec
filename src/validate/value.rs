//! The values that have a meaning: each to its type, or to the first byte that no acceptable value has there.

use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::notification::{HaState, RouterId, router_id_departure};

/// The rule that a value breaks, and the index of the byte that breaks it: the length, if the value ends too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) kind: ErrorKind,
    pub(super) at: usize,
}

impl Wrong {
    /// Whether this stays the rule that `value` breaks, whatever may come behind it.
    pub(super) fn is_beyond_repair(self, value: &[u8]) -> bool {
        // A number over the limit may yet turn out to be no number.
        self.at < value.len() && self.kind != ErrorKind::BodyTooLong
    }
}

/// `router-id = 8h "-" 4h "-" 4h "-" 4h "-" 12h`, not all zero
pub(super) fn router_id(value: &[u8]) -> Result<RouterId, Wrong> {
    RouterId::parse(value).ok_or_else(|| {
        let at = match router_id_departure(value) {
            // All is well but the sum: the last digit made it the nil UUID, whatever follows.
            RouterId::TEXT_LEN if value.get(..RouterId::TEXT_LEN).and_then(RouterId::parse).is_none() => {
                RouterId::TEXT_LEN - 1
            }
            RouterId::TEXT_LEN => behind_ows(value, RouterId::TEXT_LEN),
            at => at,
        };
        Wrong { kind: ErrorKind::RouterId, at }
    })
}

/// `state = "primary" / "backup" / "fault"`, and `master` where the limits let it in
pub(super) fn state(value: &[u8], limits: &Limits) -> Result<HaState, Wrong> {
    HaState::parse(value).or_else(|| (limits.legacy_state() && value == LEGACY).then_some(HaState::Primary)).ok_or_else(
        || {
            let words = HaState::ALL.map(|state| state.as_str().as_bytes());
            let legacy = limits.legacy_state().then_some(LEGACY);
            Wrong {
                kind: ErrorKind::State,
                at: departure(value, words.into_iter().chain(legacy), |have, want| have == want),
            }
        },
    )
}

/// What senders of Neutron before its change of words say for `primary`.
const LEGACY: &[u8] = b"master";

/// `content-length = "0" / %x31-39 *DIGIT`, at most the limit
pub(super) fn content_length(value: &[u8], limits: &Limits) -> Result<usize, Wrong> {
    let wrong = |at| Err(Wrong { kind: ErrorKind::ContentLength, at });
    let mut total = 0u64;
    let mut over = None;
    for (at, &byte) in value.iter().enumerate() {
        match byte {
            b'0'..=b'9' if at == 0 || total != 0 => {}
            _ => return wrong(behind_ows(value, at)),
        }
        let Some(sum) = total.checked_mul(10).and_then(|tens| tens.checked_add(u64::from(byte - b'0'))) else {
            return wrong(at);
        };
        total = sum;
        if over.is_none() && usize::try_from(total).map_or(true, |len| len > limits.body()) {
            over = Some(at);
        }
    }
    match (over, usize::try_from(total)) {
        _ if value.is_empty() => wrong(0),
        (None, Ok(len)) => Ok(len),
        (at, _) => Err(Wrong { kind: ErrorKind::BodyTooLong, at: at.unwrap_or_default() }),
    }
}

/// `Connection = *( "," OWS ) connection-option *( OWS "," [ OWS connection-option ] )`, with
/// `connection-option = "close" / "keep-alive"`, in any case; behind the value are `padding` bytes of white space
pub(super) fn connection(value: &[u8], padding: usize) -> Result<(), Wrong> {
    let wrong = |rest: &[u8]| Wrong { kind: ErrorKind::ConnectionOption, at: value.len() - rest.len() };
    let mut rest = next_option(value);
    if rest.is_empty() {
        // Behind a comma there may be white space before the first option: what can't be there is the end of the line.
        return Err(Wrong { kind: ErrorKind::ConnectionOption, at: value.len() + padding });
    }
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| matches!(byte, b',' | b' ' | b'\t')).unwrap_or(rest.len());
        let (option, behind) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        if !OPTIONS.iter().any(|known| known.eq_ignore_ascii_case(option)) {
            let at = departure(option, OPTIONS, u8::eq_ignore_ascii_case);
            return Err(wrong(rest.get(at..).unwrap_or_default()));
        }
        rest = match behind.get(behind_ows(behind, 0)..).unwrap_or_default() {
            [b',', list @ ..] => next_option(list),
            [] => &[],
            other => return Err(wrong(other)),
        };
    }
    Ok(())
}

const OPTIONS: [&[u8]; 2] = [b"close", b"keep-alive"];

/// Skips the empty elements that a recipient has to ignore (RFC 9110 section 5.6.1.2).
fn next_option(mut list: &[u8]) -> &[u8] {
    while let [b',' | b' ' | b'\t', rest @ ..] = list {
        list = rest;
    }
    list
}

/// The index of the first byte with which `value` leaves every one of `words`.
fn departure<'w>(value: &[u8], words: impl IntoIterator<Item = &'w [u8]>, same: fn(&u8, &u8) -> bool) -> usize {
    let common = |word: &[u8]| (value.iter().zip(word).take_while(|(have, want)| same(have, want)).count(), word.len());
    let furthest = words.into_iter().map(common).max();
    furthest.map_or(0, |(at, len)| if at == len { behind_ows(value, at) } else { at })
}

/// The index of the first byte from `at` on that is no OWS. Behind a value that could end at `at`, white space is not
/// yet wrong.
pub(super) fn behind_ows(value: &[u8], at: usize) -> usize {
    at + value.iter().skip(at).take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}
