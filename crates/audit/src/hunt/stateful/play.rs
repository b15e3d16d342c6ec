//! A sequence on its way, and what its senders saw.

use std::time::{Duration, Instant};

use super::model::{Reply, Request, Tick};
use super::sequence::{Sequence, Step};
use crate::judge::{answers, no_reply};
use crate::stop::Stop;
use crate::target::{Exchange, Finish, PATIENCE, Talk, Target};
use crate::way::Way;

/// How long a reply is waited for before the other steps go on.
const SOON: Duration = Duration::from_millis(300);

/// What the senders of a sequence saw.
pub(super) struct Played {
    pub(super) requests: Vec<Request>,
    /// What was wrong with a reply.
    pub(super) wrong: Option<(Way, String)>,
    /// Whether a reply came only when nobody was in the midst of a message any more.
    pub(super) has_stalled: bool,
}

struct Connection {
    talk: Option<Talk>,
    bytes: Vec<u8>,
    at: usize,
    sent: Option<Tick>,
    exchange: Option<(Tick, Exchange)>,
    is_gone: bool,
}

/// Takes each step of a sequence whose routers have these ids.
pub(super) fn play(target: &Target, sequence: &Sequence, routers: &[String]) -> Result<Played, Stop> {
    let mut connections: Vec<Connection> = sequence
        .messages
        .iter()
        .map(|message| {
            let id = routers.get(sequence.router_of(message)).map(String::as_str).unwrap_or_default();
            let bytes = message.with_id(id);
            Connection { talk: None, bytes, at: 0, sent: None, exchange: None, is_gone: false }
        })
        .collect();
    let mut has_stalled = false;
    for (tick, step) in sequence.steps.iter().enumerate() {
        // Each of many steps may wait for a reply.
        target.check()?;
        let Some(connection) = connections.get_mut(step.connection()) else { continue };
        match step {
            Step::Send { bytes, .. } => connection.send(target, *bytes, tick)?,
            Step::Reply { .. } => has_stalled |= !connection.read(target, tick),
            Step::Close { .. } => (connection.talk, connection.is_gone) = (None, true),
        }
    }
    read_the_rest(&mut connections, sequence.steps.len())?;
    let wrong = connections.iter().find_map(Connection::wrong);
    let requests = connections
        .iter()
        .zip(&sequence.messages)
        .map(|(connection, message)| connection.request(sequence.router_of(message), &message.state));
    Ok(Played { requests: requests.collect(), wrong, has_stalled })
}

/// Those in the midst of a message go, so that a server which has one connection at a time comes to the others.
fn read_the_rest(connections: &mut [Connection], tick: Tick) -> Result<(), Stop> {
    let mut due: Vec<(usize, (Talk, Finish))> = Vec::new();
    for (number, connection) in connections.iter_mut().enumerate() {
        let talk = connection.talk.take();
        if connection.sent.is_some() {
            due.extend(talk.map(|talk| (number, (talk, Finish::WhenSilent))));
        }
    }
    let (numbers, talks): (Vec<_>, Vec<_>) = due.into_iter().unzip();
    for (number, exchange) in numbers.into_iter().zip(answers(talks)?) {
        if let Some(connection) = connections.get_mut(number) {
            connection.exchange = Some((tick, exchange));
        }
    }
    Ok(())
}

impl Connection {
    fn send(&mut self, target: &Target, count: usize, tick: Tick) -> Result<(), Stop> {
        if self.is_gone || self.exchange.is_some() {
            return Ok(());
        }
        if self.talk.is_none() {
            self.talk = Some(target.connect()?);
        }
        let end = self.at.saturating_add(count).min(self.bytes.len());
        if let (Some(talk), Some(piece)) = (&mut self.talk, self.bytes.get(self.at..end)) {
            talk.send(piece);
        }
        self.at = end;
        if end == self.bytes.len() && self.sent.is_none() {
            self.sent = Some(tick);
        }
        Ok(())
    }

    /// Reads the reply: whether it came soon, where one was due.
    fn read(&mut self, target: &Target, tick: Tick) -> bool {
        let Some(mut talk) = self.talk.take_if(|_| self.sent.is_some()) else { return true };
        if !talk.is_ready(Instant::now() + SOON) {
            self.talk = Some(talk);
            return false;
        }
        let finish = if target.keeps() { Finish::Never } else { Finish::WhenSilent };
        self.exchange = Some((tick, talk.answer(finish, PATIENCE)));
        true
    }

    fn wrong(&self) -> Option<(Way, String)> {
        let (_, exchange) = self.exchange.as_ref()?;
        match exchange.status() {
            Some(200) => None,
            Some(status) => Some((Way::Lost, format!("answered {status}: a correct notification is lost"))),
            None => Some((Way::NoReply, no_reply(exchange))),
        }
    }

    fn request(&self, router: usize, state: &str) -> Request {
        let reply = match &self.exchange {
            Some((tick, exchange)) if exchange.status() == Some(200) => Reply::Accepted(*tick),
            Some((_, exchange)) if exchange.status().is_some() => Reply::Refused,
            _ => Reply::Unread,
        };
        Request { router, state: state.to_owned(), sent: self.sent, reply }
    }
}
