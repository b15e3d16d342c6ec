//! The quick path for fields that are spelled as usual, against the general one.

use hanotify::Limits;
use hanotify_testing::paths;
use proptest::prelude::*;

use super::config;
use super::mutations::{any_limits, input};

/// Where this file's failures are kept.
const KEPT: &str = "proptest-regressions/laws/usual.txt";

proptest! {
    #![proptest_config(config(KEPT))]

    #[test]
    fn both_paths_agree(input in input(), limits in prop_oneof![Just(Limits::DEFAULT), any_limits()]) {
        paths::agree(&input, &limits);
    }
}
