//! What an answer and its events make of a case.

use super::*;
use crate::events::Event;
use crate::vectors;

const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";
const BAD: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\r\n";

fn outcome(id: &str, answer: &[u8], events: Option<&[(&str, &str)]>) -> Outcome {
    let groups = vectors::embedded().unwrap();
    let case = groups.iter().flat_map(|group| &group.cases).find(|case| case.id == id).unwrap();
    let exchange = Exchange { answer: answer.to_vec(), end: End::Closed, took: Duration::ZERO };
    let told = |(id, state): &(&str, &str)| Event { router_id: Some((*id).into()), state: Some((*state).into()) };
    let events = events.map(|events| events.iter().map(told).collect());
    judge(case, &Observed { sent: &case.input, exchange: &exchange, events }).outcome
}

#[test]
fn a_refusal_is_told_from_a_200_and_from_an_event() {
    assert_eq!(outcome("state/list", BAD, Some(&[])), Outcome::Pass);
    assert_eq!(outcome("state/list", BAD, None), Outcome::Pass);
    assert_eq!(outcome("state/list", b"HTTP/1.1 500 x\r\n\r\n", None), Outcome::Pass);
    assert_eq!(outcome("state/list", BAD, Some(&[("a", "b")])), Outcome::Fail);
    assert_eq!(outcome("state/list", GOOD, Some(&[])), Outcome::Fail);
    assert_eq!(outcome("state/list", GOOD, None), Outcome::Fail);
    assert_eq!(outcome("state/list", b"", Some(&[])), Outcome::Fail);
}

#[test]
fn what_a_server_may_choose_is_noted_unless_it_says_nothing() {
    assert_eq!(outcome("version/1-0", GOOD, Some(&[("a", "b")])), Outcome::Noted);
    assert_eq!(outcome("version/1-0", b"", Some(&[])), Outcome::Fail);
}

#[test]
fn an_acceptable_message_needs_its_one_event() {
    let right = ("9b3a1d8e-5c1f-4a57-9f5e-0a4c2f3b7d10", "primary");
    assert_eq!(outcome("captures/curl-post", GOOD, Some(&[right])), Outcome::Pass);
    assert_eq!(outcome("captures/curl-post", GOOD, None), Outcome::Pass);
    assert_eq!(outcome("captures/curl-post", GOOD, Some(&[])), Outcome::Fail);
    assert_eq!(outcome("captures/curl-post", GOOD, Some(&[right, right])), Outcome::Fail);
    assert_eq!(outcome("captures/curl-post", GOOD, Some(&[("9b3a1d8e", "primary")])), Outcome::Fail);
    assert_eq!(outcome("captures/curl-post", BAD, Some(&[])), Outcome::Fail);
}
