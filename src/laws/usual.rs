//! The quick path for fields that are spelled as usual, against the general one.

use proptest::prelude::*;

use super::config;
use super::mutations::{any_limits, input};
use crate::validate::Validator;
use crate::wire::{self, Line};
use crate::{Error, Limits, Notification, decode};

/// What the general path makes of `input`: the notification and the length of head and body, if the head is whole.
fn with_care(input: &[u8], limits: &Limits) -> Result<Option<(Notification, usize)>, Error> {
    let Some((_, mut start)) = wire::request_line(input, limits)? else { return Ok(None) };
    let mut validator = Validator::new();
    for count in 0.. {
        match wire::line(input, start, count, limits) {
            Ok(None) => return Ok(None),
            Ok(Some((end, Line::Blank))) => {
                return validator.finish(start).map(|(notification, body)| Some((notification, end + body)));
            }
            Ok(Some((end, Line::Field(field)))) => {
                validator.field(&field, limits)?;
                start = end;
            }
            Err(refused) => {
                let unfinished = wire::unfinished_field(input, start, refused.offset);
                return Err(validator.earliest(unfinished, limits, refused));
            }
        }
    }
    Ok(None)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn both_paths_agree(input in input(), limits in prop_oneof![Just(Limits::DEFAULT), any_limits()]) {
        let careful = with_care(&input, &limits).map(|whole| whole.filter(|&(_, len)| len <= input.len()));
        let quick = decode(&input, &limits).map(|status| match status {
            crate::Status::Complete { notification, consumed, .. } => Some((notification, consumed)),
            crate::Status::Incomplete => None,
        });
        prop_assert_eq!(quick, careful);
    }
}
