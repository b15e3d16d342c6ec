//! The parts of a message that are removed together.

use std::ops::Range;

use crate::hunt::input::ids;

/// The shortest line of each sort that is required, by the beginning of its name.
pub(super) const SHORT: [(&str, &str); 3] =
    [("host", "Host:a"), ("x-neutron-state", "X-Neutron-State:fault"), ("", "")];
/// A run of one byte that is shortened as a whole.
const RUN: usize = 8;

pub(super) fn lines(message: &[u8]) -> Vec<Range<usize>> {
    parts(message, |byte, _| byte == b'\n')
}

/// What is between the bytes that part a message, each with the one behind it.
pub(super) fn words(message: &[u8]) -> Vec<Range<usize>> {
    parts(message, |byte, _| b" \t:,;-\r\n\0".contains(&byte))
}

/// Each byte that is neither of a run nor of what has to be there anyway.
pub(super) fn bytes(message: &[u8]) -> Vec<Range<usize>> {
    let fixed: Vec<_> = lines(message).into_iter().filter(|line| is_fixed(message.get(line.clone()))).collect();
    let mut found: Vec<Range<usize>> = Vec::new();
    let (mut start, mut fixed) = (0usize, fixed.into_iter().peekable());
    for run in message.chunk_by(|one, other| one == other) {
        let end = start.saturating_add(run.len());
        while fixed.peek().is_some_and(|line| line.end <= start) {
            fixed.next();
        }
        let is_free = |at: &usize| !fixed.peek().is_some_and(|line| line.contains(at));
        if run.len() <= RUN {
            found.extend((start..end).filter(is_free).map(|at| at..at.saturating_add(1)));
        }
        start = end;
    }
    found
}

/// Whether a line is as short as a valid one can be.
fn is_fixed(line: Option<&[u8]>) -> bool {
    let Some(text) = line.and_then(|line| line.strip_suffix(b"\r\n")) else { return false };
    let is_short = SHORT.iter().any(|(_, short)| !short.is_empty() && text == short.as_bytes());
    let is_id = text.strip_prefix(b"X-Neutron-Router-Id:").is_some_and(|id| id.len() == 36 && ids(id) == [0]);
    text == b"GET / HTTP/1.1" || is_short || is_id
}

fn parts(message: &[u8], ends: fn(u8, usize) -> bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, &byte) in message.iter().enumerate() {
        if ends(byte, at) {
            found.push(start..at.saturating_add(1));
            start = at.saturating_add(1);
        }
    }
    if start < message.len() {
        found.push(start..message.len());
    }
    found
}

/// The first run of one byte that is not before `from`.
pub(super) fn next_run(message: &[u8], from: usize) -> Option<Range<usize>> {
    let mut start = from;
    while let Some(&byte) = message.get(start) {
        let len = message.get(start..)?.iter().take_while(|&&other| other == byte).count();
        if len > RUN {
            return Some(start..start.saturating_add(len));
        }
        start = start.saturating_add(len.max(1));
    }
    None
}
