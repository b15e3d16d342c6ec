//! Datagrams of the kernel's are read to their end or refused, and a view asks anew after a loss.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hanotify_fuzz::netlink(input));
