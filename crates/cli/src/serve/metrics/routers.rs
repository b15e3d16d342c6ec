//! The state of each router in the text format: the families that have a label `router_id`.
//!
//! They are written from what is kept when somebody asks, so that a router that is forgotten has no series any more.

use std::fmt::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hanotify::HaState;
use hanotify::sink::{RouterState, StateSource};

/// About what one router's lines take.
const EACH: usize = 760;

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
    let what = "The state that the router has had for its window, as a state set; all 0 where none has.";
    state_set(text, "hanotify_router_settled_state", what, routers, |router| router.settled)?;
    let what = "The state that the router was said to have last, as a state set.";
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

/// A line for each state of each router: 1 for the one that it has, else 0.
fn state_set(
    text: &mut String,
    name: &str,
    what: &str,
    routers: &[RouterState],
    of: impl Fn(&RouterState) -> Option<HaState>,
) -> fmt::Result {
    begin(text, name, "gauge", what)?;
    for router in routers {
        for state in HaState::ALL {
            let value = u8::from(of(router) == Some(state));
            writeln!(text, "{name}{{router_id=\"{}\",state=\"{state}\"}} {value}", router.router_id)?;
        }
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
            r#"hanotify_router_settled_state{router_id="07070707-0707-0707-0707-070707070707",state="primary"} 0"#,
            "# TYPE hanotify_router_state gauge",
            r#"hanotify_router_state{router_id="07070707-0707-0707-0707-070707070707",state="primary"} 1"#,
            r#"hanotify_router_state{router_id="07070707-0707-0707-0707-070707070707",state="backup"} 0"#,
            r#"hanotify_router_state{router_id="07070707-0707-0707-0707-070707070707",state="fault"} 0"#,
            r#"hanotify_router_state{router_id="08080808-0808-0808-0808-080808080808",state="fault"} 1"#,
            r#"hanotify_router_unconfirmed{router_id="08080808-0808-0808-0808-080808080808"} 1"#,
        ] {
            assert!(text_of_both.lines().any(|found| found == line), "no {line} in {text_of_both}");
        }
        assert!(!text_of_both.contains(r#"unconfirmed{router_id="07"#), "{text_of_both}");
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
        assert!(text.len() < 2_000 * (EACH + 100), "{} bytes", text.len());
    }
}
