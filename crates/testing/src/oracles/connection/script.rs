//! What happens to a connection: what its peer sends, and in which order it comes, is read, written and timed out.

use std::time::Duration;

use arbitrary::{Result, Unstructured};
use hanotify::server::Config;
use hanotify::{ErrorKind, Limits};

use crate::oracles::decode::TIGHT;
use hanotify_mutate::message::Message;

#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) config: Config,
    /// All that the peer sends.
    pub(crate) stream: Vec<u8>,
    pub(crate) actions: Vec<Action>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    /// So many bytes come, if there are any more.
    Receive(usize),
    /// The peer finishes sending.
    Finish,
    /// Time passes.
    Pass(Duration),
    /// The deadline comes, whenever it was due.
    Expire,
    TurnAway(ErrorKind),
    /// So many bytes of the reply are written.
    Wrote(usize),
    Answer(std::result::Result<(), ErrorKind>),
}

impl Script {
    pub(crate) fn from_recipe(source: &mut Unstructured<'_>) -> Result<Self> {
        let config = config(source)?;
        let stream = stream(source)?;
        let mut actions = Vec::new();
        while !source.is_empty() && actions.len() < 100 {
            actions.push(Action::from_recipe(source)?);
        }
        Ok(Self { config, stream, actions })
    }
}

impl Action {
    fn from_recipe(source: &mut Unstructured<'_>) -> Result<Self> {
        const ANSWERS: [std::result::Result<(), ErrorKind>; 4] =
            [Ok(()), Err(ErrorKind::Overloaded), Err(ErrorKind::SinkFailed), Err(ErrorKind::State)];
        Ok(match source.int_in_range(0..=15)? {
            0..=2 => Self::Receive(source.int_in_range(1..=300)?),
            3 => Self::Receive(source.int_in_range(1..=16)?),
            4 | 5 => Self::Receive(*source.choose(&ROUND)?),
            6 => Self::Finish,
            7 => Self::Pass(Duration::from_millis(source.int_in_range(0..=3_000)?)),
            8 => Self::Expire,
            9 => Self::TurnAway(*source.choose(&[ErrorKind::Overloaded, ErrorKind::PeerNotAllowed])?),
            10..=12 => Self::Wrote(source.int_in_range(1..=120)?),
            _ => Self::Answer(*source.choose(&ANSWERS)?),
        })
    }
}

/// Numbers of bytes of which some make up others, so that a budget is often met exactly.
const ROUND: [usize; 8] = [0, 1, 2, 8, 16, 100, 200, 400];

fn config(source: &mut Unstructured<'_>) -> Result<Config> {
    let limits = *source.choose(const { &[Limits::DEFAULT, TIGHT, Limits::DEFAULT.with_body(64)] })?;
    Ok(Config::new("")
        .with_limits(limits)
        .with_total_time(Duration::from_secs(source.int_in_range(0..=12)?))
        .with_drain_time(Duration::from_secs(source.int_in_range(0..=3)?))
        .with_drain_bytes(*source.choose(&ROUND)?))
}

/// A message and something after it, with or without a byte in it that is wrong.
fn stream(source: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut stream = Message::from_recipe(source)?.1.to_bytes();
    if source.ratio(1, 3)? {
        let at = source.int_in_range(0..=stream.len() - 1)?;
        stream[at] = source.arbitrary()?;
    }
    if source.ratio(1, 4)? {
        let at = source.int_in_range(0..=stream.len())?;
        stream.splice(at..at, b"Transfer-Encoding: chunked\r\n".iter().copied());
    }
    let more = source.int_in_range(0..=600)?;
    stream.resize(stream.len() + more, b'+');
    Ok(stream)
}
