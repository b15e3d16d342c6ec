//! Sixteen bytes at a time, as a number.
#![cfg_attr(all(feature = "simd", target_feature = "sse2"), allow(dead_code, reason = "the tests compare the two"))]

use super::{BLOCK, STRIDE, WINDOW, all_visible, ends};

const ONES: u128 = u128::MAX / 0xff;
const HIGH: u128 = ONES * 0x80;

/// The number of bytes before the first outside `0x20..=0x7e`.
#[inline]
pub(super) fn visible_len(block: &[u8; BLOCK]) -> usize {
    let bytes = u128::from_le_bytes(*block);
    // Below 0x20 the subtraction borrows, at 0x7f the addition carries into the high bit, and from 0x80 on it is set
    // already. What that does to the bytes behind doesn't count.
    before((bytes.wrapping_sub(ONES * 0x20) | bytes.wrapping_add(ONES) | bytes) & HIGH)
}

/// Where the first byte outside `0x20..=0x7e` is.
#[inline]
pub(super) fn stop_in_stride(block: &[u8; STRIDE]) -> Option<usize> {
    if all_visible(block) {
        return None;
    }
    let [first, last] = ends(block);
    Some(visible_len(&first)).filter(|&len| len < BLOCK).or_else(|| Some(BLOCK + visible_len(&last)))
}

/// A bit for each byte outside `0x20..=0x7e`. With words alone nothing that has to be fast asks for it.
#[inline]
pub(super) fn stops_in_window(window: &[u8; WINDOW]) -> u64 {
    window.iter().rev().fold(0, |stops, byte| stops << 1 | u64::from(!matches!(byte, b' '..=b'~')))
}

/// The number of bytes before the first that is no letter, digit or dash, of which names usually consist.
#[inline]
pub(super) fn plain_len(block: &[u8; BLOCK]) -> usize {
    let bytes = u128::from_le_bytes(*block);
    let low = bytes & !HIGH;
    let folded = low | (ONES * 0x20);
    let letter = from(folded, b'a') & !from(folded, b'z' + 1);
    let digit = from(low, b'0') & !from(low, b'9' + 1);
    let dash = !from(low ^ (ONES * 0x2d), 1);
    before((bytes | !(letter | digit | dash)) & HIGH)
}

/// The high bit for each byte that is at least `least`. Both are below 0x80.
#[inline]
const fn from(bytes: u128, least: u8) -> u128 {
    bytes.wrapping_add(ONES * (0x80 - least as u128))
}

/// The number of bytes before the first whose high bit is set.
#[inline]
const fn before(stops: u128) -> usize {
    (stops.trailing_zeros() / 8) as usize
}

/// Whether `have`, with the bits of `fold` set, is `lower`. The texts have 8 to 32 bytes.
#[inline]
pub(super) fn same_but_case<const N: usize>(have: &[u8; N], lower: &[u8; N], fold: &[u8; N]) -> bool {
    if N < BLOCK {
        let [have, lower, fold] = [have, lower, fold].map(|text| ends::<N, 8>(text).map(u64::from_le_bytes));
        have[0] | fold[0] == lower[0] && have[1] | fold[1] == lower[1]
    } else {
        let [have, lower, fold] = [have, lower, fold].map(|text| ends::<N, BLOCK>(text).map(u128::from_le_bytes));
        have[0] | fold[0] == lower[0] && have[1] | fold[1] == lower[1]
    }
}
