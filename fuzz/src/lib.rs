//! What the fuzz targets check: one function for each. They are plain functions, so that any toolchain can call them.
#![forbid(unsafe_code)]

// The oracle of the tests: a law is stated once.
#[path = "../../tests/common/laws.rs"]
mod laws;

use hanotify::Limits;

/// Laws 1, 2 and 3 of `docs/protocol.md` for these bytes: under the default limits, and under some that a small input meets.
///
/// # Panics
///
/// Where a law does not hold.
pub fn decode(input: &[u8]) {
    let tight = Limits::DEFAULT.with_request_line(17).with_fields(5).with_field_line(59).with_head(160).with_body(3);
    for limits in [Limits::DEFAULT, tight.with_legacy_state(true)] {
        laws::check(input, &limits, cuts(input));
    }
}

/// Where to cut an input in two: a few places that depend on its bytes, so that the fuzzer can move them.
fn cuts(input: &[u8]) -> impl Iterator<Item = usize> {
    let len = input.len() + 1;
    let sum = input.iter().fold(0usize, |sum, &byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    (0..8).map(move |round| sum.rotate_right(8 * round) % len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_keeps_the_laws() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../corpus/fuzz/decode");
        let seeds: Vec<_> = std::fs::read_dir(folder).expect("the seeds").collect::<Result<_, _>>().expect("the seeds");
        assert!(!seeds.is_empty());
        for seed in seeds {
            decode(&std::fs::read(seed.path()).expect("a seed"));
        }
    }
}
