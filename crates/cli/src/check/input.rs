//! Reading an input: no more of it than the verdict needs.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use hanotify::{Limits, Status, decode};

/// Reads the file, or standard input where it is called `-`, as far as it takes to decide.
pub(super) fn read(file: &Path, limits: &Limits) -> io::Result<Vec<u8>> {
    let read = if file.as_os_str() == "-" {
        read_from(io::stdin().lock(), limits)
    } else {
        File::open(file).and_then(|file| read_from(file, limits))
    };
    read.map_err(|error| match error.kind() {
        io::ErrorKind::IsADirectory => io::Error::other("it is a directory: name the files in it"),
        _ => error,
    })
}

/// Reads one byte more than the longest acceptable message has, and the part behind the longest head only where the
/// message goes on: so an endless input ends, whatever the limit for the body.
fn read_from(mut input: impl Read, limits: &Limits) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let first = length(limits.head()).saturating_add(1);
    let read = input.by_ref().take(first).read_to_end(&mut bytes)?;
    if length(read) == first && goes_on(&bytes, limits) {
        input.take(length(limits.body())).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn goes_on(bytes: &[u8], limits: &Limits) -> bool {
    match decode(bytes, limits) {
        Ok(Status::Incomplete) => true,
        Ok(Status::Complete { consumed, .. }) => consumed == bytes.len(),
        Err(_) => false,
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(len: usize) -> String {
        format!("A: {}\r\n", "b".repeat(len))
    }

    /// A message whose body has the length that its head says, and then some.
    fn message(head: usize, body: usize, then: usize) -> Vec<u8> {
        let mut message = format!(
            "POST / HTTP/1.1\r\nHost: a\r\nX-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\n\
             X-Neutron-State: backup\r\nContent-Length: {body}\r\n"
        );
        while message.len() + 1_026 < head {
            message += &line(1_000);
        }
        message += &line(head - message.len() - "A: \r\n\r\n".len());
        message += "\r\n";
        assert_eq!(message.len(), head);
        [message.into_bytes(), vec![b'c'; body + then]].concat()
    }

    #[test]
    fn what_is_read_gets_the_verdict_of_the_whole() {
        for (body, then) in [(0, 0), (0, 1), (0, 20_000), (1, 0), (1, 1), (2, 0), (2, 9), (9_000, 0), (9_000, 1)] {
            for head in [300, 8_191, 8_192] {
                let limits = Limits::DEFAULT.with_body(9_000);
                let whole = message(head, body, then);
                let read = read_from(&whole[..], &limits).unwrap();
                assert_eq!(hanotify::decode_exact(&read, &limits), hanotify::decode_exact(&whole, &limits));
                assert!(read.len() <= 8_192 + 9_000 + 1);
            }
        }
    }

    #[test]
    fn an_endless_input_ends_at_its_first_refusal() {
        let limits = Limits::DEFAULT.with_body(usize::MAX);
        assert_eq!(read_from(io::repeat(0), &limits).unwrap().len(), 8_193);
    }
}
