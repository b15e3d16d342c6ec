//! A message: parser and reference recogniser come to the same verdict.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hanotify_fuzz::reference(input));
hanotify_fuzz::message_mutator!();
