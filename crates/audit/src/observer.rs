//! Who is told how far an audit is.

/// Is told how far an audit is. `()` doesn't care.
pub trait Observer {
    /// The audit begins, and has so many steps: one for each case, and one for each group of probes.
    fn begin(&mut self, steps: usize) {
        let _ = steps;
    }

    /// The audit turns to this: a few words for a person.
    fn at(&mut self, what: &'static str) {
        let _ = what;
    }

    /// One more step is done.
    fn step(&mut self) {}

    /// The server was broken by what was sent to it, and was started again: how, in escaped words.
    fn restarted(&mut self, why: &str) {
        let _ = why;
    }

    /// No more steps follow.
    fn finish(&mut self) {}
}

impl Observer for () {}
