//! What README.md shows of the command is what the command does.

use std::collections::VecDeque;
use std::path::Path;
use std::process::{Command, Stdio};

use hanotify_testing::corpus::root;

/// Commands that take too long here, or install something, and where each is run instead.
const RUN_ELSEWHERE: [&str; 3] = [
    "cargo install --locked --path crates/cli", // The same program is under test here, as `HANOTIFY`.
    "cargo run --release -- serve",             // The same, and `serve.rs`.
    "cargo test",                               // This is one of its tests.
];

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

/// The commands of the page's console blocks, each with the output that is shown under it.
fn shown(page: &str) -> Vec<(&str, String)> {
    let blocks = page.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let mut commands: Vec<(&str, String)> = Vec::new();
    for line in blocks.flat_map(str::lines) {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, String::new())),
            (None, Some((_, output))) => output.extend([line, "\n"]),
            (None, None) => panic!("output before any command: {line}"),
        }
    }
    commands
}

/// What a command prints on a terminal: `script` gives it one.
fn run_on_a_terminal(command: &str, folder: &Path) -> String {
    let program = Path::new(crate::HANOTIFY).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", command, "/dev/null"]).current_dir(folder);
    script.env("PATH", path).env("NO_COLOR", "1").stdin(Stdio::null());
    let output = script.output().expect("`script`, which util-linux has");
    String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n")
}

#[test]
fn every_command_of_the_readme_prints_what_is_shown() {
    let page = readme();
    let folder = tempfile::tempdir().unwrap();
    let mut elsewhere = VecDeque::from(RUN_ELSEWHERE);
    for (command, output) in shown(&page) {
        if elsewhere.front() == Some(&command) {
            elsewhere.pop_front();
            continue;
        }
        assert_eq!(run_on_a_terminal(command, folder.path()), output, "{command}");
    }
    assert!(elsewhere.is_empty(), "not in README.md any more: {elsewhere:?}");
}

#[test]
fn the_table_of_commands_is_that_of_the_help() {
    let page = readme();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `hanotify ")?.split('`').next());
    let help = Command::new(crate::HANOTIFY).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, commands) = help.split_once("\nCommands:\n").unwrap();
    let commands = commands.lines().map_while(|line| line.split_whitespace().next());
    assert_eq!(rows.collect::<Vec<_>>(), commands.filter(|name| *name != "help").collect::<Vec<_>>());
}
