//! Law 3: from bytes to a notification, to bytes, and to the same notification; and so for the types of which it is
//! made.

use hanotify::{HaState, Limits, RouterId, Status, decode, decode_exact, encode};

/// The input is a message.
///
/// # Panics
///
/// Where something else comes back.
pub fn check(input: &[u8]) {
    let limits = Limits::DEFAULT.with_body(64).with_legacy_state(true);
    let Ok(Status::Complete { notification, .. }) = decode(input, &limits) else { return };
    let encoded = encode(&notification);
    let again = decode_exact(encoded.as_bytes(), &Limits::DEFAULT);
    assert_eq!(again, Ok(notification), "{encoded:?} of {}", input.escape_ascii());
    assert!(input.windows(RouterId::TEXT_LEN).any(|text| text == notification.router_id.to_text()));
    let (id, state) = (notification.router_id, notification.state);
    assert_eq!((RouterId::from_bytes(id.to_bytes()), id.to_string().parse()), (Some(id), Ok(id)));
    assert_eq!((HaState::parse(state.as_str().as_bytes()), state.to_string().parse()), (Some(state), Ok(state)));
}
