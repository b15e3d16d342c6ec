//! What the processes of a server hold: descriptors, threads, memory and children, and the processor time that they
//! use.

use std::fs;
use std::io;

use rustix::process::Pid;

/// What the processes of a server hold at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) processes: u64,
    pub(crate) descriptors: u64,
    pub(crate) threads: u64,
    /// Resident memory, in KiB.
    pub(crate) memory: u64,
    /// Processor time so far, in ticks of the clock.
    pub(crate) ticks: u64,
}

impl Held {
    /// What these processes hold; one that has ended meanwhile holds nothing.
    ///
    /// # Errors
    ///
    /// Where none of them may be looked at.
    pub(crate) fn by(processes: &[Pid]) -> io::Result<Self> {
        let mut all = Self::default();
        let mut failed = io::Error::from(io::ErrorKind::NotFound);
        for pid in processes {
            match Self::by_one(*pid) {
                Ok(one) => all.add(one),
                Err(error) => failed = error,
            }
        }
        if all.processes > 0 { Ok(all) } else { Err(failed) }
    }

    fn add(&mut self, other: Self) {
        self.processes += other.processes;
        self.descriptors += other.descriptors;
        self.threads += other.threads;
        self.memory += other.memory;
        self.ticks += other.ticks;
    }

    fn by_one(pid: Pid) -> io::Result<Self> {
        let folder = format!("/proc/{}", pid.as_raw_nonzero());
        let status = fs::read_to_string(format!("{folder}/status"))?;
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default()
        };
        let has_ended = status.lines().any(|line| line.starts_with("State:\tZ"));
        let descriptors = if has_ended { 0 } else { fs::read_dir(format!("{folder}/fd"))?.count() };
        let descriptors = u64::try_from(descriptors).unwrap_or(u64::MAX);
        // One that has ended and isn't waited for is a process still, and has no thread that runs.
        let threads = if has_ended { 0 } else { of("Threads:") };
        let ticks = ticks(&fs::read_to_string(format!("{folder}/stat"))?);
        Ok(Self { processes: 1, descriptors, threads, memory: of("VmRSS:"), ticks })
    }
}

/// The time in user mode and in the kernel, of the line in `/proc/PID/stat`. The name in parentheses may have blanks.
fn ticks(stat: &str) -> u64 {
    let rest = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let numbers = rest.split_whitespace().skip(11).take(2);
    numbers.filter_map(|word| word.parse::<u64>().ok()).sum()
}

/// This process and all that it has started, as far as they are there.
pub(crate) fn tree(root: Pid) -> Vec<Pid> {
    let mut found = vec![root];
    let mut at = 0;
    while let Some(pid) = found.get(at).copied() {
        let folder = format!("/proc/{}/task", pid.as_raw_nonzero());
        for thread in fs::read_dir(folder).into_iter().flatten().flatten() {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            let pids = children.split_whitespace().filter_map(|word| Pid::from_raw(word.parse().ok()?));
            for pid in pids {
                if !found.contains(&pid) {
                    found.push(pid);
                }
            }
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn what_a_process_and_its_children_hold_is_counted() {
        let mut child = Command::new("sh").args(["-c", "sleep 9 & wait"]).stdin(Stdio::null()).spawn().unwrap();
        let root = Pid::from_child(&child);
        let begun = std::time::Instant::now();
        while tree(root).len() < 2 {
            assert!(begun.elapsed() < std::time::Duration::from_secs(5));
        }
        let held = Held::by(&tree(root)).unwrap();
        assert_eq!((held.processes, held.threads), (2, 2));
        assert!(held.descriptors >= 6 && held.memory > 0, "{held:?}");
        for pid in tree(root) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
        child.wait().unwrap();
        assert!(Held::by(&[root]).is_err());
    }

    #[test]
    fn the_name_of_a_process_is_no_number() {
        assert_eq!(ticks("7 (a b) S 1 7 7 0 -1 4194560 1 2 3 4 30 12 5 6 20 0 1"), 42);
    }
}
