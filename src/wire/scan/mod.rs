//! How far a run of usual bytes goes, many bytes at a time.
//!
//! Each of these stops at the first byte that may need a closer look, and never behind one that does.

#![allow(
    clippy::inline_always,
    reason = "the usual head is read in one loop, which is shorter by a third where nothing in it is called"
)]

use super::Class;

#[cfg(all(feature = "simd", target_feature = "sse2"))]
use sse2 as blocks;
#[cfg(not(all(feature = "simd", target_feature = "sse2")))]
use words as blocks;

/// Bytes that are looked at together.
pub(super) const BLOCK: usize = 16;

/// Whether that takes a few instructions for a block.
pub(crate) const BY_BLOCKS: bool = cfg!(all(feature = "simd", target_feature = "sse2"));

/// Bytes in a stride.
const STRIDE: usize = 2 * BLOCK;

/// Bytes of which it is found without a branch which is the first that stops.
const WINDOW: usize = 64;

/// Bytes behind which a value is looked at in bulk.
const LONG: usize = 128;

/// Bytes of which it is only seen whether one stops.
const BULK: usize = 256;

/// The number of bytes at the start of `input` that are `SP` or `VCHAR`.
#[inline(always)]
pub(super) fn visible_len(input: &[u8]) -> usize {
    // Most values end at the first look, the rest in a few strides; what doesn't is worth looking at in bulk.
    let Some(mut at) = input.first_chunk().map(blocks::visible_len) else { return visible_len_of_short(input, 0) };
    if at < BLOCK {
        return at;
    }
    while let Some(block) = input.get(at..).and_then(|rest| rest.first_chunk()) {
        if let Some(stop) = blocks::stop_in_stride(block) {
            return at + stop;
        }
        at += STRIDE;
        if at > LONG {
            at = visible_bulk(input, at);
        }
    }
    visible_len_of_short(input, at)
}

/// The same from the byte `at` on, where that are less than [`WINDOW`], and the whole input isn't.
#[inline(always)]
pub(super) fn short_len(input: &[u8], at: usize) -> Option<usize> {
    // Near the end of the input, the window begins before the byte.
    let start = at.min(input.len().checked_sub(WINDOW)?);
    let stops = blocks::stops_in_window(input.get(start..)?.first_chunk()?);
    let stops = stops.checked_shr(u32::try_from(at - start).ok()?)?;
    (stops != 0).then(|| stops.trailing_zeros() as usize)
}

/// The number of bytes before the first that is no letter, digit or dash, of which names usually consist.
#[inline(always)]
pub(super) fn plain_len(block: &[u8; BLOCK]) -> usize {
    blocks::plain_len(block)
}

/// Behind how many bytes, of which the first `at` are known, one stops or only few follow.
fn visible_bulk(input: &[u8], mut at: usize) -> usize {
    while input.get(at..).and_then(|rest| rest.first_chunk()).is_some_and(all_visible::<BULK>) {
        at += BULK;
    }
    at
}

/// As [`visible_len`], where the first `at` bytes are known, and few follow.
fn visible_len_of_short(input: &[u8], mut at: usize) -> usize {
    while let Some(block) = input.get(at..).and_then(|rest| rest.first_chunk()) {
        let len = blocks::visible_len(block);
        at += len;
        if len < BLOCK {
            return at;
        }
    }
    let rest = input.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|&&byte| matches!(byte, b' '..=b'~')).count()
}

/// Whether all bytes are in `0x20..=0x7e`. The compiler makes vectors of this, with or without the feature.
#[inline]
fn all_visible<const N: usize>(block: &[u8; N]) -> bool {
    block.iter().fold(0, |most, byte| byte.wrapping_sub(0x20).max(most)) <= 0x7e - 0x20
}

/// The number of bytes at the start of `input` that can be in a field name.
#[inline(always)]
pub(super) fn name_len(input: &[u8]) -> usize {
    match input.first_chunk().map(|block| (block, blocks::plain_len(block))) {
        // Nearly always it is the name's end.
        Some((block, stop)) if block.get(stop) == Some(&b':') => stop,
        _ => name_len_general(input),
    }
}

/// The same, where the name is long, or has bytes that names seldom have.
#[inline(never)]
fn name_len_general(input: &[u8]) -> usize {
    let plain = input.as_chunks().0.iter().map(blocks::plain_len).take_while(|&len| len == BLOCK).count() * BLOCK;
    let rest = input.get(plain..).unwrap_or_default();
    plain + rest.iter().take_while(|&&byte| Class::NAME.has(byte)).count()
}

/// The number of bytes at the start of `input` that can be in a field value.
#[inline]
pub(super) fn value_len(input: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let rest = input.get(at..).unwrap_or_default();
        let len = visible_len(rest);
        at += len;
        if rest.get(len) != Some(&b'\t') {
            return at;
        }
        at += 1;
    }
}

/// Whether `have`, with the bits of `fold` set, is `lower`. The texts have 8 to 32 bytes.
#[inline(always)]
pub(super) fn same_but_case<const N: usize>(have: &[u8; N], lower: &[u8; N], fold: &[u8; N]) -> bool {
    const { assert!(8 <= N && N <= 2 * BLOCK) };
    if N < BLOCK { words::same_but_case(have, lower, fold) } else { blocks::same_but_case(have, lower, fold) }
}

/// The first and the last `M` bytes, which may overlap.
#[inline(always)]
fn ends<const N: usize, const M: usize>(text: &[u8; N]) -> [[u8; M]; 2] {
    [text.first_chunk(), text.last_chunk()].map(|end| end.copied().unwrap_or([0; M]))
}

#[cfg(all(feature = "simd", target_feature = "sse2"))]
mod sse2;
mod words;

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;

    #[test]
    fn every_byte_at_every_place_is_seen() {
        for len in [1, 7, 8, 9, 16, 17, 48, 80, 81, 150] {
            for at in 0..len {
                for (byte, around) in (0..=u8::MAX).flat_map(|byte| [(byte, b'~'), (byte, b'-'), (byte, b'x')]) {
                    let mut input = vec![around; len];
                    input[at] = byte;
                    let stop = |fits: bool| if fits { len } else { at };
                    assert_eq!(visible_len(&input), stop(matches!(byte, b' '..=b'~')), "{byte:#x} at {at} of {len}");
                    assert_eq!(value_len(&input), stop(Class::VALUE.has(byte)), "{byte:#x} at {at} of {len}");
                    assert_eq!(name_len(&input), stop(Class::NAME.has(byte)), "{byte:#x} at {at} of {len}");
                }
            }
        }
    }

    /// A name that isn't seen to its end is looked at with care, which shows in the time alone.
    #[test]
    fn letters_digits_and_dashes_are_plain_and_nothing_else_is() {
        for (at, byte) in (0..BLOCK).flat_map(|at| (0..=u8::MAX).map(move |byte| (at, byte))) {
            for around in *b"azAZ09-" {
                let mut block = [around; BLOCK];
                block[at] = byte;
                let plain = if byte.is_ascii_alphanumeric() || byte == b'-' { BLOCK } else { at };
                let seen = (blocks::plain_len(&block), words::plain_len(&block));
                assert_eq!(seen, (plain, plain), "{byte:#x} at {at} in {around:#x}");
            }
        }
    }

    #[test]
    fn each_stop_in_a_window_is_seen_and_where_it_is() {
        for (at, byte) in (0..WINDOW).flat_map(|at| (0..=u8::MAX).map(move |byte| (at, byte))) {
            let mut window = [b'x'; WINDOW];
            (window[at], window[WINDOW - 1 - at]) = (byte, b'\r');
            let stops = u64::from(!matches!(byte, b' '..=b'~')) << at | 1 << (WINDOW - 1 - at);
            let seen = (blocks::stops_in_window(&window), words::stops_in_window(&window));
            assert_eq!(seen, (stops, stops), "{byte:#x} at {at}");
        }
    }

    #[test]
    fn a_short_run_is_seen_from_any_byte_of_a_window_or_more() {
        let input = [&[b'x'; 40][..], b"\r\n", &[b'y'; 70], b"\r\nzz\r\n\r\n"].concat();
        for at in 0..=input.len() {
            let len = input[at..].iter().position(|&byte| byte < b' ').filter(|&len| len < WINDOW);
            assert_eq!(short_len(&input, at), len, "{at}");
        }
        assert_eq!((short_len(&input[..WINDOW], 0), short_len(&input[..WINDOW - 1], 0)), (Some(40), None));
    }

    #[test]
    fn a_stop_deep_in_a_long_value_is_seen() {
        for at in (0..1_000).step_by(7).chain(200..420) {
            let mut input = vec![b'v'; 1_000];
            input[at] = 0x7f;
            assert_eq!((visible_len(&input), value_len(&input)), (at, at));
            input[at] = b'\t';
            assert_eq!((visible_len(&input), value_len(&input)), (at, 1_000));
        }
    }

    #[test]
    fn what_is_behind_the_first_stop_does_not_matter() {
        for (first, second) in (0..=u8::MAX).flat_map(|first| (0..=u8::MAX).map(move |second| (first, second))) {
            let mut input = [b' '; 40];
            (input[20], input[21]) = (first, second);
            let seen = input.iter().position(|byte| !matches!(byte, b' '..=b'~')).unwrap_or(40);
            assert_eq!(visible_len(&input), seen, "{first:#x} {second:#x}");
            assert_eq!(visible_len(&input[20..28]), seen.saturating_sub(20).min(8), "{first:#x} {second:#x}");
        }
    }
}
