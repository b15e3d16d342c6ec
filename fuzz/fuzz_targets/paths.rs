//! The quick path and the general one agree.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hanotify_fuzz::paths(input));
hanotify_fuzz::message_mutator!();
