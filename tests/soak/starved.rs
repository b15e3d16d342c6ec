//! A server with 64 descriptors, and 1,000 senders.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::thread::sleep;
use std::time::Duration;

use hanotify::HaState;

use super::Scale;
use super::bars::{below, equal, figure};
use super::client::{burst, count, notification, report, send};
use super::serving::{Place, Serving, after, hanotify};

const SENDERS: u64 = 1_000;
const WINDOW: Duration = Duration::from_secs(4);

pub(crate) fn step(_: Scale) {
    let place = Place::new();
    let server = Serving::start(&place, after("ulimit -n 64", &hanotify(&place)));
    let descriptors = server.descriptors();
    // More than it can accept, each with a first byte.
    let mut holders: Vec<UnixStream> = (0..64).map(|_| UnixStream::connect(place.socket()).unwrap()).collect();
    for holder in &mut holders {
        holder.write_all(b"P").unwrap();
    }
    let senders = burst(&place.socket(), &["--routers", "1000", "--timeout", "60s"]);
    sleep(Duration::from_secs(1));
    let before = server.cpu();
    figure("descriptors in use, of 64", server.descriptors());
    sleep(WINDOW);
    let used = server.cpu().saturating_sub(before);
    below("processor time in 4 s without descriptors", used, WINDOW / 20);
    drop(holders);
    let report = report(senders);
    figure("answers", format_args!("200: {}, others: {}", report["accepted"], report["refused_by_status"]));
    equal("answered", count(&report, "accepted") + count(&report, "refused"), SENDERS);
    equal("lost", count(&report, "lost"), 0);
    let sent = send(&place.socket(), &notification(1, HaState::Primary)).unwrap();
    equal("one more sender gets 200", sent, true);
    equal("descriptors, as at the start", server.descriptors_settled_at(descriptors), descriptors);
    equal("stopped cleanly", server.stop(), true);
}
