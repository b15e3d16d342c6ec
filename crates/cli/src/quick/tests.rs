//! What is understood here is what clap understands.

use clap::{CommandFactory, Parser};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const ID: &str = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10";

/// The arguments that a sender can't be without.
const SEND: [&str; 7] = ["send", "--socket", "s", "--router-id", ID, "--state", "primary"];

/// Each option of both commands, with a value that isn't the default.
const OPTIONS: [(&str, &str); 32] = [
    ("socket", "a b=c"),
    ("router-id", "00000000-0000-0000-0000-000000000001"),
    ("state", "fault"),
    ("timeout", "1m 5s"),
    ("retries", "7"),
    ("verbose", ""),
    ("format", "text"),
    ("socket-mode", "660"),
    ("socket-group", "root"),
    ("allow-uid", "7"),
    ("allow-gid", "root"),
    ("expected-routers", "9"),
    ("connections", "+9"),
    ("connections-per-uid", "9"),
    ("lingering", "0"),
    ("total-time", "1s"),
    ("drain-time", "1s"),
    ("drain-bytes", "9"),
    ("stop-grace", "0s"),
    ("legacy", ""),
    ("max-request-line-len", "9"),
    ("max-fields", "9"),
    ("max-field-line-len", "9"),
    ("max-head-len", "9"),
    ("max-body-len", "9"),
    ("log", "debug"),
    ("log-lines", "9"),
    ("log-window", "1s"),
    ("metrics", "9100"),
    ("sandbox", ""),
    // What neither command knows.
    ("burst", "9"),
    ("help", ""),
];

fn quick(args: &[String]) -> Option<Cli> {
    understood(["hanotify".into()].into_iter().chain(args.iter().map(OsString::from))).ok()
}

fn by_clap(args: &[String]) -> Option<Cli> {
    Cli::try_parse_from(["hanotify"].into_iter().chain(args.iter().map(String::as_str))).ok()
}

/// What is given for an option, with a value unless it is a switch.
fn spelled(name: &str, value: &str, with_sign: bool) -> Vec<String> {
    match value {
        "" => vec![format!("--{name}")],
        _ if with_sign => vec![format!("--{name}={value}")],
        _ => vec![format!("--{name}"), value.into()],
    }
}

#[test]
fn each_option_is_understood_in_both_spellings() {
    for command in ["send", "serve"] {
        let clap = Cli::command();
        let clap = clap.find_subcommand(command).unwrap();
        for name in clap.get_arguments().filter_map(|argument| argument.get_long()).filter(|name| *name != "help") {
            let (_, value) = OPTIONS.into_iter().find(|(known, _)| *known == name).expect(name);
            for with_sign in [false, true] {
                let mut args: Vec<String> =
                    if command == "send" { SEND.map(String::from).into() } else { vec!["serve".into()] };
                if let Some(at) = args.iter().position(|arg| *arg == format!("--{name}")) {
                    args.drain(at..at + 2);
                }
                args.extend(spelled(name, value, with_sign));
                let understood = quick(&args).unwrap_or_else(|| panic!("{args:?} is left to clap"));
                assert_eq!(Some(understood), by_clap(&args), "{args:?}");
            }
        }
    }
}

#[test]
fn what_is_spelled_otherwise_is_left_to_clap() {
    let mut sends = vec![SEND[..6].to_vec(), vec!["send"], vec![], vec!["check", "--format", "json"]];
    for more in [
        &["-v"][..],
        &["--verbose=true"],
        &["--verbose", "--verbose"],
        &["--retries=1", "--retries=1"],
        &["--retries", "-1"],
        &["--retries="],
        &["--retries"],
        &["--retry", "1"],
        &["--timeout", "0s"],
        &["--legacy"],
        &["--"],
        &["x"],
        &["--help"],
    ] {
        sends.push([&SEND, more].concat());
    }
    for args in sends {
        let args: Vec<String> = args.into_iter().map(String::from).collect();
        assert_eq!(quick(&args), None, "{args:?}");
    }
}

/// An option or something like one, with a value or something like one.
fn argument() -> impl Strategy<Value = Vec<String>> {
    let value = prop_oneof![
        4 => select(OPTIONS.to_vec()).prop_map(|(_, value)| value.to_owned()),
        1 => select(vec!["", "-", "--", "-1", "1", "01", " 1", "1 ", "1s", "600", "master", "--legacy", "a=b", "é"]).prop_map(str::to_owned),
    ];
    let named = prop_oneof![
        8 => (select(OPTIONS.to_vec()), any::<bool>()).prop_map(|((name, value), sign)| spelled(name, value, sign)),
        2 => (select(OPTIONS.to_vec()), value.clone(), any::<bool>()).prop_map(|((name, _), value, sign)| {
            if sign { vec![format!("--{name}={value}")] } else { vec![format!("--{name}"), value] }
        }),
    ];
    prop_oneof![
        12 => named,
        1 => value.prop_map(|value| vec![value]),
        1 => select(vec!["-v", "-h", "-V", "--version", "--sock", "-vv", "---verbose"]).prop_map(|arg| vec![arg.to_owned()]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_is_understood_here_clap_understands_alike(
        command in select(vec![&SEND[..], &SEND[..5], &["send"], &["serve"], &["serve"], &["check"]]),
        more in vec(argument(), 0..5),
    ) {
        let args: Vec<String> = command.iter().map(|&arg| arg.to_owned()).chain(more.concat()).collect();
        if let Some(understood) = quick(&args) {
            prop_assert_eq!(Some(understood), by_clap(&args));
        }
    }
}
