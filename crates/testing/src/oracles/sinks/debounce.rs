//! The debounce filter against a model that is slow and plain: at every millisecond it looks through a router's whole
//! history.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use hanotify::sink::{Debounce, DebounceCounts, Event, EventSink, Peer, SinkError, TimedSink};
use hanotify::{HaState, Notification, RouterId};

pub const ROUTERS: u8 = 3;

#[derive(Clone, Copy, Debug)]
pub enum Step {
    Notified(u8, HaState),
    Again(u8),
    Forget(u8),
}

/// A run: what happens when, in milliseconds, and when the inner sink is out of order.
#[derive(Clone, Debug)]
pub struct Script {
    pub steps: Vec<(u64, Step)>,
    /// In the order of `HaState::ALL`.
    pub windows: [u64; 3],
    pub retry: u64,
    pub outages: Vec<(u64, u64)>,
}

impl Script {
    fn is_out(&self, time: u64) -> bool {
        self.outages.iter().any(|&(start, len)| (start..start + len).contains(&time))
    }

    /// When everything has come to rest.
    fn end(&self) -> u64 {
        let last_step = self.steps.last().map_or(0, |&(time, _)| time);
        let last_outage = self.outages.iter().map(|&(start, len)| start + len).max().unwrap_or(0);
        last_step.max(last_outage) + self.retry + self.windows.iter().max().unwrap() + 1
    }
}

/// A report: when, and which event.
type Report = (u64, u64, HaState);

/// The filter reports what the model reports, and when.
///
/// # Panics
///
/// Where they differ.
pub fn agree(script: &Script) {
    let (reports, counts) = filter(script);
    for n in 0..ROUTERS {
        let of_router: Vec<_> = reports.iter().filter(|&&(of, _)| of == n).map(|&(_, report)| report).collect();
        assert_eq!(of_router, model(script, n), "router {n} of {script:?}");
    }
    assert!(reports.is_sorted_by_key(|&(_, (time, ..))| time));
    assert_eq!(counts.waiting, 0, "all has come to rest");
    assert_eq!(counts.reported, reports.len() as u64);
    assert_eq!(
        counts.taken + counts.repeated,
        counts.reported + counts.superseded + counts.unchanged + counts.forgotten + counts.waiting
    );
}

/// What is to be reported of one router.
fn model(script: &Script, n: u8) -> Vec<Report> {
    let mut reports = Vec::new();
    let (mut history, mut reported, mut asked, mut failed_at) = (Vec::<Report>::new(), None, false, None);
    for now in 0..=script.end() {
        // What is due comes before what happens at the same time, and what that makes due comes after it.
        let now_steps: Vec<_> = script.steps.iter().zip(1_u64..).filter(|((time, _), _)| *time == now).collect();
        for step in std::iter::once(None).chain(now_steps.into_iter().map(Some)) {
            match step {
                Some((&(_, Step::Notified(of, state)), sequence)) if of == n => {
                    if history.last().is_some_and(|&(_, _, last)| last != state) {
                        failed_at = None;
                    }
                    history.push((now, sequence, state));
                }
                Some((&(_, Step::Again(of)), _)) if of == n && !history.is_empty() => asked = true,
                Some((&(_, Step::Forget(of)), _)) if of == n => {
                    history.clear();
                    (reported, asked, failed_at) = (None, false, None);
                }
                _ => {}
            }
            let Some(&(_, sequence, state)) = history.last() else { continue };
            let since = history.iter().rev().take_while(|&&(_, _, then)| then == state).last().unwrap().0;
            let window = script.windows[HaState::ALL.iter().position(|&of| of == state).unwrap()];
            let has_settled = now >= since + window;
            let may_try = failed_at.is_none_or(|failed_at| now >= failed_at + script.retry);
            let is_news = reported != Some(state) || asked;
            if has_settled && !is_news {
                failed_at = None;
            } else if has_settled && may_try && script.is_out(now) {
                failed_at = Some(now);
            } else if has_settled && may_try {
                reports.push((now, sequence, state));
                (reported, asked, failed_at) = (Some(state), false, None);
            }
        }
    }
    reports
}

/// What the filter reports, of all routers, when it is driven as a queue drives it.
fn filter(script: &Script) -> (Vec<(u8, Report)>, DebounceCounts) {
    let start = Instant::now();
    let time = Rc::new(Cell::new(0));
    let reports = Rc::new(RefCell::new(Vec::new()));
    let inner = |event: Event<'_>| {
        if script.is_out(time.get()) {
            return Err(SinkError::Busy);
        }
        let Notification { router_id, state } = event.notification;
        reports.borrow_mut().push((router_id.to_bytes()[0] - 1, (time.get(), event.sequence, state)));
        Ok(())
    };
    let mut debounce = Debounce::new(inner).with_retry(Duration::from_millis(script.retry));
    for (state, window) in HaState::ALL.into_iter().zip(script.windows) {
        debounce = debounce.with_window(state, Duration::from_millis(window));
    }
    let run_until = |debounce: &mut Debounce<_>, until: u64| {
        while let Some(deadline) = debounce.next_deadline()
            && deadline <= start + Duration::from_millis(until)
        {
            time.set(u64::try_from(deadline.duration_since(start).as_millis()).unwrap());
            debounce.report_due(deadline);
        }
    };
    for (&(at, step), sequence) in script.steps.iter().zip(1_u64..) {
        run_until(&mut debounce, at);
        take(&mut debounce, step, sequence, start + Duration::from_millis(at));
    }
    run_until(&mut debounce, script.end());
    let counts = debounce.handle().counts();
    drop(debounce);
    (reports.take(), counts)
}

fn take(debounce: &mut Debounce<impl EventSink>, step: Step, sequence: u64, now: Instant) {
    let id = |n: u8| RouterId::from_bytes([n + 1; 16]).unwrap();
    match step {
        Step::Notified(n, state) => {
            let peer = Peer { pid: None, uid: 0, gid: 0 };
            let notification = Notification { router_id: id(n), state };
            debounce.notified_at(Event::new(notification, peer, sequence, UNIX_EPOCH), now).unwrap();
        }
        Step::Again(n) => debounce.report_again(id(n), now),
        Step::Forget(n) => debounce.forget(id(n)),
    }
}
