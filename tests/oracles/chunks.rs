//! Law 2 with nothing left out: cut in two at every byte, byte by byte, and in arbitrary parts; and law 1, for every beginning.

use hanotify::{Decoder, Error, Limits, Status, decode};

use super::decode::TIGHT;
use super::laws;
use super::random::Random;

/// Up to this length an input is cut in two at every byte, and a longer one at about so many: the time grows with the square. `tests/corpus.rs`
/// has more patience.
const CUTS: usize = 256;

/// The input is a message. Which of the limits it meets, its own bytes decide.
///
/// # Panics
///
/// Where a law does not hold.
pub fn check(input: &[u8]) {
    let mut random = Random::of(input);
    let step = 1 + input.len() / (CUTS + 1);
    let limits = random.choose(&[Limits::DEFAULT, TIGHT]);
    laws::check(input, &limits, (0..=input.len()).step_by(step));
    let whole = decode(input, &limits);
    for longest in [2, 3, 7, 16, 64, input.len() + 1] {
        in_parts(input, &limits, whole, || 1 + random.below(longest));
    }
}

/// With one decoder, in parts of these lengths.
fn in_parts(input: &[u8], limits: &Limits, whole: Result<Status<'_>, Error>, mut next: impl FnMut() -> usize) {
    let mut decoder = Decoder::new(*limits);
    let mut end = 0;
    while end < input.len() {
        end = (end + next()).min(input.len());
        let found = decoder.decode(&input[..end]);
        // Neither earlier than at once nor later, and nothing is taken back, because the beginnings agree with the whole.
        let at_once = decode(&input[..end], limits);
        assert!(found == at_once, "{found:?} and not {at_once:?} at {end}: {}", input.escape_ascii());
        let needs = match found {
            Ok(Status::Incomplete) => 0,
            Ok(Status::Complete { consumed, .. }) => consumed,
            Err(refused) => refused.offset + 1,
        };
        let is_final = found == Ok(Status::Incomplete) || found == whole;
        assert!(is_final && needs <= end, "{found:?} at {end}, but {whole:?}: {}", input.escape_ascii());
    }
}
