//! `serve --sandbox`: gives up what a server that listens already has no need of, so that whoever takes it over gains
//! little.
//!
//! Landlock closes the file system, but for making and removing sockets in the socket's directory, for a new file for
//! the events and for reading in the folder of `--ha-confs`, and TCP; seccomp leaves the system calls that serving
//! takes. Both hold for this thread and those that it starts, for good.

mod calls;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope,
};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

use self::calls::{SYS_CLONE3, number, rules};
use crate::outlet::file::folder_of;

/// What Linux 6.12 can: older kernels do a part of it.
const LANDLOCK: ABI = ABI::V6;

/// Why the sandbox isn't there, although the kernel could.
#[derive(Debug, thiserror::Error)]
pub(super) enum SandboxError {
    #[error("can't open a directory that the sandbox leaves open")]
    Directory(#[from] landlock::PathFdError),
    #[error("can't restrict the file system")]
    Landlock(#[from] RulesetError),
    #[error("can't make the filter of system calls")]
    Filter(#[from] seccompiler::BackendError),
}

/// What the kernel has restricted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Restricted {
    pub(super) files: Extent,
    pub(super) calls: Extent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Fully,
    /// As far as this kernel can.
    Partly,
    /// This kernel can't.
    Not,
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fully => "in full",
            Self::Partly => "in part",
            Self::Not => "not at all",
        })
    }
}

impl Restricted {
    /// Logs it: with a warning, unless it is everything.
    pub(super) fn log(self) {
        let Self { files, calls } = self;
        if files == Extent::Fully && calls == Extent::Fully {
            tracing::info!("sandboxed by landlock and seccomp");
        } else {
            tracing::warn!(
                landlock = %files,
                seccomp = %calls,
                "this kernel can't do all of the sandbox: landlock needs Linux 6.12 and `landlock` among the security \
                 modules (/sys/kernel/security/lsm), seccomp needs CONFIG_SECCOMP_FILTER"
            );
        }
    }
}

/// What can still be done to files.
#[derive(Clone, Copy, Default)]
pub(super) struct Allowed<'a> {
    /// A socket that this process has made: in its directory, files can be removed and sockets made.
    pub(super) own_socket: Option<&'a Path>,
    /// The output that is to be opened again: in its directory, files can be made and appended to.
    pub(super) output: Option<&'a Path>,
    /// The folder of `--ha-confs`: what is in it can be read.
    pub(super) ha_confs: Option<&'a Path>,
}

/// Restricts this thread, and those that it starts, to serving: nothing but this can be done to files. Everything else
/// that is needed must be open.
pub(super) fn restrict(allowed: Allowed<'_>) -> Result<Restricted, SandboxError> {
    Ok(Restricted { files: restrict_files(allowed)?, calls: restrict_calls(allowed)? })
}

fn restrict_files(Allowed { own_socket, output, ha_confs }: Allowed<'_>) -> Result<Extent, SandboxError> {
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?;
    if let Some(socket) = own_socket {
        let sockets = AccessFs::RemoveFile | AccessFs::MakeSock;
        rules = rules.add_rule(PathBeneath::new(PathFd::new(folder_of(socket))?, sockets))?;
    }
    if let Some(output) = output {
        let append = AccessFs::WriteFile | AccessFs::MakeReg;
        rules = rules.add_rule(PathBeneath::new(PathFd::new(folder_of(output))?, append))?;
    }
    if let Some(ha_confs) = ha_confs {
        let read = AccessFs::ReadFile | AccessFs::ReadDir;
        rules = rules.add_rule(PathBeneath::new(PathFd::new(ha_confs)?, read))?;
    }
    Ok(match rules.restrict_self()?.ruleset {
        RulesetStatus::FullyEnforced => Extent::Fully,
        RulesetStatus::PartiallyEnforced => Extent::Partly,
        RulesetStatus::NotEnforced => Extent::Not,
    })
}

fn restrict_calls(allowed: Allowed<'_>) -> Result<Extent, SandboxError> {
    let Ok(arch) = TargetArch::try_from(std::env::consts::ARCH) else { return Ok(Extent::Not) };
    // A filter can't look into the arguments of clone3, so that the C library has to do with clone, as it does where
    // there is no clone3.
    let no_clone3 = [(SYS_CLONE3, Vec::new())].into();
    let missing =
        SeccompFilter::new(no_clone3, SeccompAction::Allow, SeccompAction::Errno(number(libc::ENOSYS)), arch)?;
    // A call that is not in the list fails as one without permission does. To kill for it would turn an oversight into
    // an outage.
    let refused = SeccompAction::Errno(number(libc::EPERM));
    let filter = SeccompFilter::new(rules(allowed)?, refused, SeccompAction::Allow, arch)?;
    let programs: [BpfProgram; 2] = [missing.try_into()?, filter.try_into()?];
    let applied = programs.iter().all(|program| seccompiler::apply_filter(program).is_ok());
    Ok(if applied { Extent::Fully } else { Extent::Not })
}
