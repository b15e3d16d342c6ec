//! A program under strace, which counts its system calls, or under callgrind, which counts its instructions: the same
//! on every run, however busy the machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use hanotify_testing::counting::{ANY_PROCESSOR, chosen_by_processor};

/// What was counted of a program.
#[derive(Clone, Default)]
pub(crate) struct Counted {
    /// By their names.
    pub(crate) calls: BTreeMap<String, u64>,
    /// In user mode.
    pub(crate) instructions: u64,
    /// Functions among these that another processor may have others for, as far as the program has names for them.
    pub(crate) chosen: Vec<String>,
}

impl Counted {
    /// What is counted here and not in `less`.
    pub(crate) fn beyond(&self, less: &Self) -> Self {
        let of = |name: &String| less.calls.get(name).copied().unwrap_or_default();
        let calls = self.calls.iter().map(|(name, count)| (name.clone(), count.saturating_sub(of(name))));
        Self {
            calls: calls.filter(|(_, count)| *count > 0).collect(),
            instructions: self.instructions.saturating_sub(less.instructions),
            chosen: self.chosen.clone(),
        }
    }

    /// All system calls but those for the time, which most kernels answer without being called, and others don't.
    pub(crate) fn system_calls(&self) -> u64 {
        self.calls.iter().filter(|(name, _)| !is_clock(name)).map(|(_, count)| count).sum()
    }
}

pub(crate) fn is_clock(name: &str) -> bool {
    ["clock_gettime", "gettimeofday", "time"].contains(&name)
}

/// Puts a program under one of the tools.
pub(crate) type Watch<'a> = &'a dyn Fn(&Command) -> Command;

/// Counts what `run` makes of a program, which it runs twice: under each of the tools. `until` is in the last system
/// call that counts; without it, all do.
pub(crate) fn counted(until: Option<&str>, run: impl Fn(Watch<'_>)) -> Counted {
    // Always as deep: the server looks at each folder above its socket.
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let [calls, profile] = ["calls", "profile"].map(|name| folder.path().join(name));
    // With `-D` the program is the child, whose state and end are waited for, and strace is not.
    let strace = ["strace".into(), "-D".into(), "-f".into(), format!("--output={}", calls.display())];
    let out = format!("--callgrind-out-file={}", profile.display());
    let callgrind = ["valgrind".into(), "--tool=callgrind".into(), "--compress-strings=no".into(), out];
    for tool in [strace, callgrind] {
        run(&|command| under(&tool, command));
    }
    let chosen = chosen_by_processor(&profile);
    Counted { calls: system_calls(&calls, until), instructions: summary(&profile), chosen }
}

/// The command behind that of a tool, with an environment that is the same everywhere.
fn under(tool: &[String], command: &Command) -> Command {
    let mut watched = Command::new(&tool[0]);
    watched.args(&tool[1..]).arg(command.get_program()).args(command.get_args());
    watched.env_clear().envs([ANY_PROCESSOR]).envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    watched
}

/// The system calls in what strace has written, which it goes on with for a moment when the program has ended.
fn system_calls(file: &Path, until: Option<&str>) -> BTreeMap<String, u64> {
    let start = Instant::now();
    let mut text = String::new();
    while !text.lines().last().is_some_and(|line| line.ends_with(" +++")) {
        assert!(start.elapsed() < Duration::from_secs(20), "strace doesn't end: {text}");
        sleep(Duration::from_millis(5));
        text = fs::read_to_string(file).unwrap_or_default();
    }
    let mut calls = BTreeMap::new();
    for line in text.lines() {
        // Signals and ends have no name before a parenthesis, and the second half of a call has been counted with the
        // first.
        let call = line.split_once(' ').and_then(|(_, call)| call.trim_start().split_once('('));
        let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if let Some((name, _)) = call.filter(|(name, _)| is_name(name)) {
            *calls.entry(name.to_owned()).or_default() += 1;
        }
        if until.is_some_and(|until| line.contains(until)) {
            return calls;
        }
    }
    assert!(until.is_none(), "no system call with {until:?}");
    calls
}

/// The instructions in what callgrind has written.
fn summary(file: &Path) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("summary: "));
    lines.map(|count| count.trim().parse::<u64>().unwrap()).sum()
}

/// Whether what counts is there; says what is missing.
pub(crate) fn is_possible() -> bool {
    let is_there = |tool: &&str| {
        let status = Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let missing: Vec<_> = ["strace", "valgrind"].into_iter().filter(|tool| !is_there(tool)).collect();
    for tool in &missing {
        eprintln!("{tool} is missing: apt-get install {tool}");
    }
    missing.is_empty()
}
