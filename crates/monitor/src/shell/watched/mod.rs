//! One router with what it has open: does what its machine says, and gives the outcome back.

mod telling;

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::path::Path;
use std::time::{Duration, Instant};

use hanotify::client::Backoff;
use hanotify::{HaState, RouterId};
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use rustix::io::Errno;

use super::call::Call;
use super::delivery::{Delivery, Rest};
use super::event::{Event, NotifyError};
use super::namespace::{Home, Identity, identity};
use super::spec::Spec;
use crate::{Action, KernelSocket, Received, Router, StateFile, View};

/// How many datagrams of one router are read before the others' turn.
const DATAGRAMS: usize = 64;

/// What a router has open, as the lowest digit of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Kernel,
    Delivery,
    Rest,
    Command,
}

impl Role {
    const ALL: [Self; 4] = [Self::Kernel, Self::Delivery, Self::Rest, Self::Command];

    pub(super) const fn token(self, key: usize) -> Token {
        Token(key * Self::ALL.len() + self as usize)
    }

    pub(super) fn of(token: usize) -> (usize, Self) {
        let role = Self::ALL.get(token % Self::ALL.len()).copied().unwrap_or(Self::Kernel);
        (token / Self::ALL.len(), role)
    }
}

/// What all routers share.
pub(super) struct Around<'a> {
    pub(super) registry: &'a Registry,
    pub(super) home: &'a Home,
    pub(super) agent: &'a Path,
    pub(super) observe: &'a mut dyn FnMut(RouterId, Event<'_>),
    pub(super) now: Instant,
}

impl Around<'_> {
    fn register(&self, fd: RawFd, role: Role, key: usize) -> io::Result<()> {
        self.registry.register(&mut SourceFd(&fd), role.token(key), Interest::READABLE)
    }
}

/// How long a name may be there without a namespace before that is trouble. `ip netns` makes the one after the other.
const PASSING: Duration = Duration::from_secs(1);

/// What has failed and was told of.
#[derive(Debug, Default)]
struct Troubles {
    file: bool,
    agent: bool,
    namespace: bool,
}

#[derive(Debug)]
pub(super) struct Watched {
    pub(super) key: usize,
    spec: Spec,
    router: Router,
    file: StateFile,
    kernel: Option<(KernelSocket, Identity)>,
    opening: Backoff,
    /// Since when the namespace's name is there, and no namespace by it.
    nameless_since: Option<Instant>,
    delivery: Option<Delivery>,
    rest: Option<Rest>,
    call: Option<Call>,
    /// The state that was told as an event.
    observed: Option<HaState>,
    troubles: Troubles,
    /// Whether the last try to tell the agent has found its backlog full.
    pub(super) waits_for_room: bool,
    /// Whether it is in the queue of those that wait for that.
    pub(super) is_queued: bool,
}

impl Watched {
    pub(super) fn new(key: usize, spec: Spec) -> Self {
        let file = StateFile::new(spec.folder.clone());
        let file = spec.owner.iter().fold(file, |file, (uid, gid)| file.with_owner(*uid, *gid));
        let router = Router::new(spec.id, View::new(spec.vip, spec.interface.clone()), spec.uses_conntrackd);
        Self {
            key,
            spec,
            router,
            file,
            kernel: None,
            opening: Backoff::default(),
            nameless_since: None,
            delivery: None,
            rest: None,
            call: None,
            observed: None,
            troubles: Troubles::default(),
            waits_for_room: false,
            is_queued: false,
        }
    }

    pub(super) const fn spec(&self) -> &Spec {
        &self.spec
    }

    pub(super) const fn state(&self) -> Option<HaState> {
        self.router.state()
    }

    /// Looks whether the namespace is there and still the same one, and watches it.
    pub(super) fn look(&mut self, around: &mut Around<'_>) {
        let there = identity(&self.spec.namespace);
        if self.kernel.as_ref().is_some_and(|(_, watched)| Some(*watched) != there) {
            // What is left of it goes when nobody has it open.
            self.kernel = None;
            self.router.view_mut().lose_namespace();
            (around.observe)(self.spec.id, Event::NamespaceLost);
        }
        if self.kernel.is_some() {
            return;
        }
        if there.is_none() {
            self.opening.reset();
            self.nameless_since = None;
            self.router.view_mut().lose_namespace();
            if std::mem::take(&mut self.troubles.namespace) {
                (around.observe)(self.spec.id, Event::NamespaceLost);
            }
        } else if self.opening.is_over(around.now) {
            self.open(around);
        }
    }

    fn open(&mut self, around: &mut Around<'_>) {
        let like = self.spec.vip.address();
        let opened = around.home.within(&self.spec.namespace, || KernelSocket::open(like)).and_then(|opened| {
            around.register(opened.0.as_fd().as_raw_fd(), Role::Kernel, self.key)?;
            Ok(opened)
        });
        match opened {
            Ok(opened) => {
                self.kernel = Some(opened);
                self.opening.reset();
                self.nameless_since = None;
                self.troubles.namespace = false;
                self.router.view_mut().subscribe();
                (around.observe)(self.spec.id, Event::NamespaceFound);
            }
            // A name without a namespace: one is being made there or removed, unless that lasts.
            Err(error) if matches!(Errno::from_io_error(&error), Some(Errno::INVAL | Errno::NOENT)) => {
                self.router.view_mut().lose_namespace();
                if around.now < *self.nameless_since.get_or_insert(around.now) + PASSING {
                    self.opening.fail(around.now);
                } else {
                    self.fail_to_watch(&error, around);
                }
            }
            Err(error) => self.fail_to_watch(&error, around),
        }
    }

    fn fail_to_watch(&mut self, error: &io::Error, around: &mut Around<'_>) {
        self.kernel = None;
        self.opening.fail(around.now);
        if !std::mem::replace(&mut self.troubles.namespace, true) {
            (around.observe)(self.spec.id, Event::NamespaceFailed(error));
        }
    }

    /// Reads what the kernel has sent; whether there may be more.
    pub(super) fn receive_events(&mut self, buffer: &mut [u8], around: &mut Around<'_>) -> bool {
        for _ in 0..DATAGRAMS {
            let Some((socket, _)) = &self.kernel else { return false };
            match socket.receive(buffer) {
                Ok(Received::Datagram(datagram)) => self.router.view_mut().read(datagram, around.now),
                Ok(Received::Loss) => {
                    self.router.view_mut().lose_events();
                    (around.observe)(self.spec.id, Event::Overrun);
                }
                Ok(Received::Nothing) => {
                    self.router.view_mut().drain();
                    return false;
                }
                Err(error) => {
                    self.router.view_mut().lose_events();
                    self.fail_to_watch(&error, around);
                    return false;
                }
            }
        }
        true
    }

    /// A command of conntrackd's has ended, as its descriptor says.
    pub(super) fn end_command(&mut self, around: &mut Around<'_>) {
        let Some((option, outcome)) = self.call.as_mut().and_then(Call::take_ended) else { return };
        if let Err(why) = outcome {
            (around.observe)(self.spec.id, Event::ConntrackdFailed(option, &why));
        }
        self.start_command(around);
    }

    /// Starts the next command that can be started. Where there is none, the call is over.
    fn start_command(&mut self, around: &mut Around<'_>) {
        while let Some((call, option)) = self.call.as_mut().and_then(|call| call.next_option().map(|next| (call, next)))
        {
            (around.observe)(self.spec.id, Event::Conntrackd(option));
            let started = call.start(around.home, &self.spec.namespace, &self.spec.folder);
            match started.and_then(|fd| around.register(fd, Role::Command, self.key)) {
                Ok(()) => return,
                Err(error) => {
                    (around.observe)(self.spec.id, Event::ConntrackdFailed(option, &error.to_string()));
                    self.call.take_if(|call| call.is_running()).into_iter().for_each(Call::abandon);
                }
            }
        }
        self.call = None;
        self.router.end_conntrackd();
    }

    pub(super) fn rewrite(&mut self, _: &mut Around<'_>) {
        self.router.lose_file();
    }

    /// Does all that is to be done now.
    pub(super) fn act(&mut self, around: &mut Around<'_>) {
        while let Some(action) = self.router.next_action(around.now) {
            self.observe_state(around);
            match action {
                Action::Ask(request) => {
                    let sent = self.kernel.as_ref().is_some_and(|(socket, _)| socket.send(&request).is_ok());
                    if !sent {
                        self.router.fail_request(around.now);
                    }
                }
                Action::WriteState(state) => self.write(state, around),
                Action::CallConntrackd(state) => {
                    self.call = Some(Call::new(state));
                    self.start_command(around);
                }
                Action::KillConntrackd => self.call.iter_mut().for_each(Call::kill),
                Action::Tell(state) => self.tell(state, around),
                Action::GiveUp => {
                    self.delivery = None;
                    self.fail_to_tell(&NotifyError::Silent, around);
                }
            }
        }
    }

    fn observe_state(&mut self, around: &mut Around<'_>) {
        let Some(state) = self.router.state().filter(|state| self.observed != Some(*state)) else { return };
        let is_first = self.observed.replace(state).is_none();
        (around.observe)(self.spec.id, if is_first { Event::Initial(state) } else { Event::Changed(state) });
    }

    fn write(&mut self, state: HaState, around: &mut Around<'_>) {
        let outcome = self.file.write(state);
        self.router.end_write(outcome.is_ok(), around.now);
        match outcome {
            Ok(()) => {
                self.troubles.file = false;
                (around.observe)(self.spec.id, Event::Wrote(state));
            }
            Err(error) if !std::mem::replace(&mut self.troubles.file, true) => {
                (around.observe)(self.spec.id, Event::WriteFailed(&error));
            }
            Err(_) => {}
        }
    }

    /// When it is to be looked at although nothing has come in.
    pub(super) fn deadline(&self, now: Instant) -> Option<Instant> {
        let opening = self.opening.until().filter(|_| self.kernel.is_none());
        opening.into_iter().chain(self.router.deadline(now)).min()
    }

    /// Ends what runs for it.
    pub(super) fn abandon(self) {
        self.call.into_iter().for_each(Call::abandon);
    }
}
