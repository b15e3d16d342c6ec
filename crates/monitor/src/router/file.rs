//! The state file: which word is in it, and which should be.

use std::time::Instant;

use hanotify::HaState;
use hanotify::client::Backoff;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FileKeeper {
    wanted: Option<HaState>,
    /// The word that was written last, unless a later try has failed.
    written: Option<HaState>,
    being_written: Option<HaState>,
    /// Whether a try for the wanted word has ended, well or not.
    was_tried: bool,
    backoff: Backoff,
}

impl FileKeeper {
    pub(super) fn want(&mut self, state: HaState) {
        if self.wanted != Some(state) {
            self.wanted = Some(state);
            self.was_tried = false;
            // A new word is tried at once.
            self.backoff.reset();
        }
    }

    /// Has the word written again, though it was: the file is lost.
    pub(super) fn lose(&mut self) {
        if self.written.take().is_some() {
            self.backoff.reset();
        }
    }

    /// Whether nothing need wait for the file any more.
    pub(super) fn was_tried(&self) -> bool {
        self.was_tried || self.wanted == self.written
    }

    /// The word to write now.
    pub(super) fn take_next(&mut self, now: Instant) -> Option<HaState> {
        if self.being_written.is_some() || self.wanted == self.written || !self.backoff.is_over(now) {
            return None;
        }
        self.being_written = self.wanted;
        self.wanted
    }

    pub(super) fn end(&mut self, is_written: bool, now: Instant) {
        let Some(word) = self.being_written.take() else { return };
        self.was_tried |= self.wanted == Some(word);
        if is_written {
            self.written = Some(word);
            self.backoff.reset();
        } else {
            self.written = None;
            self.backoff.fail(now);
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.backoff.until().filter(|_| self.being_written.is_none() && self.wanted != self.written)
    }
}
