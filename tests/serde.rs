//! What serde's formats make of the core's values, and that what they read was read by the core.
#![cfg(feature = "serde")]
#![allow(clippy::expect_used, reason = "a test may panic")]

use hanotify::{Error, ErrorKind, FieldName, HaState, Limits, Notification, RouterId, decode_exact, encode};
use proptest::prelude::*;
use serde_json::{Value, from_str, from_value, json, to_value};

const ID: &str = "9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10";

/// The error's text, without the place in the input.
fn refusal<T: serde::de::DeserializeOwned + std::fmt::Debug>(value: Value) -> String {
    from_value::<T>(value).expect_err("a refusal").to_string()
}

proptest! {
    #[test]
    fn a_notification_comes_back_as_it_was(bytes: [u8; 16], state in prop::sample::select(&HaState::ALL)) {
        let Some(router_id) = RouterId::from_bytes(bytes) else { return Ok(()) };
        let notification = Notification { router_id, state };
        let value = to_value(notification).expect("JSON");
        prop_assert_eq!(&value, &json!({"router_id": router_id.to_string(), "state": state.as_str()}));
        prop_assert_eq!(from_value::<Notification>(value).expect("a notification"), notification);
    }

    /// No text is an id or a state here that is none in a message.
    #[test]
    fn what_is_read_is_what_a_message_may_say(
        id in "[0-9a-fA-F]{8}(-[0-9a-f]{4}){3}-[0-9a-fG]{12}|[0-]{36}|\\PC{0,40}",
        state in "primary|backup|fault|master|Primary|\\PC{0,8}",
    ) {
        let read = from_value::<Notification>(json!({"router_id": id, "state": state})).ok();
        let message = format!(
            "POST / HTTP/1.1\r\nHost: h\r\nX-Neutron-Router-Id: {id}\r\nX-Neutron-State: {state}\r\n\r\n"
        );
        // White space around a value belongs to the message, and not to the value.
        let is_bare = id.trim() == id && state.trim() == state;
        let decoded = decode_exact(message.as_bytes(), &Limits::DEFAULT).ok();
        prop_assert_eq!(read, decoded.filter(|_| is_bare));
    }
}

#[test]
fn an_id_and_a_state_have_one_form() {
    for text in [ID.to_uppercase(), ID.replace('-', ""), format!("{{{ID}}}"), format!("urn:uuid:{ID}"), String::new()] {
        assert_eq!(refusal::<RouterId>(json!(text)), ErrorKind::RouterId.to_string());
    }
    assert_eq!(refusal::<RouterId>(json!("00000000-0000-0000-0000-000000000000")), ErrorKind::RouterId.to_string());
    for text in ["master", "Primary", " fault", "unknown"] {
        assert_eq!(refusal::<HaState>(json!(text)), ErrorKind::State.to_string());
    }
    let expected = "invalid type: integer `7`, expected a UUID as 36 bytes in lower case with dashes, not all zero";
    assert_eq!(refusal::<RouterId>(json!(7)), expected);
    assert_eq!(refusal::<HaState>(json!(null)), "invalid type: null, expected exactly `primary`, `backup` or `fault`");
}

#[test]
fn bytes_that_are_the_text_are_read_and_others_are_not() {
    use serde::Deserialize;
    use serde::de::value::{BytesDeserializer, Error};
    let read = |bytes| RouterId::deserialize(BytesDeserializer::<Error>::new(bytes));
    assert_eq!(read(ID.as_bytes()).expect("an id").to_string(), ID);
    // The sixteen bytes of a UUID in binary formats are no form of an id.
    assert_eq!(read(&[7; 16]).expect_err("a refusal").to_string(), ErrorKind::RouterId.to_string());
}

#[test]
fn no_error_has_anything_of_the_text() {
    let text = format!(r#"{{"router_id": "{ID}SECRET", "state": "SECRET"}}"#);
    let error = from_str::<Notification>(&text).expect_err("a refusal").to_string();
    assert!(!error.contains("SECRET"), "{error}");
}

#[test]
fn a_member_is_there_exactly_once() {
    let text = |members: &str| format!(r#"{{"router_id": "{ID}", {members}}}"#);
    assert!(from_str::<Notification>(&text(r#""state": "fault""#)).is_ok());
    for members in [r#""states": "fault""#, r#""state": "fault", "state": "backup""#] {
        assert!(from_str::<Notification>(&text(members)).is_err(), "{members}");
    }
}

#[cfg(feature = "json")]
#[test]
fn an_event_of_the_json_lines_sink_is_read() {
    use hanotify::sink::{Event, EventSink, JsonLines, Peer, Refusal};
    let message = encode(&Notification { router_id: ID.parse().expect("an id"), state: HaState::Backup });
    let notification = decode_exact(message.as_bytes(), &Limits::DEFAULT).expect("a notification");
    let mut lines = Vec::new();
    let mut sink = JsonLines::new(&mut lines);
    let peer = Peer { pid: None, uid: 1, gid: 2 };
    sink.notified(Event::new(notification, peer, 1, std::time::UNIX_EPOCH)).expect("a line");
    let error = ErrorKind::State.at(110);
    sink.refused(Refusal::new(error, None, std::time::UNIX_EPOCH));
    let lines = String::from_utf8(lines).expect("text");
    let (event, refusal) = lines.split_once('\n').expect("two lines");
    assert_eq!(from_str::<Notification>(event).expect("a notification"), notification);
    let refusal: Value = from_str(refusal).expect("JSON");
    let written = to_value(error).expect("JSON");
    for (name, value) in written.as_object().expect("an object") {
        assert_eq!(refusal.get(name), Some(value), "{name}");
    }
}

#[test]
fn a_refusal_has_the_members_of_its_event() {
    let of = |error: Error| to_value(error).expect("JSON");
    assert_eq!(
        of(ErrorKind::DuplicateField { field: FieldName::State }.at(7)),
        json!({"error": "duplicate-field", "field": "X-Neutron-State", "offset": 7, "status": 400})
    );
    assert_eq!(of(ErrorKind::Target.at(4)), json!({"error": "target", "field": null, "offset": 4, "status": 404}));
    for kind in ErrorKind::ALL {
        assert_eq!(to_value(kind).expect("JSON"), json!(kind.name()));
    }
}
