//! Choices that are as good as random, and the same for the same input: so that a find can be repeated, and a message stays a message.

/// A generator of numbers: xorshift64* of Marsaglia and Vigna.
pub(crate) struct Random(u64);

impl Random {
    /// One for this input: the same for the same bytes. It looks at a few of them only, whatever their number, because a fuzz target has
    /// better things to do.
    pub(crate) fn of(input: &[u8]) -> Self {
        let word =
            |at: usize| input.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |word| u64::from_le_bytes(*word));
        let words = [0, input.len() / 2, input.len().saturating_sub(8)].map(word);
        let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        Self(words.into_iter().fold(0xcbf2_9ce4_8422_2325 ^ input.len() as u64, mix) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or_default()
    }

    /// One of these.
    pub(crate) fn choose<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Puts them in another order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
