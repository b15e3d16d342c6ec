//! A listening socket for something else than notifications, looked after as a server looks after its own.

use std::format;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::string::{String, ToString};

use super::config::Config;
use super::error::BindError;
use super::listener::{GONE, Listener, Loss, PAST_HELP, REPLACED, Standing};
use crate::chain::Chain;

/// A Unix socket that listens, for what an agent shows beside its server: where it is and how open is guarded as the
/// socket of a [`Server`](super::Server) is. Nobody else accepts from it; that is left to its owner. Dropping it
/// removes its file.
///
/// Of a [`Config`] it takes the path, the mode, the group and, for the backlog, the expected routers. Whom to answer is
/// for its owner to ask of [`Config::lets_in`].
#[derive(Debug)]
pub struct BoundSocket {
    config: Config,
    listener: Listener,
    loss: Loss,
}

impl BoundSocket {
    /// Listens at the socket of `config`, and doesn't block. A stale socket, at which nobody listens, is replaced.
    ///
    /// # Errors
    ///
    /// [`BindError`] says why the socket can't be had, and what to do.
    pub fn bind(config: Config) -> Result<Self, BindError> {
        let listener = Listener::bind(&config)?;
        Ok(Self { config, listener, loss: Loss::default() })
    }

    /// The path of the socket.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.config.socket()
    }

    /// Looks whether the socket's file is still there, and listens anew where it is gone: `true` if the descriptor is
    /// another one since. A server does this once a second for its own. A dead socket in its place is replaced, and
    /// anything else there is left alone. The log says what was found.
    pub fn look_after(&mut self) -> bool {
        let loss = match self.listener.standing() {
            Standing::There => {
                self.listener.forget_failures();
                self.loss.end(self.config.socket());
                return false;
            }
            Standing::Gone => GONE,
            Standing::Replaced => REPLACED,
        };
        if !self.loss.is_said() {
            self.complain(loss.into());
        }
        if self.listener.is_past_help() {
            return false;
        }
        match self.listener.rebind(&self.config, |_| Ok(())) {
            Ok(_) => {
                self.loss.end(self.config.socket());
                return true;
            }
            Err(cause) if loss == REPLACED && cause.is_of_another() => self.complain(loss.into()),
            Err(cause) if self.listener.is_past_help() => self.complain(format!("{}; {PAST_HELP}", Chain(&cause))),
            Err(cause) => self.complain(Chain(&cause).to_string()),
        }
        false
    }

    /// Lets nobody in any more: the file is removed, and the path is free for the next one.
    pub fn close(&mut self) {
        self.listener.close_door();
    }

    fn complain(&mut self, complaint: String) {
        self.loss.complain(self.config.socket(), complaint);
    }
}

impl AsFd for BoundSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.fd.as_fd()
    }
}
