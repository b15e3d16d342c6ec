//! The adapters in front of a sink that fails and panics, and dawdles behind a queue: nothing taken is lost, nothing
//! comes twice, and each router's events are in order; each against a model, or against the rule that it states. The
//! same recipe runs the same way, threads or not.

pub mod debounce;
mod flaky;
mod gate;
mod known;
mod latest;
mod lines;
mod queue;
mod tee;

use arbitrary::{Result, Unstructured};
use hanotify::HaState;

use super::outcome::Outcome;
use debounce::{ROUTERS, Script, Step};

/// The input is a recipe.
///
/// # Panics
///
/// Where an adapter breaks its promise.
pub fn check(input: &[u8]) {
    let mut source = Unstructured::new(input);
    let _ = match source.int_in_range(0..=6) {
        Ok(0) => debounced(&mut source),
        Ok(1) => queue::delivers(&mut source),
        Ok(2) => queue::delivers_to_both(&mut source),
        Ok(3) => tee::gives_to_both_once(&mut source),
        Ok(4) => known::tells_apart(&mut source),
        Ok(5) => latest::keeps_the_newest(&mut source),
        _ => lines::are_whole_or_refused(&mut source),
    };
}

/// A router, by its number, and its state.
type Entry = (u8, HaState);

/// What happens to routers, one after the other.
fn entries(source: &mut Unstructured<'_>) -> Result<Vec<Entry>> {
    let len = source.int_in_range(1..=24)?;
    (0..len).map(|_| Ok((source.int_in_range(0..=3)?, source.arbitrary()?))).collect()
}

fn outcomes(source: &mut Unstructured<'_>) -> Result<Vec<Outcome>> {
    const ALL: [Outcome; 5] = [Outcome::Take, Outcome::Take, Outcome::Busy, Outcome::Fail, Outcome::Panic];
    let len = source.int_in_range(0..=24)?;
    (0..len).map(|_| source.choose(&ALL).copied()).collect()
}

/// The filter under a clock of the oracle's own: with delays, repeated states and an inner sink that is out of order
/// for a while.
fn debounced(source: &mut Unstructured<'_>) -> Result<()> {
    let windows = [source.int_in_range(0..=8)?, source.int_in_range(0..=4)?, source.int_in_range(0..=4)?];
    let retry = source.int_in_range(1..=5)?;
    let outages =
        (0..source.int_in_range(0..=3)?).map(|_| Ok((source.int_in_range(0..=99)?, source.int_in_range(0..=19)?)));
    let outages = outages.collect::<Result<_>>()?;
    let (mut now, mut steps) = (0, Vec::new());
    for _ in 0..source.int_in_range(0..=30)? {
        now += source.int_in_range(0..=5)?;
        let router = source.int_in_range(0..=ROUTERS - 1)?;
        let step = match source.int_in_range(0..=9)? {
            8 => Step::Again(router),
            9 => Step::Forget(router),
            _ => Step::Notified(router, source.arbitrary()?),
        };
        steps.push((now, step));
    }
    debounce::agree(&Script { steps, windows, retry, outages });
    Ok(())
}
