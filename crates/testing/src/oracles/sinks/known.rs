//! Events of routers that the agent manages come through as they are; others are not a failure, and told apart.

use arbitrary::{Result, Unstructured};
use hanotify::sink::Known;

use super::flaky::{Flaky, Log, feed, router};
use super::{Outcome, entries, outcomes};

pub(super) fn tells_apart(source: &mut Unstructured<'_>) -> Result<()> {
    let (entries, outcomes) = (entries(source)?, outcomes(source)?);
    let managed: [bool; 4] = source.arbitrary()?;
    let inner = Flaky::new(&outcomes);
    let is_managed = move |n: u8| managed[usize::from(n)];
    let mut known = Known::new(move |id| (0..4).any(|n| id == router(n) && is_managed(n)), inner.clone());
    let taken = feed(&mut known, &entries);

    let numbered = || (1..).zip(entries.iter().copied());
    let unknown: Log = numbered().filter(|&(_, (n, _))| !is_managed(n)).collect();
    let offered = numbered().filter(|&(_, (n, _))| is_managed(n));
    let outcomes = outcomes.iter().copied().chain(std::iter::repeat(Outcome::Take));
    let passed: Log =
        offered.zip(outcomes).filter(|&(_, outcome)| outcome == Outcome::Take).map(|(entry, _)| entry).collect();
    let mut both = [passed.clone(), unknown.clone()].concat();
    both.sort_unstable_by_key(|&(sequence, _)| sequence);
    assert_eq!((inner.taken(), inner.unknown(), taken), (passed.clone(), unknown.clone(), both));
    let counts = known.handle().counts();
    assert_eq!((counts.passed, counts.unknown), (passed.len() as u64, unknown.len() as u64));
    Ok(())
}
