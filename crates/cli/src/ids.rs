//! Users and groups, by name or number.

use std::error::Error;

use nix::unistd::{Group, User};

type Refused = Box<dyn Error + Send + Sync>;

/// -1 to the kernel: what no user and no group has, and what leaves the group of a file as it is.
const NOBODY: u32 = u32::MAX;
const IS_NOBODY: &str = "no user and no group has this number";

pub(crate) fn uid(text: &str) -> Result<u32, Refused> {
    match text.parse() {
        Ok(NOBODY) => Err(IS_NOBODY.into()),
        Ok(uid) => Ok(uid),
        Err(_) => Ok(User::from_name(text)?.ok_or("there is no such user")?.uid.as_raw()),
    }
}

pub(crate) fn gid(text: &str) -> Result<u32, Refused> {
    match text.parse() {
        Ok(NOBODY) => Err(IS_NOBODY.into()),
        Ok(gid) => Ok(gid),
        Err(_) => Ok(Group::from_name(text)?.ok_or("there is no such group")?.gid.as_raw()),
    }
}
