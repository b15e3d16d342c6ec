//! The state of each router in the text format: the families that have a label `router_id`.
//!
//! They are written from what is kept when somebody asks, so that a router that is forgotten has no series any more.
//!
//! Of a state set there is the series with 1 alone. With the two of 0 beside each, the names and labels that are
//! promised take 751 bytes for each router, and 835 after a restart: for 2,000 routers more than half as much again as
//! the megabyte that a page is to have.

use std::fmt::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hanotify::HaState;
use hanotify::sink::{RouterState, StateSource};

/// What one router's lines take at the most, while its changes have one digit.
const EACH: usize = 465;

/// The lines of all these routers.
pub(super) fn append(text: &mut String, routers: &[RouterState]) {
    text.reserve(routers.len() * EACH);
    // Writing to a string doesn't fail.
    let _ = write(text, routers);
}

fn write(text: &mut String, routers: &[RouterState]) -> fmt::Result {
    begin(text, "hanotify_router_changes_total", "counter", "Times that the router got another state.")?;
    for RouterState { router_id, changes, .. } in routers {
        writeln!(text, "hanotify_router_changes_total{{router_id=\"{router_id}\"}} {changes}")?;
    }
    let what = "When the router came into its state, in seconds since 1970.";
    begin(text, "hanotify_router_last_change_timestamp_seconds", "gauge", what)?;
    for RouterState { router_id, since, .. } in routers {
        let since = since_epoch(*since);
        let (seconds, millis) = (since.as_secs(), since.subsec_millis());
        let name = "hanotify_router_last_change_timestamp_seconds";
        writeln!(text, "{name}{{router_id=\"{router_id}\"}} {seconds}.{millis:03}")?;
    }
    let what = "1 for the state that the router has had for its window; no series where none has.";
    state_set(text, "hanotify_router_settled_state", what, routers, |router| router.settled)?;
    let what = "1 for the state that the router was said to have last; no series for the others.";
    state_set(text, "hanotify_router_state", what, routers, |router| Some(router.state))?;
    let what = "Routers whose state is from the folder of --ha-confs: no event has confirmed it yet.";
    begin(text, "hanotify_router_unconfirmed", "gauge", what)?;
    for RouterState { router_id, .. } in routers.iter().filter(|router| router.source == StateSource::File) {
        writeln!(text, "hanotify_router_unconfirmed{{router_id=\"{router_id}\"}} 1")?;
    }
    Ok(())
}

fn begin(text: &mut String, name: &str, kind: &str, what: &str) -> fmt::Result {
    writeln!(text, "# HELP {name} {what}\n# TYPE {name} {kind}")
}

/// A line for the state of each router that has one.
fn state_set(
    text: &mut String,
    name: &str,
    what: &str,
    routers: &[RouterState],
    of: impl Fn(&RouterState) -> Option<HaState>,
) -> fmt::Result {
    begin(text, name, "gauge", what)?;
    for (router, state) in routers.iter().filter_map(|router| Some((router, of(router)?))) {
        writeln!(text, "{name}{{router_id=\"{}\",state=\"{state}\"}} 1", router.router_id)?;
    }
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "it is a time of day, and no time that passes")]
fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use hanotify::sink::{Event, EventSink, Peer, States, StatesHandle};
    use hanotify::{Notification, RouterId};

    use super::*;

    fn text(handle: &StatesHandle) -> String {
        let mut text = String::new();
        append(&mut text, &handle.routers());
        text
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
            r#"hanotify_router_last_change_timestamp_seconds{router_id="07070707-0707-0707-0707-070707070707"} 2.050"#,
            r#"hanotify_router_last_change_timestamp_seconds{router_id="08080808-0808-0808-0808-080808080808"} 0.000"#,
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
