//! A valid message with one defect, which is refused for just that.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hanotify_fuzz::near_miss(input));
