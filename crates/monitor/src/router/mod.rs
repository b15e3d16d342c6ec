//! One router: what the kernel says goes into the state file, to conntrackd and to the agent, in this order.

mod conntrackd;
mod file;
#[cfg(test)]
mod tests;

use std::time::Instant;

use hanotify::client::{Teller, TellerStep};
use hanotify::{HaState, RouterId};

use self::conntrackd::Conntrackd;
use self::file::FileKeeper;
use crate::netlink::Request;
use crate::view::View;

/// What the shell is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Send this request to the kernel. If that fails, say so by [`Router::fail_request`].
    Ask(Request),
    /// Write this word into the state file, then call [`Router::end_write`].
    WriteState(HaState),
    /// Call conntrackd for this state, and [`Router::end_conntrackd`] when it has ended.
    CallConntrackd(HaState),
    /// Kill the conntrackd that runs: it takes too long. [`Router::end_conntrackd`] is still to be called.
    KillConntrackd,
    /// Tell the agent this state, and call [`Router::end_request`] when it has replied or can't be reached.
    Tell(HaState),
    /// Close the connection to the agent: its reply took too long, and counts no more.
    GiveUp,
}

/// One router. It does nothing by itself: [`next_action`](Self::next_action) says what is to be done.
///
/// - **The newest state wins.** A state that is no longer true is not written, and neither conntrackd nor the agent is
///   told of it.
/// - **The file comes first.** It is written, or a try for it has failed, before the agent is told. It waits for
///   nobody.
/// - **The agent is told for ever**, until it has acknowledged the newest state: by one request at a time, each of at
///   most 2 seconds, with a pause of at most 1 second between them.
/// - **conntrackd is called before the agent is told**, one call at a time, once for each state. After 1 second the
///   agent waits no longer for it, and after 10 seconds it is killed.
#[derive(Clone, Debug)]
pub struct Router {
    id: RouterId,
    view: View,
    state: Option<HaState>,
    file: FileKeeper,
    conntrackd: Conntrackd,
    teller: Teller,
}

impl Router {
    /// A router of which nothing is known yet.
    #[must_use]
    pub fn new(id: RouterId, view: View, uses_conntrackd: bool) -> Self {
        let conntrackd = Conntrackd::new(uses_conntrackd);
        Self { id, view, state: None, file: FileKeeper::default(), conntrackd, teller: Teller::default() }
    }

    /// The router's id.
    #[must_use]
    pub const fn id(&self) -> RouterId {
        self.id
    }

    /// The newest state that is certain.
    #[must_use]
    pub const fn state(&self) -> Option<HaState> {
        self.state
    }

    /// What the kernel has told of the router: give it what comes from there.
    pub const fn view_mut(&mut self) -> &mut View {
        &mut self.view
    }

    /// A request for a dump could not be sent.
    pub fn fail_request(&mut self, now: Instant) {
        self.view.fail_request(now);
    }

    /// The state file was written, or could not be.
    pub fn end_write(&mut self, is_written: bool, now: Instant) {
        self.file.end(is_written, now);
    }

    /// The state file is lost, or may be: it is to be written again. Nothing waits for that.
    pub fn lose_file(&mut self) {
        self.file.lose();
    }

    /// conntrackd has ended, well or not, or could not be started.
    pub fn end_conntrackd(&mut self) {
        self.conntrackd.end();
    }

    /// The agent has accepted the notification; or not, for whatever reason. After [`Action::GiveUp`] this changes
    /// nothing.
    pub fn end_request(&mut self, is_accepted: bool, now: Instant) {
        self.teller.end(is_accepted, now);
    }

    /// The agent may be told at once what it was not told before: it has room now.
    pub const fn end_pause(&mut self) {
        self.teller.end_pause();
    }

    /// What is to be done now. `None` until something comes in or [`deadline`](Self::deadline) is reached.
    pub fn next_action(&mut self, now: Instant) -> Option<Action> {
        if let Some(request) = self.view.next_request(now) {
            return Some(Action::Ask(request));
        }
        if let Some(state) = self.view.state() {
            self.state = Some(state);
            self.file.want(state);
            self.conntrackd.want(state, now);
        }
        if let Some(state) = self.file.take_next(now) {
            return Some(Action::WriteState(state));
        }
        if let Some(step) = self.conntrackd.take_next(self.file.was_tried(), now) {
            return Some(match step {
                conntrackd::Step::Call(state) => Action::CallConntrackd(state),
                conntrackd::Step::Kill => Action::KillConntrackd,
            });
        }
        self.teller.next_step(self.to_tell(now), now).map(|step| match step {
            TellerStep::Tell(state) => Action::Tell(state),
            TellerStep::GiveUp => Action::GiveUp,
        })
    }

    /// When [`next_action`](Self::next_action) is to be called although nothing came in. Valid after it returned
    /// `None`.
    #[must_use]
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        let of_agent = self.teller.deadline(self.to_tell(now));
        let all = [self.view.deadline(), self.file.deadline(), self.conntrackd.deadline(now), of_agent];
        all.into_iter().flatten().min()
    }

    /// The state that the agent should know now.
    fn to_tell(&self, now: Instant) -> Option<HaState> {
        self.state.filter(|_| self.file.was_tried() && self.conntrackd.allows_telling(now))
    }
}
