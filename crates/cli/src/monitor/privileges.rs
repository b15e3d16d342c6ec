//! Going on as the agent's user, with the rights that watching needs.

use std::io;

use nix::unistd::{Gid, Uid, getegid, geteuid, setfsgid, setfsuid, setgid, setgroups, setuid};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities, set_keep_capabilities, set_no_new_privs};

/// What is kept: a namespace that is made anew has to be entered, and a long queue of events asked for there.
const KEPT: CapabilitySet = CapabilitySet::SYS_ADMIN.union(CapabilitySet::NET_ADMIN);

/// Becomes this user and group for good, if the process is root's and they aren't.
pub(super) fn drop_to(owner: Option<(u32, u32)>) -> io::Result<()> {
    let Some((uid, gid)) = owner.filter(|(uid, _)| *uid != 0 && rustix::process::geteuid().is_root()) else {
        return Ok(());
    };
    set_keep_capabilities(true)?;
    setgroups(&[])?;
    setgid(Gid::from_raw(gid))?;
    setuid(Uid::from_raw(uid))?;
    let kept = CapabilitySets { effective: KEPT, permitted: KEPT, inheritable: CapabilitySet::empty() };
    set_capabilities(None, kept)?;
    Ok(set_no_new_privs(true)?)
}

/// Opens files as this user and group does, and not as root: what the owner of a folder has planted there, as a link,
/// leads nowhere that it couldn't go itself.
pub(super) fn as_user<T>(owner: Option<(u32, u32)>, open: impl FnOnce() -> T) -> T {
    let Some((uid, gid)) = owner else { return open() };
    // Of this thread alone. Without the right to it nothing changes, and nothing has to.
    setfsgid(Gid::from_raw(gid));
    setfsuid(Uid::from_raw(uid));
    let opened = open();
    setfsuid(geteuid());
    setfsgid(getegid());
    opened
}
