//! The connection machine under a clock of the test's own, against a model.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hanotify_fuzz::connection(input));
