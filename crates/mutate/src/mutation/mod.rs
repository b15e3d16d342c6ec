//! Mutations that know what a message looks like: lines are moved, repeated, split and joined, values and names are
//! exchanged, lengths meet limits, and single bytes break. For every other one the fuzzer's own mutations are left to
//! do what these don't.

mod lines;
mod oddities;
mod operations;
mod spellings;
mod tokens;

pub use self::spellings::spelled;
use crate::random::Random;

/// Set to `off`, it leaves all mutation to the fuzzer, so that what this one is worth can be measured.
pub const SWITCH: &str = "HANOTIFY_MUTATOR";

/// Mutates `data[..size]` in place to at most `max_size` bytes, which `data` has room for, and tells the new length;
/// the same for the same seed. Nothing if it is the fuzzer's own turn.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> Option<usize> {
    let mut random = Random::from_seed(seed.into());
    if random.one_in(2) || is_off() {
        return None;
    }
    let message = data.get(..size)?;
    let mutated = mutated(message, max_size, &mut random);
    data.get_mut(..mutated.len())?.copy_from_slice(&mutated);
    Some(mutated.len())
}

/// A message with one to four changes, cut to `max_size` bytes.
pub fn mutated(message: &[u8], max_size: usize, random: &mut Random) -> Vec<u8> {
    let mut message = message.to_vec();
    for _ in 0..=random.below(2) + random.below(3) {
        let operation = random.choose(operations::ALL);
        operation(&mut message, random);
        message.truncate(max_size);
    }
    message
}

fn is_off() -> bool {
    static OFF: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *OFF.get_or_init(|| std::env::var_os(SWITCH).is_some_and(|value| value == "off"))
}

#[cfg(test)]
mod tests;
