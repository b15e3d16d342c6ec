//! Patience: peers that say nothing, or too little too slowly, all at once, while others go on being served.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use super::{About, Bounds};
use crate::auditor::{Auditor, Finding, Observed, message};
use crate::judge::{self, judge};
use crate::results::{Entry, Outcome};
use crate::stop::Stop;
use crate::target::{End, Exchange, LONGEST};
use crate::vectors::{Case, Given, Weakness};

/// How many connections say nothing.
const SILENT: usize = 32;
/// By when somebody else has to be served.
const OTHERS: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_millis(10);
const RULE: &str = "RFC 9110 section 15.5.9";
const RISK: &str = "Peers that are slow, or silent, take all threads or places, for as long as they like.";

pub(super) const OTHERS_MEANWHILE: About = About {
    name: "others-meanwhile",
    cwe: Weakness::Protection,
    title: "senders beside peers that are slow or silent",
    rule: RULE,
    risk: RISK,
    expected: "200 within 2 s",
};
pub(super) const SILENCE: About = About {
    name: "silence",
    cwe: Weakness::Protection,
    title: "32 peers that say nothing",
    rule: RULE,
    risk: RISK,
    expected: "408, or a close, in time",
};
pub(super) const DRIP: About = About {
    name: "drip",
    cwe: Weakness::Protection,
    title: "a peer that sends a byte now and then",
    rule: RULE,
    risk: RISK,
    expected: "408, or a close, in time",
};
pub(super) const BODY_NEVER_SENT: About = About {
    name: "body-never-sent",
    cwe: Weakness::Protection,
    title: "a body of a megabyte that is announced and never sent",
    rule: RULE,
    risk: RISK,
    expected: "413, or another refusal, in time",
};

/// A peer that takes its time.
struct Slow<'c> {
    what: What<'c>,
    stream: Option<UnixStream>,
    sent: Vec<u8>,
    drip: Vec<u8>,
    answer: Vec<u8>,
    ended: Option<(End, Duration)>,
}

enum What<'c> {
    Silence,
    Drip,
    Body,
    Vector(&'c Case),
}

/// How others fared meanwhile.
#[derive(Default)]
struct Others {
    served: usize,
    longest: Duration,
    failure: Option<String>,
}

pub(crate) fn run(auditor: &mut Auditor, bounds: &Bounds, cases: &[Case]) -> Result<(), Stop> {
    let start = Instant::now();
    let mut peers = peers(auditor, bounds, cases)?;
    let mut others = Others::default();
    // So slowly that the message would take twice the time that it has.
    let longest = peers.iter().map(|peer| peer.drip.len()).max().unwrap_or_default();
    let step = bounds.deadline * 2 / u32::try_from(longest).unwrap_or(u32::MAX).max(1);
    let (mut next_drip, mut next_other) = (start, start);
    while start.elapsed() < bounds.deadline && peers.iter().any(|peer| peer.ended.is_none()) {
        auditor.check_may_go_on()?;
        let now = Instant::now();
        let drips = now >= next_drip;
        if drips {
            next_drip = now + step;
        }
        for peer in peers.iter_mut().filter(|peer| peer.ended.is_none()) {
            peer.turn(drips, start);
        }
        if now >= next_other {
            next_other = now + Duration::from_millis(500);
            others.ask(auditor)?;
        }
        thread::sleep(TICK);
    }
    for peer in &mut peers {
        // A server that is short of threads or places has them back.
        peer.stream = None;
    }
    conclude(auditor, bounds, peers, others)
}

fn peers<'c>(auditor: &mut Auditor, bounds: &Bounds, cases: &'c [Case]) -> Result<Vec<Slow<'c>>, Stop> {
    let mut peers = Vec::new();
    for _ in 0..SILENT {
        peers.push(Slow::new(auditor, What::Silence, b"", b"")?);
    }
    let whole = message(&auditor.fresh_id(), "primary");
    peers.push(Slow::new(auditor, What::Drip, b"", &whole)?);
    let head = whole.get(..whole.len() - 2).unwrap_or_default();
    peers.push(Slow::new(auditor, What::Body, &[head, b"Content-Length: 1048576\r\n\r\n"].concat(), b"")?);
    let own = |case: &&Case| case.given == Some(Given::Deadline) && case.with == bounds.configured;
    for case in cases.iter().filter(own) {
        peers.push(Slow::new(auditor, What::Vector(case), &case.input, b"")?);
    }
    Ok(peers)
}

impl<'c> Slow<'c> {
    fn new(auditor: &Auditor, what: What<'c>, first: &[u8], drip: &[u8]) -> Result<Self, Stop> {
        let mut talk = auditor.server.target.connect()?;
        talk.send(first);
        let stream = talk.into_stream();
        stream.set_nonblocking(true).map_err(Stop::Lost)?;
        // Reversed, so that the next byte is the last.
        let drip = drip.iter().rev().copied().collect();
        Ok(Self { what, stream: Some(stream), sent: first.to_vec(), drip, answer: Vec::new(), ended: None })
    }

    /// Reads what has come, and sends another byte where it is time for one.
    fn turn(&mut self, drips: bool, start: Instant) {
        let Some(stream) = &mut self.stream else { return };
        let mut chunk = [0; 4_096];
        match stream.read(&mut chunk) {
            Ok(0) => self.ended = Some((End::Closed, start.elapsed())),
            Ok(_) if self.answer.len() > LONGEST => self.ended = Some((End::Kept, start.elapsed())),
            Ok(read) => self.answer.extend_from_slice(chunk.get(..read).unwrap_or_default()),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(_) => self.ended = Some((End::Reset, start.elapsed())),
        }
        let due = self.drip.last().copied().filter(|_| drips && self.ended.is_none() && self.answer.is_empty());
        if let Some(byte) = due
            && matches!(stream.write(&[byte]), Ok(1))
        {
            self.drip.pop();
            self.sent.push(byte);
        }
    }

    fn exchange(&self) -> Exchange {
        let end = self.ended.map_or(if self.answer.is_empty() { End::Silent } else { End::Kept }, |(end, _)| end);
        Exchange { answer: self.answer.clone(), end, took: self.ended.map_or(Duration::ZERO, |(_, took)| took) }
    }
}

impl Others {
    /// Sends an acceptable notification, as anybody could meanwhile.
    fn ask(&mut self, auditor: &mut Auditor) -> Result<(), Stop> {
        let start = Instant::now();
        match auditor.send_control() {
            Ok(_) => {
                self.served += 1;
                self.longest = self.longest.max(start.elapsed());
                if start.elapsed() > OTHERS {
                    self.failure = Some(format!("one waited {:.1} s", start.elapsed().as_secs_f64()));
                }
            }
            Err(stop @ Stop::Refuses(_)) => self.failure = Some(stop.to_string()),
            Err(stop) => return Err(stop),
        }
        Ok(())
    }
}

fn conclude(auditor: &mut Auditor, bounds: &Bounds, peers: Vec<Slow<'_>>, others: Others) -> Result<(), Stop> {
    auditor.sync()?;
    let served =
        format!("{} served meanwhile, the slowest in {:.0} ms", others.served, others.longest.as_secs_f64() * 1_000.0);
    auditor.note(OTHERS_MEANWHILE.entry(), Finding::check(others.failure, served));
    let (silent, rest): (Vec<_>, Vec<_>) = peers.into_iter().partition(|peer| matches!(peer.what, What::Silence));
    let expected = format!("408, or a close, within {:.0} s", bounds.deadline.as_secs_f64());
    let finding = silence(auditor, &silent, bounds);
    auditor.note(Entry { expected: expected.clone(), ..SILENCE.entry() }, finding);
    for peer in rest {
        let exchange = peer.exchange();
        auditor.seen.note("probe/patience", &peer.sent, &exchange);
        let (about, finding) = match peer.what {
            What::Silence => continue,
            What::Drip => (Entry { expected: expected.clone(), ..DRIP.entry() }, slow(&peer, &exchange, bounds)),
            What::Body => (BODY_NEVER_SENT.entry(), slow(&peer, &exchange, bounds)),
            What::Vector(case) => (judge::about(case), vector(case, &peer, &exchange, bounds)),
        };
        auditor.note(about, finding);
    }
    Ok(())
}

fn vector(case: &Case, peer: &Slow<'_>, exchange: &Exchange, bounds: &Bounds) -> Finding {
    if exchange.end == End::Silent {
        let why = format!("still open after {:.0} s", bounds.deadline.as_secs_f64());
        return Finding::new(Outcome::Fail, why).with(&peer.sent, b"");
    }
    if peer.sent.is_empty() && exchange.answer.is_empty() {
        return Finding::new(Outcome::Pass, "closed, as nothing was sent");
    }
    // Whose event it was, if there was one, can't be told here.
    judge(case, &Observed { sent: &peer.sent, exchange, events: None })
}

fn silence(auditor: &mut Auditor, peers: &[Slow<'_>], bounds: &Bounds) -> Finding {
    for peer in peers {
        auditor.seen.note("probe/silence", b"", &peer.exchange());
    }
    let open = peers.iter().filter(|peer| peer.ended.is_none() && peer.answer.is_empty()).count();
    let taken = peers.iter().filter(|peer| peer.exchange().status() == Some(200)).count();
    let failure = match (open, taken) {
        (0, 0) => None,
        (0, taken) => Some(format!("{taken} of {} were answered with 200", peers.len())),
        (open, _) => Some(format!("{open} of {} still open after {:.0} s", peers.len(), bounds.deadline.as_secs_f64())),
    };
    let last = peers.iter().filter_map(|peer| peer.ended).map(|(_, took)| took).max().unwrap_or_default();
    let answer = peers.first().map(|peer| peer.answer.clone()).unwrap_or_default();
    Finding::check(failure, format!("all ended after {:.1} s", last.as_secs_f64())).with(b"", &answer)
}

fn slow(peer: &Slow<'_>, exchange: &Exchange, bounds: &Bounds) -> Finding {
    let failure = match (exchange.status(), exchange.end) {
        (Some(200), _) => Some(format!("answered 200 after {} bytes", peer.sent.len())),
        (Some(_), _) => None,
        (None, End::Silent) => Some(format!("still open after {:.0} s", bounds.deadline.as_secs_f64())),
        (None, _) => Some("closed without a reply".to_owned()),
    };
    let passed =
        format!("answered {} after {:.1} s", exchange.status().unwrap_or_default(), exchange.took.as_secs_f64());
    Finding::check(failure, passed).with(&peer.sent, &exchange.answer)
}
