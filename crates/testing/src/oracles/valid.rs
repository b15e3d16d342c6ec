//! Law 3 from the other end: from any valid notification to bytes, as this crate and as every known sender writes them,
//! and back.

use arbitrary::{Arbitrary, Unstructured};
use hanotify::{HaState, Limits, Notification, decode_exact, encode};

/// The input is a recipe.
///
/// # Panics
///
/// Where something else comes back.
pub fn check(input: &[u8]) {
    let mut source = Unstructured::new(input);
    let Ok(notification) = Notification::arbitrary(&mut source) else { return };
    let (id, state) = text(&notification);
    let encoded = encode(&notification);
    for message in [
        std::str::from_utf8(encoded.as_bytes()).expect("ASCII").to_owned(),
        curl(&id, state),
        httplib2(&id, state),
        http_client(&id, state),
    ] {
        assert_eq!(decode_exact(message.as_bytes(), &Limits::DEFAULT), Ok(notification), "{message}");
    }
    let legacy = decode_exact(httplib2(&id, "master").as_bytes(), &Limits::DEFAULT.with_legacy_state(true));
    assert_eq!(legacy, Ok(Notification { state: HaState::Primary, ..notification }));
    let named = [format!("\r\nX-Neutron-Router-Id: {id}\r\n"), format!("\r\nX-Neutron-State: {state}\r\n")];
    assert!(named.iter().all(|line| encoded.as_bytes().windows(line.len()).any(|part| part == line.as_bytes())));
}

/// What the notification says, written without the code under test.
fn text(notification: &Notification) -> (String, &'static str) {
    let id = u128::from_be_bytes(notification.router_id.to_bytes());
    let digits = format!("{id:032x}");
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    let state = match notification.state {
        HaState::Primary => "primary",
        HaState::Backup => "backup",
        HaState::Fault => "fault",
    };
    (parts.join("-"), state)
}

fn curl(id: &str, state: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\nX-Neutron-Router-Id: {id}\r\n\
         X-Neutron-State: {state}\r\nConnection: close\r\n\r\n"
    )
}

fn httplib2(id: &str, state: &str) -> String {
    format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nx-neutron-router-id: {id}\r\nx-neutron-state: {state}\r\n\
         connection: close\r\nuser-agent: Python-httplib2/0.32.1 (gzip)\r\naccept-encoding: gzip, deflate\r\n\r\n"
    )
}

fn http_client(id: &str, state: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: identity\r\nContent-Length: 0\r\n\
         X-Neutron-Router-Id: {id}\r\nX-Neutron-State: {state}\r\nConnection: close\r\n\r\n"
    )
}
