//! No allocation in the core, and work linear in the length.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hanotify_fuzz::cost(input));
hanotify_fuzz::message_mutator!();
