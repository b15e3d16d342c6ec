//! The routers that Neutron's agent keeps on a node: a folder for each, with what it has written for keepalived.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use hanotify::RouterId;
use hanotify_monitor::{HaAddress, Spec};
use rustix::fs::{Mode, OFlags, openat};

use super::changes::Changes;
use super::sources::Files;
use super::spec_file::FileError;
use super::{Version, version};
use crate::ha_confs::{HaConfs, Listing};
use crate::monitor::files::{open_folder, read_short_in};
use crate::monitor::options::{NAMESPACES, namespace};

/// What the agent writes for keepalived, in a router's folder.
pub(super) const CONFIG: &str = "keepalived.conf";
/// Bytes that it may have: a router of a thousand addresses has about 60,000.
pub(super) const LONGEST: u64 = 1 << 17;

/// The configurations that are there, each with its version. What changes from now on is told, also where there is none
/// yet.
pub(super) fn list(ha_confs: &Path, changes: &Changes) -> io::Result<Files<RouterId>> {
    changes.watch_folders(ha_confs)?;
    // Where there are no namespaces yet, the agent makes them before it writes for keepalived.
    let _ = changes.watch_names(Path::new(NAMESPACES));
    let Listing { ids, is_whole } = HaConfs::open(ha_confs).map_err(io::Error::other)?.list()?;
    let look = |id: RouterId| Some((id, look(&ha_confs.join(id.to_string()), id, changes)?));
    Ok(Files { files: ids.into_iter().filter_map(look).collect(), is_whole })
}

/// The version of a router's configuration, if there is one. What can't be looked at counts as one: to read it says
/// why.
fn look(folder: &Path, router_id: RouterId, changes: &Changes) -> Option<Version> {
    // A router whose folder the kernel doesn't tell of is looked at again each second.
    let _ = changes.watch_router(folder);
    let there = match open_folder(folder) {
        Ok(opened) => find(&opened),
        // A link in its place stays one.
        Err(error) => fs::symlink_metadata(folder).ok().filter(Metadata::is_symlink).ok_or(error),
    };
    match there {
        Ok(there) => Some(version(&there, has_snat(router_id))),
        // It is gone again, not written yet, or no folder.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => None,
        Err(_) => Some(Version::default()),
    }
}

fn find(folder: &OwnedFd) -> io::Result<Metadata> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    File::from(openat(folder, CONFIG, flags, Mode::empty())?).metadata()
}

/// The path of a router's configuration.
pub(super) fn config(ha_confs: &Path, router_id: RouterId) -> PathBuf {
    ha_confs.join(router_id.to_string()).join(CONFIG)
}

/// Reads a router's configuration.
pub(super) fn read(ha_confs: &Path, router_id: RouterId) -> Result<Spec, FileError> {
    let folder = ha_confs.join(router_id.to_string());
    let opened = open_folder(&folder).map_err(|error| match error.kind() {
        io::ErrorKind::NotADirectory => FileError::senseless("its folder is a link, or none"),
        _ => error.into(),
    })?;
    let text = read_short_in(opened, Path::new(CONFIG), LONGEST)?;
    let HaAddress { interface, vip, .. } = HaAddress::parse(text.as_bytes()).map_err(FileError::senseless)?;
    let space = if has_snat(router_id) { snat(router_id) } else { format!("qrouter-{router_id}") };
    let space = namespace(space.into()).map_err(FileError::senseless)?;
    Ok(Spec::new(router_id, space, interface, vip, folder))
}

/// What the namespace of a distributed router's gateway is called, before the router's id.
const SNAT: &str = "snat-";

fn snat(router_id: RouterId) -> String {
    format!("{SNAT}{router_id}")
}

/// Whether the router is a distributed one that has its gateway on this node. Neutron's `DvrEdgeHaRouter` has its
/// address in that namespace, and every other HA router in `qrouter-`.
fn has_snat(router_id: RouterId) -> bool {
    fs::symlink_metadata(Path::new(NAMESPACES).join(snat(router_id))).is_ok()
}

/// Whether a name is that of such a namespace.
pub(super) fn is_snat(name: &[u8]) -> bool {
    name.strip_prefix(SNAT.as_bytes()).is_some_and(|id| RouterId::parse(id).is_some())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use hanotify_monitor::as_user;

    const IDS: [&str; 3] = [
        "00000000-0000-4000-8000-000000000001",
        "00000000-0000-4000-8000-000000000002",
        "00000000-0000-4000-8000-000000000003",
    ];
    const TEXT: &str = "vrrp_instance VR_7 {\n interface ha-0\n virtual_ipaddress {\n 169.254.0.7/24 dev ha-0\n }\n}\n";

    fn id(number: usize) -> RouterId {
        IDS[number].parse().unwrap()
    }

    fn list(ha_confs: &Path, changes: &Changes) -> Vec<RouterId> {
        super::list(ha_confs, changes).unwrap().files.into_iter().map(|(router_id, _)| router_id).collect()
    }

    #[test]
    fn a_link_in_the_place_of_a_router_s_folder_is_not_followed_and_no_other_router_suffers() {
        let (ha_confs, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let at = |number: usize| ha_confs.path().join(IDS[number]);
        fs::write(elsewhere.path().join(CONFIG), TEXT).unwrap();
        symlink(elsewhere.path(), at(0)).unwrap();
        symlink(at(1), at(1)).unwrap();
        fs::create_dir(at(2)).unwrap();
        fs::write(at(2).join(CONFIG), TEXT).unwrap();
        let changes = Changes::new().unwrap();
        assert_eq!(list(ha_confs.path(), &changes), [id(0), id(1), id(2)]);
        let is_senseless = |number| matches!(read(ha_confs.path(), id(number)), Err(FileError::Senseless(_)));
        assert_eq!([0, 1, 2].map(is_senseless), [true, true, false]);
        fs::write(elsewhere.path().join(CONFIG), TEXT).unwrap();
        assert!(!changes.drain(|_| true).is_news);
        fs::write(at(2).join(CONFIG), TEXT).unwrap();
        assert!(changes.drain(|_| true).is_news);
    }

    #[test]
    fn a_folder_that_can_not_be_read_is_a_router_that_can_not_and_no_other_suffers() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let ha_confs = tempfile::tempdir().unwrap();
        fs::set_permissions(ha_confs.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in IDS {
            fs::create_dir(ha_confs.path().join(name)).unwrap();
        }
        fs::set_permissions(ha_confs.path().join(IDS[0]), fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(ha_confs.path().join(IDS[1]).join(CONFIG), TEXT).unwrap();
        let changes = Changes::new().unwrap();
        as_user(Some((65_534, 65_534)), || {
            assert_eq!(list(ha_confs.path(), &changes), [id(0), id(1)]);
            assert!(matches!(read(ha_confs.path(), id(0)), Err(FileError::Passing(_))));
            assert!(read(ha_confs.path(), id(1)).is_ok());
        });
    }
}
