//! Every command line of hanotify in a page, and in the help, is one that the program understands.

use std::fs;
use std::path::Path;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::Cli;

/// The words of a command line up to what the shell does with it, such as a pipe; quotes are taken off.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '|' | '>' | '<' | '&' | ';' | '#') => break,
            (None, ' ') => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    // The number of a stream that the shell sends elsewhere.
    words.pop_if(|last| last == "2" && line.contains(" 2>"));
    words
}

/// The lines in a text that call the program, joined where they go on: indented, or in a fence for the shell.
fn calls(text: &str) -> Vec<String> {
    let mut calls = Vec::new();
    let mut fenced = false;
    for line in text.replace("\\\n", " ").lines() {
        if let Some(language) = line.strip_prefix("```") {
            fenced = matches!(language, "sh" | "console");
        }
        let call = line.trim_start_matches("$ ").trim_start();
        if call.starts_with("hanotify ") && (fenced || line.starts_with("  ")) {
            calls.push(call.to_owned());
        }
    }
    calls
}

/// The folder of a router on somebody's node.
const ROUTER: &str = "/var/lib/neutron/ha_confs/9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10";

fn assert_understood(place: &str, text: &str) -> usize {
    let calls = calls(text);
    for call in &calls {
        // A router's folder has to be there, and this one is not.
        let here = call.replace(ROUTER, "/");
        let error = Cli::try_parse_from(words(&here)).err();
        let kind = error.as_ref().map(clap::Error::kind);
        assert!(matches!(kind, None | Some(ErrorKind::DisplayHelp)), "{place}: {call}: {}", error.unwrap());
    }
    calls.len()
}

#[test]
fn every_call_in_a_page_is_understood() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut count = assert_understood("README.md", &fs::read_to_string(root.join("README.md")).unwrap());
    for page in fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path()) {
        if page.extension().is_some_and(|extension| extension == "md") {
            count += assert_understood(&page.display().to_string(), &fs::read_to_string(&page).unwrap());
        }
    }
    assert!(count >= 8, "{count}");
}

#[test]
fn every_call_in_the_help_is_understood() {
    let mut count = 0;
    let mut cli = Cli::command();
    // What a command is told and says is put together when it is named, or here.
    cli.build();
    for command in cli.get_subcommands() {
        let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
        count += assert_understood(command.get_name(), &help);
    }
    assert!(count >= 12, "{count}");
}

#[test]
fn a_line_is_read_as_a_shell_reads_it() {
    assert_eq!(words("hanotify a --b 'c d' \"e\"f > g 2>&1"), ["hanotify", "a", "--b", "c d", "ef"]);
    assert_eq!(words("hanotify a 2> log &"), ["hanotify", "a"]);
    let page = "hanotify is\n    hanotify a \\\n  b\n```sh\n$ hanotify c\nhanotify d\n```\nhanotify was\n\
        ```toml\nhanotify = 1\n```\n";
    assert_eq!(calls(page), ["hanotify a    b", "hanotify c", "hanotify d"]);
}
