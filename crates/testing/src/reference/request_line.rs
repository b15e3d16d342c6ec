//! The request line.

use hanotify::{Error, ErrorKind, Limits};

use super::fault::{Fault, Misfit, Rank, first, over};
use super::grammar::Grammar;

/// Where the request line ends, if it is whole.
pub(crate) fn read(grammar: &Grammar, input: &[u8], limits: &Limits) -> Result<Option<usize>, Error> {
    let extent = grammar.request_line.follow(input, 0);
    let end = extent.end();
    let misfit = extent.departure().and_then(|at| Misfit::new(input, 0, at));
    let syntax = misfit.map(|misfit| misfit.is(Rank::Syntax, ErrorKind::RequestLine));
    let received = end.unwrap_or(input.len());
    let line = over(Rank::LineLimit, limits.request_line(), ErrorKind::RequestLineTooLong, received);
    let head = over(Rank::HeadLimit, limits.head(), ErrorKind::HeadTooLong, received);
    let [method, target, version] = words(input, end);
    match first([line, head, syntax, method, target, version]) {
        Some(fault) => Err(fault.error),
        None => Ok(end),
    }
}

/// What is wrong with the words: each is judged at the byte after it, where the line may still be malformed.
fn words(input: &[u8], end: Option<usize>) -> [Option<Fault>; 3] {
    let meant = |is_wrong: bool, kind: ErrorKind, offset: usize, judged: usize| {
        is_wrong.then(|| Fault { judged, rank: Rank::Meaning, error: kind.at(offset) })
    };
    let space = |from: usize| Some(from + input.get(from..)?.iter().position(|&byte| byte == b' ')?);
    let Some(first) = space(0) else { return [None; 3] };
    let method = meant(!matches!(&input[..first], b"GET" | b"POST"), ErrorKind::Method, 0, first);
    let Some(second) = space(first + 1) else { return [method, None, None] };
    let target = meant(&input[first + 1..second] != b"/", ErrorKind::Target, first + 1, second);
    let Some(end) = end else { return [method, target, None] };
    let version = meant(&input[second + 1..end] != b"HTTP/1.1\r\n", ErrorKind::Version, second + 1, end - 1);
    [method, target, version]
}
