//! A sink that blocks for 5 s, fails and panics: others are answered, and nothing is lost that got a 200.

use super::Scale;
use super::bars::{at_least, below, equal, figure};
use super::client::{burst, count, report};
use super::serving::{Place, Serving, own};

const SENDERS: u64 = 1_000;

pub(crate) fn step(_: Scale) {
    moody("blocks 5 s", &["block-ms=5000"], 0);
    moody("fails every 3rd time", &["fail-every=3"], SENDERS / 3);
    moody("panics every 7th time", &["panic-every=7"], SENDERS / 7);
    moody(
        "does all of it",
        &["block-ms=5000", "fail-every=2", "panic-every=9"],
        SENDERS / 2 + SENDERS / 9 - SENDERS / 18,
    );
}

fn moody(mood: &str, settings: &[&str], failures: u64) {
    let place = Place::new();
    let server = Serving::start(&place, own(&place, settings));
    let report = report(burst(&place.socket(), &["--routers", "1000"]));
    let slowest = report["latency_us"]["max"].as_u64().unwrap();
    equal(&format!("{mood}: answered with 200"), count(&report, "accepted"), SENDERS - failures);
    equal(
        &format!("{mood}: answered with 500"),
        report["refused_by_status"]["500"].as_u64().unwrap_or_default(),
        failures,
    );
    equal(&format!("{mood}: events in the sink's file"), place.count("notified") as u64, SENDERS - failures);
    if settings.contains(&"block-ms=5000") {
        at_least(&format!("{mood}: slowest answer in µs"), slowest, 4_900_000);
        below(&format!("{mood}: slowest answer in µs"), slowest, 10_000_000);
    } else {
        figure(&format!("{mood}: slowest answer in µs"), slowest);
    }
    equal(&format!("{mood}: stopped cleanly"), server.stop(), true);
}
