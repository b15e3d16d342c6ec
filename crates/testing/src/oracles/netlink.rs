//! What holds for any bytes that come from a netlink socket.

use std::time::Instant;

use hanotify_monitor::netlink::{DecodeError, Envelope, messages};
use hanotify_monitor::{Interface, View};

/// The address and the interface of the seeds.
const VIP: &str = "169.254.0.7/24";
const NAME: &[u8] = b"ha-0";
/// How many places a datagram is cut at.
const CUTS: usize = 256;

/// A datagram is read to its end or to its one error; what was cut off of it changes nothing before the cut; and
/// whatever it was, a view that was told of a loss then asks for everything anew.
///
/// # Panics
///
/// Where that does not hold.
pub fn check(datagram: &[u8]) {
    let all: Vec<_> = messages(datagram).collect();
    let good = check_end(datagram, &all);
    for end in (0..datagram.len()).step_by(1 + datagram.len() / CUTS) {
        let Some(cut) = datagram.get(..end) else { continue };
        let before: Vec<_> = messages(cut).collect();
        let kept = check_end(cut, &before);
        assert!(kept <= good && before.iter().take(kept).eq(all.iter().take(kept)), "cut at {end}");
    }
    check_view(datagram);
}

/// Each message has its header's 16 bytes, an error is the last item and its place is in the bytes. How many messages
/// there are before it.
fn check_end(datagram: &[u8], all: &[Result<Envelope<'_>, DecodeError>]) -> usize {
    let good = all.iter().take_while(|item| item.is_ok()).count();
    assert!(good * 16 <= datagram.len() && all.len() - good <= 1, "{all:?}");
    assert_eq!(all.is_empty(), datagram.is_empty(), "not all bytes are read");
    if let Some(Err(error)) = all.last() {
        assert!(error.offset <= datagram.len() && error.offset >= good * 16, "{error:?}");
    }
    good
}

fn check_view(datagram: &[u8]) {
    let (Ok(vip), Some(interface)) = (VIP.parse(), Interface::parse(NAME)) else { unreachable!() };
    let (mut view, now) = (View::new(vip, interface), Instant::now());
    view.subscribe();
    let first = view.next_request(now);
    view.read(datagram, now);
    view.read(datagram, now);
    view.lose_events();
    assert_eq!(view.state(), None, "a state after a loss");
    view.read(datagram, now);
    assert_eq!(view.next_request(now), None, "a dump before the queue is empty");
    view.drain();
    let again = view.next_request(now);
    assert!(again.is_some() && again != first, "no dump after a loss");
    assert_eq!(view.state(), None, "a state before a dump");
}
