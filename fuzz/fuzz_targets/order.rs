//! Order, case and unknown fields change nothing.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hanotify_fuzz::order(input));
hanotify_fuzz::message_mutator!();
