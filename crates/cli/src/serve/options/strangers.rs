//! The users and groups that a user namespace has no number for: to its processes, all of them have the same one.

use std::fs;

/// The map of a process in no user namespace of its own (`user_namespaces(7)`).
const WHOLE: [&str; 3] = ["0", "0", "4294967295"];

/// The number that all users have, or all groups, that this process's user namespace has none for; `None` where each
/// has its own. `kind` is `uid` or `gid`.
pub(super) fn number_of_all(kind: &str) -> Option<u32> {
    let map = fs::read_to_string(format!("/proc/self/{kind}_map")).ok()?;
    if map.split_ascii_whitespace().eq(WHOLE) {
        return None;
    }
    fs::read_to_string(format!("/proc/sys/kernel/overflow{kind}")).ok()?.trim_ascii().parse().ok()
}
