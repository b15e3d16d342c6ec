//! Laws 1, 2 and 3 on any bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hanotify_fuzz::decode(input));
