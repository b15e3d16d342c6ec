//! The canonical text of a UUID to its bytes, eight digits at a time.

/// The 16 bytes of `8h "-" 4h "-" 4h "-" 4h "-" 12h`, with `h = %x30-39 / %x61-66`.
#[inline]
pub(crate) fn decode(text: &[u8; 36]) -> Option<[u8; 16]> {
    // The first and the second two dashes are equally far apart.
    let apart =
        |at: usize| text.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |part| u64::from_le_bytes(*part));
    let dashes = u64::from_le_bytes(*b"-\0\0\0\0-\0\0");
    let mask = dashes / u64::from(b'-') * 0xff;
    if ((apart(8) ^ dashes) | (apart(18) ^ dashes)) & mask != 0 {
        return None;
    }
    let half =
        |at: usize| text.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |half| u32::from_le_bytes(*half));
    let word = |low: usize, high: usize| u64::from(half(low)) | (u64::from(half(high)) << 32);
    pack([word(0, 4), word(9, 14), word(19, 24), word(28, 32)])
}

/// Thirty-two digits to sixteen bytes, the first digit in the lowest byte of the first word.
#[cfg(all(feature = "simd", target_feature = "sse2"))]
use sse2::pack;

#[cfg(not(all(feature = "simd", target_feature = "sse2")))]
use words::pack;

#[cfg(any(test, not(all(feature = "simd", target_feature = "sse2"))))]
mod words {
    const ONES: u64 = u64::MAX / 0xff;

    /// Thirty-two digits to sixteen bytes, the first digit in the lowest byte of the first word.
    #[inline]
    pub(super) fn pack(text: [u64; 4]) -> Option<[u8; 16]> {
        let digits = text.map(Digits::new);
        if digits.iter().fold(0, |wrong, digits| wrong | digits.wrong) != 0 {
            return None;
        }
        let [a, b, c, d] = digits.map(|digits| u128::from(digits.bytes()));
        Some((a | (b << 32) | (c << 64) | (d << 96)).to_le_bytes())
    }

    /// Eight digits, the first in the lowest byte.
    #[derive(Clone, Copy)]
    struct Digits {
        /// Their values, where nothing is wrong.
        values: u64,
        /// Zero if all eight are digits or `a` to `f`.
        wrong: u64,
    }

    impl Digits {
        #[inline]
        const fn new(text: u64) -> Self {
            // A letter has bit 6 and counts from 1 in its low half, a digit from 0.
            let letters = (text >> 6) & ONES;
            let values = (text & (ONES * 0x0f)).wrapping_add(letters * 9);
            // Written again, only the right sixteen bytes are what they were; a value over 15 would be too.
            let above_nine = (values.wrapping_add(ONES * 6) >> 4) & ONES;
            let again = values.wrapping_add(ONES * 0x30).wrapping_add(above_nine * 0x27);
            Self { values, wrong: (again ^ text) | (values & (ONES * 0xf0)) }
        }

        /// Four bytes of two digits each.
        #[inline]
        const fn bytes(self) -> u32 {
            let pairs = ((self.values << 4) | (self.values >> 8)) & 0x00ff_00ff_00ff_00ff;
            let quads = (pairs | (pairs >> 8)) & 0x0000_ffff_0000_ffff;
            #[expect(clippy::cast_possible_truncation, reason = "the upper half is a copy")]
            {
                (quads | (quads >> 16)) as u32
            }
        }
    }
}

#[cfg(all(feature = "simd", target_feature = "sse2"))]
mod sse2 {
    use safe_arch::{
        add_i8_m128i, add_saturating_u8_m128i, bitand_m128i, bitor_m128i, m128i, max_u8_m128i, min_u8_m128i,
        move_mask_i8_m128i, pack_i16_to_u8_m128i, set_splat_i8_m128i, set_splat_i16_m128i, shl_imm_u16_m128i,
        shr_imm_u16_m128i, sub_i8_m128i, sub_saturating_u8_m128i,
    };

    /// Thirty-two digits to sixteen bytes, the first digit in the lowest byte of the first word.
    #[inline]
    pub(super) fn pack([a, b, c, d]: [u64; 4]) -> Option<[u8; 16]> {
        let (low, high) = (values(m128i::from([a, b])), values(m128i::from([c, d])));
        let most = max_u8_m128i(low, high);
        // Over 15, this sets the high bit.
        let all = move_mask_i8_m128i(add_saturating_u8_m128i(most, splat(0x7f - 0x0f))) == 0;
        all.then(|| pack_i16_to_u8_m128i(pairs(low), pairs(high)).into())
    }

    /// The values of sixteen digits, each over 15 that isn't one.
    #[inline]
    fn values(text: m128i) -> m128i {
        // The decimal ones at the top of the range, all else below them: what is subtracted then saturates for these.
        let decimal = add_i8_m128i(text, splat(0xff - b'9'));
        let decimal = sub_i8_m128i(sub_saturating_u8_m128i(decimal, splat(6)), splat(0xf0));
        let letter = sub_i8_m128i(text, splat(b'a'));
        let letter = add_saturating_u8_m128i(letter, splat(10));
        min_u8_m128i(decimal, letter)
    }

    #[inline]
    fn splat(byte: u8) -> m128i {
        set_splat_i8_m128i(byte.cast_signed())
    }

    /// Each two values as one, in sixteen bits.
    #[inline]
    fn pairs(values: m128i) -> m128i {
        let both = bitor_m128i(shl_imm_u16_m128i::<4>(values), shr_imm_u16_m128i::<8>(values));
        bitand_m128i(both, set_splat_i16_m128i(0x00ff))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8; 36] = b"9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10";

    #[test]
    fn the_bytes_are_in_the_order_of_the_text() {
        assert_eq!(decode(TEXT).map(u128::from_be_bytes), Some(0x9b3a_1d8e_5c1f_4a57_9f5e_0a4c_2f3b_7d10));
    }

    #[test]
    fn every_byte_at_every_place_is_judged() {
        for at in 0..36 {
            for byte in 0..=u8::MAX {
                let mut text = *TEXT;
                text[at] = byte;
                let fits = if TEXT[at] == b'-' { byte == b'-' } else { matches!(byte, b'0'..=b'9' | b'a'..=b'f') };
                assert_eq!(decode(&text).is_some(), fits, "{byte:#x} at {at}");
            }
        }
    }

    #[test]
    fn two_wrong_dashes_do_not_make_it_right() {
        for (first, second) in [(8, 18), (13, 23), (8, 13), (18, 23)] {
            for byte in (0..=u8::MAX).filter(|&byte| byte != b'-') {
                let mut text = *TEXT;
                (text[first], text[second]) = (byte, byte);
                assert_eq!(decode(&text), None, "{byte:#x} at {first} and {second}");
            }
        }
    }

    #[test]
    fn words_and_blocks_agree() {
        for byte in 0..=u8::MAX {
            for at in 0..32 {
                let mut text = *b"0123456789abcdef00ff99aa19af5a0d";
                text[at] = byte;
                let (words, _) = text.as_chunks::<8>();
                let words = [0, 1, 2, 3].map(|word: usize| u64::from_le_bytes(words[word]));
                assert_eq!(pack(words), words::pack(words), "{byte:#x} at {at}");
            }
        }
    }

    #[test]
    fn a_wrong_byte_is_not_hidden_by_its_neighbours() {
        for (first, second) in (0..=u8::MAX).flat_map(|first| (0..=u8::MAX).map(move |second| (first, second))) {
            let mut text = *TEXT;
            (text[30], text[31]) = (first, second);
            let fits = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            assert_eq!(decode(&text).is_some(), fits(first) && fits(second), "{first:#x} {second:#x}");
        }
    }
}
