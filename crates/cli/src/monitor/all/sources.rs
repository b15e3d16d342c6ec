//! The folders that have the routers, and what is in them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use hanotify::RouterId;
use hanotify_monitor::Spec;

use super::changes::Changes;
use super::spec_file::{self, FileError};
use super::{Version, found};
use crate::ha_confs;

/// Where a router is from. Of two with one router, the first in this order counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A file of this name in the folder of `--all`.
    Spec(OsString),
    /// A folder of `--ha-confs`.
    Found(RouterId),
}

impl Key {
    /// How many bytes are read of such a file.
    pub(super) const fn longest(&self) -> u64 {
        match self {
            Self::Spec(_) => spec_file::LONGEST,
            Self::Found(_) => found::LONGEST,
        }
    }
}

/// The folders.
pub(super) struct Sources<'a> {
    pub(super) specs: Option<&'a Path>,
    pub(super) ha_confs: Option<&'a Path>,
}

/// The files that are there.
#[derive(Default)]
pub(super) struct Listed {
    pub(super) files: BTreeMap<Key, Version>,
    /// Which are not looked at, if these are not all.
    pub(super) left_out: Vec<String>,
}

/// The files of one folder.
pub(super) struct Files<T> {
    pub(super) files: Vec<(T, Version)>,
    /// Whether these are all: there may be too many.
    pub(super) is_whole: bool,
}

impl Sources<'_> {
    /// The files that are there. What changes from now on is told.
    pub(super) fn list(&self, changes: &Changes) -> Result<Listed, String> {
        let mut listed = Listed::default();
        let failed = |folder: &Path, error| format!("can't read {}, and try again: {error}", folder.display());
        if let Some(folder) = self.specs {
            let files = spec_file::list(folder, changes).map_err(|error| failed(folder, error))?;
            listed.take(files, Key::Spec, folder, spec_file::LEFT_OUT);
        }
        if let Some(folder) = self.ha_confs {
            let files = found::list(folder, changes).map_err(|error| failed(folder, error))?;
            listed.take(files, Key::Found, folder, ha_confs::LEFT_OUT);
        }
        Ok(listed)
    }

    /// The file of a router, and what is in it.
    pub(super) fn read(&self, key: &Key) -> (PathBuf, Result<Spec, FileError>) {
        match (key, self.specs, self.ha_confs) {
            (Key::Spec(name), Some(folder), _) => {
                let path = folder.join(name);
                let read = spec_file::read(&path);
                (path, read)
            }
            (Key::Found(id), _, Some(folder)) => (found::config(folder, *id), found::read(folder, *id)),
            _ => (PathBuf::new(), Err(FileError::senseless("there is no folder"))),
        }
    }
}

impl Listed {
    fn take<T>(&mut self, found: Files<T>, key: impl Fn(T) -> Key, folder: &Path, left_out: &str) {
        self.files.extend(found.files.into_iter().map(|(name, version)| (key(name), version)));
        if !found.is_whole {
            self.left_out.push(format!("{}: {left_out}", folder.display()));
        }
    }
}
