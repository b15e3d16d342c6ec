//! Which server is asked for: the switches that an audit and a hunt have in common.

use std::io;
use std::path::Path;

use hanotify_audit::{Audit, AuditError, EventSource};

use crate::place;

/// The server that is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) spawn: Option<&'a str>,
    pub(crate) socket: Option<&'a Path>,
}

impl Asked<'_> {
    /// An audit of it.
    pub(crate) fn audit(self) -> Result<Audit, String> {
        Ok(match (self.spawn, self.socket) {
            (Some(command), None) => Audit::spawning(command),
            (Some(command), Some(socket)) => Audit::spawning(command).with_socket(socket),
            (None, Some(socket)) => Audit::new(socket),
            (None, None) => Audit::new(place::find(None).map_err(|error| error.to_string())?),
        })
    }

    /// Its events, where `--events` names them.
    pub(crate) fn events(self, path: &Path) -> EventSource {
        match path.as_os_str() == "-" {
            true if self.spawn.is_some() => EventSource::ServerOutput,
            true => EventSource::Stream(Box::new(io::stdin())),
            false => EventSource::File(path.to_owned()),
        }
    }
}

/// Why it can't be begun with, with the switch that is about that.
pub(crate) fn explained(asked: Asked<'_>, error: AuditError) -> String {
    match error {
        AuditError::Events(cause) => format!("--events: {cause}"),
        other @ AuditError::SocketTaken { .. } => format!("--socket: {other}"),
        AuditError::NoServer(why) => format!("--spawn: {why}"),
        other @ AuditError::Begin { .. } if asked.spawn.is_none() => format!("{other}{}", place::advice(asked.socket)),
        other => other.to_string(),
    }
}
