//! A configuration of keepalived gives the address that is in it, or is refused at a byte of it.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hanotify_fuzz::keepalived(input));
