//! What is wrong, where, and when that is known: the rules of "Which refusal, when there are several".

use hanotify::{Error, ErrorKind};

/// Something that is wrong with a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    /// The byte at which it is judged.
    pub(crate) judged: usize,
    pub(crate) rank: Rank,
    pub(crate) error: Error,
}

/// Which comes first of what is judged at one and the same byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    LineLimit,
    HeadLimit,
    FieldsLimit,
    Syntax,
    Meaning,
}

/// A byte that can't be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// Where it is.
    pub(crate) offset: usize,
    /// With which byte it is judged: a CR with the one after it, any other with itself.
    pub(crate) judged: usize,
    /// Whether it is a CR without LF after it, or a LF without CR before it.
    pub(crate) is_lone: bool,
}

impl Misfit {
    /// The byte with which a text departs from a rule; `None` if it is a CR that is not yet judged.
    pub(crate) fn new(input: &[u8], line: usize, departure: usize) -> Option<Self> {
        let byte = |at: usize| input.get(at).copied();
        // A rule that ends in CRLF goes along with the CR, and departs at the byte after it.
        let is_after_cr = departure > line && byte(departure - 1) == Some(b'\r');
        let offset = if is_after_cr { departure - 1 } else { departure };
        match (byte(offset)?, byte(offset + 1)) {
            (b'\r', None) => None,
            (b'\r', Some(next)) => Some(Self { offset, judged: offset + 1, is_lone: next != b'\n' }),
            (other, _) => Some(Self { offset, judged: offset, is_lone: other == b'\n' }),
        }
    }

    pub(crate) fn is(self, rank: Rank, kind: ErrorKind) -> Fault {
        Fault { judged: self.judged, rank, error: kind.at(self.offset) }
    }
}

/// The first byte over a limit, where a line goes as far as that: it ends at `end`.
pub(crate) fn over(rank: Rank, limit: usize, kind: ErrorKind, end: usize) -> Option<Fault> {
    (limit < end).then(|| Fault { judged: limit, rank, error: kind.at(limit) })
}

/// The fault that decides: the first to be judged.
pub(crate) fn first(faults: impl IntoIterator<Item = Option<Fault>>) -> Option<Fault> {
    faults.into_iter().flatten().min_by_key(|fault| (fault.judged, fault.rank))
}
