//! A server with 64 descriptors, and 1,000 senders.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::process::Child;
use std::thread::sleep;
use std::time::Duration;

use hanotify::HaState;

use super::Scale;
use super::bars::{at_least, below, equal, figure};
use super::client::{burst, count, notification, report, send};
use super::serving::{Place, Serving, after, hanotify};

const SENDERS: u64 = 1_000;
const WINDOW: Duration = Duration::from_secs(4);
const LOOKS: u32 = 40;

pub(crate) fn step(_: Scale) {
    let place = Place::new();
    let server = Serving::start(&place, after("ulimit -n 64", &hanotify(&place)));
    let descriptors = server.descriptors();
    // More than it can hold, each with a first byte; some may have been turned away before they have written it.
    let mut holders: Vec<UnixStream> = (0..64).map(|_| UnixStream::connect(place.socket()).unwrap()).collect();
    for holder in &mut holders {
        let _ = holder.write_all(b"P");
    }
    let senders = burst(&place.socket(), &["--routers", "1000", "--timeout", "60s"]);
    sleep(Duration::from_secs(1));
    figure("descriptors in use, of 64", server.descriptors());
    let before = server.sleeps();
    let asleep = (0..LOOKS).filter(|_| {
        sleep(WINDOW / LOOKS);
        server.is_asleep()
    });
    // Who spins is never asleep, and who tries too often wakes up too often.
    at_least("asleep without descriptors, of 40 looks in 4 s", asleep.count(), 20);
    below("sleeps begun meanwhile", server.sleeps() - before, 100);
    drop(holders);
    all_answered("without descriptors", senders);
    all_answered("once there are some", burst(&place.socket(), &["--routers", "1000", "--timeout", "60s"]));
    let sent = send(&place.socket(), &notification(1, HaState::Primary)).unwrap();
    equal("one more sender gets 200", sent, true);
    equal("descriptors, as at the start", server.descriptors_settled_at(descriptors), descriptors);
    equal("stopped cleanly", server.stop(), true);
}

fn all_answered(when: &str, senders: Child) {
    let report = report(senders);
    figure(
        &format!("{when}, answers"),
        format_args!("200: {}, others: {}", report["accepted"], report["refused_by_status"]),
    );
    equal(&format!("{when}, answered"), count(&report, "accepted") + count(&report, "refused"), SENDERS);
    equal(&format!("{when}, lost"), count(&report, "lost"), 0);
}
