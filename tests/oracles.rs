//! Every oracle on the whole corpus and on generated input: on stable, what the fuzz targets do on and on.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]
use std::collections::HashSet;
use std::fs;

use hanotify_mutate::generated;
use hanotify_testing::corpus::{folder as corpus, messages};
use hanotify_testing::oracles;

/// Runs an oracle on all inputs, and tells which one it was when a law didn't hold.
fn run(name: &str, generated: usize) {
    let (_, oracle) = oracles::ALL.iter().find(|(of, _)| *of == name).expect("an oracle");
    let folders = oracles::ALL.iter().map(|(of, _)| format!("fuzz/{of}"));
    // Many a message is a seed of more than one target.
    let mut seen = HashSet::new();
    for folder in folders.chain(["captures".into(), "crashes".into()]) {
        for path in messages(&corpus().join(folder)) {
            let input = fs::read(&path).expect("a readable file");
            println!("{}", path.display());
            if seen.insert(input.clone()) {
                oracle(&input);
            }
        }
    }
    for input in generated::inputs(generated) {
        println!("generated: b\"{}\"", input.escape_ascii());
        oracle(&input);
    }
}

macro_rules! tests {
    ($($name:ident: $generated:literal)+) => {
        $(#[test] fn $name() { run(stringify!($name), $generated); })+

        #[test]
        fn every_oracle_has_its_test() {
            let named: Vec<&str> = oracles::ALL.iter().map(|(name, _)| *name).collect();
            assert_eq!(named, [$(stringify!($name)),+]);
        }
    };
}

// So many generated inputs as take about a second.
tests! {
    chunks: 200
    connection: 5_000
    cost: 300
    decode: 5_000
    differential: 8_000
    keepalived: 5_000
    near_miss: 5_000
    netlink: 5_000
    order: 3_000
    paths: 5_000
    reference: 2_000
    replies: 2_000
    round_trip: 5_000
    sinks: 2_000
    socket: 2_000
    valid: 3_000
}
