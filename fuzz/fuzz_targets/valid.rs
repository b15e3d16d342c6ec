//! From any valid notification to bytes, and back.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hanotify_fuzz::valid(input));
