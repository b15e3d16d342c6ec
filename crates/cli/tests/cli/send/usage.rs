//! Arguments that make sense, and others.

use std::os::unix::net::UnixListener;
use std::process::Command;
use std::thread;

use super::place::{ID, OK, Place, reply, send};

#[test]
fn arguments_that_make_no_sense_are_an_error_of_usage_that_states_the_rule() {
    let upper = ID.to_uppercase();
    let long = "a".repeat(108);
    for (args, rule) in [
        (&["--router-id", upper.as_str()][..], "expected a UUID as 36 bytes in lower case with dashes, not all zero"),
        (&["--router-id", "00000000-0000-0000-0000-000000000000"], "not all zero"),
        (&["--state", "master"], "primary, backup, fault"),
        (&["--state", "Primary"], "primary, backup, fault"),
        (&["--timeout", "0s"], "more than zero, and at most one day"),
        (&["--timeout", "25h"], "more than zero, and at most one day"),
        (&["--timeout", "10"], "a number with a unit, such as 10s or 500ms"),
        (&["--timeout", "-1s"], ""),
        (&["--retries", "-1"], ""),
        (&["--retries", "4294967296"], "0..=4294967295"),
        (&["--socket", long.as_str()], "a socket's path has at most 107 bytes, and this has 108"),
        (&["--socket", ""], "a value is required"),
    ] {
        let usual = [("--socket", "/nonexistent"), ("--router-id", ID), ("--state", "fault")];
        let usual = usual.into_iter().filter(|(name, _)| *name != args[0]).flat_map(|(name, value)| [name, value]);
        let output = Command::new(crate::HANOTIFY).arg("send").args(usual).args(args).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr.starts_with("error: ") && stderr.contains(rule), "{args:?}: {stderr}");
    }
}

#[test]
fn a_path_of_107_bytes_is_reached() {
    let place = Place::new();
    let room = 107 - place.0.path().as_os_str().len() - 1;
    let socket = place.0.path().join("s".repeat(room));
    let listener = UnixListener::bind(&socket).unwrap();
    let receiver = thread::spawn(move || reply(&listener, OK));
    assert_eq!(send(&socket, &[]).exit, Some(0));
    receiver.join().unwrap();
}
