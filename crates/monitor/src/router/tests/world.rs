//! A router's monitor with a kernel, a file, conntrackd and an agent, and what must hold at every moment.

use std::time::{Duration, Instant};

use hanotify::client::{Backoff, Teller};
use hanotify::{HaState, RouterId};

use super::kernel::{Kernel, NAME, Received, VIP};
use crate::router::conntrackd::PATIENCE;
use crate::{Action, Interface, Router, View};

pub(super) struct World {
    pub(super) kernel: Kernel,
    pub(super) router: Router,
    pub(super) now: Instant,
    uses_conntrackd: bool,
    pub(super) being_written: Option<HaState>,
    /// The word of the last try that has ended.
    tried: Option<HaState>,
    pub(super) file: Option<HaState>,
    pub(super) calls: Vec<HaState>,
    pub(super) is_called: bool,
    /// Since when conntrackd is behind.
    behind_since: Option<Instant>,
    pub(super) request: Option<(HaState, Instant)>,
    /// What the agent has accepted.
    pub(super) accepted: Vec<HaState>,
    pub(super) actions: Vec<Action>,
    state: Option<HaState>,
    /// The place in the kernel's history that the newest state may be from.
    believed: usize,
}

impl World {
    pub(super) fn new(uses_conntrackd: bool, capacity: usize) -> Self {
        let view = View::new(VIP.parse().unwrap(), Interface::parse(NAME).unwrap());
        Self {
            kernel: Kernel::new(capacity),
            router: Router::new(RouterId::from_bytes([1; 16]).unwrap(), view, uses_conntrackd),
            now: Instant::now(),
            uses_conntrackd,
            being_written: None,
            tried: None,
            file: None,
            calls: Vec::new(),
            is_called: false,
            behind_since: None,
            request: None,
            accepted: Vec::new(),
            actions: Vec::new(),
            state: None,
            believed: 0,
        }
    }

    pub(super) fn subscribe(&mut self) {
        if !self.kernel.is_subscribed {
            self.kernel.is_subscribed = true;
            self.believed = self.kernel.history.len() - 1;
            self.router.view_mut().subscribe();
            self.act();
        }
    }

    pub(super) fn lose_namespace(&mut self) {
        self.kernel.renew();
        self.router.view_mut().lose_namespace();
        self.act();
    }

    /// Reads once; whether there was something.
    pub(super) fn receive(&mut self) -> bool {
        if !self.kernel.is_subscribed {
            return false;
        }
        let received = self.kernel.receive();
        let is_something = !matches!(received, Received::Nothing);
        match received {
            Received::Datagram(datagram) => self.router.view_mut().read(&datagram, self.now),
            Received::Overrun => self.router.view_mut().lose_events(),
            Received::Nothing => self.router.view_mut().drain(),
        }
        self.act();
        is_something
    }

    /// Lets dumps and events come to rest.
    pub(super) fn read_all(&mut self) {
        loop {
            self.kernel.make_part(2);
            let is_dumping = self.kernel.queue_part();
            if !self.receive() && !is_dumping && !self.kernel.is_dumping() {
                return;
            }
        }
    }

    pub(super) fn end_write(&mut self, is_written: bool) -> bool {
        let Some(word) = self.being_written.take() else { return false };
        self.tried = Some(word);
        if is_written {
            self.file = Some(word);
        }
        self.router.end_write(is_written, self.now);
        self.act();
        true
    }

    pub(super) fn end_conntrackd(&mut self) -> bool {
        let was_called = std::mem::take(&mut self.is_called);
        if was_called {
            self.router.end_conntrackd();
            self.act();
        }
        was_called
    }

    pub(super) fn reply(&mut self, is_accepted: bool) -> bool {
        let Some((state, _)) = self.request.take() else { return false };
        if is_accepted {
            self.accepted.push(state);
        }
        self.router.end_request(is_accepted, self.now);
        self.act();
        true
    }

    /// The agent takes the state, and its reply is lost.
    pub(super) fn accept_silently(&mut self) {
        if let Some((state, _)) = self.request.take() {
            self.accepted.push(state);
            self.router.end_request(false, self.now);
            self.act();
        }
    }

    pub(super) fn wait(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        while let Some(due) = self.router.deadline(self.now).filter(|due| *due <= end) {
            self.now = due;
            self.act();
        }
        self.now = end;
        self.act();
    }

    /// Does what is to be done, and checks that it may be.
    pub(super) fn act(&mut self) {
        while let Some(action) = self.router.next_action(self.now) {
            self.see_state();
            self.actions.push(action);
            match action {
                Action::Ask(request) => self.kernel.ask(request.as_bytes()),
                Action::WriteState(word) => {
                    assert_eq!(self.being_written.replace(word), None, "one write at a time");
                    assert_eq!(Some(word), self.state, "the newest state is written");
                }
                Action::CallConntrackd(state) => {
                    assert!(
                        self.uses_conntrackd && !std::mem::replace(&mut self.is_called, true),
                        "one call at a time"
                    );
                    assert_ne!(self.calls.last(), Some(&state), "once for each state");
                    assert_eq!((Some(state), Some(state)), (self.state, self.tried), "the file comes first");
                    self.calls.push(state);
                }
                Action::KillConntrackd => assert!(self.is_called),
                Action::Tell(state) => self.see_request(state),
                Action::GiveUp => {
                    let (_, since) = self.request.take().expect("a request");
                    assert!(self.now >= since + Teller::REPLY_TIMEOUT);
                }
            }
            self.note_conntrackd();
        }
        self.see_state();
        self.check_deadline();
    }

    fn see_request(&mut self, state: HaState) {
        assert!(self.request.replace((state, self.now)).is_none(), "one request at a time");
        assert_eq!(Some(state), self.state, "the newest state is told");
        assert!(self.tried == Some(state) || self.file == Some(state), "the file comes first");
        self.note_conntrackd();
        if let Some(since) = self.behind_since {
            assert!(self.now >= since + PATIENCE, "conntrackd comes first");
        }
    }

    /// No state is made up: each was true, and not before the last one that was seen.
    fn see_state(&mut self) {
        let state = self.router.state();
        if let Some(new) = state.filter(|_| state != self.state) {
            let was_true = |there: &bool| *there == (new == HaState::Primary);
            let later = self.kernel.history[self.believed..].iter().position(was_true);
            self.believed += later.unwrap_or_else(|| panic!("{new} was never true"));
            self.state = state;
        }
        self.note_conntrackd();
    }

    fn note_conntrackd(&mut self) {
        let is_ready = !self.uses_conntrackd || (self.calls.last().copied() == self.state && !self.is_called);
        self.behind_since = if is_ready { None } else { self.behind_since.or(Some(self.now)) };
    }

    /// Time alone never leads to a wait that is too long, or to none at all.
    fn check_deadline(&self) {
        let due = self.router.deadline(self.now);
        assert!(due.is_none_or(|due| due > self.now), "there would be more to do now");
        if let Some((_, since)) = self.request {
            assert!(due.is_some_and(|due| due <= since + Teller::REPLY_TIMEOUT), "a reply is waited for too long");
        } else if self.accepted.last().copied() != self.state && self.being_written.is_none() {
            assert!(
                due.is_some_and(|due| due <= self.now + Backoff::LONGEST.max(PATIENCE)),
                "the agent is told too late"
            );
        }
    }

    /// Lets everything come to rest, with an agent, a file and a conntrackd that work.
    pub(super) fn settle(&mut self) {
        self.subscribe();
        for _ in 0..10_000 {
            self.kernel.make_part(2);
            let mut goes_on = self.kernel.queue_part();
            goes_on |= self.receive();
            goes_on |= self.end_write(true);
            goes_on |= self.end_conntrackd();
            goes_on |= self.reply(true) || self.kernel.is_dumping();
            match self.router.deadline(self.now) {
                Some(due) if !goes_on => self.now = due,
                None if !goes_on => return self.check_agreement(),
                _ => {}
            }
            self.act();
        }
        panic!("this never comes to rest");
    }

    /// All say the same.
    fn check_agreement(&self) {
        let truth = if self.kernel.is_there() { HaState::Primary } else { HaState::Backup };
        let truth = Some(truth);
        assert_eq!((self.router.state(), self.file, self.accepted.last().copied()), (truth, truth, truth));
        if self.uses_conntrackd {
            assert_eq!(self.calls.last().copied(), truth);
        }
    }
}
