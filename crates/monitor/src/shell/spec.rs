//! What a monitor has to know of a router.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hanotify::RouterId;

use crate::{Interface, Vip};

/// One router: whose it is, where its address is looked for, and where its files are. Its copies share the paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    pub(super) id: RouterId,
    pub(super) namespace: Arc<Path>,
    pub(super) interface: Interface,
    pub(super) vip: Vip,
    pub(super) folder: Arc<Path>,
    pub(super) owner: Option<(u32, u32)>,
    pub(super) uses_conntrackd: bool,
}

impl Spec {
    /// A router that is primary while `vip` is on `interface` in the network namespace at this path, as
    /// `/run/netns/qrouter-…`. Its state is written into `folder`, Neutron's `conf_dir`.
    ///
    /// Nothing of this need be there yet.
    #[must_use]
    pub fn new(
        id: RouterId,
        namespace: impl Into<PathBuf>,
        interface: Interface,
        vip: Vip,
        folder: impl Into<PathBuf>,
    ) -> Self {
        let (namespace, folder) = (namespace.into().into(), folder.into().into());
        Self { id, namespace, interface, vip, folder, owner: None, uses_conntrackd: false }
    }

    /// Gives the state file to this user and group, by their numbers. See
    /// [`StateFile::with_owner`](crate::StateFile::with_owner).
    #[must_use]
    pub const fn with_owner(mut self, owner: Option<(u32, u32)>) -> Self {
        self.owner = owner;
        self
    }

    /// Calls conntrackd for each state, with the `conntrackd.conf` of the router's folder, in its namespace. By default
    /// it is not called.
    #[must_use]
    pub const fn with_conntrackd(mut self, uses_conntrackd: bool) -> Self {
        self.uses_conntrackd = uses_conntrackd;
        self
    }

    /// Whose the router's files are, unless they are the monitor's own.
    #[must_use]
    pub const fn owner(&self) -> Option<(u32, u32)> {
        self.owner
    }

    /// The router's id.
    #[must_use]
    pub const fn id(&self) -> RouterId {
        self.id
    }

    /// The folder of the router's files.
    #[must_use]
    pub const fn folder(&self) -> &Arc<Path> {
        &self.folder
    }
}
