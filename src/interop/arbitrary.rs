//! Valid values from unstructured bytes, for fuzz targets.

use arbitrary::{Arbitrary, Error, Result, Unstructured};

use crate::limits::Limits;
use crate::notification::{HaState, Notification, RouterId};

/// Where the bytes are all zero, as they are when a source has run out of them, the least id that is valid.
impl<'a> Arbitrary<'a> for RouterId {
    fn arbitrary(source: &mut Unstructured<'a>) -> Result<Self> {
        let bytes = source.arbitrary()?;
        Self::from_bytes(bytes).or_else(|| Self::from_bytes(1u128.to_be_bytes())).ok_or(Error::IncorrectFormat)
    }

    fn size_hint(depth: usize) -> (usize, Option<usize>) {
        <[u8; 16]>::size_hint(depth)
    }
}

impl<'a> Arbitrary<'a> for HaState {
    fn arbitrary(source: &mut Unstructured<'a>) -> Result<Self> {
        source.choose(&Self::ALL).copied()
    }

    fn size_hint(_: usize) -> (usize, Option<usize>) {
        (0, Some(1))
    }
}

impl<'a> Arbitrary<'a> for Notification {
    fn arbitrary(source: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self { router_id: source.arbitrary()?, state: source.arbitrary()? })
    }

    fn size_hint(depth: usize) -> (usize, Option<usize>) {
        arbitrary::size_hint::and(RouterId::size_hint(depth), HaState::size_hint(depth))
    }
}

/// Each limit from nothing to twice its default, so that a message of usual size meets it often.
impl<'a> Arbitrary<'a> for Limits {
    fn arbitrary(source: &mut Unstructured<'a>) -> Result<Self> {
        let default = Self::DEFAULT;
        Ok(default
            .with_request_line(source.int_in_range(0..=2 * default.request_line())?)
            .with_fields(source.int_in_range(0..=2 * default.fields())?)
            .with_field_line(source.int_in_range(0..=2 * default.field_line())?)
            .with_head(source.int_in_range(0..=2 * default.head())?)
            .with_body(source.int_in_range(0..=64)?)
            .with_legacy_state(source.arbitrary()?))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::string::ToString;
    use std::vec::Vec;

    use arbitrary::Arbitrary as _;
    use proptest::prelude::*;

    use super::*;
    use crate::{decode_exact, encode};

    proptest! {
        #[test]
        fn what_comes_out_is_valid(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let mut source = Unstructured::new(&bytes);
            let notification = Notification::arbitrary(&mut source).expect("a notification, however few the bytes");
            prop_assert_eq!(notification.router_id.to_string().parse(), Ok(notification.router_id));
            prop_assert_eq!(decode_exact(encode(&notification).as_bytes(), &Limits::DEFAULT), Ok(notification));
            let limits = Limits::arbitrary(&mut source).expect("limits, however few the bytes");
            prop_assert!(limits.head() <= 16_384 && limits.body() <= 64);
        }
    }

    #[test]
    fn a_limit_goes_up_to_twice_its_default() {
        let most = |of: fn(&Limits) -> usize| {
            let any = (0..=u8::MAX).map(|byte| [byte; 64].map(|seed| seed.wrapping_mul(37)));
            let any = any.map(|bytes| Limits::arbitrary(&mut Unstructured::new(&bytes)).expect("limits"));
            any.map(|limits| of(&limits)).max().unwrap_or_default()
        };
        for of in [Limits::request_line, Limits::fields, Limits::field_line, Limits::head] {
            let (most, default) = (most(of), of(&Limits::DEFAULT));
            assert!((default * 3 / 2..=default * 2).contains(&most), "{most}, and {default} by default");
        }
    }

    #[test]
    fn the_hints_are_what_is_taken() {
        fn taken<'a, T: arbitrary::Arbitrary<'a>>(bytes: &'a [u8]) -> usize {
            let mut source = Unstructured::new(bytes);
            T::arbitrary(&mut source).expect("a value");
            bytes.len() - source.len()
        }
        let bytes = [7; 64];
        assert_eq!(RouterId::size_hint(0), (taken::<RouterId>(&bytes), Some(taken::<RouterId>(&bytes))));
        assert_eq!(HaState::size_hint(0), (0, Some(taken::<HaState>(&bytes))));
        assert_eq!(Notification::size_hint(0), (taken::<RouterId>(&bytes), Some(taken::<Notification>(&bytes))));
    }

    #[test]
    fn every_state_comes_out_and_no_id_is_nil() {
        let sources: Vec<[u8; 1]> = (0..=255).map(|byte| [byte]).collect();
        let states: HashSet<_> =
            sources.iter().map(|bytes| HaState::arbitrary(&mut Unstructured::new(bytes)).expect("a state")).collect();
        assert_eq!(states.len(), HaState::ALL.len());
        let id = RouterId::arbitrary(&mut Unstructured::new(&[])).expect("an id");
        assert_eq!(id.to_string(), "00000000-0000-0000-0000-000000000001");
    }
}
