//! The routers that Neutron's agent keeps on a node: a folder for each, with what it has written for keepalived.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hanotify::RouterId;
use hanotify_monitor::{HaAddress, Spec};

use super::changes::Changes;
use super::spec_file::FileError;
use super::{Version, version};
use crate::ha_confs::HaConfs;
use crate::monitor::files::read_short;
use crate::monitor::options::{NAMESPACES, namespace};

/// What the agent writes for keepalived, in a router's folder.
pub(super) const CONFIG: &str = "keepalived.conf";
/// Bytes that it may have: a router of a thousand addresses has about 60,000.
const LONGEST: u64 = 1 << 20;

/// The configurations that are there, each with its version. What changes from now on is told, also where there is none
/// yet.
pub(super) fn list(ha_confs: &Path, changes: &Changes) -> io::Result<Vec<(RouterId, Version)>> {
    changes.watch_folders(ha_confs)?;
    // Where there are no namespaces yet, the agent makes them before it writes for keepalived.
    let _ = changes.watch_names(Path::new(NAMESPACES));
    let listing = HaConfs::open(ha_confs).map_err(io::Error::other)?.list()?;
    if !listing.is_whole {
        return Err(io::Error::other("there are too many names"));
    }
    let mut found = Vec::new();
    for router_id in listing.ids {
        let folder = ha_confs.join(router_id.to_string());
        let there = changes.watch_files(&folder).and_then(|()| fs::symlink_metadata(folder.join(CONFIG)));
        match there {
            Ok(there) => found.push((router_id, version(&there, has_snat(router_id)))),
            // It is gone again, not written yet, or no folder.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The path of a router's configuration.
pub(super) fn config(ha_confs: &Path, router_id: RouterId) -> PathBuf {
    ha_confs.join(router_id.to_string()).join(CONFIG)
}

/// Reads a router's configuration.
pub(super) fn read(ha_confs: &Path, router_id: RouterId) -> Result<Spec, FileError> {
    let text = read_short(&config(ha_confs, router_id), LONGEST)?;
    let HaAddress { interface, vip, .. } = HaAddress::parse(text.as_bytes()).map_err(FileError::senseless)?;
    let space = if has_snat(router_id) { snat(router_id) } else { format!("qrouter-{router_id}") };
    let space = namespace(space.into()).map_err(FileError::senseless)?;
    Ok(Spec::new(router_id, space, interface, vip, ha_confs.join(router_id.to_string())))
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
