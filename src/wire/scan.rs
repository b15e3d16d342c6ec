//! How far a run of usual bytes goes, many bytes at a time.
//!
//! Each of these stops at the first byte that may need a closer look, and never behind one that does.

use super::token::is_name_byte;

/// The number of bytes at the start of `input` that are `SP` or `VCHAR`.
#[inline]
pub(super) fn visible_len(input: &[u8]) -> usize {
    // Most values end in the first few bytes; the rest in a handful of strides; what doesn't is worth looking at in bulk.
    let Some(mut at) = first_stop(input) else { return input.iter().take_while(|&&byte| is_visible(byte)).count() };
    if at < SHORT {
        return at;
    }
    while let Some(stop) = input.get(at..).and_then(first_stop_in_stride) {
        at += stop;
        if stop < STRIDE {
            return at;
        }
        if at > 2 * STRIDE {
            while input.get(at..).and_then(|rest| rest.first_chunk()).is_some_and(all_visible::<BULK>) {
                at += BULK;
            }
        }
    }
    while let Some(stop) = input.get(at..).and_then(first_stop) {
        at += stop;
        if stop < SHORT {
            return at;
        }
    }
    let rest = input.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|&&byte| is_visible(byte)).count()
}

#[inline]
fn is_visible(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

/// Bytes in the first look.
#[cfg(all(feature = "simd", target_feature = "sse2"))]
const SHORT: usize = 16;
#[cfg(not(all(feature = "simd", target_feature = "sse2")))]
const SHORT: usize = 8;

/// Bytes of which the first that stops is found together.
const STRIDE: usize = 4 * SHORT;

/// Bytes of which it is only seen whether one stops.
const BULK: usize = 256;

/// Where the first byte outside `0x20..=0x7e` is: [`SHORT`], if it isn't among the first ones; nothing, if there are fewer.
#[inline]
fn first_stop(input: &[u8]) -> Option<usize> {
    let block = input.first_chunk()?;
    #[cfg(all(feature = "simd", target_feature = "sse2"))]
    let stop = (sse2::not_visible(block) | 1 << SHORT).trailing_zeros() as usize;
    #[cfg(not(all(feature = "simd", target_feature = "sse2")))]
    let stop = (not_visible(u64::from_le_bytes(*block)).trailing_zeros() / 8) as usize;
    Some(stop)
}

/// The same, for [`STRIDE`] bytes.
#[inline]
fn first_stop_in_stride(input: &[u8]) -> Option<usize> {
    let block = input.first_chunk::<STRIDE>()?;
    let (parts, _) = block.as_chunks::<SHORT>();
    #[cfg(all(feature = "simd", target_feature = "sse2"))]
    {
        let mask = parts.iter().rev().fold(0, |mask, part| mask << SHORT | u64::from(sse2::not_visible(part)));
        Some(mask.trailing_zeros() as usize)
    }
    #[cfg(not(all(feature = "simd", target_feature = "sse2")))]
    {
        if all_visible(block) {
            return Some(STRIDE);
        }
        let mut stops = parts.iter().filter_map(|part| first_stop(part)).enumerate();
        stops.find(|&(_, stop)| stop < SHORT).map(|(at, stop)| at * SHORT + stop)
    }
}

/// Whether all bytes are in `0x20..=0x7e`. The compiler makes vectors of this, with or without the feature.
#[inline]
fn all_visible<const N: usize>(block: &[u8; N]) -> bool {
    block.iter().fold(0, |most, byte| byte.wrapping_sub(0x20).max(most)) <= 0x7e - 0x20
}

/// The number of bytes at the start of `input` that can be in a field name.
#[inline]
pub(super) fn name_len(input: &[u8]) -> usize {
    #[cfg_attr(
        not(all(feature = "simd", target_feature = "sse2")),
        expect(unused_mut, reason = "words don't pay off here")
    )]
    let mut at = 0;
    #[cfg(all(feature = "simd", target_feature = "sse2"))]
    while let Some(block) = input.get(at..).and_then(|rest| rest.first_chunk()) {
        let stop = (sse2::not_plain(block) | 1 << SHORT).trailing_zeros() as usize;
        at += stop;
        if stop < SHORT {
            // Nearly always it is the name's end.
            if input.get(at) == Some(&b':') {
                return at;
            }
            break;
        }
    }
    let rest = input.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|&&byte| is_name_byte(byte)).count()
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

#[cfg(not(all(feature = "simd", target_feature = "sse2")))]
/// A high bit for each byte outside `0x20..=0x7e`; exact up to the first of them, which is all that counts.
const fn not_visible(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = ONES * 0x80;
    // Below 0x20 the subtraction borrows, at 0x7f the addition carries into the high bit, and from 0x80 on it is set already.
    (word.wrapping_sub(ONES * 0x20) | word.wrapping_add(ONES) | word) & HIGH
}

#[cfg(all(feature = "simd", target_feature = "sse2"))]
mod sse2 {
    use safe_arch::{
        add_i8_m128i, bitor_m128i, cmp_eq_mask_i8_m128i, cmp_gt_mask_i8_m128i, load_unaligned_m128i, m128i,
        min_u8_m128i, move_mask_i8_m128i, set_splat_i8_m128i, sub_i8_m128i,
    };

    /// A bit for each byte outside `0x20..=0x7e`.
    #[inline]
    pub(super) fn not_visible(block: &[u8; 16]) -> u32 {
        const SHIFT: i8 = i8::MIN.wrapping_sub(0x20);
        const LAST: i8 = SHIFT.wrapping_add(0x7e);
        // Shifted so that the range begins at the least of all signed bytes, it takes one comparison.
        let shifted = add_i8_m128i(load_unaligned_m128i(block), set_splat_i8_m128i(SHIFT));
        move_mask_i8_m128i(cmp_gt_mask_i8_m128i(shifted, set_splat_i8_m128i(LAST))).cast_unsigned()
    }

    /// A bit for each byte that is no letter, digit or dash, of which names usually consist.
    #[inline]
    pub(super) fn not_plain(block: &[u8; 16]) -> u32 {
        let bytes = load_unaligned_m128i(block);
        let letter = bitor_m128i(bytes, set_splat_i8_m128i(0x20));
        let letter = up_to(sub_i8_m128i(letter, set_splat_i8_m128i(0x61)), 25);
        let digit = up_to(sub_i8_m128i(bytes, set_splat_i8_m128i(0x30)), 9);
        let dash = cmp_eq_mask_i8_m128i(bytes, set_splat_i8_m128i(0x2d));
        !move_mask_i8_m128i(bitor_m128i(bitor_m128i(letter, digit), dash)).cast_unsigned() & 0xffff
    }

    /// All ones for each byte that is at most `most`.
    #[inline]
    fn up_to(bytes: m128i, most: i8) -> m128i {
        cmp_eq_mask_i8_m128i(min_u8_m128i(bytes, set_splat_i8_m128i(most)), bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;
    use crate::wire::token::is_field_value_byte;

    #[test]
    fn every_byte_at_every_place_is_seen() {
        for len in [1, 7, 8, 9, 16, 17, 48, 80, 81, 150] {
            for at in 0..len {
                for (byte, around) in (0..=u8::MAX).flat_map(|byte| [(byte, b'~'), (byte, b'-'), (byte, b'x')]) {
                    let mut input = vec![around; len];
                    input[at] = byte;
                    let stop = |fits: bool| if fits { len } else { at };
                    assert_eq!(visible_len(&input), stop(matches!(byte, b' '..=b'~')), "{byte:#x} at {at} of {len}");
                    assert_eq!(value_len(&input), stop(is_field_value_byte(byte)), "{byte:#x} at {at} of {len}");
                    assert_eq!(name_len(&input), stop(is_name_byte(byte)), "{byte:#x} at {at} of {len}");
                }
            }
        }
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
