//! What of a report needs a person.

use hanotify::{ErrorKind, HaState};
use serde::Serialize;

use super::report::{Report, Server, Source};
use crate::ha_confs;

/// One thing that needs a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Attention {
    /// Its kind, in one word that stays.
    pub(super) what: &'static str,
    /// For a person.
    pub(super) text: String,
}

/// All that needs a person, where so many changes in an hour are flapping.
pub(super) fn attention(report: &Report, flapping: u32) -> Vec<Attention> {
    let mut all = Vec::new();
    let mut say = |what, text| all.push(Attention { what, text });
    for router in &report.routers {
        let id = router.router_id;
        if router.changes_last_hour >= flapping {
            let times = match router.changes_last_hour {
                1 => "once".to_owned(),
                many => format!("{many} times"),
            };
            say("flapping", format!("router {id} changed {times} in the last hour"));
        }
        if router.state == HaState::Fault {
            say("fault", format!("router {id} is in fault"));
        }
    }
    match report.source {
        _ if !report.incomplete => {}
        Source::Folder => say("incomplete", ha_confs::LEFT_OUT.into()),
        Source::Server => say("incomplete", "the server can't look at all of --ha-confs: its log says why".into()),
    }
    if let Some(server) = &report.server {
        of_server(server, &mut say);
    }
    all
}

fn of_server(server: &Server, say: &mut impl FnMut(&'static str, String)) {
    for (kind, one, many) in [
        (
            ErrorKind::PeerNotAllowed,
            "connection of a peer that is not allowed",
            "connections of peers that are not allowed",
        ),
        (
            ErrorKind::Overloaded,
            "notification or connection found the server overloaded",
            "notifications or connections found the server overloaded",
        ),
        (ErrorKind::SinkFailed, "notification could not be passed on", "notifications could not be passed on"),
    ] {
        let refused = server.refused.iter().find(|refused| refused.error == kind.name());
        if let Some(refused) = refused.filter(|refused| refused.last_hour > 0) {
            let text = if refused.last_hour == 1 { one } else { many };
            say(kind.name(), format!("{} {text} in the last hour", refused.last_hour));
        }
    }
    if server.socket_lost {
        say("socket-lost", "the socket's file is gone or replaced: no sender gets in".into());
    }
    if server.routers_not_kept > 0 {
        let most = server.limits.iter().find(|limit| limit.name == "routers").map_or(0, |limit| limit.most);
        say("routers-not-kept", format!("there are more routers than --expected-routers ({most})"));
    }
}
