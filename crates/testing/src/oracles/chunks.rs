//! Law 2 with nothing left out: cut in two at every byte, byte by byte, and in arbitrary parts; and law 1, for every
//! beginning.

use std::collections::BTreeSet;

use hanotify::{Decoder, Error, Limits, Status, decode};

use super::decode::TIGHT;
use crate::laws;
use hanotify_mutate::Random;

/// Up to this length an input is cut in two at every byte, and a longer one at so many beside those where it matters
/// most: the time grows with the square. `tests/corpus.rs` has more patience.
const CUTS: usize = 256;

/// Around so many line ends, which are more than the limits allow.
const LINES: usize = 64;

/// The input is a message. Which of the limits it meets, its own bytes decide.
///
/// # Panics
///
/// Where a law does not hold.
pub fn check(input: &[u8]) {
    let mut random = Random::of(input);
    let limits = random.choose(&[Limits::DEFAULT, TIGHT]);
    let whole = decode(input, &limits);
    laws::check(input, &limits, cuts(input, whole, &mut random));
    for longest in [2, 3, 7, 16, 64, input.len() + 1] {
        in_parts(input, &limits, whole, || 1 + random.below(longest));
    }
}

/// Where to cut the input in two: everywhere, or around each line end, around the place that decides, and at places as
/// good as random.
fn cuts(input: &[u8], whole: Result<Status<'_>, Error>, random: &mut Random) -> BTreeSet<usize> {
    let len = input.len();
    if len <= CUTS {
        return (0..=len).collect();
    }
    let line_ends = input.iter().enumerate().filter(|&(_, &byte)| byte == b'\n').map(|(at, _)| at).take(LINES);
    let decides = match whole {
        Ok(Status::Complete { consumed, .. }) => consumed,
        Ok(Status::Incomplete) => len,
        Err(refused) => refused.offset,
    };
    // From before the CR to after the first byte of the next line.
    let around = line_ends.chain([0, decides]).flat_map(|at| at.saturating_sub(1)..=len.min(at + 2));
    around.chain((0..CUTS).map(|_| random.below(len + 1))).collect()
}

/// With one decoder, in parts of these lengths.
fn in_parts(input: &[u8], limits: &Limits, whole: Result<Status<'_>, Error>, mut next: impl FnMut() -> usize) {
    let mut decoder = Decoder::new(*limits);
    let mut end = 0;
    while end < input.len() {
        end = (end + next()).min(input.len());
        let found = decoder.decode(&input[..end]);
        // Neither earlier than at once nor later, and nothing is taken back, because the beginnings agree with the
        // whole.
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

#[test]
fn a_short_input_is_cut_at_every_byte_and_a_long_one_where_it_matters_and_at_a_sample() {
    let of = |input: &[u8]| cuts(input, decode(input, &Limits::DEFAULT), &mut Random::of(input));
    assert!(of(&[b'a'; CUTS]).into_iter().eq(0..=CUTS));

    let long = format!("GET / HTTP/1.1\r\n{}", "Name: value\r\n".repeat(LINES - 1));
    let cuts = of(long.as_bytes());
    for (cr, _) in long.match_indices("\r\n") {
        assert!((cr..=long.len().min(cr + 3)).all(|at| cuts.contains(&at)), "around {cr}");
    }
    assert!(cuts.contains(&0) && cuts.len() < long.len() && cuts.iter().all(|&at| at <= long.len()));

    let refused =
        [format!("GET / HTTP/1.1\r\nName: {}", "a".repeat(2 * CUTS)).as_bytes(), b"\0", &[b'a'; CUTS]].concat();
    let offset = decode(&refused, &Limits::DEFAULT).unwrap_err().offset;
    assert!(refused[offset] == 0 && (offset..=offset + 1).all(|at| of(&refused).contains(&at)));

    let longer = "\n".repeat(10 * CUTS);
    assert!(of(longer.as_bytes()).len() < 2 * CUTS);
}
