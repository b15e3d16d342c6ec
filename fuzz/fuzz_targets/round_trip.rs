//! From bytes to a notification, to bytes, and back.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hanotify_fuzz::round_trip(input));
hanotify_fuzz::message_mutator!();
