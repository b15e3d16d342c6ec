//! Who is at the other end, and who may send: the peers whose user or group is on a list.

use std::os::fd::BorrowedFd;

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};

use super::config::Config;
use crate::sink::Peer;

/// The peer's credentials as the kernel noted them when it connected; `None` if the kernel can't tell.
///
/// This goes through nix, because rustix 1.1 takes a pid for a number that is never 0, and so misreads a peer of a pid
/// namespace that this process can't see: a sender on the host and an agent in a container are that.
pub(super) fn credentials(socket: BorrowedFd<'_>) -> Option<Peer> {
    let found = getsockopt(&socket, PeerCredentials).ok()?;
    Some(Peer { pid: (found.pid() != 0).then_some(found.pid()), uid: found.uid(), gid: found.gid() })
}

/// Whether the peer is let in. One that the kernel can't tell the credentials of never is.
pub(super) fn allows(config: &Config, peer: Option<Peer>) -> bool {
    peer.is_some_and(|Peer { uid, gid, .. }| {
        let by_default = config.default_uids() && (uid == 0 || uid == config.own_uid());
        by_default || config.allowed_uids().contains(&uid) || config.allowed_gids().contains(&gid)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_let_in_by_its_user_or_its_group() {
        let config = Config::new("").with_default_uids(false);
        let config = config.with_allowed_uids(vec![1, 2]).with_allowed_gids(vec![7]);
        let peer = |uid, gid| Some(Peer { pid: None, uid, gid });
        for (peer, allowed) in [
            (peer(1, 9), true),
            (peer(2, 9), true),
            (peer(3, 7), true),
            (peer(3, 9), false),
            (peer(7, 1), false),
            (peer(0, 0), false),
            (None, false),
        ] {
            assert_eq!(allows(&config, peer), allowed, "{peer:?}");
        }
    }

    #[test]
    fn a_list_adds_to_the_default_unless_the_default_is_switched_off() {
        let own = rustix::process::geteuid().as_raw();
        let peer = |uid| Some(Peer { pid: None, uid, gid: own + 1 });
        let listed = Config::new("").with_allowed_uids(vec![own + 7]).with_allowed_gids(vec![own + 8]);
        for uid in [0, own, own + 7] {
            assert!(allows(&listed, peer(uid)), "{uid}");
            assert_eq!(allows(&listed.clone().with_default_uids(false), peer(uid)), uid == own + 7, "{uid}");
            assert!(!allows(&Config::new("").with_default_uids(false), peer(uid)), "{uid}");
        }
    }

    #[test]
    fn a_process_id_decides_nothing() {
        let config = Config::new("").with_allowed_uids(vec![1]).with_allowed_gids(vec![7]).with_default_uids(false);
        let own = i32::try_from(std::process::id()).unwrap();
        for pid in [None, Some(-1), Some(0), Some(1), Some(own), Some(i32::MAX)] {
            for (uid, gid, allowed) in [(1, 9, true), (3, 7, true), (3, 9, false), (0, 0, false)] {
                assert_eq!(allows(&config, Some(Peer { pid, uid, gid })), allowed, "{pid:?} {uid} {gid}");
            }
        }
    }

    #[test]
    fn by_default_root_and_this_user_are_let_in_and_nobody_else() {
        let config = Config::new("");
        let own = rustix::process::geteuid().as_raw();
        let peer = |uid| Some(Peer { pid: None, uid, gid: 0 });
        assert!(allows(&config, peer(0)) && allows(&config, peer(own)));
        assert!(!allows(&config, peer(own + 1)));
    }
}
