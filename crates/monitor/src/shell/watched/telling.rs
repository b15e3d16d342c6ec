//! What a router does with its connections to the agent.

use std::os::fd::AsRawFd;

use hanotify::HaState;
use mio::Interest;
use mio::unix::SourceFd;

use super::{Around, Role, Watched};
use crate::shell::delivery::{Delivery, Rest, is_backlog_full};
use crate::shell::event::{Event, NotifyError};

impl Watched {
    /// Reads the agent's reply; whether its connection made room for another one.
    pub(in crate::shell) fn receive_reply(&mut self, around: &mut Around<'_>) -> bool {
        let Some(outcome) = self.delivery.as_mut().and_then(Delivery::receive) else { return false };
        let Some(delivery) = self.delivery.take() else { return false };
        let state = delivery.state;
        match outcome {
            Ok(()) => {
                self.keep_rest(delivery, around);
                self.troubles.agent = false;
                self.router.end_request(true, around.now);
                (around.observe)(self.spec.id, Event::Notified(state));
            }
            Err(error) => self.fail_to_tell(&error, around),
        }
        true
    }

    fn keep_rest(&mut self, delivery: Delivery, around: &Around<'_>) {
        let mut rest = delivery.into_rest();
        let fd = rest.as_raw_fd();
        let moved = around.registry.reregister(&mut SourceFd(&fd), Role::Rest.token(self.key), Interest::READABLE);
        self.rest = (!rest.drain() && moved.is_ok()).then_some(rest);
    }

    pub(in crate::shell) fn drain_rest(&mut self) {
        if self.rest.as_mut().is_some_and(Rest::drain) {
            self.rest = None;
        }
    }

    /// The agent may have room now. Whether that was waited for.
    pub(in crate::shell) fn end_pause(&mut self, around: &mut Around<'_>) -> bool {
        self.is_queued = false;
        let did_wait = std::mem::take(&mut self.waits_for_room);
        if did_wait {
            self.router.end_pause();
            self.act(around);
        }
        did_wait
    }

    pub(super) fn tell(&mut self, state: HaState, around: &mut Around<'_>) {
        (around.observe)(self.spec.id, Event::Telling(state));
        let begun = Delivery::begin(around.agent, self.spec.id, state).and_then(|delivery| {
            let registered = around.register(delivery.as_raw_fd(), Role::Delivery, self.key);
            registered.map_err(NotifyError::Lost)?;
            Ok(delivery)
        });
        match begun {
            Ok(delivery) => {
                self.waits_for_room = false;
                self.delivery = Some(delivery);
            }
            Err(error) => self.fail_to_tell(&error, around),
        }
    }

    pub(super) fn fail_to_tell(&mut self, error: &NotifyError, around: &mut Around<'_>) {
        self.waits_for_room = is_backlog_full(error);
        self.router.end_request(false, around.now);
        (around.observe)(self.spec.id, Event::Retry);
        // A full backlog is no trouble: its turn comes.
        if !self.waits_for_room && !std::mem::replace(&mut self.troubles.agent, true) {
            (around.observe)(self.spec.id, Event::NotifyFailed(error));
        }
    }
}
