//! Choices that are as good as random, and the same for the same seed or input: so that a find can be repeated.

/// A generator of numbers: xorshift64* of Marsaglia and Vigna.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers that belong to `seed`. Neighbouring seeds have nothing in common.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        // splitmix64 spreads the seed over all bits; zero would stay zero.
        let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self((state ^ (state >> 31)) | 1)
    }

    /// The numbers that belong to these bytes. It looks at a few of them only, whatever their number, because a fuzz
    /// target has better things to do.
    #[must_use]
    pub fn of(input: &[u8]) -> Self {
        let word =
            |at: usize| input.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |word| u64::from_le_bytes(*word));
        let words = [0, input.len() / 2, input.len().saturating_sub(8)].map(word);
        let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        Self(words.into_iter().fold(0xcbf2_9ce4_8422_2325 ^ input.len() as u64, mix) | 1)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`; 0 where `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let bits = self.bits();
        bits.checked_rem(end as u64).and_then(|number| usize::try_from(number).ok()).unwrap_or_default()
    }

    /// True once in `times`.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        self.bits().to_le_bytes()[0]
    }

    /// One of these, which are not empty.
    pub fn choose<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Puts them in another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
