//! JSON objects in a stream of lines, where servers write otherwise than one object a line: several objects on a line,
//! an object before its line's end, and text before, between and behind them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Deserializer, Value};

/// A longer line is not read.
const LONGEST: usize = 1 << 20;
/// A longer object is read when its line is whole, and not before.
const LONGEST_UNFINISHED: usize = 64 << 10;
/// How many characters of the first line that is no JSON are kept.
const LONGEST_SHOWN: usize = 200;
/// In how many places of a line an object is looked for.
const ATTEMPTS: usize = 64;

/// Lines that are no JSON: how many, and the first.
#[derive(Debug, Default)]
pub(crate) struct Strays {
    count: AtomicU64,
    first: Mutex<Option<String>>,
}

impl Strays {
    fn add(&self, line: &[u8]) {
        if self.count.fetch_add(1, Ordering::Relaxed) == 0 {
            let shown =
                String::from_utf8_lossy(line).chars().take(LONGEST_SHOWN).flat_map(char::escape_debug).collect();
            *self.first.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// The first, in printable characters, cut where it is long.
    pub(crate) fn first(&self) -> Option<String> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What has come of a stream and is not yet an object.
#[derive(Default)]
pub(crate) struct Scanner {
    rest: Vec<u8>,
    /// Whether a part of the present line was counted as no JSON.
    is_counted: bool,
    /// Whether the present line is too long, and its rest is to be forgotten.
    is_skipping: bool,
    attempts: usize,
}

/// What is to be done with the rest of a line.
enum Step {
    /// An object, and how many bytes it has.
    Object(Value, usize),
    /// So many bytes are of no interest.
    Skip(usize),
    /// More has to come.
    Wait,
}

impl Scanner {
    /// Takes the next bytes, and hands on the objects that are whole with them.
    pub(crate) fn push(&mut self, bytes: &[u8], strays: &Strays, mut found: impl FnMut(Value)) {
        self.rest.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(rest) = self.rest.get(at..).filter(|rest| !rest.is_empty()) {
            let end = rest.iter().position(|&byte| byte == b'\n');
            let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest).to_vec();
            let done = self.line(&line, end.is_some(), strays, &mut found);
            at += done;
            if end.is_none() {
                break;
            }
            // The rest of a whole line is of no interest.
            at += line.len() - done + 1;
            (self.is_counted, self.is_skipping, self.attempts) = (false, false, 0);
        }
        self.rest.drain(..at);
        if self.rest.len() > LONGEST {
            self.count(&self.rest.clone(), strays);
            self.rest.clear();
            self.is_skipping = true;
        }
    }

    /// Looks for objects in a line, or in as much of it as there is: how many bytes need not be looked at again.
    fn line(&mut self, line: &[u8], is_whole: bool, strays: &Strays, found: &mut impl FnMut(Value)) -> usize {
        let mut at = 0;
        loop {
            let rest = line.get(at..).unwrap_or_default();
            if self.is_skipping || rest.is_empty() {
                return line.len();
            }
            match self.step(rest, is_whole, strays) {
                Step::Object(value, length) => {
                    found(value);
                    at += length;
                }
                Step::Skip(length) => at += length,
                Step::Wait => return at,
            }
        }
    }

    fn step(&mut self, rest: &[u8], is_whole: bool, strays: &Strays) -> Step {
        let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == 0).count();
        if blank > 0 {
            return Step::Skip(blank);
        }
        if rest.first() == Some(&b'{') && (is_whole || rest.len() <= LONGEST_UNFINISHED) {
            let mut objects = Deserializer::from_slice(rest).into_iter::<Value>();
            if let Some(Ok(value)) = objects.next() {
                return Step::Object(value, objects.byte_offset());
            }
        } else if is_whole && serde_json::from_slice::<Value>(rest).is_ok() {
            return Step::Skip(rest.len());
        }
        if !is_whole {
            return Step::Wait;
        }
        self.count(rest, strays);
        self.attempts += 1;
        let next = rest.iter().skip(1).position(|&byte| byte == b'{').filter(|_| self.attempts < ATTEMPTS);
        Step::Skip(next.map_or(rest.len(), |next| next + 1))
    }

    fn count(&mut self, line: &[u8], strays: &Strays) {
        if !self.is_counted {
            self.is_counted = true;
            strays.add(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of the member `n`, and what is no JSON, of a stream that comes in pieces of this length.
    fn scanned(text: &str, length: usize) -> (Vec<u64>, u64, Option<String>) {
        let (mut scanner, strays, mut found) = (Scanner::default(), Strays::default(), Vec::new());
        for piece in text.as_bytes().chunks(length) {
            scanner.push(piece, &strays, |value| found.extend(value["n"].as_u64()));
        }
        (found, strays.count(), strays.first())
    }

    #[test]
    fn objects_are_found_however_a_server_writes_them() {
        for (text, found, strays, first) in [
            ("{\"n\":1}\n{\"n\":2}\n", &[1, 2][..], 0, None),
            // Two threads, each of which writes the text and the end of the line apart.
            ("{\"n\":1}{\"n\":2}\n\n", &[1, 2], 0, None),
            ("{\"n\":1} {\"n\":2}\r\n{\"n\":3}", &[1, 2, 3], 0, None),
            ("starting\n[1]\n5\n\"x\"\n{\"n\":1}\n", &[1], 1, Some("starting")),
            ("INFO {\"n\":1} done\n{\"n\":2}\n", &[1, 2], 1, Some("INFO {\\\"n\\\":1} done")),
            ("{'n': 1}\n{\"n\":2}\n", &[2], 1, Some("{\\'n\\': 1}")),
            // Cut short, and what follows is whole.
            ("{\"n\":\n{\"n\":2}\n", &[2], 1, Some("{\\\"n\\\":")),
            ("{\"n\":{\"n\":2}\n{\"n\":3}\n", &[2, 3], 1, Some("{\\\"n\\\":{\\\"n\\\":2}")),
            ("\u{1b}[2J\n", &[], 1, Some("\\u{1b}[2J")),
            ("", &[], 0, None),
        ] {
            for length in [1, 2, 3, 7, 1_000] {
                let said = scanned(text, length);
                assert_eq!((&said.0[..], said.1, said.2.as_deref()), (found, strays, first), "{text:?} by {length}");
            }
        }
    }

    #[test]
    fn a_line_without_end_is_forgotten_and_the_next_is_read() {
        let text = "{\"x\":\"".to_owned() + &"y".repeat(3 * LONGEST) + "\"}{\"n\":1}\n{\"n\":2}\n";
        let (found, strays, first) = scanned(&text, 65_536);
        assert_eq!((found, strays), (vec![2], 1));
        assert_eq!(first.unwrap().len(), LONGEST_SHOWN + 3);
    }

    #[test]
    fn no_line_takes_long() {
        for piece in ["{", "{\"a\":", "{}", "x{", "}", "{\"a\":\"{"] {
            let text = piece.repeat(LONGEST / piece.len()) + "\n{\"n\":1}\n";
            let begun = std::time::Instant::now();
            assert_eq!(scanned(&text, 65_536).0, [1], "{piece}");
            assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{piece}: {:?}", begun.elapsed());
        }
    }
}
