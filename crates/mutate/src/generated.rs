//! Input for the oracles where no fuzzer makes any: messages, messages that were tampered with, and recipes.

use arbitrary::Unstructured;

use crate::message::Message;
use crate::random::Random;

/// So many inputs, the same ones every time.
pub fn inputs(count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut random = Random::of(b"the same ones every time");
    (0..count).map(move |number| match number % 4 {
        0 => recipe(&mut random),
        1 => message(&mut random),
        _ => tampered(&mut random),
    })
}

fn recipe(random: &mut Random) -> Vec<u8> {
    let len = random.below(200);
    (0..len).map(|_| random.byte()).collect()
}

fn message(random: &mut Random) -> Vec<u8> {
    let recipe = recipe(random);
    Message::from_recipe(&mut Unstructured::new(&recipe)).map(|(_, message)| message.to_bytes()).unwrap_or_default()
}

/// A message in which a few bytes or a line were changed, added, repeated or taken away.
fn tampered(random: &mut Random) -> Vec<u8> {
    const BYTES: &[u8] = b"\0\t\n\r \"#%,-./0:@AZ[]_az{}~\x7f\x80\xff";
    let mut bytes = message(random);
    for _ in 0..random.choose(&[1, 1, 1, 2, 3]) {
        let at = random.below(bytes.len() + 1);
        let end = bytes.len().min(at + random.below(12));
        match random.below(8) {
            0 | 1 => bytes.insert(at, random.choose(BYTES)),
            2 if at < bytes.len() => bytes[at] = random.choose(BYTES),
            3 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            4 => drop(bytes.drain(at..end)),
            5 | 6 => repeat_line(&mut bytes, random),
            _ => {
                let part = bytes[at..end].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, part);
            }
        }
    }
    bytes
}

/// Puts a copy of one line behind another.
fn repeat_line(bytes: &mut Vec<u8>, random: &mut Random) {
    let ends: Vec<usize> = bytes.iter().enumerate().filter(|&(_, &byte)| byte == b'\n').map(|(at, _)| at + 1).collect();
    if let [_, _, ..] = ends[..] {
        let line = random.below(ends.len() - 1);
        let part = bytes[ends[line]..ends[line + 1]].to_vec();
        let to = ends[random.below(ends.len())];
        bytes.splice(to..to, part);
    }
}
