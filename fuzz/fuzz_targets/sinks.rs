//! Sinks put together, under failures and delays.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hanotify_fuzz::sinks(input));
