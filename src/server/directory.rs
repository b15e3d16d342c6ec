//! The way to a socket: whoever can replace a part of it can put another socket in the server's place.
//!
//! It is looked at as sshd looks at the way to its keys, also where a group is a user's own: others may be put into it.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::vec::Vec;

use rustix::io::Errno;

use super::error::BindError;

const WRITABLE_BY_OTHERS: u32 = 0o022;
const STICKY: u32 = 0o1000;
/// As many links as the kernel follows.
const LINKS: usize = 40;
/// Whom the kernel shows as the owner where that user is not in this user namespace.
const OVERFLOW: u32 = 65_534;

/// Finds that nobody but this user and root can replace the directory of the socket at `path`, one above it, a link on
/// the way, or what is in that directory. A sticky one, such as `/tmp`, lets others write and yet replace nothing that
/// isn't theirs.
pub(super) fn check(path: &Path) -> Result<(), BindError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // From the root on, also where the path is a relative one.
    let whole = std::path::absolute(directory);
    let whole = whole.map_err(|cause| BindError::System { action: "look at", path: directory.into(), cause })?;
    Way { directory, own: rustix::process::geteuid().as_raw(), done: PathBuf::from("/"), rest: parts(&whole).into() }
        .walk()
}

/// The way to a directory.
struct Way<'a> {
    directory: &'a Path,
    own: u32,
    /// What has been checked, without links.
    done: PathBuf,
    rest: VecDeque<OsString>,
}

impl Way<'_> {
    fn walk(&mut self) -> Result<(), BindError> {
        let mut links = 0;
        let mut mode = self.judge(&self.look(&self.done)?)?;
        while let Some(part) = self.rest.pop_front() {
            let next =
                if part == ".." { self.done.parent().unwrap_or(&self.done).into() } else { self.done.join(part) };
            let found = self.look(&next)?;
            if found.is_symlink() {
                if mode & WRITABLE_BY_OTHERS != 0 && !self.trusts(found.uid()) {
                    return Err(BindError::ForeignLink { link: next, uid: found.uid() });
                }
                links += 1;
                self.follow(&next, links)?;
                mode = self.judge(&self.look(&self.done)?)?;
            } else {
                self.done = next;
                mode = self.judge(&found)?;
            }
        }
        Ok(())
    }

    fn look(&self, path: &Path) -> Result<Metadata, BindError> {
        fs::symlink_metadata(path).map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound => BindError::MissingDirectory { directory: self.directory.into() },
            _ => BindError::System { action: "look at", path: path.into(), cause },
        })
    }

    /// The permission bits of the directory that has been come to, if it is one, and nobody else can replace what is in
    /// it.
    fn judge(&self, found: &Metadata) -> Result<u32, BindError> {
        let (directory, mode, uid) = (self.done.clone(), found.mode() & 0o7777, found.uid());
        if !found.is_dir() {
            return Err(BindError::NotADirectory { directory });
        }
        if mode & WRITABLE_BY_OTHERS != 0 && mode & STICKY == 0 {
            return Err(BindError::SharedDirectory { directory, mode });
        }
        // Whoever has made a user namespace has chosen what is above it.
        let is_above = !self.rest.is_empty() && is_outside(uid);
        if self.trusts(uid) || is_above { Ok(mode) } else { Err(BindError::ForeignDirectory { directory, uid }) }
    }

    /// Puts what a link points to in its place.
    fn follow(&mut self, link: &Path, links: usize) -> Result<(), BindError> {
        let target = if links > LINKS { Err(Errno::LOOP.into()) } else { fs::read_link(link) };
        let target = target.map_err(|cause| BindError::System { action: "follow", path: link.into(), cause })?;
        if target.is_absolute() {
            self.done = PathBuf::from("/");
        }
        for part in parts(&target).into_iter().rev() {
            self.rest.push_front(part);
        }
        Ok(())
    }

    fn trusts(&self, uid: u32) -> bool {
        [0, self.own].contains(&uid)
    }
}

/// The names of a path, and the steps up in it.
fn parts(path: &Path) -> Vec<OsString> {
    let part = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.into()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    path.components().filter_map(part).collect()
}

/// Whether the owner is not in this process's user namespace. Who it is can't be known then.
fn is_outside(uid: u32) -> bool {
    uid == OVERFLOW && fs::read_to_string("/proc/self/uid_map").is_ok_and(|map| !is_mapped(uid, &map))
}

/// Whether a user is in a map of user ids (`user_namespaces(7)`); what can't be read maps everybody.
fn is_mapped(uid: u32, map: &str) -> bool {
    map.lines().any(|line| {
        let mut numbers = line.split_whitespace().map(str::parse::<u64>);
        let (Some(Ok(first)), _, Some(Ok(count))) = (numbers.next(), numbers.next(), numbers.next()) else {
            return true;
        };
        (first..first.saturating_add(count)).contains(&uid.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_in_a_user_namespace_is_read_from_its_map() {
        for (map, mapped) in [
            ("         0          0 4294967295\n", true),
            ("         0       1000          1\n", false),
            ("0 1000 1\n1 100000 65534\n", true),
            ("0 1000 1\n1 100000 65533\n", false),
            ("no map\n", true),
            ("", false),
        ] {
            assert_eq!(is_mapped(OVERFLOW, map), mapped, "{map:?}");
        }
    }
}
