//! What is accepted here, httparse and hyper accept too, and read alike.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hanotify_fuzz::differential(input));
hanotify_fuzz::message_mutator!();
