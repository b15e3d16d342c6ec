//! Which server is asked for: the switches that an audit and a hunt have in common.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use hanotify_audit::vectors::With;
use hanotify_audit::{Audit, AuditError, EventSource};

use crate::place;

// The server that is asked for. In a doc comment this would be what the command is about.
#[derive(Args)]
pub(crate) struct Server {
    /// The socket of the server [default: where `hanotify serve` of the same user listens; with --spawn, one in a
    /// folder that is made for it]
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,

    /// Start the server with this shell command and stop it at the end; `{socket}` in it becomes the path of the socket
    #[arg(long, value_name = "CMD")]
    pub(crate) spawn: Option<String>,

    /// Where the server writes its events: a file, a FIFO, or `-` for standard input (with --spawn, the server's
    /// standard output)
    #[arg(long, value_name = "PATH")]
    pub(crate) events: Option<PathBuf>,

    /// The server's name in reports [default: its socket or command]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// The server reads `master` as `primary`: an audit runs only the cases for such a server
    #[arg(long)]
    pub(crate) legacy: bool,

    /// The server accepts bodies of at most this many bytes: an audit runs only the cases for such a server
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) max_body_len: usize,
}

impl Server {
    /// An audit of it.
    pub(crate) fn audit(&self) -> Result<Audit, String> {
        let mut audit = match (&self.spawn, &self.socket) {
            (Some(command), None) => Audit::spawning(command),
            (Some(command), Some(socket)) => Audit::spawning(command).with_socket(socket),
            (None, Some(socket)) => Audit::new(socket),
            (None, None) => Audit::new(place::find(None).map_err(|error| error.to_string())?),
        };
        audit = audit.with_configuration(With::new(self.legacy, self.max_body_len));
        if let Some(path) = &self.events {
            audit = audit.with_events(self.source(path));
        }
        Ok(match &self.name {
            Some(name) => audit.with_name(name),
            None => audit,
        })
    }

    fn source(&self, path: &Path) -> EventSource {
        match path.as_os_str() == "-" {
            true if self.spawn.is_some() => EventSource::ServerOutput,
            true => EventSource::Stream(Box::new(io::stdin())),
            false => EventSource::File(path.to_owned()),
        }
    }
}

/// Why it can't be begun with, with the switch that is about that.
pub(crate) fn explained(asked: &Server, error: AuditError) -> String {
    match error {
        AuditError::Events(cause) => format!("--events: {cause}"),
        other @ AuditError::SocketTaken { .. } => format!("--socket: {other}"),
        AuditError::NoServer(why) => format!("--spawn: {why}"),
        other @ AuditError::Begin { .. } if asked.spawn.is_none() => {
            format!("{other}{}", place::advice(asked.socket.as_deref()))
        }
        other => other.to_string(),
    }
}
