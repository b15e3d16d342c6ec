//! Sixteen bytes at a time, in the registers that every x86-64 processor has.

use safe_arch::{
    add_i8_m128i, bitand_m128i, bitandnot_m128i, bitor_m128i, cmp_eq_mask_i8_m128i, cmp_gt_mask_i8_m128i,
    load_unaligned_m128i, m128i, move_mask_i8_m128i, set_splat_i8_m128i,
};

use super::{BLOCK, STRIDE, WINDOW, ends};

/// The number of bytes before the first outside `0x20..=0x7e`.
#[inline]
pub(super) fn visible_len(block: &[u8; BLOCK]) -> usize {
    (not_visible(block) | 1 << BLOCK).trailing_zeros() as usize
}

/// Where the first byte outside `0x20..=0x7e` is.
#[inline]
pub(super) fn stop_in_stride(block: &[u8; STRIDE]) -> Option<usize> {
    let (parts, _) = block.as_chunks();
    let stops = parts.iter().rev().fold(0, |stops, part| stops << BLOCK | not_visible(part));
    (stops != 0).then(|| stops.trailing_zeros() as usize)
}

/// A bit for each byte outside `0x20..=0x7e`.
#[inline]
pub(super) fn stops_in_window(window: &[u8; WINDOW]) -> u64 {
    let ([a, b, c, d], _) = window.as_chunks() else { return 0 };
    let [a, b, c, d] = [a, b, c, d].map(|part| u64::from(not_visible(part)));
    // Joined in pairs: the line behind has to wait for this.
    (a | b << BLOCK) | (c << (2 * BLOCK) | d << (3 * BLOCK))
}

/// The number of bytes before the first that is no letter, digit or dash, of which names usually consist.
#[inline]
pub(super) fn plain_len(block: &[u8; BLOCK]) -> usize {
    let bytes = load_unaligned_m128i(block);
    let no_letter = outside::<b'a', b'z'>(bitor_m128i(bytes, set_splat_i8_m128i(0x20)));
    let no_digit = outside::<b'0', b'9'>(bytes);
    let dash = cmp_eq_mask_i8_m128i(bytes, set_splat_i8_m128i(0x2d));
    let stops = mask(bitandnot_m128i(dash, bitand_m128i(no_letter, no_digit)));
    (stops | 1 << BLOCK).trailing_zeros() as usize
}

/// Whether `have`, with the bits of `fold` set, is `lower`.
#[inline]
pub(super) fn same_but_case<const N: usize>(have: &[u8; N], lower: &[u8; N], fold: &[u8; N]) -> bool {
    let [[have, have_last], [lower, lower_last], [fold, fold_last]] =
        [have, lower, fold].map(|text| ends::<N, BLOCK>(text).map(|end| load_unaligned_m128i(&end)));
    let same = |have, lower, fold| cmp_eq_mask_i8_m128i(bitor_m128i(have, fold), lower);
    mask(bitand_m128i(same(have, lower, fold), same(have_last, lower_last, fold_last))) == 0xffff
}

/// A bit for each byte outside `0x20..=0x7e`.
#[inline]
fn not_visible(block: &[u8; BLOCK]) -> u32 {
    mask(outside::<b' ', b'~'>(load_unaligned_m128i(block)))
}

/// All ones for each byte outside `FIRST..=LAST`.
#[inline]
fn outside<const FIRST: u8, const LAST: u8>(bytes: m128i) -> m128i {
    // Shifted so that the range begins at the least of all signed bytes, it takes one comparison.
    let shift = const { i8::MIN.wrapping_sub(FIRST.cast_signed()) };
    let shifted = add_i8_m128i(bytes, set_splat_i8_m128i(shift));
    cmp_gt_mask_i8_m128i(shifted, set_splat_i8_m128i(shift.wrapping_add(LAST.cast_signed())))
}

/// A bit for each byte whose high bit is set.
#[inline]
fn mask(bytes: m128i) -> u32 {
    move_mask_i8_m128i(bytes).cast_unsigned()
}
