//! `hanotify audit` and `hanotify hunt`: what they find in a good server and in bad ones, and how they end where
//! they can't go on.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test that panics has failed")]

mod bad;
mod broken;
mod compared;
mod ended;
mod errors;
mod good;
mod hostile;
mod hunt;
mod known;
mod left;
mod reports;
mod selected;

use std::path::Path;
use std::process::{Command, Output};

use rustix::process::Pid;
use serde_json::Value;

const HANOTIFY: &str = env!("CARGO_BIN_EXE_hanotify");

fn audit(args: &[&str]) -> Output {
    Command::new(HANOTIFY).arg("audit").args(args).env_remove("CLICOLOR_FORCE").output().unwrap()
}

/// The shell command that serves with this program.
fn serve() -> String {
    format!("exec '{HANOTIFY}' serve --socket {{socket}} --format json --log error")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn report(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The entry of a report with this id.
fn entry<'a>(report: &'a Value, id: &str) -> &'a Value {
    let entries = report["entries"].as_array().unwrap();
    entries.iter().find(|entry| entry["id"] == id).unwrap_or_else(|| panic!("no entry {id}"))
}

fn outcome<'a>(report: &'a Value, id: &str) -> &'a str {
    entry(report, id)["outcome"].as_str().unwrap()
}

/// How many processes have this word in their command line.
fn running(word: &str) -> usize {
    pids(word).len()
}

/// Processes whose command line has this word.
fn pids(word: &str) -> Vec<Pid> {
    let has_word = |pid: &Pid| {
        let line = std::fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).unwrap_or_default();
        line.split(|&byte| byte == 0).any(|part| part == word.as_bytes())
    };
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
    pids.filter(has_word).collect()
}
