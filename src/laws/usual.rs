//! The quick path for fields that are spelled as usual, against the general one.

use proptest::prelude::*;

use super::config;
use super::mutations::{any_limits, input};
use super::paths;
use crate::Limits;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn both_paths_agree(input in input(), limits in prop_oneof![Just(Limits::DEFAULT), any_limits()]) {
        paths::agree(&input, &limits);
    }
}
