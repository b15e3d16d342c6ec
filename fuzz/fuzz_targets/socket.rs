//! The connection machine at a real socket, against a model.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hanotify_fuzz::socket(input));
