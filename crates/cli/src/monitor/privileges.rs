//! Going on as the agent's user, with the rights that watching needs.

use std::io;

use nix::unistd::{Gid, Uid, setgid, setgroups, setuid};
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
