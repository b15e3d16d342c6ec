//! One fault: shrunk, checked, and put down.

use std::time::{Duration, Instant};

use super::HuntObserver;
use super::campaign::Campaign;
use super::fault::{Fault, general, mark, mark_of_delivery};
use super::finding::{Finding, Found, remedy};
use super::input::{Delivery, Input, expected, ids};
use super::shrink::{Oracle, shrink};
use crate::stop::Stop;
use crate::vectors::Expected;
use crate::way::Way;

/// How long one finding is shrunk.
const SHRINK: Duration = Duration::from_secs(6);
/// How often at most one finding is tried while it is shrunk; each try of one that breaks the server starts it again.
const TRIES: u32 = 700;
const TRIES_OF_BROKEN: u32 = 40;
/// How often a finding is sent again in the end.
const CHECKS: u32 = 3;

/// A fault while it is pursued.
struct Chase {
    input: Input,
    /// The fault as the smallest input showed it.
    fault: Fault,
    /// Whether any other byte would do in the place of the one that is refused.
    is_general: bool,
    /// How often it was sent again, and how often it showed the same.
    checks: (u32, u32),
}

impl Campaign<'_> {
    /// Shrinks, checks and puts down one fault. What was found by then is put down where the hunt may not go on, too.
    pub(super) fn pursue(&mut self, input: &Input, fault: &Fault, observer: &mut dyn HuntObserver) -> Result<(), Stop> {
        let wanted = mark(input, &expected(&input.bytes, &self.limits), fault, "");
        let (until, tries) = (Instant::now() + SHRINK, 0);
        let mut shrinking = Shrinking { campaign: self, fault, wanted, last: fault.clone(), until, tries };
        let (input, stop) = shrink(input.clone(), &mut shrinking);
        let mut chase = Chase { input, fault: shrinking.last, is_general: false, checks: (0, 0) };
        let done = stop.map_or_else(|| self.check(&mut chase), Err);
        self.put_down(chase, observer);
        done
    }

    /// Sends a fault again, with another byte at first.
    fn check(&mut self, chase: &mut Chase) -> Result<(), Stop> {
        if let Some(other) = self.with_any_byte(&chase.input, &chase.fault) {
            let faults = self.alone(&other, &expected(&other.bytes, &self.limits))?;
            if let Some(shown) = faults.into_iter().find(|other| other.is_like(&chase.fault)) {
                (chase.input, chase.fault, chase.is_general) = (other, shown, true);
            }
        }
        let expected = expected(&chase.input.bytes, &self.limits);
        for _ in 0..CHECKS {
            let faults = self.alone(&chase.input, &expected)?;
            chase.checks.0 += 1;
            chase.checks.1 += u32::from(faults.iter().any(|other| other.is_like(&chase.fault)));
        }
        Ok(())
    }

    /// The same with another printable byte in the place of the one that is refused, for the same reason.
    fn with_any_byte(&self, input: &Input, fault: &Fault) -> Option<Input> {
        let before = expected(&input.bytes, &self.limits);
        let Expected::Refused { error, offset, .. } = &before else { return None };
        general(&mark(input, &before, fault, ""))?;
        b"!(?".iter().find_map(|byte| {
            let mut other = input.clone();
            *other.bytes.get_mut(*offset)? = *byte;
            let after = expected(&other.bytes, &self.limits);
            let is_same =
                matches!(&after, Expected::Refused { error: now, offset: at, .. } if (now, at) == (error, offset));
            is_same.then_some(other)
        })
    }

    fn put_down(&mut self, chase: Chase, observer: &mut dyn HuntObserver) {
        let Chase { input, fault, is_general, checks } = chase;
        let expected = expected(&input.bytes, &self.limits);
        if input.delivery == Delivery::Whole {
            self.remember(mark(&input, &expected, &fault, ""));
        }
        let mark = mark(&input, &expected, &fault, &plain(&input, &expected));
        let mark = general(&mark).filter(|_| is_general).unwrap_or(mark);
        if is_general {
            self.remember(mark.clone());
        }
        let mark = mark_of_delivery(&input, &mark);
        let (configured, known) = (self.configured, self.known);
        let found = Found { mark: &mark, input, expected, fault: &fault, checks, configured, known };
        if let Some(finding) = found.finding(self.cases) {
            self.report(finding, fault, observer);
        }
    }

    fn remember(&mut self, mark: String) {
        *self.marks.entry(mark).or_default() += 1;
    }

    pub(super) fn report(&mut self, finding: Finding, fault: Fault, observer: &mut dyn HuntObserver) {
        if self.findings.iter().any(|other| other.name == finding.name) {
            return;
        }
        self.auditor.note(finding.entry(), finding.put_down(fault));
        if let Some(entry) = self.auditor.entries.last_mut() {
            entry.remedy = remedy(&finding);
        }
        observer.found(&finding);
        self.findings.push(finding);
    }
}

/// What an accepted message looks like, without the id and the state, in which two of one cause differ.
fn plain(input: &Input, expected: &Expected) -> String {
    let Expected::Accepted { state, .. } = expected else { return String::new() };
    let mut bytes = input.bytes.clone();
    for at in ids(&input.bytes).into_iter().rev() {
        bytes.drain(at..at.saturating_add(36).min(bytes.len()));
    }
    bytes.escape_ascii().to_string().replace(state, "")
}

/// Tries an input while it is shrunk.
struct Shrinking<'c, 'h> {
    campaign: &'c mut Campaign<'h>,
    fault: &'c Fault,
    wanted: String,
    /// The fault as the smallest input showed it.
    last: Fault,
    until: Instant,
    tries: u32,
}

impl Oracle for Shrinking<'_, '_> {
    fn shows(&mut self, input: &Input) -> Result<Option<bool>, Stop> {
        let most = if self.fault.way == Way::Broken { TRIES_OF_BROKEN } else { TRIES };
        if self.tries >= most || Instant::now() > self.until {
            return Ok(None);
        }
        let expected = expected(&input.bytes, &self.campaign.limits);
        // Nobody needs the server for what the parser finds another fault in.
        if mark(input, &expected, self.fault, "") != self.wanted {
            return Ok(Some(false));
        }
        self.tries += 1;
        let faults = self.campaign.alone(input, &expected)?;
        let Some(shown) = faults.into_iter().find(|other| other.is_like(self.fault)) else { return Ok(Some(false)) };
        self.last = shown;
        Ok(Some(true))
    }
}
