//! A message that shows a fault, made as small as it is while it still shows it: lines go first, then words, then
//! bytes (Zeller's delta debugging, with the parts of a message in the place of its deltas).

mod parts;

use std::ops::Range;

use self::parts::{SHORT, bytes, lines, next_run, words};
use super::input::{Delivery, Input, ids};
use crate::stop::Stop;

/// Whether an input still shows the fault.
pub(super) trait Oracle {
    /// An error where the hunt may not go on; `None` where nothing more is to be tried.
    fn shows(&mut self, input: &Input) -> Result<Option<bool>, Stop>;
}

/// The fields that are required, in the order of the senders.
const NAMES: [&[u8]; 3] = [b"Host", b"X-Neutron-Router-Id", b"X-Neutron-State"];

/// The smallest input that was found to show the fault, and why that was all, where the hunt may not go on.
pub(super) fn shrink(input: Input, oracle: &mut dyn Oracle) -> (Input, Option<Stop>) {
    let mut shrinking = Shrinking { best: input, oracle, is_over: false };
    let stop = shrinking.all().err();
    (shrinking.best, stop)
}

struct Shrinking<'o> {
    best: Input,
    oracle: &'o mut dyn Oracle,
    is_over: bool,
}

impl Shrinking<'_> {
    fn all(&mut self) -> Result<(), Stop> {
        self.deliver()?;
        self.cut_behind()?;
        // Each pass may make room for the ones before it.
        for _ in 0..3 {
            let before = self.best.bytes.len();
            self.simplify()?;
            self.retell()?;
            self.transcribe()?;
            self.remove(lines)?;
            self.shorten_runs()?;
            self.remove(words)?;
            self.remove(bytes)?;
            self.sort()?;
            if self.best.bytes.len() == before || self.is_over {
                break;
            }
        }
        Ok(())
    }

    /// Takes an input in the place of the best one, if it still shows the fault.
    fn attempt(&mut self, bytes: Vec<u8>, delivery: Delivery) -> Result<bool, Stop> {
        let input = Input { bytes, delivery };
        if self.is_over || input == self.best {
            return Ok(false);
        }
        match self.oracle.shows(&input)? {
            None => self.is_over = true,
            Some(true) => {
                self.best = input;
                return Ok(true);
            }
            Some(false) => {}
        }
        Ok(false)
    }

    /// The same without these bytes. A split stays where it was.
    fn attempt_without(&mut self, range: Range<usize>) -> Result<bool, Stop> {
        self.attempt_with(range, b"")
    }

    fn attempt_with(&mut self, range: Range<usize>, with: &[u8]) -> Result<bool, Stop> {
        let mut bytes = self.best.bytes.clone();
        if range.start > range.end || range.end > bytes.len() {
            return Ok(false);
        }
        let delivery = match self.best.delivery {
            Delivery::Split(at) => {
                let removed = range.end.min(at).saturating_sub(range.start);
                let added = if range.start < at { with.len().min(removed) } else { 0 };
                let len = bytes.len().saturating_sub(range.len()).saturating_add(with.len());
                Delivery::Split(at.saturating_sub(removed).saturating_add(added).clamp(1, len.max(2) - 1))
            }
            delivery => delivery,
        };
        bytes.splice(range, with.iter().copied());
        self.attempt(bytes, delivery)
    }

    /// The plainest delivery that shows it.
    fn deliver(&mut self) -> Result<(), Stop> {
        for simpler in [Delivery::Whole, Delivery::HalfClosed] {
            if self.best.delivery == Delivery::Whole || self.attempt(self.best.bytes.clone(), simpler)? {
                return Ok(());
            }
        }
        if self.best.delivery == Delivery::ByteByByte {
            self.attempt(self.best.bytes.clone(), Delivery::Split(self.best.bytes.len() / 2))?;
        }
        Ok(())
    }

    /// What follows the head.
    fn cut_behind(&mut self) -> Result<(), Stop> {
        let head = self.best.bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = head.map(|at| at.saturating_add(4)) {
            let len = self.best.bytes.len();
            if end < len {
                self.attempt_without(end..len)?;
            }
        }
        Ok(())
    }

    /// Puts the fields in one order, and spells their names in one way.
    fn sort(&mut self) -> Result<(), Stop> {
        for number in 1..lines(&self.best.bytes).len() {
            let Some(line) = lines(&self.best.bytes).into_iter().nth(number) else { break };
            let text = self.best.bytes.get(line.clone()).unwrap_or_default();
            if let Some(name) = NAMES.iter().find(|name| starts_with(text, name)) {
                self.attempt_with(line.start..line.start.saturating_add(name.len()), name)?;
            }
        }
        // Neighbours are swapped until no swap shows the fault any more.
        for _ in 0..NAMES.len() {
            for number in 1..lines(&self.best.bytes).len() {
                self.swap(number)?;
            }
        }
        Ok(())
    }

    /// Swaps a line and the next, where they are not in the one order.
    fn swap(&mut self, number: usize) -> Result<(), Stop> {
        let all = lines(&self.best.bytes);
        let (Some(one), Some(next)) = (all.get(number), all.get(number.saturating_add(1))) else { return Ok(()) };
        let text = |line: &Range<usize>| self.best.bytes.get(line.clone()).unwrap_or_default();
        let rank = |line: &[u8]| NAMES.iter().position(|name| starts_with(line, name)).unwrap_or(NAMES.len());
        if text(next) != b"\r\n" && rank(text(one)) > rank(text(next)) {
            let swapped = [text(next), text(one)].concat();
            self.attempt_with(one.start..next.end, &swapped)?;
        }
        Ok(())
    }

    /// Puts the shortest spelling in the place of each line, all at once where they can be.
    fn simplify(&mut self) -> Result<(), Stop> {
        let mut whole = Vec::new();
        for (number, line) in lines(&self.best.bytes).into_iter().enumerate() {
            let text = self.best.bytes.get(line).unwrap_or_default();
            whole.extend_from_slice(&simple(number, text).unwrap_or_else(|| text.to_vec()));
        }
        let delivery = self.best.delivery;
        if !matches!(delivery, Delivery::Split(_)) && self.attempt(whole, delivery)? {
            return Ok(());
        }
        for number in 0..lines(&self.best.bytes).len() {
            let Some(line) = lines(&self.best.bytes).into_iter().nth(number) else { break };
            let text = self.best.bytes.get(line.clone()).unwrap_or_default();
            if let Some(simple) = simple(number, text) {
                self.attempt_with(line, &simple)?;
            }
        }
        Ok(())
    }

    /// Puts the shortest state in the place of a longer one, in whichever case it is.
    fn retell(&mut self) -> Result<(), Stop> {
        for longer in ["primary", "backup"] {
            let is_it = |window: &[u8]| window.eq_ignore_ascii_case(longer.as_bytes());
            let Some(at) = self.best.bytes.windows(longer.len()).position(is_it) else { continue };
            let end = at.saturating_add(longer.len());
            let word = self.best.bytes.get(at..end).unwrap_or_default();
            let upper = |number: usize| word.get(number).is_some_and(u8::is_ascii_uppercase);
            let respelled = |(number, byte): (usize, u8)| if upper(number) { byte.to_ascii_uppercase() } else { byte };
            let fault: Vec<u8> = b"fault".iter().copied().enumerate().map(respelled).collect();
            self.attempt_with(at..end, &fault)?;
        }
        Ok(())
    }

    /// Puts a digit in the place of each character of many bytes, but for the one that shows the fault.
    fn transcribe(&mut self) -> Result<(), Stop> {
        let mut end = self.best.bytes.len();
        while let Some(last) = self.best.bytes.get(..end).and_then(|bytes| bytes.iter().rposition(|&byte| byte >= 0x80))
        {
            let before = self.best.bytes.get(..last).unwrap_or_default();
            let rest = before.iter().rev().take(3).take_while(|byte| matches!(byte, 0x80..0xc0)).count();
            let start = last.saturating_sub(rest);
            let lead = start.saturating_sub(1);
            let is_lead = start > 0 && self.best.bytes.get(lead).is_some_and(|byte| *byte >= 0xc0);
            end = if is_lead { lead } else { start };
            self.attempt_with(end..last.saturating_add(1), b"1")?;
        }
        Ok(())
    }

    /// Removes as many of these parts as it can: half of them, a quarter, and so on, and one by one at last.
    fn remove(&mut self, parts: fn(&[u8]) -> Vec<Range<usize>>) -> Result<(), Stop> {
        let mut size = parts(&self.best.bytes).len().div_ceil(2);
        while size > 0 && !self.is_over {
            // From behind, so that the parts before stay where they are.
            let mut end = parts(&self.best.bytes).len();
            while end > 0 && !self.is_over {
                let all = parts(&self.best.bytes);
                end = end.min(all.len());
                let some = all.get(end.saturating_sub(size)..end).unwrap_or_default();
                if let (Some(first), Some(last)) = (some.first(), some.last()) {
                    self.attempt_without(first.start..last.end)?;
                }
                end = end.saturating_sub(size);
            }
            size /= 2;
        }
        Ok(())
    }

    /// Shortens what is one byte again and again, as in a line that is too long.
    fn shorten_runs(&mut self) -> Result<(), Stop> {
        let mut at = 0;
        while let Some(run) = next_run(&self.best.bytes, at) {
            let mut start = run.start;
            let mut step = run.len() / 2;
            while step > 0 && !self.is_over {
                let end = next_run(&self.best.bytes, start).map_or(start, |run| run.end);
                if end.saturating_sub(start) > step && self.attempt_without(start..start.saturating_add(step))? {
                    continue;
                }
                step /= 2;
            }
            start = next_run(&self.best.bytes, start).filter(|run| run.start == start).map_or(start, |run| run.end);
            at = start.max(at.saturating_add(1));
        }
        Ok(())
    }
}

fn starts_with(line: &[u8], name: &[u8]) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// The shortest line in the place of one that begins like it; `None` if it is that short.
fn simple(number: usize, line: &[u8]) -> Option<Vec<u8>> {
    let (text, ending) = line.split_at_checked(line.len().checked_sub(2)?)?;
    if ending != b"\r\n" || text.is_empty() {
        return None;
    }
    let short = if number == 0 {
        b"GET / HTTP/1.1".to_vec()
    } else {
        let name = String::from_utf8_lossy(text.split(|&byte| byte == b':').next()?).to_ascii_lowercase();
        match SHORT.iter().find(|(known, _)| !known.is_empty() && name == *known) {
            Some((_, short)) => short.as_bytes().to_vec(),
            None if name == "x-neutron-router-id" => {
                let at = ids(text).first().copied()?;
                [b"X-Neutron-Router-Id:", text.get(at..at.checked_add(36)?)?].concat()
            }
            None => return None,
        }
    };
    (short.len() <= text.len() && short != text).then(|| [&short[..], ending].concat())
}

#[cfg(test)]
mod tests;
