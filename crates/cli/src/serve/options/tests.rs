//! Each option sets its own setting, and none that makes no sense is taken.

use std::time::Duration;

use clap::Parser;

use super::*;

#[derive(Parser)]
struct All {
    #[command(flatten)]
    access: Access,
    #[command(flatten)]
    capacity: Capacity,
    #[command(flatten)]
    messages: Messages,
    #[command(flatten)]
    operation: Operation,
}

fn config(args: &[&str]) -> Config {
    let all = All::try_parse_from(["x"].iter().chain(args)).unwrap();
    let config = all.messages.configure(all.capacity.configure(all.access.configure(Config::new("socket"))));
    all.operation.configure(config)
}

/// What is written to standard output is bounded, and what an agent is told is not.
fn default() -> Config {
    Config::new("socket").with_refusal_events(Some(10))
}

#[test]
fn without_options_it_is_the_default_configuration() {
    assert_eq!(config(&[]), default());
}

#[test]
fn each_option_sets_its_own_setting() {
    let second = Duration::from_secs(1);
    let new = default;
    let cases: [(&[&str], Config); 24] = [
        (&["--socket-mode=660"], new().with_mode(0o660)),
        (&["--socket-group=7"], new().with_group(Some(7))),
        (&["--socket-group=root"], new().with_group(Some(0))),
        (&["--allow-uid=7", "--allow-uid=root"], new().with_allowed_uids(vec![7, 0])),
        (&["--allow-gid=7", "--allow-gid=8"], new().with_allowed_gids(vec![7, 8])),
        (&["--no-default-uids", "--allow-uid=7"], new().with_default_uids(false).with_allowed_uids(vec![7])),
        (
            &["--no-default-uids", "--allow-gid=7", "--allow-uid=8"],
            new().with_default_uids(false).with_allowed_uids(vec![8]).with_allowed_gids(vec![7]),
        ),
        (&["--expected-routers=9"], new().with_expected_routers(9)),
        (&["--connections=9"], new().with_connections(9)),
        (&["--connections-per-uid=9"], new().with_connections_per_uid(Some(9))),
        (&["--lingering=9"], new().with_lingering(9)),
        (&["--total-time=1s"], new().with_total_time(second)),
        (&["--drain-time=1s"], new().with_drain_time(second)),
        (&["--drain-bytes=9"], new().with_drain_bytes(9)),
        (&["--stop-grace=2500ms"], new().with_stop_grace(second * 5 / 2)),
        (&["--legacy"], new().with_limits(Limits::DEFAULT.with_legacy_state(true))),
        (&["--max-request-line-len=9"], new().with_limits(Limits::DEFAULT.with_request_line(9))),
        (&["--max-fields=9"], new().with_limits(Limits::DEFAULT.with_fields(9))),
        (&["--max-field-line-len=9"], new().with_limits(Limits::DEFAULT.with_field_line(9))),
        (&["--max-head-len=9"], new().with_limits(Limits::DEFAULT.with_head(9))),
        (&["--max-body-len=9"], new().with_limits(Limits::DEFAULT.with_body(9))),
        (&["--log-lines=9"], new().with_log_lines(9)),
        (&["--refusal-events=9"], new().with_refusal_events(Some(9))),
        (&["--log-window=1s"], new().with_log_window(second)),
    ];
    for (args, expected) in cases {
        assert_eq!(config(args), expected, "{args:?}");
        assert_ne!(expected, new(), "{args:?} set what is the default: that shows nothing");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for arg in [
        "--socket-mode=1777",
        "--socket-mode=rw",
        "--socket-mode=+60",
        "--socket-mode=668",
        "--allow-uid=no such user",
        "--allow-gid=-1",
        // To the kernel, this is -1, which is nobody, and in chown(2) means no change.
        "--allow-uid=4294967295",
        "--allow-gid=4294967295",
        "--socket-group=4294967295",
        "--no-default-uids",
        "--total-time=10",
        "--connections=-1",
        "--expected-routers=4294967296",
    ] {
        assert!(All::try_parse_from(["x", arg]).is_err(), "{arg}");
    }
}
