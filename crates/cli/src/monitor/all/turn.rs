//! How much of the files is read before the routers have their turn.

/// How many files, and how many bytes of them.
const MOST_FILES: usize = 512;
const MOST_BYTES: u64 = 1 << 20;

/// What was read in this turn.
#[derive(Debug, Default)]
pub(super) struct Turn {
    files: usize,
    bytes: u64,
}

impl Turn {
    /// Counts a file of so many bytes, of which no more than `longest` are read.
    pub(super) fn count(&mut self, bytes: u64, longest: u64) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes.min(longest));
    }

    /// Whether the next file has to wait.
    pub(super) const fn is_over(&self) -> bool {
        self.files >= MOST_FILES || self.bytes >= MOST_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files_of(bytes: u64, longest: u64) -> usize {
        let mut turn = Turn::default();
        while !turn.is_over() {
            turn.count(bytes, longest);
        }
        turn.files
    }

    #[test]
    fn a_turn_is_over_after_many_files_or_after_many_bytes() {
        assert_eq!(files_of(0, 10), MOST_FILES);
        assert_eq!(files_of(60_000, 1 << 17), 18);
        assert_eq!(files_of(u64::MAX, 1 << 17), 8);
        assert_eq!(files_of(u64::MAX, 4_096), 256);
    }
}
