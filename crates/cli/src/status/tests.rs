//! What a report says of a node, and how it looks.

use std::time::UNIX_EPOCH;

use hanotify::{HaState, RouterId};
use hanotify_testing::corpus::root;

use super::report::{Limit, Refused, Router, Sender, Server, Source, VERSION};
use super::*;

fn router(n: u8, state: HaState, minutes: u64, changes_last_hour: u32) -> Router {
    let sender = Sender { pid: Some(800 + i32::from(n)), uid: 0, gid: 0 };
    Router {
        router_id: RouterId::from_bytes([[n; 8], [0x4a; 8]].concat().try_into().unwrap()).unwrap(),
        state,
        settled: Some(state),
        since: UNIX_EPOCH + Duration::from_millis(1_795_960_800_250 + minutes * 60_000),
        changes: u64::from(changes_last_hour) + 2,
        changes_last_hour,
        confirmed: true,
        sender: Some(sender),
    }
}

/// A node on which all is well.
fn good() -> Report {
    let limit = |name: &str, now, highest| Limit { name: name.into(), now, highest, most: 4_096 };
    let unconfirmed = Router { confirmed: false, sender: None, ..router(0x3c, HaState::Backup, 1, 0) };
    Report {
        version: VERSION,
        source: Source::Server,
        at: UNIX_EPOCH + Duration::from_secs(1_795_960_800 + 45 * 60),
        routers: vec![router(0x1d, HaState::Primary, 41, 1), unconfirmed, router(0x9b, HaState::Primary, 12, 0)],
        incomplete: false,
        server: Some(Server {
            hanotify: "0.1.0".into(),
            socket: "/run/hanotify/keepalived-state-change".into(),
            refused: vec![],
            limits: vec![limit("connections", 0, 12), limit("routers", 3, 3)],
            socket_lost: false,
            routers_not_kept: 0,
        }),
    }
}

fn with_server(change: impl FnOnce(&mut Server)) -> Report {
    let mut report = good();
    change(report.server.as_mut().unwrap());
    report
}

fn refused(error: &str, last_hour: u64) -> Report {
    with_server(|server| server.refused = vec![Refused { error: error.into(), last_hour, total: last_hour + 3 }])
}

fn of(report: &Report) -> Vec<&'static str> {
    attention(report, 6).into_iter().map(|attention| attention.what).collect()
}

#[test]
fn each_of_what_needs_a_person_is_said_and_nothing_else_is() {
    let with_router = |router| Report { routers: vec![router], ..good() };
    let silent: [Report; 5] = [
        good(),
        with_router(router(1, HaState::Backup, 0, 5)),
        refused("state", 9),
        refused("peer-not-allowed", 0),
        Report { server: None, ..good() },
    ];
    for report in silent {
        assert_eq!(of(&report), [] as [&str; 0], "{report:?}");
    }
    for (report, what) in [
        (with_router(router(1, HaState::Backup, 0, 6)), "flapping"),
        (with_router(router(1, HaState::Fault, 0, 0)), "fault"),
        (Report { incomplete: true, ..good() }, "incomplete"),
        (Report { incomplete: true, source: Source::Folder, server: None, ..good() }, "incomplete"),
        (refused("peer-not-allowed", 1), "peer-not-allowed"),
        (refused("overloaded", 1), "overloaded"),
        (refused("sink-failed", 1), "sink-failed"),
        (with_server(|server| server.socket_lost = true), "socket-lost"),
        (with_server(|server| server.routers_not_kept = 1), "routers-not-kept"),
    ] {
        assert_eq!(of(&report), [what], "{report:?}");
    }
}

fn text(report: &Report, rows: Option<usize>) -> String {
    let mut out = anstream::StripStream::new(Vec::new());
    let screen = rows.map(|rows| Screen { rows, columns: 120 });
    table::write(report, &attention(report, 6), screen, &mut out).unwrap();
    String::from_utf8(out.into_inner()).unwrap()
}

#[test]
fn the_readme_shows_what_a_person_sees() {
    let mut report = refused("peer-not-allowed", 2);
    report.routers.push(router(0x5e, HaState::Backup, 43, 8));
    report.routers[3].settled = Some(HaState::Primary);
    report.server.as_mut().unwrap().limits[1] = Limit { name: "routers".into(), now: 4, highest: 4, most: 4_096 };
    let page = std::fs::read_to_string(root().join("README.md")).unwrap();
    let shown = text(&report, None);
    assert!(page.contains(&format!("```text\n{shown}```\n")), "README.md has not:\n{shown}");
}

#[test]
fn one_of_a_kind_is_no_plural() {
    for (error, one, two) in [
        ("peer-not-allowed", "1 connection of a peer that is not ", "2 connections of peers that are not "),
        ("overloaded", "1 notification or connection found ", "2 notifications or connections found "),
        ("sink-failed", "1 notification could ", "2 notifications could "),
    ] {
        assert!(text(&refused(error, 1), None).contains(&format!("{error}: {one}")), "{error}");
        assert!(text(&refused(error, 2), None).contains(&format!("{error}: {two}")), "{error}");
    }
    let report = Report { routers: vec![router(1, HaState::Backup, 0, 1)], ..good() };
    assert!(text(&report, None).contains("\n1 router: 0 primary, 1 backup"));
    assert!(attention(&report, 1)[0].text.ends_with(" changed once in the last hour"));
}

#[test]
fn a_terminal_that_is_drawn_again_gets_no_more_lines_than_it_has() {
    let mut report = good();
    report.routers = (1..=200).map(|n| router(n, HaState::Backup, u64::from(n), 0)).collect();
    assert_eq!(text(&report, None).lines().count(), 209);
    let text = text(&report, Some(24));
    assert_eq!(text.lines().count(), 23, "{text}");
    assert!(text.contains("\nc8c8c8c8-") && text.ends_with("\nand 187 more\n"), "the last change comes first: {text}");
}

/// Rows above the screen's last one that the report takes, with lines that are longer than they are broken.
fn rows_taken(report: &Report, screen: Screen) -> usize {
    let mut out = anstream::StripStream::new(Vec::new());
    table::write(report, &attention(report, 1), Some(screen), &mut out).unwrap();
    let text = String::from_utf8(out.into_inner()).unwrap();
    text.lines().map(|line| line.chars().count().div_ceil(screen.columns).max(1)).sum()
}

#[test]
fn a_terminal_of_any_size_shows_all_that_is_drawn() {
    let mut report = refused("overloaded", 1);
    report.routers = (1..=200).map(|n| router(n, HaState::Fault, u64::from(n), 9)).collect();
    report.server.as_mut().unwrap().socket = "/run/\u{4e00}".repeat(50);
    for rows in [1, 2, 3, 5, 10, 24, 50, 1_000] {
        for columns in [1, 10, 40, 80, 200] {
            let taken = rows_taken(&report, Screen { rows, columns });
            assert!(taken < rows, "{taken} of {rows} rows with {columns} columns");
        }
    }
    let drawn = text(&report, Some(24));
    assert!(drawn.contains("\nfault: router 03") && drawn.contains("\nand 393 more\n"), "{drawn}");
    assert!(drawn.contains("\noverloaded  ") && drawn.contains("\nlimit  "), "{drawn}");
}

#[test]
fn nothing_of_a_report_steers_the_terminal() {
    let steering = "\x1b]0;x\x07\u{202e}\u{9b}31m".to_owned();
    let report = with_server(|server| {
        (server.hanotify, server.socket) = (steering.clone(), steering.clone());
        server.refused = vec![Refused { error: steering.clone(), last_hour: 1, total: 1 }];
        server.limits[0].name = steering;
    });
    let mut out = Vec::new();
    table::write(&report, &[], None, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(!text.contains("\x1b]") && !text.contains(['\x07', '\u{202e}', '\u{9b}']), "{text:?}");
    let mut json = Vec::new();
    report.serialize(&mut serde_json::Serializer::with_formatter(&mut json, PrintableJson)).unwrap();
    let json = String::from_utf8(json).unwrap();
    assert!(json.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{json:?}");
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
}

#[test]
fn a_report_is_read_as_it_was_written() {
    let json = serde_json::to_string(&good()).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), good());
}
