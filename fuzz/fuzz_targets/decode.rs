//! Any bytes: what is borrowed, every number, every limit, and laws 1 to 3.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hanotify_fuzz::decode(input));
hanotify_fuzz::message_mutator!();
