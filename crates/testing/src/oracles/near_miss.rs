//! A valid message with exactly one defect of a named kind: it is refused with that kind, at that byte.

use arbitrary::Unstructured;
use hanotify::decode_exact;
use hanotify_mutate::near_miss::{Defective, LIMITS, NearMiss, from_recipe};

/// The input is a recipe.
///
/// # Panics
///
/// Where the message is accepted, or refused for something else, or elsewhere; or where it is refused without the
/// defect.
pub fn check(input: &[u8]) {
    let _ = defect(input);
}

/// The defect that was injected and refused, if the recipe gave one.
fn defect(input: &[u8]) -> Option<&'static str> {
    let NearMiss { kind, notification, valid, defective } = from_recipe(&mut Unstructured::new(input)).ok()??;
    assert_eq!(decode_exact(&valid, &LIMITS), Ok(notification), "{}", valid.escape_ascii());
    let Defective { bytes, limits, refused } = defective;
    assert_eq!(refused.kind.name(), kind);
    assert_eq!(decode_exact(&bytes, &limits), Err(refused), "{}", bytes.escape_ascii());
    Some(kind)
}

#[test]
fn every_kind_that_the_core_decides_is_injected() {
    use std::collections::BTreeMap;

    let mut injected = BTreeMap::<&str, usize>::new();
    for input in hanotify_mutate::generated::inputs(4_000) {
        if let Some(name) = defect(&input) {
            *injected.entry(name).or_default() += 1;
        }
    }
    let by_the_core = hanotify::ErrorKind::ALL.iter().map(hanotify::ErrorKind::name);
    for name in by_the_core.take_while(|name| *name != "deadline") {
        assert!(injected.get(name).is_some_and(|&count| count > 20), "{name} in {injected:?}");
    }
}
