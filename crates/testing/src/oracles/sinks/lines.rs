//! JSON lines to a writer that fails: what was taken is there, whole, once and in order, and what was torn spoils no
//! other line.

use std::io::{self, ErrorKind, Write};

use arbitrary::{Result, Unstructured};
use hanotify::sink::{EventSink, JsonLines};

use super::flaky::event;
use super::{Entry, entries};

pub(super) fn are_whole_or_refused(source: &mut Unstructured<'_>) -> Result<()> {
    let entries = entries(source)?;
    let mut answers = Vec::new();
    for _ in 0..source.int_in_range(0..=24)? {
        answers.push(Answer::from_recipe(source)?);
    }
    let mut disk = Disk { written: Vec::new(), answers: answers.clone().into_iter() };
    let mut sink = JsonLines::new(&mut disk);
    let mut taken = Vec::new();
    let offered: Vec<(u64, Entry)> = (1..).zip(entries).collect();
    for &(sequence, entry) in &offered {
        if sink.notified(event(entry, sequence)).is_ok() {
            taken.push(line(entry, sequence));
        }
    }
    let written = String::from_utf8(disk.written).expect("ASCII");
    let lines: Vec<&str> = written.lines().filter(|line| !line.is_empty()).collect();
    let whole: Vec<String> = offered.iter().map(|&(sequence, entry)| line(entry, sequence)).collect();
    let mut rest = lines.iter();
    for line in &taken {
        assert!(rest.any(|written| written == line), "{line} is not there, or not in order: {written} {answers:?}");
        assert_eq!(lines.iter().filter(|written| *written == line).count(), 1, "{line} is there twice");
    }
    for line in &lines {
        assert!(whole.iter().any(|whole| whole.starts_with(line)), "{line} is none of the lines, nor torn off one");
    }
    assert!(taken.is_empty() || written.ends_with('\n') || taken.len() < offered.len());
    Ok(())
}

/// The line, written without the code under test.
fn line((n, state): Entry, sequence: u64) -> String {
    let byte = format!("{:02x}", n + 1);
    let id = [4, 2, 2, 2, 6].map(|bytes| byte.repeat(bytes)).join("-");
    let peer = r#""peer":{"pid":null,"uid":0,"gid":0},"received_at":"1970-01-01T00:00:00.000000Z""#;
    format!(r#"{{"event":"notified","sequence":{sequence},"router_id":"{id}","state":"{state}",{peer}}}"#)
}

/// What a disk makes of a call.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Takes(usize),
    Fails(ErrorKind),
}

impl Answer {
    fn from_recipe(source: &mut Unstructured<'_>) -> Result<Self> {
        use ErrorKind::{BrokenPipe, Interrupted, StorageFull, WouldBlock};
        Ok(match source.int_in_range(0..=3)? {
            0 => Self::Fails(*source.choose(&[StorageFull, BrokenPipe, WouldBlock, Interrupted])?),
            _ => Self::Takes(source.int_in_range(0..=400)?),
        })
    }
}

/// A disk that does what its script says, and takes everything when that is over.
struct Disk {
    written: Vec<u8>,
    answers: std::vec::IntoIter<Answer>,
}

impl Write for &mut Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.answers.next().unwrap_or(Answer::Takes(bytes.len())) {
            Answer::Takes(most) => {
                let len = most.min(bytes.len());
                self.written.extend(&bytes[..len]);
                Ok(len)
            }
            Answer::Fails(kind) => Err(kind.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.answers.next() {
            Some(Answer::Fails(kind)) => Err(kind.into()),
            _ => Ok(()),
        }
    }
}
