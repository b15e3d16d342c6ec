//! What is counted, and alone decides whether the bench passes: system calls and instructions for a notification, of
//! `send`, and of the start of `serve`.

use std::collections::BTreeSet;

use hanotify_testing::corpus::root;
use hanotify_testing::counting::{GROWTH, GROWTH_ELSEWHERE};

use super::Scale;
use super::bars::Bars;
use super::baseline::{Baseline, Held};
use super::burst::burst;
use super::commands::send;
use super::memory::serve;
use super::program::hanotify;
use super::running::{Running, role_at};
use super::watched::{Counted, counted, is_clock};

/// Notifications that wait when the server begins. What they cost is the difference between twice as many and so many,
/// in which neither the start of a server is nor its end.
const BURST: usize = 512;
/// Connections that the server accepts before it looks for events again.
const BATCH: u64 = 256;

/// By how much the instructions of a program's start may grow. The C library asks the processor what it can do, which
/// takes up to 3 % more of them on another processor, and looks at each variable of the environment, for 1 %:
/// valgrind's wrapper sets some.
const START: f64 = 1.08;
/// The same where the C library may be of another version, whose start most of it is.
const START_ELSEWHERE: f64 = 1.25;

pub(crate) fn step(scale: Scale, bars: &mut Bars) {
    let roles = ["floor", "floor+peer", "hanotify", "tokio", "hyper"];
    let of_roles = roles.map(|role| (role, notifications(role)));
    println!("          for a notification, of {BURST} that wait when the server begins:");
    print_table(&of_roles, BURST);
    let commands = [("send", sent()), ("serve", started())];
    println!("          from the start of the command: of `send` to its end, of `serve` until it listens");
    print_table(&commands, 1);

    let [_, (_, checked), (_, ours), ..] = &of_roles;
    let [(_, send), (_, serve)] = &commands;
    assert!(ours.chosen.is_empty(), "another processor may run something else than {:?}", ours.chosen);
    // One look for events for each batch, and nothing else, is what the server adds to the calls that it can't do
    // without.
    let most = checked.system_calls() + BURST as u64 / BATCH;
    bars.count(&format!("system calls for {BURST} notifications"), ours.system_calls(), most);
    let held = |name, count, here, elsewhere| Held { name, count, here, elsewhere };
    let all = [
        held("instructions for a notification", ours.instructions / BURST as u64, GROWTH, GROWTH_ELSEWHERE),
        held("system calls of send", send.system_calls(), 1.0, GROWTH_ELSEWHERE),
        held("instructions of send", send.instructions, START, START_ELSEWHERE),
        held("system calls of serve until it listens", serve.system_calls(), 1.0, GROWTH_ELSEWHERE),
        held("instructions of serve until it listens", serve.instructions, START, START_ELSEWHERE),
    ];
    if scale.update {
        Baseline::write(&all);
    }
    let baseline = Baseline::read();
    for held in all {
        bars.count(held.name, held.count, baseline.most(&held));
    }
}

/// What so many notifications more cost this server.
fn notifications(role: &str) -> Counted {
    let message = std::fs::read(root().join("corpus/captures/curl-7.88.1-post.http")).unwrap();
    let [once, twice] = [BURST, BURST * 2].map(|count| {
        counted(None, |watch| {
            let server = Running::start(|socket| Some(watch(&role_at(role, socket)))).unwrap();
            burst(&server, &message, count);
            server.end();
        })
    });
    let mut more = twice.beyond(&once);
    // The look at the socket's file comes by the clock, and not for a notification.
    more.calls.remove("statx");
    more
}

fn sent() -> Counted {
    let server = Running::role("hanotify");
    counted(None, |watch| {
        let output = watch(&send(&server.socket())).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    })
}

/// `serve` until its first wait for a connection; of its system calls, the last that counts says that it listens.
fn started() -> Counted {
    counted(Some("listening"), |watch| {
        let server = Running::start(|socket| Some(watch(&serve(&hanotify(), socket)))).unwrap();
        server.settle();
        server.end();
    })
}

/// A row for each system call that one of them makes, for all of these, and for the instructions: what one of so many
/// takes.
fn print_table<const N: usize>(columns: &[(&str, Counted); N], of: usize) {
    let print = |name: &str, cells: [String; N]| {
        print!("          {name:<26}");
        for cell in cells {
            print!(" {cell:>11}");
        }
        println!();
    };
    let row = |name: &str, digits: usize, value: &dyn Fn(&Counted) -> u64| {
        let cell = |(_, counted): &(&str, Counted)| match value(counted) {
            0 => "-".into(),
            value => format!("{:.digits$}", value as f64 / of as f64),
        };
        print(name, columns.each_ref().map(cell));
    };
    print("", columns.each_ref().map(|(head, _)| (*head).into()));
    let digits = if of > 1 { 3 } else { 0 };
    let names: BTreeSet<&String> = columns.iter().flat_map(|(_, counted)| counted.calls.keys()).collect();
    for name in names {
        let note = if is_clock(name) { " (not in all)" } else { "" };
        row(&format!("{name}{note}"), digits, &|counted| counted.calls.get(name).copied().unwrap_or_default());
    }
    row("all system calls", digits, &Counted::system_calls);
    row("instructions", 0, &|counted| counted.instructions);
}
