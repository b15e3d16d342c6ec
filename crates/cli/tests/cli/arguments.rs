//! What holds for every subcommand.

use std::fs;
use std::process::{Command, Output};

fn hanotify(args: &[&str]) -> Output {
    Command::new(crate::HANOTIFY).args(args).output().unwrap()
}

const COMMANDS: [&[&str]; 12] = [
    &[],
    &["serve"],
    &["check"],
    &["send"],
    &["monitor"],
    &["status"],
    &["burst"],
    &["audit"],
    &["hunt"],
    &["generate"],
    &["generate", "man"],
    &["generate", "completions"],
];

#[test]
fn every_help_says_what_the_exit_codes_mean() {
    for command in COMMANDS {
        let output = hanotify(&[command, &["--help"]].concat());
        let help = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{command:?}");
        let (_, exit) = help.split_once("\nExit status:").expect(&help);
        assert!(exit.contains(" 0 ") && exit.contains(" 2 "), "{help}");
    }
}

#[test]
fn every_command_in_the_help_is_tested_here() {
    let help = String::from_utf8(hanotify(&["--help"]).stdout).unwrap();
    let (_, commands) = help.split_once("\nCommands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    for line in commands.lines() {
        let command = line.split_whitespace().next().unwrap();
        assert!(command == "help" || COMMANDS.contains(&&[command][..]), "{command}");
    }
    assert!(!commands.contains("generate"), "for packagers: not in everyone's way");
}

#[test]
fn there_is_a_man_page_for_each_command() {
    let dir = tempfile::tempdir().unwrap();
    let man = dir.path().join("new").join("man1");
    assert_eq!(hanotify(&["generate", "man", man.to_str().unwrap()]).status.code(), Some(0));
    for command in ["", "audit", "burst", "check", "hunt", "monitor", "send", "serve", "status"] {
        let page = format!("hanotify-{command}.1").replace("-.", ".");
        let text = fs::read_to_string(man.join(&page)).unwrap();
        assert!(text.contains(".SH SYNOPSIS") && !text.contains(".SH EXTRA"), "{page}: {text}");
        let args = [&[command][..], &["--help"]].concat();
        let help = hanotify(args.strip_prefix(&[""]).unwrap_or(&args));
        assert_eq!(exit_codes_of_page(&text), exit_codes_of_help(&String::from_utf8(help.stdout).unwrap()), "{page}");
    }
}

/// The codes in the section of a manual page that is for them.
fn exit_codes_of_page(page: &str) -> Vec<String> {
    let (_, section) = page.split_once("\n.SH \"EXIT STATUS\"\n").expect(page);
    let section = section.split("\n.SH ").next().unwrap();
    section
        .split(".TP\n")
        .skip(1)
        .map(|entry| entry.split('\n').next().unwrap().replace("\\fB", "").replace("\\fR", ""))
        .collect()
}

/// The codes in a help text.
fn exit_codes_of_help(help: &str) -> Vec<String> {
    let (_, section) = help.split_once("\nExit status:\n").expect(help);
    let section = section.split("\n\n").next().unwrap();
    let codes = section.lines().filter_map(|line| line.trim_start().split_once("  "));
    codes.map(|(code, _)| code.to_owned()).collect()
}

/// A shell puts names of files in the place of `*`, and these may look like options.
#[test]
fn no_argument_steers_the_terminal() {
    let name = "--\x1b]0;title\x07\u{9b}2J\n";
    let value = name.trim_start_matches('-');
    for args in [&["check", name][..], &["serve", "--socket-mode", value], &["serve", "--total-time", value], &[value]]
    {
        // As on a terminal: otherwise colours are taken out, and most of what steers goes with them.
        let output = Command::new(crate::HANOTIFY).args(args).env("CLICOLOR_FORCE", "1").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said:?}");
        assert!(said.contains(r"\u{1b}]0;title\u{7}\u{9b}2J\n"), "{said:?}");
        assert!(!said.contains("\x1b]") && !said.contains(['\x07', '\u{9b}']), "{said:?}");
    }
}

#[test]
fn a_man_page_that_cannot_be_written_is_reported() {
    let output = hanotify(&["generate", "man", "/dev/null/man"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(output.stderr, b"hanotify: /dev/null/man: Not a directory (os error 20)\n");
}

#[test]
fn a_man_page_is_not_written_where_nobody_reads() {
    let folder = tempfile::tempdir().unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, folder.path().join("hanotify.1"), rustix::fs::Mode::RWXU).unwrap();
    let output = hanotify(&["generate", "man", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stderr.ends_with(b": nobody reads this FIFO\n"), "{}", output.stderr.escape_ascii());
}

#[test]
fn there_are_completions_for_each_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = hanotify(&["generate", "completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        assert!(String::from_utf8(output.stdout).unwrap().contains("max-body-len"), "{shell}");
    }
}
