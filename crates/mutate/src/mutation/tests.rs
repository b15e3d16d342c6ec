//! The laws of the mutator.

use super::operations::{self, Operation};
use super::tokens::{Tokens, tokens};
use super::{lines, mutate, mutated, spelled};
use crate::random::Random;

const MESSAGE: &[u8] =
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Neutron-Router-Id: 9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10\r\n\
    X-Neutron-State: primary\r\nContent-Length: 2\r\n\r\nhi";

fn everything(operation: Operation) -> Vec<Vec<u8>> {
    (0..5_000)
        .map(|seed| {
            let mut message = MESSAGE.to_vec();
            operation(&mut message, &mut Random::from_seed(seed));
            message
        })
        .collect()
}

/// Asserts that an operation makes each of `wanted` from a part of the message.
fn makes(operation: Operation, wanted: &[&[u8]]) {
    let made = everything(operation);
    for part in wanted {
        let there = made.iter().any(|message| message.windows(part.len()).any(|window| window == *part));
        assert!(there, "never makes {}", part.escape_ascii());
    }
}

#[test]
fn the_same_seed_mutates_alike() {
    for seed in 0..2_000 {
        let once = mutated(MESSAGE, 4096, &mut Random::from_seed(seed));
        assert_eq!(once, mutated(MESSAGE, 4096, &mut Random::from_seed(seed)));
    }
}

#[test]
fn neighbouring_seeds_mutate_differently() {
    let all: std::collections::HashSet<_> =
        (0..1_000).map(|seed| mutated(MESSAGE, 4096, &mut Random::from_seed(seed))).collect();
    assert!(all.len() > 900, "{}", all.len());
}

#[test]
fn the_size_is_respected_and_any_bytes_will_do() {
    let odd: [&[u8]; 8] = [b"", b"\n", b"\r\n", b":", b"\r\n\r\n", b"\xff\0:\n\n", b"GET", MESSAGE];
    for message in odd {
        for max_size in [0, 1, 7, MESSAGE.len(), 9_000] {
            let mut data = vec![0; max_size.max(message.len())];
            for seed in 0..3_000 {
                data[..message.len()].copy_from_slice(message);
                assert!(mutate(&mut data, message.len(), max_size, seed).is_none_or(|len| len <= max_size));
            }
        }
    }
}

#[test]
fn a_spelling_takes_any_bytes_and_respects_the_size() {
    let odd: [&[u8]; 9] = [b"", b"\n", b"\r\n", b":", b"\r\n\r\n", b"\xff\0:\n\n", b"GET", b"a\n-\n", MESSAGE];
    for message in odd {
        for max_size in [0, 1, 7, MESSAGE.len(), 9_000] {
            for seed in 0..3_000 {
                let once = spelled(message, max_size, &mut Random::from_seed(seed));
                assert!(once.len() <= max_size);
                assert_eq!(once, spelled(message, max_size, &mut Random::from_seed(seed)));
            }
        }
    }
}

#[test]
fn what_lenient_readers_take_is_spelled() {
    let made: Vec<_> = (0..60_000).map(|seed| spelled(MESSAGE, 4_096, &mut Random::from_seed(seed))).collect();
    let wanted: [&[u8]; 13] = [
        b"State: primary\xa0\r\n",
        b"State: PRIMARY\r\n",
        b"Id: {9b3a1d8e",
        b"Id: urn:uuid:9b3a1d8e",
        b"9f5e%2d0a4c",
        b"d10, 9b3a",
        b"+2",
        b"Length: \xd9\xa2",
        b"Transfer-Encoding: chunked\r\n",
        b"X_Neutron_State",
        b"State : primary",
        b"State: primary\nContent-Length: 2\n\n",
        b"Id: 9b3a1d8e5c1f4a57",
    ];
    for part in wanted {
        let there = made.iter().any(|message| message.windows(part.len()).any(|window| window == part));
        assert!(there, "never makes {}", part.escape_ascii());
    }
}

#[test]
fn the_fuzzer_has_its_turn_too() {
    let mut data = vec![0; 4096];
    data[..MESSAGE.len()].copy_from_slice(MESSAGE);
    let own = (0..10_000).filter(|&seed| mutate(&mut data.clone(), MESSAGE.len(), 4096, seed).is_none()).count();
    assert!((4_000..6_000).contains(&own), "{own}");
}

#[test]
fn no_operation_is_idle_for_good_on_a_message() {
    for (number, &operation) in operations::ALL.iter().enumerate() {
        let changed = everything(operation).iter().filter(|made| *made != MESSAGE).count();
        assert!(changed > 1_000, "operation {number} changes {changed} in 5,000");
    }
}

#[test]
fn fields_are_swapped_repeated_and_removed() {
    makes(
        operations::swap_fields,
        &[b"1.1\r\nX-Neutron-State: primary\r\n", b"Content-Length: 2\r\nX-Neutron-State: primary\r\n\r\nhi"],
    );
    makes(
        operations::duplicate_field,
        &[b"X-Neutron-State: primary\r\nX-Neutron-State: primary\r\n", b"1.1\r\nContent-Length: 2\r\nHost"],
    );
    makes(operations::remove_field, &[b"HTTP/1.1\r\nX-Neutron-Router-Id", b"primary\r\n\r\nhi"]);
    let lengths_stay = everything(operations::swap_fields).iter().all(|made| made.len() == MESSAGE.len());
    assert!(lengths_stay);
}

#[test]
fn lines_are_split_and_joined_and_end_otherwise() {
    makes(operations::split_field, &[b"prim\r\nary", b"prim\nary", b"prim\rary", b"prim\r\n ary"]);
    makes(operations::join_lines, &[b"127.0.0.1X-Neutron"]);
    makes(operations::break_ending, &[b"127.0.0.1\nX-", b"127.0.0.1\rX-", b"127.0.0.1\r\r\nX-", b"HTTP/1.1\nHost"]);
}

#[test]
fn names_and_values_change_their_case() {
    makes(operations::change_case, &[b"x-neutron-state: primary", b"HOST: ", b"HOst: ", b": PRIMARY", b"9B3A1D8E"]);
}

#[test]
fn bytes_break_where_it_matters() {
    makes(operations::break_byte, &[b"X_Neutron", b"\x7f", b"\xa0", b"\0"]);
    makes(operations::insert_bytes, &[b"primary\xa0\r\n", b"Host :", b"Host: \xff127", b"HTTP/1.1 \r\n"]);
    makes(operations::add_white_space, &[b"primary\xa0\r\n", b"primary\t\r\n", b" Host:", b"Host :"]);
    makes(operations::edit_number, &[b"Content-Length: 3", b"Content-Length: 22", b"127.0.0.2"]);
}

#[test]
fn values_lines_and_request_lines_come_from_the_dictionary() {
    makes(
        operations::replace_value,
        &[b"State: backup\r\n", b"Id: 00000000-0000-0000-0000-000000000000\r\n", b"Length: +0\r\n"],
    );
    makes(operations::insert_line, &[b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n"]);
    makes(operations::replace_start, &[b"PUT / HTTP/1.1\r\nHost"]);
}

#[test]
fn limits_are_met_exactly_and_missed_by_one() {
    let longest = |message: &Vec<u8>| lines::lines(message).iter().map(ExactSizeIterator::len).max();
    let made = everything(operations::stretch_to_limit);
    for len in [63, 64, 65, 1023, 1024, 1025] {
        assert!(made.iter().any(|message| longest(message) == Some(len)), "no line of {len} bytes");
    }
    for len in [8191, 8192, 8193] {
        let head = |message: &Vec<u8>| lines::lines(message).last().map(|last| last.end);
        assert!(made.iter().any(|message| head(message) == Some(len)), "no head of {len} bytes");
    }
    let made = everything(operations::many_fields);
    for count in [4, 5, 6, 31, 32, 33] {
        assert!(made.iter().any(|message| lines::fields(message).len() == count), "never {count} fields");
    }
}

#[test]
fn the_dictionary_has_tokens_of_each_sort() {
    let Tokens { starts, lines, values, bytes } = tokens();
    assert!(starts.len() > 5 && lines.len() > 15 && values.len() > 15 && bytes.len() > 15);
    assert!(lines.iter().chain(starts).all(|line| line.ends_with(b"\r\n")));
    assert!(
        lines.contains(&b" folded\r\n".to_vec())
            && bytes.contains(&b"\"".to_vec())
            && bytes.contains(&b"\xc2\xa0".to_vec())
    );
}

#[test]
fn a_dictionary_that_is_none_is_not_read() {
    for wrong in ["x", "x=y", "x=\"\\q\"", "x=\"\\x4\"", "x=\"\u{e9}\""] {
        assert!(std::panic::catch_unwind(|| Tokens::read(wrong)).is_err(), "{wrong}");
    }
    assert_eq!(Tokens::read("# c\n\na=\"\\\\\\x00b\"").bytes, [b"\\\0b"]);
}
