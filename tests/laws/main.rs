//! The laws of `docs/protocol.md`, for arbitrary input.
//!
//! Each runs for 10,000 cases, or as many as `PROPTEST_CASES` says. What fails is kept in `proptest-regressions/`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a test that panics has failed"
)]

mod agreement;
mod messages;
mod mutations;
mod offsets;
mod usual;

use std::collections::HashSet;

use hanotify::wire::Fields;
use hanotify::{
    Decoder, Error, ErrorKind, FieldName, HaState, Limits, RouterId, Status, decode, decode_exact, encode, validate,
    wire,
};
use hanotify_testing::laws;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{FailurePersistence, FileFailurePersistence};

use self::messages::{Message, message, notification};
use self::mutations::{any_limits, input, limits};

/// How many cases, and the file in which what fails is kept. All else is as proptest has it.
fn config(kept: &'static str) -> ProptestConfig {
    const CASES: u32 = 10_000;
    let default = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { default.cases } else { CASES };
    // Off where the environment says so, as it is for a mutant.
    let persistence = default.failure_persistence.map(|_| Box::new(persistence(kept)) as Box<dyn FailurePersistence>);
    ProptestConfig { cases, failure_persistence: persistence, ..default }
}

/// Cargo runs the tests of a package in its folder.
fn persistence(kept: &'static str) -> FileFailurePersistence {
    FileFailurePersistence::Direct(kept)
}

/// Where this file's failures are kept.
const KEPT: &str = "proptest-regressions/laws/main.txt";

proptest! {
    #![proptest_config(config(KEPT))]

    #[test]
    fn laws_1_to_3_hold_for_any_input(
        input in input(),
        limits in limits(),
        cuts in prop::collection::vec(any::<Index>(), 4),
    ) {
        laws::check(&input, &limits, cuts.iter().map(|cut| cut.index(input.len() + 1)));
    }

    #[test]
    fn law_2_holds_for_any_number_of_parts(
        input in input(),
        limits in limits(),
        cuts in prop::collection::vec(any::<Index>(), 0..10),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
        cuts.sort_unstable();
        let mut decoder = Decoder::new(limits);
        for cut in cuts {
            let _ = decoder.decode(&input[..cut]);
        }
        prop_assert_eq!(decoder.decode(&input), decode(&input, &limits));
    }

    #[test]
    fn law_3_an_encoded_notification_reads_back(notification in notification()) {
        let encoded = encode(&notification);
        prop_assert_eq!(decode_exact(encoded.as_bytes(), &Limits::DEFAULT), Ok(notification));
        prop_assert_eq!(notification.router_id.to_string().parse(), Ok(notification.router_id));
        prop_assert_eq!(notification.state.to_string().parse(), Ok(notification.state));
    }

    #[test]
    fn law_4_order_and_case_and_unknown_fields_change_nothing((notification, message) in message()) {
        prop_assert_eq!(decode_exact(&message.to_bytes(), &Limits::DEFAULT), Ok(notification));
    }

    #[test]
    fn law_4_holds_for_whatever_is_accepted(input in input(), seed in any::<u64>(), at in any::<Index>()) {
        let Ok(Status::Complete { notification, consumed, body }) = decode(&input, &Limits::DEFAULT) else {
            return Ok(());
        };
        let mut other = Message::read(&input[..consumed], body);
        other.lines.reverse();
        other.spell_names(seed);
        let at = at.index(other.lines.len() + 1);
        other.lines.insert(at, "X-Unknown: \t\"primary\", 9b3a1d8e".into());
        let limits = Limits::DEFAULT.with_fields(33).with_head(9_000);
        prop_assert_eq!(decode_exact(&other.to_bytes(), &limits), Ok(notification));
    }

    #[test]
    fn law_5_no_input_makes_it_panic(input in input(), limits in any_limits(), at in any::<Index>()) {
        let at = at.index(input.len() + 1);
        let _ = decode(&input, &limits);
        let _ = decode_exact(&input, &limits);
        let _ = Decoder::new(limits).refuse(ErrorKind::Deadline.at(at));
        let _ = wire::request_line(&input, &limits);
        let _ = validate(input.split(|&byte| byte == b'\n').map(|line| line.split_at(at.min(line.len()))), &limits);
        let _ = (RouterId::parse(&input), HaState::parse(&input), FieldName::parse(&input));
        // From anywhere, even from behind the end.
        for start in [0, at, input.len() + 1, usize::MAX] {
            prop_assert!(Fields::new(&input, start, limits).count() <= input.len() + 1);
        }
        // A buffer that shrinks is the caller's mistake, and no reason to panic.
        let mut decoder = Decoder::new(limits);
        let _ = decoder.decode(&input);
        let _ = decoder.decode(&input[..at]);
    }

    #[test]
    fn law_7_an_error_shows_nothing_of_the_input(input in input(), limits in limits()) {
        if let Err(Error { kind, offset, .. }) = decode_exact(&input, &limits) {
            prop_assert!(all_kinds().contains(&kind), "{kind:?} carries something else than a field's usual name");
            prop_assert_eq!(kind.at(offset).to_string(), format!("{kind} (byte {offset})"));
            prop_assert!(kind.to_string().bytes().all(|byte| matches!(byte, b' '..=b'~')));
        }
    }
}

/// Every kind with everything that it can carry: there is no room for a byte of the peer's.
fn all_kinds() -> HashSet<ErrorKind> {
    let carried = FieldName::ALL.into_iter().flat_map(|field| {
        [ErrorKind::MissingField { field }, ErrorKind::DuplicateField { field }, ErrorKind::UnsupportedField { field }]
    });
    let coding = [false, true].map(|with_content_length| ErrorKind::TransferCoding { with_content_length });
    ErrorKind::ALL.iter().copied().chain(carried).chain(coding).collect()
}

#[test]
fn proptest_tries_again_what_failed_once() {
    for kept in [KEPT, offsets::KEPT] {
        let loaded = persistence(kept).load_persisted_failures2(None);
        let file = std::fs::read_to_string(kept).expect("the kept failures");
        assert_eq!(loaded.len(), file.lines().filter(|line| line.starts_with("cc ")).count());
        assert!(!loaded.is_empty(), "{kept}");
    }
}
