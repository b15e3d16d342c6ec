//! The state of each router in the text format: the families that have a label `router_id`.
//!
//! They are written from what is kept when somebody asks, so that a router that is forgotten has no series any more.
//!
//! Of a state set there is the series with 1 alone. With the two of 0 beside each, the names and labels that are
//! promised take 751 bytes for each router, and 835 after a restart: for 2,000 routers more than half as much again as
//! the megabyte that a page is to have.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hanotify::HaState;
use hanotify::sink::{RouterState, StateSource, StatesHandle};
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use super::exposition::Besides;

/// What one router's lines take at the most, while its changes have one digit.
const EACH: usize = 465;

impl Besides for StatesHandle {
    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        encode(encoder, &self.routers())
    }

    fn size(&self) -> usize {
        usize::try_from(self.counts().routers).unwrap_or_default().saturating_mul(EACH)
    }
}

/// Writes the lines of all these routers.
fn encode(encoder: &mut DescriptorEncoder<'_>, routers: &[RouterState]) -> fmt::Result {
    let what = "Times that the router got another state.";
    let mut changes = encoder.encode_descriptor("hanotify_router_changes", what, None, MetricType::Counter)?;
    for router in routers {
        let labels = [("router_id", router.router_id.to_string())];
        changes.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&router.changes, None)?;
    }
    let what = "When the router came into its state, in seconds since 1970.";
    let mut times = gauge(encoder, "hanotify_router_last_change_timestamp_seconds", what)?;
    for router in routers {
        let labels = [("router_id", router.router_id.to_string())];
        times.encode_family(&labels)?.encode_gauge(&since_epoch(router.since))?;
    }
    let what = "1 for the state that the router has had for its window; no series where none has.";
    state_set(gauge(encoder, "hanotify_router_settled_state", what)?, routers, |router| router.settled)?;
    let what = "1 for the state that the router was said to have last; no series for the others.";
    state_set(gauge(encoder, "hanotify_router_state", what)?, routers, |router| Some(router.state))?;
    let what = "Routers whose state is from the folder of --ha-confs: no event has confirmed it yet.";
    let mut unconfirmed = gauge(encoder, "hanotify_router_unconfirmed", what)?;
    for router in routers.iter().filter(|router| router.source == StateSource::File) {
        unconfirmed.encode_family(&[("router_id", router.router_id.to_string())])?.encode_gauge(&1_u64)?;
    }
    Ok(())
}

fn gauge<'a>(
    encoder: &'a mut DescriptorEncoder<'_>,
    name: &'a str,
    what: &str,
) -> Result<MetricEncoder<'a>, fmt::Error> {
    encoder.encode_descriptor(name, what, None, MetricType::Gauge)
}

/// A line for the state of each router that has one.
fn state_set(
    mut encoder: MetricEncoder<'_>,
    routers: &[RouterState],
    of: impl Fn(&RouterState) -> Option<HaState>,
) -> fmt::Result {
    for (router, state) in routers.iter().filter_map(|router| Some((router, of(router)?))) {
        let labels = [("router_id", router.router_id.to_string()), ("state", state.to_string())];
        encoder.encode_family(&labels)?.encode_gauge(&1_u64)?;
    }
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "it is a time of day, and no time that passes")]
fn since_epoch(time: SystemTime) -> f64 {
    // To the millisecond, of which a float has the years to come exactly enough.
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX)).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use hanotify::sink::{Event, EventSink, Peer, States, StatesHandle};
    use hanotify::{Notification, RouterId};

    use super::*;
    use crate::serve::metrics::accept::Format;
    use crate::serve::metrics::exposition::exposition;
    use crate::serve::metrics::recorder::Registry;

    fn text(handle: &StatesHandle) -> String {
        static NONE: Registry = Registry::new();
        exposition(&NONE, handle, Format::Text)
    }

    #[test]
    fn each_router_has_its_lines_until_it_is_forgotten() {
        let mut sink = States::new(9, |_: Event<'_>| Ok(()));
        let handle = sink.handle();
        let [told, read] = [7, 8].map(|n| RouterId::from_bytes([n; 16]).unwrap());
        let peer = Peer { pid: None, uid: 0, gid: 0 };
        for (state, at) in [(HaState::Backup, 1_000), (HaState::Primary, 2_050)] {
            let notification = Notification { router_id: told, state };
            let at = UNIX_EPOCH + Duration::from_millis(at);
            sink.notified(Event::new(notification, peer, 1, at)).unwrap();
        }
        handle.note_file(read, HaState::Fault, UNIX_EPOCH - Duration::from_secs(9));
        let text_of_both = text(&handle);
        for line in [
            "# TYPE hanotify_router_changes_total counter",
            r#"hanotify_router_changes_total{router_id="07070707-0707-0707-0707-070707070707"} 1"#,
            r#"hanotify_router_last_change_timestamp_seconds{router_id="07070707-0707-0707-0707-070707070707"} 2.05"#,
            r#"hanotify_router_last_change_timestamp_seconds{router_id="08080808-0808-0808-0808-080808080808"} 0.0"#,
            r#"hanotify_router_settled_state{router_id="07070707-0707-0707-0707-070707070707",state="backup"} 1"#,
            "# TYPE hanotify_router_state gauge",
            r#"hanotify_router_state{router_id="07070707-0707-0707-0707-070707070707",state="primary"} 1"#,
            r#"hanotify_router_state{router_id="08080808-0808-0808-0808-080808080808",state="fault"} 1"#,
            r#"hanotify_router_unconfirmed{router_id="08080808-0808-0808-0808-080808080808"} 1"#,
        ] {
            assert!(text_of_both.lines().any(|found| found == line), "no {line} in {text_of_both}");
        }
        assert!(!text_of_both.contains(r#"unconfirmed{router_id="07"#), "{text_of_both}");
        let series = text_of_both.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(series, 4 + 5, "a state that a router is not in has no series: {text_of_both}");
        handle.forget(told);
        assert!(!text(&handle).contains("07070707"), "{}", text(&handle));
    }

    /// A fleet's node: `cargo test --release -p hanotify-cli -- two_thousand --nocapture` prints what it takes.
    #[test]
    fn two_thousand_routers_take_as_many_bytes_as_the_page_says() {
        let handle = StatesHandle::new(2_000);
        for n in 1..=2_000_u128 {
            let id = RouterId::from_bytes(((n << 96) | (n * 0x1234_5678_9abc)).to_be_bytes()).unwrap();
            assert!(handle.note_file(id, HaState::Backup, UNIX_EPOCH + Duration::from_millis(1_790_000_000_123)));
        }
        let start = Instant::now();
        let text = text(&handle);
        println!("2,000 routers: {} bytes in {:?}", text.len(), start.elapsed());
        let head: usize = text.lines().filter(|line| line.starts_with('#')).map(|line| line.len() + 1).sum();
        assert!(text.len() - head <= 2_000 * EACH && text.len() < 1_000_000, "{} bytes", text.len());
    }
}
