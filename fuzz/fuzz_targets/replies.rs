//! Nothing of the input is in a reply or in a log line.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hanotify_fuzz::replies(input));
hanotify_fuzz::message_mutator!();
