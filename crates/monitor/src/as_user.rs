//! Files of folders that are not the monitor's own.

use nix::unistd::{Gid, Uid, getegid, geteuid, setfsgid, setfsuid};

/// Does this with files as this user and group would, by their numbers, where the process is root's: what the owner of
/// a folder has planted there leads nowhere that it could not go itself, and no file is made where it could make none.
///
/// It holds for this thread alone, and for no longer. Without root's rights nothing changes, and nothing has to.
pub fn as_user<T>(owner: Option<(u32, u32)>, work: impl FnOnce() -> T) -> T {
    let Some((uid, gid)) = owner else { return work() };
    setfsgid(Gid::from_raw(gid));
    setfsuid(Uid::from_raw(uid));
    let done = work();
    setfsuid(geteuid());
    setfsgid(getegid());
    done
}
