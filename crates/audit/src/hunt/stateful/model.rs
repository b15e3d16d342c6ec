//! What an agent may hear of one router, where its senders saw what they saw: a small check of linearizability.
//!
//! An accepted notification is heard once. One whose reply was read before the last byte of another was sent is heard
//! before that one. Of one whose reply nobody read, the agent may hear, once.

use crate::way::Way;

/// When something was seen, counted in steps.
pub(super) type Tick = usize;

/// What a sender was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// Its 200, read at this step.
    Accepted(Tick),
    Refused,
    /// It read none.
    Unread,
}

/// A notification, as its sender saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) router: usize,
    pub(super) state: String,
    /// When its last byte was sent; `None` where the message was cut short.
    pub(super) sent: Option<Tick>,
    pub(super) reply: Reply,
}

/// What is wrong with what the agent heard of one router, in the order in which it did; `None` if nothing is.
pub(super) fn wrong(requests: &[&Request], heard: &[&str]) -> Option<(Way, String)> {
    miscounted(requests, heard).or_else(|| reordered(requests, heard))
}

/// A state that was heard more or less often than it was accepted.
fn miscounted(requests: &[&Request], heard: &[&str]) -> Option<(Way, String)> {
    let states = requests.iter().map(|request| &*request.state).chain(heard.iter().copied());
    let mut seen: Vec<&str> = Vec::new();
    for state in states {
        if seen.contains(&state) {
            continue;
        }
        seen.push(state);
        let own = || requests.iter().filter(|request| request.state == state);
        let accepted = own().filter(|request| matches!(request.reply, Reply::Accepted(_))).count();
        let most = own().filter(|request| may_be_heard(request)).count();
        let count = heard.iter().filter(|&&other| other == state).count();
        let state = state.escape_debug();
        if count < accepted {
            let why = format!("\"{state}\" was answered 200 {} and heard {}", times(accepted), times(count));
            return Some((Way::NoEvent, why));
        }
        if count > most {
            let way = match most {
                0 if own().next().is_some() => Way::ActedOn,
                0 => Way::OtherEvent,
                _ => Way::ManyEvents,
            };
            return Some((way, format!("\"{state}\" was sent as a whole {} and heard {}", times(most), times(count))));
        }
    }
    None
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

fn may_be_heard(request: &Request) -> bool {
    request.sent.is_some() && request.reply != Reply::Refused
}

/// Takes the requests in the order of what was heard, where their replies allow it. Of those that fit, the one whose
/// reply was read first holds up most of the others, so that taking it is never worse than taking another.
fn reordered(requests: &[&Request], heard: &[&str]) -> Option<(Way, String)> {
    let mut left: Vec<&Request> = requests.iter().copied().filter(|request| may_be_heard(request)).collect();
    for (at, state) in heard.iter().enumerate() {
        let is_held = |one: &Request| left.iter().any(|other| precedes(other, one));
        let fits = left.iter().enumerate().filter(|(_, one)| one.state == *state && !is_held(one));
        let Some((number, _)) = fits.min_by_key(|(_, one)| read_at(one)) else {
            let state = state.escape_debug();
            let event = match (at + 1, heard.len()) {
                (1, all) => format!("the first of {all} events"),
                (at, all) => format!("event {at} of {all}"),
            };
            let why = format!("\"{state}\", {event}, was heard before one whose 200 had been read when it was sent");
            return Some((Way::Reordered, why));
        };
        left.remove(number);
    }
    // As many were heard as were accepted, but some of them can only have been those whose reply nobody read.
    let lost = left.iter().find(|request| matches!(request.reply, Reply::Accepted(_)))?;
    Some((Way::NoEvent, format!("a \"{}\" was answered 200 and not heard behind what was before it", lost.state)))
}

fn read_at(request: &Request) -> Tick {
    match request.reply {
        Reply::Accepted(tick) => tick,
        _ => Tick::MAX,
    }
}

/// Whether the reply of `one` was read before `other` was there.
fn precedes(one: &Request, other: &Request) -> bool {
    matches!((one.reply, other.sent), (Reply::Accepted(read), Some(sent)) if read < sent)
}

#[cfg(test)]
mod tests {
    use hanotify_mutate::Random;

    use super::*;

    fn request(state: &str, sent: Tick, reply: Reply) -> Request {
        Request { router: 0, state: state.to_owned(), sent: Some(sent), reply }
    }

    fn way(requests: &[Request], heard: &[&str]) -> Option<Way> {
        wrong(&requests.iter().collect::<Vec<_>>(), heard).map(|(way, _)| way)
    }

    #[test]
    fn what_the_replies_have_fixed_is_heard_in_that_order() {
        let both = [request("a", 0, Reply::Accepted(1)), request("b", 2, Reply::Accepted(3))];
        assert_eq!(way(&both, &["a", "b"]), None);
        assert_eq!(way(&both, &["b", "a"]), Some(Way::Reordered));
        let (_, why) = wrong(&both.iter().collect::<Vec<_>>(), &["b", "a"]).unwrap();
        assert!(why.starts_with("\"b\", the first of 2 events, was heard before "), "{why}");
        assert_eq!(way(&both, &["b"]), Some(Way::NoEvent));
        assert_eq!(way(&both, &["a", "b", "a"]), Some(Way::ManyEvents));
        assert_eq!(way(&both, &["a", "b", "c"]), Some(Way::OtherEvent));
        // Nobody had read the first reply when the second was sent.
        let at_once = [request("a", 0, Reply::Accepted(2)), request("b", 1, Reply::Accepted(3))];
        assert_eq!(way(&at_once, &["b", "a"]), None);
    }

    #[test]
    fn what_was_cut_short_or_refused_is_not_heard_and_what_nobody_read_may_be() {
        let cut = Request { sent: None, ..request("a", 0, Reply::Unread) };
        assert_eq!(way(std::slice::from_ref(&cut), &[]), None);
        assert_eq!(way(&[cut], &["a"]), Some(Way::ActedOn));
        assert_eq!(way(&[request("a", 0, Reply::Refused)], &["a"]), Some(Way::ActedOn));
        let unread = [request("a", 0, Reply::Unread)];
        assert_eq!((way(&unread, &[]), way(&unread, &["a"])), (None, None));
        assert_eq!(way(&unread, &["a", "a"]), Some(Way::ManyEvents));
    }

    /// Whether there is any order of the requests that explains it: each one is tried.
    fn is_explained(left: &[&Request], heard: &[&str]) -> bool {
        let Some((state, rest)) = heard.split_first() else {
            return !left.iter().any(|request| matches!(request.reply, Reply::Accepted(_)));
        };
        left.iter().enumerate().any(|(number, one)| {
            let others = [&left[..number], &left[number + 1..]].concat();
            let is_held = others.iter().any(|other| precedes(other, one));
            may_be_heard(one) && one.state == *state && !is_held && is_explained(&others, rest)
        })
    }

    #[test]
    fn it_agrees_with_a_search_of_every_order() {
        let mut random = Random::from_seed(1);
        let mut explained = 0;
        for _ in 0..20_000 {
            let requests: Vec<Request> = (0..random.below(6))
                .map(|_| {
                    let sent = random.below(8);
                    let reply = match random.below(8) {
                        0 => Reply::Unread,
                        1 => Reply::Refused,
                        _ => Reply::Accepted(sent + 1 + random.below(5)),
                    };
                    let sent = (!random.one_in(8)).then_some(sent);
                    let reply = if sent.is_some() { reply } else { Reply::Unread };
                    Request { router: 0, state: random.choose(&["a", "b"]).to_owned(), sent, reply }
                })
                .collect();
            let mut requests: Vec<&Request> = requests.iter().collect();
            // The order in which they are heard is often that of their replies, with two of them exchanged.
            requests.sort_by_key(|request| read_at(request));
            let mut heard: Vec<&str> = requests.iter().filter(|one| may_be_heard(one)).map(|one| &*one.state).collect();
            match random.below(3) {
                0 => random.shuffle(&mut heard),
                1 if heard.len() > 1 => heard.swap(0, 1),
                _ => {}
            }
            if random.one_in(8) {
                heard.pop();
            }
            random.shuffle(&mut requests);
            let is_right = wrong(&requests, &heard).is_none();
            assert_eq!(is_right, is_explained(&requests, &heard), "{requests:?} {heard:?}");
            explained += usize::from(is_right);
        }
        assert!((2_000..18_000).contains(&explained), "{explained}");
    }
}
