//! A message in every two parts, byte by byte, and in arbitrary parts.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hanotify_fuzz::chunks(input));
hanotify_fuzz::message_mutator!();
