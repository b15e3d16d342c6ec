//! What is put together for a command that is named is the same as in the tree of all of them.

use clap::{Command, CommandFactory};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const ID: &str = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10";

/// The tree of all commands in which each has its arguments before it is named.
fn whole() -> Command {
    let mut built = Cli::command();
    built.build();
    // `generate` stays as it is: it has no arguments but commands, and `build` gives their help another form than
    // parsing does.
    let with_arguments = |command: Command| match built.find_subcommand(command.get_name()) {
        Some(built) if !built.has_subcommands() => built.clone(),
        _ => command,
    };
    let names = Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect::<Vec<_>>();
    names.into_iter().fold(Cli::command(), |tree, name| tree.mut_subcommand(name, with_arguments))
}

/// What a tree makes of these arguments: what they say, or the text of the answer.
fn read(tree: Command, args: &[String]) -> Result<clap::ArgMatches, String> {
    let args = ["hanotify"].into_iter().chain(args.iter().map(String::as_str));
    tree.try_get_matches_from(args).map_err(|answer| format!("{:?}: {answer}", answer.kind()))
}

#[test]
fn no_command_has_its_arguments_before_it_is_named() {
    for command in Cli::command().get_subcommands() {
        assert_eq!(command.get_arguments().count(), 0, "{}", command.get_name());
    }
}

#[test]
fn the_list_of_commands_says_of_each_what_its_own_help_says() {
    let whole = whole();
    for listed in Cli::command().get_subcommands() {
        let name = listed.get_name();
        let built = whole.find_subcommand(name).expect(name);
        assert!(listed.get_about().is_some(), "{name}");
        assert_eq!(listed.get_about(), built.get_about(), "{name}");
        assert_eq!(listed.get_long_about(), built.get_long_about(), "{name}");
    }
}

/// An option of any command or something like one, with a value or something like one.
fn argument() -> impl Strategy<Value = Vec<String>> {
    let whole = whole();
    let commands = whole.get_subcommands();
    let names = commands.flat_map(|command| command.get_arguments().filter_map(|argument| argument.get_long()));
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort();
    names.dedup();
    let name = prop_oneof![
        12 => select(names.clone()),
        // Cut short, which is refused with a suggestion.
        1 => select(names).prop_map(|name| name.chars().take(4).collect()),
    ];
    let value = select(vec![
        "",
        "-",
        "--",
        "-1",
        "0",
        "1",
        "+9",
        "9",
        "01",
        " 1",
        "1s",
        "1m 5s",
        "0s",
        "600",
        "text",
        "primary",
        "master",
        "root",
        ID,
        "--legacy",
        "a b=c",
        "é",
        "html=a",
        "127.0.0.1:9100",
        "bash",
    ]);
    let other = select(vec![
        "-v",
        "-h",
        "-V",
        "--version",
        "--help",
        "help",
        "-vv",
        "---verbose",
        "--",
        "send",
        "serve",
        "man",
        "completions",
    ]);
    prop_oneof![
        4 => name.clone().prop_map(|name| vec![format!("--{name}")]),
        6 => (name.clone(), value.clone()).prop_map(|(name, value)| vec![format!("--{name}={value}")]),
        6 => (name, value.clone()).prop_map(|(name, value)| vec![format!("--{name}"), value.to_owned()]),
        1 => value.prop_map(|value| vec![value.to_owned()]),
        2 => other.prop_map(|other| vec![other.to_owned()]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_command_by_itself_is_read_as_in_the_whole_tree(
        command in select(vec![
            &["send", "--socket", "s", "--router-id", ID, "--state", "primary"][..],
            &["send"], &["serve"], &["serve"], &["check"], &["audit"], &["audit", "--socket=s"], &["burst"],
            &["monitor"], &["monitor", "--conf_dir=/", "--monitor_cidr=x"],
            &["burst", "--socket=s", "--routers=9"], &["generate"], &["help"], &["sendd"], &[],
        ]),
        more in vec(argument(), 0..5),
    ) {
        let args: Vec<String> = command.iter().map(|&arg| arg.to_owned()).chain(more.concat()).collect();
        prop_assert_eq!(read(Cli::command(), &args), read(whole(), &args));
    }
}
