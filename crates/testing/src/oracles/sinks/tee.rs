//! Both sinks of a tee have what it took, and neither has it twice, however often the event was offered.

use arbitrary::{Result, Unstructured};
use hanotify::sink::Tee;

use super::flaky::{Flaky, event, offer};
use super::{entries, outcomes};

pub(super) fn gives_to_both_once(source: &mut Unstructured<'_>) -> Result<()> {
    let entries = entries(source)?;
    let (first, second) = (Flaky::new(&outcomes(source)?), Flaky::new(&outcomes(source)?));
    let mut tee = Tee::new(first.clone(), second.clone());
    for (sequence, entry) in (1..).zip(entries) {
        let offers = source.int_in_range(1..=4)?;
        let is_taken = (0..offers).any(|_| offer(&mut tee, event(entry, sequence)));
        let times = |sink: &Flaky| sink.taken().iter().filter(|&&(number, _)| number == sequence).count();
        let (first, second) = (times(&first), times(&second));
        assert!(first <= 1 && second <= first, "the first has it {first} times, the second {second}");
        assert_eq!(is_taken, second == 1, "taken is what both have taken");
    }
    Ok(())
}
