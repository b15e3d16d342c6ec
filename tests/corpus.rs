//! Everything under `corpus/`, replayed.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

use std::collections::HashSet;
use std::fs;

use hanotify::{ErrorKind, HaState, Limits, Notification, decode_exact};
use hanotify_testing::corpus::{entries, folder as corpus, messages, name, read, root};
use hanotify_testing::{laws, reference};

/// The captures, and what they say.
const CAPTURES: [(&str, &str, HaState); 5] = [
    ("curl-7.88.1-post-empty-body.http", "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10", HaState::Primary),
    ("curl-7.88.1-post.http", "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10", HaState::Primary),
    ("http.client-post.http", "6a2f3f6e-3c1b-4d4f-9a7e-0b5c8d9e1f20", HaState::Fault),
    ("httplib2-0.32.1-get.http", "6a2f3f6e-3c1b-4d4f-9a7e-0b5c8d9e1f20", HaState::Backup),
    (LEGACY, "6a2f3f6e-3c1b-4d4f-9a7e-0b5c8d9e1f20", HaState::Primary),
];
/// The capture that says `master`.
const LEGACY: &str = "httplib2-0.9.2-get-master.http";
const WITH_MASTER: Limits = Limits::DEFAULT.with_legacy_state(true);

#[test]
fn the_laws_hold_for_every_message() {
    check_every_message(&Limits::DEFAULT);
}

#[test]
fn the_laws_hold_for_every_message_with_master_and_a_body() {
    check_every_message(&WITH_MASTER.with_body(16));
}

#[test]
fn the_laws_hold_for_every_message_under_a_limit_that_most_exceed() {
    check_every_message(&WITH_MASTER.with_head(100));
}

/// The laws, and that the reference decides alike.
fn check_every_message(limits: &Limits) {
    let all = messages(&corpus());
    assert!(all.len() > 30, "only {} messages", all.len());
    // Many a message is a seed of more than one fuzz target.
    let mut seen = HashSet::new();
    for path in all {
        let input = read(&path);
        if !seen.insert(input.clone()) {
            continue;
        }
        // A long one is cut at fewer places: the time grows with the square of the length.
        let step = 1 + input.len() / 2_000;
        println!("{} under {limits:?}", path.display());
        laws::check(&input, limits, (0..=input.len()).step_by(step));
        reference::check_under(&input, limits);
    }
}

#[test]
fn every_capture_says_what_its_sender_said() {
    let found: Vec<String> = messages(&corpus().join("captures")).iter().map(|path| name(path)).collect();
    assert_eq!(found, CAPTURES.map(|(name, ..)| name));
    let readme = fs::read_to_string(corpus().join("captures/README.md")).expect("the captures' README");
    for (name, id, state) in CAPTURES {
        let input = read(&corpus().join("captures").join(name));
        let said = Ok(Notification { router_id: id.parse().expect("a router id"), state });
        assert_eq!(decode_exact(&input, &WITH_MASTER), said, "{name}");
        if name != LEGACY {
            assert_eq!(decode_exact(&input, &Limits::DEFAULT), said, "{name}");
        }
        assert!(readme.contains(&format!("`{name}`")), "{name} has no line in the README");
    }
}

#[test]
fn the_word_master_is_refused_unless_asked_for() {
    let input = read(&corpus().join("captures").join(LEGACY));
    let offset = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nx-neutron-state: ".len();
    assert!(input[offset..].starts_with(b"master\r\n"));
    assert_eq!(decode_exact(&input, &Limits::DEFAULT), Err(ErrorKind::State.at(offset)));
}

#[test]
fn every_fuzz_target_has_seeds_and_no_others_are_there() {
    let targets = entries(&root().join("fuzz/fuzz_targets"));
    let targets: Vec<String> = targets.iter().map(|path| name(&path.with_extension(""))).collect();
    let folders = entries(&corpus().join("fuzz"));
    assert_eq!(folders.iter().map(|path| name(path)).collect::<Vec<_>>(), targets);
    for folder in folders {
        let seeds = messages(&folder);
        let bytes: u64 = seeds.iter().map(|path| fs::metadata(path).expect("a file").len()).sum();
        assert!(!seeds.is_empty() && bytes <= 1_000_000, "{}: {} of {bytes} bytes", folder.display(), seeds.len());
    }
}

#[test]
fn the_seeds_of_decode_are_refused_in_every_way() {
    let by_the_core = ErrorKind::ALL.iter().map(ErrorKind::name).take_while(|name| *name != "deadline");
    for kind in by_the_core {
        let seed = corpus().join(format!("fuzz/decode/refused-{kind}.http"));
        let refused = decode_exact(&read(&seed), &Limits::DEFAULT).map_err(|error| error.kind.name());
        assert_eq!(refused, Err(kind), "{}", seed.display());
    }
}

#[test]
fn every_find_has_a_note() {
    let folder = corpus().join("crashes");
    assert!(folder.join("README.md").is_file() && corpus().join("vectors/README.md").is_file());
    for path in messages(&folder) {
        let note = fs::read_to_string(path.with_extension("md")).unwrap_or_default();
        assert!(!note.trim().is_empty(), "{} has no note beside it", path.display());
    }
}
